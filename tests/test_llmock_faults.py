"""LLMock fails in every way that it knows, and grades what became of it: no storm of retries, none too early.

Each case has a model of its own, by which LLMock is told what to do and asked what it saw, so that cases may go on at
once. Deployments of one server have the same model there: to LLMock, asking another is asking again.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from llmock.pytest_plugin import LLMock
from llmock.scenarios import Delay, Fail, Match, Reply, SlowFirstToken, StreamFault
from llmock.testing import LLMockServer
from llmock.verdict import judge

from tests import failover, gateways
from tests.failover import ANSWERED
from tests.gateways import KEYS
from tests.test_llmock import RELAYED, TRANSLATED, UPSTREAMS, WORDS

# Longer than the gateway's patience, and not much, since it is waited for when the server stops.
SLOW = 1.6
HASTY = 'timeouts = { head = "800ms", first_token = "800ms", between_tokens = "800ms", answer = "800ms" }'
# Slow enough for each chunk to be a read of its own.
CHUNK_MILLISECONDS = 10
# Deployments of the first server, and of three servers.
ONE_SERVER, THREE_SERVERS = ("left", "right", "third"), ("left", "other", "another")
UNARY, STREAM, BOTH = ("unary",), ("stream",), ("unary", "stream")


@dataclass(frozen=True)
class Row:
    """A fault.

    Attributes:
        fault: As LLMock has it. `after_chunks` counts from the first word.
        modes: Those in which it makes sense.
        places: Where the deployments are. Where a refusal says when to come again, or that it is no use, to ask
            another deployment of the same server would be to ask again too early.
        ends: What an SDK makes of it: `ANSWERED`, or the status of the exception, for 1, 2 and 3 deployments.
        n_asked: How often servers are asked, for 1, 2 and 3 deployments.
    """

    name: str
    fault: Any
    modes: tuple[str, ...] = BOTH
    places: tuple[str, ...] = ONE_SERVER
    ends: tuple[str | int | None, ...] = (ANSWERED,) * 3
    n_asked: tuple[int, ...] = (2, 2, 3)

    @property
    def is_slow(self):
        return isinstance(self.fault, Delay | SlowFirstToken) or "stall" in self.name


def early(name, fault):
    return Row(name, fault, STREAM)


def refused(status, **fields):
    return Row(str(status), Fail(status, **fields), places=THREE_SERVERS)


def unkeyed(status):
    return replace(refused(status), ends=(500, ANSWERED, ANSWERED), n_asked=(1, 2, 3))


def late(name, fault):
    return Row(name, fault, STREAM, ends=(None,) * 3, n_asked=(1, 1, 1))


ROWS = [
    early("slow first token", SlowFirstToken(SLOW)),
    early("disconnect", StreamFault("disconnect", after_chunks=0)),
    early("truncate", StreamFault("truncate", after_chunks=0)),
    early("corrupt", StreamFault("malformed", after_chunks=0)),
    early("stall", StreamFault("stall", after_chunks=0, stall_seconds=SLOW)),
    Row("slow head", Delay(SLOW), STREAM),
    Row("slow answer", Delay(SLOW), UNARY, ends=(500, ANSWERED, ANSWERED), n_asked=(1, 2, 3)),
    refused(429, retry_after=0.3),
    refused(500),
    refused(502),
    refused(503),
    refused(529),
    unkeyed(401),
    unkeyed(403),
    Row("400", Fail(400), ends=(400,) * 3, n_asked=(1, 1, 1)),
    Row("outage", Fail(500, times=None), ends=(500,) * 3, n_asked=(3, 3, 3)),
    late("late disconnect", StreamFault("disconnect", after_chunks=3)),
    late("late truncate", StreamFault("truncate", after_chunks=3)),
    late("late corrupt", StreamFault("malformed", after_chunks=3)),
    late("late stall", StreamFault("stall", after_chunks=3, stall_seconds=SLOW)),
]
# A stream that breaks off late cannot be asked for again, which LLMock holds against every client.
UNGRADED = [row for row in ROWS if row.name.startswith("late ")]


@dataclass(frozen=True)
class Case:
    """One client before so many deployments of one dialect, all of one model."""

    row: Row
    n_deployments: int
    client: str
    dialect: str
    mode: str

    @property
    def name(self):
        parts = (self.row.name.replace(" ", "-"), str(self.n_deployments), self.client, self.dialect, self.mode)
        return "-".join(parts)

    @property
    def model(self):
        return f"{UPSTREAMS[self.dialect][1]}-{self.name}"

    @property
    def providers(self):
        """Patience is short with those that are slow: on a busy machine others may be.

        A refused key is not shown again, so that those who refuse keys are asked by one case only.
        """
        own = f"-{self.name}" if self.row.name in {"401", "403"} else ""
        own = "-hasty" if self.row.is_slow else own
        return [f"{self.dialect}-{place}{own}" for place in self.row.places[: self.n_deployments]]


def cases(row, n_deployments):
    return [
        Case(row, n_deployments, client, dialect, mode)
        for client, dialect in RELAYED + TRANSLATED
        for mode in row.modes
    ]


EVERY = [case for row in ROWS for n_deployments in (1, 2, 3) for case in cases(row, n_deployments)]


@pytest.fixture(scope="module")
def mocks():
    with LLMockServer() as one, LLMockServer() as two, LLMockServer() as three:
        mocks = [LLMock(server).reset() for server in (one, two, three)]
        for mock in mocks:
            mock.pace(CHUNK_MILLISECONDS)
        yield mocks


@pytest.fixture(scope="module")
def gateway(start_gateway, mocks):
    servers = dict.fromkeys(ONE_SERVER, mocks[0]) | dict(zip(THREE_SERVERS, mocks, strict=True))
    names = {(case.dialect, provider) for case in EVERY for provider in case.providers}
    config = KEYS
    for dialect, provider in sorted(names):
        url = servers[provider.split("-")[1]].base_url(UPSTREAMS[dialect][0])
        patience = HASTY if provider.endswith("-hasty") else ""
        config += gateways.provider(provider, url, f'dialect = "{dialect}"\n{patience}')
    config += "[tiers]\n"
    for case in EVERY:
        config += f"{case.name} = {json.dumps([f'{provider}/{case.model}' for provider in case.providers])}\n"
    with start_gateway(config, "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def sdks(gateway):
    with failover.sdks(gateway) as sdks:
        yield sdks


def script(mocks, case):
    """Have all deployments but the last fail, or the only one once."""
    fault, match = case.row.fault, Match(model=case.model)
    n_faults = max(1, case.n_deployments - 1)
    if isinstance(fault, StreamFault):
        fault = replace(fault, after_chunks=UPSTREAMS[case.dialect][2] + fault.after_chunks)
    for mock in mocks:
        mock.add(Reply(text=WORDS, times=None, match=match))
    if case.row.places is ONE_SERVER:
        mocks[0].add(replace(fault, times=fault.times and n_faults, match=match))
    else:
        for mock in mocks[:n_faults]:
            mock.add(replace(fault, match=match))


@pytest.mark.parametrize("n_deployments", [1, 2, 3])
@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_verdict_is_clean(mocks, sdks, row, n_deployments):
    met = cases(row, n_deployments)
    for case in met:
        script(mocks, case)
    heard = failover.at_once(lambda case: failover.hear(sdks[case.client], case), met)
    records = [mock.requests for mock in mocks]

    end = row.ends[n_deployments - 1]
    for case in met:
        own = [[record for record in seen if record.model == case.model] for seen in records]
        assert sum(map(len, own)) == row.n_asked[n_deployments - 1], case.name
        if end == ANSWERED:
            assert heard[case.name] == ANSWERED, case.name
        else:
            assert isinstance(heard[case.name], sdks[case.client].errors[end]), case.name
        if row not in UNGRADED:
            for seen in own:
                # Not strictly: it warns of a server that was not asked again, though another one was.
                judge(seen).assert_ok()
