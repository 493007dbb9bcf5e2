"""Two gateways behind nginx, as `examples/nginx.conf` has it, are restarted one after the other: nobody notices."""

import asyncio
import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests import gateways
from tests.gateways import KEY, KEYS
from tests.load import Load, is_whole, run, stream

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
CONFIG = Path(__file__).parent.parent / "examples" / "nginx.conf"
TIERS = """
[tiers]
quick = ["quick/small"]
slow = ["slow/small"]
"""
RATE = 100
N_STREAMS = 10

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@pytest.fixture
def pair(start_gateway, start_provider, interface):
    """Two gateways before a provider that is quick and one whose streams take two seconds."""
    with contextlib.ExitStack() as stack:
        yield Pair(stack, start_gateway, interface, start_provider(), start_provider(speed=0.25))


class Pair:
    """The gateways by their ports, each started anew where it is asked for."""

    def __init__(self, stack, start_gateway, interface, quick, slow):
        self._stack = stack
        self._start_gateway = start_gateway
        self._interface = interface
        self.providers = (quick, slow)
        self.gateways = {port: self._start(port) for port in free_ports(2)}

    def restart(self, port, is_missed):
        """SIGTERM, its end, another in its place once it `is_missed`; return when that has been asked for something."""
        self.gateways[port].process.terminate()
        assert self.gateways[port].process.wait(30) == 0
        gateways.eventually(is_missed)
        self.gateways[port] = gateway = self._start(port)
        gateways.eventually(gateway.access_log)

    def n_received(self):
        """How many requests the providers have got."""
        return sum(len(provider.journal) for provider in self.providers)

    def _start(self, port):
        quick, slow = (
            gateways.provider(name, provider.base_url)
            for name, provider in zip(("quick", "slow"), self.providers, strict=True)
        )
        return self._stack.enter_context(self._start_gateway(KEYS + quick + slow + TIERS, self._interface, port=port))


@pytest.fixture
def load(pair, tmp_path):
    """A load on nginx before the pair."""
    (port,) = free_ports(1)
    text = CONFIG.read_text()
    here = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    changes = dict(
        zip(("127.0.0.1:8081", "127.0.0.1:8082"), (f"127.0.0.1:{each}" for each in pair.gateways), strict=True)
    )
    changes |= {"listen 8080;": f"listen 127.0.0.1:{port};", "http {\n": f"http {{\naccess_log off;\n{here}"}
    for placeholder, here in changes.items():
        assert text.count(placeholder) == 1
        text = text.replace(placeholder, here)
    (tmp_path / "nginx.conf").write_text(text)
    settings = f"daemon off; pid {tmp_path}/pid;"
    command = [str(NGINX), "-p", str(tmp_path), "-c", "nginx.conf", "-e", "stderr", "-g", settings]
    with (tmp_path / "nginx.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as nginx:
        try:
            gateways.eventually(lambda: nginx.poll() is not None or listens(port))
            assert nginx.returncode is None, (tmp_path / "nginx.log").read_text()
            yield Load(port, KEY)
        finally:
            nginx.terminate()


def free_ports(n):
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(n)]
        return [server.getsockname()[1] for server in servers]


def has_been_refused(log, port):
    """Whether nginx has come to somebody who no longer listened."""
    return any("Connection refused" in line and f":{port}/" in line for line in log.read_text().splitlines())


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def test_a_rolling_restart_loses_nothing_and_sends_nothing_twice(pair, load, tmp_path):
    async def main():
        async def keep_asking():
            while not is_over.is_set():
                await load.run(RATE // 2, RATE, load.request(model="quick", user="simulate:delay=20ms"))

        is_over = asyncio.Event()
        asking = asyncio.create_task(keep_asking())
        streams = []
        for port in pair.gateways:
            has_begun = asyncio.Semaphore(0)
            streams += [asyncio.create_task(stream(load, has_begun)) for _ in range(N_STREAMS)]
            for _ in range(N_STREAMS):
                await has_begun.acquire()
            is_missed = functools.partial(has_been_refused, tmp_path / "nginx.log", port)
            await asyncio.to_thread(pair.restart, port, is_missed)
        is_over.set()
        await asking
        load.close()
        return await asyncio.gather(*streams)

    streams = run(main())

    load.outcomes.pop("asked again", None)
    assert load.outcomes.keys() == {"answered"}
    assert all(answer.startswith(b"HTTP/1.1 200 ") and is_whole(answer) for answer in streams)
    assert all(b"data: [DONE]" in answer and b'"error"' not in answer for answer in streams)
    assert pair.n_received() == load.outcomes.total() + 2 * N_STREAMS


def test_what_a_model_has_got_is_not_sent_again_when_its_gateway_dies(pair, load):
    n_requests = 20

    async def main():
        request = load.request(model="quick", user="simulate:delay=1s")
        asking = asyncio.create_task(load.run(n_requests, 10 * RATE, request))
        await asyncio.to_thread(gateways.eventually, lambda: pair.n_received() == n_requests)
        gateway = next(iter(pair.gateways.values()))
        # The main process first, which would start workers anew.
        for pid in (gateway.process.pid, *gateway.worker_pids()):
            os.kill(pid, signal.SIGKILL)
        await asking
        died = load.outcomes.copy()
        await load.run(n_requests, 10 * RATE, load.request(model="quick"))
        load.close()
        return died

    died = run(main())

    assert died == Counter(answered=n_requests // 2, failed=n_requests // 2)
    assert load.outcomes - died == Counter(answered=n_requests)
    assert pair.n_received() == 2 * n_requests
