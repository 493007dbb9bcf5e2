"""Answers are found again by what was asked, in whichever words, and not by what only looks like it."""

import doctest
import threading
from typing import Any

import pytest

from tiercel import SemanticCache, semantic_cache

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


def test_its_examples_are_true():
    assert doctest.testmod(semantic_cache).failed == 0
