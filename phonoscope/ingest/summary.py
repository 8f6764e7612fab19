"""The results of an ingest, in numbers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from phonoscope.ingest.base import EmptiedCells


@dataclass(frozen=True)
class TableCount:
    """Counts of one table of a source; ``read`` = ``kept`` + ``rejected``."""

    read: int
    kept: int
    rejected: int
    reasons: dict[str, int]
    """Rejected rows by reason, the most frequent first."""
    emptied: list[EmptiedCells] = field(default_factory=list)
    """Cells of kept rows that can't be read, by column and reason."""


@dataclass(frozen=True)
class IngestSummary:
    """The results of an ingest."""

    scan_id: str
    """Name of this ingest in the rows it wrote."""
    source: str
    """Name of the source in the column ``source``."""
    layout: str
    """Name of the detected format."""
    read: int
    kept: int
    rejected: int
    reasons: dict[str, int]
    """Rejected rows by reason, the most frequent first."""
    emptied: list[EmptiedCells]
    """Cells of kept rows that can't be read, by column and reason, the most frequent first."""
    read_as: dict[str, Any]
    """How a text file was read: ``encoding``, ``delimiter``, and by column ``decimal`` and
    ``dates``; empty for other sources."""
    tables: dict[str, TableCount]
    """The same for each table of the source; a CSV file's is called ``rows``."""
    written: dict[str, int]
    """Rows by table of the catalogue. Of rows with the same key the last one counts."""
    ignored: list[str]
    """What wasn't read: tables, columns of a CSV file, or files of a folder."""
    notes: list[str]
    """What was decided about the source without being asked, as sentences for people."""
    questions: dict[str, str]
    """Columns that weren't read although they look like a field, with that field."""
    resumed_at_row: int | None
    """Row at which it resumed; ``None`` when it began at the start."""
    wall_s: float
    """Duration of this run, without the runs that it resumed, s."""
    cpu_s: float
    """Processor time of this run, s."""

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON shape of ``phonoscope ingest --json``."""
        return {"format": "phonoscope-ingest/1", **dataclasses.asdict(self)}
