"""What the simulator received, so that tests can assert what a gateway did to its upstream.

It keeps no key, prompt or answer: hashes, counts and names are enough to compare with.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from itertools import count, islice

from tiercel.simulator.connection import Request

MAX_ENTRIES = 10_000
# An entry keeps at most so many names and so many characters of each, since clients choose them.
_MAX_NAMES = 100
_MAX_CHARACTERS = 200
_CREDENTIALS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")


@dataclass(slots=True)
class Entry:
    """One request; filled in while it is answered.

    Attributes:
        number: Counts requests from 1.
        received_at: Monotonic seconds.
        path: Without the query.
        dialect: That in which it was answered; empty where there was no such path.
        header_names: In lower case, in order.
        authorization: SHA-256 of the value of the header that carries the credential, in hexadecimal, or None when
            there was none.
        body_sha256: Of the body as received, in hexadecimal.
        attempt: How often this very body has been received, this time included.
        fields: Top-level names of the body, in order.
        model: As asked for.
        stream: Whether a stream was asked for.
        fault: The fault that acted, as it was written.
        status: None until the head is sent, and for ever when it never was.
        prompt_tokens: None unless the request was answered; includes what was read from the prompt cache and written.
        cache_read_tokens: Tokens of the prompt that were read from the prompt cache.
        cache_write_tokens: Tokens of the prompt that were written to it, for however long.
        cache_write_1h_tokens: Those of them that are kept for an hour.
        completion_tokens: Of the whole answer, reasoning included, however much of it was delivered.
        reasoning_tokens: Those of them that are reasoning.
        n_events: Events written so far.
        finished_at: When the last byte was written, monotonic seconds; None where the answer was not finished.
        disconnected_at: When the client left before that, monotonic seconds; `n_events` says how far it came.
    """

    number: int
    received_at: float
    path: str
    dialect: str
    header_names: Sequence[str]
    authorization: str | None
    body_sha256: str
    attempt: int
    fields: Sequence[str] = ()
    model: str | None = None
    stream: bool = False
    fault: str = ""
    status: int | None = None
    prompt_tokens: int | None = None
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    completion_tokens: int | None = None
    reasoning_tokens: int = 0
    n_events: int = 0
    finished_at: float | None = None
    disconnected_at: float | None = None


def bounded(names: Iterable[str]) -> list[str]:
    """As many names, and as much of them, as an entry may keep."""
    return [name[:_MAX_CHARACTERS] for name in islice(names, _MAX_NAMES)]


@dataclass(slots=True)
class Journal:
    """The last `MAX_ENTRIES` requests, oldest first."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=MAX_ENTRIES))
    _attempts: dict[str, int] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def record(self, request: Request, now: float) -> Entry:
        """Adds a request received at `now`, in monotonic seconds."""
        digest = sha256(request.body).hexdigest()
        attempt = self._attempts.pop(digest, 0) + 1
        self._attempts[digest] = attempt
        if len(self._attempts) > MAX_ENTRIES:
            del self._attempts[next(iter(self._attempts))]
        credential = next((value for name, value in request.headers if name in _CREDENTIALS), None)
        entry = Entry(
            number=next(self._numbers),
            received_at=now,
            path=request.path[:_MAX_CHARACTERS],
            dialect="",
            header_names=bounded(name for name, _ in request.headers),
            authorization=None if credential is None else sha256(credential.encode("latin-1")).hexdigest(),
            body_sha256=digest,
            attempt=attempt,
        )
        self.entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forgets everything, attempts too."""
        self.entries.clear()
        self._attempts.clear()

    def as_json(self) -> list[dict[str, object]]:
        """The entries as objects that JSON can hold, oldest first."""
        return [asdict(entry) for entry in self.entries]
