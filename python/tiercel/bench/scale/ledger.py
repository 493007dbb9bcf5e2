"""Three books of the same requests: the clients' own, the gateway's access log, and the simulator's journal.

Each request's body is its own, so that all attempts at it are found in the journal by its hash. What must be equal:

- every request has one line in the log, and nothing else has one;
- a line's attempts are the journal's, but for those that never reached the provider, and those for which a connection
  broke before a byte came back: the gateway then asks once more over a new one, which it does not call an attempt;
- an attempt that failed met a fault;
- client and log say the same of how it ended;
- tokens of a whole answer are the same in all three.

What a provider made for nothing (answers that broke off, or that nobody got) is in no client's book. Of what was
delivered of those the log has an estimate, as of answers that broke off when all but their usage was said. These are
counted here, not compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tiercel.simulator.journal import Entry

Tokens = tuple[int, int]
"""Of the prompt and of the answer."""

_MOST_SHOWN = 50
# How attempts end that a provider need not have seen.
_UNSEEN = frozenset({"connect", "timeout_connect", "busy", "stale"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its client knows it.

    Attributes:
        request_id: As the client named it.
        digest: SHA-256 of the body as the provider is to get it, in hexadecimal.
        ending: As the log is to have it, `answered`, `failed`, `interrupted` or `client_gone`; or `lost`: no end came.
        status: 0 where no head came.
        tokens: As the answer said; None where it did not say.
    """

    request_id: str
    digest: str
    ending: str
    status: int
    tokens: Tokens | None


