"""Granian around the gateway: its settings, an orderly end, and reloads.

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

from tiercel import reload
from tiercel.app import Application, application
from tiercel.cli import output
from tiercel.cli.address import reachable
from tiercel.cli.wake import Wake
from tiercel.errors import ConfigurationError, TiercelError
from tiercel.state import State
from tiercel.worker import DRAIN_SIGNAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tiercel._core import Core
    from tiercel.state import Verdict

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


def run(core: Core, address: str, port: int, folder: Path, ready: str) -> None:
    """Serve until a signal, and say `ready` once the workers accept; `folder` is the one that they share."""
    state = State(folder)
    # What was read a moment ago is what they serve, whatever becomes of its file.
    state.accept(0, core.config_text)
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
    """Granian, reloaded in place and stopped in order."""

    def __init__(self, core: Core, address: str, port: int, state: State, ready: str) -> None:
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
        # Set by handlers of signals, and waited for where they come.
        self.main_loop_interrupt = Wake()  # type: ignore[assignment]
        self._core = core
        self._n_accepted = 0
        self._state = state
        self._ready = ready
        self._signal = 0
        # One that ignores SIGHUP, as nohup has it, is not to end with its terminal.
        self._ends_with_terminal = has_terminal() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN

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
        """Read the configuration again; or stop, when it is the terminal that has closed."""
        if self._ends_with_terminal and not has_terminal():
            self.signal_handler_interrupt(number)
        else:
            super().signal_handler_reload()  # type: ignore[no-untyped-call]

    def _reload(self, *_: object) -> None:
        """Have every worker serve what the file says now. Granian would replace the workers, and cut off what runs."""
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        # Taken before the file is read: whoever asks from here on may mean a later one.
        questions = self._state.take_questions()
        verdict = self._renew()
        # On a full disk nobody hears of it in figures, and a client only that it heard nothing.
        with contextlib.suppress(OSError):
            self._state.leave_metrics(self._core.metrics_snapshot())
            self._state.tell(questions, verdict)
        if self.reload_signal or self.interrupt_signal or self.interrupt_children:
            # It came before its mark was cleared.
            self.main_loop_interrupt.set()

    def _renew(self) -> Verdict:
        try:
            core = self._core.renew()
            self._state.accept(self._n_accepted + 1, core.config_text)
        except (ConfigurationError, OSError) as error:
            # All the same they open the access log anew, for whoever has moved it away.
            self._wake()
            return reload.refused(self._core, error)
        self._core = core
        self._n_accepted += 1
        self.workers_kill_timeout = int(core.drain_timeout) + _STOP_SECONDS
        self._wake()
        deadline = time.monotonic() + reload.FOLLOW_SECONDS
        # One that has died meanwhile cannot follow; the one in its place will.
        while n_late := sum(not self._state.has_followed(pid, self._n_accepted) for pid in self._pids()):
            if time.monotonic() > deadline or self.interrupt_signal:
                n_followed = len(self._pids()) - n_late
                return reload.accepted(core, n_followed, [f"{n_late} more have yet to follow"])
            time.sleep(_POLL_SECONDS)
        return reload.accepted(core, len(self._pids()))

    def _wake(self) -> None:
        # Those that have yet to begin look by themselves, and do not hear signals.
        for pid in filter(self._state.has_begun, self._pids()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, reload.SIGNAL)

    def _pids(self) -> list[int]:
        return [worker.inner.pid for worker in self.wrks if worker.is_alive()]  # type: ignore[no-untyped-call]

    def _stop_workers(self) -> None:
        if self._signal == signal.SIGINT:
            seconds = f"{self._core.drain_timeout:g} s"
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
        if not all(self._state.has_begun(worker.inner.pid) for worker in self.wrks):
            return False
        host = reachable(self.bind_addr)
        connection = http.client.HTTPConnection(host, self.bind_port, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()


def has_terminal() -> bool:
    """Whether this process has a terminal that it would hang up with."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _connections() -> int:
    """How many connections a worker takes, unused ones included; more wait to be accepted.

    As many as it may have files open for, with one upstream for each: so the limit that clients meet is the
    configuration's `max_in_flight`, which answers, whereas a connection that is not accepted hangs.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(1, (most - _OTHER_FILES) // 2)
