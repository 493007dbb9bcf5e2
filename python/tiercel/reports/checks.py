"""Checks of the cache: how probable it was that an answer serves, and whether it did."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from tiercel._core import Embedder, Verifier, normalise, veto
from tiercel.errors import TiercelError
from tiercel.reports.lines import MAX_LINE, opened, texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(slots=True)
class Checks:
    """What some files tell.

    Attributes:
        found: Scores, each with whether the answer was wrong, in order.
        n_vetoed: Pairs whose answer would not be given, whatever its score.
        n_bad: Lines that are neither of a log nor a pair.
        first_bad: Where the first of these is.
    """

    found: list[tuple[float, bool]] = field(default_factory=list)
    n_vetoed: int = 0
    n_bad: int = 0
    first_bad: str = ""

    @classmethod
    def read(cls, paths: Sequence[Path], model: str | None) -> Checks:
        """Read access logs and files of pairs; of a log, the requests for `model`, or all.

        Raises:
            TiercelError: A file cannot be read.
        """
        checks = cls()
        for path in paths:
            try:
                with opened(path) as file:
                    for number, text in enumerate(texts(file), 1):
                        if text.strip() and not checks._take(text, model):
                            checks.n_bad += 1
                            checks.first_bad = checks.first_bad or f"{path}:{number}"
            except (OSError, EOFError, zlib.error) as error:
                raise TiercelError(f"{path}: {str(error).lower()}") from None
        return checks

    def summary(self) -> str:
        """What was read, in a sentence or two."""
        n_wrong = sum(is_wrong for _, is_wrong in self.found)
        text = f"{len(self.found):,} checks, {n_wrong:,} of them wrong."
        if self.n_vetoed:
            text += f" {self.n_vetoed:,} pairs were vetoed."
        if self.n_bad:
            text += f" {self.n_bad:,} lines are neither of a log nor a pair, the first at {self.first_bad}."
        return text

    def _take(self, text: bytes, model: str | None) -> bool:
        if len(text) > MAX_LINE:
            return False
        try:
            record = orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        match record:
            case {"cache_score": int() | float() as score, "is_cache_wrong": bool() as is_wrong}:
                if model is None or record.get("requested_model") == model:
                    self.found.append((float(score), is_wrong))
            case {"question": str() as question, "other": str() as other, "is_same": bool() as is_same}:
                self._compare(question, other, is_same=is_same)
            case {"request_id": str()}:
                # A line of a log, of a request that was not compared.
                return True
            case _:
                return False
        return True

    def _compare(self, question: str, other: str, *, is_same: bool) -> None:
        if veto(question, other) is not None:
            self.n_vetoed += 1
            return
        forms = [normalise(question), normalise(other)]
        score = 1.0 if forms[0] == forms[1] else Verifier.shipped().score(question, other, _cosine(*forms))
        self.found.append((score, not is_same))


def _cosine(one: str, other: str) -> float:
    vectors: Any = memoryview(Embedder.shipped().embed_many([one, other])).cast("f")
    half = len(vectors) // 2
    return float(sum(left * right for left, right in zip(vectors[:half], vectors[half:], strict=True)))
