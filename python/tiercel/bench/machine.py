"""What a measurement was made on."""

from __future__ import annotations

import platform
from pathlib import Path


def machine() -> dict[str, str]:
    """The system and the processor."""
    cpus = Path("/proc/cpuinfo")
    names = [line for line in cpus.read_text().splitlines() if line.startswith("model name")] if cpus.exists() else []
    processor = f"{len(names)} x {names[0].partition(': ')[2]}" if names else platform.processor()
    return {"system": platform.platform(), "processor": processor}
