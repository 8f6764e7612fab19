"""Columns of play logs: which is what, and whether a table is a log at all.

A log says who played which track, and when. An export of one account doesn't say who; then all its
plays are of one account. A log with titles and artists instead of ids is a log too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.column_aliases import fields_by_alias
from phonoscope.ingest.convert.headings import read_heading
from phonoscope.ingest.convert.moments import moment
from phonoscope.ingest.formats.chart_columns import are_like_a_chart
from phonoscope.ingest.job import Need
from phonoscope.messages import gettext

COLUMN_ALIASES = {
    "user_hash": "account account_id user user_id userid username user_name user_hash listener "
    "listener_id customer_id apple_id_number",
    "track_id": "track_id trackid track_uri spotify_track_uri song_id recording_mbid track_mbid "
    "recording_msid isrc",
    "listened_utc": "played_at listened_at uts timestamp ts time played_at_utc listened_utc "
    "datetime event_time start_time event_start_timestamp scrobbled_at scrobble_time unixtime "
    "unix_timestamp utc_time date_time iso_time date",
    "ended_utc": "end_time ended_at event_end_timestamp stopped_at",
    "played_ms": "ms_played played_ms listened_ms msplayed play_duration_ms",
    "played_s": "seconds_played played_s play_seconds played_seconds listened_s seconds "
    "play_duration_s",
    "name": "master_metadata_track_name track_name song_name track_title song_title content_name "
    "title recording_name track name",
    "artist_names": "master_metadata_album_artist_name artist_name artist artists artist_names "
    "container_artist_name album_artist_name",
    "album_name": "master_metadata_album_album_name album_name album release_name album_title",
    "duration_ms": "media_duration_ms track_duration_ms",
    "country": "country country_code conn_country market territory store_country_name",
    "device": "device device_type platform",
    "play_source": "play_source source source_of_stream reason_start stream_source feature_name",
    "ip_hash": "ip_hash ip_prefix ip ip_addr ip_address client_ip_address",
    "episode": "spotify_episode_uri episode_name podcast_name",
    "audiobook": "audiobook_uri audiobook_title",
    "event": "event_type",
    "medium": "media_type",
}
"""Aliases by field, the surest first. ``played_s`` is in seconds; ``ended_utc`` is the end of a
play; the last four say that a row isn't a play of a track."""
NEEDED = frozenset({"user_hash", "track_id", "listened_utc"})
NAMES = ("artist_names", "name")
"""What makes an id where there is none."""
_NEEDS = {
    "user_hash": gettext("account or user_id"),
    "track_id": gettext("track_id or isrc"),
    "listened_utc": gettext("played_at or timestamp"),
}
_DAYS = {"datetime", "date", "date_time"}
"""Columns of times that other tables have as well."""
_CLOCKS = {"time", "start_time", "event_time"}
"""Columns that can also be how long something lasts."""
_OF_EXPORTS = {*NAMES, "album_name", "listened_utc", "track_id", "user_hash"}
_OF_TRACKS_ONLY = "explicit isrc danceability energy popularity tempo release_date label genre"
_SPOTIFY = {"master_metadata_track_name", "spotify_track_uri", "spotify_episode_uri"}


def fields_of(columns: Iterable[str]) -> dict[str, str]:
    """Return field by column, for the columns whose name is known."""
    names = list(columns)
    found = fields_by_alias(names, COLUMN_ALIASES)
    fields = set(found.values())
    if {"played_ms", "played_s"} <= fields:
        found = {name: field for name, field in found.items() if field != "played_s"}
    if "name" in fields and not fields & {"artist_names", "track_id"}:
        # A column 'track' alone has ids, and one of titles alone says too little.
        found = {
            name: "track_id" if f == "name" else f
            for name, f in found.items()
            if f != "name" or read_heading(name).words == ("track",)
        }
    lower = {name.strip().lower() for name in names}
    if "ms_played" in lower and lower & _SPOTIFY:
        # Spotify's history says in 'ts' when a play ended.
        found = {name: "ended_utc" if f == "listened_utc" else f for name, f in found.items()}
    return found


