"""Lists of words that rewrites and traps are made with; the judges of the verifier have others."""

import json
from pathlib import Path
from typing import Any

_WORDS: dict[str, Any] = json.loads((Path(__file__).parent / "words.json").read_text())


def listed(name: str) -> list[str]:
    """The list of a name."""
    found: list[str] = _WORDS[name]
    return found


def synonyms() -> dict[str, str]:
    """Words and what may stand for them; half are in no list of the gateway's, which lacks words as well."""
    found: dict[str, str] = _WORDS["synonyms"]
    return found
