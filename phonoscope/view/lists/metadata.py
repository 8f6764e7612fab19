"""The lists of tracks, releases, artists and labels, as sources and tags state them."""

from __future__ import annotations

from functools import cache

from phonoscope.messages import Localised, gettext, ngettext
from phonoscope.view.lists.kind import ListColumn, ListKind, Row, Select
from phonoscope.view.statement import Statement

_INGEST = gettext("Import metadata to fill this list: {command}.",
                  command="phonoscope ingest SOURCE --into CATALOGUE")  # fmt: skip
FLAGGED = "v.basis = 'detected' AND v.verdict IN ('generated', 'partly-generated')"
"""Whether a recording's sound was called generated."""


def shown_source(column: str) -> str:
    """Return SQL for a source without the folders above it, see :mod:`...catalogue.locations`."""
    return (
        f"CASE WHEN starts_with({column}, '/') OR starts_with({column}, 'file://') "
        f"THEN regexp_replace({column}, '^(?s:.*)/', '') ELSE {column} END"
    )


NAMED_ONLY = "(SELECT DISTINCT source FROM track_artists)"
"""Sources whose artists have ids; in others, tracks only have a text with names."""

_HELD = "(SELECT * FROM recordings SEMI JOIN files USING (recording_id))"


_NAMES = (
    "SELECT ta.source, ta.track_id, string_agg(ar.name, ', ' ORDER BY ar.name) AS names, "
    "list(ar.name ORDER BY ar.name) AS each "
    "FROM track_artists ta JOIN artists ar USING (source, artist_id)"
)
_BY_ARTIST = (
    "(t.source, t.track_id) IN (SELECT (ta.source, ta.track_id) FROM track_artists ta "
    "JOIN artists ar USING (source, artist_id) WHERE ar.name IN {values})"
)


def with_artists(select: Select, rows: list[Row]) -> None:
    """Add the artists that only table track_artists has, for the rows of a page."""
    ids = [row["track_id"] for row in rows if not row.get("artist")]
    if not ids or "artist" not in rows[0]:
        return
    wanted = "WHERE ta.track_id IN (SELECT unnest($ids)) GROUP BY ALL"
    found = select(Statement(f"{_NAMES} {wanted}", {"ids": ids}))
    by_id = {row["track_id"]: row for row in found}
    for row in rows:
        named = by_id.get(row["track_id"])
        if named is not None and not row["artist"]:
            row.update(artist=named["names"], each_artist=named["each"])


def _tracks(n: int) -> Localised:
    return ngettext("{n} track", "{n} tracks", n)


