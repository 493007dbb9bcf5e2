"""Gateways as real processes, and how a test talks to one."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

KEY = "sk-client-of-the-tests"
NARROW_KEY = "sk-client-of-one-model"
PROVIDER_KEY = "sk-provider-never-to-be-told"
START_SECONDS = 30.0
POLL_SECONDS = 0.01
# There is no TLS here, and to load the authorities for it would take most of a request's time.
HTTP: dict[str, Any] = {"timeout": 30, "trust_env": False, "verify": False}

# The keys of every configuration here.
KEYS = """
[[keys]]
name = "tests"
key = { env = "TIERCEL_TESTS_KEY" }
metrics = true
admin = true

[[keys]]
name = "narrow"
key = { env = "TIERCEL_TESTS_NARROW_KEY" }
models = ["pair"]

[log]
access = "access.jsonl"

# So that it is known who is asked first.
[failover]
balance = "order"
"""


def provider(name, base_url, settings=""):
    """The configuration of a provider."""
    return f"""
[providers.{name}]
base_url = "{base_url}"
keys = [{{ env = "TIERCEL_TESTS_PROVIDER_KEY" }}]
{settings}
"""


class Gateway:
    """A running `tiercel serve`."""

    def __init__(self, process, interface, folder):
        self.process = process
        self.interface = interface
        self.folder = folder
        self.key = KEY
        self.narrow_key = NARROW_KEY
        self.provider_key = PROVIDER_KEY

    def announced_port(self):
        """The port that it says to serve once all workers do; 0 until then."""
        found = re.search(r"serves http://127\.0\.0\.1:(\d+)/v1", self.output())
        return int(found[1]) if found else 0

    def listens_on(self, port):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.base_url = f"{self.url}/v1"

    def request(self, method, path, body=None, key=KEY, headers=None):
        """One request on a connection of its own; `body` is bytes, or what becomes JSON."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        head = {"content-type": "application/json", **(headers or {})}
        if key is not None:
            head["authorization"] = f"Bearer {key}"
        return httpx.request(method, self.url + path, content=content, headers=head, **HTTP)

    def get(self, path, key=KEY, headers=None):
        return self.request("GET", path, key=key, headers=headers)

    def chat(self, key=KEY, headers=None, **fields):
        """A chat completion of the tier `pair` with one question."""
        body = {"model": "pair", "messages": [{"role": "user", "content": "Explain the refund policy"}], **fields}
        return self.request("POST", "/v1/chat/completions", body, key, headers)

    def stream(self, path, body):
        """The answer to a POST as it comes."""
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx.stream("POST", self.url + path, json=body, headers=headers, **HTTP)

    def exchange(self, data, patience=5.0, *, then_close=False):
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

    def forget(self, key=None):
        """Have it forget what it knows against its deployments, so that one test is nothing to the next."""
        head = f"POST /tiercel/health/forget HTTP/1.1\r\nhost: tests\r\nauthorization: Bearer {key or self.key}\r\n"
        answer = self.exchange(f"{head}content-length: 0\r\nconnection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 200 "), answer

    def access_log(self):
        """The lines of the access log so far, parsed."""
        path = self.folder / "access.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def worker_pids(self):
        """The processes that serve: those of the main process's children that have its command line."""
        command = Path(f"/proc/{self.process.pid}/cmdline").read_bytes()
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if Path(f"/proc/{pid}/cmdline").read_bytes() == command]

    def output(self):
        """What the process has written to standard output and error."""
        return (self.folder / "output").read_text()

    def kill(self):
        """Leave nothing behind: the workers are of the process's own group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def eventually(condition, seconds=10.0):
    """The first true value of `condition`; polled, since what is waited for is another process's."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(POLL_SECONDS)
    return value


@contextlib.contextmanager
def running(folder, config, interface, workers=1, environment=None, port=0):
    """A gateway before the block, and none after it; for port 0, on a free one."""
    file = folder / "tiercel.toml"
    file.write_text(config)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
        "TIERCEL_TESTS_KEY": KEY,
        "TIERCEL_TESTS_NARROW_KEY": NARROW_KEY,
        "TIERCEL_TESTS_PROVIDER_KEY": PROVIDER_KEY,
        **(environment or {}),
    }
    command = [sys.executable, "-m", "tiercel", "serve", "--config", str(file), "--port", str(port)]
    command += ["--interface", interface, "--workers", str(workers)]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
    gateway = Gateway(process, interface, folder)
    try:
        announced = eventually(lambda: process.poll() is not None or gateway.announced_port(), START_SECONDS)
        assert process.returncode is None, gateway.output()
        gateway.listens_on(announced)
        yield gateway
        assert "Traceback" not in gateway.output()
    except AssertionError as error:
        error.add_note(gateway.output())
        raise
    finally:
        gateway.kill()
