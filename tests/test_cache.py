"""A question that was answered before is answered from the cache, as a whole and as a stream, to the official SDKs."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from tests import gateways
from tests.command_line import tiercel
from tests.gateways import KEYS

CACHE = '[cache]\nmode = "exact"\n'
QUESTION = "Explain the refund policy"
N_AT_ONCE = 8


@pytest.fixture(scope="module")
def shared_cached(start_gateway, interface, shared_providers):
    table = gateways.provider("first", shared_providers[0].base_url)
    with start_gateway(f'{KEYS}{table}{CACHE}[tiers]\npair = ["first/small"]\n', interface) as gateway:
        yield gateway


@pytest.fixture
def cached(shared_cached, providers):
    """A gateway whose cache is empty, before a provider whose journal is."""
    assert providers
    purge(shared_cached, {"all": True})
    return shared_cached


@pytest.fixture
def provider(providers):
    return providers[0]


def purge(gateway, selection):
    answer = gateway.request("POST", "/tiercel/cache/purge", selection)
    assert answer.status_code == 200, answer.text
    return answer.json()["n_purged"]


def told(answer):
    return answer.headers["x-tiercel-cache"].partition(";")[0]


class Chat:
    """What OpenAI's SDK hears of chat completions."""

    def __init__(self, gateway):
        self.client = openai.OpenAI(base_url=gateway.base_url, api_key=gateway.key)
        self.messages: Any = [{"role": "user", "content": QUESTION}]

    def whole(self):
        raw = self.client.chat.completions.with_raw_response.create(model="pair", messages=self.messages)
        return told(raw), raw.parse().choices[0].message.content

    def stream(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model="pair", messages=self.messages, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(raw.parse())
        assert chunks[-1].usage is not None
        return told(raw), "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


class Responses(Chat):
    """What it hears of responses."""

    def whole(self):
        raw = self.client.responses.with_raw_response.create(model="pair", input=QUESTION)
        return told(raw), raw.parse().output_text

    def stream(self):
        raw = self.client.responses.with_raw_response.create(model="pair", input=QUESTION, stream=True)
        events = list(raw.parse())
        assert events[-1].type == "response.completed"
        return told(raw), "".join(event.delta for event in events if event.type == "response.output_text.delta")


class Messages:
    """What Anthropic's SDK hears."""

    def __init__(self, gateway):
        self.client = anthropic.Anthropic(base_url=gateway.url, api_key=gateway.key)
        self.asked: Any = {"model": "pair", "max_tokens": 500, "messages": [{"role": "user", "content": QUESTION}]}

    def whole(self):
        raw = self.client.messages.with_raw_response.create(**self.asked)
        return told(raw), raw.parse().content[0].text

    def stream(self):
        raw = self.client.messages.with_raw_response.create(**self.asked, stream=True)
        events = list(raw.parse())
        assert events[-1].type == "message_stop"
        return told(raw), "".join(event.delta.text for event in events if event.type == "content_block_delta")


class Gemini:
    """What Google's SDK hears."""

    def __init__(self, gateway):
        options = genai.types.HttpOptions(base_url=gateway.url)
        self.client = genai.Client(api_key=gateway.key, http_options=options)

    def whole(self):
        answer = self.client.models.generate_content(model="pair", contents=QUESTION)
        return told(answer.sdk_http_response), answer.text

    def stream(self):
        chunks = list(self.client.models.generate_content_stream(model="pair", contents=QUESTION))
        return told(chunks[0].sdk_http_response), "".join(chunk.text or "" for chunk in chunks)


@pytest.mark.parametrize("sdk", [Chat, Responses, Messages, Gemini])
@pytest.mark.parametrize("first", ["whole", "stream"])
@pytest.mark.parametrize("second", ["whole", "stream"])
def test_what_was_answered_is_not_asked_again(cached, provider, sdk, first, second):
    client = sdk(cached)
    outcome, text = getattr(client, first)()
    assert outcome == "miss"

    assert getattr(client, second)() == ("exact", text)
    assert len(provider.journal) == 1


def test_what_comes_at_once_is_asked_once(cached, provider):
    provider.attach("delay=300ms")
    with ThreadPoolExecutor(N_AT_ONCE) as pool:
        got = list(pool.map(lambda _: cached.chat(), range(N_AT_ONCE)))

    assert len(provider.journal) == 1
    assert sorted(map(told, got)) == ["exact"] * (N_AT_ONCE - 1) + ["miss"]
    assert {answer.content for answer in got} == {got[0].content}


def test_a_client_may_want_less(cached, provider):
    cached.chat()
    outcomes = [told(cached.chat(headers={"x-tiercel-cache": word})) for word in ("no-cache", "no-store")]

    assert outcomes == ["miss", "bypass"]
    assert len(provider.journal) == 3
    refused = cached.chat(headers={"x-tiercel-cache": "always"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "malformed_head")


def test_a_new_answer_is_kept_where_one_was_wanted(cached, provider):
    assert told(cached.chat(headers={"x-tiercel-cache": "no-cache"})) == "miss"

    assert told(cached.chat()) == "exact"
    assert len(provider.journal) == 1


def test_another_clients_answer_is_nobodys(cached):
    cached.chat()

    assert told(cached.chat(key=cached.narrow_key)) == "miss"


def test_the_log_and_the_metrics_say_what_was_saved(cached, eventually):
    first, second = cached.chat(), cached.chat()

    def lines():
        ids = [answer.headers["x-request-id"] for answer in (first, second)]
        found = {line["request_id"]: line for line in cached.access_log()}
        return [found[it] for it in ids] if found.keys() >= set(ids) else None

    bought, given = eventually(lines)
    assert (bought["cache"], given["cache"]) == ("miss", "exact")
    assert (given["cost_nano_dollars"], given["usage"]["output"]) == (0, 0)
    assert given["reason"] == "cache:exact"
    metrics = cached.get("/metrics").text
    assert 'tiercel_cache_lookups_total{outcome="exact"}' in metrics
    assert 'tiercel_cache_answers_total{outcome="stored"}' in metrics


@pytest.mark.parametrize(
    ("selection", "n_left"),
    [
        ({"all": True}, 0),
        ({"tag": "faq"}, 1),
        ({"tag": "none"}, 2),
        ({"prompt": QUESTION}, 1),
        ({"model": "pair"}, 0),
        ({"older_than": 3600}, 2),
    ],
    ids=str,
)
def test_an_operator_has_answers_forgotten(cached, selection, n_left):
    cached.chat(headers={"x-tiercel-cache-tags": "faq, v2"})
    cached.chat(messages=[{"role": "user", "content": "Another question"}])

    assert purge(cached, selection) == 2 - n_left
    assert cached.get("/tiercel/cache").json()["n_entries"] == n_left


@pytest.mark.parametrize("selection", [{}, {"all": True, "tag": "faq"}, {"tags": "faq"}, [], {"all": False}], ids=str)
def test_what_says_not_which_forgets_none(cached, selection):
    cached.chat()

    refused = cached.request("POST", "/tiercel/cache/purge", selection)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "malformed_body")
    assert cached.get("/tiercel/cache").json()["n_entries"] == 1


def test_only_an_admin_manages_it(cached):
    for method, path in (("GET", "/tiercel/cache"), ("POST", "/tiercel/cache/purge")):
        assert cached.request(method, path, {"all": True}, key=cached.narrow_key).status_code == 403


def test_the_commands(cached, tmp_path):
    def run(*arguments):
        ended = tiercel(
            "cache", *arguments, "--url", cached.url, folder=tmp_path, environment={"TIERCEL_KEY": cached.key}
        )
        return ended.returncode, ended.stdout

    answer = cached.chat()
    assert "[DONE]" in cached.chat(stream=True, headers={"x-tiercel-cache": "no-cache"}).text
    again = cached.chat()
    name = again.headers["x-tiercel-cache"].rpartition("id=")[2]
    exit_code, shown = run("report")
    assert exit_code == 0
    assert "n_entries" in shown
    assert run("purge", "--older-than", "1h") == (0, "0 answers are forgotten.\n")
    assert run("wrong", name) == (0, "2 answers are forgotten.\n")
    assert run("wrong", name)[0] == 1
    assert told(answer) == told(cached.chat()) == "miss"
    assert run("purge", "--all")[0] == 0
    assert run("purge")[0] == 2
    assert run("purge", "--older-than", "soon")[0] == 2
