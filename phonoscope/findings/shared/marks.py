"""The tracks by release year, popularity, mark and countries: one pass for many findings.

It reduces a hundred million tracks to some ten thousand rows, exactly, so that findings by year or
popularity don't read the tracks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonoscope.messages import Message, gettext, ngettext

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.findings.base import QuerySession

NO_TRACKS = gettext(
    "This catalogue has no tracks. Import metadata with 'phonoscope ingest SOURCE --into "
    "CATALOGUE'."
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
    """Return release years and their tracks, in order; undated tracks are left out."""
    table = catalogue.cached(marks)
    dated = table.filter(table.release_year.notnull())
    found = dated.group_by("release_year").agg(tracks=dated.tracks.sum())
    rows = found.order_by("release_year").to_pyarrow().to_pylist()
    return [(row["release_year"], row["tracks"]) for row in rows]


def undated(catalogue: QuerySession) -> Message | str:
    """Return how many tracks have no release year; empty when all have one."""
    dated = sum(tracks for _, tracks in tracks_by_year(catalogue))
    total = all_tracks(catalogue)
    if dated == total:
        return ""
    return ngettext(
        "{n} of {total} tracks has no release year.",
        "{n} of {total} tracks have no release year.",
        total - dated,
        total=total,
    )
