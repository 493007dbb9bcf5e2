"""Before an upstream that nobody here wrote: LLMock, which fails as real providers do and grades whoever calls it."""

import openai
import pytest
from llmock.pytest_plugin import LLMock
from llmock.testing import LLMockServer

from tests import gateways
from tests.gateways import KEYS

# Longer than the gateway's patience, and not much, since it is waited for when the server stops.
SLOW = 0.8
# Slow enough for each chunk to be a read of its own.
CHUNK_MILLISECONDS = 10
HELLO = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module")
def servers():
    with LLMockServer() as one, LLMockServer() as other:
        yield one, other


@pytest.fixture
def mock(servers):
    """The first server, which a test may break."""
    mocks = [LLMock(server).reset() for server in servers]
    return mocks[0]


@pytest.fixture(scope="module")
def mock_gateway(start_gateway, interface, servers):
    """`twice`: the same model at the same server twice, so that it sees a second attempt as what it is."""
    urls = [server.base_url("openai") for server in servers]
    hasty = 'timeouts = { head = "400ms", first_token = "400ms", between_tokens = "400ms", answer = "400ms" }'
    names = {"left": urls[0], "right": urls[0], "other": urls[1]}
    config = KEYS + "".join(gateways.provider(name, url, hasty) for name, url in names.items())
    config += '[tiers]\ntwice = ["left/gpt-4o", "right/gpt-4o"]\nelsewhere = ["left/gpt-4o", "other/gpt-4o"]\n'
    with start_gateway(config, interface) as gateway:
        yield gateway


@pytest.fixture
def chat(sdk, mock_gateway):
    def chat(**fields):
        body = {"model": "twice", "messages": HELLO, **fields}
        return sdk(mock_gateway, lambda client: client.chat.completions.create(**body))

    return chat


def text(chunks):
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def test_it_answers_at_once_and_in_a_stream(chat, mock):
    answer = chat()
    chunks = chat(stream=True, stream_options={"include_usage": True})

    assert answer.choices[0].finish_reason == "stop"
    assert text(chunks) == answer.choices[0].message.content
    assert chunks[-1].usage == answer.usage
    assert [request.model for request in mock.requests] == ["gpt-4o", "gpt-4o"]
    mock.assert_resilient(strict=True)


def test_it_calls_tools(chat, mock):
    call = chat(tools=[WEATHER]).choices[0].message.tool_calls[0]
    chunks = chat(tools=[WEATHER], stream=True)
    parts = [part for chunk in chunks for choice in chunk.choices for part in choice.delta.tool_calls or []]

    assert call.function.name == "get_weather"
    assert "".join(part.function.arguments or "" for part in parts) == call.function.arguments
    mock.assert_resilient(strict=True)


def test_it_embeds(sdk, mock_gateway, mock):
    answer = sdk(mock_gateway, lambda client: client.embeddings.create(model="left/text-embedding-3-small", input="a"))

    assert len(answer.data[0].embedding) > 100
    mock.assert_resilient(strict=True)


# What to script, whether it needs a stream, and how the attempt is reported that meets it.
FAULTS = {
    "slow answer": (lambda mock: mock.delay(SLOW), False, "timeout_answer"),
    "slow head": (lambda mock: mock.delay(SLOW), True, "timeout_head"),
    "slow first token": (lambda mock: mock.slow_first_token(SLOW), True, "timeout_first_token"),
    "connection dropped": (lambda mock: mock.disconnect(after_chunks=1), True, "truncated"),
    "stream ends early": (lambda mock: mock.truncate(after_chunks=1), True, "truncated"),
    "corrupted chunk": (lambda mock: mock.corrupt(after_chunks=1), True, "malformed"),
    "stream stalls": (lambda mock: mock.stall(after_chunks=1, seconds=SLOW), True, "timeout_first_token"),
}
STATUSES = {
    "401": (lambda mock: mock.fail(401), "credential"),
    "429": (lambda mock: mock.rate_limit(retry_after=5), "throttled"),
    "500": (lambda mock: mock.fail(500), "status_500"),
    "503": (lambda mock: mock.fail(503), "status_503"),
    "529": (lambda mock: mock.fail(529), "status_other"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_retried_and_the_verdict_is_clean(mock_gateway, mock, name):
    script, stream, word = FAULTS[name]
    script(mock.pace(CHUNK_MILLISECONDS))
    answer = mock_gateway.chat(model="twice", stream=stream)

    assert answer.status_code == 200
    end = "answering" if stream else "answered"
    assert answer.headers["x-tiercel-attempts"] == f"left/gpt-4o: {word}, right/gpt-4o: {end}"
    assert len(mock.requests) == 2
    # Not strictly: it may take the second attempt, which follows at once, for a call of its own.
    mock.assert_resilient()


@pytest.mark.parametrize("name", STATUSES)
def test_a_provider_that_refuses_or_wants_to_be_left_alone_is_and_another_answers(mock_gateway, mock, name):
    script, word = STATUSES[name]
    script(mock)
    answer = mock_gateway.chat(model="elsewhere")

    assert answer.headers["x-tiercel-attempts"] == f"left/gpt-4o: {word}, other/gpt-4o: answered"
    assert len(mock.requests) == 1
    mock.assert_resilient()


def test_a_prompt_that_is_too_long_is_not_retried(chat, mock):
    mock.context_overflow(times=None)

    with pytest.raises(openai.BadRequestError) as raised:
        chat()
    assert raised.value.code == "context_length_exceeded"
    assert len(mock.requests) == 1
    mock.assert_resilient(strict=True)


def test_an_outage_is_no_reason_for_a_storm(chat, mock):
    mock.outage(status=500)

    with pytest.raises(openai.InternalServerError):
        chat()
    assert len(mock.requests) == 2
    mock.assert_resilient(strict=True)


@pytest.mark.parametrize(
    "script",
    [
        lambda mock: mock.disconnect(after_chunks=4),
        lambda mock: mock.truncate(after_chunks=4),
        lambda mock: mock.corrupt(after_chunks=4),
        lambda mock: mock.stall(after_chunks=4, seconds=SLOW),
    ],
    ids=["disconnect", "truncate", "corrupt", "stall"],
)
def test_the_sdk_raises_where_a_stream_breaks_off(chat, mock, script):
    script(mock.pace(CHUNK_MILLISECONDS))

    with pytest.raises(openai.APIError):
        chat(stream=True)
    assert len(mock.requests) == 1


def test_quotas_are_told_to_the_client(mock_gateway, mock):
    mock.limits(rpm=100, tpm=100_000)
    answer = mock_gateway.chat(model="twice")

    assert answer.headers["x-ratelimit-limit-requests"] == "100"
    assert int(answer.headers["x-ratelimit-remaining-requests"]) < 100
