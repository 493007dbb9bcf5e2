"""Before a second upstream that nobody here wrote, in JavaScript: CopilotKit's aimock, which plays most providers."""

import contextlib
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests import gateways
from tests.clients import javascript
from tests.gateways import HTTP, KEYS
from tests.official import SDKS, Heard

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

HELLO = Heard("Hello, I am the model that has something to say.", [], "stop", (11, 13))
BONJOUR = Heard("Bonjour, je suis le modèle. 👋", [], "stop", (20, 9))
CALLS = [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]


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
        yield {name: stack.enter_context(contextlib.closing(sdk(aimock_gateway))) for name, sdk in SDKS.items()}


@pytest.fixture
def n_requests(aimock):
    """How many requests there have been since the test began."""
    httpx.post(f"{aimock}/__aimock/reset/journal", **HTTP).raise_for_status()
    return lambda: len(httpx.get(f"{aimock}/__aimock/journal", **HTTP).json())


EVERY_CLIENT = pytest.mark.parametrize("client", SDKS)
EVERY_PROVIDER = pytest.mark.parametrize("name", PROVIDERS)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])


@STREAM
@EVERY_PROVIDER
@EVERY_CLIENT
def test_text_and_usage_are_heard(sdks, client, name, stream):
    assert sdks[client].ask(f"{name}/{name}", stream=stream) == HELLO


@STREAM
@EVERY_PROVIDER
@EVERY_CLIENT
def test_the_model_is_told_how_to_answer(sdks, client, name, stream):
    assert sdks[client].ask(f"{name}/{name}", system="Answer in French", stream=stream) == BONJOUR


@STREAM
@EVERY_PROVIDER
@EVERY_CLIENT
def test_two_tools_are_called(sdks, client, name, stream):
    heard = sdks[client].ask(f"{name}/{name}", tool=True, stream=stream)

    assert (heard.text, heard.calls, heard.finish) == ("", CALLS, "tool_calls")


@EVERY_PROVIDER
@EVERY_CLIENT
def test_what_tools_found_is_handed_back(sdks, client, name):
    heard = sdks[client].hand_back(f"{name}/{name}", "How warm is it?", "22 degrees")

    assert heard == Heard("Warm, I should say.", [], "stop", (30, 5))


@STREAM
@EVERY_PROVIDER
@EVERY_CLIENT
def test_an_answer_that_is_cut_short_says_so(sdks, client, name, stream):
    heard = sdks[client].ask(f"{name}/{name}", "Go on for ever", stream=stream)

    assert heard.text.endswith("its end.")
    assert heard.finish == "length"


@pytest.mark.parametrize("name", ["openai", "azure", "cohere"])
def test_text_is_embedded(sdks, name):
    answer = sdks["chat"].client.embeddings.create(model=f"{name}/{name}", input="two words")

    assert [item.embedding for item in answer.data] == [[0.25, -0.5, 0.125]]


@EVERY_PROVIDER
@EVERY_CLIENT
def test_what_the_provider_refuses_is_raised_in_its_own_words(sdks, n_requests, client, name):
    with pytest.raises(sdks[client].bad_request, match="That is not done"):
        sdks[client].ask(f"{name}/{name}", "Refuse")
    assert n_requests() == 1


@pytest.mark.parametrize(
    ("order", "word"),
    [
        ("Fail", "status_500"),
        ("Throttle", "throttled"),
        ("Malform", "malformed"),
        ("Disconnect", "truncated"),
    ],
)
@STREAM
@EVERY_PROVIDER
def test_what_goes_wrong_is_made_good_by_the_next(sdks, name, stream, order, word):
    heard = sdks["chat"].ask(f"after-{name}", order, stream=stream)

    assert heard.text == "Nothing is wrong here."
    assert sdks["chat"].head["x-tiercel-attempts"].startswith(f"{name}/broken: {word}, ")


@EVERY_PROVIDER
@EVERY_CLIENT
def test_a_stream_that_breaks_off_raises(sdks, client, name):
    with pytest.raises(sdks[client].error):
        sdks[client].ask(f"{name}/{name}", "Break off", stream=True)
