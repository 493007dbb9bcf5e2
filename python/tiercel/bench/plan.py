"""The operator's configuration, made to ask the simulator instead of providers, and what its tiers are made of."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiercel._core import Core, known_providers
from tiercel.bench.skills import SIZES
from tiercel.errors import TiercelError
from tiercel.simulator import MODELS, Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What a base URL ends with where the simulator serves a dialect.
_PATHS = {"openai": "/v1", "responses": "/v1"}
# How the simulator's models write, whatever their size: a paragraph. Were the dearer ones to write more, as they do in
# the demonstration, they would cost more for that as well, and routing would seem to save more than prices let it.
_WRITES = 2
# Of three tiers, the one that a task goes to unless a configuration says otherwise, as `docs/routing.md` has it; other
# tasks go to the first.
_LEVELS = {
    **dict.fromkeys(("summarization", "rewrite", "creative_writing", "open_ended"), 1),
    **dict.fromkeys(("reasoning", "math", "code"), 2),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One route of a configuration.

    Attributes:
        route: Its name, which clients ask for as a model.
        own: Its tiers, the cheapest first.
        tiers: By tier, the deployments, such as `openai/gpt-5.4`.
    """

    config: dict[str, Any]
    route: str
    own: Sequence[str]
    tiers: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, path: Path | None, route: str) -> Plan:
        """The plan of a configuration's file; without one, the tiers that the catalogue has for OpenAI.

        Raises:
            OSError: The file cannot be read.
            TiercelError: It has no such route, or one that cannot be simulated.
        """
        try:
            config = tomllib.loads(path.read_text("utf-8")) if path else _usual(route)
            return cls._of(config, route, path)
        except ValueError as error:
            raise TiercelError(f"{path}: {error}") from None
        except (AttributeError, TypeError):
            raise TiercelError(f"{path}: this is no configuration\nhint: `tiercel check {path}` says why") from None

    @classmethod
    def _of(cls, config: dict[str, Any], route: str, path: Path | None) -> Plan:
        """The plan of a configuration, of which nothing is known but that it is TOML."""
        found = config.get("routes", {}).get(route)
        if found is None:
            raise TiercelError(f"{path}: there is no route {route!r}\nhint: --route takes another")
        tiers = {name: tuple(deployments) for name, deployments in config.get("tiers", {}).items()}
        own = [name for name in tiers if name in found.get("tiers", ())]
        if len(own) < 2:
            raise TiercelError(f"{path}: the route {route!r} has {len(own)} tiers; it takes two to choose between")
        classifier = found.get("classifier", {})
        if "llm" in classifier.get("mode", "local"):
            raise TiercelError(
                f'{path}: a simulated model cannot tell what kind a request is\nhint: classifier.mode = "local"'
            )
        if path and "weights" in classifier:
            classifier["weights"] = str((path.parent / classifier["weights"]).resolve())
        return cls(config, route, own, tiers)

    @property
    def weights(self) -> Path | None:
        """The operator's own weights of the classifier."""
        written = self.config["routes"][self.route].get("classifier", {}).get("weights")
        return Path(written) if written else None

    def tier_of(self, task: str) -> str:
        """Where the route sends what is surely this task, if no rule says otherwise."""
        written = self.config["routes"][self.route].get("classifier", {}).get("tasks", {})
        usual = {0: 0, 1: len(self.own) // 2, 2: len(self.own) - 1}[_LEVELS.get(task, 0)]
        return str(written.get(task, self.own[usual]))

    def size(self, tier: str) -> int:
        """Which of `SIZES` the tier's models are taken for: the cheapest and the dearest of the route, or between.

        Tiers that only rules name are for requests that need more, and are taken for the dearest.
        """
        if tier == self.own[0]:
            return 0
        return 1 if tier in self.own[:-1] else 2

    def models(self) -> dict[str, Model]:
        """What the simulator offers: each model by the name that a provider knows it by."""
        return {
            deployment.partition("/")[2]: replace(MODELS[SIZES[self.size(tier)]], skill=_WRITES)
            for tier, deployments in self.tiers.items()
            for deployment in deployments
        }

    def write(self, folder: Path, origin: str) -> Path:
        """Write the configuration into `folder`, with the simulator at `origin` as every provider."""
        dialects = {provider.id: provider.dialect for provider in known_providers()}
        key = folder / "key"
        key.touch(0o600)
        key.write_text("simulated")
        providers = {}
        for name, settings in self.config.get("providers", {}).items():
            dialect = settings.get("dialect", dialects.get(name, "openai"))
            simulated = {"base_url": origin + _PATHS.get(dialect, ""), "keys": [{"file": str(key)}]}
            providers[name] = {**settings, **simulated}
        kept = {name: table for name, table in self.config.items() if name not in {"server", "keys", "log"}}
        config = {**kept, "providers": providers, "log": {"access": str(folder / "access.jsonl")}}
        path = folder / "month.toml"
        path.write_text("".join(f"{_toml(name)} = {_toml(value)}\n" for name, value in config.items()), "utf-8")
        return path


def prices(path: Path) -> dict[str, tuple[int, int]]:
    """By deployment of a configuration, nano-dollars a token in and out.

    Raises:
        TiercelError: A model has no price.
    """
    found = {}
    for model in Core(str(path), {}).configured_models():
        if model.input is None or model.output is None:
            raise TiercelError(f"{model.provider}/{model.name} has no price\nhint: set one under [prices]")
        # Dollars per million tokens are thousands of nano-dollars a token.
        found[f"{model.provider}/{model.name}"] = (round(model.input * 1_000), round(model.output * 1_000))
    return found


def _usual(route: str) -> dict[str, Any]:
    openai = next(provider for provider in known_providers() if provider.id == "openai")
    tiers = {tier: [f"openai/{model}"] for tier, model in openai.defaults}
    return {
        "providers": {"openai": {}},
        "tiers": tiers,
        "routes": {route: {"tiers": list(tiers), "default": list(tiers)[len(tiers) // 2]}},
    }


def _toml(value: object) -> str:
    """A value on one line. TOML's strings, numbers and conditions are JSON's, but that it has DEL escaped as well."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(name)} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
