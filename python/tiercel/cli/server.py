"""Granian around the gateway: its settings, and an orderly end.

The main process validates, watches and stops; the workers serve. A worker that dies is started anew; one that dies
twice within seconds ends the gateway, so nothing restarts for ever.
"""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes, TaskImpl
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from tiercel.app import Application, application
from tiercel.cli import output
from tiercel.errors import TiercelError
from tiercel.worker import DRAIN_SIGNAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tiercel._core import Core

# How long `/health/ready` says 503 before connections are refused: load balancers ask about once a second.
NOTICE_SECONDS = 1
# What a worker may take beyond the drain time-out, to write its log and close.
_STOP_SECONDS = 10
_POLL_SECONDS = 0.02
_PROBE_SECONDS = 1
# Longer than the 60 s for which nginx and AWS's load balancers keep an unused connection, so that it is they who close
# it, and never while a request is on its way.
_IDLE_MILLISECONDS = 75_000
# Linux's default for the highest limit that may be set, `fs.nr_open`.
_MOST_FILES = 1_048_576
# What a worker has open beside connections: libraries, pipes, the log.
_OTHER_FILES = 64
# To standard error: the access log has standard output.
_LOG = {
    "formatters": {"generic": {"format": "tiercel: %(message)s"}},
    "handlers": {"console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["console"], "propagate": False}},
}


def reserve(host: str, port: int) -> tuple[str, int]:
    """The address and the port to listen on, found to be free; for port 0, a free one.

    Granian shares its port among workers, and would share it with another gateway as well, so this is asked before.

    Raises:
        Stop: They cannot be had.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # `localhost` is where people write 127.0.0.1.
        family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return str(address[0]), int(probe.getsockname()[1])
    except OSError as error:
        raise output.cannot_listen(host, port, error) from None


def run(core: Core, address: str, port: int, state: Path, ready: str) -> None:
    """Serve until a signal, and say `ready` once the workers accept; `state` is the folder that they share."""
    Server(core, address, port, state, ready).serve(target_loader=load_application, wrap_loader=False)


def load_application() -> Application:
    """The application, in a worker that has just begun."""
    # Out of the terminal's reach: a Ctrl-C is for the main process, which stops the workers in order.
    os.setpgid(0, 0)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _ = application.worker
    except TiercelError as error:
        output.error(str(error))
        sys.exit(output.WRONG)
    return application


def _end_with_parent() -> None:
    """An orphan would hold the port, and nobody could stop it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), DRAIN_SIGNAL)
        os.kill(os.getpid(), signal.SIGTERM)


class Server(MPServer):
    """Granian, stopped in order."""

    def __init__(self, core: Core, address: str, port: int, state: Path, ready: str) -> None:
        # CPU us a request of a worker that reads 350 bytes and answers 400, by wrk with 32 connections (Granian 2.8.7,
        # Python 3.11, one core; the least of six rounds for asyncio's tasks, of three for Granian's own in Rust):
        #             mt asyncio  mt rust  st asyncio  st rust
        #     asgi          38.6     52.7        38.9     48.7
        #     rsgi          29.0     45.2        30.7     45.8
        # A second runtime thread, `pipeline_flush` and one blocking thread in Rust are within the noise of 2 us.
        super().__init__(
            "tiercel.app:application",
            address=address,
            port=port,
            interface=Interfaces(core.interface),
            workers=core.workers,
            runtime_mode=RuntimeModes.mt,
            runtime_threads=1,
            blocking_threads=1,
            task_impl=TaskImpl.asyncio,
            loop=Loops.uvloop,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=_IDLE_MILLISECONDS),
            websockets=False,
            backpressure=_connections(),
            log_level=LogLevels.error,
            log_dictconfig=_LOG,
            respawn_failed_workers=True,
            workers_kill_timeout=int(core.drain_timeout) + _STOP_SECONDS,
        )
        self._drain_seconds = core.drain_timeout
        self._state = state
        self._ready = ready
        self._signal = 0

    def startup(self, spawn_target: Callable[..., None], target_loader: Callable[..., Application]) -> None:
        """Start the workers, and begin to watch for the moment when they accept."""
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        threading.Thread(target=self._announce, daemon=True).start()

    def signal_handler_interrupt(self, number: int, *_: object) -> None:
        """Stop in order; at a second Ctrl-C, at once."""
        if self.interrupt_signal and number == signal.SIGINT:
            for worker in self.wrks:
                worker.kill()  # type: ignore[no-untyped-call]
            # Makes the exit code 1, as for workers that failed: requests were cut off.
            self.interrupt_children.append(0)
        self._signal = self._signal or number
        super().signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def signal_handler_reload(self, number: int, *_: object) -> None:
        """Stop when the terminal closes; Granian would take up new code, and a broken configuration with it."""
        self.signal_handler_interrupt(number)

    def _stop_workers(self) -> None:
        if self._signal == signal.SIGINT:
            seconds = f"{self._drain_seconds:g} s"
            output.note(f"Stopping: what runs may go on for {seconds}; Ctrl-C again stops at once.")
        for worker in self.wrks:
            worker.interrupt_by_parent = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.inner.pid, DRAIN_SIGNAL)
        if self._signal == signal.SIGTERM:
            time.sleep(NOTICE_SECONDS)
        super()._stop_workers()  # type: ignore[no-untyped-call]

    def _announce(self) -> None:
        while not self.interrupt_signal:
            if self._is_ready():
                output.note(self._ready)
                return
            self.main_loop_interrupt.wait(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        """Whether every worker has begun, and what listens answers. One that begins leaves its metrics."""
        if not all((self._state / f"{worker.inner.pid}.metrics").exists() for worker in self.wrks):
            return False
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind_addr, self.bind_addr)  # noqa: S104 - nothing binds here
        connection = http.client.HTTPConnection(host, self.bind_port, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()


def _connections() -> int:
    """How many connections a worker takes, unused ones included; more wait to be accepted.

    As many as it may have files open for, with one upstream for each: so the limit that clients meet is the
    configuration's `max_in_flight`, which answers, whereas a connection that is not accepted hangs.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(1, (most - _OTHER_FILES) // 2)
