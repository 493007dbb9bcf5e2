"""Failures on request.

A fault is a list of directives separated by `;`, such as `status=429;retry-after=1` or `reset=3;times=2`. Events are
counted from 1 as they appear on the wire, in OpenAI's dialect with the role-only chunk and `[DONE]`. A unary answer
counts as one event: what ends a stream after 0 events leaves it with a head and no body, after 1 or more with half of
its body.

# Where a fault comes from
The header `x-simulate-fault` is for direct calls. Gateways forward no such header, so `simulate` in the body's
`metadata` (`requestMetadata` of Bedrock, `labels` of Gemini) and the user `simulate:...` do the same, and where the
client's body is not the test's to write, the control endpoint or the settings attach a fault to a model, or to `token`:
the endpoint that hands out Google's access tokens. The first of these that has uses left, and hits the request where it
hits only a share of them, acts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from tiercel.simulator.choices import seeded

_MAX_TEXT = 500
_MAX_SECONDS = 3600.0
_MAX_COUNTED = 10_000


class FaultSyntaxError(ValueError):
    """A fault that cannot be read; the message says what is allowed."""


class Ending(Enum):
    """How an answer ends before its time."""

    TRUNCATE = "truncate"
    CUT = "cut"
    RESET = "reset"
    STALL = "stall"
    ERROR_EVENT = "error-event"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one answer.

    Attributes:
        text: As it was written.
        attached_to: The model that it is attached to; uses are counted by it and the text.
        status: Answer with this error.
        retry_after: Value of the error's `retry-after` header.
        delay: Seconds before the head.
        slow_first_token: Seconds between the head and the first event.
        ending: How the answer is broken off, `after` so many events.
        garble: Number of the event that is malformed.
        done: Whether the last event is sent: `[DONE]`, `message_stop` and their like.
        gzip: Whether the answer is compressed.
        keep_alive: What becomes of the connection.
        expires: Seconds that an access token is good for.
        share: Part of the requests that the fault acts on.
        times: How often the fault acts; None for always.
    """

    text: str = ""
    attached_to: str | None = None
    status: int | None = None
    retry_after: str | None = None
    delay: float = 0.0
    slow_first_token: float = 0.0
    ending: Ending | None = None
    after: int = 0
    garble: int | None = None
    done: bool = True
    gzip: bool = False
    keep_alive: str = "open"
    expires: float | None = None
    share: float = 1.0
    times: int | None = None


NO_FAULT = Fault()
# Takes the place of a model where access tokens are asked for.
OAUTH = "token"


def parse(text: str) -> Fault:
    """Reads a fault.

    Raises:
        FaultSyntaxError: Where a directive is unknown, malformed, or in conflict with another.
    """
    if len(text) > _MAX_TEXT:
        raise FaultSyntaxError(f"a fault has at most {_MAX_TEXT} characters")
    fault = Fault(text)
    for directive in text.split(";"):
        name, _, argument = directive.strip().partition("=")
        try:
            _, read = DIRECTIVES[name]
            changes = read(argument)
        except (KeyError, ValueError):
            allowed = ", ".join(usage for usage, _ in DIRECTIVES.values())
            raise FaultSyntaxError(
                f"no such fault: {directive.strip()!r}; allowed, separated by ';': {allowed}"
            ) from None
        if fault.ending and "ending" in changes:
            raise FaultSyntaxError("a fault ends an answer in one way only")
        fault = replace(fault, **changes)
    return fault


# Fields of a fault and their values.
Changes = dict[str, Any]


def _number(field: str, low: int, high: int = 1_000_000) -> Callable[[str], Changes]:
    def read(argument: str) -> Changes:
        number = int(argument)
        if not low <= number <= high:
            raise ValueError
        return {field: number}

    return read


def _seconds(field: str) -> Callable[[str], Changes]:
    def read(argument: str) -> Changes:
        seconds = float(argument[:-2]) / 1000 if argument.endswith("ms") else float(argument.removesuffix("s"))
        if not 0.0 <= seconds <= _MAX_SECONDS:
            raise ValueError
        return {field: seconds}

    return read


