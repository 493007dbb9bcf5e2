"""Reads responses to create."""

import orjson

from tiercel.simulator.ask import ANY_OBJECT, Ask, Block, Tool, Turn
from tiercel.simulator.dialects.openai.request import NO_EFFORT
from tiercel.simulator.errors import ApiError, invalid, missing
from tiercel.simulator.reading import (
    Json,
    flag,
    integer,
    member,
    number,
    objects,
    some_objects,
    text,
    word,
)
from tiercel.simulator.seal import check
from tiercel.simulator.tokens import PER_IMAGE

_ROLES = ("system", "developer", "user", "assistant")
_TEXTS = ("input_text", "output_text", "refusal")
_ATTACHED = ("input_image", "input_file", "input_audio")


def read(fields: Json) -> Ask:
    """Reads a response to create."""
    if fields.get("previous_response_id") is not None:
        raise ApiError(400, "No previous response is kept here.", param="previous_response_id")
    if not isinstance(fields.get("include") or [], list):
        raise invalid("include", "an array")
    turns = _turns(fields)
    instructions = fields.get("instructions")
    if instructions is not None:
        turns.insert(0, Turn("system", [Block(text(instructions, "instructions"))]))
    tools = [_tool(each, where) for where, each in objects(fields.get("tools"), "tools") if _is_function(each)]
    choice, forced = _choice(fields.get("tool_choice"))
    effort = member(fields, "reasoning").get("effort")
    return Ask(
        fields=fields,
        model=fields["model"],
        turns=turns,
        tools=tools,
        choice=choice,
        forced=forced,
        parallel=fields.get("parallel_tool_calls") is not False,
        schema=_schema(member(member(fields, "text"), "format")),
        sampling=[number(fields, "temperature", 2), number(fields, "top_p", 1), fields.get("seed")],
        max_tokens=integer(fields, "max_output_tokens"),
        stream=flag(fields, "stream"),
        reasons=None if effort is None else effort not in NO_EFFORT,
    )


def _turns(fields: Json) -> list[Turn]:
    given = fields.get("input")
    if isinstance(given, str):
        return [Turn("user", [Block(given)])]
    turns = [_turn(item, where) for where, item in some_objects(fields, "input")]
    return [turn for turn in turns if turn is not None]


def _turn(item: Json, where: str) -> Turn | None:
    """An item as a message; reasoning that comes back is none."""
    match item.get("type", "message"):
        case "message":
            role = word(item.get("role"), _ROLES, f"{where}.role")
            return Turn("system" if role == "developer" else role, _blocks(item.get("content"), f"{where}.content"))
        case "function_call":
            said = f"{text(item.get('name'), f'{where}.name')} {text(item.get('arguments'), f'{where}.arguments')}"
            return Turn("assistant", [Block(said)], calls=[text(item.get("call_id"), f"{where}.call_id")])
        case "function_call_output":
            answers = text(item.get("call_id"), f"{where}.call_id")
            return Turn("tool", _blocks(item.get("output"), f"{where}.output"), answers=answers)
        case "reasoning":
            summary = "".join(str(part.get("text")) for _, part in objects(item.get("summary"), f"{where}.summary"))
            # With no summary there is nothing that the proof could be compared with.
            if summary and item.get("encrypted_content") is not None:
                check(summary, item["encrypted_content"], f"{where}.encrypted_content")
            return None
    raise invalid(f"{where}.type", "message, function_call, function_call_output, or reasoning")


def _blocks(content: object, where: str) -> list[Block]:
    if content is None:
        raise missing(where)
    if isinstance(content, str):
        return [Block(content)]
    return [_block(part, place) for place, part in objects(content, where)]


def _block(part: Json, where: str) -> Block:
    kind = part.get("type")
    if kind in _TEXTS:
        return Block(text(part.get("refusal" if kind == "refusal" else "text"), f"{where}.text"))
    if kind in _ATTACHED:
        return Block(orjson.dumps(part).decode(), PER_IMAGE)
    raise invalid(f"{where}.type", "one of " + ", ".join(_TEXTS + _ATTACHED))


def _is_function(tool: Json) -> bool:
    """Tools of other types are run by the provider itself; there are none here."""
    return tool.get("type") == "function"


def _tool(tool: Json, where: str) -> Tool:
    parameters = tool.get("parameters")
    return Tool(
        text(tool.get("name"), f"{where}.name"),
        tool.get("description") or "",
        parameters if isinstance(parameters, dict) else None,
    )


def _choice(choice: object) -> tuple[str, str | None]:
    """Whether tools are called, and which of them must be."""
    if isinstance(choice, dict):
        return "auto", text(choice.get("name"), "tool_choice.name")
    return word(choice or "auto", ("auto", "none", "required"), "tool_choice"), None


def _schema(wanted: Json) -> Json | None:
    match wanted.get("type", "text"):
        case "text":
            return None
        case "json_object":
            return ANY_OBJECT
        case "json_schema" if isinstance(wanted.get("schema"), dict) and isinstance(wanted.get("name"), str):
            return dict(wanted["schema"])
    raise invalid("text.format", "text, json_object, or json_schema with a name and a schema")
