"""Genres, as services give them to artists or sources to tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.shared.credits import by_artist
from phonoscope.text import count, counted, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

LISTED, DRAWN = 200, 12


@finding(
    name="genres",
    title="Genres",
    question="Which genres are there?",
    needs={"artist_genres": ("artist_id", "genre"), "tracks": ("genre",)},
)
def genres(catalogue: QuerySession) -> Answer:
    """Count artists, or tracks, by genre.

    Method
    ------
    Artists are counted by genre as written; an artist of three genres counts in each. Credits
    are the tracks of those artists: a track of two artists of a genre counts twice. Where the
    source gives genres to tracks instead, tracks are counted.

    Caveats
    -------
    Services give genres to artists, not to tracks, and to few of them: most artists have none,
    and those that do are the better known. A genre of an artist is not that of each track.
    Names overlap ('opera', 'classical'), so shares do not add up to 1.
    """
    genres = catalogue.table("artist_genres")
    if genres.limit(1).to_pyarrow().num_rows:
        return _of_artists(catalogue, genres)
    tracks = catalogue.table("tracks")
    known = tracks.filter(tracks.genre.notnull())
    counts = known.group_by("genre").agg(tracks=known.count())
    rows = _sorted(counts, "tracks")
    if not rows:
        return cannot_tell("This catalogue names no genres, neither of artists nor of tracks.")
    total = int(known.count().to_pyarrow().as_py())
    return _answer([(r["genre"], r["tracks"], None) for r in rows], total, "track")


def _of_artists(catalogue: QuerySession, genres: ir.Table) -> Answer:
    credits = catalogue.cached(by_artist)
    joined = genres.select("artist_id", "genre").left_join(credits, "artist_id")
    counts = joined.group_by("genre").agg(artists=joined.count(), credits=joined.tracks.sum())
    rows = _sorted(counts, "artists")
    total = int(genres.select("artist_id").distinct().count().to_pyarrow().as_py())
    known = [(r["genre"], r["artists"], r["credits"] or 0) for r in rows]
    artists = int(catalogue.table("artists").count().to_pyarrow().as_py())
    return _answer(known, total, "artist", artists)


def _sorted(counts: ir.Table, by: str) -> list[dict[str, Any]]:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rows: list[dict[str, Any]] = (
        counts.order_by([ibis.desc(by), ibis.asc("genre")]).to_pyarrow().to_pylist()
    )
    return rows


def _answer(
    rows: list[tuple[str, int, int | None]], total: int, one: str, artists: int = 0
) -> Answer:
    """Put counts into words; ``total`` are the artists or tracks that have a genre."""
    top = [(printable(genre), n, f"{count(n)} ({percent(n / total)})") for genre, n, _ in rows]
    drawn = list({row[0]: row for row in top[:DRAWN]}.values())
    have = Share(min(total, artists), artists) if artists else None
    figures = [
        Figure("genres", len(rows), "genres", None, total),
        *([have.figure("artists_with_a_genre_share")] if have else []),
    ]
    columns = (
        ResultColumn("genre", "Genre", "text"),
        ResultColumn(f"{one}s", f"{one.capitalize()}s"),
        ResultColumn("share", "Share", "share"),
        *([ResultColumn("credits", "Credits on tracks")] if one == "artist" else []),
    )
    cells = tuple(
        (printable(genre), n, n / total, *((credits,) if one == "artist" else ()))
        for genre, n, credits in rows[:LISTED]
    )
    told = f"; {have} of the artists have one" if have else ""
    return Answer(
        headline=f"{counted(len(rows), 'genre')} are named{told}. The most frequent is "
        f"{printable(rows[0][0])}, with {counted(rows[0][1], one)}.",
        certainty="Every row was counted; the numbers are exact for this catalogue.",
        figures=tuple(figures),
        chart=horizontal_bars(
            drawn,
            alt=f"{one.capitalize()}s by genre: {', '.join(f'{a} {c}' for a, _, c in drawn)}.",
        ),
        tables=(ResultTable("genres", "Genres", columns, cells, len(rows), _COMMANDS[one]),),
    )


_COMMANDS = {
    "artist": "phonoscope sql CATALOGUE 'select genre, count(*) from artist_genres group by all'",
    "track": "phonoscope sql CATALOGUE 'select genre, count(*) from tracks group by all'",
}
