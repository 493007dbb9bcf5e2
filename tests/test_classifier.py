"""The classifier in Python: one text, many, weights of one's own. How good it is, `docs/models/classifier.md` says."""

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from tests.command_line import tiercel as run
from tiercel import Classifier, _core
from tiercel.cli import output, train
from tiercel.errors import TiercelError
from tiercel.training import judge, log, natural, public
from tiercel.training.prompts import TASKS, Prompt, balanced, split

TEXTS = [
    "",
    "hi",
    "Write a Python function that checks if a string is a palindrome.",
    "Résume ce texte :\n\n- un\n- deux",
    "写一首关于春天的诗",
    "\0\ufffd 👍" * 3_000,
]


@pytest.fixture(scope="module")
def classifier():
    return Classifier()


def test_what_ships_tells_twelve_tasks_apart(classifier):
    found = classifier.classify(TEXTS[2])

    assert classifier.labels == list(TASKS)
    assert found.task == "code"
    assert found.confidence == max(probability for _, probability in found.probabilities)
    assert repr(classifier) == f"Classifier({classifier.name!r}, 12 labels)"
    assert repr(found).startswith("Classification(task=code, confidence=")
    assert classifier.classify("").task is None


def test_many_texts_get_exactly_what_each_gets(classifier):
    one_by_one = [[probability for _, probability in classifier.classify(text).probabilities] for text in TEXTS]

    assert np.array_equal(classifier.classify_many(TEXTS), np.array(one_by_one, np.float32))
    assert np.array_equal(
        classifier.p_cheap_many(TEXTS), np.array([classifier.p_cheap(it) for it in TEXTS], np.float32)
    )
    assert classifier.classify_many([]).shape == (0, 12)


def test_probabilities_are_those_of_the_features_and_the_weights(classifier):
    starts, rows, values = (
        np.frombuffer(it, kind)
        for it, kind in zip(_core.classifier_features(TEXTS), (np.uint64, np.uint32, np.float32), strict=True)
    )
    fitted = _core.Fitted.of(classifier.core, classifier.labels)
    weights = np.frombuffer(fitted.weights(), np.float32).reshape(-1, 16).astype(np.float64)
    scores = np.array(fitted.bias())[None, :] + [
        values[start:end].astype(np.float64) @ weights[rows[start:end]]
        for start, end in zip(starts[:-1].astype(int), starts[1:].astype(int), strict=True)
    ]
    likelihood = np.exp(scores[:, :12] - scores[:, :12].max(axis=1, keepdims=True))

    expected = likelihood / likelihood.sum(axis=1, keepdims=True)
    assert np.abs(classifier.classify_many(TEXTS) - expected).max() < 1e-3


def test_weights_are_written_and_loaded(classifier, tmp_path):
    path = tmp_path / "w"
    path.write_bytes(classifier.core.write())

    assert np.array_equal(Classifier.load(path).classify_many(TEXTS), classifier.classify_many(TEXTS))


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", "no file of classifier weights"), (b"tiercel classifier 1\nabc", "damaged or cut off")],
)
def test_what_are_no_weights_is_refused_by_name(content, expected, tmp_path):
    (tmp_path / "w").write_bytes(content)

    with pytest.raises(TiercelError, match=f"w: .*{expected}"):
        Classifier.load(tmp_path / "w")


def tickets(n, path):
    """A log of two kinds of tickets, in words that tell them apart."""
    rng = random.Random(3)
    words = {"billing": ["invoice", "charged", "refund", "card"], "shipping": ["parcel", "courier", "late", "address"]}
    with path.open("w") as file:
        for number in range(n):
            label = ("billing", "shipping")[number % 2]
            prompt = f"{number} about my {rng.choice(words[label])} and the {rng.choice(words[label])}"
            file.write(json.dumps({"prompt": prompt, "label": label}) + "\n")
    return path


def test_a_log_is_learned_from_and_judged_by_what_was_held_out(tmp_path):
    data, weights = tickets(200, tmp_path / "log.jsonl"), tmp_path / "mine"

    done = run("train", "classifier", "--data", str(data), "--output", str(weights), "--json", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["learned"], found["held_out"], found["old"], found["new"]) == (136, 40, 0.0, 1.0)
    mine = Classifier.load(weights)
    assert mine.labels == ["billing", "shipping"]
    assert mine.classify("where is the parcel, the courier is late").task == "shipping"
    assert mine.p_cheap("hi") == Classifier().p_cheap("hi")


