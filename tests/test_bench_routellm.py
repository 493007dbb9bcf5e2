"""`tiercel bench routellm`: its measures are what RouteLLM defines, and it says what was learned from."""

import csv
import gzip
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.command_line import check_refused, tiercel
from tiercel.bench.routellm.curve import at_random, compare, curve
from tiercel.bench.routellm.report import run
from tiercel.errors import TiercelError
from tiercel.training import outcomes, routellm
from tiercel.training.routellm import STRONG, WEAK, Question

LEARNED = "A farmer keeps three sheep and buys four more of them at the market on Monday."
CONTAMINATED = "Janet sells the eggs of her ducks at the market for two dollars an egg, day by day."


def questions(gaps):
    return [Question(f"question {n}", 0.0, gap, is_contaminated=False) for n, gap in enumerate(gaps)]


def measure(gaps, scores):
    found = compare(questions(gaps), {"it": scores}, 1).get("it")
    return found and found.curve


@pytest.mark.parametrize(
    ("gaps", "scores", "apgr", "cpt_50", "cpt_80"),
    [
        pytest.param([1] * 10, range(10), 0.5, 0.5, 0.8, id="equal gaps are a straight line"),
        pytest.param([1] + [0] * 9, range(10, 0, -1), 0.95, 0.05, 0.08, id="all that is to be had comes first"),
        pytest.param([1] + [0] * 9, range(10), 0.05, 0.95, 0.98, id="all that is to be had comes last"),
        pytest.param([1] + [0] * 9, [7] * 10, 0.5, 0.5, 0.8, id="equal scores are chance"),
        pytest.param([1, -1] + [0] * 7 + [1], [9, 1, *[5] * 7, 9], 1.75, 0.05, 0.08, id="more than the strong model"),
    ],
)
def test_the_measures(gaps, scores, apgr, cpt_50, cpt_80):
    found = measure(gaps, list(scores))

    assert found is not None
    assert (found.apgr, found.cpt_50, found.cpt_80) == pytest.approx((apgr, cpt_50, cpt_80))
    assert (found.pgr[0], found.pgr[-1]) == (0, 1)


def test_without_a_gap_there_is_nothing_to_recover():
    assert measure([1, -1], [1, 2]) is None
    assert curve([(1.0, 0.1), (1.0, 0.2), (1.0, -0.3)]) is None


