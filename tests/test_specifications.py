"""What goes in and comes out is what the owners of the dialects describe: OpenAI, Anthropic, Cohere, Google and AWS.

What the translations write stands in the golden files of every pair, and is judged there. What is asked is made up by
schemathesis from OpenAI's description.
"""

import json
import re
from pathlib import Path

import httpx
import pytest

from tests import gateways
from tests.gateways import HTTP, KEYS
from tests.specifications import complaints, request_alone, unknown_fields

PAGES = sorted((Path(__file__).parent.parent / "rust/wire/tests/golden/pairs").glob("*.md"))
BLOCK = re.compile(
    r"^## (?P<case>[^\n]+)|^### (?P<kind>[^\n]+)|^POST (?P<path>\S+)|^```(?:json)?\n(?P<text>.*?)\n```$",
    re.MULTILINE | re.DOTALL,
)

# Whose description judges a request, by the path that it goes to.
REQUESTS = {
    "/chat/completions": ("openai", "CreateChatCompletionRequest"),
    "/embeddings": ("openai", "CreateEmbeddingRequest"),
    "/responses": ("openai", "CreateResponse"),
    "/v1/messages": ("anthropic", "CreateMessageParams"),
    "/v2/chat": ("cohere", "/v2/chat"),
    "/v2/embed": ("cohere", "/v2/embed"),
    ":generateContent": ("gemini", "GenerateContentRequest"),
    ":streamGenerateContent": ("gemini", "GenerateContentRequest"),
    ":batchEmbedContents": ("gemini", "BatchEmbedContentsRequest"),
    "/converse": ("bedrock", "Converse"),
    "/converse-stream": ("bedrock", "ConverseStream"),
}
STRICT = [REQUESTS[path] for path in ("/chat/completions", "/responses", "/v1/messages")]
# The same for what the client of a dialect is told: whole, in a stream, of texts that are embedded, and of an error.
ANSWERS = {
    ("openai", "Answer"): ("openai", "CreateChatCompletionResponse"),
    ("openai", "Stream"): ("openai", "CreateChatCompletionStreamResponse"),
    ("openai", "embeddings"): ("openai", "CreateEmbeddingResponse"),
    ("openai", "error"): ("openai", "ErrorResponse"),
    ("responses", "Answer"): ("openai", "Response"),
    ("responses", "Stream"): ("openai", "ResponseStreamEvent"),
    ("responses", "error"): ("openai", "ErrorResponse"),
    ("anthropic", "Answer"): ("anthropic", "Message"),
    ("anthropic", "Stream"): ("anthropic", "MessageStreamEvent"),
    ("anthropic", "error"): ("anthropic", "ErrorResponse"),
    ("gemini", "Answer"): ("gemini", "GenerateContentResponse"),
    ("gemini", "Stream"): ("gemini", "GenerateContentResponse"),
    ("gemini", "embeddings"): ("gemini", "BatchEmbedContentsResponse"),
    ("gemini", "error"): ("gemini", "Operation"),
}
# OpenAI's responses end after 16 tokens at the earliest, and who asks for less is told so.
SHORTEST = 16
# Each question is put to one provider of every dialect: where it is reached, and what is to be said of it.
N_QUESTIONS = 50
PROVIDERS = {
    "openai": ("/v1", ""),
    "responses": ("/v1", ""),
    "anthropic": ("", ""),
    "gemini": ("", ""),
    "bedrock": ("", 'parameters = { region = "us-east-1" }'),
    "cohere": ("", ""),
    "azure": ("", ""),
    "vertex": ("", 'authentication = "bearer"\nparameters = { project = "p", location = "l" }'),
}
# At the least so much stands on every page.
N_VALUES = 50


def blocks(page):
    """Case, heading and text of every block, and the path of a request."""
    case = kind = path = ""
    for found in BLOCK.finditer(page.read_text()):
        case = found["case"] or case
        kind = found["kind"] or kind
        path = found["path"] or path
        if found["text"]:
            yield case, kind, path, found["text"]


