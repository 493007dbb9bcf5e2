"""Before a second upstream that nobody here wrote, in JavaScript: CopilotKit's aimock, which plays most providers."""

import contextlib
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from openai.types.responses import response, response_usage

from tests import gateways
from tests.clients import javascript
from tests.clients.sdks import SDKS as OFFICIAL
from tests.clients.sdks import Heard, Question, Usage
from tests.clients.sdks.responses import Responses
from tests.gateways import HTTP, KEYS

FIXTURES = Path(__file__).parent / "clients/aimock/fixtures.json"
PROGRAM = "node_modules/@copilotkit/aimock/dist/cli.js"
ON_VERTEX = 'authentication = "bearer"\nparameters = { project = "p", location = "l" }'

# Where aimock plays each provider, and what to say of it. It knows no `developer`. Signatures are judged elsewhere.
PROVIDERS = {
    "openai": ("/v1", "developer_role = false"),
    "responses": ("/v1", 'dialect = "responses"'),
    "openrouter": ("/api/v1", "developer_role = false"),
    "byteplus": ("/api/v3", ""),
    "azure": ("", 'developer_role = false\napi_version = "2024-10-21"'),
    "anthropic": ("", ""),
    "gemini": ("", ""),
    "vertex": ("", ON_VERTEX),
    "bedrock": ("", 'parameters = { region = "us-east-1" }'),
    "cohere": ("", ""),
}

HELLO = Heard("Hello, I am the model that has something to say.", finish="stop", usage=Usage(11, 13, 0, 0))
BONJOUR = Heard("Bonjour, je suis le modèle. 👋", finish="stop", usage=Usage(20, 9, 0, 0))
WARM = Heard("Warm, I should say.", finish="stop", usage=Usage(30, 5, 0, 0))
TOOLS = {"get_weather": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
CALLS = [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]


class Lenient(Responses):
    """What aimock says to a client for responses is passed on as it is, and it goes into no details."""

    def heard(self, answer):
        usage, known = answer.usage, response_usage
        usage.input_tokens_details = usage.input_tokens_details or known.InputTokensDetails.construct(cached_tokens=0)
        usage.output_tokens_details = usage.output_tokens_details or known.OutputTokensDetails(reasoning_tokens=0)
        if answer.status == "incomplete" and not answer.incomplete_details:
            answer.incomplete_details = response.IncompleteDetails(reason="max_output_tokens")
        return super().heard(answer)


SDKS = OFFICIAL | {"responses": Lenient}


@pytest.fixture(scope="module")
def aimock(tmp_path_factory):
    """Its address."""
    command = ["node", PROGRAM, "--port", "0", "--fixtures", str(FIXTURES)]
    output = tmp_path_factory.mktemp("aimock") / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=javascript(), stdout=file, stderr=file)
    try:
        listening = gateways.eventually(lambda: re.search(r"listening on (\S+)", output.read_text()))
        yield listening[1]
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def aimock_gateway(start_gateway, aimock):
    config, tiers = KEYS, "[tiers]\n"
    for name, (path, settings) in PROVIDERS.items():
        config += gateways.provider(name, aimock + path, settings)
        tiers += f'after-{name} = ["{name}/broken", "{name}/whole"]\n'
    with start_gateway(config + tiers, "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def sdks(aimock_gateway):
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(contextlib.closing(sdk(aimock_gateway.url, aimock_gateway.key)))
            for name, sdk in SDKS.items()
        }


@pytest.fixture
def sdk(sdks, client):
    return sdks[client]


@pytest.fixture
def n_requests(aimock):
    """How many requests there have been since the test began."""
    httpx.post(f"{aimock}/__aimock/reset/journal", **HTTP).raise_for_status()
    return lambda: len(httpx.get(f"{aimock}/__aimock/journal", **HTTP).json())


EVERY_CLIENT = pytest.mark.parametrize("client", SDKS)
EVERY_PROVIDER = pytest.mark.parametrize("name", PROVIDERS)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])


def hear(sdk, model, text="Hello", *, stream=False, **asked):
    """What an SDK hears of a question."""
    question = Question(model, text=text, **asked)
    return sdk.heard((sdk.stream if stream else sdk.ask)(question))


@STREAM
@EVERY_PROVIDER
@EVERY_CLIENT
def test_text_and_usage_are_heard(sdk, name, stream):
    assert hear(sdk, f"{name}/{name}", stream=stream) == HELLO


@STREAM
@EVERY_PROVIDER
@EVERY_CLIENT
def test_the_model_is_told_how_to_answer(sdk, name, stream):
    assert hear(sdk, f"{name}/{name}", system="Answer in French", stream=stream) == BONJOUR


@STREAM
@EVERY_PROVIDER
@EVERY_CLIENT
def test_two_tools_are_called(sdk, name, stream):
    heard = hear(sdk, f"{name}/{name}", tools=TOOLS, stream=stream)

    assert (heard.text, heard.calls, heard.finish) == ("", CALLS, "tool_calls")


@EVERY_PROVIDER
@EVERY_CLIENT
def test_what_tools_found_is_handed_back(sdk, name):
    asked = Question(f"{name}/{name}", text="How warm is it?", tools=TOOLS)
    answer = sdk.ask(asked)

    assert sdk.heard(sdk.ask(replace(asked, after=sdk.after(answer, "22 degrees")))) == WARM


@STREAM
@EVERY_PROVIDER
@EVERY_CLIENT
def test_an_answer_that_is_cut_short_says_so(sdk, name, stream):
    heard = hear(sdk, f"{name}/{name}", "Go on for ever", stream=stream)

    assert heard.text.endswith("its end.")
    assert heard.finish == "length"


@pytest.mark.parametrize("name", ["openai", "azure", "cohere"])
def test_text_is_embedded(sdks, name):
    answer = sdks["chat"].client.embeddings.create(model=f"{name}/{name}", input="two words")

    assert [item.embedding for item in answer.data] == [[0.25, -0.5, 0.125]]


@EVERY_PROVIDER
@EVERY_CLIENT
def test_what_the_provider_refuses_is_raised_in_its_own_words(sdk, n_requests, name):
    with pytest.raises(sdk.errors[400], match="That is not done"):
        hear(sdk, f"{name}/{name}", "Refuse")
    assert n_requests() == 1


@pytest.mark.parametrize(
    ("order", "word"),
    [("Fail", "status_500"), ("Throttle", "throttled"), ("Malform", "malformed"), ("Disconnect", "truncated")],
)
@STREAM
@EVERY_PROVIDER
def test_what_goes_wrong_is_made_good_by_the_next(sdks, name, stream, order, word):
    heard = hear(sdks["chat"], f"after-{name}", order, stream=stream)

    assert heard.text == "Nothing is wrong here."
    assert sdks["chat"].head["x-tiercel-attempts"].startswith(f"{name}/broken: {word}, ")


@EVERY_PROVIDER
@EVERY_CLIENT
def test_a_stream_that_breaks_off_raises(sdk, name):
    with pytest.raises(sdk.errors[None]):
        hear(sdk, f"{name}/{name}", "Break off", stream=True)
