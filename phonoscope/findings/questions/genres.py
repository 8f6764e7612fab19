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
from phonoscope.messages import gettext, ngettext
from phonoscope.text import joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

LISTED, DRAWN = 200, 12


@finding(
    name="genres",
    title="Genres",
    question="Which genres are in the catalogue?",
    needs={"artist_genres": ("artist_id", "genre"), "tracks": ("genre",)},
)
def genres(catalogue: QuerySession) -> Answer:
    """Count artists, or tracks, by genre.

    Method
    ------
    Artists are counted by genre as written; an artist with three genres counts in each. Credits
    are the tracks of those artists: a track by two artists of a genre counts twice. If the source
    gives genres to tracks instead, tracks are counted.

    Caveats
    -------
    Services give genres to artists, not to tracks, and mostly to well-known artists. An artist's
    genre isn't the genre of each track. Genres overlap ('opera', 'classical'), so shares don't
    add up to 100%.
    """
    genres = catalogue.table("artist_genres")
    if genres.limit(1).to_pyarrow().num_rows:
        return _of_artists(catalogue, genres)
    tracks = catalogue.table("tracks")
    known = tracks.filter(tracks.genre.notnull())
    counts = known.group_by("genre").agg(tracks=known.count())
    rows = _sorted(counts, "tracks")
    if not rows:
        return cannot_tell(
            gettext("This catalogue has no genres, neither of artists nor of tracks.")
        )
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
    """Write counts; ``total`` is the number of artists or tracks that have a genre."""
    top = [
        (printable(genre), n, gettext("{n} ({share})", n=n, share=percent(n / total)))
        for genre, n, _ in rows
    ]
    drawn = list({row[0]: row for row in top[:DRAWN]}.values())
    have = Share(min(total, artists), artists) if artists else None
    figures = [
        Figure("genres", len(rows), "genres", None, total),
        *([have.figure("artists_with_a_genre_share")] if have else []),
    ]
    of_artists = one == "artist"
    columns = (
        ResultColumn("genre", gettext("Genre"), "text"),
        ResultColumn(f"{one}s", gettext("Artists") if of_artists else gettext("Tracks")),
        ResultColumn("share", gettext("Share"), "share"),
        *([ResultColumn("credits", gettext("Credits on tracks"))] if of_artists else []),
    )
    cells = tuple(
        (printable(genre), n, n / total, *((credits,) if of_artists else ()))
        for genre, n, credits in rows[:LISTED]
    )
    listed = joined([gettext("{label}: {value}", label=a, value=c) for a, _, c in drawn])
    alt = (
        gettext("Artists by genre: {genres}.", genres=listed)
        if of_artists
        else gettext("Tracks by genre: {genres}.", genres=listed)
    )
    return Answer(
        headline=_headline(rows, one, have),
        certainty=gettext("Every row is counted; the numbers are exact for this catalogue."),
        figures=tuple(figures),
        chart=horizontal_bars(drawn, alt=alt),
        tables=(
            ResultTable("genres", gettext("Genres"), columns, cells, len(rows), _COMMANDS[one]),
        ),
    )


def _headline(rows: list[tuple[str, int, int | None]], one: str, have: Share | None) -> str:
    genre, most, _ = rows[0]
    words: dict[str, str | int] = {
        "genre": printable(genre),
        "genres": ngettext("{n} genre", "{n} genres", len(rows)),
    }
    if one == "track":
        return ngettext(
            "{n} track has the genre {genre}, the most frequent of {genres}.",
            "{n} tracks have the genre {genre}, the most frequent of {genres}.",
            most,
            **words,
        )
    if have is None:
        return ngettext(
            "{n} artist has the genre {genre}, the most frequent of {genres}.",
            "{n} artists have the genre {genre}, the most frequent of {genres}.",
            most,
            **words,
        )
    return ngettext(
        "{share} of {n} artist (95% interval {low} to {high}) has a genre; the most frequent of "
        "{genres} is {genre}, with {artists}.",
        "{share} of {n} artists (95% interval {low} to {high}) have a genre; the most frequent "
        "of {genres} is {genre}, with {artists}.",
        have.total,
        artists=ngettext("{n} artist", "{n} artists", most),
        **words,
        **have.words,
    )


_COMMANDS = {
    "artist": "phonoscope sql CATALOGUE 'select genre, count(*) from artist_genres group by all'",
    "track": "phonoscope sql CATALOGUE 'select genre, count(*) from tracks group by all'",
}
