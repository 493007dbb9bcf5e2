"""What the black-box tests share: simulators that play the providers, and gateways as real processes before them.

A test asks for `gateway`, once over ASGI and once over RSGI, which every test of the session shares; or starts its own
with `start_gateway`. The providers are simulators on a thread of this process, so that a test can attach faults and
read the journals directly, or servers that a test scripts byte by byte with `serve`.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from tiercel.simulator import Settings, Simulator

KEY = "sk-client-of-the-tests"
NARROW_KEY = "sk-client-of-one-model"
PROVIDER_KEY = "sk-provider-never-to-be-told"
START_SECONDS = 30.0
POLL_SECONDS = 0.01

# Four deployments: two simulators, two models each.
CONFIG = """
[log]
access = "access.jsonl"

[[keys]]
name = "tests"
key = {{ env = "TIERCEL_TESTS_KEY" }}
metrics = true

[[keys]]
name = "narrow"
key = {{ env = "TIERCEL_TESTS_NARROW_KEY" }}
models = ["pair"]

[providers.first]
base_url = "{first}"
keys = [{{ env = "TIERCEL_TESTS_PROVIDER_KEY" }}]
models = ["small", "medium", "large"]

[providers.second]
base_url = "{second}"
keys = [{{ env = "TIERCEL_TESTS_PROVIDER_KEY" }}]

[tiers]
pair = ["first/small", "second/small"]
four = ["first/small", "second/small", "first/medium", "second/medium"]

