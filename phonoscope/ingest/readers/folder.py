"""A folder as a source: files of one format, read one after another."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.ingest.base import Chunk, Position, Reject, Source, renumbered
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.row_text import text_of

MOST_FILES = 1_000_000
FILES = "files"
"""What rejected files are called as a table of the source."""
Recognised: TypeAlias = tuple[Source, Format[Source]]
"""An opened source and the format that recognised it."""
Opener: TypeAlias = Callable[[Path], Recognised | None]


def files_in(folder: Path, name: str) -> list[Path]:
    """Return the files in a folder and the folders in it, by name; hidden ones are none.

    Raises
    ------
    SourceError
        When there is none, or there are too many.
    """
    found: list[Path] = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found += [Path(here) / each for each in sorted(files) if not each.startswith(".")]
        if len(found) > MOST_FILES:
            raise SourceError(f"{name} holds more than {MOST_FILES:,} files")
    # Opening what is no file may wait for ever or worse.
    found = [path for path in found if path.is_file()]
    if not found:
        raise SourceError(f"{name} is a folder without a file in it")
    return found


@dataclass
class Folder:
    """Files that are read one after another, those of another kind passed over."""

    name: str
    files: Sequence[Path]
    format: Format[Source]
    opener: Opener
    """Opens a file; ``None`` when no format fits."""
    passed_over: list[str] = field(default_factory=list)
    start: Position | None = None
    """Number of a file, where in it, and which files before it were passed over."""
    _opened: int = 0

    def found(self) -> str:
        """See :class:`..base.Source`."""
        return f"a folder of {len(self.files):,} files"

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return self._opened / len(self.files)

    def chunks(self, job: Job[Source]) -> Iterator[Chunk]:
        """Yield the rows of all files; a file that is damaged is a rejected row of its own.

        Raises
        ------
        SourceError
            When a file has another known format.
        """
        read: Counter[str] = Counter()
        first, start, passed_over = self.start or (0, None, [])
        self._opened, passed_over = first, list(passed_over)
        self.passed_over += [printable(self.files[number].name) for number in passed_over]
        for number, path in enumerate(self.files[first:], first):
            begun = Counter(read)
            self._opened += 1
            try:
                opened = self.opener(path)
                if opened is None:
                    self.passed_over.append(printable(path.name))
                    passed_over.append(number)
                    continue
                source, source_format = opened
                self._check(path, source_format)
                if number == first:
                    source.start = start
                begins: Position | None = (number, source.start, tuple(passed_over))
                for chunk in replace(job, source=source, format=source_format).chunks():
                    read[chunk.source_table] += chunk.read
                    if chunk.begins:
                        begins = (number, chunk.begins, tuple(passed_over))
                    yield renumbered(replace(chunk, begins=begins), begun)
                    begins = None
            except _MixedError:
                raise
            except SourceError as error:
                read[FILES] += 1
                yield _rejected(path, read[FILES], error)

    def _check(self, path: Path, found: Format[Source]) -> None:
        if found.name != self.format.name:
            raise _MixedError(
                f"{self.name} holds {self.format.name} and also {found.name} "
                f"({printable(path.name)}); ingest them one by one"
            )


class _MixedError(SourceError):
    """A folder holds files of two formats; one that is merely damaged does not stop the others."""


def as_format(of_files: Format[Source]) -> Format[Source]:
    """Return a format of files as one of a folder of them."""

    def read(job: Job[Source]) -> Iterator[Chunk]:
        assert isinstance(job.source, Folder)
        return job.source.chunks(job)

    def ignored(source: Source) -> list[str]:
        assert isinstance(source, Folder)
        return source.passed_over

    return replace(of_files, opens=Folder, read=read, ignored=ignored)


def _rejected(path: Path, number: int, error: SourceError) -> Chunk:
    text = text_of({"file": str(path).encode(errors="surrogateescape"), "error": str(error)})
    return Chunk(FILES, 1, 0, {}, [Reject(number, "damaged file", text)])
