"""The configuration, as its JSON Schema has it: a section a table, and one a kind of value."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from reference.tables import table
from tiercel import _core

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Schema = dict[str, Any]


def page(_: Path) -> str:
    """All sections."""
    text = _core.schema()
    schema: Schema = json.loads(text)
    kinds = _Kinds(schema["$defs"], Counter(part.partition('"')[0] for part in text.split('"#/$defs/')[1:]))
    tables = [section for name, setting in schema["properties"].items() for section in kinds.tables(name, setting)]
    return "\n".join([*tables, "## Kinds of values\n", *kinds.values()])


class _Kinds:
    """What the settings may be.

    A table of which there is one kind of place is shown there; one of several, and what is no table, among the values.
    """

    def __init__(self, definitions: Mapping[str, Schema], n_uses: Mapping[str, int]) -> None:
        self._definitions = definitions
        self._tables = {name for name, kind in definitions.items() if "properties" in kind and n_uses[name] == 1}

    def tables(self, path: str, setting: Schema) -> Iterator[str]:
        """The section of what is at `path`, and those of the tables in it."""
        setting = _without_null(setting)
        if "$ref" in setting:
            header, kind = f"[{path}]", _name(setting)
        elif "$ref" in setting.get("items", {}):
            header, kind = f"[[{path}]]", _name(setting["items"])
        elif "$ref" in setting.get("additionalProperties", {}):
            path = f"{path}.NAME"
            header, kind = f"[{path}]", _name(setting["additionalProperties"])
        else:
            yield f"## `[{path}]`\n\n{_text(setting)}\n\n{table(('kind',), [(self._kind(setting),)])}"
            return
        definition = self._definitions[kind]
        yield f"## `{header}`\n\n{_text(setting)}\n"
        if kind not in self._tables:
            yield f"Its settings: {self._kind({'$ref': kind})}.\n"
            return
        inner = {name for name, it in definition["properties"].items() if self._is_table(it)}
        yield self._rows(definition, inner)
        for name in sorted(inner):
            yield from self.tables(f"{path}.{name}", definition["properties"][name])

    def values(self) -> Iterator[str]:
        """The sections of all kinds that are not shown where they are used."""
        for name, kind in sorted(self._definitions.items()):
            if name not in self._tables:
                yield f"### {name}\n\n{_text(kind)}\n"
                yield self._rows(kind, set()) if "properties" in kind else self._allowed(kind)

    def _rows(self, definition: Schema, left_out: set[str]) -> str:
        required = definition.get("required", ())
        rows = (
            (f"`{name}`", self._kind(it), "required" if name in required else _default(it), _text(it))
            for name, it in definition["properties"].items()
            if name not in left_out
        )
        return table(("setting", "kind", "default", "what it says"), rows)

    def _allowed(self, kind: Schema) -> str:
        options = [it for it in kind.get("oneOf", ()) if "const" in it]
        if options:
            return table(("value", "what it says"), ((f"`{it['const']}`", _text(it)) for it in options))
        return f"As TOML has it: {self._kind(kind)}.\n"

    def _is_table(self, setting: Schema) -> bool:
        setting = _without_null(setting)
        inner = (setting, setting.get("items", {}), setting.get("additionalProperties") or {})
        return any("$ref" in it and _name(it) in self._tables for it in inner)

    def _kind(self, setting: Schema) -> str:
        match _without_null(setting):
            case {"$ref": _} as it:
                return f"[{_name(it)}](#{_name(it).lower()})"
            case {"enum": values}:
                return ", ".join(f"`{value}`" for value in values)
            case {"items": items}:
                return f"list of {self._kind(items)}"
            case {"additionalProperties": dict(values)}:
                return f"table of {self._kind(values)}"
            case {"type": kind, "pattern": pattern}:
                return f"{kind}, `{pattern}`"
            case it:
                bounds = [f"{word} {it[key]}" for word, key in (("from", "minimum"), ("to", "maximum")) if key in it]
                return " ".join([it["type"], *bounds])


def _without_null(setting: Schema) -> Schema:
    """What it is where it is given. That it may be left out is all that null says in a format without it."""
    options = setting.get("anyOf", ())
    if any(it.get("type") == "null" for it in options):
        [only] = [it for it in options if it.get("type") != "null"]
        return {**{name: it for name, it in setting.items() if name != "anyOf"}, **only}
    if isinstance(setting.get("type"), list):
        [kind] = [it for it in setting["type"] if it != "null"]
        return {**setting, "type": kind}
    return setting


def _name(setting: Schema) -> str:
    return str(setting["$ref"]).rpartition("/")[2]


def _text(setting: Schema) -> str:
    return str(setting.get("description", ""))


def _default(setting: Schema) -> str:
    default = setting.get("default")
    return "" if default is None else f"`{json.dumps(default)}`"
