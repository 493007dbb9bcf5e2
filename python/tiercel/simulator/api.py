"""The routes: from a request to an answer, an error, and a line in the journal."""

import asyncio
from hmac import compare_digest
from itertools import count
from time import monotonic, time

import orjson

from tiercel.simulator import answers, choices, stream
from tiercel.simulator.connection import Connection, Request
from tiercel.simulator.embeddings import embeddings
from tiercel.simulator.errors import ApiError, invalid
from tiercel.simulator.faults import Fault, Faults, FaultSyntaxError
from tiercel.simulator.journal import Journal, bounded
from tiercel.simulator.replies import Reply
from tiercel.simulator.request import Ask, Json, chat, completion, load
from tiercel.simulator.settings import Settings

_MODELS = "/v1/models"
_CONTROL = "/simulator/"


class Api:
    """Answers the requests of all connections."""

    def __init__(self, settings: Settings) -> None:
        self.journal = Journal()
        self.faults = Faults(settings.faults)
        self._settings = settings
        self._numbers = count(1)

    async def answer(self, request: Request, connection: Connection) -> None:
        """Answers one request; cancelled when the client leaves."""
        # Control is no traffic: it is answered without a key and stays out of the journal.
        journal = Journal() if request.path.startswith(_CONTROL) else self.journal
        entry = journal.record(request.path, request.headers, request.body, monotonic())
        headers = (("server", "tiercel-simulator"), ("x-request-id", f"req_{next(self._numbers):016x}"))
        reply = Reply(connection, entry, headers)
        try:
            await self._answer(request, reply)
        except asyncio.CancelledError:
            entry.disconnected_at = monotonic()
            raise
        entry.finished_at = monotonic()

    async def _answer(self, request: Request, reply: Reply) -> None:
        try:
            if request.path.startswith(_CONTROL):
                await reply.unary(200, orjson.dumps(self._control(request)))
            else:
                self._authenticate(request)
                await self._route(request, reply)
        except ApiError as error:
            await reply.unary(error.status, error.body())

    def _authenticate(self, request: Request) -> None:
        key = self._settings.key
        if key is not None and not compare_digest(request.header("authorization").encode(), b"Bearer " + key.encode()):
            raise ApiError(401, "Incorrect API key provided.", code="invalid_api_key")

    async def _route(self, request: Request, reply: Reply) -> None:
        match request.method, request.path:
            case "GET", path if path == _MODELS or path.startswith(f"{_MODELS}/"):
                await reply.unary(200, orjson.dumps(self._models(path)))
            case "POST", "/v1/chat/completions":
                fields = await self._admit(request, reply)
                await self._complete(chat(fields, self._settings.count_tokens), reply)
            case "POST", "/v1/completions":
                fields = await self._admit(request, reply)
                await self._complete(completion(fields, self._settings.count_tokens), reply)
            case "POST", "/v1/embeddings":
                await self._embed(await self._admit(request, reply), reply)
            case _:
                raise _no_route(request)

    async def _admit(self, request: Request, reply: Reply) -> Json:
        """The body, unless a fault answers in its stead."""
        fields = load(request.body, self._settings.models)
        entry = reply.entry
        entry.model, entry.fields, entry.stream = fields["model"], bounded(fields), fields.get("stream") is True
        fault = reply.fault = self._fault(request, fields)
        entry.fault = fault.text
        await _pause(fault.delay)
        if fault.status is not None:
            if fault.retry_after is not None:
                reply.headers = (*reply.headers, ("retry-after", fault.retry_after))
            raise ApiError(fault.status, f"Simulated fault: {fault.text}")
        return fields

    async def _embed(self, fields: Json, reply: Reply) -> None:
        settings = self._settings
        body, reply.entry.prompt_tokens = embeddings(fields, settings.count_tokens)
        random = choices.seeded(settings.seed, orjson.dumps(fields, option=orjson.OPT_SORT_KEYS))
        pace = settings.models[fields["model"]].latency.pace(settings.speed, random)
        await _pause(pace.first_token + reply.fault.slow_first_token)
        await reply.unary(200, orjson.dumps(body))

    async def _complete(self, ask: Ask, reply: Reply) -> None:
        settings = self._settings
        model = settings.models[ask.model]
        random = choices.seeded(settings.seed, ask.identity)
        pace = model.latency.pace(settings.speed, random)
        answer = answers.Answer(
            id=f"{'chatcmpl' if ask.chat else 'cmpl'}-{next(self._numbers):016x}",
            created=int(time()),
            ask=ask,
            choices=choices.choose(ask, model.skill, settings.count_tokens, random),
        )
        reply.entry.prompt_tokens, reply.entry.completion_tokens = ask.n_prompt_tokens, answer.n_tokens
        # Choices are written at the same time, so the longest decides how long it takes.
        seconds = pace.per_token * max(choice.n_tokens for choice in answer.choices)
        if ask.stream:
            events = list(stream.events(answer))
            await _pause(pace.first_token)
            await reply.stream(events, seconds / len(events))
        else:
            await _pause(pace.first_token + seconds + reply.fault.slow_first_token)
            await reply.unary(200, orjson.dumps(answers.unary(answer)))

    def _models(self, path: str) -> answers.Json:
        models = self._settings.models
        if path == _MODELS:
            return answers.model_list(models)
        name = path.removeprefix(f"{_MODELS}/")
        if name not in models:
            raise ApiError(404, f"The model '{name[:100]}' does not exist", param="model", code="model_not_found")
        return answers.model(name)

    def _fault(self, request: Request, fields: Json) -> Fault:
        metadata, user = fields.get("metadata"), fields.get("user")
        asked = [
            request.header("x-simulate-fault"),
            metadata.get("simulate") if isinstance(metadata, dict) else None,
            user.removeprefix("simulate:") if isinstance(user, str) and user.startswith("simulate:") else None,
        ]
        try:
            return self.faults.choose(fields["model"], [text for text in asked if isinstance(text, str) and text])
        except FaultSyntaxError as error:
            raise ApiError(400, str(error), code="invalid_fault") from None

    def _control(self, request: Request) -> answers.Json:
        match request.method, request.path:
            case "GET", "/simulator/journal":
                return {"entries": self.journal.as_json()}
            case "DELETE", "/simulator/journal":
                self.journal.clear()
            case "POST", "/simulator/faults":
                self._attach(request.body)
            case "DELETE", "/simulator/faults":
                self.faults.clear()
            case _:
                raise _no_route(request)
        return {}

    def _attach(self, body: bytes) -> None:
        try:
            fields = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise ApiError(400, "We could not parse the JSON body of your request.") from None
        if not isinstance(fields, dict) or not isinstance(fields.get("fault"), str):
            raise invalid("fault", 'a body of {"model": id or null, "fault": text}')
        model = fields.get("model")
        if model is not None and model not in self._settings.models:
            raise ApiError(404, "There is no such model.", param="model", code="model_not_found")
        try:
            self.faults.attach(model, fields["fault"])
        except FaultSyntaxError as error:
            raise invalid("fault", str(error)) from None


def _no_route(request: Request) -> ApiError:
    return ApiError(404, f"Invalid URL ({request.method} {request.path[:200]})")


async def _pause(seconds: float) -> None:
    if seconds > 0.0:
        await asyncio.sleep(seconds)