def are_plays(columns: Collection[str]) -> bool:
    """Whether columns are those of a log with a play a row."""
    found = fields_of(columns)
    fields = set(found.values())
    has_time = bool(fields & {"listened_utc", "ended_utc"})
    has_track = "track_id" in fields or fields >= {*NAMES} or _may_be_episodes(fields)
    if not has_time or not has_track:
        return False
    return "user_hash" in fields or _are_an_export(columns, found)


def _may_be_episodes(fields: Collection[str]) -> bool:
    """Whether fields are those of Spotify's histories of podcasts, none of which is a track."""
    return {"ended_utc", "played_ms", "episode"} <= set(fields)


def _are_an_export(columns: Collection[str], found: dict[str, str]) -> bool:
    """Whether columns without an account are those of one account's plays."""
    fields = set(found.values())
    if fields & {"played_ms", "played_s", "ended_utc"}:
        return True
    if are_like_a_chart(columns) or fields_by_alias(columns, {"": _OF_TRACKS_ONLY}):
        return False
    time = next(name for name, field in found.items() if field == "listened_utc")
    time = time.strip().lower().replace(" ", "_")
    if time not in _DAYS:
        return time not in _CLOCKS
    # A table with nothing but a day, titles and artists is a log.
    return fields <= _OF_EXPORTS and fields >= {*NAMES} and _rest(columns, found) <= 1


def _rest(columns: Collection[str], found: dict[str, str]) -> int:
    """Return how many columns are unknown, not counting ids of MusicBrainz and numbers of rows."""
    names = [name for name in columns if name not in found and "mbid" not in name.lower()]
    return sum(bool(name.strip()) and not name.startswith("Unnamed") for name in names)


def needs_of_plays(columns: Iterable[str]) -> list[Need]:
    """Return what a play log needs, and the columns that have it."""
    by_field = {field: column for column, field in fields_of(columns).items()}
    return [Need(name, by_field.get(field, "")) for field, name in _NEEDS.items()]


def kind_of(field: str) -> CellKind:
    """Return the kind of the cells of a field, for reading them from a typed file."""
    kinds = {
        "listened_utc": CellKind.TIME,
        "ended_utc": CellKind.TIME,
        "played_ms": CellKind.INTEGER,
        "duration_ms": CellKind.INTEGER,
        "played_s": CellKind.REAL,
    }
    return kinds.get(field, CellKind.ID if field in NEEDED or field == "ip_hash" else CellKind.TEXT)


# ---- tables without a heading -------------------------------------------------------------

_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|", re.IGNORECASE)
_LASTFM_1K = ("user_hash", "listened_utc", "", "artist_names", "track_id", "name")
"""user, time, id of the artist, artist, id of the track, track: the public data set Last.fm 1K."""
_SCROBBLES = ("artist_names", "album_name", "name", "listened_utc")
"""What the usual exporters of scrobbles write."""


def fields_without_heading(rows: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """Return the field of each place of a table without a heading; ``None`` for other tables.

    Parameters
    ----------
    rows
        The first rows.
    """
    for fields in (_LASTFM_1K, _SCROBBLES):
        whole = [row for row in rows if len(row) == len(fields)]
        at = fields.index("listened_utc")
        times = [row[at].strip() for row in whole]
        found = [time for time in times if _is_a_time(time)]
        if len(whole) * 2 > len(rows) and found and all(t in found or not t for t in times):
            mbids = [row[n] for row in whole for n in (2, 4) if fields is _LASTFM_1K]
            if all(_MBID.fullmatch(cell.strip()) for cell in mbids):
                return fields
    return None


def _is_a_time(text: str) -> bool:
    return (moment(text) or 0) > 0 and (not text.isdigit() or len(text) >= 9)
