"""Two workers under load, streams under way, one SIGTERM: nothing is lost, nothing leaks, and the exit code is 0.

`TIERCEL_TEST_FULL=1` makes 10,000 requests at 1,000 a second, with 200 streams; by default it is a sample of that.
"""

import asyncio
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from tests import gateways
from tests.gateways import KEYS
from tests.load import Load, is_whole, run, stream

IS_FULL = os.environ.get("TIERCEL_TEST_FULL") == "1"
N_REQUESTS, RATE, N_STREAMS = (10_000, 1_000, 200) if IS_FULL else (1_500, 500, 40)
# Streams that take five seconds, or two.
STREAM_SPEED = "0.1" if IS_FULL else "0.25"
MEGABYTE = 1 << 20
SETTINGS = 'idle_timeout = "500ms"\nmax_connections = 1000'
TIERS = """
[tiers]
quick = ["quick/small"]
slow = ["slow/small"]
"""


@pytest.fixture(scope="module")
def simulators():
    """The base URLs of two simulators as processes of their own: a quick one, and one whose streams take seconds."""
    command = [sys.executable, "-m", "tiercel.simulator", "--exit-with-parent", "--speed"]
    processes = [
        subprocess.Popen([*command, speed], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for speed in ("0", STREAM_SPEED)
    ]
    try:
        yield [line.split()[-1] for process in processes for line in islice(process.stdout or (), 1)]
    finally:
        for process in processes:
            with process:
                process.terminate()


@pytest.fixture
def loaded_gateway(start_gateway, interface, simulators):
    quick, slow = (
        gateways.provider(name, url, SETTINGS) for name, url in zip(("quick", "slow"), simulators, strict=True)
    )
    with start_gateway(KEYS + quick + slow + TIERS, interface, workers=2) as gateway:
        yield gateway


def n_files(gateway):
    """How many files each worker has open when no client is connected."""
    gateways.eventually(lambda: not has_clients(gateway))
    return {pid: len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in gateway.worker_pids()}


def has_clients(gateway):
    """Whether the workers hold a client's connection: an established one, or one that the client alone has closed."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(local.endswith(f":{gateway.port:04X}") and state in {"01", "08"} for _, local, _, state, *_ in lines)


def resident(gateway):
    """Bytes of memory of each worker."""
    pages = {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in gateway.worker_pids()}
    return {pid: n * os.sysconf("SC_PAGE_SIZE") for pid, n in pages.items()}


def check_streams(answers):
    assert all(answer.startswith(b"HTTP/1.1 200 ") and is_whole(answer) for answer in answers)
    assert all(b"data: [DONE]" in answer and b'"error"' not in answer for answer in answers)


def test_load_leaves_no_file_open_and_memory_level(loaded_gateway, eventually):
    def load(n_requests, n_streams):
        async def main():
            load = Load(loaded_gateway.port, loaded_gateway.key)
            request = load.request(model="quick", user="simulate:delay=20ms")
            streams = [asyncio.create_task(stream(load, asyncio.Semaphore(0))) for _ in range(n_streams)]
            await load.run(n_requests, RATE, request)
            check_streams(await asyncio.gather(*streams))
            load.close()
            return load.outcomes

        assert run(main()) == {"answered": n_requests}
        eventually(lambda: "tiercel_open_connections 0\n" in loaded_gateway.get("/metrics").text)
        return n_files(loaded_gateway), resident(loaded_gateway)

    # Allocators take what they need in steps, so one round may grow; a leak grows in each.
    load(N_REQUESTS, N_STREAMS)
    files_before, memory_before = load(N_REQUESTS, N_STREAMS)
    for _ in range(3):
        files, memory = load(N_REQUESTS, N_STREAMS)
        grown = {pid: memory[pid] - memory_before[pid] for pid in memory}
        print(f"{loaded_gateway.interface}: {files_before} -> {files} files, memory {memory_before} grew by {grown}")  # noqa: T201 - the figures
        if max(grown.values()) < MEGABYTE:
            break
        memory_before = memory

    assert len(files) == 2
    assert files == files_before
    assert max(grown.values()) < MEGABYTE


def test_one_sigterm_loses_nothing(loaded_gateway):
    async def main():
        load = Load(loaded_gateway.port, loaded_gateway.key)
        request = load.request(model="quick", user="simulate:delay=20ms")
        running = asyncio.create_task(load.run(N_REQUESTS, RATE, request))
        await asyncio.sleep(0.4 * N_REQUESTS / RATE)
        has_begun = asyncio.Semaphore(0)
        streams = [asyncio.create_task(stream(load, has_begun)) for _ in range(N_STREAMS)]
        for _ in streams:
            await has_begun.acquire()
        n_before = load.outcomes["answered"]
        loaded_gateway.process.terminate()
        answers = await asyncio.gather(*streams)
        await running
        load.close()
        return load.outcomes, n_before, answers

    outcomes, n_before, streams = run(main())
    exit_code = loaded_gateway.process.wait(30)
    print(f"{loaded_gateway.interface}: {dict(outcomes)}, {n_before} answered before SIGTERM, {len(streams)} streams")  # noqa: T201 - the figures

    assert exit_code == 0
    check_streams(streams)
    asked_again = outcomes.pop("asked again", 0)
    assert asked_again <= outcomes["refused"] + outcomes["draining"] + outcomes["answered"]
    assert outcomes.keys() <= {"answered", "draining", "refused"}
    assert outcomes.total() == N_REQUESTS
    assert outcomes["answered"] >= n_before > 0
    logged = [line for line in loaded_gateway.access_log() if line["endpoint"] == "chat"]
    assert sum(line["outcome"] == "answered" for line in logged) == outcomes["answered"] + N_STREAMS
    assert sum(line.get("error_kind") == "draining" for line in logged) == outcomes["draining"]
    assert len(logged) == outcomes["answered"] + outcomes["draining"] + N_STREAMS
