"""The pieces of streamed answers: lines of data, or the elements of one array."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from tiercel.simulator.answer import Answer, words
from tiercel.simulator.choices import Choice
from tiercel.simulator.dialect import Event, event
from tiercel.simulator.dialects.gemini.answer import candidate, error, parts, response, usage, usage_so_far
from tiercel.simulator.errors import ApiError
from tiercel.simulator.reading import Json

_UNAVAILABLE = ApiError(503, "The service is currently unavailable.")


def events(answer: Answer) -> Iterator[Event]:
    """All pieces; the last has the reasons why candidates end."""
    for turn in zip_longest(*(_pieces(answer, choice) for choice in answer.choices)):
        said = [candidate(index, [part], finish=None) for index, part in enumerate(turn) if part is not None]
        yield event(response(answer, said, usage_so_far(answer)))
    over = [candidate(index, [{"text": ""}], finish=choice) for index, choice in enumerate(answer.choices)]
    yield event(response(answer, over, usage(answer)))


def failure(_answer: Answer, _number: int) -> list[Event]:
    """An error in the place of a piece."""
    return [event(error(_UNAVAILABLE, ""))]


def array(answer: Answer) -> Iterator[Event]:
    """The same pieces as the elements of an array, which the last one closes."""
    *before, last = _elements(events(answer), 0)
    yield from before
    yield Event(last.data + b"]")


def failure_in_array(answer: Answer, number: int) -> list[Event]:
    """An error as the last element."""
    (last,) = _elements(failure(answer, number), number)
    return [Event(last.data + b"]")]


def _elements(found: Iterable[Event], first: int) -> Iterator[Event]:
    for number, each in enumerate(found, first):
        yield Event((b",\r\n" if number else b"[") + each.data)


def _pieces(answer: Answer, choice: Choice) -> Iterator[Json]:
    """Text word by word, all else in whole."""
    for part in parts(answer, choice):
        if "text" in part:
            for word in words(part["text"]):
                yield {**part, "text": word}
        else:
            yield part
