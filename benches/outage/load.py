"""Asks at a fixed rate, whatever becomes of the requests before: users do not wait for one another."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

from outage.client import Answer, Connection, Outcome
from outage.gateway import CLIENT_KEY, TIER

STREAMS_OF_TEN = 3
"""Three of ten requests are streams."""

MAX_TOKENS = 30
"""Tokens of an answer: 0.2 s at the simulator's 150 a second, so that streams are under way when a fault comes."""


@dataclass
class Load:
    """The requests of the whole drill.

    Attributes:
        port: The gateway's.
        rate: Requests a second.
        n_questions: So many different questions are asked, in turn.
        answers: In the order in which they ended.
    """

    port: int
    rate: int
    n_questions: int
    answers: list[Answer] = field(default_factory=list)
    _idle: list[Connection] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, is_over: asyncio.Event) -> None:
        """Asks until `is_over`, and waits for the last answers."""
        loop = asyncio.get_running_loop()
        self._began = time.perf_counter()
        number = 0
        while not is_over.is_set():
            due = number / self.rate
            await asyncio.sleep(max(0.0, due - self.now()))
            task = loop.create_task(self._ask(number % self.n_questions, due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            number += 1
        await asyncio.gather(*self._tasks)
        for connection in self._idle:
            connection.close()

    def now(self) -> float:
        """Seconds since the drill began."""
        return time.perf_counter() - self._began

    async def _ask(self, question: int, due: float) -> None:
        is_stream = question % 10 < STREAMS_OF_TEN
        asked = self.now()
        try:
            connection = self._take_idle() or await self._connect()
        except OSError:
            self.answers.append(Answer(question, is_stream, due, asked, None, self.now(), Outcome.FAILED, 0, ()))
            return
        await connection.ask(request(question, is_stream=is_stream), is_stream=is_stream)
        self.answers.append(
            Answer(
                question,
                is_stream,
                due,
                asked,
                None if connection.answered_at is None else connection.answered_at - self._began,
                self.now(),
                connection.outcome,
                connection.status,
                connection.attempts,
            )
        )
        if connection.may_serve_again:
            self._idle.append(connection)
        else:
            connection.close()

    def _take_idle(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.may_serve_again:
                return connection
        return None

    async def _connect(self) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", self.port)
        return connection


def request(question: int, *, is_stream: bool) -> bytes:
    """A chat completion as bytes."""
    messages = [{"role": "user", "content": f"Explain the refund policy of order {question}"}]
    body = json.dumps({"model": TIER, "messages": messages, "stream": is_stream, "max_tokens": MAX_TOKENS})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: drill\r\nauthorization: Bearer {CLIENT_KEY}\r\n"
    return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
