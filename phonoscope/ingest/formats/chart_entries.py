"""Entries of charts: what is the same for charts as CSV and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.errors import SourceError, UsageError
from phonoscope.escape import printable
from phonoscope.ingest.base import Chunk, Position
from phonoscope.ingest.convert.columns import CellFault, Forms, Raw, chunk_of
from phonoscope.ingest.convert.dates import read_dates
from phonoscope.ingest.convert.flat_table import ROWS
from phonoscope.ingest.formats.chart_columns import period_of
from phonoscope.ingest.formats.chart_names import read_name
from phonoscope.linking.days import is_day
from phonoscope.messages import gettext, lines
from phonoscope.text import joined

UNSTATED = "unstated"
"""Region where neither the file nor the user names one; a key can't be empty."""
CONSTANTS = ("chart", "region", "chart_date", "entry_kind")
"""Fields that the user can state for all rows of a chart."""
ENTRY_KINDS = ("track", "album")
_NUMBERS = ("rank", "peak_rank", "previous_rank", "times_on_chart", "streams")
_NONE = pa.array(
    ["-", "--", "\u2013", "\u2014", "0", "-1", "0.0", "-1.0", "new", "new entry", "re-entry"]
)
"""What charts write where a track had no rank before."""
_RANK = r"^\s*[#=Tt]?\s*([0-9]{1,9})(?:\.0+)?\s*[=.]?\s*$"
"""A rank: 2, 2.0, and =2 or 2= or T2 for one that two entries share."""


class ChartSource(Protocol):
    """A file that can hold a chart."""

    name: str
    constants: Mapping[str, str] | None
    command: str

    @property
    def file_name(self) -> str:
        """The name of the file without endings."""


@dataclass
class Ties:
    """Numbers entries that share a rank, over all chunks of a file."""

    _last: tuple[object, ...] = ()
    _song: tuple[object, ...] = ()
    _tie: int = 1

    def of(self, columns: Mapping[str, pa.Array]) -> pa.Array:
        """Return the place of each row among rows of the same rank that follow each other.

        Empty for the first of them, and for a row that only repeats the one before.
        """
        keys = ("chart", "region", "chart_date", "rank")
        ranks = zip(*(columns[name].to_pylist() for name in keys), strict=True)
        songs = zip(*(columns[name].to_pylist() for name in ("title", "performer")), strict=True)
        found: list[int | None] = []
        for rank, song in zip(ranks, songs, strict=True):
            if rank != self._last:
                self._last, self._song, self._tie = rank, song, 1
            elif song != self._song:
                self._song, self._tie = song, self._tie + 1
            found.append(self._tie if self._tie > 1 else None)
        return pa.array(found, pa.int64())


def is_called_a_chart(source: ChartSource) -> bool:
    """Whether the user says that a file is a chart."""
    return source.constants is not None or source.command == "charts"


def check_day(source: ChartSource, columns: Collection[str], fields: Collection[str]) -> None:
    """Raise when nothing says the day of a chart.

    Raises
    ------
    SourceError
        With the command that gives the day.
    UsageError
        When the constants aren't those of a chart.
    """
    said = said_of(source, columns)
    if "chart_date" not in {*fields, *said}:
        command = ["phonoscope", "charts", source.name, "--into", "CATALOGUE"]
        raise SourceError(
            lines(
                [
                    gettext(
                        "{file} is a chart without a day: no column and not its name has one.",
                        file=source.name,
                    ),
                    gettext(
                        "Give the day: {command}",
                        command=f"{shlex.join(command)} --date YYYY-MM-DD",
                    ),
                ]
            ),
            code="no-chart-date",
        )


def said_of(source: ChartSource, columns: Collection[str]) -> dict[str, str]:
    """Return the values of all rows: the constants, or else those in the name of the file."""
    constants = dict(source.constants or {})
    if unknown := set(constants) - set(CONSTANTS):
        raise UsageError(
            gettext(
                "A chart has no constant '{name}'. It has {names}.",
                name=printable(min(unknown)[:60]),
                names=joined(CONSTANTS),
            ),
            code="unknown-constant",
        )
    if "chart_date" in constants and not is_day(constants["chart_date"]):
        raise UsageError(
            gettext(
                "'{text}' isn't a day. Write it as YYYY-MM-DD.",
                text=printable(constants["chart_date"][:40]),
            ),
            code="not-a-day",
        )
    if constants.get("entry_kind", "track") not in ENTRY_KINDS:
        raise UsageError(
            gettext("The entries of a chart are {kinds}.", kinds=" or ".join(ENTRY_KINDS)),
            code="unknown-entry-kind",
        )
    named = read_name(source.file_name)
    of_name = {} if named is None else vars(named)
    by_columns = period_of(columns)
    found = {"entry_kind": "track", "region": UNSTATED, "chart": source.file_name or "chart"}
    found |= {"period": by_columns} if by_columns else {}
    return found | of_name | constants


def chunk_of_entries(
    columns: dict[str, pa.Array],
    first_row: int,
    length: int,
    row_text: Callable[[int], object],
    *,
    said: Mapping[str, str],
    constants: Mapping[str, str],
    ties: Ties,
    reject_reasons: pa.Array | None,
    begins: Position | None,
    forms: Forms | None = None,
    cell_faults: Sequence[CellFault] = (),
) -> Chunk:
    """Return cells of a chart as rows of ``chart_entries``.

    Parameters
    ----------
    columns
        Text by field.
    first_row, length, row_text, reject_reasons, begins
        See :class:`.convert.columns.Raw`.
    said
        Values of all rows, by field.
    constants
        Those of them that the user gave.
    ties
        Numbers entries of the same rank.
    forms, cell_faults
        See :class:`.convert.columns.Raw`.
    """
    for field, value in said.items():
        # A column goes before the name of the file, and the user before both.
        if field in constants or field not in columns:
            columns[field] = pa.repeat(pa.scalar(value), length)
    columns["region"] = _filled(columns["region"], said["region"])
    columns["chart"] = _filled(columns["chart"], said["chart"])
    columns["chart_date"] = _days(columns["chart_date"], forms.order if forms else None)
    for field in _NUMBERS:
        if field in columns:
            columns[field] = _stated(columns[field])
    columns["rank"] = pc.replace_substring_regex(columns["rank"], _RANK, r"\1")
    columns["tie"] = ties.of(columns)
    return chunk_of(
        Raw(
            ROWS,
            first_row,
            length,
            {"chart_entries": columns},
            row_text,
            reject_reasons,
            begins=begins,
            forms=forms or Forms(),
            cell_faults=cell_faults,
        )
    )


def _filled(cells: pa.Array, value: str) -> pa.Array:
    blank = pc.equal(pc.utf8_trim_whitespace(cells), "")
    return pc.if_else(pc.fill_null(blank, True), value, cells)


def _days(cells: pa.Array, order: str | None) -> pa.Array:
    """Return days as YYYY-MM-DD, without a time after them; other text becomes empty.

    05/06/2024 can be in May or June, so it becomes empty where nothing shows which.
    """
    dates = read_dates(cells.cast(pa.string()), order)
    whole = pc.fill_null(pc.equal(dates.precision, "day"), False)
    return pc.if_else(whole, dates.texts, pa.scalar(None, pa.string()))


def _stated(cells: pa.Array) -> pa.Array:
    """Return ranks and counts, empty where there is none: a dash, 0, -1, or a word for new."""
    trimmed = pc.ascii_lower(pc.utf8_trim_whitespace(cells))
    return pc.if_else(pc.is_in(trimmed, value_set=_NONE), "", cells)