def test_weights_that_are_worse_are_written_only_by_force(classifier, tmp_path, monkeypatch):
    data, weights = tickets(60, tmp_path / "log.jsonl"), tmp_path / "mine"
    worse = log.Retrained(classifier.core, n_learned=48, n_held_out=12, old=0.75, new=0.5, by_label={"a": (12, 9, 6)})
    monkeypatch.setattr(log, "retrain", lambda *_: worse)

    with pytest.raises(output.Stop, match="--force") as refused:
        train.classifier(data, weights)
    assert (refused.value.exit_code, weights.exists()) == (1, False)
    train.classifier(data, weights, force=True)
    assert weights.exists()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "log:2: this is no JSON"),
        ("[]", "log:2: this is no object"),
        ('{"label": "a"}', r"log:2: `prompt` \(or `text`\) must be a text"),
        ('{"prompt": "a", "label": 3}', r"log:2: `label` \(or `task`\) must be a text"),
        ('{"prompt": " ", "label": "a"}', "log:2: `prompt`"),
        (json.dumps({"prompt": "a", "label": "b" * 65}), "log:2: the label is longer than 64 bytes"),
        ("\n".join(json.dumps({"prompt": "a", "label": str(n)}) for n in range(16)), "log:16: '14' is one label more"),
        (json.dumps({"prompt": "a" * 4_000_000, "label": "b"}), "log:2: the line is longer"),
        ("", "prompts of 1 labels"),
    ],
)
def test_a_log_that_is_wrong_is_refused_by_its_line(line, expected, tmp_path):
    (tmp_path / "log").write_text('{"prompt": "hello", "label": "a"}\n' + line)

    with pytest.raises(TiercelError, match=expected):
        log.read(tmp_path / "log")


def test_too_few_prompts_to_judge_by_are_refused(tmp_path):
    with pytest.raises(TiercelError, match="about 60 labelled prompts"):
        log.retrain(log.read(tickets(20, tmp_path / "log")), Classifier().core)


def test_a_file_that_is_not_there_is_said_in_a_message(tmp_path):
    done = run("train", "classifier", "--data", str(tmp_path / "none"), folder=tmp_path)

    assert done.returncode == 2
    assert "cannot read" in done.stderr


def test_a_text_is_never_both_learned_and_held_out():
    prompts = [Prompt(f"Text {number % 30}", "a") for number in range(90)]

    kept, held_out = split(prompts, 0.2, 1)

    assert (len(kept), len(held_out)) == (72, 18)
    assert not {it.text for it in kept} & {it.text for it in held_out}


def test_tasks_and_their_sources_count_the_same():
    prompts = [Prompt("x", "a", "one")] * 8 + [Prompt("x", "a", "other"), Prompt("x", "b", "one")]

    weights = [it.weight for it in balanced(prompts, 4.0)]

    assert weights == [0.125] * 8 + [1.0, 2.0]


def test_areas_bins_and_calibration():
    assert judge.auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == 0.75
    assert judge.auc([0.5, 0.5], [0, 1]) == 0.5
    assert judge.bins([0.25, 0.25, 0.75, 0.75], [0, 0, 1, 1], 2) == [(0.25, 0.0, 2), (0.75, 1.0, 2)]
    assert [round(end, 3) for end in judge.interval(0.5, 100)] == [0.404, 0.596]
    slope, offset = judge.platt([-1.0, 1.0] * 50, [0.0, 1.0, 1.0, 1.0] * 25)
    assert 1 / (1 + np.exp(-(offset - slope))) == pytest.approx(0.5, abs=1e-3)
    # Scores that claim 73 % and are right in 50 % are worth nothing.
    assert judge.sharpness([(1.0, 0.0)] * 2, [0, 1]) == pytest.approx(0.05, abs=1e-2)


def test_written_prompts_are_varied_without_changing_their_task():
    written = natural.natural_prompts()
    varied = natural.varied(written, ["One sentence. Another."], seed=1)

    assert {it.task for it in written} == set(TASKS)
    assert len(varied) == natural.N_VARIATIONS * len(written)
    assert not [it.text for it in varied if "{topic" in it.text or "{passage" in it.text]
    assert varied == natural.varied(written, ["One sentence. Another."], seed=1)


def test_what_forbids_it_is_not_trained_on():
    if "TIERCEL_DATA" not in os.environ:
        pytest.skip("TIERCEL_DATA names no folder with the public data")
    records = public.records(Path(os.environ["TIERCEL_DATA"]))
    forbidden = {it["text"] for it in records if not it["permissive"] or ":glue_qqp" in it["group"]}

    assert forbidden
    assert not forbidden & {it.text for it in public.prompts(records, 1.0, seed=1)}
