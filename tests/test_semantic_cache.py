"""Answers are found again by what was asked, in whichever words, and not by what only looks like it."""

import signal
import sqlite3
import subprocess
import sys
import threading
from typing import Any

import pytest

from tiercel import SemanticCache, TiercelError

QUESTION = "What is your refund policy?"
ANSWER = "30 days."


def empty(**settings: Any) -> SemanticCache[Any]:
    return SemanticCache(**settings)


def answer(cache, question):
    hit = cache.get(question)
    return hit and hit.answer


@pytest.fixture
def cache():
    cache = empty()
    cache.put(QUESTION, ANSWER)
    cache.put("How do I convert a PDF to a Word document?", "Use the export menu.")
    cache.put("Flights from Berlin to Madrid in 2023", "There are 5.")
    return cache


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        "what is your refund policy",
        "What's your refund policy?",
        "Hi, WHAT IS YOUR REFUND POLICY, please?",
        "Your refund policy?",
    ],
)
def test_what_asks_the_same_is_served(cache, question):
    assert answer(cache, question) == ANSWER


@pytest.mark.parametrize(
    ("question", "veto"),
    [
        ("Flights from Berlin to Madrid in 2024", "date"),
        ("Flights from Madrid to Berlin in 2023", "reversal"),
        ("How do I convert a Word document to a PDF?", "reversal"),
        ("How do I not convert a PDF to a Word document?", "negation"),
    ],
)
def test_what_only_looks_like_it_is_not(cache, question, veto):
    assert cache.get(question) is None
    assert cache.search(question, 1)[0].veto == veto
    assert cache.stats().vetoes == {veto: 1}


def test_a_lower_threshold_serves_more():
    question = "Could you please tell me what your refund policy is?"
    strict, loose = empty(), empty(min_probability=0.6)
    for cache in (strict, loose):
        cache.put(QUESTION, ANSWER)

    assert strict.get(question) is None
    assert answer(loose, question) == ANSWER


def test_what_is_forgotten_is_not_found(cache):
    assert cache.delete("what is your refund policy")
    assert not cache.delete(QUESTION)

    assert cache.get(QUESTION) is None
    assert len(cache) == 2


def test_a_new_answer_takes_the_place_of_the_old(cache):
    cache.put("what is your refund policy?", "14 days.")

    assert answer(cache, QUESTION) == "14 days."
    assert len(cache) == 3


def test_whoever_was_not_used_for_longest_makes_room():
    cache = empty(max_entries=2)
    cache.put("Where is my order?", 1)
    cache.put("How do I reset my password?", 2)
    assert answer(cache, "Where is my order?") == 1
    cache.put("Do you ship abroad?", 3)

    assert cache.get("How do I reset my password?") is None
    assert [answer(cache, question) for question in ("Where is my order?", "Do you ship abroad?")] == [1, 3]
    assert (cache.stats().n_evicted, cache.stats().n_hits, cache.stats().n_misses) == (1, 3, 1)


@pytest.mark.parametrize("question", ["", "   ", "\u0000", "?", "x" * 100_000, "\U0001f600" * 9])
def test_any_text_is_a_question(question):
    cache = empty()
    cache.put(question, ANSWER)

    assert answer(cache, question) == ANSWER


@pytest.mark.parametrize("settings", [{"max_entries": 0}, {"min_probability": 1.1}, {"min_probability": -0.1}], ids=str)
def test_settings_that_are_none_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        SemanticCache(**settings)


def test_several_threads_use_it():
    cache = empty(max_entries=50)
    faults = []

    def use(worker):
        for number in range(100):
            question = f"What is {worker} plus {number}?"
            cache.put(question, (worker, number))
            hit = cache.get(question)
            if hit is not None and hit.answer != (worker, number):
                faults.append(hit)

    threads = [threading.Thread(target=use, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults
    assert len(cache) == 50


def test_a_file_outlives_its_cache(tmp_path):
    path = tmp_path / "answers.db"
    cache = empty(path=path)
    for question, told in ((QUESTION, ANSWER), ("Where is my order?", {"steps": [1, 2]}), ("Who are you?", "Nobody.")):
        cache.put(question, told)
    cache.put(QUESTION, "14 days.")
    cache.delete("who are you")
    cache.close()

    again = empty(path=path)
    assert len(again) == 2
    assert answer(again, "what's your refund policy") == "14 days."
    assert answer(again, "where is my order") == {"steps": [1, 2]}
    assert answer(again, "Who are you?") is None
    again.close()
    assert len(empty(path=path, max_entries=1)) == 1


def test_who_had_to_go_is_not_in_the_file(tmp_path):
    cache = empty(path=tmp_path / "answers.db", max_entries=1)
    cache.put(QUESTION, ANSWER)
    cache.put("Where is my order?", "On its way.")
    cache.close()

    assert answer(empty(path=tmp_path / "answers.db"), QUESTION) is None


def test_a_file_that_cannot_be_had(tmp_path):
    path = tmp_path / "answers.db"
    cache = empty(path=path)
    with pytest.raises(TiercelError, match=r"answers\.db: .*locked"):
        empty(path=path)
    with pytest.raises(TypeError):
        cache.put(QUESTION, object())
    assert len(cache) == 0
    (tmp_path / "text").write_text("no database at all, and longer than a head of one" * 9)
    with pytest.raises(TiercelError, match="text: file is not a database"):
        empty(path=tmp_path / "text")
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE mine (number)")
    other.close()
    with pytest.raises(TiercelError, match="another program's file"):
        empty(path=tmp_path / "other")
    with pytest.raises(TiercelError, match="unable to open"):
        empty(path=tmp_path / "no" / "folder")


_WRITER = """
import sys
from tiercel import SemanticCache
cache = SemanticCache(sys.argv[1])
for number in range(1_000_000):
    cache.put(f"Where is order {number}?", number)
    print(number, flush=True)
"""


def test_who_is_killed_loses_nothing_that_was_put(tmp_path):
    path = tmp_path / "answers.db"
    with subprocess.Popen([sys.executable, "-c", _WRITER, path], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(200)][-1]
        writer.send_signal(signal.SIGKILL)
    cache = empty(path=path)

    assert len(cache) > told
    assert {answer(cache, f"Where is order {number}?") for number in range(told + 1)} == set(range(told + 1))
