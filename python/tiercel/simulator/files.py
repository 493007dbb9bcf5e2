"""The files and batches that were uploaded and begun; the oldest make room."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tiercel.simulator.errors import ApiError
from tiercel.simulator.reading import Json

MAX_FILES = 100
MAX_BYTES = 50_000_000
MAX_BATCHES = 100


@dataclass(frozen=True, slots=True)
class File:
    """One file; `description` is what its endpoints tell."""

    description: Json
    content: bytes


@dataclass(slots=True)
class Files:
    """By id, the oldest first."""

    files: dict[str, File] = field(default_factory=dict)
    batches: dict[str, Json] = field(default_factory=dict)

    def add(self, file: File) -> None:
        """Keeps a file."""
        self.files[file.description["id"]] = file
        while len(self.files) > MAX_FILES or sum(len(kept.content) for kept in self.files.values()) > MAX_BYTES:
            del self.files[next(iter(self.files))]

    def begin(self, batch: Json) -> None:
        """Keeps a batch."""
        self.batches[batch["id"]] = batch
        if len(self.batches) > MAX_BATCHES:
            del self.batches[next(iter(self.batches))]

    def file(self, name: str) -> File:
        """One file.

        Raises:
            ApiError: 404 where there is none.
        """
        if name not in self.files:
            raise ApiError(404, "No such File object.", param="id")
        return self.files[name]

    def batch(self, name: str) -> Json:
        """One batch.

        Raises:
            ApiError: 404 where there is none.
        """
        if name not in self.batches:
            raise ApiError(404, "No such Batch object.", param="id")
        return self.batches[name]

    def descriptions(self) -> Iterator[Json]:
        """What there is to tell of every file."""
        return (file.description for file in self.files.values())
