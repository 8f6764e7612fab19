"""How far a source was read, so that an interrupted ingest resumes where it stopped.

A place in a source is the position that a chunk stated, and the number of chunks read since. To
resume, reading begins at the position and skips that many chunks. A format whose chunks state no
positions is read from the start, and all earlier chunks are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phonoscope.ingest.base import NOWHERE, Chunk, Position, renumbered
from phonoscope.ingest.checkpoint import Checkpoint
from phonoscope.ingest.summary import TableCount
from phonoscope.ingest.tally import Tally


class OtherRowsError(Exception):
    """The skipped rows aren't those that were read before."""


class ResumePoint:
    """Counts chunks, and skips those that were written before.

    Parameters
    ----------
    checkpoint
        Where to resume; ``None`` at the start.
    """

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self._passing = checkpoint.passed if checkpoint else 0
        self._expected = checkpoint.tables if checkpoint else {}
        self.tally = Tally.of(checkpoint.before if checkpoint else {})
        self.position: Position | None = checkpoint.position if checkpoint else None
        """The last position that was stated."""
        self.before: Mapping[str, TableCount] = self.tally.tables()
        """What was read before it."""
        self.passed = 0
        """Chunks read since."""
        self._start = self.tally.read_by_table()

    @property
    def is_known(self) -> bool:
        """Whether the current place can be found again."""
        return self.position is None or tuple(self.position) != NOWHERE

    def new(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks that aren't written yet, their rows numbered from the start.

        Raises
        ------
        OtherRowsError
            When the skipped chunks don't have the counts of before.
        """
        for chunk in chunks:
            if chunk.begins is not None:
                self.position, self.before, self.passed = chunk.begins, self.tally.tables(), 0
            numbered = renumbered(chunk, self._start)
            self.tally.add(numbered)
            self.passed += 1
            if not self._passing:
                yield numbered
                continue
            self._passing -= 1
            if not self._passing and self.tally.tables() != self._expected:
                raise OtherRowsError
        if self._passing:
            raise OtherRowsError
