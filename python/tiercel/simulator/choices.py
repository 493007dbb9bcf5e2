"""What a model answers: the reasoning, and the text or the calls, of each choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random

import orjson

from tiercel.simulator import knowledge, prose, schema
from tiercel.simulator.ask import ANY_OBJECT, Ask, Tool
from tiercel.simulator.models import Model
from tiercel.simulator.tokens import CountTokens, cut


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool; `arguments` is JSON, and `id` has no prefix yet."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: text, or calls and no text.

    Attributes:
        finish_reason: `stop`, `length` or `tool_calls`.
        stopped_by: The stop sequence that ended it.
        n_tokens: Of everything, reasoning included.
        n_reasoning_tokens: Of the reasoning.
    """

    text: str
    calls: Sequence[Call]
    reasoning: str
    finish_reason: str
    stopped_by: str | None
    n_tokens: int
    n_reasoning_tokens: int


def seeded(seed: int, identity: bytes) -> Random:
    """Randomness that follows from the seed and the question alone, on every machine."""
    digest = sha256(b"%d:%b" % (seed, identity)).digest()
    return Random(int.from_bytes(digest[:16]))  # noqa: S311 - it must be reproducible, and guards nothing


def choose(ask: Ask, model: Model, count: CountTokens, random: Random) -> list[Choice]:
    """All choices, `n` for each question in turn."""
    return [_choice(ask, question, model, count, random) for question in ask.questions for _ in range(ask.n)]


def _choice(ask: Ask, question: str, model: Model, count: CountTokens, random: Random) -> Choice:
    reasons = model.reasons if ask.reasons is None else ask.reasons
    limit = ask.max_tokens
    reasoning = prose.reason(question, random) if reasons else ""
    if limit is not None:
        reasoning = cut(reasoning, limit, count)
    n_reasoning = count(reasoning)
    if called := _called(ask, question):
        calls = [_call(tool, random) for tool in called]
        n_tokens = n_reasoning + sum(count(call.name) + count(call.arguments) for call in calls)
        return Choice("", calls, reasoning, "tool_calls", None, n_tokens, n_reasoning)
    text, stopped_by = _stopped(_text(ask, question, model, random), ask.stop)
    finish_reason = "stop"
    if limit is not None and n_reasoning + count(text) > limit:
        text, stopped_by, finish_reason = cut(text, limit - n_reasoning, count), None, "length"
    return Choice(text, (), reasoning, finish_reason, stopped_by, n_reasoning + count(text), n_reasoning)


def _stopped(text: str, stops: Sequence[str]) -> tuple[str, str | None]:
    """What comes before the first stop sequence, and which that is."""
    places = [(text.find(stop), stop) for stop in stops if stop in text]
    if not places:
        return text, None
    end, stop = min(places)
    return text[:end], stop


def _called(ask: Ask, question: str) -> Sequence[Tool]:
    """The tools to call: those that the request forces or that the question names."""
    if ask.choice == "none" or ask.tool_result is not None:
        return []
    if ask.forced is not None:
        return [tool for tool in ask.tools if tool.name == ask.forced]
    asked = question.lower()
    named = [tool for tool in ask.tools if tool.name.lower().replace("_", " ") in asked.replace("_", " ")]
    if not named and (ask.choice == "required" or "tool" in asked or "function" in asked):
        named = list(ask.tools[:1])
    return named if ask.parallel else named[:1]


def _text(ask: Ask, question: str, model: Model, random: Random) -> str:
    if ask.schema not in (None, ANY_OBJECT):
        return orjson.dumps(schema.value(ask.schema, random)).decode()
    known = model.knows(question) if model.knows else None
    fact = knowledge.find(question)
    if ask.tool_result is not None:
        text = f"According to the tool, the result is: {ask.tool_result[:500]}"
    elif known is not None:
        text = known
    elif fact is not None:
        text = fact.answer(model.skill)
    else:
        text = prose.write(question, model.skill, random)
    return text if ask.schema is None else orjson.dumps({"answer": text}).decode()


def _call(tool: Tool, random: Random) -> Call:
    arguments = {} if tool.parameters is None else schema.value(tool.parameters, random)
    return Call(f"{random.getrandbits(96):024x}", tool.name, orjson.dumps(arguments).decode())
