"""How often the right and the wrong answer would be given, in tables."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from tiercel.bench.cache_pairs import judges
from tiercel.bench.cache_pairs.perturbations import MUST_ACCEPT, MUST_REFUSE, cases
from tiercel.training import public
from tiercel.training.verifier.learn import auc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from tiercel.training.verifier.cosine import Floats

    Flags = npt.NDArray[np.bool_]

_LENGTHS = range(15, 120)
_COSINES = (0.8, 0.9, 0.95)

# Of answers given, how many may be wrong; of wrong pairs, how many may get an answer.
_WRONG = 0.01


def report(quora: Sequence[dict[str, Any]], data: Path, most: int, n_pairs: int, seed: int) -> list[str]:
    """Tables in Markdown, of at most `most` questions a row and `n_pairs` pairs of Quora."""
    rng = random.Random(seed)  # noqa: S311 - the same tables each time
    chosen = rng.sample(list(quora), min(n_pairs, len(quora)))
    found = [record["text"].strip() for record in public.records(data) if record["source"] == "nq_open"]
    texts = [text[:1].upper() + text[1:] for text in found] + [record["a"] for record in quora]
    suite = cases(sorted({text for text in texts if len(text) in _LENGTHS}), rng, most)
    name, scores = judges.scores([(case.asked, case.stored) for case in suite] + [(it["a"], it["b"]) for it in chosen])
    of_suite = {judge: it[: len(suite)] for judge, it in scores.items()}
    of_quora = {judge: it[len(suite) :] for judge, it in scores.items()}
    same = np.array([case.same for case in suite])
    lines = [f"Cosine: {name}. {len(suite)} changed questions, {len(chosen)} pairs of Quora's development set.", ""]
    thresholds = {judge: _loosest(it[::2], same[::2]) for judge, it in of_suite.items()}
    lines += _rows(np.array([case.row for case in suite]), of_suite, thresholds)
    lines += _hits("changed questions", of_suite, same)
    lines += _hits("Quora", of_quora, np.array([bool(it["same"]) for it in chosen]))
    return lines


def _rows(rows: npt.NDArray[np.str_], scores: dict[str, Floats], thresholds: dict[str, float]) -> list[str]:
    """Of each row the share that is refused, or accepted; thresholds are of the other half of the questions."""
    is_judged = np.arange(len(rows)) % 2 == 1
    columns: list[tuple[str, Flags]] = [("vetoes alone", scores[judges.VETOES] >= 0)]
    columns += [(f"cosine {it}", scores[judges.COSINE] >= it) for it in _COSINES]
    columns += [(_chosen(judge, it), scores[judge] >= it) for judge, it in thresholds.items()]
    lines = _header("row", "number", *(name for name, _ in columns))
    for row in (*MUST_REFUSE, *MUST_ACCEPT):
        here = is_judged & (rows == row)
        verb, accepts = ("accepted", True) if row in MUST_ACCEPT else ("refused", False)
        shares = [f"{np.mean(column[here] == accepts):.3f}" if here.any() else "" for _, column in columns]
        lines.append(_line(f"{row}: {verb}", str(int(here.sum())), *shares))
    return [*lines, ""]


def _chosen(judge: str, threshold: float) -> str:
    return f"{judge} at {threshold:.3f}" if np.isfinite(threshold) else f"{judge}: no threshold is good enough"


def _hits(name: str, scores: dict[str, Floats], same: Flags) -> list[str]:
    """Thresholds are chosen on every second pair, and judged by the others."""
    title = f"{name}: who decides"
    lines = _header(
        title, "AUC", "hits", "of them wrong", "at", "hits where 1 % of wrong pairs pass", "wrong pairs passed"
    )
    for judge, it in scores.items():
        threshold, passing = _loosest(it[::2], same[::2]), _passing(it[::2], same[::2])
        chosen, right = it[1::2], same[1::2]
        hit, passed = chosen >= threshold, chosen >= passing
        wrong = f"{np.mean(~right[hit]):.3f}" if hit.any() else "none given"
        numbers = auc(it, same), hit[right].mean(), threshold, passed[right].mean(), passed[~right].mean()
        area, hits, at, easy, let = (f"{number:.3f}" for number in numbers)
        lines.append(_line(judge, area, hits, wrong, at, easy, let))
    return [*lines, ""]


def _loosest(scores: Floats, same: Flags) -> float:
    """The least threshold above which at most 1 % are wrong; one that nothing reaches where there is none."""
    order = np.argsort(-scores, kind="stable")
    wrong = np.cumsum(~same[order]) / np.arange(1, len(order) + 1)
    # A threshold takes all of a score or none.
    ends = np.append(np.diff(scores[order]) != 0, [True])
    good = np.flatnonzero((wrong <= _WRONG) & ends & (scores[order] >= 0))
    return float(scores[order][good[-1]]) if len(good) else float("inf")


def _passing(scores: Floats, same: Flags) -> float:
    """The threshold that at most 1 % of the wrong pairs reach."""
    wrong = np.sort(scores[~same])[::-1]
    return max(0.0, float(np.nextafter(wrong[int(_WRONG * len(wrong))], np.float32(np.inf))))


def _header(*names: str) -> list[str]:
    return [_line(*names), _line(*["---"] * len(names))]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
