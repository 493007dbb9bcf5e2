"""A request that comes again with the same `Idempotency-Key` gets the answer that was given, from whichever worker."""

import json
import os
import re
import signal
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests import gateways
from tests.clients.sdks import Question
from tests.failover import sdks
from tests.gateways import KEY, KEYS, NARROW_KEY
from tests.security.raw import answers, request

# As many as are likely to reach every worker, and no more.
N_AGAIN = 6
SLOW = "delay=300ms"
SILENT = "delay=60s"
# What `Gateway.chat` sends.
QUESTION = json.dumps(
    {"model": "pair", "messages": [{"role": "user", "content": "Explain the refund policy"}]}
).encode()
NUMBERS = count()


@pytest.fixture(scope="module")
def start_keeper(start_gateway, interface, tmp_path_factory):
    """`with start_keeper(provider, workers, more) as gateway`: one before that provider alone."""

    def start(provider, workers=1, more=""):
        table = gateways.provider("first", provider.base_url)
        config = f'{KEYS}{table}{more}[tiers]\npair = ["first/small"]\n'
        return start_gateway(config, interface, workers, {"TMPDIR": str(tmp_path_factory.mktemp("temporary"))})

    return start


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def shared_keeper(start_keeper, shared_providers, request):
    with start_keeper(shared_providers[0], request.param) as gateway:
        yield gateway


@pytest.fixture
def keeper(shared_keeper, providers):
    assert providers
    return shared_keeper


@pytest.fixture
def provider(providers):
    return providers[0]


@pytest.fixture
def key():
    """One that no test has used."""
    return f"order-{next(NUMBERS)}"


def ask(gateway, key, **fields):
    return gateway.chat(headers={"idempotency-key": key}, **fields)


def told(answer):
    return answer.headers.get("x-tiercel-idempotent")


def hold(gateway, key):
    """A connection on which a request is in flight."""
    connection = socket.create_connection(("127.0.0.1", gateway.port))
    connection.sendall(request(body=QUESTION, key=KEY, headers=[f"idempotency-key: {key}"]))
    return connection


def answer_files(gateway):
    """Where the gateway keeps its answers: in the folder that its processes share."""
    variables = Path(f"/proc/{gateway.process.pid}/environ").read_bytes().split(b"\0")
    (temporary,) = (variable for variable in variables if variable.startswith(b"TMPDIR="))
    (state,) = Path(temporary.decode().partition("=")[2]).glob("tiercel-*")
    return state / "answers"


def holders(gateway):
    """The workers that have one open."""
    folder = answer_files(gateway)

    def open_files(pid):
        return [file.readlink() for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]

    return [pid for pid in gateway.worker_pids() if any(file.parent == folder for file in open_files(pid))]


def test_what_comes_at_once_is_asked_once(keeper, provider, key):
    provider.attach(SLOW)
    with ThreadPoolExecutor(N_AGAIN) as pool:
        got = list(pool.map(lambda _: ask(keeper, key), range(N_AGAIN)))

    assert len(provider.journal) == 1
    assert {(answer.status_code, answer.content) for answer in got} == {(200, got[0].content)}
    assert sorted(str(told(answer)) for answer in got) == ["None"] + ["replayed"] * (N_AGAIN - 1)
    assert len({answer.headers["x-request-id"] for answer in got}) == N_AGAIN


def test_what_comes_again_gets_the_same_answer_and_costs_nothing(keeper, provider, key, eventually):
    first = ask(keeper, key)
    again = [ask(keeper, key) for _ in range(N_AGAIN)]
    lines = eventually(
        lambda: [
            line
            for line in keeper.access_log()
            if line["request_id"] in {answer.headers["x-request-id"] for answer in again}
        ]
    )

    assert len(provider.journal) == 1
    assert {answer.content for answer in again} == {first.content}
    assert {answer.headers["x-tiercel-model"] for answer in again} == {first.headers["x-tiercel-model"]}
    assert {float(answer.headers["x-tiercel-cost-usd"]) for answer in again} == {0}
    for line in lines:
        assert (line["idempotent"], line["attempts"], line["cost_nano_dollars"]) == ("replayed", [], 0)
    eventually(lambda: 'tiercel_idempotent_requests_total{outcome="replayed"}' in keeper.get("/metrics").text)


def test_a_stream_comes_again_as_it_was(keeper, provider, key):
    first = ask(keeper, key, stream=True)
    again = [ask(keeper, key, stream=True) for _ in range(N_AGAIN)]

    assert len(provider.journal) == 1
    assert first.content.rstrip().endswith(b"data: [DONE]")
    assert {answer.content for answer in again} == {first.content}
    assert {answer.headers["content-type"] for answer in again} == {first.headers["content-type"]}


