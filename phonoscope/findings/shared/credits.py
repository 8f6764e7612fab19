"""Tracks by artist and by label, each counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.findings.base import QuerySession


def by_artist_and_source(catalogue: QuerySession) -> ir.Table:
    """Return :func:`by_artist` for each ``source``."""
    credits = catalogue.table("track_artists")
    year = credits.release_year
    return credits.group_by("source", "artist_id").agg(
        tracks=credits.count(), dated=year.count(), first=year.min(), last=year.max()
    )


def by_artist(catalogue: QuerySession) -> ir.Table:
    """Return ``tracks`` by ``artist_id``; a track by two artists counts for both.

    ``dated`` of them have a release year, from ``first`` to ``last``.
    """
    each = catalogue.cached(by_artist_and_source)
    return each.group_by("artist_id").agg(
        tracks=each.tracks.sum().cast("int64"),
        dated=each.dated.sum().cast("int64"),
        first=each["first"].min(),
        last=each["last"].max(),
    )


def by_label(catalogue: QuerySession) -> ir.Table:
    """Return ``tracks`` by ``label`` as written; tracks without one are left out."""
    tracks = catalogue.table("tracks")
    known = tracks.filter(tracks.label.notnull())
    return known.group_by("label").agg(tracks=known.count())


def names_of(catalogue: QuerySession, artist_ids: list[str]) -> dict[str, str]:
    """Return names of artists by id; an unnamed one is absent."""
    artists = catalogue.table("artists")
    some = artists.filter(artists.artist_id.isin(artist_ids), artists.name.notnull())
    rows = some.select("artist_id", "name").to_pyarrow().to_pylist()
    return {row["artist_id"]: row["name"] for row in rows}
