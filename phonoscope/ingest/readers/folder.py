"""A folder as a source: its files of one format, read one after another."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from phonoscope.errors import PhonoscopeError, SourceError
from phonoscope.ingest.base import Chunk, Position, Reject, Source, renumbered
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.decompress import ZipMember
from phonoscope.ingest.row_text import text_of
from phonoscope.messages import gettext, ngettext

MOST_FILES = 1_000_000
MOST_NAMES = 1000
"""Columns, notes and questions of the files of a folder after which no more are remembered."""
FILES = "files"
"""Name of rejected files as a table of the source."""
Recognised: TypeAlias = tuple[Source, Format[Source]]
"""An opened source and the format that recognised it."""
Listed: TypeAlias = Path | ZipMember
"""A file of a folder, or of an archive that is read like one."""
Opener: TypeAlias = Callable[[Listed], Recognised]


def files_in(folder: Path, name: str) -> list[Path]:
    """Return the files in a folder and the folders in it, by name, without hidden ones.

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
            raise SourceError(
                gettext(
                    "{folder} has more than {most} files. Read its subfolders one by one.",
                    folder=name,
                    most=MOST_FILES,
                ),
                code="too-many-files",
            )
    # Opening a pipe or a device can wait for ever or worse.
    found = [path for path in found if path.is_file()]
    if not found:
        raise SourceError(gettext("{folder} has no files.", folder=name), code="empty-folder")
    return found


@dataclass
class Folder:
    """Files of one format that are read one after another."""

    name: str
    files: Sequence[Listed]
    format: Format[Source]
    opener: Opener
    """Opens a file; raises when it is damaged or no format fits."""
    start: Position | None = None
    """Number of a file, and where in it."""
    _opened: int = 0
    _ignored: dict[str, None] = field(default_factory=dict)
    _notes: dict[str, None] = field(default_factory=dict)
    _questions: dict[str, str] = field(default_factory=dict)

    def found(self) -> str:
        """See :class:`..base.Source`."""
        return ngettext("a folder of {n} file", "a folder of {n} files", len(self.files))

    def share_read(self) -> float | None:
        """See :class:`..base.Source`."""
        return self._opened / len(self.files)

    def chunks(self, job: Job[Source]) -> Iterator[Chunk]:
        """Yield the rows of all files; a damaged file is a rejected row of its own."""
        read: Counter[str] = Counter()
        first, start, *_ = self.start or (0, None)
        self._opened = first
        for number, path in enumerate(self.files[first:], first):
            begun = Counter(read)
            self._opened += 1
            try:
                source, source_format = self.opener(path)
                self._check(source_format)
                self._note(source, source_format)
                if number == first:
                    source.start = start
                begins: Position | None = (number, source.start)
                for chunk in replace(job, source=source, format=source_format).chunks():
                    read[chunk.source_table] += chunk.read
                    if chunk.begins:
                        begins = (number, chunk.begins)
                    yield renumbered(replace(chunk, begins=begins), begun)
                    begins = None
            except SourceError as error:
                read[FILES] += 1
                yield _rejected(path, read[FILES], error)

    def _note(self, source: Source, of_file: Format[Source]) -> None:
        """Remember what the files have to say, each once and within bounds."""
        if len(self._ignored) < MOST_NAMES:
            self._ignored.update(dict.fromkeys(of_file.ignored(source)))
        if len(self._notes) < MOST_NAMES:
            self._notes.update(dict.fromkeys(of_file.notes(source)))
        if len(self._questions) < MOST_NAMES:
            self._questions |= of_file.questions(source)

    def ignored(self) -> list[str]:
        """Return the columns that weren't read, of any file that was."""
        return list(self._ignored)

    def notes(self) -> list[str]:
        """Return the notes on the files that were read."""
        return list(self._notes)

    def questions(self) -> dict[str, str]:
        """Return the questions about the files that were read."""
        return dict(self._questions)

    def _check(self, found: Format[Source]) -> None:
        if found.name != self.format.name:
            raise SourceError(
                gettext(
                    "The format of the file has changed from {before} to {format}.",
                    before=self.format.name,
                    format=found.name,
                ),
                code="format-changed",
            )


def as_format(of_files: Format[Source]) -> Format[Source]:
    """Return a format of files as one of a folder of them."""

    def read(job: Job[Source]) -> Iterator[Chunk]:
        assert isinstance(job.source, Folder)
        return job.source.chunks(job)

    return replace(
        of_files, opens=Folder, read=read, ignored=_ignored, notes=_notes, questions=_questions
    )


def _ignored(source: Source) -> list[str]:
    assert isinstance(source, Folder)
    return source.ignored()


def _notes(source: Source) -> list[str]:
    assert isinstance(source, Folder)
    return source.notes()


def _questions(source: Source) -> dict[str, str]:
    assert isinstance(source, Folder)
    return source.questions()


def _rejected(path: Listed, number: int, error: PhonoscopeError) -> Chunk:
    text = text_of({"file": str(path).encode(errors="surrogateescape"), "error": error.message})
    return Chunk(FILES, 1, 0, {}, [Reject(number, "damaged file", text)])
