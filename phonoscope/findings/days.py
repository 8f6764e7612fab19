"""The tracks by day of release, popularity and mark: one pass that half the findings read.

A hundred million tracks come to some hundred thousand rows here, exactly, so that what is asked
by year, by month or by popularity does not read the tracks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phonoscope.findings.dates import year_of
from phonoscope.findings.words import counted

if TYPE_CHECKING:
    from phonoscope.findings.base import Asked

LONGEST_S = 36_000
"""Durations of more than ten hours are counted, but are in no mean."""
NO_TRACKS = (
    "This catalogue has no tracks. Metadata comes in with: "
    "phonoscope ingest SOURCE --into CATALOGUE"
)


def days(catalogue: Asked) -> Any:
    """Return the tracks by date of release, precision, popularity and mark.

    Columns of the result: ``release_date``, ``release_date_precision``, ``popularity`` (0 to 100;
    else empty), ``explicit``; ``tracks``; ``timed`` of them with a duration above 0 and up to
    :data:`LONGEST_S`, with ``duration_ms`` in all and ``squares_s2``, the sum of squares of whole
    seconds; ``zero`` with a duration of 0; ``placed`` with known markets, of which ``nowhere``
    has none and ``single`` one.
    """
    tracks = catalogue.table("tracks")
    in_range = tracks.popularity.between(0, 100)
    tracks = tracks.mutate(popularity=in_range.ifelse(tracks.popularity, None))
    timed = (tracks.duration_ms > 0) & (tracks.duration_ms <= 1000 * LONGEST_S)
    duration_ms = timed.ifelse(tracks.duration_ms, 0)
    whole_s = (duration_ms // 1000).cast("int64")

    def many(which: Any) -> Any:
        return which.cast("int64").sum()

    keys = ("release_date", "release_date_precision", "popularity", "explicit")
    return tracks.group_by(*keys).agg(
        tracks=tracks.count(),
        timed=many(timed),
        duration_ms=duration_ms.sum(),
        squares_s2=(whole_s * whole_s).sum(),
        zero=many(tracks.duration_ms == 0),
        placed=tracks.market_count.count(),
        nowhere=many(tracks.market_count == 0),
        single=many(tracks.market_count == 1),
    )


def all_tracks(catalogue: Asked) -> int:
    """Return how many tracks there are."""
    return int(catalogue.once(days).tracks.sum().to_pyarrow().as_py() or 0)


def by_year(catalogue: Asked, **sums: str) -> list[dict[str, Any]]:
    """Return sums of columns of :func:`days` by year of release, in order; undated ones are out.

    Parameters
    ----------
    catalogue
        The catalogue.
    sums
        Column of the result by name, and of :func:`days` to add up.

    Returns
    -------
    list of dict
        ``year``, a whole number, and the sums.
    """
    table = catalogue.once(days)
    dated = table.mutate(year=year_of(table.release_date)).filter(lambda t: t.year.notnull())
    found = dated.group_by("year").agg(
        **{name: dated[column].sum() for name, column in sums.items()}
    )
    rows = found.order_by("year").to_pyarrow().to_pylist()
    return [{**row, "year": int(row["year"])} for row in rows]


def undated(catalogue: Asked) -> str:
    """Say how many tracks have no year of release; empty when all have one."""
    dated = sum(row["tracks"] for row in by_year(catalogue, tracks="tracks"))
    total = all_tracks(catalogue)
    if dated == total:
        return ""
    return f"{counted(total - dated, 'track')} of {total:,} have no year of release."
