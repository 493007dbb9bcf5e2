"""The events of streamed messages."""

from collections.abc import Iterator

import orjson

from tiercel.simulator.answer import Answer, fragments, words
from tiercel.simulator.dialect import Event, event
from tiercel.simulator.dialects.anthropic.answer import content, error, message, stop, usage
from tiercel.simulator.errors import ApiError
from tiercel.simulator.reading import Json

_OVERLOADED = ApiError(529, "Overloaded")


def events(answer: Answer) -> Iterator[Event]:
    """All events, `message_stop` last."""
    for each in _events(answer):
        yield event(each, each["type"])


def failure(answer: Answer, _number: int) -> list[Event]:
    """An error in the place of an event."""
    return [event(error(_OVERLOADED, answer.id("req_")), "error")]


def _events(answer: Answer) -> Iterator[Json]:
    # The first tokens are counted before they are sent.
    yield {"type": "message_start", "message": {**message(answer), "usage": usage(answer, 1)}}
    for index, block in enumerate(content(answer.choices[0])):
        hollow, deltas = _block(block)
        yield {"type": "content_block_start", "index": index, "content_block": hollow}
        if index == 0:
            yield {"type": "ping"}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": stop(answer.choices[0]), "usage": usage(answer, answer.n_tokens)}
    yield {"type": "message_stop"}


def _block(block: Json) -> tuple[Json, list[Json]]:
    """A block as it begins, and what is then added."""
    match block["type"]:
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": word} for word in words(block["thinking"])]
            return (
                {"type": "thinking", "thinking": "", "signature": ""},
                [*deltas, {"type": "signature_delta", "signature": block["signature"]}],
            )
        case "tool_use":
            pieces = ["", *fragments(orjson.dumps(block["input"]).decode())]
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": word} for word in words(block["text"])]
