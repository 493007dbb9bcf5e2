"""Cohere's dialect, version 2."""

import re
from functools import partial

from tiercel.simulator.conversation import converse
from tiercel.simulator.dialect import NAMED_EVENTS, Conversation, Dialect, Route
from tiercel.simulator.dialects.cohere import answer, request, stream
from tiercel.simulator.embeddings import dimensions, pace, vector
from tiercel.simulator.errors import ApiError
from tiercel.simulator.exchange import Exchange


def _authenticate(exchange: Exchange) -> None:
    if not exchange.carries_key(exchange.bearer()):
        raise ApiError(401, "invalid api token")


async def _embed(exchange: Exchange) -> None:
    fields = await exchange.admit()
    texts, size = request.texts(fields), dimensions(fields, "output_dimension")
    n_tokens = sum(map(exchange.settings.count_tokens, texts))
    await pace(exchange, fields["model"], texts, n_tokens)
    body = {
        "id": f"{next(exchange.state.numbers):016x}",
        "embeddings": {"float": [vector(text, size).tolist() for text in texts]},
        "texts": texts,
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": n_tokens}},
        "response_type": "embeddings_by_type",
    }
    await exchange.reply.json(body)


TALK = Conversation(request.read, answer.unary, stream.events, stream.failure, NAMED_EVENTS)
DIALECT = Dialect("cohere", answer.error, _authenticate)

ROUTES = [
    Route("POST", re.compile("(?:/.*)?/v2/chat"), DIALECT, partial(converse, TALK)),
    Route("POST", re.compile("(?:/.*)?/v2/embed"), DIALECT, _embed),
]
