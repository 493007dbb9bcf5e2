"""A question that was answered before in other words is answered from the cache, once it is known how well."""

import hashlib
import json
import re
from itertools import count, islice, product

import pytest

from tests import gateways
from tests.command_line import tiercel
from tests.gateways import KEY, KEYS, NARROW_KEY
from tests.providers import unary

CACHE = '[cache]\nscope = "tenant"\nmax_error = 0.5\ncheck_rate = 0.001\n'
TENANTS = KEYS.replace('name = "tests"', 'name = "tests"\ntenant = "shop"').replace(
    'name = "narrow"', 'name = "narrow"\ntenant = "bank"'
)
WORD = re.compile(r"[a-z]+")
NUMBERS = count()
# Courtesies, which ask for nothing: each of the ways to put them is other words to the letter.
BEFORE = ("", "please ", "hi, ", "hello, ", "hi there, ", "could you please tell me ", "please tell me ", "hey, ")
BEHIND = ("", "?", " please", ", please?", " thanks", ", thanks!", "??", "!")
SPACES = (" ", "  ", "   ", "    ", "     ", "      ", "       ", "        ", "         ", "          ")


@pytest.fixture(scope="module")
def script(start_script):
    """A model that says the same to the same words, whatever courtesies are around them, and else something new."""

    async def answer(request, writer):
        question = json.loads(request.body)["messages"][-1]["content"].lower()
        words = [word for word in WORD.findall(question) if word in ("refund", "weather", "opening", "secret")]
        digest = hashlib.sha256(" ".join(words).encode()).hexdigest()
        text = " ".join(WORD.findall(digest)) if words else f"I have counted to {next(NUMBERS)}"
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "logprobs": None,
            "finish_reason": "stop",
        }
        usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
        body = {"id": "a", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        writer.write(unary(json.dumps(body).encode()))

    script = start_script()
    script.reset(answer)
    return script


@pytest.fixture
def start(start_gateway, script):
    """`with start(settings, workers) as gateway`: one that finds answers by what was asked."""

    def start(settings, interface="asgi", workers=1):
        table = gateways.provider("first", script.base_url)
        return start_gateway(
            f'{TENANTS}{table}{CACHE}{settings}\n[tiers]\npair = ["first/small"]\n', interface, workers
        )

    return start


def ask(gateway, question, key=KEY, **headers):
    answer = gateway.chat(key=key, messages=[{"role": "user", "content": question}], headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-tiercel-cache"]


def ways(question):
    """Ways to ask the same."""
    before_and_behind = product(SPACES, BEFORE, BEHIND)
    return (f"{before}{question.replace(' ', space)}{behind}" for space, before, behind in before_and_behind)


def learn(gateway, question, key=KEY, *, n_workers=1):
    """Ask in ever other words until all workers answer them from the cache."""
    n_in_a_row = 0
    for n_asked, words in enumerate(ways(question)):
        n_in_a_row = n_in_a_row + 1 if ask(gateway, words, key).startswith("semantic") else 0
        if n_in_a_row == 1 + 15 * (n_workers - 1):
            return n_asked
    raise AssertionError("nothing is ever given to other words")


def test_other_words_are_answered(start, interface, tmp_path):
    with start('mode = "semantic"', interface) as gateway:
        assert learn(gateway, "what is your refund policy") > 100
        told = ask(gateway, "Good morning! What's your refund policy?")
        assert re.fullmatch(r"semantic;sim=1\.00;p=\d\.\d\d;age=\d+;id=[0-9a-f]{16}", told)

        question = [{"role": "user", "content": "hello! please tell me what is your refund policy"}]
        streamed = gateway.chat(messages=question, stream=True)
        assert streamed.headers["x-tiercel-cache"].startswith("semantic")
        assert streamed.text.endswith("data: [DONE]\n\n")

        assert ask(gateway, "what is your refund policy in 2019") == "miss"
        assert ask(gateway, "what was your refund policy", **{"x-tiercel-cache": "exact"}) == "miss"
        assert gateway.chat(headers={"x-tiercel-min-similarity": "2"}).status_code == 400

        run = commands(gateway, tmp_path)
        shown = run("report", "--json")
        (known,) = [it for it in json.loads(shown.stdout)["classes"] if it["scope"] == "shop"]
        assert known["n_served"] >= 3
        assert known["n_wrong"] == 0
        assert 0 < known["bound"] <= known["max_error"] == 0.5
        assert "wrong at most" in run("report").stdout
        metrics = gateway.get("/metrics").text
        assert 'tiercel_cache_checks_total{outcome="right"}' in metrics
        assert 'tiercel_cache_error_bound{model="pair"} 0.' in metrics

        name = told.rpartition("id=")[2]
        assert run("wrong", name).returncode == 0
        assert run("wrong", name).returncode == 1


def test_what_is_called_wrong_is_learned_from(start, eventually, tmp_path):
    with start('mode = "semantic"') as gateway:
        learn(gateway, "what is your refund policy")
        name = ask(gateway, "good evening, what is your refund policy").rpartition("id=")[2]
        assert commands(gateway, tmp_path)("wrong", name).returncode == 0

        def n_wrong():
            return gateway.get("/tiercel/cache").json()["classes"][0]["n_wrong"]

        eventually(lambda: n_wrong() == 1)


def test_another_tenant_is_told_nothing(start, script):
    with start('mode = "semantic"') as gateway:
        learn(gateway, "what is the secret")
        script.requests.clear()
        for words in islice(ways("what is the secret"), 20):
            assert ask(gateway, words, NARROW_KEY) in {"miss", "shadow"}
        assert len(script.requests) == 20


def test_in_the_shadow_nothing_is_given_and_a_promise_is_found(start, tmp_path, eventually, interface):
    with start('mode = "shadow"', interface) as gateway:
        n_asked = 450
        told = [ask(gateway, words).partition(";")[0] for words in islice(ways("is it bad weather"), n_asked)]
        assert set(told) == {"miss", "shadow"}

        def checks():
            lines = [line for line in gateway.access_log() if "is_cache_wrong" in line]
            return lines if len(lines) > 100 else None

        log = tmp_path / "access.log"
        log.write_text("\n".join(map(json.dumps, eventually(checks))), "utf-8")
        found = tiercel("cache", "calibrate", str(log), "--max-error", "0.5", folder=tmp_path)
        assert found.returncode == 0, found.stderr
        assert "0 of them wrong" in found.stdout
        strict = tiercel("cache", "calibrate", str(log), "--max-error", "0.001", "--json", folder=tmp_path)
        assert (strict.returncode, json.loads(strict.stdout)["promises"][0]["threshold"]) == (1, None)


def test_answers_that_differ_are_not_given(start):
    with start('mode = "semantic"') as gateway:
        told = {ask(gateway, words).partition(";")[0] for words in islice(ways("what do you count to"), 450)}
        (known,) = gateway.get("/tiercel/cache").json()["classes"]

        assert told == {"miss"}
        # Soon they are so improbable that they are hardly compared any more.
        assert known["n_wrong"] == known["n_checks"] >= 1
        assert known["threshold"] is None


def test_workers_know_what_others_were_asked(start, tmp_path, eventually):
    with start(f'mode = "semantic"\npath = "{tmp_path / "kept"}"', workers=2) as gateway:
        learn(gateway, "what are your opening hours", n_workers=2)
        assert ask(gateway, "is it bad weather now") == "miss"
        words = ways("is it bad weather now")
        next(words)

        def n_in_a_row():
            return all(ask(gateway, next(words)).startswith("semantic") for _ in range(12))

        eventually(n_in_a_row)


def test_pairs_of_ones_own_are_calibrated_on(tmp_path):
    pairs = tmp_path / "pairs.jsonl"
    same = [{"question": f"{BEFORE[number % 8]}where is order {number}", "other": f"Where is order {number}?"}
            for number in range(400)]  # fmt: skip
    vetoed = {"question": "where is order 5", "other": "where is order 6", "is_same": False}
    lines = [json.dumps({**pair, "is_same": True}) for pair in same] + [json.dumps(vetoed), "{", "[]"]
    pairs.write_text("\n".join(lines), "utf-8")
    found = tiercel("cache", "calibrate", str(pairs), "--max-error", "0.05", folder=tmp_path)

    assert found.returncode == 0, found.stderr
    assert "400 checks, 0 of them wrong. 1 pairs were vetoed. 2 lines are neither" in found.stdout
    assert f"{pairs}:402" in found.stdout
    assert tiercel("cache", "calibrate", str(tmp_path / "none"), folder=tmp_path).returncode == 2
    (tmp_path / "empty").write_text("")
    assert tiercel("cache", "calibrate", str(tmp_path / "empty"), folder=tmp_path).returncode == 2


def commands(gateway, folder):
    def run(*arguments):
        environment = {"TIERCEL_KEY": gateway.key}
        return tiercel("cache", *arguments, "--url", gateway.url, folder=folder, environment=environment)

    return run
