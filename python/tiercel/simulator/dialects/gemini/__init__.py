"""Gemini's dialect: the path names the model and what to do with it."""

import re
from functools import partial

from tiercel.simulator.connection import Request
from tiercel.simulator.conversation import converse, n_prompt_tokens
from tiercel.simulator.dialect import DATA_LINES, Conversation, Dialect, Framing, Handler, Route
from tiercel.simulator.dialects.gemini import answer, request, stream
from tiercel.simulator.embeddings import dimensions, pace, vector
from tiercel.simulator.errors import ApiError, invalid
from tiercel.simulator.exchange import Exchange
from tiercel.simulator.reading import Json, an_object, member, some_objects

TALK = Conversation(request.read, answer.unary, stream.events, stream.failure, DATA_LINES)
# Without `alt=sse`, a stream is one JSON array, sent element by element.
_ARRAY = Conversation(
    request.read,
    answer.unary,
    stream.array,
    stream.failure_in_array,
    Framing("application/json; charset=UTF-8", lambda event: event.data),
)


def _authenticate(exchange: Exchange) -> None:
    if not exchange.carries_key(exchange.request.header("x-goog-api-key"), exchange.option("key")):
        # Not 401: a key that is none is an invalid argument there.
        raise ApiError(400, "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID")


async def _stream(exchange: Exchange) -> None:
    await converse(TALK if exchange.option("alt") == "sse" else _ARRAY, exchange, stream=True)


async def _count(exchange: Exchange) -> None:
    fields = request.in_camel_case(await exchange.admit())
    inner = member(fields, "generateContentRequest")
    ask = request.read({**fields, **inner, "model": fields["model"]})
    n_tokens = n_prompt_tokens(ask, exchange)
    await exchange.reply.json({"totalTokens": n_tokens, "promptTokensDetails": answer.modality(n_tokens)})


async def _embed(exchange: Exchange) -> None:
    fields = request.in_camel_case(await exchange.admit())
    vectors, usage = await _vectors(exchange, fields, [fields])
    await exchange.reply.json({"embedding": vectors[0], "usageMetadata": usage})


async def _embed_batch(exchange: Exchange) -> None:
    fields = request.in_camel_case(await exchange.admit())
    vectors, usage = await _vectors(exchange, fields, [each for _, each in some_objects(fields, "requests")])
    await exchange.reply.json({"embeddings": vectors, "usageMetadata": usage})


async def _vectors(exchange: Exchange, fields: Json, wanted: list[Json]) -> tuple[list[Json], Json]:
    """The vector of each text, and the usage of all."""
    texts = [request.turn(an_object(each.get("content"), "content"), "content", role="user").text for each in wanted]
    if not all(texts):
        raise invalid("content.parts", "text that is not empty")
    n_tokens = sum(map(exchange.settings.count_tokens, texts))
    await pace(exchange, fields["model"], texts, n_tokens)
    vectors = [
        {"values": vector(text, dimensions(each, "outputDimensionality")).tolist()}
        for text, each in zip(texts, wanted, strict=True)
    ]
    return vectors, {"promptTokenCount": n_tokens, "promptTokenDetails": answer.modality(n_tokens)}


async def _models(exchange: Exchange) -> None:
    await exchange.reply.json({"models": [answer.model(name) for name in exchange.settings.models]})


async def _model(exchange: Exchange) -> None:
    await exchange.reply.json(answer.model(exchange.known(exchange.parts["id"])))


def _speaks(request: Request) -> bool:
    """The list of models of `/v1` has the same path at OpenAI."""
    return request.path.startswith("/v1beta/") or bool(request.header("x-goog-api-key")) or "key=" in request.query


ACTIONS: dict[str, Handler] = {
    "generateContent": partial(converse, TALK),
    "streamGenerateContent": _stream,
    "countTokens": _count,
    "embedContent": _embed,
    "batchEmbedContents": _embed_batch,
}
DIALECT = Dialect("gemini", answer.error, _authenticate)
_BASE = "(?:/.*)?/v1(?:beta)?/models"

ROUTES = [
    *(
        Route("POST", re.compile(f"{_BASE}/(?P<model>[^/]+):{action}"), DIALECT, handle)
        for action, handle in ACTIONS.items()
    ),
    Route("GET", re.compile(_BASE), DIALECT, _models, when=_speaks),
    Route("GET", re.compile(f"{_BASE}/(?P<id>[^/:]+)"), DIALECT, _model, when=_speaks),
]