@cache
def tracks() -> ListKind:
    """Return the list of tracks."""
    return ListKind(
        name="tracks",
        title=gettext("Tracks"),
        counted=_tracks,
        search_label=gettext("Search title, artist, ISRC"),
        rows="tracks t",
        joins={
            "album": "LEFT JOIN albums a ON a.source = t.source AND a.album_id = t.album_id",
            "names": f"LEFT JOIN ({_NAMES} GROUP BY ALL) n "
            "ON n.source = t.source AND n.track_id = t.track_id",
            "played": "LEFT JOIN (SELECT track_id, "
            "CAST(sum(artificial_plays) AS BIGINT) AS artificial FROM played_tracks "
            "GROUP BY track_id) p ON p.track_id = t.track_id",
        },
        key=("t.track_id", "t.source"),
        sort="-popularity",
        hidden=("track_id", "album_id"),
        complete=with_artists,
        empty=_INGEST,
        columns=(
            ListColumn("name", gettext("Title"), "t.name", "name", searched=True),
            ListColumn("track_id", gettext("Identifier"), "t.track_id", "code"),
            ListColumn("album_id", gettext("Release identifier"), "t.album_id", "code"),
            ListColumn("artist", gettext("Artist"), "coalesce(t.artist_names, n.names)", "artist",
                       "names", searched=True, quick_sql="t.artist_names",
                       filter_sql=f"t.artist_names IN {{values}} OR {_BY_ARTIST}"),
            ListColumn("release", gettext("Release"), "coalesce(t.album_name, a.name)", "release",
                       "album", by_default=False),
            ListColumn("release_date", gettext("Released"), "t.release_date"),
            ListColumn("year", gettext("Year"), "t.release_year", "year", by_default=False,
                       facet=True),
            ListColumn("label", gettext("Label"), "t.label", "label", facet=True),
            ListColumn("duration_ms", gettext("Duration"), "t.duration_ms", "milliseconds"),
            ListColumn("popularity", gettext("Popularity"), "t.popularity", "count"),
            ListColumn("plays", gettext("Plays"), "t.plays", "count"),
            ListColumn("artificial_plays", gettext("Artificial plays"), "p.artificial", "count",
                       "played", by_default=False),
            ListColumn("isrc", gettext("ISRC"), "t.isrc", "code"),
            ListColumn("genre", gettext("Genre"), "t.genre", by_default=False, facet=True),
            ListColumn("declared_generated", gettext("Declared machine-made"),
                       "t.declared_generated", "yes", by_default=False, facet=True),
            ListColumn("explicit", gettext("Explicit"), "t.explicit", "yes", by_default=False),
            ListColumn("market_count", gettext("Countries"), "t.market_count", "count",
                       by_default=False),
            ListColumn("source", gettext("Source"), shown_source("t.source"), by_default=False,
                       facet=True),
        ),
    )  # fmt: skip


_RELEASES = f"""(
SELECT source, album_id, name, NULL AS artist, album_type, release_date, release_year, label, upc,
       total_tracks, popularity, NULL::BIGINT AS recordings, NULL::BIGINT AS flagged
FROM albums
UNION ALL BY NAME
SELECT NULL AS source, NULL AS album_id, r.tag_album AS name, r.tag_artist AS artist,
       count(*) AS recordings, count(*) FILTER ({FLAGGED}) AS flagged
FROM {_HELD} r LEFT JOIN verdicts v USING (recording_id)
WHERE trim(r.tag_album) <> '' GROUP BY r.tag_album, r.tag_artist
) a"""


def _releases(n: int) -> Localised:
    return ngettext("{n} release", "{n} releases", n)


@cache
def releases() -> ListKind:
    """Return the list of releases: albums of sources, and albums that files' tags name."""
    return ListKind(
        name="releases",
        title=gettext("Releases"),
        counted=_releases,
        search_label=gettext("Search title, artist, UPC"),
        rows=_RELEASES,
        key=("a.album_id", "a.source", "a.name", "a.artist"),
        sort="name",
        hidden=("album_id",),
        empty=_INGEST,
        columns=(
            ListColumn("name", gettext("Title"), "a.name", "name", searched=True),
            ListColumn("album_id", gettext("Identifier"), "a.album_id", "code"),
            ListColumn("artist", gettext("Artist (from tags)"), "a.artist", "artist",
                       searched=True),
            ListColumn("album_type", gettext("Type"), "a.album_type", facet=True),
            ListColumn("release_date", gettext("Released"), "a.release_date"),
            ListColumn("year", gettext("Year"), "a.release_year", "year", by_default=False,
                       facet=True),
            ListColumn("label", gettext("Label"), "a.label", "label", facet=True),
            ListColumn("total_tracks", gettext("Tracks"), "a.total_tracks", "count"),
            ListColumn("recordings", gettext("Recordings"), "a.recordings", "count"),
            ListColumn("flagged", gettext("Detected as generated"), "a.flagged", "count"),
            ListColumn("popularity", gettext("Popularity"), "a.popularity", "count",
                       by_default=False),
            ListColumn("upc", gettext("UPC"), "a.upc", "code", by_default=False, searched=True),
            ListColumn("source", gettext("Source"), shown_source("a.source"), by_default=False,
                       facet=True),
        ),
    )  # fmt: skip


