"""Whatever the official SDK and whatever the provider: what is asked arrives, and what is answered is heard.

The simulator gives the same answer to the same question in every dialect, counted alike. So what is heard through the
gateway is compared with what Anthropic's SDK hears with no gateway between: a word that is lost or altered on the way
makes for another answer.
"""

from dataclasses import replace

import pytest

from tests.clients.rows import CITY, tries
from tests.clients.sdks import Question, Trip, Usage
from tests.clients.upstreams import UPSTREAMS, named

DAYS = {"type": "object", "properties": {"days": {"type": "integer"}}, "required": ["days"]}
WEATHER = {"get_weather": CITY}
BOTH = {"get_weather": CITY, "get_time": DAYS}
LONG = " ".join(f"Rule {number}: a refund is due within {number} days of the purchase." for number in range(30))


@pytest.fixture
def talk(sdks, direct, simulator, client, upstream):
    return Talk(sdks[client], direct, simulator, upstream)


class Talk:
    """One question, put to the provider through the gateway and without."""

    def __init__(self, sdk, direct, simulator, upstream):
        self.sdk = sdk
        self.direct = direct
        self.simulator = simulator
        self.provider = upstream
        self.upstream = UPSTREAMS[upstream]

    def question(self, **asked):
        """A question to the provider's model, or to that which thinks."""
        model = self.upstream.thinker if asked.get("thinks") else ""
        return Question(named(self.provider, model), **asked)

    def expected(self, question):
        """What is heard of a question with no gateway between."""
        bare = replace(question, model=question.model.partition("/")[2])
        return self.direct.heard(self.direct.ask(bare))

    def check(self, question, answer):
        """An answer against what was expected, and its usage against what the provider counted."""
        heard, used = self.sdk.heard(answer), self.used()
        expected = self.expected(question)
        # Cohere has a plan before it calls tools, thinking or not.
        thought = expected.thought if question.thinks else heard.thought
        assert heard == replace(expected, usage=used, thought=thought)
        assert used.prompt == expected.usage.prompt
        return heard

    def used(self):
        """What the provider counted last."""
        entry = self.simulator.journal[-1]
        thought = entry.reasoning_tokens if self.upstream.counts_thoughts else 0
        return Usage(entry.prompt_tokens, entry.completion_tokens, entry.cache_read_tokens, thought)


@tries("text")
def test_text(talk):
    question = talk.question()

    assert talk.check(question, talk.sdk.ask(question)).finish == "stop"


@tries("stream")
def test_stream(talk):
    question = talk.question()

    assert talk.check(question, talk.sdk.stream(question)).finish == "stop"


@tries("conversation")
def test_conversation(talk):
    before = (("user", "Hello"), ("assistant", "Good day"), ("user", "Who are you?"), ("assistant", "A model"))
    question = talk.question(system="Be brief. é 👋", before=before)

    talk.check(question, talk.sdk.ask(question))


@tries("tools")
def test_tools(talk):
    question = talk.question(text="Get weather and get time", tools=BOTH)

    heard = talk.check(question, talk.sdk.ask(question))
    assert [name for name, _ in heard.calls] == ["get_weather", "get_time"]
    assert heard.finish == "tool_calls"


@tries("tools")
def test_tool_that_must_be_called(talk):
    question = talk.question(tools=WEATHER, forced="get_weather")

    assert [name for name, _ in talk.sdk.heard(talk.sdk.ask(question)).calls] == ["get_weather"]


@tries("tools")
def test_tools_streamed(talk):
    question = talk.question(text="Get weather and get time", tools=BOTH)

    heard = talk.check(question, talk.sdk.stream(question))
    assert [name for name, _ in heard.calls] == ["get_weather", "get_time"]
    assert heard.finish == "tool_calls"


@tries("tools")
def test_results(talk):
    question = talk.question(text="Get weather and get time", tools=BOTH)
    called = talk.sdk.stream(question)
    asked = replace(question, after=talk.sdk.after(called, "sun"))

    assert talk.sdk.heard(talk.sdk.ask(asked)).text == "According to the tool, the result is: sun, sun"


@tries("image")
def test_image(talk):
    question = talk.question(image=True)

    heard = talk.sdk.heard(talk.sdk.ask(question))
    assert heard.usage.prompt == talk.expected(question).usage.prompt


@tries("structured")
def test_structured(talk):
    assert isinstance(talk.sdk.parsed(talk.question()), Trip)


@tries("thinking")
def test_thinking(talk):
    question = talk.question(thinks=True)

    heard = talk.check(question, talk.sdk.ask(question))
    assert heard.thought
    assert talk.check(question, talk.sdk.stream(question)).thought == heard.thought


@tries("thinking")
def test_thoughts_handed_back(talk):
    question = talk.question(text="Get weather", tools=WEATHER, thinks=True)
    for ask in (talk.sdk.ask, talk.sdk.stream):
        called = ask(question)
        asked = replace(question, after=talk.sdk.after(called, "sun"))

        assert talk.sdk.heard(called).thought
        assert talk.sdk.heard(ask(asked)).text == "According to the tool, the result is: sun"


@tries("prompt cache")
def test_cache(talk):
    question = talk.question(system=f"{talk.provider} {type(talk.sdk).__name__} {LONG}", is_marked=True)

    talk.sdk.ask(question)
    heard = [talk.sdk.heard(ask(question)) for ask in (talk.sdk.ask, talk.sdk.stream)]
    used = talk.used()
    assert [each.usage for each in heard] == [used, used]
    assert used.cached > 0


@tries("stop")
def test_stop(talk):
    question = talk.question(stop=("zyx", " of"))

    heard = talk.check(question, talk.sdk.ask(question))
    assert " of" not in heard.text
    assert heard.text
    assert heard.finish == "stop"


@tries("limit")
def test_limit(talk):
    question = talk.question(max_tokens=7)

    heard = talk.check(question, talk.sdk.ask(question))
    assert (heard.finish, heard.usage.completion) == ("length", 7)
    assert talk.check(question, talk.sdk.stream(question)) == heard
