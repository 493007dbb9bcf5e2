"""A client that reads slowly slows its upstream down, and what is on the way between them is bounded."""

import json
import socket
import time
from pathlib import Path

import pytest

from tests import gateways
from tests.gateways import KEYS
from tests.providers import STREAM_END, STREAM_HEAD, piece

EVENT = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"%b"},"finish_reason":null}]}\n\n' % (b"word " * 800)
LAST = b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
N_EVENTS = 12_000
MEGABYTE = 1_000_000
# The stream has 49 MB. The kernel takes up to 4 MB on each side that sends and 6 MB on each that receives (Linux's
# `tcp_wmem` and `tcp_rmem`), which is not Tiercel's.
MOST_UNREAD = 24 * MEGABYTE


class Flood:
    """A long stream, and how far it has come."""

    def __init__(self, n_events):
        self._n_events = n_events
        self.n_bytes = 0
        self.progressed = time.monotonic()
        self.is_over = False

    async def answer(self, _, writer):
        writer.write(STREAM_HEAD)
        for _ in range(self._n_events):
            writer.write(piece(EVENT))
            await writer.drain()
            self.n_bytes += len(EVENT)
            self.progressed = time.monotonic()
        writer.write(piece(LAST) + STREAM_END)
        self.is_over = True

    def has_halted(self):
        return self.is_over or time.monotonic() - self.progressed > 0.5


@pytest.fixture(scope="module")
def script(start_script):
    return start_script()


@pytest.fixture(scope="module")
def flooded_gateway(start_gateway, interface, script):
    provider = gateways.provider("script", script.base_url, 'max_answer = "100MB"')
    with start_gateway(KEYS + provider + '[tiers]\nscripted = ["script/model"]\n', interface) as gateway:
        yield gateway


def resident(gateway):
    """Bytes of memory of all of the gateway's processes."""
    pids = [gateway.process.pid, *gateway.worker_pids()]
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids)


def ask(gateway, connection, request_id):
    body = json.dumps({"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "Go"}]})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\n"
    head += f"x-request-id: {request_id}\r\n"
    connection.sendall(f"{head}connection: close\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())


def test_a_client_that_does_not_read_halts_its_upstream_and_gets_everything_in_the_end(
    flooded_gateway, script, eventually
):
    if flooded_gateway.interface == "rsgi":
        pytest.skip("over RSGI, Granian queues without bound: see python/tiercel/ingress/rsgi.py")
    flood = Flood(N_EVENTS)
    script.reset(flood.answer)
    before = resident(flooded_gateway)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.connect(("127.0.0.1", flooded_gateway.port))
        ask(flooded_gateway, connection, "stays")
        connection.recv(1)
        eventually(flood.has_halted, 30)

        assert not flood.is_over
        assert flood.n_bytes < MOST_UNREAD
        assert resident(flooded_gateway) - before < 4 * MEGABYTE

        n_bytes, tail = 1, b""
        while data := connection.recv(1 << 20):
            n_bytes += len(data)
            tail = (tail + data)[-100:]
    assert n_bytes > N_EVENTS * len(EVENT)
    assert tail.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


def test_a_client_that_leaves_without_reading_frees_its_upstream(flooded_gateway, script, eventually):
    flood = Flood(N_EVENTS * 100)
    script.reset(flood.answer)
    with socket.create_connection(("127.0.0.1", flooded_gateway.port)) as connection:
        ask(flooded_gateway, connection, "leaves")
        eventually(lambda: flood.n_bytes > MEGABYTE)
    eventually(lambda: script.n_open == 0)
    [line] = eventually(lambda: [line for line in flooded_gateway.access_log() if line["request_id"] == "leaves"])

    assert not flood.is_over
    assert line["outcome"] == "client_gone"
    assert line["usage"]["output"] > 0
