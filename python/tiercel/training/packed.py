"""Packed text files of the data folder: what is wrong with one is said by its name."""

from __future__ import annotations

import csv
import gzip
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The text of a gzip file, as it is written there, to its last newline.

    Raises:
        TiercelError: It cannot be read, or is no text packed by gzip, or no CSV where it is read as such.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise TiercelError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise TiercelError(f"{path} is damaged: {error}") from None
