"""What a way to decide comes to on a stream, with intervals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiercel.bench.cache.streams import Question

_N_PARTS = 4
_NANO = 1e9
# Of the normal distribution, for two-sided intervals of 95 %.
_QUANTILE = 1.959964

Found = Literal["exact", "semantic", "model"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request.

    Attributes:
        question: Its position among the stream's.
        found: The same words, others, or nothing: then the model answered.
        is_wrong: Whether the answer is of another intent.
        is_checked: Whether the model's answer was compared with a stored one.
        cost, price: Nano-dollars spent, and what the model's answer costs without a cache.
    """

    question: int
    found: Found
    is_wrong: bool
    is_checked: bool
    cost: int
    price: int


@dataclass(frozen=True, slots=True)
class Promise:
    """How many answers may be wrong at most, of the answers given to other words or of all requests."""

    max_error: float
    of: Literal["hits", "requests"]


def measure(outcomes: Sequence[Outcome], questions: Sequence[Question], promise: Promise | None) -> dict[str, Any]:
    """Of the whole stream, of each quarter of it, and of the questions that nothing was learned from."""
    size = -(-len(outcomes) // _N_PARTS)
    found = tally(outcomes, questions)
    if promise:
        wrong = found["wrong_of_hits" if promise.of == "hits" else "wrong_of_requests"]
        found["promise"] = {"max_error": promise.max_error, "of": promise.of, "held": wrong <= promise.max_error}
    found["quarters"] = [tally(outcomes[at : at + size], questions) for at in range(0, len(outcomes), size)]
    found["unseen"] = tally([it for it in outcomes if questions[it.question].is_unseen], questions)
    return found


def tally(outcomes: Sequence[Outcome], questions: Sequence[Question]) -> dict[str, Any]:
    """Counts, shares and dollars. `hits` are answers given to other words, of which alone any can be wrong.

    Where the intent is broader than one answer, a hit that is of the same intent may be wrong all the same: `broad`.
    Of questions, each counts once, however often it came: a popular one that is answered wrongly makes for most of what
    is wrong, and a stream has few popular ones.
    """
    hits = [it for it in outcomes if it.found == "semantic"]
    times = Counter(it.question for it in hits)
    n_exact = sum(it.found == "exact" for it in outcomes)
    n_wrong = sum(it.is_wrong for it in hits)
    n_broad = sum(not it.is_wrong and not questions[it.question].has_one_answer for it in hits)
    spent, price = sum(it.cost for it in outcomes), sum(it.price for it in outcomes)
    return {
        "n_requests": len(outcomes),
        "n_exact": n_exact,
        "n_hits": len(hits),
        "n_wrong": n_wrong,
        "n_broad": n_broad,
        "n_wrong_exact": sum(it.found == "exact" and it.is_wrong for it in outcomes),
        "n_checks": sum(it.is_checked for it in outcomes),
        "hit_rate": _share(n_exact + len(hits), len(outcomes)),
        "wrong_of_hits": _share(n_wrong, len(hits)),
        "wrong_of_hits_interval": _interval(n_wrong, times),
        "wrong_of_questions": _share(sum(1 / times[it.question] for it in hits if it.is_wrong), len(times)),
        "wrong_of_requests": _share(n_wrong, len(outcomes)),
        "dollars": spent / _NANO,
        "saved_dollars": (price - spent) / _NANO,
        "saved": _share(price - spent, price),
    }


def wilson(share: float, n: float) -> tuple[float, float]:
    """The interval of 95 % for a share of `n` trials (Wilson 1927)."""
    spread = _QUANTILE**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = _QUANTILE / (1 + spread) * sqrt(share * (1 - share) / n + spread / (4 * n))
    # What is rounded must not leave the share outside.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _interval(n_wrong: int, times: Counter[int]) -> tuple[float, float] | None:
    """For the share of wrong hits, of which there are so many of each question.

    The same question again is no new trial, so there are as many as Kish's effective number of questions.
    """
    n_hits = times.total()
    return wilson(n_wrong / n_hits, n_hits**2 / sum(n * n for n in times.values())) if n_hits else None


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