[routes.auto]
tiers = ["pair", "four"]
default = "pair"
"""


class Background:
    """An event loop on a thread of its own, for whatever plays a provider."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        """The coroutine's result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(START_SECONDS)

    def call(self, function, *arguments):
        """The function's result, called on the loop."""

        async def call():
            return function(*arguments)

        return self.run(call())

    def close(self):
        async def cancel_all():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.run(cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Provider:
    """A simulator without delays."""

    def __init__(self, background, **settings):
        self._background = background
        self._simulator = Simulator(Settings(**{"speed": 0, **settings}))
        background.run(self._simulator.start())
        self.port = self._simulator.port
        self.base_url = self._simulator.base_url

    @property
    def journal(self):
        """What was received, oldest first; see `tiercel.simulator.Entry`."""
        return self._background.call(lambda: list(self._simulator.journal.entries))

    def attach(self, fault, model=None):
        """Let every answer of `model`, or of all models, have `fault`; see `tiercel/simulator/faults.py`."""
        self._background.call(self._simulator.faults.attach, model, fault)

    def reset(self):
        """Forget faults and journal."""
        self._background.call(self._simulator.faults.clear)
        self._background.call(self._simulator.journal.clear)

    def close(self):
        self._background.run(self._simulator.close())


class Gateway:
    """A running `tiercel serve`."""

    def __init__(self, process, port, interface, folder):
        self.process = process
        self.port = port
        self.interface = interface
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.base_url = f"{self.url}/v1"
        self.key = KEY
        self.narrow_key = NARROW_KEY
        self.provider_key = PROVIDER_KEY

    def request(self, method, path, body=None, key=KEY, headers=None):
        """One request on a connection of its own; `body` is bytes, or what becomes JSON."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        head = {"content-type": "application/json", **(headers or {})}
        if key is not None:
            head["authorization"] = f"Bearer {key}"
        with httpx.Client(base_url=self.url, timeout=30, trust_env=False) as client:
            return client.request(method, path, content=content, headers=head)

    def get(self, path, key=KEY, headers=None):
        return self.request("GET", path, key=key, headers=headers)

    def chat(self, key=KEY, headers=None, **fields):
        """A chat completion of the tier `pair` with one question."""
        body = {"model": "pair", "messages": [{"role": "user", "content": "Explain the refund policy"}], **fields}
        return self.request("POST", "/v1/chat/completions", body, key, headers)

    def exchange(self, data, patience=5.0, then_close=False):
        """What comes back for bytes, to the end of the connection or until nothing comes for `patience` seconds."""
        received = bytearray()
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as connection:
            connection.sendall(data)
            if then_close:
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                while part := connection.recv(65_536):
                    received += part
        return bytes(received)

    def access_log(self):
        """The lines of the access log so far, parsed."""
        path = self.folder / "access.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def output(self):
        """What the process has written to standard output and error."""
        return (self.folder / "output").read_text()

    def stop(self, seconds=30.0):
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self):
        """Leave nothing behind: the workers are of the process's own group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def poll(condition, seconds=10.0):
    """The first true value of `condition`; polled, since what is waited for is another process's."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(POLL_SECONDS)
    return value


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def running_gateway(folder, config, interface, workers=1, environment=None):
    """A gateway before the block, and none after it."""
    folder.mkdir(exist_ok=True)
    file = folder / "tiercel.toml"
    file.write_text(config)
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
        "TIERCEL_TESTS_KEY": KEY,
        "TIERCEL_TESTS_NARROW_KEY": NARROW_KEY,
        "TIERCEL_TESTS_PROVIDER_KEY": PROVIDER_KEY,
        **(environment or {}),
    }
    command = [sys.executable, "-m", "tiercel", "serve", "--config", str(file), "--port", str(port)]
    command += ["--interface", interface, "--workers", str(workers)]
    command = [sys.executable, "-m", "granian", "tiercel.app:application", "--port", str(port), "--interface", interface, "--workers", str(workers), "--http", "1", "--no-ws", "--task-impl", "rust"]
    environment["TIERCEL_CONFIG"] = str(file)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, cwd=folder, start_new_session=True
        )
    gateway = Gateway(process, port, interface, folder)
    try:
        poll(lambda: process.poll() is not None or is_live(gateway), START_SECONDS)
        assert process.returncode is None, gateway.output()
        yield gateway
    finally:
        gateway.kill()


def is_live(gateway):
    try:
        return gateway.get("/health/live", key=None).status_code == 200
    except httpx.TransportError:
        return False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Show what the gateway said beside a failure."""
    report = yield
    gateway = item.funcargs.get("gateway")
    if report.failed and isinstance(gateway, Gateway):
        report.sections.append(("gateway", gateway.output()[-10_000:]))
    return report


@pytest.fixture(scope="session", params=["asgi", "rsgi"])
def interface(request):
    return request.param


@pytest.fixture(scope="session")
def background():
    background = Background()
    yield background
    background.close()


@pytest.fixture(scope="session")
def start_provider(background):
    """Starts a simulator with `Settings(**settings)`; it runs to the end of the session."""
    with contextlib.ExitStack() as stack:

        def start(**settings):
            provider = Provider(background, **settings)
            stack.callback(provider.close)
            return provider

        yield start


@pytest.fixture
def serve(background):
    """`serve(handler)`: the port where `async handler(reader, writer)` plays a provider; its connections end with it."""
    with contextlib.ExitStack() as stack:

        def start(handler, **options):
            async def handle(reader, writer):
                try:
                    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                        await handler(reader, writer)
                finally:
                    writer.transport.abort()

            server = background.run(asyncio.start_server(handle, "127.0.0.1", 0, **options))
            stack.callback(background.call, server.close)
            return server.sockets[0].getsockname()[1]

        yield start


@pytest.fixture(scope="session")
def shared_providers(start_provider):
    return start_provider(), start_provider()


@pytest.fixture
def providers(shared_providers):
    """The simulators `first` and `second`, with no fault and an empty journal."""
    for provider in shared_providers:
        provider.reset()
    return shared_providers


@pytest.fixture(scope="session")
def start_gateway(tmp_path_factory):
    """`with start_gateway(config, interface) as gateway`."""
    return lambda config, interface, **options: running_gateway(
        tmp_path_factory.mktemp("gateway"), config, interface, **options
    )


@pytest.fixture(scope="session")
def shared_gateway(start_gateway, interface, shared_providers):
    first, second = shared_providers
    with start_gateway(CONFIG.format(first=first.base_url, second=second.base_url), interface) as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway, providers):
    """The session's gateway, before `providers` that have just been reset."""
    assert providers
    return shared_gateway


@pytest.fixture(scope="session")
def eventually():
    """`eventually(condition, seconds)`: the first true value, or the test fails."""
    return poll