def _share(argument: str) -> Changes:
    share = float(argument)
    if not 0.0 < share <= 1.0:
        raise ValueError
    return {"share": share}


def _end(ending: Ending) -> Callable[[str], Changes]:
    return lambda argument: {"ending": ending, **_number("after", 0)(argument)}


def _word(field: str, words: Mapping[str, object]) -> Callable[[str], Changes]:
    return lambda argument: {field: words[argument]}


def _header(argument: str) -> Changes:
    if not (argument.isascii() and argument.isprintable()):
        raise ValueError
    return {"retry_after": argument}


def _error_event(argument: str) -> Changes:
    return {"ending": Ending.ERROR_EVENT, "after": _number("after", 1)(argument)["after"] - 1}


DIRECTIVES: Mapping[str, tuple[str, Callable[[str], Changes]]] = {
    "status": ("status=400..599 (an error)", _number("status", 400, 599)),
    "retry-after": ("retry-after=1 (header of that error)", _header),
    "delay": ("delay=2s (before the head)", _seconds("delay")),
    "slow-first-token": ("slow-first-token=500ms (after the head)", _seconds("slow_first_token")),
    "truncate": ("truncate=3 (whole HTTP body, but only 3 events)", _end(Ending.TRUNCATE)),
    "cut": ("cut=3 (closed after 3 events, in mid-body)", _end(Ending.CUT)),
    "reset": ("reset=3 (RST after 3 events; 0: before the head)", _end(Ending.RESET)),
    "stall": ("stall=3 (silent after 3 events)", _end(Ending.STALL)),
    "garble": ("garble=3 (event 3 is malformed)", _number("garble", 1)),
    "error-event": ("error-event=2 (event 2 is an error)", _error_event),
    "no-done": ("no-done (the last event is missing)", _word("done", {"": False})),
    "gzip": ("gzip", _word("gzip", {"": True})),
    "keep-alive": ("keep-alive=close|drop (announced or not)", _word("keep_alive", {"close": "close", "drop": "drop"})),
    "expires": ("expires=2s (of an access token)", _seconds("expires")),
    "share": ("share=0.5 (of the requests, drawn by the seed)", _share),
    "times": ("times=2 (then no more)", _number("times", 1)),
}


class Faults:
    """The faults attached to models, and how often each fault that is limited has acted."""

    def __init__(self, initial: Mapping[str | None, str], seed: int = 0) -> None:
        self._initial = {model: parse(text) for model, text in initial.items()}
        self._seed = seed
        self.clear()

    def clear(self) -> None:
        """Goes back to the faults of the settings, unused."""
        self._attached = {model: replace(fault, attached_to=model) for model, fault in self._initial.items()}
        self._uses: dict[str, int] = {}
        self._random = seeded(self._seed, b"faults")

    def attach(self, model: str | None, text: str) -> None:
        """Makes `text` the fault of `model` or `token`, or of all models, and counts its uses from 0.

        Raises:
            FaultSyntaxError: As `parse` does.
        """
        fault = replace(parse(text), attached_to=model)
        self._attached[model] = fault
        self._uses.pop(_counted_as(fault), None)

    def choose(self, model: str | None, asked: Iterable[str]) -> Fault:
        """The fault for one request: the first that has uses left among those `asked` for and those attached.

        Raises:
            FaultSyntaxError: As `parse` does.
        """
        candidates = [parse(text) for text in asked]
        keys = (model,) if model in (OAUTH, None) else (model, None)
        candidates += [self._attached[key] for key in keys if key in self._attached]
        return next((fault for fault in candidates if self._hits(fault) and self._use(fault)), NO_FAULT)

    def _hits(self, fault: Fault) -> bool:
        return fault.share == 1.0 or self._random.random() < fault.share

    def _use(self, fault: Fault) -> bool:
        if fault.times is None:
            return True
        counted_as = _counted_as(fault)
        uses = self._uses.pop(counted_as, 0)
        self._uses[counted_as] = min(uses + 1, fault.times)
        if len(self._uses) > _MAX_COUNTED:
            del self._uses[next(iter(self._uses))]
        return uses < fault.times


def _counted_as(fault: Fault) -> str:
    return f"{fault.attached_to or ''} {fault.text}"
