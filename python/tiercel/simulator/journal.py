"""What the simulator received, so that tests can assert what a gateway did to its upstream.

It keeps no key, prompt or answer: hashes, counts and names are enough to compare with.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from itertools import count, islice

MAX_ENTRIES = 10_000
# An entry keeps at most so many names and so many characters of each, since clients choose them.
_MAX_NAMES = 100
_MAX_CHARACTERS = 200


@dataclass(slots=True)
class Entry:
    """One request; filled in while it is answered.

    Attributes:
        number: Counts requests from 1.
        received_at: Monotonic seconds.
        path: Without the query.
        header_names: In lower case, in order.
        authorization: SHA-256 of the header's value, in hexadecimal, or None when there was none.
        body_sha256: Of the body as received, in hexadecimal.
        attempt: How often this very body has been received, this time included.
        fields: Top-level names of the body, in order.
        model: As asked for.
        stream: Whether a stream was asked for.
        fault: The fault that acted, as it was written.
        status: None until the head is sent, and for ever when it never was.
        prompt_tokens: None unless the request was answered.
        completion_tokens: Of the whole answer, however much of it was delivered.
        n_events: Events written so far.
        finished_at: When the last byte was written, monotonic seconds; None where the answer was not finished.
        disconnected_at: When the client left before that, monotonic seconds; `n_events` says how far it came.
    """

    number: int
    received_at: float
    path: str
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
    completion_tokens: int | None = None
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

    def record(self, path: str, headers: Sequence[tuple[str, str]], body: bytes, now: float) -> Entry:
        """Adds a request received at `now`, in monotonic seconds."""
        digest = sha256(body).hexdigest()
        attempt = self._attempts.pop(digest, 0) + 1
        self._attempts[digest] = attempt
        if len(self._attempts) > MAX_ENTRIES:
            del self._attempts[next(iter(self._attempts))]
        authorization = next((value for name, value in headers if name == "authorization"), None)
        entry = Entry(
            number=next(self._numbers),
            received_at=now,
            path=path[:_MAX_CHARACTERS],
            header_names=bounded(name for name, _ in headers),
            authorization=None if authorization is None else sha256(authorization.encode("latin-1")).hexdigest(),
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
