"""Writes answers to a connection, whole or with the fault that was asked for."""

import asyncio
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import orjson

from tiercel.simulator.connection import Connection
from tiercel.simulator.dialect import Dialect, Event, Framing
from tiercel.simulator.errors import INTERRUPTION, ApiError, Headers
from tiercel.simulator.faults import NO_FAULT, Ending, Fault
from tiercel.simulator.journal import Entry

# Events with no delay between them are written together up to this size.
_MAX_UNSENT = 65_536
# zlib's code for the gzip format with the largest window.
_GZIP = 31
_CLOSE = ("connection", "close")
_JSON = "application/json"


def refusal(dialect: Dialect, status: int, message: str) -> bytes:
    """The whole answer to a request that could not be read; the connection does not outlive it."""
    body = orjson.dumps(dialect.error(ApiError(status, message), ""))
    return _head(status, (*_whole(_JSON, len(body)), _CLOSE)) + body


@dataclass(slots=True)
class Reply:
    """One answer on its way; `fault` may be set until it is sent."""

    connection: Connection
    entry: Entry
    dialect: Dialect
    id: str
    fault: Fault = NO_FAULT

    async def error(self, error: ApiError) -> None:
        """Sends an error in the dialect's shape."""
        body = orjson.dumps(self.dialect.error(error, self.id))
        await self.unary(body, status=error.status, headers=(*error.headers, *self.dialect.error_headers(error)))

    async def json(self, body: object) -> None:
        """Sends a JSON body."""
        await self.unary(orjson.dumps(body))

    async def unary(self, body: bytes, content_type: str = _JSON, *, status: int = 200, headers: Headers = ()) -> None:
        """Sends a whole body."""
        fault = self.fault
        if self._reset_before_head():
            return
        if fault.ending is Ending.ERROR_EVENT:
            body = orjson.dumps(self.dialect.error(INTERRUPTION, self.id))
        if fault.garble is not None:
            body = body[: len(body) // 2]
        if fault.gzip:
            body = gzip.compress(body, mtime=0)
        head = self._begin(status, (*_whole(content_type, len(body)), *headers))
        if fault.ending in {None, Ending.ERROR_EVENT}:
            self.connection.send(head + body)
            await self._finish()
        else:
            self.connection.send(head + (body[: len(body) // 2] if fault.after else b""))
            await self._break_off()

    async def stream(self, events: Sequence[Event], failure: Iterable[Event], framing: Framing, gap: float) -> None:
        """Sends events, `gap` seconds apart; where a fault asks for an error, `failure` takes the place of the rest."""
        fault = self.fault
        if self._reset_before_head():
            return
        head = self._begin(200, (("content-type", framing.content_type), ("transfer-encoding", "chunked")))
        body = _Body(self.connection, self.entry, head, compress=fault.gzip)
        if fault.slow_first_token:
            await body.flush()
            await asyncio.sleep(fault.slow_first_token)
        for event in _events(events, failure, fault):
            body.add(framing.frame(event))
            if gap:
                await body.flush()
                await asyncio.sleep(gap)
            elif body.n_unsent >= _MAX_UNSENT:
                await body.flush()
        if fault.ending in {None, Ending.ERROR_EVENT, Ending.TRUNCATE}:
            body.end()
            await body.flush()
            await self._finish()
        else:
            await body.flush()
            await self._break_off()

    def _reset_before_head(self) -> bool:
        if self.fault.ending is not Ending.RESET or self.fault.after:
            return False
        self.connection.reset()
        return True

    def _begin(self, status: int, fields: Headers) -> bytes:
        self.entry.status = status
        known = (("server", "tiercel-simulator"), (self.dialect.id_header, self.id))
        encoding = (("content-encoding", "gzip"),) if self.fault.gzip else ()
        end = (_CLOSE,) if self.fault.keep_alive == "close" else ()
        return _head(status, (*fields, *known, *encoding, *end))

    async def _break_off(self) -> None:
        """Stalls, resets or closes in mid-body."""
        if self.fault.ending is Ending.STALL:
            # Until the client leaves, which cancels this.
            await asyncio.Event().wait()
        await self.connection.flushed()
        if self.fault.ending is Ending.RESET:
            self.connection.reset()
        else:
            self.connection.close()

    async def _finish(self) -> None:
        if self.fault.keep_alive == "drop":
            # Late enough for the client to have put the connection back into its pool.
            await self.connection.flushed()
        if self.fault.keep_alive != "open":
            self.connection.close()


def _events(events: Sequence[Event], failure: Iterable[Event], fault: Fault) -> Iterator[Event]:
    """Those that the fault leaves, as it leaves them."""
    for number, event in enumerate(events if fault.done else events[:-1]):
        if fault.ending is not None and number == fault.after:
            break
        yield Event(event.data[: len(event.data) // 2], event.name) if number + 1 == fault.garble else event
    if fault.ending is Ending.ERROR_EVENT:
        yield from failure


class _Body:
    """A chunked body; what is added is written at the next flush."""

    def __init__(self, connection: Connection, entry: Entry, unsent: bytes, *, compress: bool) -> None:
        self._connection = connection
        self._entry = entry
        self._gzip = zlib.compressobj(wbits=_GZIP) if compress else None
        self._unsent = [unsent]
        self.n_unsent = 0

    def add(self, event: bytes) -> None:
        """Adds one event."""
        self._entry.n_events += 1
        if self._gzip is not None:
            event = self._gzip.compress(event) + self._gzip.flush(zlib.Z_SYNC_FLUSH)
        self._add_chunk(event)

    def end(self) -> None:
        """Adds the end of the body."""
        if self._gzip is not None:
            self._add_chunk(self._gzip.flush())
        self._unsent.append(b"0\r\n\r\n")

    async def flush(self) -> None:
        """Writes, and waits for a slow reader."""
        self._connection.send(b"".join(self._unsent))
        self._unsent.clear()
        self.n_unsent = 0
        await self._connection.drained()

    def _add_chunk(self, data: bytes) -> None:
        self._unsent.append(b"%x\r\n%b\r\n" % (len(data), data))
        self.n_unsent += len(data)


def _whole(content_type: str, length: int) -> Headers:
    return (("content-type", content_type), ("content-length", str(length)))


def _head(status: int, fields: Headers) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in fields])
    return f"HTTP/1.1 {status} {_phrase(status)}\r\n{lines}\r\n".encode("latin-1")


def _phrase(status: int) -> str:
    """The reason phrase; a fault may ask for a status that has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Simulated"
