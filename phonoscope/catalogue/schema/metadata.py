"""Metadata of tracks from other sources: rows of the tables that ``ingest`` fills.

They are facts as their source states them, not measurements or conclusions of Phonoscope.
Durations are whole milliseconds, because nearly every source has them, and because a histogram of
seconds must not depend on how 180.0 is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from phonoscope.columns import column

_SOURCE = "The source: its path or URI, or the name that was given to it."
_DATE = "Release date: YYYY-MM-DD, YYYY-MM or YYYY; other text as written; may be in the future."
_PRECISION = (
    "Precision of release_date: 'year', 'month' or 'day', from the source or else from its form; "
    "empty for other forms."
)
_YEAR = "Year of release_date, 1800 to 2099; empty when there is none."
_SAMPLE = (
    "0 to 1023, from a hash of track_id. Tracks with the same number are the same random sample in "
    "every table that has this column."
)
DERIVED_COLUMNS = frozenset({"isrc_code", "release_year", "sample"})
"""Columns that an ingest computes from others, so that queries don't have to read text. Rows from
before a column was added don't have it."""
_POPULARITY = "Popularity when it was fetched, 0 to 100; empty when unknown. Not a number of plays."
_FETCHED = "When the source fetched it from the service, UTC; empty when unknown."


@dataclass(frozen=True)
class TrackRow:
    """One track as a source lists it."""

    source: str = column(_SOURCE)
    track_id: str = column(
        "The source's own id of the track: base62, a URI or a row number; without outer spaces."
    )
    name: str | None = column("Title.")
    artist_names: str | None = column(
        "Artists in one text, as written or joined by ', '; may be empty where table "
        "track_artists has them."
    )
    album_id: str | None = column("The source's id of the album; empty when there is none.")
    album_name: str | None = column("Album title; empty where table albums has it.")
    disc_number: int | None = column("Disc, from 1.")
    track_number: int | None = column("Number on the disc, from 1.")
    duration_ms: int | None = column(
        "Duration, whole ms, rounded down; 0 where the source has 0, empty when unknown."
    )
    explicit: bool | None = column(
        "As the source states it; empty when it doesn't. Services also use false for unknown, so "
        "false means 'not marked' and not 'clean'."
    )
    popularity: int | None = column(_POPULARITY)
    plays: int | None = column("Number of plays according to the source; empty when it has none.")
    service_rank: int | None = column(
        "Rank from a service; higher means more plays (Deezer's goes up to a million). Neither a "
        "popularity nor a number of plays."
    )
    isrc: str | None = column("ISRC as written, not checked.")
    isrc_code: int | None = column(
        "The ISRC as a number, whatever its hyphens and case; -1 for text that isn't an ISRC; "
        "empty when there is none."
    )
    release_date: str | None = column(f"{_DATE} The album's date where the source only has that.")
    release_date_precision: str | None = column(_PRECISION)
    release_year: int | None = column(_YEAR)
    label: str | None = column(
        "Label as written; the album's label where the source only has that."
    )
    genre: str | None = column("Genre of the track, if the source has one; see also artist_genres.")
    market_count: int | None = column(
        "Number of countries where it is available; 0 is nowhere, empty is unknown."
    )
    only_market: str | None = column("The country where it is available, when it is only one.")
    declared_generated: bool | None = column(
        "Whether the source itself declares the track machine-made; empty when it doesn't say. "
        "Declared, not detected."
    )
    file: str | None = column(
        "Audio file that the source names, as in files.uri; links the track to a recording."
    )
    sample: int | None = column(_SAMPLE)
    fetched_utc: datetime | None = column(_FETCHED)


@dataclass(frozen=True)
class AlbumRow:
    """One album as a source lists it."""

    source: str = column(_SOURCE)
    album_id: str = column("The source's own id of the album.")
    name: str | None = column("Title.")
    album_type: str | None = column("As written: 'album', 'single', 'compilation' ...")
    release_date: str | None = column(_DATE)
    release_date_precision: str | None = column(_PRECISION)
    release_year: int | None = column(_YEAR)
    label: str | None = column("Label, as written.")
    upc: str | None = column("UPC or EAN as written, not checked.")
    popularity: int | None = column(_POPULARITY)
    total_tracks: int | None = column("Number of tracks according to the source.")
    fetched_utc: datetime | None = column(_FETCHED)


