"""Every finding with the answer of a catalogue."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from phonoscope.catalogue.locations import Locations
from phonoscope.findings.answer import Answer
from phonoscope.findings.finding import Finding
from phonoscope.findings.order import findings
from phonoscope.findings.query_session import QuerySession, Tables
from phonoscope.findings.result_table import Cell, ResultTable
from phonoscope.progress import NoProgress, Progress


@dataclass(frozen=True)
class Found:
    """A finding with its answer."""

    finding: Finding
    answer: Answer

    def named(self, locations: Locations) -> Found:
        """Return the same with sources of metadata named as others may read them."""
        tables = tuple(_sources_named(table, locations) for table in self.answer.tables)
        return replace(self, answer=replace(self.answer, tables=tables))

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of one finding in ``report --format json``."""
        answer = asdict(self.answer)
        chart = answer.pop("chart")
        for figure in answer["figures"]:
            low, high = figure.pop("interval") or (None, None)
            figure.update(low=low, high=high)
        return {
            "name": self.finding.name,
            "title": self.finding.title,
            "question": self.finding.question,
            **answer,
            "method": self.finding.method,
            "needs": {table: list(columns) for table, columns in self.finding.needs.items()},
            "caveats": self.finding.caveats,
            "vega_lite": chart["spec"] if chart else None,
        }


def find(
    catalogue: Tables,
    source: str | None = None,
    progress: Progress | None = None,
    *,
    full_paths: bool = False,
) -> tuple[Found, ...]:
    """Compute every finding of a catalogue.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    source
        Use only this source of the metadata.
    progress
        Receives the progress.
    full_paths
        Whether answers show full paths of files instead of paths relative to the scanned folder.
    """
    found = []
    progress = progress or NoProgress()
    with QuerySession(catalogue, source, full_paths=full_paths) as session:
        progress.start("findings", unit="questions", total=len(findings()))
        for finding in findings():
            progress.step(finding.question)
            found.append(Found(finding, finding.answer(session)).named(session.locations))
            progress.advance()
    return tuple(found)


def _sources_named(table: ResultTable, locations: Locations) -> ResultTable:
    at = next((i for i, column in enumerate(table.columns) if column.name == "source"), None)
    if at is None:
        return table

    def named(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return *row[:at], row[at] and locations.source(str(row[at])), *row[at + 1 :]

    return replace(table, rows=tuple(map(named, table.rows)))