@pytest.mark.parametrize("client", ["chat", "responses", "messages", "gemini"])
def test_a_key_is_for_one_request(keeper, provider, key, client):
    headers = {"idempotency-key": key}
    extra = {"http_options": {"headers": headers}} if client == "gemini" else {"extra_headers": headers}
    with sdks(keeper) as all_sdks:
        sdk = all_sdks[client]
        sdk.ask(Question("pair", extra=extra))
        sdk.ask(Question("pair", extra=extra))
        assert sdk.head["x-tiercel-idempotent"] == "replayed"
        with pytest.raises(sdk.errors[422]) as raised:
            sdk.ask(Question("pair", text="Something else", extra=extra))

    assert "idempotency key came before with another request" in str(raised.value)
    assert sdk.n_answers == 3
    assert len(provider.journal) == 1


def test_a_key_is_one_client_s_own(keeper, provider, key):
    got = [keeper.chat(key=client, headers={"idempotency-key": key}) for client in (KEY, NARROW_KEY, KEY, NARROW_KEY)]

    assert [told(answer) for answer in got] == [None, None, "replayed", "replayed"]
    assert len(provider.journal) == 2


@pytest.mark.parametrize("fault", ["status=400", "status=500", "reset=3"])
def test_a_failure_is_not_kept(keeper, provider, key, fault):
    provider.attach(fault)
    assert told(ask(keeper, key, stream=True)) is None
    keeper.forget()
    provider.reset()
    answer = ask(keeper, key, stream=True)

    assert (answer.status_code, told(answer), len(provider.journal)) == (200, None, 1)


def test_a_client_that_leaves_gives_up_its_key(keeper, provider, key, eventually):
    provider.attach(SILENT)
    with hold(keeper, key):
        eventually(lambda: provider.journal)
    eventually(lambda: provider.journal[0].disconnected_at)
    provider.reset()

    answer = ask(keeper, key)
    assert (answer.status_code, told(answer), len(provider.journal)) == (200, None, 1)


def test_what_is_kept_is_named_by_nothing_that_was_sent_and_is_its_owner_s_alone(keeper, key):
    ask(keeper, key)
    folder = answer_files(keeper)
    files = list(folder.iterdir())

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert all(re.fullmatch("[0-9a-f]{64}", file.name) for file in files)
    kept = b"".join(file.read_bytes() for file in files)
    assert not [word for word in (key, KEY) if word.encode() in kept]


def test_what_was_tampered_with_is_no_answer(keeper, provider, key):
    before = set(answer_files(keeper).iterdir()) if answer_files(keeper).exists() else set()
    ask(keeper, key)
    (file,) = set(answer_files(keeper).iterdir()) - before
    kept = file.read_bytes()
    file.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))

    answer = ask(keeper, key)
    assert (answer.status_code, told(answer), len(provider.journal)) == (200, None, 2)
    assert told(ask(keeper, key)) == "replayed"


def test_a_worker_that_is_killed_holds_no_key(start_keeper, providers, provider, key, eventually):
    assert providers
    provider.attach(SILENT)
    with start_keeper(provider, workers=2) as gateway, hold(gateway, key):
        eventually(lambda: provider.journal)
        (pid,) = holders(gateway)
        os.kill(pid, signal.SIGKILL)
        provider.reset()

        def answered():
            # What waits to be accepted by the dead worker is reset.
            try:
                return ask(gateway, key)
            except httpx.TransportError:
                return None

        answer = eventually(answered)
        assert (answer.status_code, told(answer), len(provider.journal)) == (200, None, 1)


def test_who_waits_too_long_is_told_to_come_again(start_keeper, providers, provider, key, eventually):
    assert providers
    provider.attach(SILENT)
    with start_keeper(provider, more='[timeouts]\ntotal = "10s"\n') as gateway, hold(gateway, key):
        eventually(lambda: provider.journal)
        (answer,) = answers(
            gateway.exchange(
                request(body=QUESTION, key=KEY, headers=[f"idempotency-key: {key}", "x-stainless-timeout: 0.1"])
            )
        )

        assert (answer.status, answer.code) == (409, "idempotency_key_in_use")
        assert answer.header("retry-after") == "1"
        assert len(provider.journal) == 1


def test_a_key_that_is_none_is_refused_by_name(keeper, provider):
    for key in ("a b", "", "x" * 256):
        answer = ask(keeper, key)

        assert answer.status_code == 400
        assert "idempotency-key" in answer.json()["error"]["message"]
    assert provider.journal == []


def test_what_is_kept_outlives_a_reload(start_keeper, providers, provider, key):
    assert providers
    with start_keeper(provider) as gateway:
        ask(gateway, key)
        assert gateway.request("POST", "/tiercel/reload").status_code == 200

        assert told(ask(gateway, key)) == "replayed"
