"""`python -m tiercel.training DATA`: makes the weights that ship, and the tables that say how good they are."""

from __future__ import annotations

import argparse
from pathlib import Path

from tiercel.training.report import picture, report
from tiercel.training.shipped import Material, make


def main() -> None:
    """Learn, and write what the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m tiercel.training", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with `tasks/` and `routing/`")
    parser.add_argument("--weights", type=Path, default=Path("rust/core/src/classifier/shipped.weights"))
    parser.add_argument("--report", type=Path, help="where the tables go; `reliability.svg` goes beside them")
    arguments = parser.parse_args()
    material = Material.read(arguments.data)
    classifier = make(material)
    arguments.weights.write_bytes(classifier.write())
    if arguments.report:
        arguments.report.write_text("\n".join(report(material, classifier, arguments.data)))
        arguments.report.with_name("reliability.svg").write_text(picture(classifier, arguments.data))


if __name__ == "__main__":
    main()
