"""How good answers are: a table by kind of request and size of model, and one draw a question."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from tiercel.simulator.choices import seeded
from tiercel.training.prompts import TASKS

SIZES = ("small", "medium", "large")


@cache
def table() -> dict[str, tuple[float, ...]]:
    """By task, how probably an answer of each of `SIZES` does."""
    written = tomllib.loads((files("tiercel.bench") / "skills.toml").read_text("utf-8"))
    return {task: tuple(written[written[task].get("like", task)]["skills"]) for task in TASKS}


def luck(seed: int, text: str) -> float:
    """How hard a question is, uniform from 0 to 1: whoever is more skilled than that answers it.

    It depends on nothing but the seed and the question, so that policies differ by what they choose and never by luck,
    and a better model never fails where a lesser one does not.
    """
    return seeded(seed, text.encode()).random()
