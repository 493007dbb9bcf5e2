"""Bedrock's dialect: `converse`, and `converse-stream` in AWS's binary event stream.

The model's id is escaped in the path, since it may be an ARN. Requests are signed (`signature.py`) or carry a key.
"""

import re
from functools import partial
from time import time

from tiercel.simulator.conversation import converse
from tiercel.simulator.dialect import Conversation, Dialect, Framing, Route
from tiercel.simulator.dialects.bedrock import answer, event_stream, request, signature, stream
from tiercel.simulator.errors import ApiError
from tiercel.simulator.exchange import Exchange


def _authenticate(exchange: Exchange) -> None:
    settings = exchange.settings
    signed = exchange.request.header("authorization").startswith(signature.ALGORITHM)
    if signed:
        signature.verify(exchange.request, settings.aws_secret, time())
    elif settings.aws_secret is not None or not exchange.carries_key(exchange.bearer()):
        raise ApiError(403, "The request carries neither a signature nor a valid key.", code="AccessDeniedException")


TALK = Conversation(
    request.read,
    answer.unary,
    stream.events,
    stream.failure,
    Framing("application/vnd.amazon.eventstream", event_stream.frame),
)
DIALECT = Dialect("bedrock", answer.error, _authenticate, "x-amzn-requestid", answer.error_headers)
_MODEL = "/model/(?P<model>[^/]+)"

ROUTES = [
    Route("POST", re.compile(f"{_MODEL}/converse"), DIALECT, partial(converse, TALK, stream=False)),
    Route("POST", re.compile(f"{_MODEL}/converse-stream"), DIALECT, partial(converse, TALK, stream=True)),
]
