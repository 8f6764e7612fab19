"""The tracks by year of release, popularity, mark and countries: one pass for many findings.

A hundred million tracks come to some ten thousand rows here, exactly, so that what is asked by
year or by popularity does not read the tracks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonoscope.text import counted

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.findings.base import QuerySession

NO_TRACKS = (
    "This catalogue has no tracks: 'phonoscope ingest SOURCE --into CATALOGUE' brings metadata in."
)


def marks(catalogue: QuerySession) -> ir.Table:
    """Return ``tracks`` by ``release_year``, ``popularity``, ``explicit`` and ``market_count``."""
    tracks = catalogue.table("tracks")
    keys = ("release_year", "popularity", "explicit", "market_count")
    return tracks.group_by(*keys).agg(tracks=tracks.count())


def all_tracks(catalogue: QuerySession) -> int:
    """Return how many tracks there are."""
    return int(catalogue.cached(marks).tracks.sum().to_pyarrow().as_py() or 0)


def tracks_by_year(catalogue: QuerySession) -> list[tuple[int, int]]:
    """Return years of release and their tracks, in order; undated tracks are left out."""
    table = catalogue.cached(marks)
    dated = table.filter(table.release_year.notnull())
    found = dated.group_by("release_year").agg(tracks=dated.tracks.sum())
    rows = found.order_by("release_year").to_pyarrow().to_pylist()
    return [(row["release_year"], row["tracks"]) for row in rows]


def undated(catalogue: QuerySession) -> str:
    """Say how many tracks have no year of release; empty when all have one."""
    dated = sum(tracks for _, tracks in tracks_by_year(catalogue))
    total = all_tracks(catalogue)
    if dated == total:
        return ""
    return f"{counted(total - dated, 'track')} of {total:,} have no year of release."
