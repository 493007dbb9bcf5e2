"""`tiercel bench cache`: its figures add up, follow from the seed, and come from what it says they come from."""

import csv
import gzip
import json
import os
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.command_line import check_refused, tiercel
from tiercel.bench import gateway
from tiercel.bench.cache import asking, measures, report, rules, streams, vcache
from tiercel.bench.cache.handbook import Handbook
from tiercel.bench.cache.measures import Outcome, Promise
from tiercel.bench.cache.streams import Question, Stream
from tiercel.errors import TiercelError
from tiercel.training.embedder import texts
from tiercel.training.verifier import sources

FORMS = (
    "how do I change my {}",
    "please change my {}",
    "can my {} be changed?",
    "I would like another {}",
    "my {} has to be changed",
    "who changes my {}",
    "where is the {} that I asked to change",
    "change the {} for me, would you",
)
THINGS = ("password", "address", "flight", "dentist", "tariff", "surname", "mattress", "curtains", "voucher", "menu")
SCALE = report.Scale(60, 7)


def write(folder, banking, clinc):
    """A data folder of these questions by intent, none of which the verifier can have seen but by chance."""
    for name in ("cache", "tasks"):
        (folder / name).mkdir(exist_ok=True)
    with (folder / "cache" / "banking77_train.csv").open("w", newline="") as file:
        written = csv.writer(file)
        written.writerows([("text", "category"), *((text, intent) for intent, those in banking for text in those)])
    with gzip.open(folder / "cache" / "clinc150_train.jsonl.gz", "wt") as file:
        for intent, those in clinc:
            file.writelines(json.dumps({"text": text, "intent": intent}) + "\n" for text in those)
    with gzip.open(folder / "tasks" / "prompts.jsonl.gz", "wt"):
        pass
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    intents = [(f"change_{thing}", [form.format(thing) for form in FORMS]) for thing in THINGS]
    oos = ("oos", ["what is the moon made of", "who invented the fork"])
    return write(tmp_path_factory.mktemp("data"), intents[:5], [*intents[5:], oos])


@pytest.fixture(scope="module")
def questions(data):
    return streams.read(data)


def track(requests, _doing):
    return requests


MODES = {name: asking.MODES[name] for name in ("off", "exact")}


def simulate(data, folder, scale=SCALE):
    return report.run(data, scale, folder, track, MODES)


@pytest.fixture(scope="module")
def simulated(data, tmp_path_factory):
    return simulate(data, tmp_path_factory.mktemp("run"))


def rows(found):
    return [(name, by, it) for name, stream in found["streams"].items() for by, it in stream["rows"].items()]


def test_what_is_reported_adds_up(simulated):
    for name, by, it in rows(simulated):
        where = (name, by)
        price = simulated["streams"][name]["rows"]["off"]["dollars"]
        assert it["n_requests"] == simulated["streams"][name]["n_requests"], where
        assert it["hit_rate"] * it["n_requests"] == pytest.approx(it["n_exact"] + it["n_hits"]), where
        assert it["n_wrong"] + it["n_broad"] <= it["n_hits"], where
        assert it["dollars"] + it["saved_dollars"] == pytest.approx(price), where
        assert it["n_wrong_exact"] == 0, where
        for count in ("n_requests", "n_exact", "n_hits", "n_wrong", "n_broad", "n_checks"):
            assert sum(part[count] for part in it["quarters"]) == it[count], (*where, count)
            assert it["unseen"][count] <= it[count], (*where, count)
        if it["n_hits"]:
            low, high = it["wrong_of_hits_interval"]
            assert low <= it["wrong_of_hits"] <= high, where


def test_exact_repeats_are_what_an_exact_cache_finds(simulated):
    for name, stream in simulated["streams"].items():
        off, exact = stream["rows"]["off"], stream["rows"]["exact"]

        assert off["n_exact"] == off["n_hits"] == 0
        assert exact["n_exact"] == stream["n_requests"] - stream["n_questions"]
        assert exact["n_exact"] > 0 or name == streams.UNSEEN
        assert exact["n_hits"] == 0


def test_equal_seeds_give_equal_reports_and_others_other_ones(simulated, data, tmp_path):
    assert simulated == simulate(data, tmp_path)
    assert simulated["streams"] != simulate(data, tmp_path, report.Scale(SCALE.n_requests, 8))["streams"]


def test_a_stream_repeats_as_it_says_and_ends_with_its_questions():
    asked = [Question(f"{n}", "banking77/a", is_unseen=True, has_one_answer=False) for n in range(4_000)]
    (whole,) = (it for it in streams.streams(asked, 100_000, 3) if it.name == "support")
    (part,) = (it for it in streams.streams(asked, 1_000, 3) if it.name == "support")
    times = sorted(Counter(whole.requests).values(), reverse=True)
    n_repeats = len(whole.requests) - len(asked)

    assert sorted(set(whole.requests)) == list(range(4_000))
    assert 0.27 < n_repeats / len(whole.requests) < 0.33
    assert whole.requests[:1_000] == part.requests
    # By Zipf's law a handful of questions makes for a good part of the repeats.
    assert sum(times[:40]) > n_repeats / 5


