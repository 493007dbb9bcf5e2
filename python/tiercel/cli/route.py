"""`tiercel route`: where a request would go."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from tiercel.cli.source import ConfigOption

if TYPE_CHECKING:
    from tiercel._core import Core, Plan


def route(
    prompt: Annotated[str, typer.Argument(show_default=False, help="What would be asked.")],
    model: Annotated[str, typer.Option("--model", "-m", help="What the client would ask for as its model.")] = "auto",
    explain: Annotated[bool, typer.Option("--explain", help="Say why.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show which deployments a request would be tried on, without asking any.

    Without a configuration and a provider's key, it is the demonstration of `tiercel serve` that answers.

    Exit codes: 0 there are some; 1 there is no such model; 2 wrong input or configuration.
    """
    from tiercel import _core
    from tiercel.cli import output
    from tiercel.errors import UnknownModel

    try:
        plan = _core_of(config).plan(model)
    except UnknownModel as error:
        if as_json:
            output.json({"error": {"code": error.code, "message": str(error)}})
        raise output.Stop(str(error), output.NO) from None
    n_tokens = _core.count_tokens(prompt)
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
    else:
        _show(model, plan, n_tokens, explain=explain)


def _core_of(config: Path | None) -> "Core":
    from tiercel._core import Core
    from tiercel.cli import demo, source

    path = source.find(config)
    if path is None and not source.has_provider_keys():
        with TemporaryDirectory() as folder:
            return Core(str(demo.write(Path(folder))), {})
    return Core(str(path) if path else None, {})


def _show(model: str, plan: "Plan", n_tokens: int, *, explain: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from tiercel.cli import output

    answers = output.answers()
    for position, deployment in enumerate(plan.deployments, 1):
        answers.print(Text.assemble((f"{position}  ", "dim"), deployment), soft_wrap=True)
    if not explain:
        return
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("model", model),
        ("route", plan.route),
        ("tier", plan.tier),
        ("reason", plan.reason),
        ("because", plan.explanation),
        ("prompt", f"{n_tokens} tokens as gpt-4o counts"),
    ):
        if value is not None:
            facts.add_row(Text(name, "dim"), value)
    answers.print()
    answers.print(facts)
