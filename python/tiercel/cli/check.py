"""`tiercel check`: whether a configuration can be served, and what it comes to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from tiercel._core import Core
    from tiercel.errors import ConfigurationError


def check(
    file: Annotated[Path | None, typer.Argument(show_default=False, help="Else what `tiercel serve` would take.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Validate a configuration, and show what would be served.

    Secrets are read, so that one which is missing is found; none is shown.

    Exit codes: 0 it can be served; 2 it cannot, and the error says where and why.
    """
    from tiercel._core import Core
    from tiercel.cli import output, source
    from tiercel.errors import ConfigurationError

    try:
        path = source.find(file)
        if path is None and not source.has_provider_keys():
            message = "there is no configuration, and no provider's key in the environment"
            hint = "`tiercel serve` would run its demonstration; name a file to check, or set OPENAI_API_KEY"
            raise ConfigurationError(f"{message}\nhint: {hint}", message=message, hint=hint)
        core = Core(str(path) if path else None, {})
    except ConfigurationError as error:
        if as_json:
            output.json({"ok": False, "error": _fields(error)})
        raise
    found = _summary(core, path)
    if as_json:
        output.json({"ok": True, **found})
    else:
        _show(found)


def _fields(error: "ConfigurationError") -> dict[str, Any]:
    names = ("file", "line", "column", "message", "hint")
    return {name: getattr(error, name) for name in names}


def _summary(core: "Core", path: Path | None) -> dict[str, Any]:
    """What would be served. Secrets are named by where they are found."""
    import tomllib

    # The core has accepted this text, so its shape is known.
    config = tomllib.loads(core.config_text)
    catalogue = _catalogue_secrets()
    providers = {
        name: {"base_url": provider.get("base_url"), "secrets": _secrets(provider, catalogue.get(name, []))}
        for name, provider in config["providers"].items()
    }
    keys = {
        key["name"]: {
            "tenant": key.get("tenant", key["name"]),
            "models": key.get("models", ["*"]),
            "secret": _place(key["key"]) if "key" in key else "sha256",
            "expires": str(key["expires"]) if "expires" in key else None,
            "disabled": key.get("disabled", False),
        }
        for key in config.get("keys", [])
    }
    return {
        "config": str(path) if path else None,
        "server": {"host": core.host, "port": core.port, "workers": core.workers, "interface": core.interface},
        "providers": providers,
        "tiers": config.get("tiers", {}),
        "routes": config.get("routes", {}),
        "keys": keys,
        "models": [name for name, _ in core.models()],
        "warnings": list(_warnings(core.workers, providers)),
    }


def _catalogue_secrets() -> dict[str, list[str]]:
    """From a provider to the catalogue's variable for its key, where that is set: a configuration that is made from
    the environment has just these.
    """
    import tomllib

    from tiercel._core import Core
    from tiercel.errors import ConfigurationError

    try:
        made = tomllib.loads(Core(None, {}).config_text)
    except ConfigurationError:
        return {}
    return {name: _secrets(provider, []) for name, provider in made["providers"].items()}


def _secrets(provider: dict[str, Any], catalogue: list[str]) -> list[str]:
    """Where a provider's keys are found; the catalogue's key goes to the catalogue's address alone."""
    own = [_place(key) for key in provider.get("keys", [])]
    return own or ([] if "base_url" in provider else catalogue)


def _place(secret: dict[str, Any]) -> str:
    return f"env {secret['env']}" if "env" in secret else f"file {secret['file']}"


def _warnings(n_workers: int, providers: dict[str, Any]) -> "Iterator[str]":
    import os
    from urllib.parse import urlsplit

    n_cores = os.cpu_count() or 1
    if n_workers > n_cores:
        yield f"{n_workers} workers on {n_cores} processor cores get in each other's way"
    for name, provider in providers.items():
        url = urlsplit(provider["base_url"] or "")
        is_local = url.hostname in {"localhost", "::1"} or (url.hostname or "").startswith("127.")
        if url.scheme == "http" and provider["secrets"] and not is_local:
            yield f"the keys of provider `{name}` go over the network unencrypted: its base_url starts with http://"


def _show(found: dict[str, Any]) -> None:
    from rich.text import Text

    from tiercel.cli import output

    server = found["server"]
    sections = {
        "listens": [(f"{server['host']}:{server['port']}", f"{server['interface']}, workers: {server['workers']}")],
        "providers": [
            (name, provider["base_url"] or "from the catalogue", ", ".join(provider["secrets"]) or "no key")
            for name, provider in found["providers"].items()
        ],
        "tiers": [(name, ", ".join(deployments)) for name, deployments in found["tiers"].items()],
        "routes": [
            (name, f"{', '.join(route['tiers'])}; {route['default']} by default")
            for name, route in found["routes"].items()
        ],
        "keys": [
            (name, f"tenant {key['tenant']}", ", ".join(key["models"]) or "no model", key["secret"], _limits(key))
            for name, key in found["keys"].items()
        ],
    }
    answers = output.answers()
    answers.print(Text.assemble(found["config"] or "The environment", (" can be served.", "green")), soft_wrap=True)
    for title, rows in sections.items():
        answers.print(Text(f"\n{title}", "bold"))
        answers.print(_table(rows) if rows else _NONE[title])
    for warning in found["warnings"]:
        output.warning(warning)


_NONE = {
    "tiers": "  none: deployments are asked for by name",
    "routes": "  none",
    "keys": "  none: whoever reaches this machine's loopback address is served",
}


def _limits(key: dict[str, Any]) -> str:
    if key["disabled"]:
        return "disabled"
    return f"until {key['expires']}" if key["expires"] else ""


def _table(rows: "list[tuple[str, ...]]") -> "Table":
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row("", *row)
    return table