def test_what_the_streams_are_of(questions, data):
    intents = texts.intents(data)
    found = {it.name: it.questions for it in streams.streams(questions, 10, 1)}

    assert len(found["mixture"]) == len(questions) == sum(map(len, intents.values()))
    assert {it.intent.partition("/")[0] for it in found["support"]} == {"banking77"}
    assert {it.intent.partition("/")[0] for it in found["assistant"]} == {"clinc150"}
    assert {it.intent for it in questions if it.text in intents["clinc150/oos"]} == {"clinc150/oos/0", "clinc150/oos/1"}
    # Of so few the verifier has had all but those that have no intent, which it leaves out.
    assert {it.intent for it in found["unseen"]} == {"clinc150/oos/0", "clinc150/oos/1"}


def test_what_counts_as_unseen(data, monkeypatch):
    monkeypatch.setattr(sources, "_N_INTENTS", 9)
    unseen = [it for it in streams.read(data) if it.is_unseen]
    held_out = texts.held_out(data)

    assert unseen
    assert {"/".join(it.intent.split("/")[:2]) for it in unseen} <= set(held_out)
    assert 2 < len(unseen) < sum(map(len, held_out.values()))


@pytest.mark.skipif("TIERCEL_DATA" not in os.environ, reason="TIERCEL_DATA names the folder with the questions")
def test_nothing_was_learned_from_what_is_called_unseen():
    folder = Path(os.environ["TIERCEL_DATA"])
    unseen = [it for it in streams.read(folder) if it.is_unseen]
    learned = set(texts.texts(folder, seed=1))

    assert len(unseen) > 2_000
    assert not [it for it in unseen if it.text in learned]
    assert not [it for it in unseen if it.intent.partition("/")[2] in sources.SAME_ANSWER]


def test_pages_tell_intents_apart_and_come_in_several_wordings(questions):
    handbook = Handbook(questions)
    answers = {it.text: handbook.answer(it.text) for it in questions}
    by_intent = Counter(handbook.intent(answer) for answer in set(answers.values()))

    assert [handbook.intent(answers[it.text]) for it in questions] == [it.intent for it in questions]
    assert max(by_intent.values()) > 2
    assert handbook.intent("I do not know.") is None


def outcome(question, found="semantic", *, is_wrong=False, cost=0):
    return Outcome(question, found, is_wrong, is_checked=False, cost=cost, price=10)


def test_a_promise_is_of_hits_or_of_requests():
    asked = [Question(f"{n}", "a/b", is_unseen=n < 5, has_one_answer=n % 2 == 0) for n in range(20)]
    outcomes = [outcome(n, "model", cost=10) for n in range(10)]
    outcomes += [outcome(n, is_wrong=n == 10) for n in range(10, 20)]

    of_hits = measures.measure(outcomes, asked, Promise(0.05, "hits"))
    of_requests = measures.measure(outcomes, asked, Promise(0.05, "requests"))

    assert (of_hits["wrong_of_hits"], of_hits["wrong_of_requests"]) == (0.1, 0.05)
    assert not of_hits["promise"]["held"]
    assert of_requests["promise"]["held"]
    assert of_hits["n_broad"] == 5
    assert [part["n_hits"] for part in of_hits["quarters"]] == [0, 0, 5, 5]
    assert of_hits["unseen"]["n_requests"] == 5
    assert of_hits["saved"] == 0.5


def test_of_questions_each_counts_once():
    asked = [Question(f"{n}", "a/b", is_unseen=False, has_one_answer=True) for n in range(4)]
    hits = [outcome(0, is_wrong=True)] * 97 + [outcome(n, is_wrong=n == 3) for n in (1, 2, 3, 3)]
    hits[-1] = outcome(3)

    assert measures.tally(hits, asked)["wrong_of_questions"] == pytest.approx((1 + 0.5) / 4)


def test_the_same_question_again_is_no_new_trial():
    asked = [Question(f"{n}", "a/b", is_unseen=False, has_one_answer=True) for n in range(100)]
    once = measures.tally([outcome(n) for n in range(100)], asked)
    again = measures.tally([outcome(n) for n in range(100) for _ in range(9)], asked)

    assert once["wrong_of_hits_interval"] == pytest.approx(again["wrong_of_hits_interval"])
    assert again["wrong_of_questions"] == 0
    assert again["wrong_of_hits_interval"] == pytest.approx((0, 0.037), abs=0.001)


@given(some.floats(0, 1), some.floats(1, 1e6))
def test_an_interval_holds_its_share_and_narrows(share, n):
    low, high = measures.wilson(share, n)
    closer = measures.wilson(share, 4 * n)

    assert 0 <= low <= share <= high <= 1
    assert closer[1] - closer[0] <= high - low


