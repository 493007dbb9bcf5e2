"""The processes of a gateway, as the system shows them."""

import contextlib
import os
from pathlib import Path


def processes(gateway):
    """The folders in `/proc` of the gateway's main process and its workers."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((process / "stat").read_text().rpartition(")")[2].split()[3]) == gateway.process.pid:
                yield process


def resident(gateway):
    """Bytes of memory that they hold."""
    n_pages = sum(int((process / "statm").read_text().split()[1]) for process in processes(gateway))
    return n_pages * os.sysconf("SC_PAGE_SIZE")
