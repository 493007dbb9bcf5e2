"""`tiercel train verifier`: learns whether a stored answer serves a question."""

from pathlib import Path
from typing import Annotated

import typer

from tiercel.cli import output


def verifier(
    data: Annotated[Path, typer.Option(help="The folder with `tasks/` and `cache/`.")],
    destination: Annotated[Path, typer.Option("--output", help="Where the weights go.")] = Path("verifier.weights"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Train the semantic cache's verifier on pairs of questions that are made of public ones.

    Exit codes: 0 the weights are written; 2 the data or the packages for training are missing.
    """
    try:
        from tiercel.training.verifier import learn  # noqa: PLC0415 - numpy comes with the extra

        made = learn.make(data, seed)
        destination.write_bytes(made.verifier.write())
    except ImportError as error:
        raise output.Stop(f"{error}\nhint: pip install 'tiercel[models]'") from None
    except OSError as error:
        raise output.Stop(f"cannot use {error.filename}: {error.strerror}") from None
    if as_json:
        output.json({"pairs": made.n_pairs, "embedder": made.embedder, "auc": made.auc_held_out})
    else:
        output.table([(name, str(count)) for name, count in sorted(made.n_pairs.items())], ("made by", "pairs"))
        print(f"AUC on questions that were held out: {made.auc_held_out:.3f}. Cosine: {made.embedder}.")
    output.note(f"{destination} is written")
