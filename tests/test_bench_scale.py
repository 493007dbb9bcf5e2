"""`tiercel bench scale`: it measures what it says, and its comparison of the books misses nothing."""

import hashlib
import json
import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.command_line import check_refused, tiercel
from tiercel.bench.scale import idle, mixture, processes, streams
from tiercel.bench.scale.client import chat, quantile
from tiercel.bench.scale.ledger import Asked, compare
from tiercel.bench.scale.trend import trend
from tiercel.simulator.journal import Entry

LINE: dict[str, Any] = {
    "request_id": "a",
    "status": 200,
    "outcome": "answered",
    "attempts": [{"outcome": "answered"}],
    "usage": {"input": 2, "cache_read": 3, "cache_write": 0, "output": 7, "is_estimated": False},
}
ENTRY = Entry(1, 0.0, "/v1/chat/completions", "openai", (), None, "d1", 1, status=200)
ENTRY.prompt_tokens, ENTRY.completion_tokens = 5, 7
ASKED = Asked("a", "d1", "answered", 200, (5, 7))


def line(**changes):
    return LINE | changes


def failed(*outcomes, status=502):
    attempts = [{"outcome": outcome} for outcome in outcomes]
    nothing = {"input": 0, "cache_read": 0, "cache_write": 0, "output": 0, "is_estimated": False}
    return line(status=status, outcome="failed", error_kind="upstream_failed", attempts=attempts, usage=nothing)


@pytest.mark.parametrize(
    ("asked", "lines", "entries", "expected"),
    [
        (ASKED, [LINE], [ENTRY], []),
        (ASKED, [], [ENTRY], ["a: 0 lines in the log"]),
        (ASKED, [LINE, LINE], [ENTRY], ["a: 2 lines in the log"]),
        (ASKED, [LINE, line(request_id="b")], [ENTRY], ["b: nobody asked that"]),
        (
            ASKED,
            [LINE],
            [ENTRY, replace(ENTRY, body_sha256="d2")],
            ["body d2: the provider got what nobody sent"],
        ),
        (
            ASKED,
            [LINE],
            [ENTRY, replace(ENTRY, number=2)],
            ["a: the log has attempts (answered), the provider 2"],
        ),
        (ASKED, [LINE], [], ["a: the log has attempts (answered), the provider 0"]),
        (ASKED, [LINE], [replace(ENTRY, status=None, prompt_tokens=None, completion_tokens=None), ENTRY], []),
        (
            ASKED,
            [line(usage=LINE["usage"] | {"output": 8})],
            [ENTRY],
            ["a: the log has tokens (5, 8), the provider (5, 7)"],
        ),
        (
            ASKED,
            [line(usage=LINE["usage"] | {"is_estimated": True})],
            [ENTRY],
            ["a: the log has tokens (5, 7) (estimated), the provider (5, 7)"],
        ),
        (
            replace(ASKED, tokens=(5, 6)),
            [LINE],
            [ENTRY],
            ["a: the client has tokens (5, 6), the provider (5, 7)"],
        ),
        (
            replace(ASKED, ending="interrupted"),
            [LINE],
            [ENTRY],
            ["a: the client has interrupted, the log answered"],
        ),
        (replace(ASKED, ending="lost", status=0), [LINE], [ENTRY], ["a: the client has lost, the log answered"]),
        (replace(ASKED, ending="client_gone"), [LINE], [ENTRY], []),
        (
            replace(ASKED, status=503, ending="failed", tokens=None),
            [failed("status_500")],
            [replace(ENTRY, fault="status=500", status=500)],
            ["a: the client has status 503, the log 502"],
        ),
        (
            replace(ASKED, status=502, ending="failed", tokens=None),
            [failed("connect", "malformed")],
            [ENTRY],
            [],
        ),
        (
            replace(ASKED, status=502, ending="failed", tokens=None),
            [failed("malformed")],
            [ENTRY],
            ["a: an attempt ended as malformed, and the provider knows of no fault"],
        ),
        (
            replace(ASKED, status=504, ending="failed", tokens=None),
            [failed("timeout_answer", status=504)],
            [replace(ENTRY, finished_at=1.0)],
            ["a: an attempt ended as timeout_answer, and the provider knows of no fault"],
        ),
        (
            replace(ASKED, status=504, ending="failed", tokens=None),
            [failed("timeout_answer", status=504)],
            [ENTRY],
            [],
        ),
        (
            replace(ASKED, tokens=None),
            [line(usage=LINE["usage"] | {"output": 8, "is_estimated": True})],
            [replace(ENTRY, fault="reset=3")],
            [],
        ),
    ],
    ids=[
        "equal books",
        "no line",
        "two lines",
        "a line of nobody",
        "a request of nobody",
        "an attempt too many",
        "an attempt too few",
        "an attempt without a byte of an answer",
        "tokens that the provider did not count",
        "tokens that were estimated without need",
        "tokens that the client was told wrongly",
        "another end",
        "no end",
        "a client that left at the end",
        "another status",
        "an attempt that reached nobody",
        "a failure without a fault",
        "a time-out of what came in time",
        "a time-out of what came late",
        "a stream that broke off before its usage",
    ],
)
def test_what_differs_in_the_books_is_found(asked, lines, entries, expected):
    books = compare([asked], lines, entries)

    assert (books.n_differences, books.differences) == (len(expected), expected)