@dataclass(slots=True)
class Books:
    """What the comparison found."""

    n_requests: int = 0
    n_attempts: int = 0
    n_resent: int = 0
    """Attempts that the provider saw and the log has not, since no byte of an answer came back."""
    endings: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Requests that failed, by what became of their attempts."""
    faults: Counter[str] = field(default_factory=Counter)
    equal: Tokens = (0, 0)
    """Tokens of whole answers, the same in all three books."""
    estimated: Tokens = (0, 0)
    """Tokens that the log estimates for answers that broke off."""
    unused: Tokens = (0, 0)
    """Tokens of answers that the provider made and no client got whole."""
    n_differences: int = 0
    differences: list[str] = field(default_factory=list)
    """The first of them, in words."""

    def as_json(self) -> dict[str, Any]:
        """What JSON can hold."""
        tokens = {"equal": self.equal, "estimated": self.estimated, "unused": self.unused}
        return {
            "n_requests": self.n_requests,
            "n_attempts": self.n_attempts,
            "n_resent": self.n_resent,
            "endings": dict(self.endings.most_common()),
            "failures": dict(self.failures.most_common(_MOST_SHOWN)),
            "faults": dict(self.faults.most_common()),
            "tokens": {name: {"prompt": prompt, "answer": answer} for name, (prompt, answer) in tokens.items()},
            "n_differences": self.n_differences,
            "differences": self.differences,
        }


def compare(asked: Sequence[Asked], lines: Iterable[Mapping[str, Any]], entries: Iterable[Entry]) -> Books:
    """Goes through all of them.

    Args:
        asked: All requests; ids and digests are each one's own.
        lines: The access log's, parsed.
        entries: The journal's, in order.
    """
    by_id: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        by_id[line["request_id"]].append(line)
    by_digest: defaultdict[str, list[Entry]] = defaultdict(list)
    books = Books(n_requests=len(asked))
    for entry in entries:
        by_digest[entry.body_sha256].append(entry)
        books.n_attempts += 1
        books.faults[entry.fault.partition(";")[0] or "none"] += 1
    for request in asked:
        books.endings[request.ending] += 1
        found = by_id.pop(request.request_id, [])
        attempts = by_digest.pop(request.digest, [])
        if len(found) == 1:
            wrong = list(_differences(request, found[0], attempts))
            _add(books, found[0], attempts)
        else:
            wrong = [f"{len(found)} lines in the log"]
        _note(books, (f"{request.request_id}: {what}" for what in wrong))
    _note(books, (f"{request_id}: nobody asked that" for request_id in by_id))
    _note(books, (f"body {digest}: the provider got what nobody sent" for digest in by_digest))
    return books


def _differences(request: Asked, line: Mapping[str, Any], attempts: Sequence[Entry]) -> Iterator[str]:
    """In which the books of one request differ."""
    # Who leaves may have had the end behind what it read last.
    is_race = request.ending == "client_gone" and line["outcome"] in {"answered", "interrupted"}
    if line["outcome"] != request.ending and not is_race:
        yield f"the client has {request.ending}, the log {line['outcome']}"
    if request.status and line["status"] != request.status:
        yield f"the client has status {request.status}, the log {line['status']}"
    yield from _of_attempts(line["attempts"], attempts)
    if line["outcome"] == "answered" and attempts:
        yield from _of_tokens(request, line, attempts[-1])


def _of_attempts(logged: Sequence[Mapping[str, Any]], attempts: Sequence[Entry]) -> Iterator[str]:
    n_seen = sum(attempt["outcome"] not in _UNSEEN for attempt in logged)
    n_answered = sum(attempt.status is not None for attempt in attempts)
    if n_seen > len(attempts) or n_answered > len(logged):
        kinds = ", ".join(attempt["outcome"] for attempt in logged)
        yield f"the log has attempts ({kinds}), the provider {len(attempts)}"
    if len(attempts) != len(logged):
        return
    for attempt, entry in zip(logged, attempts, strict=True):
        # On a machine that stands still for seconds the provider, too, is waited for in vain.
        was_late = attempt["outcome"].startswith("timeout") and entry.finished_at is None
        if not entry.fault and not was_late and attempt["outcome"] not in {"answered", "abandoned"}:
            yield f"an attempt ended as {attempt['outcome']}, and the provider knows of no fault"


def _of_tokens(request: Asked, line: Mapping[str, Any], last: Entry) -> Iterator[str]:
    is_estimated = line["usage"]["is_estimated"]
    # A stream may have said all and broken off before it said what it took.
    if is_estimated and last.fault:
        return
    billed, made = _billed(line), (last.prompt_tokens, last.completion_tokens)
    if is_estimated or billed != made:
        yield f"the log has tokens {billed}{' (estimated)' * is_estimated}, the provider {made}"
    if request.tokens is not None and request.tokens != made:
        yield f"the client has tokens {request.tokens}, the provider {made}"


def _add(books: Books, line: Mapping[str, Any], attempts: Sequence[Entry]) -> None:
    """Counts tokens by what became of them."""
    is_whole = line["outcome"] == "answered" and not line["usage"]["is_estimated"]
    books.n_resent += max(len(attempts) - len(line["attempts"]), 0)
    for place, entry in enumerate(attempts):
        made = (entry.prompt_tokens or 0, entry.completion_tokens or 0)
        if is_whole and place == len(attempts) - 1:
            books.equal = _sum(books.equal, made)
        else:
            books.unused = _sum(books.unused, made)
    if line["outcome"] == "failed":
        books.failures[", ".join(attempt["outcome"] for attempt in line["attempts"]) or line["error_kind"]] += 1
    if not is_whole:
        books.estimated = _sum(books.estimated, _billed(line))


def _billed(line: Mapping[str, Any]) -> Tokens:
    usage = line["usage"]
    return usage["input"] + usage["cache_read"] + usage["cache_write"], usage["output"]


def _sum(one: Tokens, other: Tokens) -> Tokens:
    return one[0] + other[0], one[1] + other[1]


def _note(books: Books, differences: Iterable[str]) -> None:
    for difference in differences:
        books.n_differences += 1
        if len(books.differences) < _MOST_SHOWN:
            books.differences.append(difference)
