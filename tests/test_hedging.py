"""With `hedge = true`, what is slower than 95 % of its tier's is asked of another as well; two of a hundred at most."""

from collections import Counter

import pytest

from tests import failover
from tests.failover import MODES, PAIRS, Case, Upstream
from tests.gateways import KEYS

# A hundred requests earn two hedges, so that the fiftieth is the first that may be sent twice.
N_BEFORE = 49
N_REQUESTS = 100
# Slow beside those before, and never waited for to the end.
SLOW, NEVER = "delay=1s", "delay=60s"
# Dollars a million tokens, and nanodollars each.
PRICES = "{ input = 1.0, output = 4.0 }"
INPUT, OUTPUT = 1_000, 4_000


def cases(name, pairs):
    return [Case(name, client, dialect, mode, ("", "")) for client, dialect in pairs for mode in MODES]


SECOND_WINS, FIRST_WINS = cases("second wins", PAIRS[:4]), cases("first wins", PAIRS[4:])
ALL_SLOW = cases("all slow", PAIRS[:2])
EVERY = [*SECOND_WINS, *FIRST_WINS, *ALL_SLOW]


@pytest.fixture(scope="module")
def upstream(start_provider):
    return Upstream(start_provider, EVERY)


@pytest.fixture(scope="module")
def gateway(start_gateway, upstream):
    prices = "".join(f'"{deployment}" = {PRICES}\n' for case in EVERY for deployment in case.deployments)
    config = KEYS + "hedge = true\n" + failover.configuration(EVERY, upstream.origin) + "[prices]\n" + prices
    with start_gateway(config, "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def ask(gateway):
    return lambda case: failover.ask(gateway, case.client, case.name, stream=case.mode == "stream")


@pytest.mark.parametrize(
    ("met", "faults", "winner"),
    [(SECOND_WINS, (NEVER, ""), 1), (FIRST_WINS, (SLOW, NEVER), 0)],
    ids=["the second", "the first"],
)
def test_the_sooner_one_answers_and_the_other_is_hung_up_on_and_paid_for(
    gateway, upstream, ask, eventually, met, faults, winner
):
    failover.at_once(lambda case: [ask(case) for _ in range(N_BEFORE)], met)
    assert all(asked == "a" * N_BEFORE for asked in upstream.asked(met).values())
    for case in met:
        for model, fault in zip(case.models, faults, strict=True):
            if fault:
                upstream.provider.attach(fault, model)
    answers = failover.at_once(ask, met)
    lines = failover.logged(gateway, answers)

    for case in met:
        answer = answers[case.name]
        assert answer.status_code == 200, case.name
        assert answer.headers["x-tiercel-model"] == case.deployments[winner], case.name
        assert answer.headers["x-tiercel-attempts"].count(",") == 1, case.name
        assert upstream.asked([case])[case.name] == "a" * N_BEFORE + "ab", case.name
        loser = case.models[1 - winner]
        eventually(lambda loser=loser: upstream.entries()[loser][-1].disconnected_at)
        own = INPUT * lines[case.name]["usage"]["input"] + OUTPUT * lines[case.name]["usage"]["output"]
        assert lines[case.name]["cost_nano_dollars"] > own > 0, case.name


def test_two_of_a_hundred_are_sent_twice_at_most(upstream, ask):
    failover.at_once(lambda case: [ask(case) for _ in range(N_BEFORE)], ALL_SLOW)
    for case in ALL_SLOW:
        upstream.provider.attach("delay=50ms", case.models[0])
    answers = failover.at_once(lambda case: [ask(case) for _ in range(N_REQUESTS - N_BEFORE)], ALL_SLOW)

    for name, answered in answers.items():
        n_attempts = Counter(answer.headers["x-tiercel-attempts"].count(",") + 1 for answer in answered)
        assert n_attempts.keys() <= {1, 2}, name
        assert 0 < n_attempts[2] <= 2, name