@dataclass(frozen=True)
class ArtistRow:
    """One artist as a source lists it."""

    source: str = column(_SOURCE)
    artist_id: str = column("The source's own id of the artist.")
    name: str | None = column("Name.")
    followers: int | None = column("Followers when it was fetched; empty when unknown.")
    popularity: int | None = column(_POPULARITY)
    fetched_utc: datetime | None = column(_FETCHED)


@dataclass(frozen=True)
class TrackArtistRow:
    """One artist of one track; without an order."""

    source: str = column(_SOURCE)
    track_id: str = column("Id in table tracks.")
    artist_id: str = column("Id in table artists.")
    release_year: int | None = column(
        "Year of the track's release, as in table tracks; empty when unknown."
    )


@dataclass(frozen=True)
class ArtistGenreRow:
    """One genre of one artist; services assign genres to artists, not to tracks."""

    source: str = column(_SOURCE)
    artist_id: str = column("Id in table artists.")
    genre: str = column("Genre as written.")


@dataclass(frozen=True)
class FeatureRow:
    """A service's measurements of a track, not Phonoscope's. Don't mix two services."""

    source: str = column(_SOURCE)
    track_id: str = column("Id in table tracks.")
    danceability: float | None = column("0 to 1, as the service defines it.")
    energy: float | None = column("0 to 1, as the service defines it.")
    key: int | None = column("Pitch class: 0 is C, 11 is B; -1 when none was found.")
    mode: int | None = column("1 is major, 0 minor.")
    loudness_db: float | None = column("Loudness, dB, as the service measures it; not LUFS.")
    speechiness: float | None = column("0 to 1, as the service defines it.")
    acousticness: float | None = column("0 to 1, as the service defines it.")
    instrumentalness: float | None = column("0 to 1, as the service defines it.")
    liveness: float | None = column("0 to 1, as the service defines it.")
    valence: float | None = column("0 to 1, as the service defines it.")
    tempo_bpm: float | None = column("Tempo, beats per minute; may be half or double.")
    time_signature: int | None = column("Beats per bar.")
    measured_ms: int | None = column("Duration of the sound that was measured, ms.")
    null_response: bool | None = column("Whether the service has no measurements of the track.")
    fetched_utc: datetime | None = column(_FETCHED)
    sample: int | None = column(_SAMPLE)


SHARES = (
    *("danceability", "energy", "speechiness", "acousticness", "instrumentalness"),
    *("liveness", "valence"),
)
"""Audio features from 0 to 1. A file can state them in percent."""


@dataclass(frozen=True)
class PlaylistRow:
    """One playlist as a source lists it."""

    source: str = column(_SOURCE)
    playlist_id: str = column("The source's own id of the playlist.")
    name: str | None = column("Name, as written.")
    followers: int | None = column("Followers when it was fetched; empty when unknown.")
    total_tracks: int | None = column("Number of tracks according to the source.")
    modified_utc: datetime | None = column("Last change, UTC; empty when unknown.")


@dataclass(frozen=True)
class PlaylistTrackRow:
    """One position in a playlist."""

    source: str = column(_SOURCE)
    playlist_id: str = column("Id in table playlists.")
    position: int = column("Position in the playlist, from 0.")
    track_id: str | None = column("Id in table tracks.")


@dataclass(frozen=True)
class ListenRow:
    """One play of a track."""

    source: str = column(_SOURCE)
    track_id: str = column("Id in table tracks.")
    listened_utc: datetime = column("When, UTC.")
    user_hash: str = column(
        "Pseudonym of the account: a hash with a key that isn't in the catalogue. Without the key, "
        "nobody can recover the name. Each ingest has a random key, so accounts can't be matched "
        "across ingests unless you use --key. With --no-pseudonymise it is the log's value."
    )
    played_ms: int | None = column("Length of the play, whole ms; empty when unknown.")
    country: str | None = column("Country, as written.")
    device: str | None = column("Kind of device or platform, as written.")
    play_source: str | None = column(
        "Where the play came from, as written: a search, a playlist, the account's library ..."
    )
    ip_hash: str | None = column(
        "Pseudonym of the network (the first 24 bits of the address, 48 for IPv6), made like "
        "user_hash; empty when unknown."
    )


