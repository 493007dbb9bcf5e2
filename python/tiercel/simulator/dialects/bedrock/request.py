"""Reads conversations, with the checks of Bedrock's that a translation is likely to fail."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from tiercel.simulator.ask import Ask, Block, Tool, Turn
from tiercel.simulator.errors import ApiError, invalid
from tiercel.simulator.reading import (
    Json,
    an_object,
    integer,
    load,
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

_ATTACHED = ("image", "document", "video", "audio", "searchResult")
_MAX_STOPS = 2500


def read(fields: Json) -> Ask:
    """Reads a conversation."""
    turns = [turn for where, message in some_objects(fields, "messages") for turn in _turns(message, where)]
    if turns and turns[0].role == "assistant":
        raise ApiError(400, "A conversation must start with a user message.", param="messages")
    thinking = member(member(fields, "additionalModelRequestFields"), "thinking")
    config, tooling = member(fields, "inferenceConfig"), member(fields, "toolConfig")
    if not tooling and any(turn.calls or turn.answers for turn in turns):
        raise ApiError(400, "The toolConfig field must be defined when using toolUse and toolResult content blocks.")
    system = _blocks(fields.get("system"), "system")
    choice, forced = _choice(member(tooling, "toolChoice"))
    return Ask(
        fields=fields,
        model=fields["model"],
        turns=[Turn("system", system), *turns] if system else turns,
        tools=_tools(tooling),
        choice=choice,
        forced=forced,
        schema=_schema(member(member(fields, "outputConfig"), "textFormat")),
        sampling=[number(config, "temperature", 1), number(config, "topP", 1), None],
        max_tokens=integer(config, "maxTokens"),
        stop=stops(config, "stopSequences", _MAX_STOPS),
        stream=fields["stream"],
        reasons=thinking.get("type") != "disabled" if thinking else None,
        thoughts_first=thinking.get("type") == "enabled",
        marks=True,
    )


def _turns(message: Json, where: str) -> list[Turn]:
    """A message as turns: each result of a tool is one of its own."""
    role = word(message.get("role"), ("user", "assistant"), f"{where}.role")
    results: list[Turn] = []
    said: list[Block] = []
    calls = []
    for place, block in objects(message.get("content"), f"{where}.content"):
        if "toolResult" in block:
            result = member(block, "toolResult")
            answers = text(result.get("toolUseId"), f"{place}.toolResult.toolUseId")
            results.append(Turn("tool", _blocks(result.get("content"), f"{place}.toolResult.content"), answers=answers))
        elif "toolUse" in block:
            use = member(block, "toolUse")
            given = orjson.dumps(an_object(use.get("input"), f"{place}.toolUse.input")).decode()
            said.append(Block(f"{text(use.get('name'), f'{place}.toolUse.name')} {given}"))
            calls.append(text(use.get("toolUseId"), f"{place}.toolUse.toolUseId"))
        elif "reasoningContent" in block:
            reasoning = member(member(block, "reasoningContent"), "reasoningText")
            check(reasoning.get("text"), reasoning.get("signature"), f"{place}.reasoningContent.reasoningText")
        elif "cachePoint" in block and not said and results:
            results[-1] = replace(results[-1], blocks=_marked(results[-1].blocks, block, place))
        elif "cachePoint" in block:
            said = _marked(said, block, place)
        else:
            said.append(_block(block, place))
    if not said:
        return results
    thought = "reasoningContent" in message["content"][0]
    return [*results, Turn(role, said, calls=calls, thought=thought)]


def _blocks(content: object, where: str) -> list[Block]:
    blocks: list[Block] = []
    for place, block in objects(content, where):
        if "cachePoint" in block:
            blocks = _marked(blocks, block, place)
        else:
            blocks.append(_block(block, place))
    return blocks


def _block(block: Json, where: str) -> Block:
    if "text" in block:
        if not text(block["text"], f"{where}.text").strip():
            raise ApiError(400, f"The text field in the ContentBlock object at {where} is blank.", param=where)
        return Block(block["text"])
    if "json" in block:
        return Block(orjson.dumps(block["json"]).decode())
    kind = next((kind for kind in _ATTACHED if kind in block), None)
    if kind is None:
        raise invalid(where, "text, image, document, toolUse, toolResult, reasoningContent, or cachePoint")
    return Block(orjson.dumps(block[kind]).decode(), PER_IMAGE)


def _tools(config: Json) -> list[Tool]:
    tools: list[Tool] = []
    for where, tool in objects(config.get("tools"), "toolConfig.tools"):
        if "cachePoint" in tool and tools:
            tools[-1] = replace(tools[-1], mark=_lifetime(tool, where))
            continue
        spec = an_object(tool.get("toolSpec"), f"{where}.toolSpec")
        schema = an_object(member(spec, "inputSchema").get("json"), f"{where}.toolSpec.inputSchema.json")
        tools.append(Tool(text(spec.get("name"), f"{where}.toolSpec.name"), spec.get("description") or "", schema))
    return tools


def _marked(blocks: Sequence[Block], point: Json, where: str) -> list[Block]:
    """The blocks, the last of which a cache point follows."""
    if not blocks:
        raise invalid(where, "something before a cachePoint")
    return [*blocks[:-1], replace(blocks[-1], mark=_lifetime(point, where))]


def _lifetime(point: Json, where: str) -> str:
    word(point["cachePoint"].get("type"), ("default",), f"{where}.cachePoint.type")
    return word(point["cachePoint"].get("ttl") or "5m", ("5m", "1h"), f"{where}.cachePoint.ttl")


def _choice(choice: Json) -> tuple[str, str | None]:
    """Whether tools are called, and which of them must be."""
    if "tool" in choice:
        return "auto", text(member(choice, "tool").get("name"), "toolConfig.toolChoice.tool.name")
    return ("required" if "any" in choice else "auto"), None


def _schema(wanted: Json) -> Json | None:
    if not wanted:
        return None
    word(wanted.get("type"), ("json_schema",), "outputConfig.textFormat.type")
    found = member(member(wanted, "structure"), "jsonSchema").get("schema")
    return load(text(found, "outputConfig.textFormat.structure.jsonSchema.schema").encode())
