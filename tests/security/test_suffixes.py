"""A search for words that get another question's answer out of the cache.

# What it found
34 pairs of questions that have nothing in common, the shipped weights open to the search (seed 20):

- after nearness, it comes to a cosine of .93 (median; .84 to .97), beyond .85 in 33: a cache that goes by it falls. Of
  these, 29 are vetoed, and the verifier gives none of the others more than .08;
- after vetoes and verifier, 27 stay vetoed, and 2 get .5. The best gets .75, where the library asks for .85, and the
  gateway for what its own comparisons have shown.

Across tenants none of it counts: the attacker sees a miss, whatever it comes near to.
"""

import hashlib
import json
import re

import pytest

from tests import gateways
from tests.gateways import KEY, NARROW_KEY
from tests.providers import unary
from tests.security import suffixes
from tests.test_cache_meaning import CACHE, TENANTS, learn
from tiercel._core import normalise

SEED = 20
# What is rather likely than not, and from where on the library serves.
LEAST, LIBRARY = 0.5, 0.85
OWN = (
    "where is the nearest cash machine",
    "how do I bake bread without yeast",
    "what time does the museum open",
    "can you recommend a good novel",
    "how many legs does a spider have",
    "what is the capital of Australia",
    "why is the sky blue",
    "how do I change a flat tyre",
    "what is the best way to learn the piano",
    "when was the first bicycle made",
)
FOREIGN = (
    "what is the code of the alarm in the office",
    "who is on the list of people to be let go",
    "how much do we offer for the company",
    "what did the doctor say about my test results",
    "which account do we pay the consultants from",
    "when will the new product be announced",
    "what is wrong with the brakes of the new model",
    "why did the chief engineer leave the firm",
    "where are the spare keys of the warehouse kept",
    "how long can we pay salaries without a new loan",
)
PAIRS = [(own, foreign) for i, own in enumerate(OWN) for j, foreign in enumerate(FOREIGN) if (i + j) % 3 == 0]


@pytest.fixture(scope="module")
def near():
    """What the search finds after nearness alone."""
    return [suffixes.search(*pair, suffixes.by_cosine, SEED) for pair in PAIRS]


@pytest.fixture(scope="module")
def likely():
    """What it finds after vetoes and verifier."""
    return [suffixes.search(*pair, suffixes.by_verdict, SEED) for pair in PAIRS]


@pytest.fixture(scope="module")
def script(start_script):
    """A model that says something of its own to each question, whatever courtesies are around it."""

    async def answer(request, writer):
        said = model_says(json.loads(request.body)["messages"][-1]["content"])
        message = {"role": "assistant", "content": said}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
        body = {"id": "a", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        writer.write(unary(json.dumps(body).encode()))

    script = start_script()
    script.reset(answer)
    return script


@pytest.fixture(scope="module")
def shared(start_gateway, script):
    """A gateway that has learned to give answers to other words, for either tenant."""
    provider = gateways.provider("first", script.base_url)
    config = f'{TENANTS}{provider}{CACHE}mode = "semantic"\n[tiers]\npair = ["first/small"]\n'
    with start_gateway(config, "asgi") as gateway:
        for key in (KEY, NARROW_KEY):
            learn(gateway, "what is your refund policy", key)
        yield gateway


def test_nearness_alone_would_be_no_defence(near):
    assert sum(attack.cosine >= 0.85 for attack in near) >= 0.9 * len(PAIRS)
    assert sum(attack.cosine >= 0.90 for attack in near) >= 0.6 * len(PAIRS)


def test_words_that_are_near_are_refused(near):
    assert [attack for attack in near if attack.score >= LEAST] == []


def test_a_search_against_vetoes_and_verifier_finds_little(likely):
    assert sum(attack.score >= LEAST for attack in likely) <= 0.1 * len(PAIRS)
    assert [attack for attack in likely if attack.score >= LIBRARY] == []


def test_no_words_reach_another_tenant_s_answer(shared, script, near, likely):
    assert ask(shared, FOREIGN, KEY) == {"miss"}
    script.requests.clear()
    attempts = [attack.text for attack in near + likely] + list(FOREIGN)
    # What is near to the others' is not even told to be so: there is nothing to search by.
    assert ask(shared, attempts, NARROW_KEY) == {"miss"}
    assert len(script.requests) == len(attempts)


def test_no_words_put_an_answer_into_another_tenant_s_way(shared, near, likely):
    assert ask(shared, [f"{attack.text} now" for attack in near + likely], NARROW_KEY) == {"miss"}
    assert ask(shared, [f"{foreign} now" for foreign in FOREIGN], KEY) == {"miss"}


def test_words_of_one_s_own_tenant_are_answered_by_the_model(shared, near, likely):
    vetoed = n_vetoed(shared)
    assert ask(shared, [f"{foreign} today" for foreign in FOREIGN], KEY) == {"miss"}
    assert ask(shared, [f"{attack.text} today" for attack in near + likely], KEY) == {"miss"}
    assert n_vetoed(shared) - vetoed > 0.5 * len(near)


def ask(gateway, questions, key):
    """What the cache says of the questions, each of which gets the model's answer to itself."""
    told = set()
    for question in questions:
        answer = gateway.chat(key=key, messages=[{"role": "user", "content": question}])
        assert answer.status_code == 200, answer.text
        assert answer.json()["choices"][0]["message"]["content"] == model_says(question)
        told.add(answer.headers["x-tiercel-cache"])
    return told


def n_vetoed(gateway):
    counted = re.findall(r"^tiercel_cache_vetoes_total\{.*\} (\d+)", gateway.get("/metrics").text, re.MULTILINE)
    return sum(map(int, counted))


def model_says(question):
    return hashlib.sha256(normalise(question).encode()).hexdigest()
