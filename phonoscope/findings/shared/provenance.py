"""What is known about the tracks of a few artists: how many, since when, and how they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from phonoscope.catalogue.backend import memtable
from phonoscope.findings.base import QuerySession
from phonoscope.findings.shared.credits import by_artist
from phonoscope.findings.shared.groups import is_weighed
from phonoscope.findings.shared.shares import current_rates
from phonoscope.linking.links import links

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Made:
    """The tracks of one artist. Declared and detected stay separate."""

    tracks: int = 0
    first: int | None = None
    """Year of the first release; ``None`` when none is dated."""
    declared: int = 0
    """Tracks that their source declares machine-made."""
    weighed: int = 0
    """Scored recordings linked to a track."""
    flagged: int = 0
    """Of those, how many have a p-value up to the threshold."""


def made_by(catalogue: QuerySession, artist_ids: Sequence[str]) -> dict[str, Made]:
    """Return what is known about the tracks of artists, by id, of those that have tracks."""
    if not artist_ids:
        return {}
    some = _of(catalogue.cached(by_artist), artist_ids).select("artist_id", "tracks", "first")
    found = {row["artist_id"]: row for row in some.to_pyarrow().to_pylist()}
    for more in (_declared(catalogue, artist_ids), _detected(catalogue, artist_ids)):
        for row in more:
            found.setdefault(row["artist_id"], {"artist_id": row["artist_id"]}).update(row)
    return {
        artist_id: Made(**{name: value for name, value in row.items() if name != "artist_id"})
        for artist_id, row in found.items()
    }


def _credits(catalogue: QuerySession, artist_ids: Sequence[str]) -> ir.Table:
    credits = catalogue.table("track_artists").select("source", "track_id", "artist_id")
    return _of(credits, artist_ids)


def _of(table: ir.Table, artist_ids: Sequence[str]) -> ir.Table:
    """Return the rows of some artists."""
    # Thousands of ids: as text in a query they take longer to parse than the query takes.
    ids = pa.table({"artist_id": pa.array(artist_ids, pa.string())})
    return table.semi_join(memtable(table, ids), "artist_id")


def _declared(catalogue: QuerySession, artist_ids: Sequence[str]) -> list[dict[str, Any]]:
    tracks = catalogue.table("tracks")
    said = tracks.filter(tracks.declared_generated).select("source", "track_id")
    if not said.limit(1).to_pyarrow().num_rows:
        return []
    joined = _credits(catalogue, artist_ids).semi_join(said, ["source", "track_id"])
    found = joined.group_by("artist_id").agg(declared=joined.count())
    rows: list[dict[str, Any]] = found.to_pyarrow().to_pylist()
    return rows


def _detected(catalogue: QuerySession, artist_ids: Sequence[str]) -> list[dict[str, Any]]:
    if not is_weighed(catalogue):
        return []
    credits = _credits(catalogue, artist_ids)
    tracks = catalogue.table("tracks").semi_join(credits, ["source", "track_id"])
    linked = links(catalogue.table("recordings"), catalogue.table("files"), tracks)
    verdicts = catalogue.table("verdicts")
    weighed = verdicts.filter(verdicts.p_value.notnull(), ~verdicts.p_value.isnan())
    pairs = credits.inner_join(linked, ["source", "track_id"])
    recorded = pairs.select("artist_id", "recording_id").distinct()
    joined = recorded.inner_join(weighed.select("recording_id", "p_value"), "recording_id")
    found = joined.group_by("artist_id").agg(
        weighed=joined.count(),
        flagged=(joined.p_value <= current_rates().threshold).cast("int64").sum(),
    )
    rows: list[dict[str, Any]] = found.to_pyarrow().to_pylist()
    return rows
