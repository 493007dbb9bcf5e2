"""Anthropic's dialect. On Vertex, the path names the model and the body the version; see `vertex`."""

import re
from functools import partial

from tiercel.simulator.connection import Request
from tiercel.simulator.conversation import converse, n_prompt_tokens
from tiercel.simulator.dialect import NAMED_EVENTS, Conversation, Dialect, Route
from tiercel.simulator.dialects.anthropic import answer, request, stream
from tiercel.simulator.errors import ApiError
from tiercel.simulator.exchange import Exchange

_NO_LIMIT = 1_000_000


def _authenticate(exchange: Exchange) -> None:
    if not exchange.carries_key(exchange.bearer(), exchange.request.header("x-api-key")):
        raise ApiError(401, "invalid x-api-key")
    if not exchange.request.header("anthropic-version"):
        raise ApiError(400, "anthropic-version: header is required")


async def count(exchange: Exchange) -> None:
    """`POST /v1/messages/count_tokens`."""
    ask = request.read(await exchange.admit(max_tokens=_NO_LIMIT))
    await exchange.reply.json({"input_tokens": n_prompt_tokens(ask, exchange)})


async def _models(exchange: Exchange) -> None:
    await exchange.reply.json(answer.models(exchange.settings.models))


async def _model(exchange: Exchange) -> None:
    await exchange.reply.json(answer.model(exchange.known(exchange.parts["id"])))


def _speaks(request: Request) -> str:
    """The list of models has the same path at OpenAI and Anthropic."""
    return request.header("anthropic-version")


DIALECT = Dialect("anthropic", answer.error, _authenticate, id_header="request-id")
TALK = Conversation(request.read, answer.unary, stream.events, stream.failure, NAMED_EVENTS)

ROUTES = [
    Route("POST", re.compile("(?:/.*)?/v1/messages"), DIALECT, partial(converse, TALK)),
    Route("POST", re.compile("(?:/.*)?/v1/messages/count_tokens"), DIALECT, count),
    Route("GET", re.compile("(?:/.*)?/v1/models"), DIALECT, _models, when=_speaks),
    Route("GET", re.compile("(?:/.*)?/v1/models/(?P<id>[^/]+)"), DIALECT, _model, when=_speaks),
]
