"""Every finding with the answer of a catalogue."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from typing import Any

from phonoscope.catalogue.locations import Locations
from phonoscope.errors import DamagedCatalogueError, PhonoscopeError
from phonoscope.escape import printable
from phonoscope.findings.answer import Answer, cannot_tell
from phonoscope.findings.finding import Finding
from phonoscope.findings.order import findings
from phonoscope.findings.query_session import QuerySession, Tables
from phonoscope.findings.result_table import Cell, ResultTable
from phonoscope.messages import Message, gettext
from phonoscope.progress import NoProgress, Progress
from phonoscope.text import joined

_log = logging.getLogger(__name__)


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
            found.append(Found(finding, _answer(finding, session)).named(session.locations))
            progress.advance()
    return tuple(found)


DAMAGED, FAILED = "damaged", "failed"
"""Why an answer is missing: a part of the catalogue is damaged, or the finding can't work with the
values of its tables."""


def _answer(finding: Finding, session: QuerySession) -> Answer:
    """Return a finding's answer, or why there is none: the other findings don't depend on it."""
    try:
        return finding.answer(session)
    except DamagedCatalogueError as error:
        return cannot_tell(error.message, DAMAGED)
    except PhonoscopeError:
        raise
    except Exception as error:
        damage = session.damage(error)
        if isinstance(damage, DamagedCatalogueError):
            return cannot_tell(damage.message, DAMAGED)
        if damage is not None:
            raise damage from error
        _log.warning("the finding %s failed", finding.name)
        _log.debug("the finding %s failed", finding.name, exc_info=error)
        return cannot_tell(_failed(finding, error), FAILED)


def _failed(finding: Finding, error: Exception) -> Message:
    """Return why a finding has no answer: nobody can tell a bug from values that can't be."""
    return gettext(
        "This question can't be answered from the values in {tables} ({error}). If Phonoscope "
        "wrote them, please report this as a bug.",
        tables=joined(list(finding.needs)),
        error=printable(f"{type(error).__name__}: {error}")[:200],
    )


def _sources_named(table: ResultTable, locations: Locations) -> ResultTable:
    at = next((i for i, column in enumerate(table.columns) if column.name == "source"), None)
    if at is None:
        return table

    def named(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return *row[:at], row[at] and locations.source(str(row[at])), *row[at + 1 :]

    return replace(table, rows=tuple(map(named, table.rows)))
