"""The events of a streamed response."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count

from tiercel.simulator.answer import Answer, fragments, words
from tiercel.simulator.dialect import Event, event
from tiercel.simulator.dialects.responses.answer import items, part, response, summary, unary
from tiercel.simulator.errors import INTERRUPTION
from tiercel.simulator.reading import Json


def events(answer: Answer) -> Iterator[Event]:
    """All events, numbered; the last says whether the response is complete."""
    return _numbered(_events(answer), 0)


def failure(answer: Answer, number: int) -> Iterator[Event]:
    """An error, and the response that failed by it."""
    said = {"code": INTERRUPTION.code, "message": INTERRUPTION.message}
    failed = [
        {"type": "error", "error": {"type": "server_error", **said, "param": None}},
        {"type": "response.failed", "response": response(answer, status="failed", error=said)},
    ]
    return _numbered(failed, number)


def _numbered(found: Iterable[Json], first: int) -> Iterator[Event]:
    for number, each in zip(count(first), found, strict=False):
        yield event({**each, "sequence_number": number}, each["type"])


def _events(answer: Answer) -> Iterator[Json]:
    yield {"type": "response.created", "response": response(answer)}
    yield {"type": "response.in_progress", "response": response(answer)}
    for index, item in enumerate(items(answer)):
        place = {"item_id": item["id"], "output_index": index}
        tell, hollow = _KINDS[item["type"]]
        yield {"type": "response.output_item.added", "output_index": index, "item": {**item, **hollow}}
        for each in tell(item):
            yield {**place, **each}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    over = unary(answer)
    yield {"type": f"response.{over['status']}", "response": over}


def _reasoning(item: Json) -> Iterator[Json]:
    for index, each in enumerate(item["summary"]):
        kind, place = "response.reasoning_summary", {"summary_index": index}
        yield {"type": f"{kind}_part.added", **place, "part": summary("")}
        for word in words(each["text"]):
            yield {"type": f"{kind}_text.delta", **place, "delta": word}
        yield {"type": f"{kind}_text.done", **place, "text": each["text"]}
        yield {"type": f"{kind}_part.done", **place, "part": each}


def _message(item: Json) -> Iterator[Json]:
    for index, each in enumerate(item["content"]):
        place = {"content_index": index}
        yield {"type": "response.content_part.added", **place, "part": part("")}
        for word in words(each["text"]):
            yield {"type": "response.output_text.delta", **place, "delta": word, "logprobs": []}
        yield {"type": "response.output_text.done", **place, "text": each["text"], "logprobs": []}
        yield {"type": "response.content_part.done", **place, "part": each}


def _call(item: Json) -> Iterator[Json]:
    kind = "response.function_call_arguments"
    for fragment in fragments(item["arguments"]):
        yield {"type": f"{kind}.delta", "delta": fragment}
    yield {"type": f"{kind}.done", "name": item["name"], "arguments": item["arguments"]}


# How an item of each type is told, and what it lacks when it begins.
_KINDS: dict[str, tuple[Callable[[Json], Iterator[Json]], Json]] = {
    "reasoning": (_reasoning, {"summary": []}),
    "message": (_message, {"status": "in_progress", "content": []}),
    "function_call": (_call, {"status": "in_progress", "arguments": ""}),
}
