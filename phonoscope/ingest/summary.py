"""What an ingest came to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TableCount:
    """What came of one table of a source; ``read`` = ``kept`` + ``rejected``."""

    read: int
    kept: int
    rejected: int
    reasons: dict[str, int]
    """Rejected rows by reason, the most frequent first."""


@dataclass(frozen=True)
class IngestSummary:
    """What an ingest came to."""

    scan_id: str
    """Its name in the rows it wrote."""
    source: str
    """As it is called in the column ``source``."""
    layout: str
    read: int
    kept: int
    rejected: int
    reasons: dict[str, int]
    """Rejected rows by reason, the most frequent first."""
    tables: dict[str, TableCount]
    """The same for each table of the source; a CSV file's is called ``rows``."""
    written: dict[str, int]
    """Rows by table of the catalogue. Of those with the same key the last one counts."""
    ignored: list[str]
    """Tables, or of a CSV file columns, that were not read."""
    resumed_at_row: int | None
    """Row at which it went on, where it had been stopped before; ``None`` when it began anew."""
    wall_s: float
    cpu_s: float
    """Time of this run; of one that went on, not of those before."""

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON shape of ``phonoscope ingest --json``."""
        return {"format": "phonoscope-ingest/1", **dataclasses.asdict(self)}
