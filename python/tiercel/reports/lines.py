"""Reads access logs, a line at a time: what a line says of one call is a settlement of the core's."""

from __future__ import annotations

import contextlib
import gzip
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import orjson

from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_File = IO[bytes] | gzip.GzipFile

_STDIN = Path("-")

# Bytes of a line. The gateway cuts every text that it logs, and a call has a few attempts.
MAX_LINE = 65_536
# The largest count: more tokens, microseconds or nano-dollars than a call can have, and sums are far from any limit.
_MAX_COUNT = 1 << 53
# The longest name that a configuration may have; a model's may be longer.
_MAX_NAME = 64
_MAX_MODEL = 256
_MAX_REASON = 256

_KINDS = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "input_audio",
    "output",
    "reasoning",
    "output_audio",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One call, as the log has it.

    Attributes:
        unix_us: When it began, in microseconds since 1970.
        deployment: `provider/model` that answered or was tried last; None where none was.
        cost: In nano-dollars; None where no price is known.
        usage: Tokens by kind, as `Prices.cost` takes them.
        first_token_us: From the start of the call; None where nothing came.
    """

    unix_us: int
    endpoint: str
    route: str | None
    task: str | None
    reason: str | None
    tier: str | None
    deployment: str | None
    outcome: str
    cost: int | None
    price_version: str
    usage: dict[str, int]
    duration_us: int
    first_token_us: int | None

    @property
    def is_used(self) -> bool:
        """Whether a model read or wrote anything for it."""
        return any(self.usage.values())


@dataclass(slots=True)
class Lines:
    """The lines of several logs, one after another.

    Attributes:
        paths: `-` is standard input; a name that ends with `.gz` is unpacked.
        since_us: Calls that began before are left out; in microseconds since 1970.
        until_us: Calls that began then or later are left out.
        n_read: Lines that were calls, whenever they began.
        n_bad: Lines that were none.
        first_bad: Where the first of these is, and what is wrong with it.
        broken: The archives that break off before their end.
    """

    paths: Sequence[Path]
    since_us: int | None = None
    until_us: int | None = None
    n_read: int = 0
    n_bad: int = 0
    first_bad: str = ""
    broken: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Line]:
        """Read them.

        Raises:
            TiercelError: A file cannot be read.
        """
        for path in self.paths:
            try:
                with opened(path) as file:
                    yield from self._read(path, file)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self.broken.append(f"{path}: {str(error).lower() or 'it breaks off'}")
            except OSError as error:
                raise TiercelError(f"{path}: {(error.strerror or str(error)).lower()}") from None

    def _read(self, path: Path, file: _File) -> Iterator[Line]:
        for number, text in enumerate(texts(file), 1):
            if not text.strip():
                continue
            try:
                line = parse(text)
            except ValueError as error:
                self.n_bad += 1
                self.first_bad = self.first_bad or f"{path}:{number}: {error}"
                continue
            self.n_read += 1
            is_late = self.until_us is not None and line.unix_us >= self.until_us
            if not is_late and line.unix_us >= (self.since_us or 0):
                yield line


def parse(text: bytes) -> Line:
    """The call that a line of the log is.

    Raises:
        ValueError: It is none; the text says why.
    """
    if len(text) > MAX_LINE:
        raise ValueError(f"it is longer than {MAX_LINE:,} bytes")
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - as the others
    usage = record.get("usage")
    if not isinstance(usage, dict):
        raise ValueError("`usage` is no object")  # noqa: TRY004 - as the others
    provider, model = _text(record, "provider", _MAX_NAME), _text(record, "model", _MAX_MODEL)
    return Line(
        unix_us=_count(record, "unix_us"),
        endpoint=_text(record, "endpoint", _MAX_NAME) or _missing("endpoint"),
        route=_text(record, "route", _MAX_NAME),
        task=_text(record, "task", _MAX_NAME),
        reason=_text(record, "reason", _MAX_REASON),
        tier=_text(record, "tier", _MAX_NAME),
        deployment=None if provider is None or model is None else f"{provider}/{model}",
        outcome=_text(record, "outcome", _MAX_NAME) or _missing("outcome"),
        cost=_optional_count(record, "cost_nano_dollars"),
        price_version=_text(record, "price_version", _MAX_NAME) or "",
        usage={kind: _count(usage, kind) for kind in _KINDS if kind in usage},
        duration_us=_count(record, "duration_us"),
        first_token_us=_optional_count(record, "time_to_first_token_us"),
    )


def opened(path: Path) -> contextlib.AbstractContextManager[_File]:
    """A log to read: `-` is standard input, a name that ends with `.gz` is unpacked."""
    if path == _STDIN:
        return contextlib.nullcontext(sys.stdin.buffer)
    # The file is closed by whoever enters it.
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def texts(file: _File) -> Iterator[bytes]:
    """The lines of a file, of which more than may be is read of none."""
    while text := file.readline(MAX_LINE + 1):
        yield text
        while len(text) > MAX_LINE and not text.endswith(b"\n"):
            text = file.readline(MAX_LINE + 1)


def _count(record: dict[str, Any], name: str) -> int:
    count = _optional_count(record, name)
    return _missing(name) if count is None else count


def _optional_count(record: dict[str, Any], name: str) -> int | None:
    value = record.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= _MAX_COUNT:
        raise ValueError(f"`{name}` is no whole number from 0 to {_MAX_COUNT}")
    return value


def _text(record: dict[str, Any], name: str, most: int) -> str | None:
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise ValueError(f"`{name}` is no printable text of at most {most} characters")
    return value


def _missing(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is missing")
