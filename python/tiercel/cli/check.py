"""`tiercel check`: whether a configuration can be served, and what it comes to."""

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from tiercel._core import Core, known_providers
from tiercel.cli import output, source
from tiercel.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiercel._core import KnownProvider

Table = dict[str, Any]


def check(
    file: Annotated[
        Path | None, typer.Argument(show_default=False, help="Else what `tiercel serve` would take.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Validate a configuration, and show what would be served.

    Secrets are read, so that one which is missing is found; none is shown.

    Exit codes: 0 it can be served; 2 it cannot, and the error says where and why.
    """
    path = source.find(file)
    try:
        core = _load(path)
    except ConfigurationError as error:
        if as_json:
            names = ("file", "line", "column", "message", "hint")
            output.json({"ok": False, "error": {name: getattr(error, name) for name in names}})
        raise
    found = _summary(core, path)
    if as_json:
        output.json({"ok": True, **found})
    else:
        _show(found)


def _load(path: Path | None) -> Core:
    if path is None and not source.has_provider_keys():
        message = "there is no configuration, and no provider's key in the environment"
        hint = "`tiercel serve` would run its demonstration; name a file to check, or set OPENAI_API_KEY"
        for name in _unused([]):
            hint += (
                f"\nhint: the key of {name} is there; a file must say which models serve: [providers.{name}], [tiers]"
            )
        for name, missing in _lacking([]).items():
            hint += f"\nhint: {name} lacks {', '.join(missing)}"
        raise ConfigurationError(f"{message}\nhint: {hint}", message=message, hint=hint)
    return Core(str(path) if path else None, {})


def _summary(core: Core, path: Path | None) -> Table:
    """What would be served. Secrets are named by where they are found."""
    # The core has accepted this text, so its shape is known.
    config = tomllib.loads(core.config_text)
    providers = {
        name: {"dialect": dialect, "base_url": url, "secrets": _secrets(name, config["providers"][name])}
        for name, dialect, url in core.providers()
    }
    used = [secret for provider in providers.values() for secret in provider["secrets"]]
    return {
        "config": str(path) if path else None,
        "server": {"host": core.host, "port": core.port, "workers": core.workers, "interface": core.interface},
        "providers": providers,
        "unused": _unused(used),
        "lacking": _lacking(used),
        "tiers": config.get("tiers", {}),
        "routes": config.get("routes", {}),
        "keys": {key["name"]: _key(key) for key in config.get("keys", [])},
        "models": [name for name, _ in core.models()],
        "warnings": list(_warnings(core.workers, providers)),
    }


def _unused(used: list[str]) -> dict[str, list[str]]:
    """The catalogue's providers whose keys are at hand, though nothing configured shows them, and these keys."""
    at_hand = (it for it in known_providers() if it.key_variables and not it.missing_variables)
    keys = {it.id: [f"env {variable}" for variable in it.key_variables] for it in at_hand}
    return {name: secrets for name, secrets in keys.items() if secrets[0] not in used}


def _lacking(used: list[str]) -> dict[str, list[str]]:
    """The catalogue's providers for which not all is at hand, and what is missing."""
    begun = (it for it in known_providers() if 0 < len(it.missing_variables) < len(_needed(it)))
    return {it.id: it.missing_variables for it in begun if f"env {it.key_variables[0]}" not in used}


def _needed(provider: "KnownProvider") -> set[str]:
    """Every variable that the provider cannot do without."""
    of_parameters = {env for _, env, default in provider.parameters if env and default is None}
    return of_parameters.union(provider.key_variables)


def _key(key: Table) -> Table:
    return {
        "tenant": key.get("tenant", key["name"]),
        "models": key.get("models", ["*"]),
        "secret": _place(key["key"]) if "key" in key else "sha256",
        "expires": str(key["expires"]) if "expires" in key else None,
        "disabled": key.get("disabled", False),
    }


def _secrets(name: str, provider: Table) -> list[str]:
    """Where a provider's keys are found; the catalogue's key goes to the catalogue's address alone."""
    if keys := provider.get("keys"):
        parts = ("access_key_id", "session_token")
        return [_place(part) for key in keys for part in (key, *(key[it] for it in parts if it in key))]
    known = [] if "base_url" in provider or provider.get("authentication") == "none" else known_providers()
    return [f"env {variable}" for it in known if it.id == name for variable in it.key_variables]


def _place(secret: Table) -> str:
    return f"env {secret['env']}" if "env" in secret else f"file {secret['file']}"


def _warnings(n_workers: int, providers: Table) -> "Iterator[str]":
    n_cores = os.cpu_count() or 1
    if n_workers > n_cores:
        yield f"{n_workers} workers on {n_cores} processor cores get in each other's way"
    for name, provider in providers.items():
        url = urlsplit(provider["base_url"])
        host = url.hostname or ""
        is_local = host in {"localhost", "::1"} or host.startswith("127.")
        if url.scheme == "http" and provider["secrets"] and not is_local:
            yield f"the keys of provider `{name}` go over the network unencrypted: its base_url starts with http://"


def _show(found: Table) -> None:
    server = found["server"]
    print(f"{found['config'] or 'The environment'} can be served.")
    output.section("listens")
    output.table([(f"{server['host']}:{server['port']}", server["interface"], f"workers: {server['workers']}")])
    output.section("providers")
    output.table(
        (name, provider["dialect"], provider["base_url"], ", ".join(provider["secrets"]) or "no key")
        for name, provider in found["providers"].items()
    )
    others = [(name, f"could be, with {', '.join(keys)}") for name, keys in found["unused"].items()]
    others += [(name, f"lacks {', '.join(missing)}") for name, missing in found["lacking"].items()]
    if others:
        output.section("not configured")
        output.table(others)
    output.section("tiers")
    output.table((name, ", ".join(deployments)) for name, deployments in found["tiers"].items())
    output.section("routes")
    output.table(
        (name, ", ".join(route["tiers"]), f"{route['default']} by default") for name, route in found["routes"].items()
    )
    output.section("keys")
    if found["keys"]:
        output.table(
            (name, f"tenant {key['tenant']}", ", ".join(key["models"]) or "no model", key["secret"], _limits(key))
            for name, key in found["keys"].items()
        )
    else:
        print("none: whoever is on this machine is served")
    for warning in found["warnings"]:
        output.warning(warning)


def _limits(key: Table) -> str:
    if key["disabled"]:
        return "disabled"
    return f"until {key['expires']}" if key["expires"] else ""
