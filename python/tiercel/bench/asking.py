"""Every request of the month through a gateway, with what would have come of each tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiercel.bench import gateway, skills
from tiercel.bench.answers import Answer, Answers, count
from tiercel.bench.plan import prices
from tiercel.bench.policies import Outcome, Request
from tiercel.simulator import Settings, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tiercel.bench.month import Turn
    from tiercel.bench.plan import Plan
    from tiercel.bench.questions import Question

    Track = Callable[[Sequence[Turn]], Iterable[Turn]]

# More tokens than any prompt has, so that no prompt is found in a provider's cache: a month's pauses would have emptied
# it, and here there are none.
NEVER_CACHED = 10**9


@dataclass(frozen=True, slots=True)
class Month:
    """What is asked of which route, and what all draws follow from."""

    questions: Sequence[Question]
    turns: Sequence[Turn]
    plan: Plan
    seed: int

    def outcome(self, answer: Answer, question: Question, tier: str) -> Outcome:
        """What comes of an answer that a model of the tier gave."""
        skill = skills.table()[question.task][self.plan.size(tier)]
        return Outcome(answer.cost, answer.seconds, skills.luck(self.seed, question.text) < skill)


async def ask_all(month: Month, folder: Path, track: Track) -> list[Request]:
    """Ask a gateway of the plan everything, one by one, and price every answer.

    What a conversation has said before is as the middle tier says it, so that all policies are asked the same.

    Raises:
        TiercelError: The gateway does not start, or answers with an error.
    """
    plan = month.plan
    settings = Settings(seed=month.seed, speed=0, models=plan.models(), count_tokens=count, cache_from=NEVER_CACHED)
    middle = plan.own[len(plan.own) // 2]
    said: dict[int, list[dict[str, str]]] = {}
    found = []
    async with Simulator(settings) as simulator:
        config = plan.write(folder, simulator.origin)
        answers = Answers(settings, prices(config))
        async with gateway.serving(config, plan.route) as served:
            for turn in track(month.turns):
                question = month.questions[turn.question]
                messages = [*said.pop(turn.conversation, []), {"role": "user", "content": question.text}]
                decision = await served.ask(messages, turn.conversation)
                own = {tier: answers.of(messages, plan.tiers[tier][0]) for tier in plan.own}
                routed = answers.of(messages, decision.deployment)
                found.append(
                    Request(
                        turn.question,
                        question.task,
                        question.kind,
                        decision.tier,
                        decision.reason,
                        month.outcome(routed, question, decision.tier),
                        {tier: month.outcome(answer, question, tier) for tier, answer in own.items()},
                    )
                )
                if not turn.is_last:
                    said[turn.conversation] = [*messages, {"role": "assistant", "content": own[middle].text}]
    return found
