"""Unit vectors in which texts that share words are near each other.

Every word and every three letters of it hash to a few places of the vector (feature hashing, Weinberger et al. 2009).
That is enough for paraphrases of one question to be nearer than two questions, and needs no model.
"""

import re
from array import array
from collections.abc import Iterable
from hashlib import blake2b
from math import sqrt

from tiercel.simulator.errors import invalid
from tiercel.simulator.exchange import Exchange, pause
from tiercel.simulator.reading import Json

_DIMENSIONS = 1536
_MAX_DIMENSIONS = 3072
MAX_TEXTS = 2048
_WORD = re.compile(r"\w+")
# What lies beyond adds nothing to a vector that is already full.
_MAX_WORDS = 2000


def dimensions(fields: Json, name: str) -> int:
    """How long vectors are to be.

    Raises:
        ApiError: 400 where that is no length.
    """
    given = fields.get(name) or _DIMENSIONS
    if not isinstance(given, int) or not 1 <= given <= _MAX_DIMENSIONS:
        raise invalid(name, f"an integer from 1 to {_MAX_DIMENSIONS}")
    return given


async def pace(exchange: Exchange, model: str, texts: Iterable[str], n_tokens: int) -> None:
    """Takes as long as a first token does, and notes what was counted."""
    exchange.reply.entry.prompt_tokens = n_tokens
    random = exchange.random("\0".join(texts).encode())
    await pause(exchange.pace(model, random).first_token + exchange.reply.fault.slow_first_token)


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
