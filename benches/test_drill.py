"""What the drill reads off the answers; and a drill of one fault with short phases, which no request may notice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from outage.absences import absences
from outage.client import Answer, Outcome
from outage.measures import percentile
from outage.phases import Phase
from outage.problems import problems
from outage.rows import rows

PHASES = (
    Phase("healthy", None, "alpha", is_broken=False, began=0.0, ended=10.0),
    Phase("killed", "killed", "alpha", is_broken=True, began=10.0, ended=20.0),
    Phase("back", "killed", "alpha", is_broken=False, began=20.0, ended=30.0),
)


def answer(
    due: float,
    seconds: float = 0.2,
    *attempts: str,
    outcome: Outcome = Outcome.ANSWERED,
    question: int = 0,
) -> Answer:
    """One that was asked in time, of `alpha` unless others were tried too."""
    answered = None if outcome is Outcome.FAILED else due + seconds
    return Answer(question, True, due, due, answered, due + seconds, outcome, 200, attempts or ("alpha",))  # noqa: FBT003


@pytest.mark.parametrize(
    ("first_tries", "ejected", "probes"),
    [
        pytest.param([], 0.0, 0, id="nothing went there"),
        pytest.param([10.1, 10.4], 0.4, 0, id="it ceased"),
        pytest.param([10.1, 10.4, 15.0, 19.9], 0.4, 2, id="it ceased, and was probed"),
        pytest.param([10.0 + tenth / 10 for tenth in range(100)], None, None, id="it never ceased"),
    ],
)
def test_when_a_provider_was_ejected(first_tries: list[float], ejected: float | None, probes: int | None) -> None:
    answers = [answer(at, 0.2, "alpha", "beta") for at in first_tries]
    (absence,) = absences([*answers, answer(11.0, 0.2, "beta")], PHASES)

    assert absence.ejected == pytest.approx(ejected)
    assert absence.probes == probes
    assert absence.attempts == len(first_tries)


@pytest.mark.parametrize(
    ("back_at", "first", "normal"),
    [
        pytest.param(20.0, 0.2, 0.0, id="at once"),
        pytest.param(25.0, 5.2, 5.0, id="after five seconds"),
        pytest.param(40.0, None, None, id="never"),
    ],
)
def test_when_a_provider_was_back(back_at: float, first: float | None, normal: float | None) -> None:
    dues = [tenth / 10 for tenth in range(300)]
    answers = [answer(due, 0.2, "alpha" if due < 10 or due >= back_at else "beta") for due in dues]
    (absence,) = absences(answers, PHASES)

    assert absence.first_answer == pytest.approx(first)
    assert absence.normal == pytest.approx(normal)


def test_what_meets_a_fault_is_the_faults_and_what_is_added_is_counted_by_question() -> None:
    answers = [answer(1.0, 0.2, question=1), answer(2.0, 0.5, question=2)]
    answers += [answer(9.9, 0.3, "alpha", outcome=Outcome.INTERRUPTED, question=3)]
    answers += [answer(11.0, 0.3, "alpha", "beta", question=1), answer(12.0, 0.5, "beta", question=2)]
    healthy, killed, back = rows(answers, PHASES)

    assert (healthy.requests, killed.requests, back.requests) == (2, 3, 0)
    assert (killed.interrupted, killed.failed, killed.broken_off) == (1, 0, 0)
    assert (healthy.added_p99_ms, killed.added_p50_ms, killed.added_p99_ms) == (None, 0.0, 100.0)
    assert killed.attempts == pytest.approx(4 / 3)
    assert killed.most_attempts == 2


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (answer(11.0, outcome=Outcome.FAILED), "failures before the commit, by status: {200: 1}"),
        (answer(11.0, outcome=Outcome.BROKEN_OFF), "1 streams ended without an error event"),
        (
            answer(11.0, 0.2, "beta", outcome=Outcome.INTERRUPTED),
            "1 streams of providers that were well were interrupted",
        ),
        (answer(5.0, outcome=Outcome.INTERRUPTED), "1 streams of providers that were well were interrupted"),
        (answer(11.0, 0.2, "alpha", "beta", "gamma", "alpha"), "4 attempts for one request"),
    ],
)
def test_what_must_not_be(made: Answer, problem: str) -> None:
    well = [answer(tenth / 10) for tenth in range(300)]

    assert problems(well, PHASES) == []
    assert problems([*well, answer(9.9, outcome=Outcome.INTERRUPTED)], PHASES) == []
    assert problems([*well, made], PHASES) == [problem]
    assert problems(well[:190], PHASES) == ["alpha was not asked again after it came back: killed"]


@pytest.mark.parametrize(
    ("values", "percent", "expected"), [([], 99, None), ([3, 1, 2], 50, 2), (range(1, 201), 99, 198)]
)
def test_percentiles(values: list[float], percent: int, expected: float | None) -> None:
    assert percentile(values, percent) == expected


def test_a_killed_provider_loses_no_request(tmp_path: Path) -> None:
    program = Path(__file__).parent / "drill.py"
    output, plot = tmp_path / "drill.json", tmp_path / "drill.svg"
    command = [sys.executable, str(program), "--quick", "--rate", "100", "--only", "killed"]
    ended = subprocess.run(
        [*command, "--output", str(output), "--plot", str(plot)], check=False, capture_output=True, text=True
    )
    drill = json.loads(output.read_text())

    assert (ended.returncode, drill["problems"]) == (0, []), ended.stdout + ended.stderr
    assert [phase["failed"] for phase in drill["phases"]] == [0] * 3
    assert all(phase["requests"] > 0 for phase in drill["phases"])
    assert [absence["title"] for absence in drill["absences"]] == ["killed"]
    assert plot.read_text().startswith("<?xml")
