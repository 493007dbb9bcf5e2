"""Fits the trees, and says how well they tell apart what was not fitted."""

from __future__ import annotations

import importlib
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiercel import _core
from tiercel.training.verifier import cosine, material

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from tiercel.training.verifier.sources import Pair

_N_TREES = 90
_N_LEAVES = 8
_RATE = 0.12

# Pairs that a veto refuses are never scored, so they count little; they help where vetoes are silent.
_WEIGHT_OF_VETOED = 0.25

# Pairs that a program made are many and alike; those of people are few and what is met in service.
_WEIGHT_OF_MADE = 0.5
_OF_PEOPLE = frozenset({"written", "written other", "intent", "near"})

# The embedder may be exchanged for one trained anew; trees should not rest on the third decimal of a cosine.
_NOISE = 0.02

Node = tuple[int, float, int, int]
Parts = tuple[list[Node], list[float]]


@dataclass(frozen=True)
class Made:
    """A verifier, and what was found on the way."""

    verifier: _core.Verifier
    embedder: str
    n_pairs: dict[str, int]
    auc_held_out: float


def make(data: Path, seed: int = 1) -> Made:
    """Trees learned from pairs; a fifth of them, by whole stored questions, is held out to say how good the fit is."""
    name, embed = cosine.embedder()
    questions, pairs = material.pairs(data, embed, seed)
    rarities = _core.rarities([question.text for question in questions])
    features = features_of(_core.Verifier.build(rarities, []), pairs, cosine.cosines(embed, texts_of(pairs)))
    rng = np.random.default_rng(seed)
    features[:, 0] += rng.normal(0, _NOISE, len(pairs)).astype(np.float32)
    same = np.array([pair.same for pair in pairs])
    weights = np.array([pair.weight * _counts(pair) for pair in pairs])
    is_held_out = np.array([_is_held_out(pair) for pair in pairs])
    trees = _fit(features[~is_held_out], same[~is_held_out], weights[~is_held_out], seed)
    verifier = _core.Verifier.build(rarities, trees)
    scores = sum(_values(tree, features[is_held_out]) for tree in trees)
    return Made(verifier, name, dict(Counter(it.origin for it in pairs)), auc(np.asarray(scores), same[is_held_out]))


def texts_of(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    """The two texts of each."""
    return [(pair.asked, pair.stored) for pair in pairs]


def features_of(verifier: _core.Verifier, pairs: Sequence[Pair], cosines: cosine.Floats) -> cosine.Floats:
    """What the trees see: an array of shape `(len(pairs), number of features)`."""
    rows = [(pair.asked, pair.stored, float(near)) for pair, near in zip(pairs, cosines, strict=True)]
    found = np.frombuffer(verifier.features(rows), np.float32)
    return found.reshape(len(pairs), len(_core.Verifier.feature_names())).copy()


def auc(scores: npt.NDArray[Any], same: npt.NDArray[np.bool_]) -> float:
    """How often a pair that is the same scores more than one that is not; ties count a half."""
    _, ranks, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - (counts - 1) / 2
    n_same = int(same.sum())
    return float((middles[ranks][same].sum() - n_same * (n_same + 1) / 2) / max(1, n_same * (len(same) - n_same)))


def _fit(features: cosine.Floats, same: npt.NDArray[np.bool_], weights: npt.NDArray[Any], seed: int) -> list[Parts]:
    lightgbm: Any = importlib.import_module("lightgbm")
    parameters = {
        "objective": "binary",
        "num_leaves": _N_LEAVES,
        "learning_rate": _RATE,
        "min_data_in_leaf": 60,
        "lambda_l2": 5.0,
        "feature_fraction": 0.6,
        "monotone_constraints": [sign for _, sign in _core.Verifier.feature_names()],
        "monotone_constraints_method": "intermediate",
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbose": -1,
    }
    booster = lightgbm.train(parameters, lightgbm.Dataset(features, same, weight=weights), num_boost_round=_N_TREES)
    return [_parts(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]


def _parts(root: dict[str, Any]) -> Parts:
    """Nodes, a parent before its children, and leaves."""
    nodes: list[Node] = []
    leaves: list[float] = []

    def add(part: dict[str, Any]) -> int:
        if "leaf_value" in part:
            leaves.append(part["leaf_value"])
            return -len(leaves)
        place = len(nodes)
        nodes.append((0, 0.0, 0, 0))
        children = add(part["left_child"]), add(part["right_child"])
        nodes[place] = (part["split_feature"], _not_above(part["threshold"]), *children)
        return place

    add(root)
    return nodes, leaves


def _not_above(threshold: float) -> float:
    """The greatest number of single precision that is not above: the same features are at most that."""
    single = np.float32(threshold)
    return float(single if float(single) <= threshold else np.nextafter(single, np.float32(-math.inf)))


def _values(tree: Parts, features: cosine.Floats) -> npt.NDArray[np.float64]:
    """What a tree adds to each row."""
    nodes, leaves = tree
    at = np.zeros(len(features), int) if nodes else np.full(len(features), -1)
    while (inner := at >= 0).any():
        for number, (feature, threshold, low, high) in enumerate(nodes):
            here = inner & (at == number)
            at[here] = np.where(features[here, feature] <= np.float32(threshold), low, high)
    values: npt.NDArray[np.float64] = np.array(leaves)[-1 - at]
    return values


def _counts(pair: Pair) -> float:
    made = 1.0 if pair.origin in _OF_PEOPLE else _WEIGHT_OF_MADE
    return made * (_WEIGHT_OF_VETOED if _core.veto(pair.asked, pair.stored) else 1.0)


def _is_held_out(pair: Pair) -> bool:
    return sum(pair.stored.encode()) % 5 == 0
