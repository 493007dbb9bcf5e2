"""`python -m tiercel.bench.figures`: writes the project's figures anew into its pages; run it where they are."""

import sys
from pathlib import Path

from tiercel.bench.figures.blocks import made
from tiercel.errors import TiercelError

try:
    for path, content in made(Path.cwd()).items():
        path.write_text(content, "utf-8")
except (OSError, TiercelError) as error:
    sys.exit(str(error))
