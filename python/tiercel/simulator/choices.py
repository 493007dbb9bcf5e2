"""What a model answers: the text or the calls of each choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random

import orjson

from tiercel.simulator import knowledge, prose, schema
from tiercel.simulator.request import ANY_OBJECT, Ask
from tiercel.simulator.tokens import CountTokens, cut


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function; `arguments` is JSON."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: text, or calls and no text."""

    text: str
    calls: Sequence[Call]
    finish_reason: str
    n_tokens: int


def seeded(seed: int, identity: bytes) -> Random:
    """Randomness that follows from the seed and the question alone, on every machine."""
    digest = sha256(b"%d:%b" % (seed, identity)).digest()
    return Random(int.from_bytes(digest[:16]))  # noqa: S311 - it must be reproducible, and guards nothing


def choose(ask: Ask, skill: int, count: CountTokens, random: Random) -> list[Choice]:
    """All choices, `n` for each question in turn."""
    return [_choice(ask, question, skill, count, random) for question in ask.questions for _ in range(ask.n)]


def _choice(ask: Ask, question: str, skill: int, count: CountTokens, random: Random) -> Choice:
    if ask.calls:
        calls = [_call(function, random) for function in ask.calls]
        n_tokens = sum(count(call.name) + count(call.arguments) for call in calls)
        return Choice("", calls, "tool_calls", n_tokens)
    text = _text(ask, question, skill, random)
    ends = [place for place in map(text.find, ask.stop) if place >= 0]
    text = text[: min(ends)] if ends else text
    n_tokens = count(text)
    if ask.max_tokens is None or n_tokens <= ask.max_tokens:
        return Choice(text, (), "stop", n_tokens)
    text = cut(text, ask.max_tokens, count)
    return Choice(text, (), "length", count(text))


def _text(ask: Ask, question: str, skill: int, random: Random) -> str:
    if ask.schema not in (None, ANY_OBJECT):
        return orjson.dumps(schema.value(ask.schema, random)).decode()
    fact = knowledge.find(question)
    if ask.tool_result is not None:
        text = f"According to the tool, the result is: {ask.tool_result[:500]}"
    elif fact is not None:
        text = fact.answer(skill)
    else:
        text = prose.write(question, skill, random)
    return text if ask.schema is None else orjson.dumps({"answer": text}).decode()


def _call(function: dict[str, object], random: Random) -> Call:
    parameters = function.get("parameters")
    arguments = schema.value(parameters, random) if isinstance(parameters, dict) else {}
    return Call(f"call_{random.getrandbits(96):024x}", str(function["name"]), orjson.dumps(arguments).decode())
