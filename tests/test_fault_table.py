"""The faults of providers, each before every official SDK as it comes: what its user is told, and who was asked.

The rows are those of the specification of failover. A gateway's retries and an SDK's own are not to multiply, so that
every case counts what reached the providers. What fails after some words has been said is in `test_late_faults.py`.
"""

import re
from dataclasses import dataclass

import pytest

from tests import failover
from tests.failover import ANSWERED, MODES, PAIRS, Case, Upstream, status
from tests.gateways import KEYS

STREAM = ("stream",)
HASTY = 'timeouts = { first_token = "1s" }'


@dataclass(frozen=True)
class Row:
    """A fault.

    Attributes:
        faults: By deployment of the tier, in the simulator's grammar.
        asked: The letters of those that are asked, in that order, as a pattern.
        end: What the SDK makes of it: `ANSWERED`, or the status in its exception.
    """

    name: str
    faults: tuple[str, ...]
    asked: str
    end: str | int = ANSWERED
    modes: tuple[str, ...] = MODES
    settings: str = ""

    def cases(self):
        return [
            Case(self.name, client, dialect, mode, self.faults, self.settings)
            for client, dialect in PAIRS
            for mode in self.modes
        ]


def early(name, fault, settings=""):
    """Two rows of streams that say nothing: another deployment answers, or the only one when it is asked again."""
    return (
        Row(name, (fault, ""), "ab", modes=STREAM, settings=settings),
        Row(f"{name} alone", (f"{fault};times=1",), "aa", modes=STREAM, settings=settings),
    )


ROWS = [
    Row("throttled", ("status=429;retry-after=1", ""), "ab"),
    Row("throttled alone", ("status=429;retry-after=0.3;times=1",), "aa"),
    Row("throttled everywhere", ("status=429;retry-after=60",) * 2, "ab", 429),
    Row("unavailable twice", ("status=503", "status=503", ""), "abc"),
    Row("unavailable twice alone", ("status=503;times=2",), "aaa"),
    Row("overloaded", ("status=529", ""), "ab"),
    Row("outage", ("status=500",) * 4, "abc", 502),
    Row("outage alone", ("status=500",), "aaa", 502),
    Row("bad request", ("status=400", ""), "a", 400),
    Row("unprocessable", ("status=422", ""), "a", 422),
    Row("model of one", (failover.UNKNOWN, ""), "b"),
    Row("model of none", (failover.UNKNOWN, failover.UNKNOWN), "", 404),
    Row("cut short", ("cut=1", ""), "ab", modes=("unary",)),
    # Where the connection had served before, the provider may never have seen the request: once more, not counted.
    Row("reset", ("reset=0", ""), "aa?b"),
    *early("died early", "cut=0"),
    *early("ended early", "truncate=0"),
    *early("malformed early", "garble=1"),
    *early("error early", "error-event=1"),
    *early("stalled early", "stall=0", HASTY),
]
EVERY = [case for row in ROWS for case in row.cases()]


@pytest.fixture(scope="module")
def upstream(start_provider):
    return Upstream(start_provider, EVERY)


@pytest.fixture(scope="module")
def sdks(start_gateway, upstream):
    with (
        start_gateway(KEYS + failover.configuration(EVERY, upstream.origin), "asgi") as gateway,
        failover.sdks(gateway) as sdks,
    ):
        yield sdks


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_what_an_sdk_is_told_and_who_was_asked(upstream, sdks, row):
    cases = row.cases()
    heard = failover.at_once(lambda case: failover.hear(sdks[case.client], case), cases)

    for case in cases:
        told, errors = heard[case.name], sdks[case.client].errors
        if row.end == ANSWERED:
            assert told == ANSWERED, (case.name, told)
        else:
            assert isinstance(told, errors.get(500 if row.end == 502 else row.end, errors[None])), (case.name, told)
            assert status(told) == row.end, case.name
            assert told.response.headers["x-should-retry"] == "false", case.name
    asked = upstream.asked(cases)
    assert {name: letters for name, letters in asked.items() if not re.fullmatch(row.asked, letters)} == {}
