"""Before an upstream that nobody here wrote: LLMock, which fails as real providers do and grades whoever calls it."""

import contextlib

import openai
import pytest
from llmock.pytest_plugin import LLMock
from llmock.testing import LLMockServer

from tests import gateways
from tests.clients.sdks import SDKS, Heard, Question, Usage
from tests.gateways import KEYS

# Longer than the gateway's patience, and not much, since it is waited for when the server stops.
SLOW = 0.8
# Slow enough for each chunk to be a read of its own.
CHUNK_MILLISECONDS = 10
HELLO = "Hello, who are you?"
WEATHER = {
    "get_weather": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
WORDS = "one two three four five six seven eight nine ten"
# As LLMock counts: four characters a token.
SAID = Heard(WORDS, finish="stop", usage=Usage(len(HELLO) // 4, len(WORDS) // 4, 0, 0))

# By dialect: LLMock's name of the provider, a model, and how many events of a stream come before the first word.
UPSTREAMS = {
    "openai": ("openai", "gpt-4o", 1),
    "responses": ("openai", "gpt-4o", 4),
    "anthropic": ("anthropic", "claude-opus-4-6", 3),
    "gemini": ("gemini", "gemini-2.5-pro", 0),
    "cohere": ("cohere", "command-r", 2),
}
# Those that the catalogue knows to speak OpenAI's dialect, with what it knows of them.
COMPATIBLE = {
    "mistral": "mistral-large-latest",
    "groq": "llama-3.3-70b-versatile",
    "together": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "ai21": "jamba-large",
    "xai": "grok-4",
}
RELAYED = [("chat", "openai"), ("responses", "responses"), ("messages", "anthropic"), ("gemini", "gemini")]
TRANSLATED = [
    ("messages", "openai"),
    ("chat", "responses"),
    ("gemini", "anthropic"),
    ("responses", "gemini"),
    ("chat", "cohere"),
]
PAIRS = pytest.mark.parametrize(("client", "dialect"), RELAYED + TRANSLATED)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])


@pytest.fixture(scope="module")
def servers():
    with LLMockServer() as one, LLMockServer() as other:
        yield one, other


@pytest.fixture
def mock(servers):
    """The first server, which a test may break."""
    mocks = [LLMock(server).reset() for server in servers]
    for each in mocks:
        each.reply(WORDS, times=None)
    return mocks[0]


@pytest.fixture(scope="module")
def mock_gateway(start_gateway, servers):
    """`twice`: the same model at the same server twice, so that it sees a second attempt as what it is."""
    hasty = 'timeouts = { head = "400ms", first_token = "400ms", between_tokens = "400ms", answer = "400ms" }'
    config, tiers = KEYS, "[tiers]\n"
    for dialect, (name, model, _) in UPSTREAMS.items():
        urls = [server.base_url(name) for server in servers]
        for place, url in (("left", urls[0]), ("right", urls[0]), ("other", urls[1])):
            config += gateways.provider(f"{dialect}-{place}", url, f'dialect = "{dialect}"\n{hasty}')
        for tier, place in (("twice", "right"), ("elsewhere", "other")):
            tiers += f'{tier}-{dialect} = ["{dialect}-left/{model}", "{dialect}-{place}/{model}"]\n'
    for name in COMPATIBLE:
        config += gateways.provider(name, servers[0].base_url(name))
    with start_gateway(config + tiers, "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def sdks(mock_gateway):
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(contextlib.closing(sdk(mock_gateway.url, mock_gateway.key)))
            for name, sdk in SDKS.items()
        }


@pytest.fixture
def sdk(sdks, client):
    return sdks[client]


def hear(sdk, model, *, stream=False, **asked):
    """What an SDK hears of a question."""
    question = Question(model, text=HELLO, **asked)
    return sdk.heard((sdk.stream if stream else sdk.ask)(question))


def attempts(dialect, left, place, end):
    model = UPSTREAMS[dialect][1]
    return f"{dialect}-left/{model}: {left}, {dialect}-{place}/{model}: {end}"


@STREAM
@pytest.mark.parametrize("dialect", UPSTREAMS)
@pytest.mark.parametrize("client", SDKS)
def test_every_client_hears_what_the_model_says_and_what_it_counts(sdk, mock, dialect, stream):
    assert hear(sdk, f"twice-{dialect}", stream=stream) == SAID
    assert [request.model for request in mock.requests] == [UPSTREAMS[dialect][1]]
    mock.assert_resilient(strict=True)


@STREAM
@pytest.mark.parametrize("dialect", UPSTREAMS)
@pytest.mark.parametrize("client", SDKS)
def test_every_client_has_its_tools_called(sdk, mock, dialect, stream):
    mock.reset()
    heard = hear(sdk, f"twice-{dialect}", tools=WEATHER, stream=stream)

    assert (heard.text, heard.calls, heard.finish) == ("", [("get_weather", {"city": "mock-city"})], "tool_calls")
    mock.assert_resilient(strict=True)


@STREAM
@pytest.mark.parametrize("client", ["chat", "messages"])
@pytest.mark.parametrize("name", COMPATIBLE)
def test_providers_that_are_compatible_are_asked_as_the_catalogue_says(sdk, mock, name, stream):
    assert hear(sdk, f"{name}/{COMPATIBLE[name]}", stream=stream).text == WORDS
    assert [request.provider for request in mock.requests] == [name]
    mock.assert_resilient(strict=True)


def test_it_embeds(sdks, mock):
    answer = sdks["chat"].client.embeddings.create(model="openai-left/text-embedding-3-small", input="a")

    assert len(answer.data[0].embedding) == 1536
    mock.assert_resilient(strict=True)


@PAIRS
def test_a_prompt_that_is_too_long_is_not_retried(sdk, mock, dialect):
    mock.context_overflow(times=None)

    with pytest.raises(sdk.errors[400], match="maximum context length"):
        hear(sdk, f"twice-{dialect}")
    assert len(mock.requests) == 1
    mock.assert_resilient(strict=True)


def test_a_prompt_that_is_too_long_has_openais_code(sdks, mock):
    mock.context_overflow()

    with pytest.raises(openai.BadRequestError) as raised:
        hear(sdks["chat"], "twice-openai")
    assert raised.value.code == "context_length_exceeded"


def test_quotas_are_told_to_the_client(sdks, mock):
    mock.limits(rpm=100, tpm=100_000)
    hear(sdks["chat"], "twice-openai")

    head = sdks["chat"].head
    assert head["x-ratelimit-limit-requests"] == "100"
    assert int(head["x-ratelimit-remaining-requests"]) < 100
