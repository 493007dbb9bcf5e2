"""What SDKs call beside conversations: counts of tokens, embeddings, the list of models."""

import contextlib

import pytest

from tests.clients.rows import EMBEDDING, but, tries
from tests.clients.sdks import SDKS, Question
from tests.clients.upstreams import UPSTREAMS, named
from tiercel.simulator.embeddings import vector

# Who counts the tokens of messages and contents.
COUNTING = {"messages": ("anthropic", "vertex claude"), "gemini": ("gemini", "vertex gemini")}
TEXTS = ["the opening hours", "the refund policy"]
# Where the provider cannot be asked, the gateway counts what is said, but not what stands around three messages.
FRAME = 15


@tries("count")
def test_tokens_are_counted(sdks, simulator, client, upstream):
    sdk, question = sdks[client], Question(named(upstream), before=(("user", "Hello"), ("assistant", "Good day")))
    counted, is_estimated = sdk.count(question), "x-tiercel-estimated" in sdk.head
    sdk.ask(question)

    n_tokens = simulator.journal[-1].prompt_tokens
    assert is_estimated == (upstream not in COUNTING[client])
    assert 0 <= n_tokens - counted <= (FRAME if is_estimated else 0)


@tries("completions")
def test_a_legacy_completion_is_answered(sdks, simulator, client, upstream):
    completions, asked = sdks[client].client.completions, {"model": named(upstream), "prompt": "Once", "max_tokens": 10}
    answer = completions.create(**asked)
    pieces = [chunk.choices[0] for chunk in completions.create(**asked, stream=True)]

    entry, usage = simulator.journal[-1], answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (entry.prompt_tokens, 10)
    assert "".join(piece.text for piece in pieces) == answer.choices[0].text
    assert pieces[-1].finish_reason == answer.choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("client", "prefix"),
    [("chat", "/openai"), ("responses", "/openai"), ("messages", "/anthropic"), ("gemini", "/genai")],
)
def test_each_dialect_has_a_prefix_of_its_own(clients_gateway, client, prefix):
    with contextlib.closing(SDKS[client](clients_gateway.url + prefix, clients_gateway.key)) as sdk:
        assert sdk.heard(sdk.ask(Question(named("openai")))).finish == "stop"
        assert named("openai") in sdk.models()


@tries("embeddings")
def test_texts_are_embedded(sdks, client, upstream):
    vectors = sdks[client].embed(named(upstream, UPSTREAMS[upstream].embedder), TEXTS)

    assert len(vectors) == len(TEXTS)
    for text, found in zip(TEXTS, vectors, strict=True):
        assert found == pytest.approx(list(vector(text, len(found))), abs=1e-6)


@pytest.mark.parametrize("upstream", but(*EMBEDDING))
@pytest.mark.parametrize("client", ["chat", "gemini"])
def test_a_provider_without_embeddings_is_not_asked_for_them(sdks, simulator, client, upstream):
    simulator.reset()

    with pytest.raises(sdks[client].errors[400], match="embed"):
        sdks[client].embed(named(upstream), TEXTS)
    assert simulator.journal == []


@tries("models")
def test_models_are_listed_and_found_one_by_one(sdks, client, upstream):
    name = named(upstream)

    assert name in sdks[client].models()
    assert sdks[client].model(name) == name


@pytest.mark.parametrize("client", SDKS)
def test_a_model_that_there_is_not_is_not_found(sdks, client):
    with pytest.raises(sdks[client].errors[404]):
        sdks[client].model("no-such-model")
