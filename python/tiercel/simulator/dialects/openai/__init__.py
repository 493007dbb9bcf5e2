"""OpenAI's dialect, which most others speak as well, under whatever path: only its end is looked at.

Azure has the same under its own paths: a deployment's, where the path names the model and the query the version of the
API, or `/openai/v1`.
"""

import re
from base64 import b64encode
from dataclasses import replace
from functools import partial

from tiercel.simulator.conversation import converse
from tiercel.simulator.dialect import DATA_LINES, Conversation, Dialect, Handler, Route
from tiercel.simulator.dialects.openai import answer, media, request, storage, stream
from tiercel.simulator.embeddings import dimensions, pace, vector
from tiercel.simulator.errors import ApiError
from tiercel.simulator.exchange import Exchange
from tiercel.simulator.reading import word


def _authenticate(exchange: Exchange) -> None:
    azure = exchange.request.path.startswith("/openai/")
    if not exchange.carries_key(exchange.bearer(), exchange.request.header("api-key") if azure else ""):
        raise ApiError(401, "Incorrect API key provided.", code="invalid_api_key")


def _authenticate_azure(exchange: Exchange) -> None:
    if not exchange.option("api-version"):
        raise ApiError(404, "Resource not found: the query has no api-version.", code="404")
    _authenticate(exchange)


async def _embed(exchange: Exchange) -> None:
    fields = await exchange.admit()
    blocks, size = request.texts(fields, "input"), dimensions(fields, "dimensions")
    encoding = word(fields.get("encoding_format") or "float", ("float", "base64"), "encoding_format")
    n_tokens = sum(
        exchange.settings.count_tokens(block.text) if block.n_tokens is None else block.n_tokens for block in blocks
    )
    await pace(exchange, fields["model"], [block.text for block in blocks], n_tokens)
    vectors = [vector(block.text, size) for block in blocks]
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": each.tolist() if encoding == "float" else b64encode(each.tobytes()).decode(),
        }
        for index, each in enumerate(vectors)
    ]
    usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
    await exchange.reply.json({"object": "list", "data": data, "model": fields["model"], "usage": usage})


async def _models(exchange: Exchange) -> None:
    await exchange.reply.json(answer.models(exchange.settings.models))


async def _model(exchange: Exchange) -> None:
    await exchange.reply.json(answer.model(exchange.known(exchange.parts["id"])))


CHAT = Conversation(request.chat, answer.chat, stream.chat, stream.failure, DATA_LINES)
_COMPLETION = Conversation(request.completion, answer.completion, stream.completion, stream.failure, DATA_LINES)
_ENDPOINTS: dict[str, Handler] = {
    "chat/completions": partial(converse, CHAT),
    "completions": partial(converse, _COMPLETION),
    "embeddings": _embed,
}

DIALECT = Dialect("openai", answer.error, _authenticate)
AZURE = replace(DIALECT, name="azure", authenticate=_authenticate_azure)

ROUTES = [
    *(
        Route("POST", re.compile(rf"/openai/deployments/(?P<model>[^/]+)/{end}"), AZURE, handle)
        for end, handle in _ENDPOINTS.items()
    ),
    *(
        Route(method, re.compile(f"(?:/.*)?/{end}"), DIALECT, handle)
        for method, end, handle in (
            *(("POST", end, handle) for end, handle in _ENDPOINTS.items()),
            ("GET", "models", _models),
            ("GET", "models/(?P<id>.+)", _model),
            ("POST", "images/generations", media.images),
            ("POST", "audio/speech", media.speech),
            ("POST", "audio/transcriptions", media.transcript),
            ("POST", "moderations", media.moderations),
            ("POST", "files", storage.upload),
            ("GET", "files", storage.files),
            ("GET", "files/(?P<id>[^/]+)", storage.file),
            ("GET", "files/(?P<id>[^/]+)/content", storage.content),
            ("DELETE", "files/(?P<id>[^/]+)", storage.delete),
            ("POST", "batches", storage.begin),
            ("GET", "batches", storage.batches),
            ("GET", "batches/(?P<id>[^/]+)", storage.batch),
            ("POST", "batches/(?P<id>[^/]+)/cancel", storage.cancel),
        )
    ),
]
