"""Reads chats and texts to embed."""

import orjson

from tiercel.simulator.ask import ANY_OBJECT, Ask, Block, Turn
from tiercel.simulator.dialects.openai.request import call, tool
from tiercel.simulator.embeddings import MAX_TEXTS
from tiercel.simulator.errors import invalid, missing
from tiercel.simulator.reading import (
    Json,
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
from tiercel.simulator.tokens import PER_IMAGE

_ROLES = ("system", "user", "assistant", "tool")
_MAX_STOPS = 5


def read(fields: Json) -> Ask:
    """Reads a chat."""
    choice = fields.get("tool_choice")
    thinking = member(fields, "thinking")
    return Ask(
        fields=fields,
        model=fields["model"],
        turns=[_turn(message, where) for where, message in some_objects(fields, "messages")],
        tools=[tool(each, where) for where, each in objects(fields.get("tools"), "tools")],
        choice="auto" if choice is None else word(choice, ("REQUIRED", "NONE"), "tool_choice").lower(),
        schema=_schema(member(fields, "response_format")),
        sampling=[number(fields, "temperature", 1), number(fields, "p", 1), fields.get("seed")],
        max_tokens=integer(fields, "max_tokens"),
        stop=stops(fields, "stop_sequences", _MAX_STOPS),
        stream=flag(fields, "stream"),
        reasons=thinking.get("type") != "disabled" if thinking else None,
    )


def texts(fields: Json) -> list[str]:
    """The texts to embed: `texts`, or those of `inputs`."""
    word(fields.get("input_type"), _INPUT_TYPES, "input_type")
    if fields.get("embedding_types") not in (None, ["float"]):
        raise invalid("embedding_types", '["float"]')
    given = fields.get("texts")
    if given is None and fields.get("inputs") is None:
        raise missing("texts")
    if given is None:
        blocks = [objects(each.get("content"), where) for where, each in objects(fields["inputs"], "inputs")]
        given = [_block(part, where).text for several in blocks for where, part in several]
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_TEXTS:
        raise invalid("texts", f"an array of 1 to {MAX_TEXTS} texts")
    return [text(each, "texts") for each in given]


_INPUT_TYPES = ("search_document", "search_query", "classification", "clustering", "image")


def _turn(message: Json, where: str) -> Turn:
    role, content = word(message.get("role"), _ROLES, f"{where}.role"), message.get("content")
    calls = [call(each, place) for place, each in objects(message.get("tool_calls"), f"{where}.tool_calls")]
    if content is None and not calls:
        raise missing(f"{where}.content")
    if isinstance(content, str):
        blocks = [Block(content)]
    else:
        blocks = [_block(part, place) for place, part in objects(content, f"{where}.content")]
    return Turn(
        role=role,
        blocks=[*blocks, *(Block(said) for _, said in calls)],
        calls=[id_ for id_, _ in calls],
        answers=text(message.get("tool_call_id"), f"{where}.tool_call_id") if role == "tool" else None,
    )


def _block(part: Json, where: str) -> Block:
    match part.get("type"):
        case "text" | "thinking" as kind:
            return Block(text(part.get(kind), f"{where}.{kind}"))
        case "image_url":
            return Block(orjson.dumps(part).decode(), PER_IMAGE)
        case "document":
            data = member(part, "document").get("data")
            return Block(data if isinstance(data, str) else orjson.dumps(data).decode())
    raise invalid(f"{where}.type", "text, thinking, image_url, or document")


def _schema(wanted: Json) -> Json | None:
    kind = word(wanted.get("type") or "text", ("text", "json_object"), "response_format.type")
    if kind == "text":
        return None
    return wanted.get("json_schema") or ANY_OBJECT
