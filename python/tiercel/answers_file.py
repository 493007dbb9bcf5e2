"""Answers of a `SemanticCache` in a file: SQLite, of one table, so that a crash leaves it whole."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# "Tier", and the form of the table behind it: what another program has written is not taken for answers.
_FORM = 0x54696501


class AnswersFile:
    """Questions with their answers as JSON, by the key that the cache knows them by. One process at a time has it.

    Whoever uses it takes care that no two threads do at once.
    """

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, or make it.

        Raises:
            TiercelError: It is of another program, damaged, in use, or cannot be made.
        """
        self._path = path
        with self._told():
            # Each change is a transaction of its own; a killed process loses none, a machine without power the last.
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
            (form,) = self._database.execute("PRAGMA application_id").fetchone()
            (n_tables,) = self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if form != _FORM and (form or n_tables):
                self._database.close()
                raise TiercelError(f"{path}: this is another program's file; name one that is not there yet")
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(f"PRAGMA application_id = {_FORM}")
            table = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, question TEXT, answer BLOB)"
            self._database.execute(table)

    def read(self) -> Iterator[tuple[str, Any]]:
        """Each question with its answer, those that were put first at first."""
        with self._told():
            rows = self._database.execute("SELECT question, answer FROM answers ORDER BY rowid").fetchall()
        return ((question, orjson.loads(answer)) for question, answer in rows)

    def put(self, key: str, question: str, answer: bytes) -> None:
        """Keep an answer, in place of one of the same key."""
        with self._told():
            self._database.execute("REPLACE INTO answers VALUES (?, ?, ?)", (key, question, answer))

    def delete(self, key: str) -> None:
        """Forget the answer of a key."""
        with self._told():
            self._database.execute("DELETE FROM answers WHERE key = ?", (key,))

    def close(self) -> None:
        """Let another process have it."""
        self._database.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Says of an error of SQLite's which file it is about."""
        try:
            yield
        except sqlite3.Error as error:
            hint = "; another process may have it" if "locked" in str(error) else ""
            raise TiercelError(f"{self._path}: {error}{hint}") from None


def dumped(answer: object) -> bytes:
    """An answer as it is kept.

    Raises:
        TypeError: It is nothing that JSON can say.
    """
    return orjson.dumps(answer)
