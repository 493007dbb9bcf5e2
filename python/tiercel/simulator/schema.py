"""Values that satisfy a JSON schema, for tool arguments and structured output.

Covers what strict tool and output schemas may contain: types, enum, const, bounds, formats, nesting, references.
Patterns and conditionals are not attempted.
"""

from collections.abc import Callable
from math import ceil, floor
from random import Random
from typing import Any

from tiercel.simulator.errors import ApiError

Json = dict[str, Any]
Maker = Callable[[], object]

_MAX_NODES = 10_000
_MAX_DEPTH = 64
# Beyond it what may be left out is left out, which ends recursive schemas.
_FULL_DEPTH = 6
_MAX_STRING = 10_000
_FORMATS = {
    "date": "2026-03-14",
    "date-time": "2026-03-14T09:26:53Z",
    "time": "09:26:53",
    "duration": "PT1H30M",
    "email": "sam@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "6fa459ea-ee8a-4ca4-894e-db77e160355e",
}
_BY_NAME = {
    "city": ("Paris", "Mumbai", "Toronto"),
    "location": ("Paris, France", "Mumbai, India", "Toronto, Canada"),
    "country": ("France", "India", "Canada"),
    "name": ("Sam Carter", "Asha Rao", "Lena Fischer"),
    "date": ("2026-03-14", "2026-07-01"),
    "email": ("sam@example.com", "asha@example.com"),
    "query": ("recent results", "opening hours", "latest news"),
}
_WORDS = ("amber", "harbour", "meadow", "lantern", "river", "summit", "willow", "copper")


def value(schema: Json, random: Random) -> object:
    """A value that satisfies `schema`.

    Raises:
        ApiError: 400 where the schema is malformed, contradicts itself, or asks for too much.
    """
    try:
        return _Builder(schema, random).build(schema, "", 0)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ApiError(400, "Invalid schema: no value could be made for it.", code="invalid_schema") from error


class _Builder:
    """Builds one value; counts nodes, for a small schema can ask for an endless value."""

    def __init__(self, root: Json, random: Random) -> None:
        self._root = root
        self._random = random
        self._n_nodes = 0

    def build(self, schema: Any, name: str, depth: int) -> object:  # noqa: ANN401 - a client's JSON
        self._n_nodes += 1
        if self._n_nodes > _MAX_NODES or depth > _MAX_DEPTH:
            raise ValueError("the value would be too large")
        if schema in (None, True):
            schema = {}
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self.build(self._branch(schema[several], depth), name, depth + 1)
        if "$ref" in schema:
            return self.build(self._resolve(schema["$ref"]), name, depth + 1)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = self._branch(kind, depth) if isinstance(kind, list) else kind
        # Gemini's own schemas write types in capitals.
        return self._typed(kind.lower(), schema, name, depth)

    def _typed(self, kind: str, schema: Json, name: str, depth: int) -> object:
        makers: dict[str, Maker] = {
            "object": lambda: self._object(schema, depth),
            "array": lambda: self._array(schema, name, depth),
            "integer": lambda: int(self._number(schema, 1)),
            "number": lambda: float(self._number(schema, 0.5)),
            "boolean": lambda: self._random.random() < 0.5,
            "null": lambda: None,
            "string": lambda: self._string(schema, name),
        }
        return makers[kind]()

    @staticmethod
    def _branch(branches: list[Any], depth: int) -> Any:  # noqa: ANN401 - as above
        """The first; deep inside, the last, which by custom is the null that ends a recursion."""
        return branches[0 if depth <= _FULL_DEPTH else -1]

    def _resolve(self, reference: str) -> object:
        node: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            node = node[step]
        return node

    def _object(self, schema: Json, depth: int) -> Json:
        properties = schema.get("properties", {})
        names = properties if depth <= _FULL_DEPTH else schema.get("required", ())
        return {name: self.build(properties.get(name), name, depth + 1) for name in names}

    def _array(self, schema: Json, name: str, depth: int) -> list[object]:
        usual = min(1, schema.get("maxItems", 1)) if depth <= _FULL_DEPTH else 0
        return [self.build(schema.get("items"), name, depth + 1) for _ in range(max(schema.get("minItems", 0), usual))]

    def _number(self, schema: Json, step: float) -> float:
        step = schema.get("multipleOf", step)
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        first = 0 if low is None else ceil(low / step) if "minimum" in schema else floor(low / step) + 1
        if high is None:
            return self._random.randint(first, first + 100) * step
        last = floor(high / step) if "maximum" in schema else ceil(high / step) - 1
        return self._random.randint(first if low is not None else min(first, last), last) * step

    def _string(self, schema: Json, name: str) -> str:
        text = _FORMATS.get(schema.get("format", "")) or self._random.choice(_BY_NAME.get(name.lower(), _WORDS))
        text = text.ljust(min(schema.get("minLength", 0), _MAX_STRING), "a")
        return text[: schema.get("maxLength", _MAX_STRING)]
