"""What a dialect is made of, so that all are told apart by data and served by the same code."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from re import Pattern
from typing import TYPE_CHECKING

import orjson

from tiercel.simulator.answer import Answer
from tiercel.simulator.ask import Ask
from tiercel.simulator.connection import Request
from tiercel.simulator.errors import ApiError, Headers
from tiercel.simulator.reading import Json

if TYPE_CHECKING:
    from tiercel.simulator.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream, before it is framed."""

    data: bytes
    name: str = ""


def event(data: Json, name: str = "") -> Event:
    """An event that holds JSON."""
    return Event(orjson.dumps(data), name)


@dataclass(frozen=True, slots=True)
class Framing:
    """How events become the bytes of a body."""

    content_type: str
    frame: Callable[[Event], bytes]


_SSE = "text/event-stream; charset=utf-8"
DATA_LINES = Framing(_SSE, lambda event: b"data: %b\n\n" % event.data)
NAMED_EVENTS = Framing(_SSE, lambda event: b"event: %b\ndata: %b\n\n" % (event.name.encode(), event.data))


@dataclass(frozen=True, slots=True)
class Dialect:
    """What every answer of a dialect has in common.

    Attributes:
        name: As the journal tells it.
        error: The JSON body for an error, given the request's id.
        authenticate: Raises an `ApiError` unless the request carries the key, where one is required.
        id_header: The header that tells the request's id.
        error_headers: What the head of an error has in addition.
    """

    name: str
    error: Callable[[ApiError, str], Json]
    authenticate: "Callable[[Exchange], None]"
    id_header: str = "x-request-id"
    error_headers: Callable[[ApiError], Headers] = lambda _: ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """An endpoint at which models answer.

    Attributes:
        read: Raises an `ApiError` that names the field at fault.
        unary: The body of a whole answer.
        events: The events of a streamed answer, the last of which ends it.
        failure: What event number n and those after it are where the answer fails there.
        framing: Of the stream.
    """

    read: Callable[[Json], Ask]
    unary: Callable[[Answer], Json]
    events: Callable[[Answer], Iterator[Event]]
    failure: Callable[[Answer, int], Iterable[Event]]
    framing: Framing


Handler = Callable[["Exchange"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """Where requests go; the pattern matches a whole path, and its named groups go to the handler, unescaped."""

    method: str
    pattern: Pattern[str]
    dialect: Dialect
    handle: Handler
    when: Callable[[Request], object] = lambda _: True
