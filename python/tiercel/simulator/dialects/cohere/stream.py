"""The events of streamed chats."""

from collections.abc import Iterator

from tiercel.simulator.answer import Answer, fragments, words
from tiercel.simulator.choices import Choice
from tiercel.simulator.dialect import Event, event
from tiercel.simulator.dialects.cohere.answer import content, finish_reason, plan, usage
from tiercel.simulator.dialects.openai.answer import call
from tiercel.simulator.errors import INTERRUPTION
from tiercel.simulator.reading import Json


def events(answer: Answer) -> Iterator[Event]:
    """All events, `message-end` last."""
    for each in _events(answer):
        yield event(each, each["type"])


def failure(_answer: Answer, _number: int) -> list[Event]:
    """An end that is an error."""
    delta = {"error": INTERRUPTION.message, "finish_reason": "ERROR"}
    return [event({"type": "message-end", "delta": delta}, "message-end")]


def _events(answer: Answer) -> Iterator[Json]:
    choice = answer.choices[0]
    hollow = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"type": "message-start", "id": answer.id("chat-"), "delta": {"message": hollow}}
    for index, block in enumerate(content(choice)):
        kind = block["type"]
        place = {"index": index}
        yield {"type": "content-start", **place, "delta": _content({"type": kind, kind: ""})}
        for word in words(block[kind]):
            yield {"type": "content-delta", **place, "delta": _content({kind: word})}
        yield {"type": "content-end", **place}
    yield from _calls(choice)
    end = {"finish_reason": finish_reason(choice), "usage": usage(answer)}
    yield {"type": "message-end", "delta": end}


def _calls(choice: Choice) -> Iterator[Json]:
    for word in words(plan(choice)) if choice.calls else ():
        yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": word}}}
    for index, each in enumerate(choice.calls):
        place, opening = {"index": index}, {**call(each), "function": {"name": each.name, "arguments": ""}}
        yield {"type": "tool-call-start", **place, "delta": {"message": {"tool_calls": opening}}}
        for fragment in fragments(each.arguments):
            added = {"function": {"arguments": fragment}}
            yield {"type": "tool-call-delta", **place, "delta": {"message": {"tool_calls": added}}}
        yield {"type": "tool-call-end", **place}


def _content(said: Json) -> Json:
    return {"message": {"content": said}}
