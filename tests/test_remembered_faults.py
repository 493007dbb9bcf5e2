"""What a gateway remembers of the faults of providers: whom it leaves alone, for how long, and what it forgives."""

import pytest

from tests import failover, gateways
from tests.failover import ANSWERED, PAIRS, Case, Upstream
from tests.gateways import KEYS, PROVIDER_KEY

SPENT_KEY = "sk-provider-spent"
# The variables of that key, and of the one that is taken.
SPENT, GOOD = "TIERCEL_TESTS_SPENT_KEY", "TIERCEL_TESTS_PROVIDER_KEY"
RETRY_AFTER = 1.0
N_CALLS = 40
# A refused connection counts as two failures, and five in a row are enough.
N_REFUSALS = 3
N_UNTIL_EJECTED = 10


def cases(name, *faults):
    return [Case(name, client, dialect, "unary", faults) for client, dialect in PAIRS]


THROTTLED = cases("throttled", f"status=429;retry-after={RETRY_AFTER:.0f};times=1", "")
FORGIVEN = [*cases("bad", "status=400", ""), *cases("unprocessable", "status=422", "")]
KEYED, UNKEYED = cases("keyed", ""), cases("unkeyed", "")
REFUSED = cases("refused", "")
EVERY = [*THROTTLED, *FORGIVEN, *REFUSED]


@pytest.fixture(scope="module")
def upstream(start_provider):
    return Upstream(start_provider, EVERY)


@pytest.fixture(scope="module")
def keyed(start_provider):
    """Who takes no other key than `PROVIDER_KEY`."""
    return Upstream(start_provider, KEYED, key=PROVIDER_KEY)


@pytest.fixture(scope="module")
def unkeyed(start_provider):
    """The same."""
    return Upstream(start_provider, UNKEYED, key=PROVIDER_KEY)


@pytest.fixture(scope="module")
def gateway(start_gateway, upstream, keyed, unkeyed):
    """A key that is refused is refused for all of a provider, so that each case of keys has one of its own."""
    tiers, tables = {}, ""
    for met, provider, keys in ((KEYED, keyed, (SPENT, GOOD)), (UNKEYED, unkeyed, (SPENT,))):
        for case in met:
            tables += failover.provider(case.name, case.dialect, provider.origin, keys)
            tiers[case.name] = [f"{case.name}/{case.models[0]}"]
    for case in REFUSED:
        tiers[case.name] = [f"closed/{case.name}", *case.deployments]
    with failover.closed_port() as port:
        tables += gateways.provider("closed", f"http://127.0.0.1:{port}/v1")
        config = KEYS + tables + failover.configuration(EVERY, upstream.origin, tiers)
        with start_gateway(config, "asgi", environment={SPENT: SPENT_KEY}) as gateway:
            yield gateway


@pytest.fixture(scope="module")
def hear(gateway):
    """`hear(case)`: what the SDK's user is told."""
    with failover.sdks(gateway) as sdks:
        yield lambda case: failover.hear(sdks[case.client], case)


def test_a_throttled_deployment_is_asked_again_when_it_said_and_not_before(upstream, hear, eventually):
    def ask_until_it_is_asked_again(case):
        def is_asked_again():
            assert hear(case) == ANSWERED
            return len(upstream.entries()[case.models[0]]) > 1

        eventually(is_asked_again)

    failover.at_once(ask_until_it_is_asked_again, THROTTLED)
    entries = upstream.entries()

    for case in THROTTLED:
        first, second = entries[case.models[0]][:2]
        assert second.received_at - first.received_at >= RETRY_AFTER, case.name
        assert len(entries[case.models[1]]) > 0, case.name


def test_what_the_client_did_wrong_is_held_against_nobody(upstream, hear):
    """Five failures in a row would be."""
    failover.at_once(lambda case: [hear(case) for _ in range(6)], FORGIVEN)

    assert upstream.asked(FORGIVEN) == {case.name: "aaaaaa" for case in FORGIVEN}


def n_shown(upstream, key):
    return sum(failover.is_of(entry, key) for entry in upstream.provider.journal)


def test_a_key_that_is_refused_is_not_shown_again_and_the_next_one_is(keyed, hear):
    """One after another, since which key is shown first goes round among all calls."""
    heard = {case.name: [hear(case) for _ in range(4)] for case in KEYED}

    assert heard == {case.name: [ANSWERED] * 4 for case in KEYED}
    assert n_shown(keyed, SPENT_KEY) == len(KEYED)
    assert n_shown(keyed, PROVIDER_KEY) == 4 * len(KEYED)


def test_where_no_key_is_taken_the_client_is_told_so_and_the_provider_is_asked_once(unkeyed, hear):
    heard = failover.at_once(lambda case: [hear(case) for _ in range(3)], UNKEYED)

    assert {name: {failover.status(error) for error in errors} for name, errors in heard.items()} == {
        case.name: {503} for case in UNKEYED
    }
    assert n_shown(unkeyed, SPENT_KEY) == len(UNKEYED)


def test_of_two_deployments_one_refuses_connections_and_no_call_fails(gateway):
    def ask(case):
        return [failover.ask(gateway, case.client, case.name) for _ in range(N_CALLS)]

    for name, answers in failover.at_once(ask, REFUSED).items():
        assert [answer.status_code for answer in answers] == [200] * N_CALLS, name
        refused = ["connect" in answer.headers["x-tiercel-attempts"] for answer in answers[:N_UNTIL_EJECTED]]
        assert 0 < sum(refused) <= N_REFUSALS, name
