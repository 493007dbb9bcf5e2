"""A simulated month of requests through the gateway, beside other ways to choose a tier.

The decisions are the gateway's own, over sockets. Virtual are the clock, so nothing is slept; the models, which are the
simulator's; and whether an answer does, which is a table (`skills.toml`) and one draw a question.
"""

from __future__ import annotations

import asyncio
import platform
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import uvloop

from tiercel import __version__
from tiercel.bench import gateway, measures, month, questions, skills
from tiercel.bench.asking import Month, ask_all
from tiercel.bench.machine import machine
from tiercel.classifier import Classifier
from tiercel.errors import TiercelError
from tiercel.training.prompts import TASKS, Prompt, guesses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiercel.bench.asking import Track
    from tiercel.bench.plan import Plan
    from tiercel.bench.policies import Request
    from tiercel.bench.questions import Question

ASSUMPTIONS = (
    "Whether an answer does is simulated: a table of skills by task and size of model, and one draw a question.",
    "A route's cheapest tier is taken for a small model, those between for middle ones, all others for large ones.",
    "All models write a paragraph, whatever they are asked, so what is saved is the difference of prices alone.",
    "Prices are the catalogue's or the configuration's. Prompts are never found in a provider's cache.",
    "Latency is drawn from the simulator's models of the three sizes, not slept; the gateway's own is not in it.",
    "Half of the conversations are of people's own prompts, half of templates with all tasks as often.",
    "A conversation keeps to one task, and is the same whichever policy answers. Nobody repeats or rejects.",
    "The gateway sees all of it within minutes: its clock says one time of day, and no conversation has gone cold.",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is asked, and what all draws follow from."""

    n_requests: int
    seed: int


def run(data: Path, plan: Plan, scale: Scale, folder: Path, track: Track) -> dict[str, Any]:
    """The whole report, as JSON can hold it; the gateway's access log stays in `folder`.

    Raises:
        TiercelError: The data or the configuration are wrong, or the gateway's books differ from what was computed.
    """
    asked = questions.read(data)
    turns = month.turns(asked, scale.n_requests, scale.seed)
    classifier = Classifier.load(plan.weights) if plan.weights else Classifier()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        requests = runner.run(ask_all(Month(asked, turns, plan, scale.seed), folder, track))
    _compare_with_books(requests, folder)
    kinds = {kind: [it for it in requests if it.kind == kind] for kind in (questions.NATURAL, questions.TEMPLATE)}
    compared = {"all": requests, **{kind: those for kind, those in kinds.items() if those}}
    return {
        "n_requests": len(requests),
        "n_conversations": len({turn.conversation for turn in turns}),
        "n_questions": len({it.question for it in requests}),
        "busiest_minute": max(Counter(turn.at // 60 for turn in turns).values()),
        "seed": scale.seed,
        "route": plan.route,
        "tiers": {
            tier: {"deployments": plan.tiers[tier], "taken_for": skills.SIZES[plan.size(tier)]} for tier in plan.tiers
        },
        "versions": {"tiercel": __version__, "classifier": classifier.name, "python": platform.python_version()},
        "machine": machine(),
        "assumptions": ASSUMPTIONS,
        "skills": skills.table(),
        "compared": {
            name: {
                "n_requests": len(those),
                "policies": [asdict(it) for it in measures.compare(those, plan, scale.seed)],
            }
            for name, those in compared.items()
        },
        "reasons": dict(Counter(_stages(it.reason) for it in requests).most_common()),
        "tasks": _tasks(requests, asked, classifier),
    }


def _compare_with_books(requests: Sequence[Request], folder: Path) -> None:
    """Every request costs in the gateway's log what was computed for it, as other tiers' answers were."""
    lines = gateway.access_log(folder)
    if len(lines) != len(requests):
        raise TiercelError(f"the gateway's log has {len(lines)} lines for {len(requests)} requests")
    for number, (line, request) in enumerate(zip(lines, requests, strict=True), 1):
        if line["cost_nano_dollars"] != request.routed.cost:
            raise TiercelError(
                f"request {number}: the gateway's log says {line['cost_nano_dollars']} nano-dollars, not "
                f"{request.routed.cost}"
            )


def _tasks(requests: Sequence[Request], asked: Sequence[Question], classifier: Classifier) -> dict[str, Any]:
    """By task what the classifier takes its questions for, sure or not, each question once, and where requests went."""
    drawn = [asked[position] for position in sorted({it.question for it in requests})]
    taken = guesses(classifier.core, [Prompt(it.text, it.task) for it in drawn])
    found = {}
    for task in TASKS:
        those = [it for it in requests if it.task == task]
        if those:
            guessed = Counter(guess for it, (guess, _) in zip(drawn, taken, strict=True) if it.task == task)
            found[task] = {
                "n_requests": len(those),
                "n_questions": guessed.total(),
                "found": guessed[task] / guessed.total(),
                "taken_for": dict(guessed.most_common()),
                "tiers": {tier: n / len(those) for tier, n in Counter(it.tier for it in those).most_common()},
                "quality": sum(it.routed.does for it in those) / len(those),
            }
    return found


def _stages(reason: str) -> str:
    """What the stages found, in a word each, of `route:auto:task:code:0.93,session`; of a rule, its name too."""
    _, _, found = reason.split(":", 2)
    words = (part.split(":") for part in found.split(","))
    return ", ".join(":".join(word[:2]) if word[0] == "rule" else word[0] for word in words)