def near_and_far():
    """Four questions whose nearest is another intent's, and of the same intent."""
    said = [
        ("how do I change my password", "a/password"),
        ("how do i change my password please", "a/password"),
        ("how do I change my passport", "a/passport"),
        ("what is the moon made of", "a/moon"),
    ]
    asked = [Question(text, intent, is_unseen=False, has_one_answer=True) for text, intent in said]
    return Stream("made up", asked, [0, 1, 2, 3, 0])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(rules.Threshold(-1), "model semantic semantic! semantic! exact", id="any cosine will do"),
        pytest.param(rules.Threshold(1.01), "model model model model exact", id="no cosine will do"),
        pytest.param(rules.Verified(0.6), "model semantic model model exact", id="vetoes and verifier"),
        pytest.param(rules.VCache(0.01), "model model? model? model? exact", id="vCache checks first"),
    ],
)
def test_what_rules_give(rule, expected):
    stream = near_and_far()
    found, served = rules.follow(rule, stream, stream.requests, len, seed=1)

    assert " ".join(f"{it.found}{'?' * it.is_checked}{'!' * it.is_wrong}" for it in found) == expected
    assert len(served) == expected.count("semantic")
    assert [it.cost for it in found] == [it.price if it.found == "model" else 0 for it in found]


def test_what_vcache_found_right_serves_its_own_words_alone():
    said = ["how do I change my password", "change my password, please", "how to change a password"]
    asked = [Question(text, "a/password", is_unseen=False, has_one_answer=True) for text in said]
    stream = Stream("made up", asked, [0, 1, 1])
    rule = rules.VCache(0.01)
    found, _ = rules.follow(rule, stream, [0, 1, 1, 2], len, seed=1)

    assert [it.found for it in found] == ["model", "model", "exact", "model"]
    assert {text: len(entry.checks) for text, entry in rule._entries.items()} == {said[0]: 4}


@given(some.lists(some.tuples(some.floats(0, 1), some.sampled_from([0.0, 1.0])), max_size=40), some.floats(0, 1))
def test_a_curve_of_any_checks_gives_a_probability_that_falls_as_errors_are_allowed(checks, cosine):
    curve = vcache.fit([(0.0, 0.0), (1.0, 1.0), *checks])
    found = [curve.exploration(cosine, max_error) for max_error in (0.001, 0.01, 0.1)]

    assert 0 <= curve.middle <= 1
    assert curve.variance >= 0
    assert all(more <= less <= 1 for less, more in pairwise(found))


def test_an_entry_that_was_always_right_is_checked_ever_less():
    def exploration(n, right):
        return vcache.fit([(0.0, 0.0), (1.0, 1.0), *[(0.9, right)] * n]).exploration(0.9, 0.05)

    assert exploration(400, 1.0) < exploration(40, 1.0) < 1
    assert exploration(40, 0.0) > 0.9


def test_the_gateways_books_are_read_and_compared(questions):
    upstream = asking.Upstream.of(Handbook(questions), seed=1)
    stream = Stream("made up", questions, [0])
    right, wrong = (upstream.handbook.answer(questions[n].text) for n in (0, -1))

    def read(where, text, line):
        return upstream._outcome(stream, 0, gateway.Found(where, text), line, lambda _: 10)

    assert read("semantic", wrong, {}) == Outcome(0, "semantic", is_wrong=True, is_checked=False, cost=0, price=10)
    assert read("miss", right, {"cost_nano_dollars": 10, "is_cache_wrong": False}) == Outcome(
        0, "model", is_wrong=False, is_checked=True, cost=10, price=10
    )
    with pytest.raises(TiercelError, match="log says 9 nano-dollars, not 10, for model"):
        read("miss", right, {"cost_nano_dollars": 9})


def test_the_command_writes_what_it_prints(data, tmp_path):
    ended = tiercel("bench", "cache", "--data", data, "--requests", 20, "--json", "report.json", folder=tmp_path)
    found = json.loads((tmp_path / "report.json").read_text())

    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.endswith("report.json is written\n")
    for name, by, it in rows(found):
        assert re.search(rf"(?m)^{re.escape(by)} +{it['hit_rate']:.1%} +{it['n_exact']} ", ended.stdout), (name, by)
    assert all(assumption in ended.stdout for assumption in found["assumptions"])


def test_without_data_it_says_so(tmp_path):
    expected = "error: cannot read no/cache/banking77_train.csv: no such file or directory\n"

    check_refused(tmp_path, ["bench", "cache", "--data", "no"], 2, expected)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("banking77_train.csv", b"text,intent\na,b\n", id="a column that is missing"),
        pytest.param("clinc150_train.jsonl.gz", gzip.compress(b"{\n"), id="half a line"),
        pytest.param("clinc150_train.jsonl.gz", gzip.compress(b"[1]\n"), id="no object"),
        pytest.param("clinc150_train.jsonl.gz", gzip.compress(b"{}\n" * 99)[:-9], id="half a file"),
        pytest.param("clinc150_train.jsonl.gz", b"text", id="not compressed"),
    ],
)
def test_files_that_are_something_else_are_refused(tmp_path, name, content):
    folder = write(tmp_path, [("a", ["b"])], [("c", ["d"])])
    (folder / "cache" / name).write_bytes(content)

    with pytest.raises(TiercelError, match=r"these are not Banking77 and CLINC150|cannot read"):
        streams.read(folder)
