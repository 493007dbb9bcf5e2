"""Reads chats, legacy completions and texts to embed, with OpenAI's complaints."""

import orjson

from tiercel.simulator.ask import ANY_OBJECT, Ask, Block, Tool, Turn
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

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_ATTACHED = ("image_url", "input_audio", "file")
# Without a limit, legacy completions stop after this many tokens (OpenAI's API reference).
_COMPLETION_TOKENS = 16
# Efforts at which models do not reason.
NO_EFFORT = ("none", "minimal")


def chat(fields: Json) -> Ask:
    """Reads a chat completion."""
    if fields.get("max_tokens") is not None and fields.get("max_completion_tokens") is not None:
        raise invalid("max_tokens", "no max_tokens beside max_completion_tokens")
    turns = [_turn(message, where) for where, message in some_objects(fields, "messages")]
    tools = [tool(each, where) for where, each in objects(fields.get("tools"), "tools")]
    choice, forced = _choice(fields.get("tool_choice"))
    effort = fields.get("reasoning_effort")
    stream, include_usage = _stream(fields)
    return Ask(
        fields=fields,
        model=fields["model"],
        turns=turns,
        tools=tools,
        choice=choice,
        forced=forced,
        parallel=fields.get("parallel_tool_calls") is not False,
        schema=schema(fields.get("response_format")),
        sampling=_sampling(fields),
        n=integer(fields, "n", 128) or 1,
        max_tokens=integer(fields, "max_completion_tokens") or integer(fields, "max_tokens"),
        stop=stops(fields, "stop", 4),
        stream=stream,
        include_usage=include_usage,
        reasons=None if effort is None else effort not in NO_EFFORT,
    )


def completion(fields: Json) -> Ask:
    """Reads a legacy text completion."""
    stream, include_usage = _stream(fields)
    return Ask(
        fields=fields,
        model=fields["model"],
        turns=[Turn("user", [block]) for block in texts(fields, "prompt")],
        chat=False,
        sampling=_sampling(fields),
        n=integer(fields, "n", 128) or 1,
        max_tokens=integer(fields, "max_tokens") or _COMPLETION_TOKENS,
        stop=stops(fields, "stop", 4),
        stream=stream,
        include_usage=include_usage,
        reasons=False,
    )


def texts(fields: Json, name: str) -> list[Block]:
    """The texts of a parameter, which may hold text, tokens, or up to 2,048 of either."""
    given = fields.get(name)
    if given is None:
        raise missing(name)
    one = isinstance(given, str) or (isinstance(given, list) and given and isinstance(given[0], int))
    several = [given] if one else given
    if not isinstance(several, list) or not 1 <= len(several) <= MAX_TEXTS:
        raise invalid(name, f"text, tokens, or an array of at most {MAX_TEXTS} of them")
    read = []
    for each in several:
        if isinstance(each, str) and each:
            read.append(Block(each))
        elif isinstance(each, list) and each and all(isinstance(token, int) for token in each):
            read.append(Block(" ".join(map(str, each)), len(each)))
        else:
            raise invalid(name, "texts that are not empty, or arrays of tokens")
    return read


def schema(wanted: object) -> Json | None:
    """What `response_format` asks for."""
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if wanted is None or kind == "text":
        return None
    if kind == "json_object":
        return ANY_OBJECT
    found = member(wanted, "json_schema").get("schema") if isinstance(wanted, dict) else None
    if kind != "json_schema" or not isinstance(found, dict):
        raise invalid("response_format", "text, json_object, or json_schema with a schema")
    return found


def _stream(fields: Json) -> tuple[bool, bool]:
    """Whether to stream, and to tell the usage at its end."""
    stream, options = flag(fields, "stream"), fields.get("stream_options")
    if options is not None and not (stream and isinstance(options, dict)):
        raise invalid("stream_options", "an object, and only when 'stream' is true")
    return stream, bool(options and options.get("include_usage"))


def _sampling(fields: Json) -> list[object]:
    return [number(fields, "temperature", 2), number(fields, "top_p", 1), fields.get("seed")]


def _choice(choice: object) -> tuple[str, str | None]:
    """Whether tools are called, and which of them must be."""
    if isinstance(choice, dict):
        return "auto", text(member(choice, "function").get("name"), "tool_choice.function.name")
    return word(choice or "auto", ("auto", "none", "required"), "tool_choice"), None


def _turn(message: Json, where: str) -> Turn:
    role, content = word(message.get("role"), _ROLES, f"{where}.role"), message.get("content")
    if content is None and role != "assistant":
        raise missing(f"{where}.content")
    blocks = [Block(content)] if isinstance(content, str) else []
    if not isinstance(content, str):
        blocks += [_block(part, f"{where}.content") for _, part in objects(content, f"{where}.content")]
    calls = [call(each, place) for place, each in objects(message.get("tool_calls"), f"{where}.tool_calls")]
    blocks += [Block(said) for _, said in calls]
    name = message.get("name")
    return Turn(
        role="system" if role == "developer" else role,
        blocks=blocks,
        name=name if isinstance(name, str) else "",
        calls=[id_ for id_, _ in calls],
        answers=text(message.get("tool_call_id"), f"{where}.tool_call_id") if role == "tool" else None,
    )


def _block(part: Json, where: str) -> Block:
    kind = part.get("type")
    if kind in ("text", "refusal") and isinstance(part.get(kind), str):
        return Block(part[kind])
    if kind in _ATTACHED:
        return Block(orjson.dumps(part).decode(), PER_IMAGE)
    raise invalid(where, "text or an array of content parts")


def call(call: Json, where: str) -> tuple[str, str]:
    """The id of a call, and what it says."""
    function = member(call, "function")
    name = text(function.get("name"), f"{where}.function.name")
    return text(call.get("id"), f"{where}.id"), f"{name} {text(function.get('arguments'), f'{where}.arguments')}"


def tool(tool: Json, where: str) -> Tool:
    """A function that may be called."""
    function = member(tool, "function")
    if not function.get("name"):
        raise missing(f"{where}.function.name")
    parameters = function.get("parameters")
    return Tool(
        text(function["name"], f"{where}.function.name"),
        function.get("description") or "",
        parameters if isinstance(parameters, dict) else None,
    )
