"""The table for people and the JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

from outage.absences import absences
from outage.problems import problems
from outage.rows import rows
from outage.series import by_second
from tiercel.bench.machine import machine, machine_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from outage.client import Answer
    from outage.phases import Phase


class Report:
    """All that came of a drill."""

    def __init__(
        self, answers: Sequence[Answer], phases: Sequence[Phase], providers: Sequence[str], settings: dict[str, object]
    ) -> None:
        self.rows = rows(answers, phases)
        self.absences = absences(answers, phases)
        self.problems = problems(answers, phases)
        self.document = {
            "machine": machine(),
            "settings": settings,
            "providers": list(providers),
            "broken": phases[0].provider,
            "problems": self.problems,
            "phases": [asdict(row) for row in self.rows],
            "absences": [asdict(absence) for absence in self.absences],
            "by_second": by_second(answers, providers),
        }

    def print(self, console: Console) -> None:
        """Prints what the clients saw, how the provider was left alone, and what must not be."""
        console.print(self._clients())
        console.print(
            "failed: before the client got anything. cut: streams that had begun, ended by an error event.\n"
            "p50, p99: ms to an answer or a stream's beginning. +: to what the same questions took when all was well.\n"
            "tries: providers asked for a request.\n"
        )
        console.print(self._provider())
        console.print(
            "ejected: from the fault to the last request that tried the provider first. probes: those after it.\n"
            "first answer, its share: from its return."
        )
        for problem in self.problems:
            console.print(f"[red]{escape(problem)}[/]", soft_wrap=True)

    def _clients(self) -> Table:
        columns = "requests failed cut p50 p99 +p50 +p99 tries"
        table = _table("What the clients saw", "phase", columns, caption=machine_line())
        for row in self.rows:
            table.add_row(
                row.title,
                f"{row.requests:,}",
                str(row.failed + row.broken_off),
                str(row.interrupted),
                _optional(row.p50_ms, "{:,.0f}"),
                _optional(row.p99_ms, "{:,.0f}"),
                _optional(row.added_p50_ms, "{:+,.0f}"),
                _optional(row.added_p99_ms, "{:+,.0f}"),
                f"{row.attempts:.2f}",
                style="bold" if row.is_broken else "",
            )
        return table

    def _provider(self) -> Table:
        table = _table("What the broken provider saw", "fault", "tries ejected probes first_answer its_share")
        for absence in self.absences:
            table.add_row(
                absence.title,
                f"{absence.attempts:,}",
                _optional(absence.ejected, "{:.2f} s", "never"),
                _optional(absence.probes, "{}"),
                _optional(absence.first_answer, "{:.2f} s", "never"),
                _optional(absence.normal, "{:.1f} s", "never"),
            )
        return table

    def write(self, path: Path) -> None:
        """Writes everything as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.document, indent=2) + "\n")


def _table(title: str, first: str, columns: str, caption: str | None = None) -> Table:
    table = Table(title=title, caption=caption, box=box.SIMPLE_HEAD)
    table.add_column(first, no_wrap=True)
    for name in columns.split():
        table.add_column(name.replace("_", " "), justify="right")
    return table


def _optional(value: float | None, form: str, absent: str = "") -> str:
    return absent if value is None else form.format(value)
