"""A gateway in this process, asked without a socket: what a server and a provider would hand over is at hand."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from tiercel._core import Attempt, Call, Connection, Core, Reply
from tiercel.bench.core.inputs import ANSWER, CACHE, CONFIG, HEADERS
from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

CONFIGURED = {"TIERCEL_BENCH_KEY": "sk-bench", "TIERCEL_BENCH_PROVIDER_KEY": "sk-provider"}

MOST_SECONDS = 300.0
"""For a cache to take in what it was told."""

LOOK_SECONDS = 0.2
"""Between two looks whether it has."""

IDLE = 0.1
"""Of a core, at most, where it has: its thread looks for news now and then."""

MOST_LESSONS = 3_000
"""Ways of asking until other words are answered: at the settings of `CACHE` some 300 do."""


class Caller:
    """One worker's core, with a connection that leads nowhere."""

    def __init__(self, route: str = "", *, has_cache: bool = False) -> None:
        text = CONFIG.format(route=route) + (CACHE if has_cache else "")
        before = {name: os.environ.get(name) for name in CONFIGURED}
        os.environ.update(CONFIGURED)
        try:
            self.core = Core("bench", {}, text)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        if has_cache:
            self.core.open_cache()
        self.calls: list[Call] = []
        self.connection: Connection = self.core.connect(0)

    def renew(self) -> None:
        """Lets go of the last calls, and makes a new connection and an empty log: lines that find no room cost less."""
        self.calls.clear()
        self.connection = self.core.connect(0)
        self.core.take_access_log()

    def open(self, request: bytes, headers: list[tuple[bytes, bytes]] = HEADERS) -> Call:
        """Takes in a request, and keeps its call, so that what ends it is not measured with it."""
        call = self.core.open("POST", "/v1/chat/completions", b"", headers, request)
        self.calls.append(call)
        return call

    def begin(self, request: bytes) -> bytes | None:
        """Takes in a request; returns the bytes for its provider's socket, None where it is answered otherwise."""
        call = self.open(request)
        if not isinstance(call.next_attempt(), Attempt):
            return None
        step = self.connection.begin(call)
        return step and step.to_socket

    def answer(
        self, request: bytes, reads: Sequence[bytes] = (ANSWER,), headers: list[tuple[bytes, bytes]] = HEADERS
    ) -> Call:
        """Takes in a request, and the provider's answer where that is asked; the call is settled."""
        call = self.open(request, headers)
        if isinstance(call.next_attempt(), Attempt):
            self.connection.begin(call)
            for read in reads:
                self.connection.feed(read)
            self.connection.end()
        return call

    def fill(self, requests: Iterable[bytes]) -> None:
        """Has requests answered and known, each by the provider: nothing is learned of what other words are worth.

        Raises:
            TiercelError: They are not taken in.
        """
        for request in requests:
            self.renew()
            self.answer(request, headers=[*HEADERS, (b"x-tiercel-cache", b"no-cache")]).settle()
        self.settle()

    def teach(self, asking: Callable[[str], bytes], asked: str) -> str:
        """Has a question's answer given to other words, and returns these; `asking` makes the request of a question.

        Raises:
            TiercelError: It is not.
        """
        for n_marks in range(MOST_LESSONS):
            self.renew()
            words = asked + "!" * n_marks
            call = self.answer(asking(words))
            if told(call.take_reply()) == "semantic":
                # Once all is taken in that was answered until then, it has to be so still.
                self.settle()
                if told(self.answer(asking(words)).take_reply()) == "semantic":
                    return words
                continue
            call.settle()
            if n_marks == 0:
                self.settle()
        raise TiercelError("the cache gives no answer to other words")

    def settle(self) -> None:
        """Waits until the cache's own thread has taken in what was answered.

        Raises:
            TiercelError: It has not in five minutes.
        """
        self.renew()
        deadline = time.monotonic() + MOST_SECONDS
        while time.monotonic() < deadline:
            used = time.process_time()
            time.sleep(LOOK_SECONDS)
            if time.process_time() - used < IDLE * LOOK_SECONDS:
                return
        raise TiercelError("the cache does not come to rest")


def told(reply: Reply | None) -> str:
    """What a reply says of the cache, before any semicolon, such as `exact`; empty where it says nothing."""
    headers = dict(reply.headers) if reply else {}
    return headers.get(b"x-tiercel-cache", b"").decode().partition(";")[0]
