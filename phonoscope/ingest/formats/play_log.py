"""Play logs: how columns become rows of ``listens``, and of ``tracks`` where a log has titles.

A rejected row shows only the form of its cells, with digits as 9 and letters as a, because a cell
in the wrong column could be a name or an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.ingest.base import Chunk, Position
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.cells import AUTOMATIC, value_of
from phonoscope.ingest.convert.columns import (
    UNDECODABLE,
    CellFault,
    Forms,
    Raw,
    chunk_of,
    decodable,
)
from phonoscope.ingest.convert.moments import in_ms, moments
from phonoscope.ingest.formats.play_columns import NAMES
from phonoscope.ingest.pseudonyms import Pseudonyms

ROWS = "plays"
"""Name of a log as a table of the source."""
_MOST_FORM = 40
_LONGEST_MS = 86_400_000
"""Play from whose end no start is computed: a day."""
_HIDDEN = ("user_hash", "ip_hash")
_OF_TRACKS = (*NAMES, "album_name", "duration_ms")
EPISODE, AUDIOBOOK = "a podcast episode", "an audiobook chapter"
VIDEO, UNFINISHED = "a video", "not the end of a play"


def chunk_of_plays(
    first_row: int,
    columns: Mapping[str, pa.Array],
    length: int,
    pseudonyms: Pseudonyms,
    *,
    account: str,
    reject_reasons: pa.Array | None,
    begins: Position | None,
    forms: Forms | None = None,
    cell_faults: Sequence[CellFault] = (),
) -> Chunk:
    """Return cells of a log as rows of ``listens``, accounts and addresses hidden.

    Parameters
    ----------
    first_row
        Number of the first row, from 1.
    columns
        Cells by field: text, or numbers; times as numbers are seconds or ms since 1970 UTC.
    length
        Rows.
    pseudonyms
        Hides accounts and addresses.
    account
        The account of all plays of a log that names none: what is read, so that an export in
        several files is one account.
    reject_reasons
        Why rows can't be kept, as far as it is known; empty where they can.
    begins
        See :class:`.base.Chunk`.
    forms
        How numbers are written.
    cell_faults
        Cells that are known to be unreadable.
    """
    found = [_hidden(fault) for fault in cell_faults]
    decimals = {} if forms is None else forms.decimals
    made: dict[str, pa.Array] = {}
    faults = _RejectReasons(reject_reasons, length)
    for field, cells in columns.items():
        array, undecodable = decodable(cells)
        if undecodable is not None:
            found.append(_hidden(CellFault(field, UNDECODABLE, undecodable, cells)))
        if field in _HIDDEN:
            # A hash hides whether a name is blank or too long, so that is checked first.
            text, bad = value_of(CellKind.ID, array.cast(pa.string()))
            found += [] if bad is None else [CellFault(field, "is too long", bad, None)]
            hide = pseudonyms.accounts if field == "user_hash" else pseudonyms.addresses
            made[field] = hide(text)
        elif field in ("listened_utc", "ended_utc"):
            made[field], bad = moments(array)
            faults.add(bad, f"{field} is not a time")
        elif field == "played_s":
            decimal = decimals.get(field, AUTOMATIC)
            made["played_ms"], bad = value_of(CellKind.MILLISECONDS, array, 1000.0, decimal)
            found += [] if bad is None else [CellFault(field, "is not a number", bad, array)]
        else:
            made[field] = array
    for bad, reason in _others(made, length):
        faults.add(bad, reason)
    made["listened_utc"] = _begun(made, length)
    made["track_id"] = _tracks(made, length)
    if "user_hash" not in made:
        made["user_hash"] = pa.repeat(pa.scalar(pseudonyms.account(account)), length)
    tables = {"listens": made}
    if "name" in made:
        of_tracks = {name: made[name] for name in _OF_TRACKS if name in made}
        tables["tracks"] = {"track_id": made["track_id"], **of_tracks}
    return chunk_of(
        Raw(
            ROWS,
            first_row,
            length,
            tables,
            _forms(columns),
            faults.reasons,
            begins=begins,
            forms=forms or Forms(),
            cell_faults=found,
            cell_text=form_of,
        )
    )


def _hidden(fault: CellFault) -> CellFault:
    """Return a fault that shows nothing of accounts and addresses."""
    return fault._replace(cells=None) if fault.column in _HIDDEN else fault


def _others(made: Mapping[str, pa.Array], length: int) -> Iterator[tuple[pa.Array, str]]:
    """Yield which rows aren't plays of tracks, and what they are."""
    if "event" in made and "ended_utc" in made:
        # Apple writes a row for the start of a play as well, and for what else people do.
        event = _present(made["event"])
        yield pc.fill_null(pc.not_equal(event, "PLAY_END"), False), UNFINISHED
    if "medium" in made:
        medium = pc.utf8_upper(_present(made["medium"]))
        yield pc.fill_null(pc.equal(medium, "VIDEO"), False), VIDEO
    track = _tracks(made, length)
    for field, reason in (("episode", EPISODE), ("audiobook", AUDIOBOOK)):
        if field in made:
            yield pc.and_(pc.is_null(track), pc.is_valid(_present(made[field]))), reason


def _present(cells: pa.Array) -> pa.Array:
    """Return text without blanks around it; blank cells are empty."""
    trimmed = pc.utf8_trim_whitespace(cells.cast(pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _tracks(made: Mapping[str, pa.Array], length: int) -> pa.Array:
    """Return ids of tracks: as written, or else artist and title."""
    none = pa.nulls(length, pa.string())
    ids = made.get("track_id", none)
    if not all(name in made for name in NAMES):
        return ids
    texts = [_present(made[name]) for name in NAMES]
    if ids is not none:
        ids, _ = value_of(CellKind.ID, ids.cast(pa.string()))
    return pc.coalesce(ids, pc.binary_join_element_wise(*texts, " - "))


def _begun(made: Mapping[str, pa.Array], length: int) -> pa.Array:
    """Return when plays began: as stated, or else their end less their length."""
    if "ended_utc" not in made:
        return made["listened_utc"]
    lengths = made.get("played_ms", pa.nulls(length, pa.int64()))
    lengths, _ = value_of(CellKind.INTEGER, lengths)
    known = pc.and_(pc.greater_equal(lengths, 0), pc.less_equal(lengths, _LONGEST_MS))
    begun = pc.subtract(
        in_ms(made["ended_utc"]), pc.if_else(pc.fill_null(known, False), lengths, 0)
    )
    if "listened_utc" not in made:
        return begun
    return pc.coalesce(in_ms(made["listened_utc"]), begun)


class _RejectReasons:
    """Why rows can't be kept; the first reason found counts."""

    def __init__(self, reject_reasons: pa.Array | None, length: int) -> None:
        self.reasons = reject_reasons
        self._length = length

    def add(self, bad: pa.Array | None, reason: str) -> None:
        if bad is None:
            return
        none = pa.scalar(None, pa.string())
        found = pc.if_else(bad, pa.scalar(reason), none)
        self.reasons = found if self.reasons is None else pc.coalesce(self.reasons, found)


def _forms(columns: Mapping[str, pa.Array]) -> Callable[[int], object]:
    def row_text(at: int) -> object:
        return {
            field: form_of(cells[at].as_py())
            for field, cells in columns.items()
            if field not in _HIDDEN
        }

    return row_text


def form_of(cell: object) -> str | None:
    """Return the form of a cell, bounded: digits as 9, letters as a."""
    if cell is None:
        return None
    text = cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)
    return "".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in text[:_MOST_FORM]) + (
        "..." if len(text) > _MOST_FORM else ""
    )
