"""Reads fields out of bodies; every complaint names the field."""

from typing import Any

import orjson

from tiercel.simulator.errors import ApiError, invalid, missing

Json = dict[str, Any]


def load(body: bytes) -> Json:
    """The body as an object.

    Raises:
        ApiError: 400 where it is none.
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ApiError(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(fields, dict):
        raise ApiError(400, "The body of your request must be a JSON object.")
    return fields


def integer(fields: Json, name: str, most: int = 1_000_000) -> int | None:
    """A number of at least 1, if it is there."""
    number = fields.get(name)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
        raise invalid(name, f"an integer from 1 to {most}")
    return number


def number(fields: Json, name: str, most: float) -> float | None:
    """A number from 0 to `most`, if it is there."""
    given = fields.get(name)
    if given is not None and not (isinstance(given, (int, float)) and 0 <= given <= most):
        raise invalid(name, f"a number from 0 to {most:g}")
    return given


def flag(fields: Json, name: str) -> bool:
    """True or false; false where it is missing."""
    given = fields.get(name) or False
    if not isinstance(given, bool):
        raise invalid(name, "true or false")
    return given


def text(value: object, where: str) -> str:
    """Text that is there."""
    if value is None:
        raise missing(where)
    if not isinstance(value, str):
        raise invalid(where, "text")
    return value


def an_object(value: object, where: str) -> Json:
    """An object that is there."""
    if value is None:
        raise missing(where)
    if not isinstance(value, dict):
        raise invalid(where, "an object")
    return value


def member(fields: Json, name: str) -> Json:
    """An object, empty where it is missing."""
    value = fields.get(name)
    return {} if value is None else an_object(value, name)


def objects(value: object, where: str) -> list[tuple[str, Json]]:
    """The objects of an array, each with its place; none where there is no array."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(where, "an array of objects")
    return [(f"{where}[{index}]", an_object(each, f"{where}[{index}]")) for index, each in enumerate(value)]


def some_objects(fields: Json, name: str) -> list[tuple[str, Json]]:
    """As `objects`, of a field that must have at least one."""
    if fields.get(name) is None:
        raise missing(name)
    found = objects(fields[name], name)
    if not found:
        raise invalid(name, "an array of at least one object")
    return found


def word(given: object, words: tuple[str, ...], where: str) -> str:
    """One of some words."""
    if not isinstance(given, str) or given not in words:
        raise invalid(where, "one of " + ", ".join(words))
    return given


def stops(fields: Json, name: str, most: int) -> list[str]:
    """The texts that end an answer: one, several, or none."""
    given = fields.get(name) or []
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, list) or len(given) > most or not all(isinstance(each, str) and each for each in given):
        raise invalid(name, f"a string or at most {most} strings")
    return given
