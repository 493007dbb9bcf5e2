"""The configuration is read again while requests run: new ones see the new, running ones end as they began."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys

import httpx
import pytest

from tests import gateways
from tests.gateways import HTTP, KEY, KEYS, NARROW_KEY
from tests.load import Load, run
from tests.providers import STREAM_END, STREAM_HEAD, piece

NARROW = KEYS[KEYS.rindex("[[keys]]") : KEYS.index("[log]")]
# The mistake is in its line 3.
BROKEN = '[providers.new]\nbase_url = "http://127.0.0.1:9/v1"\nbase_uri = "http://127.0.0.1:9/v1"\n'
WHERE = "tiercel.toml:3:1: unknown field `base_uri`; did you mean `base_url`?"
N_ASKED = 20
N_REQUESTS, RATE, N_RELOADS = 1_000, 250, 8


def configuration(name, provider, settings=""):
    """The tier `pair` is one model of `provider`, called `name`."""
    return f'{settings}{KEYS}{gateways.provider(name, provider.base_url)}[tiers]\npair = ["{name}/small"]\n'


def rewrite(gateway, text):
    (gateway.folder / "tiercel.toml").write_text(text)


def post(gateway, key=KEY):
    return gateway.request("POST", "/tiercel/reload", key=key)


def hang_up(gateway):
    """SIGHUP to the main process, and what it then says."""
    n_characters = len(gateway.output())
    gateway.process.send_signal(signal.SIGHUP)
    return gateways.eventually(lambda: [it for it in gateway.output()[n_characters:].splitlines() if "reloaded" in it])


def answered_by(gateway):
    """Who answers, on so many connections that every worker is asked."""
    return {gateway.chat().headers["x-tiercel-model"] for _ in range(N_ASKED)}


def event(text):
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]}
    return piece(b"data: " + json.dumps(chunk).encode() + b"\n\n")


class Tap:
    """Streams of one word, then nothing until the tap is opened, then the end."""

    def __init__(self, script):
        self._script = script
        self._is_open = asyncio.Event()
        script.reset(self._answer)

    def open(self):
        self._script.call_soon(self._is_open.set)

    async def _answer(self, _, writer):
        writer.write(STREAM_HEAD + event("One"))
        await self._is_open.wait()
        stop = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
        writer.write(event("two") + piece(stop) + piece(b"data: [DONE]\n\n") + STREAM_END)


@pytest.fixture(scope="module")
def script(start_script):
    return start_script()


@pytest.fixture
def tap(script):
    return Tap(script)


@pytest.fixture
def old_and_new(start_gateway, interface, script, providers):
    """A gateway of two workers before `script`, and what its file is to say next."""
    with start_gateway(configuration("old", script), interface, workers=2) as gateway:
        yield gateway, configuration("new", providers[0])


STREAM = {"model": "pair", "stream": True, "messages": [{"role": "user", "content": "Count"}]}


def test_a_running_stream_ends_as_it_began_and_new_requests_see_the_new(old_and_new, tap, script, eventually):
    gateway, new = old_and_new
    rewrite(gateway, new)
    with gateway.stream("/v1/chat/completions", STREAM) as running:
        received = running.iter_lines()
        first = next(received)
        told = post(gateway).json()
        models = answered_by(gateway)
        eventually(lambda: "tiercel_in_flight 1\n" in gateway.get("/metrics").text)
        tap.open()
        rest = list(received)

    changes = ["provider old removed", "provider new added", "tier pair changed"]
    assert told == {"status": "reloaded", "workers": 2, "changes": changes, "notes": []}
    assert models == {"new/small"}
    assert running.headers["x-tiercel-model"] == "old/small"
    assert "One" in first
    assert rest[-2:] == ["data: [DONE]", ""]
    # Nobody uses the connection again, so it does not wait to be used.
    eventually(lambda: script.n_open == 0)


def test_a_signal_reloads_too_and_says_what_has_changed(old_and_new):
    gateway, new = old_and_new
    rewrite(gateway, new)

    assert hang_up(gateway) == [
        "tiercel: reloaded: provider old removed, provider new added, tier pair changed (workers: 2)"
    ]
    assert answered_by(gateway) == {"new/small"}
    assert hang_up(gateway) == ["tiercel: reloaded: nothing has changed (workers: 2)"]


@pytest.mark.parametrize("text", [BROKEN, None], ids=["a mistake", "no file"])
def test_a_file_that_cannot_be_used_is_refused_by_its_place(old_and_new, text, eventually):
    gateway, new = old_and_new
    rewrite(gateway, new)
    post(gateway)
    if text is None:
        (gateway.folder / "tiercel.toml").unlink()
    else:
        rewrite(gateway, text)
    answer = post(gateway)
    [said] = hang_up(gateway)

    expected = WHERE if text else "tiercel.toml: No such file or directory (os error 2)"
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid_configuration")
    assert error["message"] == f"{gateway.folder}/{expected}"
    assert said == f"tiercel: not reloaded, what was served still is: {gateway.folder}/{expected}"
    assert answered_by(gateway) == {"new/small"}
    counted = 'tiercel_config_reloads_total{outcome="accepted"} 1\ntiercel_config_reloads_total{outcome="refused"} 2\n'
    eventually(lambda: counted in gateway.get("/metrics").text)


def test_keys_come_and_go_at_once(old_and_new):
    gateway, new = old_and_new

    def statuses(text):
        rewrite(gateway, text)
        assert post(gateway).status_code == 200
        return {gateway.get("/v1/models", key=NARROW_KEY).status_code for _ in range(N_ASKED)}

    assert statuses(new.replace(NARROW, "")) == {401}
    assert statuses(new) == {200}


def test_who_may_reload(old_and_new):
    gateway, new = old_and_new
    rewrite(gateway, new)
    forbidden = post(gateway, key=NARROW_KEY)

    assert (forbidden.status_code, forbidden.json()["error"]["code"]) == (403, "forbidden")
    assert "admin = true" in forbidden.json()["error"]["message"]
    assert post(gateway, key=None).status_code == 401
    assert gateway.get("/tiercel/reload").status_code == 405
    assert gateway.request("POST", "/openai/tiercel/reload").status_code == 404
    assert "reloaded" not in gateway.output()
    assert post(gateway).status_code == 200


def test_what_takes_a_restart_is_said_and_what_does_not_is_taken(old_and_new):
    gateway, new = old_and_new
    rewrite(gateway, '[server]\nhost = "127.0.0.2"\nport = 9\nmax_body = "1KB"\n' + new)

    # On a busy machine, a worker may be told of as one that has yet to follow.
    notes = [note for note in post(gateway).json()["notes"] if "follow" not in note]
    assert notes == ["server.host takes a restart", "server.port takes a restart"]
    gateways.eventually(lambda: {gateway.chat(padding="x" * 1_000).status_code for _ in range(N_ASKED)} == {413})


def test_reloads_under_load_lose_nothing(start_gateway, interface, providers):
    first, second = (configuration(f"p{index}", provider) for index, provider in enumerate(providers))

    async def main(gateway):
        load = Load(gateway.port, gateway.key)
        running = asyncio.create_task(
            load.run(N_REQUESTS, RATE, load.request(model="pair", user="simulate:delay=20ms"))
        )
        for index in range(N_RELOADS):
            await asyncio.sleep(N_REQUESTS / RATE / (N_RELOADS + 1))
            rewrite(gateway, (second, first)[index % 2])
            assert (await asyncio.to_thread(post, gateway)).status_code == 200
        await running
        load.close()
        return load.outcomes

    with start_gateway(first, interface, workers=2) as gateway:
        outcomes = run(main(gateway))
        models = {line["provider"] for line in gateway.access_log() if line["endpoint"] == "chat"}
        open_connections = gateways.eventually(lambda: "tiercel_in_flight 0\n" in gateway.get("/metrics").text)

    assert outcomes == {"answered": N_REQUESTS}
    assert models == {"p0", "p1"}
    assert open_connections


@pytest.mark.parametrize("has_reloaded", [False, True], ids=["as it was started with", "as it was reloaded"])
def test_a_worker_that_dies_comes_back_with_what_was_accepted(start_gateway, interface, providers, has_reloaded):
    old, new = (configuration(name, provider) for name, provider in zip(("old", "new"), providers, strict=True))
    with start_gateway(old, interface) as gateway:
        if has_reloaded:
            rewrite(gateway, new)
            post(gateway)
        rewrite(gateway, BROKEN)
        [worker] = gateway.worker_pids()
        os.kill(worker, signal.SIGKILL)
        gateways.eventually(lambda: gateway.worker_pids() not in ([], [worker]))
        answer = gateways.eventually(lambda: is_up(gateway) and gateway.chat())

        assert answer.headers["x-tiercel-model"] == ("new/small" if has_reloaded else "old/small")


def test_a_worker_that_starts_during_a_reload_follows_too(start_gateway, interface, providers, tmp_path):
    old, new = (configuration(name, provider) for name, provider in zip(("old", "new"), providers, strict=True))
    with start_gateway(old, interface, workers=2, environment={"TMPDIR": str(tmp_path)}) as gateway:
        killed, _ = gateway.worker_pids()
        rewrite(gateway, new)
        os.kill(killed, signal.SIGKILL)
        said = hang_up(gateway)
        gateways.eventually(lambda: killed not in gateway.worker_pids() and len(gateway.worker_pids()) == 2)
        # Each leaves a note of what it serves.
        notes = [tmp_path / f"{pid}.follows" for pid in gateway.worker_pids()]
        gateways.eventually(lambda: {note.name for note in notes} <= {it.name for it in tmp_path.glob("*/*.follows")})

        assert "tier pair changed" in said[0]
        assert answered_by(gateway) == {"new/small"}


def is_up(gateway):
    try:
        return gateway.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("is_broken", [False, True], ids=["with a good file", "with a broken one"])
def test_an_access_log_that_was_moved_away_is_opened_anew(old_and_new, is_broken, eventually):
    gateway, new = old_and_new
    gateway.get("/v1/models")
    eventually(gateway.access_log)
    (gateway.folder / "access.jsonl").rename(gateway.folder / "access.1")
    rewrite(gateway, BROKEN if is_broken else new)
    hang_up(gateway)

    def n_lines():
        gateway.get("/v1/models")
        return len(gateway.access_log())

    before = (gateway.folder / "access.1").read_text()
    # Each worker opens it at its next line.
    eventually(lambda: n_lines() > N_ASKED)
    assert "models" in before


def test_a_drain_after_a_reload_ends_what_ran_before_it_and_after(start_gateway, interface, script, tap):
    assert tap
    configurations = [configuration(name, script) for name in ("old", "new")]
    with start_gateway(configurations[0], interface) as gateway:
        with gateway.stream("/v1/chat/completions", STREAM) as before:
            lines = before.iter_lines()
            next(lines)
            rewrite(gateway, '[server]\ndrain_timeout = "1s"\n' + configurations[1])
            post(gateway)
            with gateway.stream("/v1/chat/completions", STREAM) as after:
                gateway.process.terminate()
                ends = [list(lines), list(after.iter_lines())]
        exit_code = gateway.process.wait(30)

    assert [before.headers["x-tiercel-model"], after.headers["x-tiercel-model"]] == ["old/small", "new/small"]
    assert all(any('"error"' in line for line in lines) for lines in ends)
    assert exit_code == 0


def serve_at_a_terminal(folder, terminal):
    """`tiercel serve` with `terminal` for its controlling one, as a shell would have it."""
    environment = {**os.environ, "TIERCEL_TESTS_KEY": KEY, "TIERCEL_TESTS_NARROW_KEY": NARROW_KEY}
    environment["TIERCEL_TESTS_PROVIDER_KEY"] = "sk-provider"
    # Its standard input becomes its terminal.
    command = [shutil.which("setsid") or "setsid", "--ctty"]
    # Under nohup, all that tests start would ignore a terminal that closes.
    command += ["env", "--default-signal=HUP"]
    command += [sys.executable, "-m", "tiercel", "serve", "--config", str(folder / "tiercel.toml"), "--port", "0"]
    with (folder / "output").open("wb") as output:
        return subprocess.Popen(command, stdin=terminal, stdout=output, stderr=output, env=environment)


def test_a_terminal_that_closes_stops_it_and_a_signal_before_does_not(tmp_path, providers):
    (tmp_path / "tiercel.toml").write_text(configuration("old", providers[0]))
    master, terminal = os.openpty()
    gateway = gateways.Gateway(serve_at_a_terminal(tmp_path, terminal), "asgi", tmp_path)
    try:
        os.close(terminal)
        gateways.eventually(gateway.announced_port, gateways.START_SECONDS)
        said = hang_up(gateway)
        os.close(master)
        exit_code = gateway.process.wait(gateways.START_SECONDS)
    finally:
        gateway.kill()

    assert said == ["tiercel: reloaded: nothing has changed (workers: 1)"]
    assert exit_code == 0
    assert "Traceback" not in gateway.output()


def test_a_worker_under_another_server_reloads_itself(tmp_path, providers):
    config, socket = tmp_path / "tiercel.toml", tmp_path / "socket"
    configurations = [configuration(name, provider) for name, provider in zip(("old", "new"), providers, strict=True)]
    config.write_text(configurations[0])
    environment = {**os.environ, "TIERCEL_CONFIG": str(config)}
    environment |= {
        "TIERCEL_TESTS_KEY": KEY,
        "TIERCEL_TESTS_NARROW_KEY": NARROW_KEY,
        "TIERCEL_TESTS_PROVIDER_KEY": "sk",
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--uds", socket, "tiercel.app:application"]
    output = tmp_path / "output"
    with output.open("wb") as file, subprocess.Popen(command, env=environment, stdout=file, stderr=file) as server:
        try:
            gateways.eventually(lambda: "Started worker" in output.read_text(), gateways.START_SECONDS)
            options = HTTP | {"transport": httpx.HTTPTransport(uds=str(socket)), "base_url": "http://gateway"}
            with httpx.Client(**options, headers={"authorization": f"Bearer {KEY}"}) as client:
                config.write_text(configurations[1])
                accepted = client.post("/tiercel/reload").json()
                config.write_text(BROKEN)
                refused = client.post("/tiercel/reload").json()
                models = [model["id"] for model in client.get("/v1/models").json()["data"]]
        finally:
            server.terminate()
    said = output.read_text()

    note = "only the worker that was asked has followed; others of the same server cannot be reached from there"
    assert (accepted["status"], accepted["workers"], accepted["notes"]) == ("reloaded", 1, [note])
    assert refused["error"]["message"] == f"{tmp_path}/{WHERE}"
    assert models == ["pair", "new/small"]
    assert (
        f"tiercel: reloaded: provider old removed, provider new added, tier pair changed; {note} (workers: 1)" in said
    )
    assert f"tiercel: not reloaded, what was served still is: {tmp_path}/{WHERE}" in said
