"""The simulator over TLS and as a process."""

import asyncio
import ssl
import subprocess
import sys

import pytest

from tests.simulator.asking import LOOPS, chat, post, simulate


@LOOPS
def test_it_serves_and_resets_over_tls(loop):
    trustme = pytest.importorskip("trustme")
    authority, server = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)

    async def check(simulator, _):
        endings = []
        for fault in ("no-done", "reset=2"):
            reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port, ssl=client)
            writer.write(post(chat(stream=True), **{"x-simulate-fault": fault}))
            try:
                endings.append((await reader.read())[:15])
            except ConnectionResetError:
                endings.append(b"reset")
            writer.close()
        return endings

    assert simulate(check, loop, tls=server) == [b"HTTP/1.1 200 OK", b"reset"]


def start(*options, **streams):
    command = [sys.executable, "-m", "tiercel.simulator", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **streams)


def test_a_process_says_where_it_listens_and_goes_with_its_parent():
    with start("--exit-with-parent", "--speed", "0", stdin=subprocess.PIPE) as process:
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        assert line.endswith("/v1\n")
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_process_ends_on_sigterm():
    with start("--fault", "small:status=503;times=1", stdin=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize("options", [["--fault", "bang"], ["--speed", "-1"], ["--host", "192.0.2.1"]])
def test_a_process_says_what_is_wrong_with_its_options(options):
    with start(*options, stderr=subprocess.PIPE) as process:
        assert "error:" in process.communicate(timeout=10)[1]
        assert process.returncode == 2
