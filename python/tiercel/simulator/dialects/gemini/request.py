"""Reads contents to generate from."""

import re
from typing import Any

import orjson

from tiercel.simulator.ask import ANY_OBJECT, Ask, Block, Tool, Turn
from tiercel.simulator.errors import ApiError, invalid
from tiercel.simulator.reading import (
    Json,
    an_object,
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

_ROLES = ("user", "model", "function")
_CHOICES = {"AUTO": "auto", "VALIDATED": "auto", "ANY": "required", "NONE": "none", "MODE_UNSPECIFIED": "auto"}
_MAX_STOPS = 5
_UNDERSCORE = re.compile("_([a-z])")
_FREE = ("args", "response", "parametersJsonSchema", "responseJsonSchema", "labels")
# What stands for the signature of a call that another model made (Gemini's guide to thought signatures), or nothing.
_UNSIGNED = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go", None)


def read(fields: Json) -> Ask:
    """Reads contents to generate from."""
    fields = in_camel_case(fields)
    turns = []
    for where, content in some_objects(fields, "contents"):
        turns += _turns(content, where)
    if fields.get("systemInstruction") is not None:
        turns.insert(0, turn(member(fields, "systemInstruction"), "systemInstruction", role="system"))
    config = member(fields, "generationConfig")
    choice, allowed = _choice(member(fields, "toolConfig"))
    tools = [
        _tool(each, place)
        for where, tool in objects(fields.get("tools"), "tools")
        for place, each in objects(tool.get("functionDeclarations"), f"{where}.functionDeclarations")
    ]
    return Ask(
        fields=fields,
        model=fields["model"],
        turns=turns,
        tools=tools,
        choice=choice,
        forced=allowed[0] if choice == "required" and len(allowed) == 1 else None,
        schema=_schema(config),
        sampling=[number(config, "temperature", 2), number(config, "topP", 1), config.get("seed")],
        n=integer(config, "candidateCount", 8) or 1,
        max_tokens=integer(config, "maxOutputTokens"),
        stop=stops(config, "stopSequences", _MAX_STOPS),
        stream=fields.get("stream") is True,
        reasons=_reasons(member(config, "thinkingConfig")),
    )


def in_camel_case(value: Any) -> Any:  # noqa: ANN401 - a client's JSON
    """The same with names as the reference has them; Google takes `snake_case` too, and its Python client mixes both.

    A client's own names stay as they are: of properties, arguments, results and labels.
    """
    if isinstance(value, list):
        return [in_camel_case(each) for each in value]
    if not isinstance(value, dict):
        return value
    named = {_UNDERSCORE.sub(lambda found: found[1].upper(), name): each for name, each in value.items()}
    return {name: each if name in _FREE else _inside(name, each) for name, each in named.items()}


def _inside(name: str, value: Any) -> Any:  # noqa: ANN401 - as above
    if name == "properties" and isinstance(value, dict):
        return {own: in_camel_case(each) for own, each in value.items()}
    return in_camel_case(value)


def turn(content: Json, where: str, *, role: str) -> Turn:
    """A content that holds no calls and no results."""
    return Turn(role, [_block(part, place) for place, part in objects(content.get("parts"), f"{where}.parts")])


def _turns(content: Json, where: str) -> list[Turn]:
    """A content as turns: each result of a function is one of its own."""
    role = word(content.get("role") or "user", _ROLES, f"{where}.role")
    turns, blocks, calls = [], [], []
    for place, part in objects(content.get("parts"), f"{where}.parts"):
        if part.get("thought") is True:
            continue
        if "functionResponse" in part:
            result = member(part, "functionResponse")
            said = _said(an_object(result.get("response"), f"{place}.functionResponse.response"))
            turns.append(Turn("tool", [Block(said)], answers=_id(result, f"{place}.functionResponse")))
        elif "functionCall" in part:
            call = member(part, "functionCall")
            # A result may name the function instead of the call.
            calls += [_id(call, f"{place}.functionCall"), call["name"]]
            blocks.append(Block(f"{call['name']} {orjson.dumps(member(call, 'args')).decode()}"))
            if part.get("thoughtSignature") not in _UNSIGNED:
                check(call["name"], part["thoughtSignature"], f"{place}.thoughtSignature")
        else:
            blocks.append(_block(part, place))
    if blocks or not turns:
        turns.append(Turn("assistant" if role == "model" else "user", blocks, calls=calls))
    return turns


def _said(response: Json) -> str:
    """What a function returned; text has a name there, since it must be an object."""
    output = response.get("output") if len(response) == 1 else None
    return output if isinstance(output, str) else orjson.dumps(response).decode()


def _id(holder: Json, where: str) -> str:
    """What a call is known by; ids are optional, names are not."""
    name = text(holder.get("name"), f"{where}.name")
    return str(holder.get("id") or name)


def _block(part: Json, where: str) -> Block:
    if isinstance(part.get("text"), str):
        return Block(part["text"])
    for kind, source in (("inlineData", "data"), ("fileData", "fileUri")):
        if kind in part:
            text(member(part, kind).get("mimeType"), f"{where}.{kind}.mimeType")
            return Block(text(part[kind].get(source), f"{where}.{kind}.{source}"), PER_IMAGE)
    raise invalid(where, "text, inlineData, fileData, functionCall, or functionResponse")


def _tool(function: Json, where: str) -> Tool:
    if function.get("parameters") is not None and function.get("parametersJsonSchema") is not None:
        raise ApiError(400, f"{where}: parameters and parametersJsonSchema exclude each other.", param=where)
    parameters = function.get("parametersJsonSchema") or function.get("parameters")
    return Tool(
        text(function.get("name"), f"{where}.name"),
        function.get("description") or "",
        parameters if isinstance(parameters, dict) else None,
    )


def _choice(config: Json) -> tuple[str, list[str]]:
    """Whether functions are called, and which may be."""
    calling = member(config, "functionCallingConfig")
    mode = word(calling.get("mode") or "AUTO", tuple(_CHOICES), "toolConfig.functionCallingConfig.mode")
    return _CHOICES[mode], calling.get("allowedFunctionNames") or []


def _schema(config: Json) -> Json | None:
    found = config.get("responseJsonSchema") or config.get("responseSchema")
    kind = config.get("responseMimeType") or "text/plain"
    if found is not None and kind != "application/json":
        raise invalid("generationConfig.responseMimeType", "application/json, since there is a schema")
    if kind == "text/plain":
        return None
    word(kind, ("application/json",), "generationConfig.responseMimeType")
    return ANY_OBJECT if found is None else an_object(found, "generationConfig.responseSchema")


def _reasons(config: Json) -> bool | None:
    if not config:
        return None
    return config.get("thinkingBudget") != 0
