"""What a benchmark found, read from its JSON: rows of one quantity each, by contender, beside the figure to reach."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiercel.bench.rows import OURS
from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# How a contender's name is spelt for people, word by word.
_SPELT = {"tiercel": "Tiercel", "asgi": "ASGI", "rsgi": "RSGI", "tensorzero": "TensorZero", "litellm": "LiteLLM"}
_SPELT |= {"bifrost": "Bifrost", "portkey": "Portkey", "envoy": "Envoy"}


@dataclass(frozen=True, slots=True)
class Value:
    """The median of all rounds, and between what they were, where that is known."""

    median: float
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of everybody who was measured.

    Attributes:
        reach: What the figure is to be, such as `<= 75`; empty where there is no target.
        met: Whether it is, by contender; None where only a peer could tell that was not measured.
        is_added: Values are what a contender adds to `DIRECT`, whose own is the whole.
    """

    id: str
    quantity: str
    unit: str
    values: Mapping[str, Value]
    reach: str
    met: Mapping[str, bool | None]
    is_added: bool


@dataclass(frozen=True, slots=True)
class Document:
    """One run.

    Attributes:
        where: The machine, the day and the version, for people.
        contenders: What each is, by its name.
        not_found: Peers that were not measured, and how to have them.
    """

    where: str
    n_rounds: int
    rows: tuple[Row, ...]
    contenders: Mapping[str, str]
    not_found: Mapping[str, str]


def read(path: Path) -> Document:
    """A run's figures, from the file that `--json` wrote.

    Raises:
        TiercelError: It cannot be read, or is no such JSON.
    """
    return parse(load(path), str(path))


def parse(written: Any, name: str) -> Document:  # noqa: ANN401 - JSON may be anything
    """A run's figures, as JSON has them; `name` is what errors call them.

    Raises:
        TiercelError: This is no report, or it does not say on what machine and day it was measured.
    """
    place = where(written, name)
    try:
        rows = tuple(map(_row, written["rows"]))
        found = [name for row in rows for name in row.values]
        return Document(
            f"{place}, {str(written['date'])[:10]}",
            int(written["rounds"]),
            rows,
            dict.fromkeys(found, "") | dict(written.get("contenders", {})),
            {it["peer"]: it["install"] for it in written["not_found"]},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TiercelError(f"{name}: this is no report of `tiercel bench --json`: {error!r}") from None


def load(path: Path) -> Any:  # noqa: ANN401 - as above
    """The JSON of a file.

    Raises:
        TiercelError: It cannot be read.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise TiercelError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise TiercelError(f"{path} is no JSON: {error}") from None


def where(written: Any, name: str) -> str:  # noqa: ANN401 - as above
    """On what machine, and with which version.

    Raises:
        TiercelError: It does not say. A figure without its machine says nothing.
    """
    machine = written.get("machine") if isinstance(written, dict) else None
    if not isinstance(machine, dict) or not {"processor", "system"} <= machine.keys():
        raise TiercelError(f"{name}: `machine` must have the `processor` and `system` that it was measured on")
    facts = [str(machine["processor"])]
    facts += [f"{machine['cores']} cores"] if "cores" in machine else []
    facts += [f"{machine['memory_gb']} GB"] if "memory_gb" in machine else []
    facts += [str(machine["system"])]
    facts += [f"Python {machine['python']}"] if "python" in machine else []
    facts += [str(machine["load"])] if "load" in machine else []
    version = written.get("tiercel") or written["versions"]["tiercel"]
    return ", ".join([*facts, f"Tiercel {version}"])


def ours(row: Row) -> list[str]:
    """Our contenders that were measured."""
    return [name for name in row.values if name.startswith(OURS)]


def spelt(name: str) -> str:
    """A contender's name, for people."""
    return " ".join(_SPELT.get(word, word) for word in name.split())


def number(value: float) -> str:
    """Three digits are more than such measurements hold."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def _row(it: Any) -> Row:  # noqa: ANN401 - as above
    target = it.get("target")
    values = {
        name: Value(float(value["median"]), value.get("least"), value.get("most"))
        for name, value in it["values"].items()
    }
    met = {name: target is None or value.median <= target for name, value in values.items()}
    return Row(
        it["id"],
        it["quantity"],
        it["unit"],
        values,
        it.get("reach") or ("" if target is None else f"<= {target:g}"),
        it.get("met", met),
        it.get("is_added", False),
    )
