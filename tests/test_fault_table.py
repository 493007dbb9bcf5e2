"""The faults of providers, each before every official SDK as it comes: what its user is told, and who was asked.

The rows are those of the specification of failover. A gateway's retries and an SDK's own are not to multiply, so that
every case counts what reached the providers.
"""

from dataclasses import dataclass

import pytest

from tests import failover
from tests.failover import ANSWERED, MODES, Case, Upstream
from tests.gateways import KEYS

# Clients and providers: each dialect with itself, and each client across dialects.
PAIRS = [
    ("chat", "openai"),
    ("responses", "responses"),
    ("messages", "anthropic"),
    ("gemini", "gemini"),
    ("chat", "anthropic"),
    ("responses", "cohere"),
    ("messages", "openai"),
    ("gemini", "bedrock"),
]
UNARY, STREAM = ("unary",), ("stream",)
HASTY = 'timeouts = { first_token = "400ms", between_tokens = "400ms" }'
# Events after which every dialect has said some words, and before which none has said any.
LATE, EARLY = 8, 0


@dataclass(frozen=True)
class Row:
    """A fault.

    Attributes:
        faults: By deployment of the tier, in the simulator's grammar.
        asked: The letters of those that are asked, in that order.
        end: What the SDK makes of it: `ANSWERED`, the status of the exception, or `None` for any exception.
    """

    name: str
    faults: tuple[str, ...]
    asked: str
    end: str | int | None = ANSWERED
    modes: tuple[str, ...] = MODES


def early(name, fault):
    """Two rows: another deployment answers, or the only one when asked again."""
    return Row(name, (fault, ""), "ab", modes=STREAM), Row(f"{name} alone", (f"{fault};times=1",), "aa", modes=STREAM)


def late(name, fault):
    return Row(name, (fault, ""), "a", None, STREAM)


ROWS = [
    Row("throttled", ("status=429;retry-after=1", ""), "ab"),
    Row("throttled alone", ("status=429;retry-after=0.3;times=1",), "aa"),
    Row("unavailable twice", ("status=503", "status=503", ""), "abc"),
    Row("unavailable twice alone", ("status=503;times=2",), "aaa"),
    Row("overloaded", ("status=529", ""), "ab"),
    Row("outage", ("status=500",) * 4, "abc", 500),
    Row("outage alone", ("status=500",), "aaa", 500),
    Row("bad request", ("status=400", ""), "a", 400),
    Row("unprocessable", ("status=422", ""), "a", 422),
    Row("unknown model", (failover.UNKNOWN, ""), "b"),
    Row("cut short", ("cut=1", ""), "ab", modes=UNARY),
    Row("reset", ("reset=0", ""), "ab"),
    *early("died early", f"cut={EARLY}"),
    *early("ended early", f"truncate={EARLY}"),
    *early("malformed early", "garble=1"),
    *early("stalled early", f"stall={EARLY}"),
    late("died late", f"cut={LATE}"),
    late("reset late", f"reset={LATE}"),
    late("ended late", f"truncate={LATE}"),
    late("malformed late", f"garble={LATE}"),
    late("stalled late", f"stall={LATE}"),
]


def cases(row):
    return [
        Case(row.name, client, dialect, mode, row.faults, HASTY if "stall" in row.name else "")
        for client, dialect in PAIRS
        for mode in row.modes
    ]


EVERY = [case for row in ROWS for case in cases(row)]


@pytest.fixture(scope="module")
def upstream(start_provider):
    return Upstream(start_provider, EVERY)


@pytest.fixture(scope="module")
def gateway(start_gateway, upstream):
    with start_gateway(KEYS + failover.configuration(EVERY, upstream.origin), "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def sdks(gateway):
    with failover.sdks(gateway) as sdks:
        yield sdks


def status(error):
    """The HTTP status in an SDK's exception."""
    return getattr(error, "status_code", None) or getattr(error, "code", None)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_what_an_sdk_is_told_and_who_was_asked(upstream, sdks, row):
    met = cases(row)
    heard = failover.at_once(lambda case: failover.hear(sdks[case.client], case), met)

    for case in met:
        told = heard[case.name]
        if row.end == ANSWERED:
            assert told == ANSWERED, (case.name, repr(told))
        else:
            assert isinstance(told, sdks[case.client].errors[None]), (case.name, repr(told))
        if isinstance(row.end, int):
            print(case.name, status(told), type(told), told.response.headers.get("x-should-retry"))
    got = upstream.asked(met); print({k: v for k, v in got.items() if v != row.asked})
    assert upstream.asked(met) == {case.name: row.asked for case in met}
