"""Reads messages, with the checks of Anthropic's that a translation is likely to fail."""

from collections.abc import Iterator
from dataclasses import replace

import orjson

from tiercel.simulator.ask import Ask, Block, Tool, Turn
from tiercel.simulator.errors import invalid, missing
from tiercel.simulator.reading import (
    Json,
    an_object,
    flag,
    integer,
    member,
    number,
    objects,
    some_objects,
    stops,
    text,
    word,
)
from tiercel.simulator.seal import check
from tiercel.simulator.tokens import PER_IMAGE

_ATTACHED = ("image", "document", "search_result")
_THOUGHTS = ("thinking", "redacted_thinking")
_LEAST_BUDGET = 1024
_MAX_STOPS = 8191


def read(fields: Json) -> Ask:
    """Reads messages."""
    max_tokens = integer(fields, "max_tokens")
    if max_tokens is None:
        raise missing("max_tokens")
    thinking = member(fields, "thinking")
    turns = [turn for where, message in some_objects(fields, "messages") for turn in _turns(message, where)]
    system = _blocks(fields.get("system") or [], "system")
    if fields.get("cache_control") is not None:
        *before, last = turns[-1].blocks
        turns[-1] = replace(turns[-1], blocks=[*before, replace(last, mark=_mark(fields))])
    # Tools that the provider runs itself have no schema; there are none here.
    tools = [_tool(each, where) for where, each in objects(fields.get("tools"), "tools") if "input_schema" in each]
    choice, forced, parallel = _choice(member(fields, "tool_choice"))
    return Ask(
        fields=fields,
        model=fields["model"],
        turns=[Turn("system", system), *turns] if system else turns,
        tools=tools,
        choice=choice,
        forced=forced,
        parallel=parallel,
        schema=_schema(fields),
        sampling=[number(fields, "temperature", 1), number(fields, "top_p", 1), None],
        max_tokens=max_tokens,
        stop=stops(fields, "stop_sequences", _MAX_STOPS),
        stream=flag(fields, "stream"),
        reasons=_reasons(thinking, max_tokens),
        thoughts_first=thinking.get("type") == "enabled",
        marks=True,
    )


def _turns(message: Json, where: str) -> Iterator[Turn]:
    """A message as turns: each result of a tool is one of its own."""
    role = word(message.get("role"), ("user", "assistant", "system"), f"{where}.role")
    content = message.get("content")
    if not content:
        raise invalid(f"{where}.content", "text or blocks")
    if isinstance(content, str):
        yield Turn(role, [Block(content)])
        return
    said, calls = [], []
    for place, block in objects(content, f"{where}.content"):
        if block.get("type") == "tool_result":
            result = block.get("content") or ""
            blocks = _blocks(result, f"{place}.content", _mark(block))
            yield Turn("tool", blocks, answers=text(block.get("tool_use_id"), f"{place}.tool_use_id"))
        elif block.get("type") == "tool_use":
            given = orjson.dumps(an_object(block.get("input"), f"{place}.input")).decode()
            said.append(Block(f"{text(block.get('name'), f'{place}.name')} {given}", mark=_mark(block)))
            calls.append(text(block.get("id"), f"{place}.id"))
        elif block.get("type") == "thinking":
            check(block.get("thinking"), block.get("signature"), f"{place}.signature")
        elif block.get("type") not in _THOUGHTS:
            said.append(_block(block, place))
    if said:
        yield Turn(role, said, calls=calls, thought=content[0].get("type") in _THOUGHTS)


def _blocks(content: object, where: str, mark: str | None = None) -> list[Block]:
    if isinstance(content, str):
        return [Block(content, mark=mark)]
    return [_block(block, place, mark) for place, block in objects(content, where)]


def _block(block: Json, where: str, mark: str | None = None) -> Block:
    kind, mark = block.get("type"), _mark(block) or mark
    if kind == "text":
        if not block.get("text"):
            raise invalid(f"{where}.text", "text that is not empty")
        return Block(text(block["text"], f"{where}.text"), mark=mark)
    if kind in _ATTACHED:
        an_object(block.get("source"), f"{where}.source")
        return Block(orjson.dumps(block.get("source")).decode(), PER_IMAGE, mark)
    raise invalid(f"{where}.type", "text, image, document, tool_use, tool_result, or thinking")


def _mark(holder: Json) -> str | None:
    """How long what is marked is to be cached."""
    given = holder.get("cache_control")
    if given is None:
        return None
    word(given.get("type") if isinstance(given, dict) else None, ("ephemeral",), "cache_control.type")
    return word(given.get("ttl") or "5m", ("5m", "1h"), "cache_control.ttl")


def _tool(tool: Json, where: str) -> Tool:
    parameters = an_object(tool["input_schema"], f"{where}.input_schema")
    word(parameters.get("type"), ("object",), f"{where}.input_schema.type")
    return Tool(text(tool.get("name"), f"{where}.name"), tool.get("description") or "", parameters, _mark(tool))


def _choice(choice: Json) -> tuple[str, str | None, bool]:
    """Whether tools are called, which of them must be, and whether several may be."""
    kind = word(choice.get("type", "auto"), ("auto", "any", "tool", "none"), "tool_choice.type")
    forced = text(choice.get("name"), "tool_choice.name") if kind == "tool" else None
    parallel = choice.get("disable_parallel_tool_use") is not True
    return {"any": "required", "tool": "auto"}.get(kind, kind), forced, parallel


def _schema(fields: Json) -> Json | None:
    wanted = member(fields, "output_config").get("format") or fields.get("output_format")
    if wanted is None:
        return None
    word(wanted.get("type") if isinstance(wanted, dict) else None, ("json_schema",), "output_config.format.type")
    return an_object(wanted.get("schema"), "output_config.format.schema")


def _reasons(thinking: Json, max_tokens: int) -> bool | None:
    if not thinking:
        return None
    kind = word(thinking.get("type"), ("enabled", "adaptive", "between_tools", "disabled"), "thinking.type")
    if kind == "enabled":
        budget = integer(thinking, "budget_tokens")
        if budget is None or not _LEAST_BUDGET <= budget < max_tokens:
            raise invalid("thinking.budget_tokens", f"at least {_LEAST_BUDGET} and less than max_tokens")
    return kind != "disabled"