@given(some.lists(some.integers(-1, 1), min_size=10, max_size=60).filter(lambda gaps: sum(gaps) > 0), some.randoms())
def test_an_order_and_its_reverse_make_one(gaps, rng):
    gaps = gaps[: len(gaps) // 10 * 10]
    places = rng.sample(range(len(gaps)), len(gaps))
    found = [curve([(0.0 + place, gaps[at]) for place, at in enumerate(order)]) for order in (places, places[::-1])]

    assert sum(gaps) <= 0 or sum(it.apgr for it in found if it) == pytest.approx(1)


def test_intervals_follow_from_the_seed_and_hold_the_figure():
    asked = questions([1, 0, 1, 0, 0, 1, -1, 0, 1, 0] * 20)
    orders = {"some": [n % 17 for n in range(200)], "best": [it.strong for it in asked]}
    found = compare(asked, orders, 1)

    assert found == compare(asked, orders, 1) != compare(asked, orders, 2)
    for it in (*found.values(), at_random(asked, 1)):
        assert it.apgr_interval[0] < it.curve.apgr < it.apgr_interval[1]
    assert at_random(asked, 1).curve.pgr == pytest.approx([step / 10 for step in range(11)])
    some, best = found["some"], found["best"]
    assert (best.gain, best.gain_interval) == (None, None)
    assert some.gain is not None
    assert some.gain_interval is not None
    assert some.gain == pytest.approx(some.curve.apgr - best.curve.apgr)
    assert some.gain_interval[0] < some.gain < some.gain_interval[1] < 0


def write_lines(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as file:
        file.writelines(f"{json.dumps(it)}\n" for it in records)


def write_table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows([("prompt", WEAK, STRONG), *rows])


@pytest.fixture
def data(tmp_path):
    """A data folder that was made up: three sets, in GSM8K's one question that was learned from and one left out."""
    routing = tmp_path / "data" / "routing"
    folder = routing / "routellm"
    asked = [
        (f"How much is {n} times {n + 3}?\nA. {n}\nB. {n * (n + 3)}\nAnswer:", n % 3 > 0, n % 7 > 0) for n in range(60)
    ]
    write_table(folder / "mmlu" / "responses" / "mmlu_sums.csv.gz", asked)
    write_lines(folder / "mmlu" / "contaminated_prompts.jsonl.gz", [])
    extra = [(LEARNED, False, True), (CONTAMINATED, False, True)]
    write_table(folder / "gsm8k" / "gsm8k_responses.csv.gz", [*asked[:40], *extra])
    write_lines(folder / "gsm8k" / "contaminated_prompts.jsonl.gz", [{"eval_prompt": CONTAMINATED}])
    turns = [{"question_id": n, "turns": [f"Write a story of {n} words.", "Shorter."]} for n in range(20)]
    write_lines(folder / "mt_bench" / "question.jsonl.gz", turns)
    marks = [(n, model, 5 + n % 5 + (model == STRONG)) for n in range(20) for model in (WEAK, STRONG)]
    judgements = [{"question_id": n, "model": model, "score": mark} for n, model, mark in marks for _ in range(2)]
    write_lines(folder / "mt_bench" / "judgements.jsonl.gz", judgements)
    write_lines(folder / "mt_bench" / "contaminated_prompts.jsonl.gz", [{"eval_prompt": "Write a story of 3 words."}])
    write_lines(routing / "mmlu_pro" / "mmlu_pro.jsonl.gz", [])
    write_lines(routing / "zeroeval" / "pool29.jsonl.gz", [])
    for name in ("val", "test"):
        write_lines(routing / "paretobandit" / f"{name}.jsonl.gz", [])
    learned = {"question": f"Solve this, step by step.\n{LEARNED}", "scores": {"gemma-2-9b-it": 1.0}}
    (routing / "llmrouter_uiuc").mkdir()
    with gzip.open(routing / "llmrouter_uiuc" / "train.json.gz", "wt") as file:
        json.dump([learned], file)
    return tmp_path / "data"


def plain(items, _):
    return items


def test_what_was_learned_from_is_no_evidence(data):
    report = run(data, 1, plain)
    gsm8k = {it["name"]: it["standing"] for it in report["sets"]["GSM8K"]["orders"]}

    assert gsm8k["tiercel"] == "no evidence: 1 of 41 were learned from"
    assert gsm8k["tiercel, questions not learned from"].startswith("none was learned from; what `p_cheap` learns")
    assert {name: it["n_left_out"] for name, it in report["sets"].items()} == {"MT-Bench": 1, "MMLU": 0, "GSM8K": 1}
    assert [it["name"] for it in report["sets"]["MMLU"]["orders"]] == [
        "tiercel",
        "longest first",
        "chance",
        "hindsight",
    ]
    assert LEARNED not in {it.text for it in outcomes.to_judge(data)}
    assert report == run(data, 1, plain)


def test_hindsight_is_the_best_and_chance_a_straight_line(data):
    for it in run(data, 1, plain)["sets"].values():
        apgr = {order["name"]: order["measured"]["curve"]["apgr"] for order in it["orders"]}

        assert apgr["hindsight"] == max(apgr.values())
        assert apgr["chance"] == pytest.approx(0.5, abs=0.01)
        assert {(row["router"], row["learned_from"]) for row in it["published"]} >= {("BERT", "arena")}


def test_the_command_writes_what_it_prints(data, tmp_path):
    ended = tiercel(
        "bench", "routellm", "--data", data, "--json", "report.json", "--plot", "curves.svg", folder=tmp_path
    )
    report = json.loads((tmp_path / "report.json").read_text())
    picture = ET.parse(tmp_path / "curves.svg").getroot()

    assert ended.returncode == 0, ended.stderr
    for it in report["sets"].values():
        for order in it["orders"]:
            assert re.search(rf"(?m)^{order['name']} +{order['measured']['curve']['apgr']:.3f} ", ended.stdout)
    assert all(assumption in ended.stdout for assumption in report["assumptions"])
    assert picture.tag.endswith("svg")
    assert len(picture.findall(".//{*}polyline")) == 2 * len(report["sets"])


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        pytest.param(
            lambda folder: write_table(folder / "gsm8k" / "gsm8k_responses.csv.gz", [("1 + 1?", "yes", "True")]),
            "gsm8k/gsm8k_responses.csv.gz: record 1: 'yes' is no column, or no True or False",
            id="neither right nor wrong",
        ),
        pytest.param(
            lambda folder: write_lines(folder / "mt_bench" / "judgements.jsonl.gz", []),
            "mt_bench/judgements.jsonl.gz: question 0 is not judged for both models",
            id="no judgement",
        ),
        pytest.param(
            lambda folder: write_lines(folder / "mt_bench" / "question.jsonl.gz", [{"question_id": 1}]),
            "mt_bench/question.jsonl.gz:1: this is no such record: KeyError('turns')",
            id="no turns",
        ),
        pytest.param(
            lambda folder: (folder / "mmlu" / "contaminated_prompts.jsonl.gz").write_bytes(b"\x1f\x8b\x08"),
            "mmlu/contaminated_prompts.jsonl.gz is damaged: ",
            id="half a file",
        ),
        pytest.param(
            lambda folder: (folder / "gsm8k" / "contaminated_prompts.jsonl.gz").unlink(),
            "gsm8k/contaminated_prompts.jsonl.gz: no such file or directory",
            id="no file",
        ),
    ],
)
def test_a_file_that_is_wrong_is_named(data, damage, expected):
    folder = data / "routing" / "routellm"
    damage(folder)

    with pytest.raises(TiercelError) as raised:
        routellm.read(data)

    assert str(raised.value).replace(f"{folder}/", "").removeprefix("cannot read ").startswith(expected)


def test_a_set_without_a_gap_is_refused(data):
    write_table(data / "routing" / "routellm" / "gsm8k" / "gsm8k_responses.csv.gz", [("1 + 1?", True, True)])

    with pytest.raises(TiercelError, match="GSM8K: the strong model is no better than the weak one"):
        run(data, 1, plain)


def test_without_data_it_says_so(tmp_path):
    expected = "error: cannot read no/routing/llmrouter_uiuc/train.json.gz: no such file or directory\n"

    check_refused(tmp_path, ["bench", "routellm", "--data", "no"], 2, expected)


@pytest.mark.skipif("TIERCEL_DATA" not in os.environ, reason="TIERCEL_DATA names the folder with the public results")
def test_the_sets_are_as_routellm_has_them():
    read = routellm.read(Path(os.environ["TIERCEL_DATA"]))
    found = {}
    for name, those in read.items():
        kept = [it for it in those if not it.is_contaminated]
        weak, strong = (sum(worth) / len(kept) for worth in zip(*((it.weak, it.strong) for it in kept), strict=True))
        found[name] = (len(kept), round(weak, 4), round(strong, 4))

    assert found == {
        "MT-Bench": (72, 8.2812, 9.2118),
        "MMLU": (14_037, 0.6809, 0.8059),
        "GSM8K": (1_307, 0.6373, 0.8577),
    }
