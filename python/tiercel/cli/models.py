"""`tiercel models`: what models cost, how much they read, and what they can do."""

from typing import TYPE_CHECKING, Annotated

import typer

from tiercel._core import Core, known_models, known_providers
from tiercel.cli import catalogue, output, source

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel._core import KnownModel


def models(
    provider: Annotated[
        str | None, typer.Option("--provider", "-p", show_default=False, help="Only the models of this provider.")
    ] = None,
    configured: Annotated[
        bool, typer.Option("--configured", help="The models that the configuration names, at the prices that it sets.")
    ] = False,
    config: source.ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """List models with their prices in dollars per million tokens. A `?` is something that nobody knows.

    Providers may well have more: any model may be asked for as `provider/model`.

    Exit codes: 0 fine; 1 there is no such provider; 2 wrong configuration.
    """
    found = _configured(config, provider) if configured else _known(provider)
    if as_json:
        output.json([catalogue.record(model) for model in found])
    else:
        catalogue.show_models(found)


def _known(provider: str | None) -> "list[KnownModel]":
    known = known_providers()
    asked = known if provider is None else [catalogue.find(provider, known)]
    return [model for it in asked for model in known_models(it.id)]


def _configured(config: "Path | None", provider: str | None) -> "list[KnownModel]":
    path = source.find(config)
    core = Core(str(path) if path else None, {})
    if provider not in {None, *(name for name, _, _ in core.providers())}:
        raise output.Stop(f"there is no provider `{provider}` in the configuration", output.NO)
    return [model for model in core.configured_models() if provider in {None, model.provider}]
