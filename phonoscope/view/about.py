"""What a catalogue has about one track, artist, release or label."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from phonoscope.view.lists import metadata
from phonoscope.view.lists.kind import ListKind
from phonoscope.view.lists.metadata import FLAGGED, shown_source
from phonoscope.view.lists.read import ReadList, read_part
from phonoscope.view.lists.recordings import recordings
from phonoscope.view.lists.selection import LONGEST_VALUE, Selection
from phonoscope.view.queries import Queries, Row
from phonoscope.view.statement import Statement

MOST_ROWS = 20
"""Rows of each part of a page; a link leads to all of them."""
MOST_HITS = 5
"""Rows of each kind that a search shows."""
_CHARTS = """
SELECT chart, region, min(rank) AS best, count(*) AS entries, min(chart_date) AS first,
       max(chart_date) AS last
FROM chart_entries WHERE entry_kind = 'track' AND (track_id = $id OR isrc_code = $isrc)
GROUP BY ALL ORDER BY best, chart, region LIMIT 50"""
_RECORDED = """
SELECT recording_id FROM recordings
WHERE regexp_replace(upper(tag_isrc), '[^A-Z0-9]', '', 'g') = $isrc
UNION SELECT recording_id FROM files WHERE recording_id IS NOT NULL AND uri = $file"""


@dataclass(frozen=True)
class Counts:
    """Recordings under a name, and what was detected in them."""

    recordings: int
    flagged: int
    undecided: int
    no_sign: int
    declared: int


@dataclass(frozen=True)
class TrackPage:
    """One track of one source."""

    row: Row
    others: tuple[Row, ...]
    """Rows with the same id in other sources."""
    siblings: ReadList | None
    """All tracks with its ISRC; ``None`` without a valid one."""
    recordings: ReadList
    charts: tuple[Row, ...]
    plays: tuple[Row, ...]


@dataclass(frozen=True)
class NamePage:
    """What is in a catalogue under one name."""

    kind: str
    name: str
    counts: Counts
    recordings: ReadList
    tracks: ReadList
    releases: ReadList | None = None
    facts: Row | None = None


def read_track(queries: Queries, track_id: str, source: str) -> TrackPage | None:
    """Return a track; of several with the id, that of the named source, or else the first."""
    shown = shown_source("t.source")
    found = queries.select(
        Statement(
            f"SELECT t.*, {shown} AS shown_source, a.name AS album FROM tracks t "
            "LEFT JOIN albums a ON a.source = t.source AND a.album_id = t.album_id "
            "WHERE t.track_id = $id ORDER BY t.source LIMIT 50",
            {"id": track_id},
        )
    )
    if not found:
        return None
    row = next((one for one in found if one["shown_source"] == source), found[0])
    for one in found:
        one["artist"] = one["artist_names"]
    metadata.with_artists(queries.select, found)
    code = row["isrc_code"]
    if code is not None and code < 0:
        code = None
    values = {"id": track_id, "isrc": code}
    plain = "".join(c for c in (row["isrc"] or "").upper() if c.isalnum()) or None
    mine = queries.select(Statement(_RECORDED, {"isrc": plain, "file": row["file"]}))
    ids = tuple(one["recording_id"] for one in mine[:100])
    siblings = _part(queries, metadata.tracks(), "isrc", row["isrc"]) if code is not None else None
    plays = Statement(
        f"SELECT {shown_source('source')} AS source, plays, accounts, artificial_plays, "
        "undecided_plays, verdict FROM played_tracks WHERE track_id = $id ORDER BY plays DESC",
        {"id": track_id},
    )
    return TrackPage(
        row,
        tuple(one for one in found if one is not row),
        siblings if siblings is not None and siblings.count > 1 else None,
        _chosen(queries, recordings(), "recording_id", ids),
        tuple(queries.select(Statement(_CHARTS, values))),
        tuple(queries.select(plays)),
    )


def read_artist(queries: Queries, name: str) -> NamePage | None:
    """Return what is in the catalogue under an artist's name; ``None`` for an unknown one."""
    facts = queries.select(
        Statement(
            "SELECT count(*) AS ids, max(followers) AS followers, max(popularity) AS popularity "
            "FROM artists WHERE name = $name",
            {"name": name},
        )
    )[0]
    made = _name_page(queries, "artists", "artist", name)
    known = facts["ids"] or made.tracks.count or made.recordings.count
    return replace(made, facts=facts) if known else None


def read_label(queries: Queries, name: str) -> NamePage | None:
    """Return what is in the catalogue under a label's name; ``None`` for an unknown one."""
    made = _name_page(queries, "labels", "label", name)
    releases = _part(queries, metadata.releases(), "label", name)
    known = made.tracks.count or made.recordings.count or releases.count
    return replace(made, releases=releases) if known else None


def read_release(queries: Queries, album_id: str, source: str) -> NamePage | None:
    """Return a release of a source; of several with the id, that of the source, or the first."""
    found = queries.select(
        Statement(
            f"SELECT *, {shown_source('source')} AS shown_source FROM albums "
            "WHERE album_id = $id ORDER BY source LIMIT 50",
            {"id": album_id},
        )
    )
    tracks = _part(queries, metadata.tracks(), "album_id", album_id)
    if not found and not tracks.count:
        return None
    row = next((one for one in found if one["shown_source"] == source), found[0] if found else {})
    name = row.get("name") or album_id
    held = _part(queries, recordings(), "album", name)
    return NamePage("releases", name, _counts(queries, "tag_album", name), held, tracks, facts=row)


def search(queries: Queries, text: str) -> list[ReadList]:
    """Return the first rows of every list that a search finds, without empty ones."""
    kinds = (recordings(), metadata.artists(), metadata.tracks(), metadata.releases(),
             metadata.labels())  # fmt: skip
    found = [read_part(queries, Selection(kind, search=text, size=MOST_HITS)) for kind in kinds]
    return [one for one in found if one.rows]


def _name_page(queries: Queries, kind: str, column: str, name: str) -> NamePage:
    return NamePage(
        kind,
        name,
        _counts(queries, f"tag_{column}", name),
        _part(queries, recordings(), column, name),
        _part(queries, metadata.tracks(), column, name),
    )


def _part(queries: Queries, kind: ListKind, column: str, value: str) -> ReadList:
    return _chosen(queries, kind, column, (value[:LONGEST_VALUE],))


def _chosen(queries: Queries, kind: ListKind, column: str, values: tuple[str, ...]) -> ReadList:
    selection = Selection(kind, only={column: values}, size=MOST_ROWS)
    return read_part(queries, selection) if values else ReadList(selection, 0, 0, (), ())


def _counts(queries: Queries, tag: str, name: str) -> Counts:
    text = (
        f"SELECT count(*) AS recordings, count(*) FILTER ({FLAGGED}) AS flagged, "
        "count(*) FILTER (v.verdict = 'undecided') AS undecided, "
        "count(*) FILTER (v.verdict = 'no-sign-found') AS no_sign, "
        "count(*) FILTER (r.recording_id IN (SELECT recording_id FROM declared)) AS declared "
        "FROM (SELECT * FROM recordings SEMI JOIN files USING (recording_id)) r "
        f"LEFT JOIN verdicts v USING (recording_id) WHERE trim(r.{tag}) = trim($name)"
    )
    values: dict[str, Any] = {"name": name}
    return Counts(**queries.select(Statement(text, values))[0])
