"""`tiercel route`: where a request would go."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from tiercel._core import Core, count_tokens
from tiercel.cli import demo, output, source
from tiercel.errors import UnknownModel

if TYPE_CHECKING:
    from tiercel._core import Plan


def route(
    prompt: Annotated[str, typer.Argument(show_default=False, help="What would be asked.")],
    model: Annotated[str, typer.Option("--model", "-m", help="What the client would ask for as its model.")] = "auto",
    explain: Annotated[bool, typer.Option("--explain", help="Say why.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    config: source.ConfigOption = None,
) -> None:
    """Show which deployments a request would be tried on, without asking any.

    Without a configuration and a provider's key, it is the demonstration of `tiercel serve` that answers.

    Exit codes: 0 there are some; 1 there is no such model; 2 wrong input or configuration.
    """
    try:
        plan = _load(config).plan(model)
    except UnknownModel as error:
        if as_json:
            output.json({"error": {"code": error.code, "message": str(error)}})
        raise output.Stop(str(error), output.NO) from None
    n_tokens = count_tokens(prompt)
    if as_json:
        output.json(
            {
                "model": model,
                "route": plan.route,
                "tier": plan.tier,
                "deployments": plan.deployments,
                "reason": plan.reason,
                "explanation": plan.explanation,
                "prompt_tokens": n_tokens,
            }
        )
        return
    output.table((str(position), deployment) for position, deployment in enumerate(plan.deployments, 1))
    if explain:
        print()
        output.table(_explain(model, plan, n_tokens))


def _load(config: Path | None) -> Core:
    path = source.find(config)
    if path is None and not source.has_provider_keys():
        with TemporaryDirectory() as folder:
            return Core(str(demo.write(Path(folder), demo.UNUSED_PORT)), {})
    return Core(str(path) if path else None, {})


def _explain(model: str, plan: "Plan", n_tokens: int) -> list[tuple[str, str]]:
    return [
        ("model", model),
        ("route", plan.route or "none"),
        ("tier", plan.tier or "none"),
        ("reason", plan.reason),
        ("because", plan.explanation),
        ("prompt", f"{n_tokens} tokens, as gpt-4o counts them"),
    ]