_ARTISTS = f"""(
SELECT name, max(followers) AS followers, max(popularity) AS popularity,
       CAST(nullif(sum(recordings), 0) AS BIGINT) AS recordings,
       CAST(nullif(sum(flagged), 0) AS BIGINT) AS flagged
FROM (
  SELECT name, followers, popularity, 0 AS recordings, 0 AS flagged FROM artists
  UNION ALL
  SELECT DISTINCT artist_names, NULL, NULL, 0, 0 FROM tracks WHERE source NOT IN {NAMED_ONLY}
  UNION ALL
  SELECT r.tag_artist, NULL, NULL, 1, CASE WHEN {FLAGGED} THEN 1 ELSE 0 END
  FROM {_HELD} r LEFT JOIN verdicts v USING (recording_id)
) WHERE trim(name) <> '' GROUP BY name
) a"""
_ARTIST_TRACKS = f"""LEFT JOIN (
SELECT name, count(*) AS n FROM (
  SELECT ar.name FROM track_artists ta JOIN artists ar USING (source, artist_id)
  UNION ALL SELECT artist_names FROM tracks WHERE source NOT IN {NAMED_ONLY}
) GROUP BY name) n ON n.name = a.name"""


def _artists(n: int) -> Localised:
    return ngettext("{n} artist", "{n} artists", n)


@cache
def artists() -> ListKind:
    """Return the list of artists by name, as sources, tracks and tags write it."""
    return ListKind(
        name="artists",
        title=gettext("Artists"),
        counted=_artists,
        search_label=gettext("Search name"),
        rows=_ARTISTS,
        joins={"tracks": _ARTIST_TRACKS},
        key=("a.name",),
        sort="-followers",
        empty=_INGEST,
        columns=(
            ListColumn("name", gettext("Name"), "a.name", "name", searched=True),
            ListColumn("recordings", gettext("Recordings"), "a.recordings", "count"),
            ListColumn("flagged", gettext("Detected as generated"), "a.flagged", "count"),
            ListColumn("tracks", gettext("Tracks"), "n.n", "count", "tracks", by_default=False),
            ListColumn("followers", gettext("Followers"), "a.followers", "count"),
            ListColumn("popularity", gettext("Popularity"), "a.popularity", "count"),
        ),
    )


_LABELS = f"""(
SELECT name, CAST(nullif(sum(tracks), 0) AS BIGINT) AS tracks,
       CAST(nullif(sum(recordings), 0) AS BIGINT) AS recordings,
       CAST(nullif(sum(flagged), 0) AS BIGINT) AS flagged
FROM (
  SELECT label AS name, count(*) AS tracks, 0 AS recordings, 0 AS flagged
  FROM tracks GROUP BY label
  UNION ALL
  SELECT r.tag_label, 0, 1, CASE WHEN {FLAGGED} THEN 1 ELSE 0 END
  FROM {_HELD} r LEFT JOIN verdicts v USING (recording_id)
) WHERE trim(name) <> '' GROUP BY name
) a"""


def _labels(n: int) -> Localised:
    return ngettext("{n} label", "{n} labels", n)


@cache
def labels() -> ListKind:
    """Return the list of record labels by name."""
    return ListKind(
        name="labels",
        title=gettext("Labels"),
        counted=_labels,
        search_label=gettext("Search name"),
        rows=_LABELS,
        key=("a.name",),
        sort="-tracks",
        empty=_INGEST,
        columns=(
            ListColumn("name", gettext("Name"), "a.name", "name", searched=True),
            ListColumn("tracks", gettext("Tracks"), "a.tracks", "count"),
            ListColumn("recordings", gettext("Recordings"), "a.recordings", "count"),
            ListColumn("flagged", gettext("Detected as generated"), "a.flagged", "count"),
        ),
    )
