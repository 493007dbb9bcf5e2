"""Proofs that a model's reasoning comes back as it was given out.

Providers sign reasoning and refuse it back when it was altered on the way, so a gateway that mangles it is found out.
The seal is no secret here: it is a hash.
"""

from base64 import b64encode
from hashlib import sha256

from tiercel.simulator.errors import ApiError


def seal(text: str) -> str:
    """The proof that goes with `text`, in base64."""
    return b64encode(sha256(b"tiercel-simulator:" + text.encode("utf-8", "surrogatepass")).digest()).decode()


def check(text: object, proof: object, where: str) -> None:
    """Compares what came back.

    Raises:
        ApiError: 400 where the proof is not that of the text.
    """
    # Google's clients send bytes in the alphabet for URLs.
    given = proof.replace("-", "+").replace("_", "/") if isinstance(proof, str) else ""
    if not isinstance(text, str) or given != seal(text):
        raise ApiError(400, f"Invalid signature at '{where}': it is not that of the reasoning.", param=where)
