"""The events of streamed answers."""

import re
from collections.abc import Iterator
from itertools import zip_longest

import orjson

from tiercel.simulator.answers import FINGERPRINT, Answer, Json, call_json, usage
from tiercel.simulator.choices import Choice

DONE = b"data: [DONE]\n\n"
# A word with the space before it, which is near to a token; and a few characters of JSON, as models send arguments.
_WORD = re.compile(r"\s*\S+|\s+$")
_FRAGMENT = re.compile(r"(?s).{1,8}")


def frame(payload: bytes) -> bytes:
    """One server-sent event."""
    return b"data: %b\n\n" % payload


def events(answer: Answer) -> Iterator[bytes]:
    """Every event up to `[DONE]`; choices take turns, as OpenAI's do."""
    chunk: Json = {
        "id": answer.id,
        "object": "chat.completion.chunk" if answer.ask.chat else "text_completion",
        "created": answer.created,
        "model": answer.ask.model,
        "system_fingerprint": FINGERPRINT,
    }
    if answer.ask.include_usage:
        chunk["usage"] = None
    deltas = _chat_deltas if answer.ask.chat else _text_deltas
    for turn in zip_longest(*map(deltas, answer.choices)):
        for index, delta in enumerate(turn):
            if delta is not None:
                chunk["choices"] = [{"index": index, "logprobs": None, "finish_reason": None, **delta}]
                yield frame(orjson.dumps(chunk))
    if answer.ask.include_usage:
        yield frame(orjson.dumps({**chunk, "choices": [], "usage": usage(answer)}))
    yield DONE


def _text_deltas(choice: Choice) -> Iterator[Json]:
    for word in _WORD.findall(choice.text):
        yield {"text": word}
    yield {"text": "", "finish_reason": choice.finish_reason}


def _chat_deltas(choice: Choice) -> Iterator[Json]:
    yield {"delta": {"role": "assistant", "content": None if choice.calls else "", "refusal": None}}
    for word in _WORD.findall(choice.text):
        yield {"delta": {"content": word}}
    for index, call in enumerate(choice.calls):
        opening = {**call_json(call), "index": index, "function": {"name": call.name, "arguments": ""}}
        yield {"delta": {"tool_calls": [opening]}}
        for fragment in _FRAGMENT.findall(call.arguments):
            yield {"delta": {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}}
    yield {"delta": {}, "finish_reason": choice.finish_reason}
