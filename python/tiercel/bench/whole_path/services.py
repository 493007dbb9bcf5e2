"""Contenders that run, in front of upstreams that run."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiercel.bench.whole_path import cpu
from tiercel.bench.whole_path.contenders import MODEL, Contender, Setup
from tiercel.bench.whole_path.driver import Driver, Endpoint
from tiercel.bench.whole_path.processes import START_SECONDS, Cores, Program, ProgramError, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

N_DELTAS = 50
"""Events with a word each; the finish reason and `[DONE]` make it 52 events a stream."""

DELAY_MS = 10
"""Between two events. A hundred tokens a second are what fast models give; no two events share a packet."""


@dataclass(frozen=True)
class Upstream:
    """A running upstream."""

    program: Program
    origin: str
    certificate: Path | None

    @property
    def endpoint(self) -> Endpoint:
        """Where to ask it directly."""
        return Endpoint(self.origin.split("://")[1], "/v1/chat/completions", MODEL)


@dataclass(frozen=True)
class Service:
    """A running contender; without a program, the upstream itself."""

    name: str
    endpoint: Endpoint
    program: Program | None

    def cpu_seconds(self) -> float:
        """What its processes have used so far."""
        return cpu.seconds(self.program.process.pid) if self.program else 0.0


@dataclass(frozen=True)
class Starter:
    """Starts upstreams and contenders, each in a folder of its own, and stops them when they are no longer needed."""

    folder: Path
    cores: Cores
    driver: Driver

    @contextmanager
    def upstream(self, *, tls: bool) -> Iterator[Upstream]:
        """The upstream, on its core."""
        name = "upstream-tls" if tls else "upstream"
        certificate = self.folder / "upstream.pem" if tls else None
        command = [sys.executable, "-m", "tiercel.bench.whole_path.upstream", str(N_DELTAS), str(DELAY_MS)]
        if certificate:
            command += [str(certificate)]
        program = Program.start(command, self.folder / f"{name}.log", self.cores.upstream, {})
        try:
            yield Upstream(program, f"{'https' if tls else 'http'}://127.0.0.1:{program.announced_port()}", certificate)
        finally:
            program.stop()

    @contextmanager
    def service(
        self, contender: Contender, upstream: Upstream, *, n_workers: int = 1, has_cache: bool = False
    ) -> Iterator[Service]:
        """The contender, once it answers."""
        port = free_port()
        folder = self.folder / f"{contender.name.replace(' ', '-')}-{port}"
        folder.mkdir()
        setup = Setup(folder, port, upstream.origin, upstream.certificate, n_workers, has_cache)
        cores = self.cores.gateway if n_workers == 1 else self.cores.two_workers
        trust = {"SSL_CERT_FILE": str(upstream.certificate)} if upstream.certificate else {}
        environment = {**contender.environment, **trust}
        program = Program.start(contender.command(setup), folder / "log", cores, environment)
        try:
            if contender.announces_port:
                port = program.announced_port()
            else:
                program.wait_for_port(port)
            headers = tuple(contender.headers(setup).items())
            endpoint = Endpoint(f"127.0.0.1:{port}", contender.path, contender.model, headers)
            service = Service(contender.name, endpoint, program)
            self._wait_for_answer(service, program)
            yield service
        finally:
            program.stop()

    def _wait_for_answer(self, service: Service, program: Program) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not (load := self.driver.closed(service.endpoint, connections=1, seconds=1, most=1)).requests:
            if time.monotonic() > deadline:
                raise ProgramError(f"{service.name} answers {load.errors}; it printed:\n{program.printed()}")
