"""Google's Vertex: Gemini's and Anthropic's dialects under a project's paths, for access tokens instead of keys.

`POST /token` hands the tokens out, as Google's token endpoint does to service accounts (RFC 7523).
"""

import re
from dataclasses import replace
from functools import partial

from tiercel.simulator.conversation import converse
from tiercel.simulator.dialect import Dialect, Route
from tiercel.simulator.dialects import anthropic, gemini
from tiercel.simulator.dialects.vertex import token
from tiercel.simulator.embeddings import dimensions, pace, vector
from tiercel.simulator.errors import ApiError
from tiercel.simulator.exchange import Exchange
from tiercel.simulator.reading import Json, load, member, some_objects, text


def _authenticate(exchange: Exchange) -> None:
    """Without the settings' `token_key`, the key will do as well as a token."""
    bearer = exchange.bearer()
    issued = token.is_good(exchange.state.access_tokens, bearer)
    if not issued and (exchange.settings.token_key is not None or not exchange.carries_key(bearer)):
        raise ApiError(401, "Request had invalid authentication credentials. Expected OAuth 2 access token.")


async def _embed(exchange: Exchange) -> None:
    """Vectors of texts, in the form that Vertex has for all models that are not Gemini's."""
    fields = await exchange.admit()
    texts = [text(each.get("content"), f"{where}.content") for where, each in some_objects(fields, "instances")]
    size = dimensions(member(fields, "parameters"), "outputDimensionality")
    counts = [exchange.settings.count_tokens(each) for each in texts]
    await pace(exchange, fields["model"], texts, sum(counts))
    vectors = [
        {"values": vector(each, size).tolist(), "statistics": {"token_count": n_tokens, "truncated": False}}
        for each, n_tokens in zip(texts, counts, strict=True)
    ]
    await exchange.reply.json({"predictions": [{"embeddings": each} for each in vectors]})


async def _predict(exchange: Exchange, *, stream: bool) -> None:
    fields = load(exchange.request.body)
    text(fields.get("anthropic_version"), "anthropic_version")
    if "model" in fields:
        raise ApiError(400, "model: Extra inputs are not permitted", param="model")
    await converse(anthropic.TALK, exchange, stream=stream)


def _token_error(error: ApiError, _: str) -> Json:
    return {"error": error.code or "server_error", "error_description": error.message}


GEMINI = replace(gemini.DIALECT, name="vertex", authenticate=_authenticate)
ANTHROPIC = replace(anthropic.DIALECT, name="vertex", authenticate=_authenticate)
TOKEN = Dialect("token", _token_error, lambda _: None)
_MODELS = r"/v1(?:beta1)?/projects/[^/]+/locations/[^/]+/publishers/{publisher}/models/(?P<model>[^/]+)"
_GOOGLE, _ANTHROPIC = (_MODELS.format(publisher=publisher) for publisher in ("google", "anthropic"))

ROUTES = [
    *(Route("POST", re.compile(f"{_GOOGLE}:{action}"), GEMINI, handle) for action, handle in gemini.ACTIONS.items()),
    Route("POST", re.compile(f"{_GOOGLE}:predict"), GEMINI, _embed),
    # The model `count-tokens` is none: which is meant stands in the body.
    Route(
        "POST",
        re.compile(_ANTHROPIC.replace("(?P<model>[^/]+)", "count-tokens:rawPredict")),
        ANTHROPIC,
        anthropic.count,
    ),
    Route("POST", re.compile(f"{_ANTHROPIC}:rawPredict"), ANTHROPIC, partial(_predict, stream=False)),
    Route("POST", re.compile(f"{_ANTHROPIC}:streamRawPredict"), ANTHROPIC, partial(_predict, stream=True)),
    Route("POST", re.compile("/token"), TOKEN, token.hand_out),
]
