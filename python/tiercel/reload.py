"""Reading the configuration again while the gateway serves: who decides, and what is said of it.

The main process decides for all workers (`cli/server.py`), so that they serve the same. A worker under a server of the
user's own decides for itself.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from typing import TYPE_CHECKING

import orjson

from tiercel.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiercel._core import Call, Core
    from tiercel.state import Verdict
    from tiercel.worker import Worker

# What an operator sends to the main process, it to the workers, and a worker that a client asks to it.
SIGNAL = signal.SIGHUP
# How long all workers may take to follow; one takes milliseconds.
FOLLOW_SECONDS = 5.0
# Longer, so that a client hears what the main process has to say.
_ANSWER_SECONDS = 2 * FOLLOW_SECONDS

_ALONE = "only the worker that was asked has followed; others of the same server cannot be reached from there"


async def answer_reload(call: Call, worker: Worker) -> None:
    """Have the configuration read again as the client asks, and tell it what came of that."""
    main = multiprocessing.parent_process()
    if worker.state is None or main is None or main.pid is None:
        verdict: Verdict | None = _decide_alone(worker)
    else:
        verdict = await worker.state.ask(main.pid, SIGNAL, _ANSWER_SECONDS)
    if verdict is None:
        message = f"the gateway's main process has not answered within {_ANSWER_SECONDS:g} s; its log may say why"
        call.refuse_reload("internal", message)
    elif "error" in verdict:
        call.refuse_reload("invalid_configuration", verdict["error"])
    else:
        call.answer_reload(orjson.dumps({"status": "reloaded", **verdict}))


def accepted(core: Core, n_workers: int, notes: Iterable[str] = ()) -> Verdict:
    """Count a reload after which `n_workers` serve as `core` does, and tell the operator of it in one line."""
    core.count_reload(accepted=True)
    changes, notes = core.changes, [*core.deferred_changes, *notes]
    told = "; ".join([", ".join(changes) or "nothing has changed", *notes])
    _say(f"reloaded: {told} (workers: {n_workers})")
    return {"workers": n_workers, "changes": changes, "notes": notes}


def refused(core: Core, error: ConfigurationError | OSError) -> Verdict:
    """Count a reload after which `core` serves on, and tell the operator why in one line."""
    core.count_reload(accepted=False)
    reason = in_one_line(error)
    _say(f"not reloaded, what was served still is: {reason}")
    return {"error": reason}


def in_one_line(error: ConfigurationError | OSError) -> str:
    """Where, what, and what to do."""
    text = str(error)
    if isinstance(error, ConfigurationError):
        where = f"{error.file}:{error.line}:{error.column}: " if error.line else ""
        text = where + error.message + (f"; {error.hint}" if error.hint else "")
    return " ".join(text.split())


def _decide_alone(worker: Worker) -> Verdict:
    try:
        core = worker.core.renew()
    except ConfigurationError as error:
        return refused(worker.core, error)
    worker.serve(core)
    return accepted(core, 1, [_ALONE])


def _say(line: str) -> None:
    sys.stderr.write(f"tiercel: {line}\n")
    sys.stderr.flush()
