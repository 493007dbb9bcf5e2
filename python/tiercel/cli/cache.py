"""`tiercel cache`: what a running gateway keeps, and to have it forget."""

import re
from typing import Annotated, Any

import typer

from tiercel.cli import calibrate, gateway, output, source

app = typer.Typer(help="See and clear what a running gateway keeps.", no_args_is_help=True)
app.command()(calibrate.calibrate)

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

_STANDING = (
    "shared by",
    "model",
    "near questions",
    "answered",
    "compared",
    "wrong",
    "from score",
    "wrong at most",
    "allowed",
)

UrlOption = Annotated[
    str | None, typer.Option(show_default=False, help="Of the gateway; else where the configuration has it listen.")
]
KeyOption = Annotated[str, typer.Option(help="The variable with the key of an admin.")]


@app.command()
def report(
    url: UrlOption = None,
    key_env: KeyOption = "TIERCEL_KEY",
    config: source.ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Say how much is kept, and how many of the answers given to other words are wrong at most.

    Exit codes: 0 it is said; 2 the gateway cannot be asked, or refuses.
    """
    page = gateway.Running(url, key_env, config).ask("GET", "/tiercel/cache")
    if as_json:
        output.json(page)
        return
    classes = page.pop("classes")
    output.table([(name, str(value)) for name, value in page.items()], ("what", "is"))
    if classes:
        output.section("Answers to other words, of the worker that was asked")
        output.table(map(_standing, classes), _STANDING)


@app.command()
def purge(  # noqa: PLR0913, PLR0917 - they are its options
    everything: Annotated[bool, typer.Option("--all", help="All answers.")] = False,
    tag: Annotated[str | None, typer.Option(show_default=False, help="With this mark of the client's.")] = None,
    tenant: Annotated[str | None, typer.Option(show_default=False, help="Bought by this tenant.")] = None,
    model: Annotated[str | None, typer.Option(show_default=False, help="Of the model or route asked for.")] = None,
    prompt: Annotated[str | None, typer.Option(show_default=False, help="To exactly these last words.")] = None,
    older_than: Annotated[str | None, typer.Option(show_default=False, help="Such as 30s, 10m, 2h or 7d.")] = None,
    url: UrlOption = None,
    key_env: KeyOption = "TIERCEL_KEY",
    config: source.ConfigOption = None,
) -> None:
    """Forget the answers to which all that is said applies.

    Exit codes: 0 they are forgotten; 2 nothing was said, the gateway cannot be asked, or refuses.
    """
    words = {"tag": tag, "tenant": tenant, "model": model, "prompt": prompt}
    selection: dict[str, object] = {name: word for name, word in words.items() if word is not None}
    if older_than is not None:
        selection["older_than"] = _seconds(older_than)
    if everything:
        selection["all"] = True
    _forgotten(gateway.Running(url, key_env, config).ask("POST", "/tiercel/cache/purge", selection))


@app.command()
def wrong(
    id: Annotated[str, typer.Argument(help="As in the answer's x-tiercel-cache header.")],  # noqa: A002 - its name there
    url: UrlOption = None,
    key_env: KeyOption = "TIERCEL_KEY",
    config: source.ConfigOption = None,
) -> None:
    """Forget an answer that was wrong, and count it against those given to other words, if it was one.

    Exit codes: 0 it is forgotten; 1 there is none of that name; 2 the gateway cannot be asked, or refuses.
    """
    if not _forgotten(gateway.Running(url, key_env, config).ask("POST", "/tiercel/cache/wrong", {"id": id})):
        raise typer.Exit(output.NO)


def _standing(known: dict[str, Any]) -> tuple[str, ...]:
    threshold = known["threshold"]
    serves = ("none", "") if threshold is None else (f"{threshold:.2f}", f"{known['bound']:.2%}")
    counts = (f"{known[name]:,}" for name in ("n_candidates", "n_served", "n_checks", "n_wrong"))
    return (known["scope"], known["model"], *counts, *serves, f"{known['max_error']:.2%}")


def _forgotten(answer: dict[str, Any]) -> int:
    n_purged: int = answer["n_purged"]
    print(f"{n_purged} answers are forgotten.")
    return n_purged


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9})([smhd])", text)
    if found is None:
        raise output.Stop(f"{text} is no duration\nhint: such as 30s, 10m, 2h or 7d")
    return int(found[1]) * _UNITS[found[2]]