def judged(page):
    """What stands on a page, each with whose description judges it and by which schema."""
    client = page.stem.partition("-to-")[0]
    for case, kind, path, text in blocks(page):
        if kind.startswith("Request"):
            request = json.loads(text)
            if request.get("max_output_tokens", SHORTEST) >= SHORTEST:
                yield *next(judge for end, judge in REQUESTS.items() if path.partition("?")[0].endswith(end)), request
        elif kind == "Stream":
            events = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {"))
            for event in map(json.loads, events):
                yield *ANSWERS[client, "error" if "error" in event else kind], event
        else:
            told = case if case == "embeddings" else kind if kind == "Answer" else "error"
            yield *ANSWERS[client, told], json.loads(text)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_what_is_written_is_as_its_owner_describes_it(page):
    values = list(judged(page))
    found = [(schema, each) for owner, schema, value in values for each in complaints(owner, schema, value)]

    assert len(values) > N_VALUES
    assert not found


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem.endswith(("anthropic", "openai", "responses"))])
def test_no_field_is_sent_that_its_owner_does_not_know(page):
    requests = [(owner, schema, value) for owner, schema, value in judged(page) if (owner, schema) in STRICT]

    assert requests
    assert not [unknown for request in requests if (unknown := unknown_fields(*request))]


def test_the_judges_see_what_is_wrong():
    message = {"role": "user", "content": 1}
    rows = [
        ("openai", "CreateChatCompletionRequest", {"model": "m", "messages": [message]}),
        ("openai", "CreateResponse", {"model": "m", "input": 1}),
        ("anthropic", "CreateMessageParams", {"model": "m", "max_tokens": 1, "messages": [message]}),
        ("cohere", "/v2/chat", {"model": "m", "messages": [message]}),
        ("gemini", "GenerateContentRequest", {"contents": [], "unknown": 1}),
        ("bedrock", "Converse", {"messages": [message]}),
    ]

    assert all(complaints(*row) for row in rows)


@pytest.fixture(scope="module")
def described_gateway(start_gateway, start_provider):
    origin = start_provider().base_url.removesuffix("/v1")
    config = [
        gateways.provider(name, origin + path, f'dialect = "{name}"\n{settings}')
        for name, (path, settings) in PROVIDERS.items()
    ]
    with start_gateway(KEYS + "".join(config), "asgi") as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/chat/completions", "CreateChatCompletionResponse"),
        ("/responses", "Response"),
        ("/embeddings", "CreateEmbeddingResponse"),
    ],
)
def test_what_openai_describes_is_answered_or_refused_with_a_reason(described_gateway, path, answer):
    schemathesis = pytest.importorskip("schemathesis")
    hypothesis = pytest.importorskip("hypothesis")
    described = schemathesis.openapi.from_dict(request_alone("openai", path))[path]["POST"].as_strategy()
    headers = {"authorization": f"Bearer {described_gateway.key}", "x-tiercel-drop-unsupported": "true"}
    statuses: set[int] = set()

    @hypothesis.settings(
        max_examples=N_QUESTIONS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(described)
    def ask(case):
        tell(case.body)

    def tell(asked):
        for provider in PROVIDERS:
            body = asked | {"model": f"{provider}/medium"}
            given = client.post(described_gateway.base_url + path, json=body, headers=headers)
            statuses.add(given.status_code)
            assert given.status_code in {200, 400}, (provider, given.text)
            if given.status_code == 400:
                assert not complaints("openai", "ErrorResponse", given.json())
            elif given.headers["content-type"] == "application/json":
                assert not complaints("openai", answer, given.json())
            else:
                assert given.text.endswith("\n\n")

    with httpx.Client(**HTTP) as client:
        # What is drawn depends on all modules that are there, and may be refused throughout.
        tell({"input": "Hello", "messages": [{"role": "user", "content": "Hello"}]})
        ask()
    assert statuses == {200, 400}
