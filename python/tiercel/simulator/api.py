"""From a request to an answer, an error, and a line in the journal."""

import asyncio
from time import monotonic

from tiercel.simulator import routes
from tiercel.simulator.connection import Connection, Request
from tiercel.simulator.dialects import openai
from tiercel.simulator.errors import ApiError, invalid, unknown_model
from tiercel.simulator.exchange import Exchange, State
from tiercel.simulator.faults import OAUTH, FaultSyntaxError
from tiercel.simulator.journal import Journal
from tiercel.simulator.reading import Json, load
from tiercel.simulator.replies import Reply
from tiercel.simulator.settings import Settings

_CONTROL = "/simulator/"


class Api:
    """Answers the requests of all connections."""

    def __init__(self, settings: Settings) -> None:
        self.state = State(settings)
        self._settings = settings

    async def answer(self, request: Request, connection: Connection) -> None:
        """Answers one request; cancelled when the client leaves."""
        # Control is no traffic: it is answered without a key and stays out of the journal.
        journal = Journal() if request.path.startswith(_CONTROL) else self.state.journal
        entry = journal.record(request, monotonic())
        reply = Reply(connection, entry, openai.DIALECT, f"req_{next(self.state.numbers):016x}")
        try:
            await self._answer(request, reply)
        except asyncio.CancelledError:
            entry.disconnected_at = monotonic()
            raise
        entry.finished_at = monotonic()

    async def _answer(self, request: Request, reply: Reply) -> None:
        try:
            if request.path.startswith(_CONTROL):
                await reply.json(self._control(request))
            else:
                await self._route(request, reply)
        except ApiError as error:
            await reply.error(error)

    async def _route(self, request: Request, reply: Reply) -> None:
        found = routes.find(request)
        if found is None:
            raise _no_route(request)
        route, parts = found
        reply.dialect, reply.entry.dialect = route.dialect, route.dialect.name
        exchange = Exchange(request, reply, self._settings, self.state, parts)
        route.dialect.authenticate(exchange)
        await route.handle(exchange)

    def _control(self, request: Request) -> Json:
        match request.method, request.path:
            case "GET", "/simulator/journal":
                return {"entries": self.state.journal.as_json()}
            case "DELETE", "/simulator/journal":
                self.state.journal.clear()
            case "POST", "/simulator/faults":
                self._attach(load(request.body))
            case "DELETE", "/simulator/faults":
                self.state.faults.clear()
            case _:
                raise _no_route(request)
        return {}

    def _attach(self, fields: Json) -> None:
        model, fault = fields.get("model"), fields.get("fault")
        if not isinstance(fault, str):
            raise invalid("fault", 'a body of {"model": id or null, "fault": text}')
        if model is not None and model != OAUTH and model not in self._settings.models:
            raise unknown_model(str(model))
        try:
            self.state.faults.attach(model, fault)
        except FaultSyntaxError as error:
            raise invalid("fault", str(error)) from None


def _no_route(request: Request) -> ApiError:
    return ApiError(404, f"Invalid URL ({request.method} {request.path[:200]})")
