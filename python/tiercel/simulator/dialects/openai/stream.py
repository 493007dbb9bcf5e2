"""The chunks of streamed answers."""

from collections.abc import Iterator
from itertools import zip_longest

from tiercel.simulator.answer import Answer, fragments, words
from tiercel.simulator.choices import Choice
from tiercel.simulator.dialect import Event, event
from tiercel.simulator.dialects.openai.answer import call, error, head, usage
from tiercel.simulator.errors import INTERRUPTION
from tiercel.simulator.reading import Json

_DONE = Event(b"[DONE]")


def chat(answer: Answer) -> Iterator[Event]:
    """A `chat.completion.chunk` after another; choices take turns, as OpenAI's do."""
    chunk = head(answer, "chat.completion.chunk", "chatcmpl-")
    return _chunks(answer, chunk, [_chat_deltas(answer, choice) for choice in answer.choices])


def completion(answer: Answer) -> Iterator[Event]:
    """The same of a `text_completion`."""
    chunk = head(answer, "text_completion", "cmpl-")
    return _chunks(answer, chunk, [_text_deltas(choice) for choice in answer.choices])


def failure(_answer: Answer, _number: int) -> list[Event]:
    """An error in the place of a chunk."""
    return [event(error(INTERRUPTION, ""))]


def _chunks(answer: Answer, chunk: Json, deltas: list[Iterator[Json]]) -> Iterator[Event]:
    if answer.ask.include_usage:
        chunk["usage"] = None
    for turn in zip_longest(*deltas):
        for index, delta in enumerate(turn):
            if delta is not None:
                yield event({**chunk, "choices": [{"index": index, "logprobs": None, "finish_reason": None, **delta}]})
    if answer.ask.include_usage:
        yield event({**chunk, "choices": [], "usage": usage(answer)})
    yield _DONE


def _text_deltas(choice: Choice) -> Iterator[Json]:
    for word in words(choice.text):
        yield {"text": word}
    yield {"text": "", "finish_reason": choice.finish_reason}


def _chat_deltas(answer: Answer, choice: Choice) -> Iterator[Json]:
    yield {"delta": {"role": "assistant", "content": None if choice.calls else "", "refusal": None}}
    for word in words(choice.reasoning) if answer.model.reasons else ():
        yield {"delta": {"reasoning_content": word}}
    for word in words(choice.text):
        yield {"delta": {"content": word}}
    for index, each in enumerate(choice.calls):
        opening = {**call(each), "index": index, "function": {"name": each.name, "arguments": ""}}
        yield {"delta": {"tool_calls": [opening]}}
        for fragment in fragments(each.arguments):
            yield {"delta": {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}}
    yield {"delta": {}, "finish_reason": choice.finish_reason}
