"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> dict[str, object]:
    """The system, the processor, the cores that this process may use, memory in GB, Python."""
    allowed = getattr(os, "sched_getaffinity", None)
    facts: dict[str, object] = {
        # What a distribution calls its kernel says nothing that a reader could compare.
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "processor": _processor(),
        "cores": len(allowed(0)) if allowed else os.cpu_count(),
        "python": platform.python_version(),
    }
    if hasattr(os, "sysconf"):
        facts["memory_gb"] = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)
    return facts


def load() -> str:
    """How many processes want to run, on average of the last minute: what else the machine has to do."""
    return f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown load"


def machine_line() -> str:
    """The machine, for people."""
    facts = machine()
    memory = f", {facts['memory_gb']} GB" if "memory_gb" in facts else ""
    return f"{facts['processor']}, {facts['cores']} cores{memory}, {facts['system']}, Python {facts['python']}"


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    for line in cpus.read_text().splitlines() if cpus.exists() else []:
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.processor() or platform.machine()