def test_tokens_are_counted_by_what_became_of_them():
    broken = line(request_id="b", outcome="interrupted", usage=LINE["usage"] | {"output": 2, "is_estimated": True})
    entries = [replace(ENTRY, fault="status=500", status=500, prompt_tokens=None, completion_tokens=None), ENTRY]
    entries.append(replace(ENTRY, body_sha256="d2", fault="cut=3"))
    twice = line(attempts=[{"outcome": "status_500"}, {"outcome": "answered"}])
    books = compare([ASKED, Asked("b", "d2", "interrupted", 200, None)], [twice, broken], entries)

    assert books.differences == []
    assert (books.equal, books.estimated, books.unused) == ((5, 7), (5, 2), (5, 7))
    assert books.faults == {"none": 1, "status=500": 1, "cut=3": 1}


@given(some.floats(-1e3, 1e3), some.floats(-100, 100), some.integers(3, 400))
def test_a_line_has_its_own_slope(value, slope, n_readings):
    found = trend([(60.0 * minute, value + slope * minute / 60) for minute in range(n_readings)])

    assert found is not None
    assert found.slope == pytest.approx(slope, abs=1e-6)
    assert found.high - found.low < 1e-3


def test_an_interval_is_wide_where_readings_jump():
    found = trend([(60.0 * minute, minute % 7) for minute in range(60)])

    assert found is not None
    assert found.low < 0 < found.high


def test_too_few_readings_have_no_trend():
    assert trend([(0.0, 1.0), (60.0, 2.0)]) is None


def test_a_stream_s_usage_is_that_of_its_last_events():
    usage = b'{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}'
    stream = b'data: {"choices":[{}],"usage":null}\n\ndata: ' + usage + b"\n\ndata: [DONE]\n\n"

    assert mixture.usage_of(usage) == mixture.usage_of(stream) == (5, 7)
    assert mixture.usage_of(b"data: [DONE]\n\n") is mixture.usage_of(b"{") is None


def test_the_provider_is_to_get_what_was_asked_with_the_model_s_own_name():
    question = mixture.Question("a", 'say "model":"pair"', 3, is_stream=False, leaves=False)
    _, body = question.request()
    _, sent = chat("small", question.text, max_tokens=3)

    assert body != sent
    assert mixture.Question.digest(body) == hashlib.sha256(sent).hexdigest()


def test_quantiles_are_of_all_values():
    assert [quantile([3, 1, 2, 4], share) for share in (0.0, 0.5, 0.99)] == [1, 3, 4]
    assert quantile([], 0.5) == 0


def test_this_very_process_holds_memory_and_files():
    with open(os.devnull) as _:  # noqa: PTH123 - a descriptor, of whatever
        one_more = processes.usage(os.getpid()).n_descriptors
    used = processes.usage(os.getpid())

    assert used.n_processes >= 1
    assert 0 < used.proportional <= used.resident
    assert used.seconds > 0
    assert one_more == used.n_descriptors + 1


def test_a_little_of_everything_is_measured(tmp_path):
    ended = tiercel("bench", "scale", "--quick", "--json", "found.json", folder=tmp_path, patience=300)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    rows = {row["id"]: row for row in found["rows"]}
    both = {"tiercel asgi", "tiercel rsgi"}

    assert set(found) >= {"tiercel", "date", "machine", "rows", "open_files", "soak"}
    assert {name for name, row in rows.items() if name.endswith(("failures", "lost", "left", "ended"))} > {
        "scale-workers-1-failures",
        "scale-workers-2-failures",
        "scale-body-3MB-failures",
    }
    for name, row in rows.items():
        assert set(row["values"]) == both or name.startswith("scale-soak"), name
        for it in row["values"].values():
            assert it.get("least", it["median"]) <= it["median"] <= it.get("most", it["median"]), name
            assert row["target"] != 0 or it.get("most", it["median"]) == 0, name
    assert all(it["median"] == 200 for it in rows["scale-idle-connections"]["values"].values())
    assert all(it["median"] == 50 for it in rows["scale-streams-open"]["values"].values())
    assert set(rows) >= {*idle.QUANTITIES, *streams.QUANTITIES}
    books = found["soak"]["books"]
    assert books["n_requests"] > 200
    assert books["n_differences"] == 0
    assert sum(books["endings"].values()) == books["n_requests"]
    assert sum(n for fault, n in books["faults"].items() if fault != "none") > 0
    assert books["tokens"]["equal"]["answer"] > 0
    assert "How requests of the soak ended" in ended.stdout


def test_parts_that_there_are_not_are_refused(tmp_path):
    expected = "error: no such part: work; there are: workers, idle, streams, bodies, soak\n"
    check_refused(tmp_path, ["bench", "scale", "--only", "work,idle"], 2, expected)
