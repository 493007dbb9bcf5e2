"""Bodies that nobody thought of are answered or refused, and never more."""

import contextlib
import random
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.asking import PARAMETERS, words
from tests.simulator.speakers import SPEAKERS, Question
from tiercel.simulator.answer import Answer
from tiercel.simulator.choices import choose, seeded
from tiercel.simulator.dialects import anthropic, bedrock, cohere, gemini, openai, responses
from tiercel.simulator.errors import ApiError
from tiercel.simulator.models import MODELS
from tiercel.simulator.prompt_cache import PromptCache, prefixes

TALKS = {
    "openai": openai.CHAT,
    "responses": responses.TALK,
    "anthropic": anthropic.TALK,
    "gemini": gemini.TALK,
    "bedrock": bedrock.TALK,
    "cohere": cohere.TALK,
}
FULL = Question(
    text="Get weather",
    system="Be brief.",
    tools={"get_weather": PARAMETERS},
    called=[("one", "get_weather", {"city": "Paris", "days": 1})],
    results=[("one", "sun")],
    schema=PARAMETERS,
    reasoning=True,
    stop=["never"],
    image="AAAA",
    stream=True,
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.just(1.5) | st.text("ab_", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "text", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def places(node, path=()):
    """Where something could be put instead."""
    yield path
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, each in inside:
        yield from places(each, (*path, name))


def put_at(node, path, value):
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = value


@pytest.mark.parametrize("dialect", TALKS)
@given(seed=st.integers(0, 10**9), value=ANYTHING)
def test_a_body_with_anything_in_it_is_answered_or_refused(dialect, seed, value):
    talk, body = TALKS[dialect], deepcopy(SPEAKERS[dialect].body(FULL))
    put_at(body, random.Random(seed).choice([path for path in places(body) if path]), value)
    with contextlib.suppress(ApiError):
        ask = talk.read({**body, "model": "small", "stream": True})
        found = prefixes(ask, words)
        choices = choose(ask, MODELS["small"], words, seeded(0, ask.identity))
        answer = Answer(1, 0, ask, MODELS["small"], choices, PromptCache(0).use(found, marks=ask.marks))
        assert talk.unary(answer)
        assert list(talk.events(answer))
