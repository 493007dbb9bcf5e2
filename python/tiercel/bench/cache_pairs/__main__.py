"""`python -m tiercel.bench.cache_pairs DATA`: prints whom stored answers would be given to."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path

from tiercel.bench.cache_pairs.report import report


def main() -> None:
    """Judge, and print."""
    parser = argparse.ArgumentParser(prog="python -m tiercel.bench.cache_pairs", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with `tasks/` and `cache/`")
    parser.add_argument("--most", type=int, default=300, help="questions a row")
    parser.add_argument("--pairs", type=int, default=4_000, help="pairs of Quora, each of which the teacher reads")
    parser.add_argument("--seed", type=int, default=1129, help="which questions and pairs, and how they are changed")
    arguments = parser.parse_args()
    with gzip.open(arguments.data / "cache" / "qqp_dev.jsonl.gz", "rt") as lines:
        quora = [json.loads(line) for line in lines]
    sys.stdout.write("\n".join(report(quora, arguments.data, arguments.most, arguments.pairs, arguments.seed)) + "\n")


if __name__ == "__main__":
    main()
