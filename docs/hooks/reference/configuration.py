"""The configuration, as its JSON Schema has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tiercel import _core

if TYPE_CHECKING:
    from pathlib import Path


def page(_: Path) -> str:
    return ""
