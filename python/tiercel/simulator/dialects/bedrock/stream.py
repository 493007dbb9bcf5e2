"""The events of `converse-stream`."""

from collections.abc import Iterator

import orjson

from tiercel.simulator.answer import Answer, fragments, words
from tiercel.simulator.dialect import Event, event
from tiercel.simulator.dialects.bedrock.answer import content, measured, stop_reason
from tiercel.simulator.errors import INTERRUPTION
from tiercel.simulator.reading import Json

# Bedrock makes messages longer than they need be, lest their lengths tell what they say.
_PADDING = "abcdefgh"


def events(answer: Answer) -> Iterator[Event]:
    """All events; the last tells the usage."""
    for name, data in _events(answer):
        yield event({**data, "p": _PADDING}, name)


def failure(_answer: Answer, _number: int) -> list[Event]:
    """An exception in the place of an event."""
    return [event({"message": INTERRUPTION.message}, "internalServerException")]


def _events(answer: Answer) -> Iterator[tuple[str, Json]]:
    choice = answer.choices[0]
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(content(choice)):
        place = {"contentBlockIndex": index}
        # Only calls are announced.
        if "toolUse" in block:
            use = {name: block["toolUse"][name] for name in ("toolUseId", "name")}
            yield "contentBlockStart", {**place, "start": {"toolUse": use}}
        for delta in _deltas(block):
            yield "contentBlockDelta", {**place, "delta": delta}
        yield "contentBlockStop", place
    yield "messageStop", {"stopReason": stop_reason(choice)}
    yield "metadata", measured(answer)


def _deltas(block: Json) -> list[Json]:
    if "toolUse" in block:
        arguments = orjson.dumps(block["toolUse"]["input"]).decode()
        return [{"toolUse": {"input": fragment}} for fragment in fragments(arguments)]
    if "reasoningContent" in block:
        said = block["reasoningContent"]["reasoningText"]
        return [
            *({"reasoningContent": {"text": word}} for word in words(said["text"])),
            {"reasoningContent": {"signature": said["signature"]}},
        ]
    return [{"text": word} for word in words(block["text"])]
