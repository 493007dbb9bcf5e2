"""`tiercel providers`: who is known, and who can be used with the keys at hand."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiercel._core import known_models, known_providers
from tiercel.cli import catalogue, output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiercel._core import KnownProvider


def providers(
    name: Annotated[
        str | None, typer.Argument(show_default=False, help="Show everything that is known of this one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """List the providers that need no more than a key, and say whose is at hand; or show one of them.

    Any other that speaks one of these dialects is configured by its `base_url`.

    Exit codes: 0 fine; 1 there is no such provider.
    """
    known = known_providers()
    if name is not None:
        provider = catalogue.find(name, known)
        models = known_models(provider.id)
        if as_json:
            output.json(_record(provider) | {"models": [catalogue.record(model) for model in models]})
        else:
            output.table(_facts(provider))
            output.section("models")
            catalogue.show_models(models)
    elif as_json:
        output.json([_record(provider) for provider in known])
    else:
        output.table(map(_row, known), ("provider", "dialect", "host", "key", "at hand", "known"))


def _record(provider: "KnownProvider") -> dict[str, Any]:
    parameters = {name: {"env": env, "default": default} for name, env, default in provider.parameters}
    return catalogue.record(provider) | {"parameters": parameters, "defaults": dict(provider.defaults)}


def _row(provider: "KnownProvider") -> tuple[str, ...]:
    host = provider.base_url.split("/")[2]
    variables = ", ".join(provider.key_variables)
    return provider.id, provider.dialect, host, variables, catalogue.state(provider), _source(provider)


def _source(provider: "KnownProvider") -> str:
    return "tried" if provider.tried else "described"


def _facts(provider: "KnownProvider") -> "Iterator[tuple[str, str]]":
    yield "name", provider.name
    yield "dialect", provider.dialect
    yield "base URL", provider.base_url
    for parameter, env, default in provider.parameters:
        sources = [env and f"env {env}", default and f"else {default}"]
        yield f"  {parameter}", ", ".join(filter(None, sources))
    yield "authentication", provider.authentication
    yield "key", ", ".join(f"env {variable}" for variable in provider.key_variables) or "none"
    yield "at hand", catalogue.state(provider)
    beside = [("responses", provider.responses), ("embeddings", provider.embeddings)]
    yield "beside chat", ", ".join(name for name, has in beside if has) or "nothing"
    yield "quirks", "; ".join(_quirks(provider)) or "none"
    if provider.patterns:
        yield "asked for by", ", ".join(provider.patterns)
    for tier, model in provider.defaults:
        yield f"by default {tier}", model
    yield _source(provider), f"from {provider.docs}"


def _quirks(provider: "KnownProvider") -> "Iterator[str]":
    if provider.max_tokens:
        yield f"takes only {provider.max_tokens} as a limit"
    if not provider.stream_usage:
        yield "takes no stream_options"
    if provider.developer_role:
        yield "takes the role developer"
    if provider.refuses:
        yield f"refuses {', '.join(provider.refuses)}"
