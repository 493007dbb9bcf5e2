"""One table of questions, put in every dialect."""

from dataclasses import replace

import orjson
import pytest

from tests.simulator.asking import PARAMETERS, answers, exchange, post, put, simulate, words
from tests.simulator.speakers import SPEAKERS, Question
from tiercel.simulator import MODELS

EVERY = pytest.mark.parametrize("dialect", SPEAKERS)
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
TOOLS = {"get_weather": PARAMETERS, "get_time": PARAMETERS}
CALLING = Question(text="Get weather and get time", tools=TOOLS)
# Where reasoning is counted but not shown, unless the model does so.
HIDING = ("openai", "azure")


@BOTH
@EVERY
def test_a_question_has_the_same_answer_in_every_dialect(dialect, stream):
    asked = Question(system="Be brief.", stream=stream)
    (answer,) = answers(dialect, asked)
    (expected,) = answers("openai", replace(asked, stream=False))

    assert answer == expected
    assert answer.usage == (6 + 2 * (3 + 1) + 3, 0, 0, words(answer.text))


@BOTH
@EVERY
def test_tools_are_called_in_parallel_and_their_results_answered(dialect, stream):
    (called,) = answers(dialect, replace(CALLING, stream=stream))
    results = [(id_, f"result of {name}") for id_, name, _ in called.calls]
    (answer,) = answers(dialect, replace(CALLING, stream=stream, called=called.calls, results=results))

    assert called.finish == "tool_calls"
    assert not called.text
    assert [name for _, name, _ in called.calls] == list(TOOLS)
    assert len({id_ for id_, _, _ in called.calls}) == 2
    assert all(isinstance(given["city"], str) and 1 <= given["days"] <= 7 for _, _, given in called.calls)
    assert answer.text == "According to the tool, the result is: result of get_weather, result of get_time"
    assert answer.finish == "stop"


@BOTH
@EVERY
def test_limits_and_stops_end_an_answer(dialect, stream):
    cut, stopped = answers(dialect, Question(max_tokens=3, stream=stream), Question(stop=[" "], stream=stream))

    assert (cut.finish, cut.usage[-1], words(cut.text)) == ("length", 3, 3)
    # Responses have no stop sequences.
    assert (stopped.finish, words(stopped.text) == 1) == ("stop", dialect != "responses")


@BOTH
@EVERY
def test_reasoning_comes_first_and_is_counted(dialect, stream):
    asked = Question(reasoning=True, stream=stream)
    answer, shown = answers(dialect, asked, replace(asked, model="thinker", reasoning=False))

    assert answer.text
    assert bool(answer.reasoning) == (dialect not in HIDING)
    assert answer.usage[-1] > words(answer.text)
    assert bool(answer.proof) == SPEAKERS[dialect].proves
    if dialect in HIDING:
        assert shown.usage[-1] == words(shown.reasoning) + words(shown.text)
        assert shown.reasoning
    else:
        assert answer.usage[-1] == words(answer.reasoning) + words(answer.text)


@BOTH
@EVERY
def test_json_is_answered_when_asked_for(dialect, stream):
    (answer,) = answers(dialect, Question(schema=PARAMETERS, stream=stream))

    assert orjson.loads(answer.text).keys() == {"city", "days"}


@EVERY
def test_an_image_is_counted_but_not_read(dialect):
    without, seen = answers(dialect, Question(), Question(image="AAAA"))

    assert seen.usage[0] == without.usage[0] + 85
    assert "refund policy" in seen.text


@EVERY
def test_every_model_answers(dialect):
    assert all(answer.text for answer in answers(dialect, *(Question(model) for model in MODELS)))


@EVERY
def test_results_that_no_call_is_known_of_are_refused(dialect):
    async def check(simulator, _):
        asked = replace(CALLING, called=[("one", "get_time", {})], results=[("other", "late")])
        return await put(simulator, dialect, asked)

    answer = simulate(check)
    assert answer.status == 400
    assert b"must follow the call" in answer.body


@pytest.mark.parametrize(
    "path", ["/chat/completions", "/v4/chat/completions", "/openai/v1/chat/completions", "/a/b/c/chat/completions"]
)
def test_paths_of_openais_dialect_may_begin_with_anything(path):
    async def check(simulator, _):
        body = SPEAKERS["openai"].body(Question())
        return await exchange(simulator, post(body, path))

    received, _ = simulate(check)
    assert received.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("path", "header", "expected"),
    [
        ("/v1/models", "x: y", "data"),
        ("/v1/models", "anthropic-version: 2023-06-01", "last_id"),
        ("/v1/models", "x-goog-api-key: any", "models"),
        ("/v1beta/models", "x: y", "models"),
        ("/v1/models/small", "anthropic-version: 2023-06-01", "display_name"),
        ("/v1beta/models/small", "x: y", "displayName"),
        ("/v1beta/models/huge", "x: y", "error"),
        ("/v1/models/huge", "anthropic-version: 2023-06-01", "error"),
    ],
)
def test_models_are_listed_as_each_dialect_does(path, header, expected):
    async def check(simulator, _):
        request = f"GET {path} HTTP/1.1\r\n{header}\r\nconnection: close\r\n\r\n".encode()
        received, _ = await exchange(simulator, request)
        return orjson.loads(received.partition(b"\r\n\r\n")[2])

    assert expected in simulate(check)


@EVERY
def test_the_journal_tells_what_the_answer_says(dialect):
    async def check(simulator, _):
        await put(simulator, dialect, Question(reasoning=True, model="thinker"))
        return simulator.journal.entries[-1]

    entry = simulate(check)
    (answer,) = answers(dialect, Question(reasoning=True, model="thinker"))
    assert entry.dialect == dialect.split()[0]
    assert entry.model == "thinker"
    assert (entry.prompt_tokens, entry.cache_read_tokens, entry.cache_write_tokens, entry.completion_tokens) == (
        answer.usage
    )
    assert entry.reasoning_tokens == words(answer.reasoning)