@dataclass(frozen=True)
class MachineArtistRow:
    """One artist on a list of machine-made artists. Declared, not detected."""

    source: str = column(_SOURCE)
    artist: str = column("Id of the artist, or the name if the list has no id.")
    name: str | None = column("Name.")
    artist_id: str | None = column("Id, as in table artists of that service.")
    says: str | None = column("What the list says about the artist, as written.")
    evidence_url: str | None = column("Address of the statement or of its evidence.")


@dataclass(frozen=True)
class TrackDeclaredRow:
    """One declaration in a delivery about how a track was made. Declared, not detected."""

    source: str = column(_SOURCE)
    track_id: str = column("Id in table tracks.")
    position: int = column("Number of the declaration within the track, from 1.")
    standard: str = column("Standard of the message: 'ddex'.")
    part: str = column("Part that it is about, e.g. 'whole', 'vocals', as in table declared.")
    making: str = column("How that part was made, e.g. 'generated'.")
    tool: str | None = column("Tool; empty when it names none.")
    producer: str | None = column("Producer; empty when it names none.")
    place: str = column("Position in the message: the elements from the recording down.")
    value: str = column("The element unchanged, XML, at most 500 characters.")


@dataclass(frozen=True)
class ChartEntryRow:
    """One entry of a chart on one day, with titles and names as the chart has them."""

    source: str = column(_SOURCE)
    chart: str = column(
        "Name of the chart: from a column, as given, or else the file's name. Of a Spotify Charts "
        "download, its kind and period, e.g. 'regional-weekly'."
    )
    region: str = column("Country or region, as written; 'unstated' when unknown.")
    chart_date: str = column("Day of the chart, YYYY-MM-DD; for a week, the source's date of it.")
    period: str | None = column("Period of the chart, 'day' or 'week'; empty when unknown.")
    rank: int = column("Rank, from 1.")
    tie: int | None = column(
        "Place among entries with the same rank, from 2; empty for the first or only one.",
    )
    entry_kind: str = column(
        "'track', or 'album' if that was given for the ingest; albums are never linked to tracks."
    )
    title: str | None = column("Title.")
    performer: str | None = column("Performers in one text, as written.")
    track_id: str | None = column(
        "Id of the track at the chart's own service, if the chart has one; Spotify's without "
        "'spotify:track:'."
    )
    isrc: str | None = column("ISRC as written, not checked.")
    isrc_code: int | None = column("The ISRC as a number, as in table tracks.")
    peak_rank: int | None = column("Best rank so far, according to the chart.")
    previous_rank: int | None = column("Rank before; empty when there is none or it is unknown.")
    times_on_chart: int | None = column("Days or weeks on the chart, according to the chart.")
    streams: int | None = column("Plays according to the chart.")


@dataclass(frozen=True)
class RejectRow:
    """One rejected row of a source, with the reason."""

    source: str = column(_SOURCE)
    source_table: str = column("Table of the source; 'rows' of a CSV file.")
    row: int = column("Number of the row, from 1; a heading doesn't count.")
    reason: str = column("The reason in a few words, e.g. 'duration_ms is not a number'.")
    row_text: str = column("The row as JSON, at most 1,000 characters.")


@dataclass(frozen=True)
class IngestRow:
    """One run of ``ingest``: its source and its result."""

    source: str = column(_SOURCE)
    origin: str | None = column("Path or URI of the source.")
    layout: str = column("Format of the source, e.g. 'web-api-sqlite'.")
    state: str = column(
        "'running', 'done', 'interrupted' or 'failed'. A killed ingest stays 'running'; its rows "
        "are incomplete until it is resumed."
    )
    deduplicated: bool | None = column(
        "Whether it finished, so that none of its keys occurs twice in a table.",
        formerly="settled",
    )
    version: str = column("Version of Phonoscope.")
    mapping: str | None = column(
        "The given mapping of columns, or the constants for all rows of a chart, JSON; empty "
        "without either."
    )
    started_utc: datetime = column("Start, UTC; of a resumed ingest, its first start.")
    resumed_at_row: int | None = column(
        "Row at which it was last resumed; empty when it ran without a stop."
    )
    finished_utc: datetime | None = column("End, UTC; empty while it runs, and when it was killed.")
    read: int | None = column("Rows of the source; read = kept + rejected.")
    kept: int | None = column("Rows kept.")
    rejected: int | None = column("Rows in table rejects.")
    counts: str | None = column(
        "The same numbers for each table of the source, with reasons, JSON."
    )
