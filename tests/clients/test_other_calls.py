"""What SDKs call beside conversations: counts of tokens, embeddings, the list of models."""

import pytest

from tests.clients.rows import feature
from tests.clients.sdks import SDKS, Question
from tests.clients.upstreams import UPSTREAMS
from tiercel.simulator.embeddings import vector

OPENAI = ("chat",)
EMBEDDING = tuple(name for name, upstream in UPSTREAMS.items() if upstream.embeds)
NOT_EMBEDDING = tuple(name for name in UPSTREAMS if name not in EMBEDDING)
COUNTING = {
    "messages": ("anthropic", "vertex claude"),
    "gemini": ("gemini", "vertex gemini"),
}
TEXTS = ["the opening hours", "the refund policy"]
# Where the provider cannot be asked, the gateway counts what is said, but not what a provider adds around it.
FRAME = 8


@feature("token count", clients=tuple(COUNTING))
def test_tokens_are_counted(sdks, simulator, client, upstream):
    question = Question(UPSTREAMS[upstream].name(upstream), before=(("user", "Hello"), ("assistant", "Good day")))
    counted = sdks[client].count(question)
    sdks[client].ask(question)

    n_tokens = simulator.journal[-1].prompt_tokens
    if upstream in COUNTING[client]:
        assert counted == n_tokens
    else:
        assert sdks[client].head.get("x-tiercel-estimated") is None
        assert abs(counted - n_tokens) <= FRAME


@feature("embeddings", clients=("chat", "gemini"), upstreams=EMBEDDING)
def test_texts_are_embedded(sdks, client, upstream):
    vectors = sdks[client].embed(UPSTREAMS[upstream].name(upstream), TEXTS)

    assert len(vectors) == len(TEXTS)
    for text, found in zip(TEXTS, vectors, strict=True):
        assert found == pytest.approx(list(vector(text, len(found))), abs=1e-6)


@pytest.mark.parametrize("upstream", NOT_EMBEDDING)
@pytest.mark.parametrize("client", ["chat", "gemini"])
def test_a_provider_without_embeddings_is_not_asked_for_them(sdks, simulator, client, upstream):
    simulator.reset()

    with pytest.raises(sdks[client].errors[400], match="embed"):
        sdks[client].embed(UPSTREAMS[upstream].name(upstream), TEXTS)
    assert simulator.journal == []


@feature("models")
def test_models_are_listed_and_found_one_by_one(sdks, client, upstream):
    name = UPSTREAMS[upstream].name(upstream)

    assert name in sdks[client].models()
    assert sdks[client].model(name) == name


@pytest.mark.parametrize("client", SDKS)
def test_a_model_that_there_is_not_is_not_found(sdks, client):
    with pytest.raises(sdks[client].errors[404]):
        sdks[client].model("no-such-model")
