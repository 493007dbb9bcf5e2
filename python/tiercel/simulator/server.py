"""The simulator as a server: starts, listens, closes."""

import asyncio
from functools import partial
from typing import Self

from tiercel.simulator import replies
from tiercel.simulator.api import Api
from tiercel.simulator.connection import Connection
from tiercel.simulator.dialects import openai
from tiercel.simulator.faults import Faults
from tiercel.simulator.journal import Journal
from tiercel.simulator.settings import Settings

_BACKLOG = 1024
# What cannot be read is in no dialect.
_refusal = partial(replies.refusal, openai.DIALECT)


class Simulator:
    """An upstream on the running loop.

    Example:
        ```python
        async with Simulator(Settings(speed=0)) as simulator:
            client = AsyncOpenAI(base_url=simulator.base_url, api_key="any")
        ```
    """

    def __init__(self, settings: Settings) -> None:
        """Reads the settings.

        Raises:
            FaultSyntaxError: Where a fault of the settings cannot be read.
        """
        self._settings = settings
        self._api = Api(settings)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    @property
    def journal(self) -> Journal:
        """What was received."""
        return self._api.state.journal

    @property
    def faults(self) -> Faults:
        """The faults attached to models."""
        return self._api.state.faults

    @property
    def port(self) -> int:
        """The port listened on; once started, never 0."""
        if self._server is None:
            return self._settings.port
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as `base_url`."""
        return f"{self.origin}/v1"

    @property
    def origin(self) -> str:
        """What the other clients take as `base_url`."""
        scheme = "http" if self._settings.tls is None else "https"
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        return f"{scheme}://{host}:{self.port}"

    async def start(self) -> None:
        """Listens.

        Raises:
            OSError: Where the address is taken or not ours.
        """
        settings = self._settings
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._api.answer, _refusal, self._connections),
            settings.host,
            settings.port,
            ssl=settings.tls,
            backlog=_BACKLOG,
        )

    async def serve_forever(self) -> None:
        """Serves until cancelled; starts if that was not done."""
        if self._server is None:
            await self.start()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self.close()

    async def close(self) -> None:
        """Stops listening and drops every connection, answers in progress included."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.abort()
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def run(settings: Settings) -> None:
    """Serves until cancelled, and says where on standard output."""
    simulator = Simulator(settings)
    await simulator.start()
    print(f"listening on {simulator.base_url}", flush=True)  # noqa: T201 - the one line that callers read
    await simulator.serve_forever()
