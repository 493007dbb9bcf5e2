"""Unit vectors in which texts that share words are near each other.

Every word and every three letters of it hash to a few places of the vector (feature hashing, Weinberger et al. 2009).
That is enough for paraphrases of one question to be nearer than two questions, and needs no model.
"""

import re
from array import array
from base64 import b64encode
from hashlib import blake2b
from math import sqrt

from tiercel.simulator.errors import invalid
from tiercel.simulator.request import Json, texts
from tiercel.simulator.tokens import CountTokens

_DIMENSIONS = 1536
_MAX_DIMENSIONS = 3072
_WORD = re.compile(r"\w+")
# What lies beyond adds nothing to a vector that is already full.
_MAX_WORDS = 2000


def embeddings(fields: Json, count: CountTokens) -> tuple[dict[str, object], int]:
    """The answer to `POST /v1/embeddings` and its prompt tokens.

    Raises:
        ApiError: 400, naming the parameter that is missing or invalid.
    """
    inputs, n_tokens = texts(fields, "input", count)
    dimensions = fields.get("dimensions") or _DIMENSIONS
    if not isinstance(dimensions, int) or not 1 <= dimensions <= _MAX_DIMENSIONS:
        raise invalid("dimensions", f"an integer from 1 to {_MAX_DIMENSIONS}")
    encoding = fields.get("encoding_format") or "float"
    if encoding not in {"float", "base64"}:
        raise invalid("encoding_format", "float or base64")
    vectors = [vector(text, dimensions) for text in inputs]
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": each.tolist() if encoding == "float" else b64encode(each.tobytes()).decode(),
        }
        for index, each in enumerate(vectors)
    ]
    usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
    return {"object": "list", "data": data, "model": fields["model"], "usage": usage}, n_tokens


def vector(text: str, dimensions: int) -> "array[float]":
    """A unit vector of 32-bit floats for `text`."""
    places = array("f", bytes(4 * dimensions))
    for word in _WORD.findall(text.lower())[:_MAX_WORDS] or [text]:
        padded = f" {word} "
        for feature in (padded, *(padded[start : start + 3] for start in range(len(padded) - 2))):
            digest = int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest())
            weight = 2.0 if feature is padded else 1.0
            # Four places, so that with few dimensions no two words fall together entirely.
            for shift in range(0, 64, 16):
                places[(digest >> shift & 0x7FFF) % dimensions] += weight if digest >> shift & 0x8000 else -weight
    length = sqrt(sum(place * place for place in places))
    if length == 0.0:
        places[0] = length = 1.0
    return array("f", [place / length for place in places])
