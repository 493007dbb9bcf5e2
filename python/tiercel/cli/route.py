"""`tiercel route`: where requests would go."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from tiercel._core import Core
from tiercel.cli import demo, output, source
from tiercel.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes of a line of the file of prompts: what the gateway takes as a body by default.
MAX_LINE = 10_000_000


def route(  # noqa: PLR0913, PLR0917 - they are its options
    prompt: Annotated[str | None, typer.Argument(show_default=False, help="What would be asked.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="What the client would ask for as its model.")] = "auto",
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            "-f",
            show_default=False,
            help="Many prompts, one a line of JSON: a string, or an object with `prompt` (or `text`) or `messages`.",
        ),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program; with --file, a line each.")] = False,
    config: source.ConfigOption = None,
) -> None:
    """Show which deployments a request would be tried on, without asking any.

    Without a configuration and a provider's key, it is the demonstration of `tiercel serve` that answers.

    Exit codes: 0 there are some; 1 there is no such model; 2 wrong input or configuration.
    """
    if (prompt is None) == (file is None):
        raise output.Stop("give either a prompt or --file")
    core = _load(config)
    if file is not None:
        _many(core, model, file, as_json=as_json)
        return
    try:
        found = _ask(core, {"model": model, "messages": [{"role": "user", "content": prompt}]})
    except RequestError as error:
        if as_json:
            output.json({"error": {"code": error.code, "message": str(error)}})
        raise output.Stop(str(error), output.NO) from None
    if as_json:
        output.json(found)
        return
    output.table((str(position), deployment) for position, deployment in enumerate(found["deployments"], 1))
    if explain:
        print()
        output.table(_explain(found))


def _load(config: Path | None) -> Core:
    path = source.find(config)
    if path is None and not source.has_provider_keys():
        with TemporaryDirectory() as folder:
            return Core(str(demo.write(Path(folder), demo.UNUSED_PORT)), {})
    return Core(str(path) if path else None, {})


def _ask(core: Core, request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(core.explain(orjson.dumps(request)))
    return found


def _explain(found: dict[str, Any]) -> list[tuple[str, str]]:
    first, *others = found["stages"]
    return [
        ("model", found["model"]),
        ("route", found["route"] or "none"),
        ("tier", found["tier"] or "none"),
        ("reason", found["reason"]),
        ("because", first),
        *(("", stage) for stage in others),
        ("prompt", f"{found['prompt_tokens']} tokens, as gpt-4o counts them"),
    ]


def _many(core: Core, model: str, file: Path, *, as_json: bool) -> None:
    from rich.console import Console  # noqa: PLC0415 - see `output`
    from rich.progress import track  # noqa: PLC0415 - see `output`

    tiers: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    requests = track(list(_requests(file, model)), "routing", console=Console(stderr=True), transient=True)
    for number, request in requests:
        try:
            found = _ask(core, request)
        except RequestError as error:
            found = {"tier": None, "reason": error.code, "error": str(error)}
        if as_json:
            print(orjson.dumps({"line": number, **found}).decode())
        tier = found["tier"] or ("refused" if "error" in found else "none")
        tiers[tier] += 1
        reasons[tier, _without_numbers(found["reason"])] += 1
    if as_json:
        return
    total = tiers.total() or 1
    output.table(
        ((tier, f"{n:,}", f"{n / total:.1%}") for tier, n in tiers.most_common()), header=("tier", "requests", "share")
    )
    output.section("Why")
    rows = ((tier, reason, f"{n:,}", f"{n / total:.1%}") for (tier, reason), n in reasons.most_common(20))
    output.table(rows, header=("tier", "reason", "requests", "share"))


def _requests(file: Path, model: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(iter(lambda: lines.readline(MAX_LINE + 1), b""), 1):
                if len(line) > MAX_LINE:
                    raise output.Stop(f"{file}:{number}: a line has at most {MAX_LINE:,} bytes")
                if line.strip():
                    yield number, {"model": model, "messages": _messages(file, number, line)}
    except OSError as error:
        raise output.Stop(f"{file}: {(error.strerror or str(error)).lower()}") from None


def _messages(file: Path, number: int, line: bytes) -> object:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise output.Stop(f"{file}:{number}: this is not JSON: {error}") from None
    if isinstance(said, dict) and "messages" in said:
        return said["messages"]
    text = said.get("prompt", said.get("text")) if isinstance(said, dict) else said
    if not isinstance(text, str):
        raise output.Stop(
            f"{file}:{number}: this is no prompt\nhint: a line is a string, or an object with `prompt` or `messages`"
        )
    return [{"role": "user", "content": text}]


def _without_numbers(reason: str) -> str:
    """A reason without confidences, so that like ones are counted together."""
    return ",".join(
        part if not part.rpartition(":")[2].replace(".", "").replace("/", "").isdigit() else part.rpartition(":")[0]
        for part in reason.split(",")
    )
