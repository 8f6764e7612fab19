"""Recordings that share sound with one: where, how they differ, and people's decisions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phonoscope.matching.recording.groups import differences, original_of
from phonoscope.matching.recording.match_store import Decision, pair_key
from phonoscope.matching.recording.pairwise import Pair, swapped
from phonoscope.view.alignment import Alignment, align
from phonoscope.view.listing import read_rows
from phonoscope.view.queries import Queries, Row, TableOf, rows_with

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_SHOWN = 50
"""Matches that a dossier shows, the strongest first."""


@dataclass(frozen=True)
class Matched:
    """Another recording that shares sound with this one."""

    row: Row
    """What a list shows about the other recording."""
    pair: Pair
    """How the two line up, with this recording as ``one``."""
    is_copy: bool
    """Whether they are the same recording, according to the search."""
    differs: tuple[str, ...]
    """How the other differs from this one, in words; empty for a partial match."""
    original: str
    """The likely original: ``this`` or ``other``; empty if there is no evidence."""
    reasons: tuple[str, ...]
    decision: str
    """A person's decision: ``same`` or ``different``; empty without one."""
    decided_utc: str
    aligned: Alignment | None

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape."""
        return {
            "recording_id": self.row["recording_id"],
            "file": self.row["file"],
            "artist": self.row["artist"],
            "title": self.row["title"],
            "copy": self.is_copy,
            "begin_s": self.pair.begin_s,
            "end_s": self.pair.end_s,
            "other_begin_s": self.aligned and self.aligned.other.begin_s,
            "other_end_s": self.aligned and self.aligned.other.end_s,
            "speed": self.pair.speed,
            "pitch": self.pair.pitch,
            "covers": self.pair.covers,
            "alike": self.pair.alike,
            "bits": self.pair.bits,
            "score": self.pair.score,
            "differs": list(self.differs),
            "likely_original": self.original or None,
            "reasons": list(self.reasons),
            "decision": self.decision or None,
            "decided_utc": self.decided_utc or None,
        }


def matched(queries: Queries, recording_id: str) -> tuple[int, tuple[Matched, ...]]:
    """Return the number of recordings that share sound with one, and the strongest matches."""
    rows = rows_with(queries, "matches", recording_id)
    pairs = [_from_here(row, recording_id) for row in rows]
    pairs.sort(key=lambda found: (not found[1], -found[0].score, found[0].other))
    shown_pairs = pairs[:MOST_SHOWN]
    ids = [recording_id, *(pair.other for pair, _ in shown_pairs)]
    measured = {
        row["recording_id"]: row for row in queries.rows(lambda table: _measured(table, ids))
    }
    listed = read_rows(queries, ids)
    decisions = {row["pair"]: row for row in rows_with(queries, "decisions", recording_id)}
    made = [
        _matched(pair, is_copy, measured, listed, decisions.get(pair_key(recording_id, pair.other)))
        for pair, is_copy in shown_pairs
        if pair.other in listed and {recording_id, pair.other} <= set(measured)
    ]
    return len(pairs), tuple(made)


def _measured(table: TableOf, ids: list[str]) -> ir.Table:
    recordings = table("recordings")
    return recordings.filter(recordings.recording_id.isin(ids))


def _from_here(row: Row, recording_id: str) -> tuple[Pair, bool]:
    pair = Pair(**{f.name: row[f.name] for f in dataclasses.fields(Pair)})
    return (pair if pair.one == recording_id else swapped(pair)), bool(row["copy"])


def _matched(
    pair: Pair,
    is_copy: bool,
    measured: Mapping[str, Row],
    listed: Mapping[str, Row],
    decided: Row | None,
) -> Matched:
    mine, theirs = measured[pair.one], measured[pair.other]
    first, reasons = original_of([mine, theirs]) if is_copy else (None, ())
    one_s, other_s = mine.get("duration_s") or 0.0, theirs.get("duration_s") or 0.0
    decision = decided["decision"] if decided and decided["decision"] != Decision.OPEN else ""
    return Matched(
        row=listed[pair.other],
        pair=pair,
        is_copy=is_copy,
        differs=differences(mine, theirs, pair) if is_copy else (),
        original="" if not reasons else "this" if first is mine else "other",
        reasons=tuple(reasons),
        decision=decision,
        decided_utc=f"{decided['decided_utc']:%Y-%m-%d %H:%M} UTC" if decided and decision else "",
        aligned=align(pair, one_s, other_s) if one_s and other_s else None,
    )
