"""`tiercel bench gateway`, `core` and `all`: answers are right and figures are there; what they are is not asserted."""

import json

import pytest

from tests.command_line import tiercel
from tiercel.bench.core.caller import Caller
from tiercel.bench.core.inputs import body, question, questions, word
from tiercel.bench.core.timing import Stage
from tiercel.bench.rows import DIRECT, Missing, Quantity, Row, Target, document, merged
from tiercel.bench.whole_path.samples import Measured
from tiercel.errors import TiercelError

# Several runs of seconds each, on a machine that may be busy.
PATIENCE = 600
OURS = "tiercel rsgi"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The document of a quick run of ours, of a peer that does not start, and of one that is not there."""
    folder = tmp_path_factory.mktemp("bench")
    ended = tiercel(
        *("bench", "all", "--quick", "--only", f"{OURS},envoy,portkey", "--peer", "envoy=false"),
        *("--json", "found.json"),
        folder=folder,
        patience=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Against the targets" in ended.stdout
    assert "portkey is not here; to have it: " in ended.stderr
    return json.loads((folder / "found.json").read_bytes())


def test_every_target_has_its_row(found):
    rows = {row["id"]: row for row in found["rows"]}
    targets = {f"P{number}" for number in (1, 2, 3, 4, 5, 7, 9)}
    targets |= {"P6 exact", "P6 semantic", "P8 worker", "P8 connection", "P8 stream"}
    with_target = {key for key, row in rows.items() if row["reach"]}

    assert with_target >= targets
    # On fewer than four cores, two workers share one.
    assert {key for key, row in rows.items() if not row["values"]} <= {"P9"}
    assert list(rows)[:2] == ["P1 uncached", "P1"]
    assert found["failed"] == []
    for row in rows.values():
        assert set(row["met"]) <= set(row["values"])
        for value in row["values"].values():
            assert value["least"] <= value["median"] <= value["most"]
            assert len(value["rounds"]) == found["rounds"] == 1


def test_the_document_says_what_it_was_measured_on_and_who_was_not_there(found):
    assert {"tiercel", "date", "machine", "rounds", "rows", "not_found", "contenders", "problems"} <= set(found)
    assert {"system", "processor", "cores", "python"} <= set(found["machine"])
    assert {DIRECT, OURS, "envoy", "tiercel"} <= set(found["contenders"])
    assert "portkey" in {each["peer"] for each in found["not_found"]}
    assert all(each["install"] for each in found["not_found"])
    (problem,) = found["problems"]
    assert problem["contender"] == "envoy"
    assert "does not listen" in problem["problem"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["gateway", "--only", "nobody"], "error: no such contender: nobody; there are: tiercel asgi, tiercel rsgi, "),
        (["gateway", "--peer", "nobody=x"], "error: no such peer: nobody; there are: envoy, "),
        (["all", "--peer", "envoy"], "error: --peer envoy: it has to be NAME=PATH, such as envoy=V/bin/envoy\n"),
    ],
)
def test_what_is_not_known_is_refused(arguments, expected, tmp_path):
    ended = tiercel("bench", *arguments, "--quick", folder=tmp_path, patience=PATIENCE)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert expected in ended.stderr


@pytest.mark.parametrize(
    ("target", "value", "peer", "expected"),
    [
        (Target(most=75), 75, None, True),
        (Target(most=75), 76, None, False),
        (Target(least=1.8), 1.8, None, True),
        (Target(least=1.8), 1.7, None, False),
        (Target(most=75, peer="p", ratio=0.5), 60, 100, False),
        (Target(most=75, peer="p", ratio=0.5), 50, 100, True),
        (Target(most=75, peer="p", ratio=0.5), 75, None, True),
        (Target(peer="p"), 75, None, None),
        (Target(peer="p"), 75, 75, True),
    ],
)
def test_when_a_target_is_met(target, value, peer, expected):
    assert target.is_met(value, peer) is expected


def test_what_is_added_is_a_difference_of_one_round():
    measured = Measured({}, [])
    measured.add_round({DIRECT: {"P4": 20.0, "P3": 1.0}, OURS: {"P4": 120.0, "P3": 50.0}})
    measured.add_round({DIRECT: {"P4": 40.0}, OURS: {"P4": 170.0}})
    measured.add_round({OURS: {"P4": 7.0}})
    rows = {row["id"]: row["values"] for row in measured.document()["rows"]}

    assert rows["P4"][OURS] == {"median": 115, "least": 100, "most": 130, "rounds": [100, 130]}
    assert rows["P4"][DIRECT]["rounds"] == [20, 40]
    assert rows["P3"][OURS]["rounds"] == [50]


def test_documents_are_merged_in_the_order_of_the_targets():
    def of(*keys, n_rounds):
        rows = [Row(key, Quantity(key, "us"), {"tiercel": [1.0]}) for key in keys]
        return document(rows, n_rounds=n_rounds, notes={keys[0]: ""}, missing=[Missing("peer", "how")], load="busy")

    both = merged(of("P2", "other", "P1", n_rounds=3), of("P3", "P9 cost", "open", n_rounds=5))

    assert [row["id"] for row in both["rows"]] == ["P1", "P2", "P3", "P9 cost", "other", "open"]
    assert both["rounds"] == 3
    assert both["not_found"] == [{"peer": "peer", "install": "how"}]
    assert both["contenders"] == {"P2": "", "P3": ""}


def test_a_stage_that_does_something_else_is_not_measured():
    with pytest.raises(TiercelError, match="what is to be measured as P1 does something else"):
        Stage("P1", Quantity("", "us"), "tiercel", lambda: None).check()


def test_the_core_is_asked_as_a_server_asks_it():
    caller = Caller()
    sent = caller.begin(body("Where is my order?"))
    caller.renew()
    reply = caller.answer(body("Where is my order?")).take_reply()

    assert sent is not None
    assert sent.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert reply is not None
    assert reply.status == 200
    assert b"choose Request refund." in reply.body


def test_questions_differ():
    n = 120_000
    assert len({question(number) for number in range(n)}) == n
    assert len({word(number) for number in range(10_000)}) == 10_000
    assert {len(questions(number, 2_000)) for number in range(100)} == {2_000}


def test_a_report_that_cannot_be_written_is_told(tmp_path):
    told = "error: cannot write no/found.json: no such file or directory\n"
    ended = tiercel("bench", "core", "--quick", "--json", "no/found.json", folder=tmp_path, patience=PATIENCE)

    assert ended.returncode == 2
    assert ended.stderr.endswith(told)


def test_who_takes_too_long_rests_and_it_is_told_from_when():
    measured = Measured({"slow": "a peer"}, [])
    for _ in range(3):
        measured.add_round({})
        measured.rests("slow")

    assert measured.document()["contenders"] == {"slow": "a peer; measured in 1 rounds, as it takes long"}
