"""Vetoes and the verifier from Python: training sees what serving does. Their tables are beside the code."""

import random

import numpy as np
import pytest

from tests.command_line import tiercel as run
from tiercel import _core
from tiercel.bench.cache_pairs import perturbations, report
from tiercel.training.verifier import learn, rewrites, sources, traps

PAIRS = [
    ("How do I reset my password?", "how can i reset my password"),
    ("Is it safe to eat?", "Is it not safe to eat?"),
    ("convert PDF to Word", "convert Word to PDF"),
    ("", ""),
    ("你好", "\0\ufffd👍" * 3_000),
]


def features(verifier, cosine=0.9):
    rows = verifier.features([(*pair, cosine) for pair in PAIRS])
    return np.frombuffer(rows, np.float32).reshape(len(PAIRS), -1)


def test_a_veto_has_a_word_and_the_text_one_form():
    assert [_core.veto(*pair) for pair in PAIRS] == [None, "negation", "reversal", None, "length"]
    assert _core.normalise("Hi! Could you please tell me what's NEW?") == "what is new"


def test_scores_are_those_of_the_trees():
    verifier = _core.Verifier.shipped()
    seen = features(verifier)
    logits = [sum(leaf(tree, row) for tree in verifier.trees()) for row in seen]
    expected = 1 / (1 + np.exp(-np.array(logits, np.float64)))

    assert verifier.trees()
    assert seen.shape == (len(PAIRS), len(_core.Verifier.feature_names()))
    assert np.isfinite(seen).all()
    assert np.allclose([verifier.score(*pair, 0.9) for pair in PAIRS], expected, atol=1e-5)


def test_a_greater_cosine_never_makes_a_pair_less_likely():
    verifier = _core.Verifier.shipped()
    for pair in PAIRS:
        scores = [verifier.score(*pair, cosine) for cosine in np.linspace(-1, 1, 101)]

        assert scores == sorted(scores)


def leaf(tree, row):
    nodes, leaves = tree
    at = 0 if nodes else -1
    while at >= 0:
        feature, threshold, low, high = nodes[at]
        at = low if row[feature] <= np.float32(threshold) else high
    return leaves[-1 - at]


def test_weights_are_read_as_written_and_damage_is_found():
    shipped = _core.Verifier.shipped()
    weights = shipped.write()

    assert _core.Verifier.read(weights).write() == weights
    assert _core.Verifier.read(weights).trees() == shipped.trees()
    for damaged in (b"", weights[:-1], weights[:50] + b"?" + weights[51:], b"tiercel verifier 2\n" + weights[19:]):
        with pytest.raises(ValueError, match="weights"):
            _core.Verifier.read(damaged)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (([(0, 0.5, 0, -1)], [1.0, 2.0]), "a child is not there, or comes before its parent"),
        (([(0, 0.5, -1, -3)], [1.0, 2.0]), "a child is not there"),
        (([(99, 0.5, -1, -2)], [1.0, 2.0]), "a feature that there is not"),
        (([(0, 0.5, -1, -2)], [1.0]), "not one more than nodes"),
        (([], [float("nan")]), "a leaf is not finite"),
    ],
)
def test_a_tree_that_is_none_is_refused(tree, message):
    with pytest.raises(ValueError, match=f"tree 0: .*{message}"):
        _core.Verifier.build(bytes(4096), [tree])


def test_rows_that_learning_leaves_on_one_side_stay_there():
    threshold = 0.1
    single = learn._not_above(threshold)

    assert single <= threshold < float(np.nextafter(np.float32(single), np.float32(1)))


def test_area_under_the_curve():
    same = np.array([True, False, True, False])

    assert learn.auc(np.array([4.0, 3, 2, 1]), same) == 0.75
    assert learn.auc(np.ones(4), same) == 0.5


def test_pairs_for_training_are_made_the_same_each_time():
    def made():
        rng = random.Random(3)
        texts = [pair.stored for pair in sources.written()[:40]]
        return [(rewrites.rewrite(text, rng), traps.trap(text, rng, ["tree", "loan"])) for text in texts]

    assert made() == made()
    assert any(rewrite for rewrite, _ in made())
    assert any(trap for _, trap in made())


def test_training_says_what_it_lacks(tmp_path):
    result = run("train", "verifier", "--data", tmp_path, folder=tmp_path)

    assert result.returncode == 2
    assert "cannot read" in result.stderr or "pip install" in result.stderr


def test_a_threshold_is_the_loosest_that_is_good_enough():
    scores = np.array([0.9, 0.8, 0.8, 0.7], np.float32)
    same = np.array([True, True, True, False])

    assert report._loosest(scores, same) == np.float32(0.8)
    assert report._loosest(scores, ~same) == float("inf")
    assert report._passing(scores, same) == float(np.nextafter(np.float32(0.7), np.float32(1)))


def test_changed_questions_are_of_every_row_and_the_same_each_time():
    questions = [
        "How can I lose 5 pounds in the best way?",
        "Did the king of Spain visit Germany before Portugal did?",
        "Why do people from Italy move to France?",
        *(f"What is the history of {name}?" for name in ("Chile", "Peru", "Kenya", "Nepal")),
    ]
    first, second = (perturbations.cases(questions, random.Random(1), 3) for _ in range(2))

    assert first == second
    assert {case.row for case in first} == {*perturbations.MUST_REFUSE, *perturbations.MUST_ACCEPT}
