"""What a catalogue knows of tracks from elsewhere: rows of the tables that ``ingest`` fills.

Facts as their source states them; nothing here was measured or concluded by Phonoscope.
Durations are whole milliseconds, because that is what nearly every source writes and because
a histogram of seconds must not depend on how 180.0 is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from phonoscope.columns import column

_SOURCE = "Where the row came from: the source's path or URI, or the name it was given."
_DATE = "Date of release as written: a year, a month or a day; also one in the future."
_PRECISION = (
    "What release_date names: 'year', 'month' or 'day', as the source says or else by its form; "
    "empty when it has another form."
)
_YEAR = "Year that release_date begins with, 1800 to 2099; empty when it does with none."
_SAMPLE = (
    "0 to 1023, told from track_id: the tracks of some of these numbers are the same random share "
    "of every table that has it."
)
DERIVED_COLUMNS = frozenset({"isrc_code", "release_year", "sample"})
"""Columns that an ingest tells from others, so that no question has to read text for them. Rows of
before these columns lack them, whatever their source said."""
_POPULARITY = "Popularity, 0 to 100, when it was fetched; empty when unknown. No count of plays."
_FETCHED = "When the source asked the service for it, UTC; empty when unknown."


@dataclass(frozen=True)
class TrackRow:
    """One track as a source lists it."""

    source: str = column(_SOURCE)
    track_id: str = column(
        "The source's own id of the track: base62, a URI or a row number; without spaces around it."
    )
    name: str | None = column("Title.")
    artist_names: str | None = column(
        "Artists in one text, as written or joined by ', '; it may be empty where table "
        "track_artists has them."
    )
    album_id: str | None = column("The source's id of the album; empty when it is not stated.")
    album_name: str | None = column("Album title; empty where table albums has it.")
    disc_number: int | None = column("Disc, from 1.")
    track_number: int | None = column("Place on the disc, from 1.")
    duration_ms: int | None = column(
        "Duration, whole ms, a fraction cut off; 0 is kept when the source says 0, and empty "
        "is unknown."
    )
    explicit: bool | None = column(
        "As stated; empty when not. Services also write false where nobody knows: false is "
        "'not marked', not 'clean'."
    )
    popularity: int | None = column(_POPULARITY)
    plays: int | None = column(
        "Plays that the source counted, over whatever time and places; empty when it states none."
    )
    service_rank: int | None = column(
        "Rank as a service states it, the higher the more it is played (Deezer's goes to a "
        "million); neither a popularity nor a count."
    )
    isrc: str | None = column("ISRC as written, not checked.")
    isrc_code: int | None = column(
        "The ISRC as a number, hyphens and case aside, the same everywhere; -1 when what is "
        "written is not an ISRC, empty when nothing is."
    )
    release_date: str | None = column(f"{_DATE} Of the album where the source dates only those.")
    release_date_precision: str | None = column(_PRECISION)
    release_year: int | None = column(_YEAR)
    label: str | None = column("Label as written; of the album where the source states only that.")
    genre: str | None = column("Genre that the source gives the track; else see artist_genres.")
    market_count: int | None = column(
        "Countries in which the source says it is available; 0 is nowhere, empty is unknown."
    )
    only_market: str | None = column("The one country it is available in, when there is one only.")
    declared_generated: bool | None = column(
        "Whether the source itself labels the track machine-made; empty when it says nothing. "
        "What is declared, not what is detected."
    )
    file: str | None = column(
        "Sound file that the source names, as in files.uri; it links the track to a recording."
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
    total_tracks: int | None = column("Tracks it is said to have.")
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
    """One artist of one track; the source states no order."""

    source: str = column(_SOURCE)
    track_id: str = column("Id in table tracks.")
    artist_id: str = column("Id in table artists.")
    release_year: int | None = column(
        "Year of the track's release, as in table tracks; empty when it is not known."
    )


@dataclass(frozen=True)
class ArtistGenreRow:
    """One genre of one artist; services give genres to artists, not to tracks."""

    source: str = column(_SOURCE)
    artist_id: str = column("Id in table artists.")
    genre: str = column("Genre as written.")


@dataclass(frozen=True)
class FeatureRow:
    """What a service measured in a track; not by Phonoscope. Do not mix two services."""

    source: str = column(_SOURCE)
    track_id: str = column("Id in table tracks.")
    danceability: float | None = column("0 to 1, by the service's own definition.")
    energy: float | None = column("0 to 1, by the service's own definition.")
    key: int | None = column("Pitch class: 0 is C, 11 is B; -1 means that none was found.")
    mode: int | None = column("1 is major, 0 minor.")
    loudness_db: float | None = column("Loudness, dB, as the service measures it; not LUFS.")
    speechiness: float | None = column("0 to 1, by the service's own definition.")
    acousticness: float | None = column("0 to 1, by the service's own definition.")
    instrumentalness: float | None = column("0 to 1, by the service's own definition.")
    liveness: float | None = column("0 to 1, by the service's own definition.")
    valence: float | None = column("0 to 1, by the service's own definition.")
    tempo_bpm: float | None = column("Tempo, beats a minute; may be half or double.")
    time_signature: int | None = column("Beats in a bar.")
    measured_ms: int | None = column("Duration of the sound that was measured, ms.")
    null_response: bool | None = column("Whether the service answered that it has none.")
    fetched_utc: datetime | None = column(_FETCHED)
    sample: int | None = column(_SAMPLE)


@dataclass(frozen=True)
class PlaylistRow:
    """One playlist as a source lists it."""

    source: str = column(_SOURCE)
    playlist_id: str = column("The source's own id of the playlist.")
    name: str | None = column("Name, as written.")
    followers: int | None = column("Followers when it was fetched; empty when unknown.")
    total_tracks: int | None = column("Tracks it is said to have.")
    modified_utc: datetime | None = column("Last change, UTC; empty when unknown.")


@dataclass(frozen=True)
class PlaylistTrackRow:
    """One place of a playlist."""

    source: str = column(_SOURCE)
    playlist_id: str = column("Id in table playlists.")
    position: int = column("Place in the playlist, from 0.")
    track_id: str | None = column("Id in table tracks.")


@dataclass(frozen=True)
class ListenRow:
    """One time that somebody listened to a track."""

    source: str = column(_SOURCE)
    track_id: str = column("Id in table tracks.")
    listened_utc: datetime = column("When, UTC.")
    user_hash: str = column(
        "Stands for the account that listened: a hash with a key that is not in the catalogue, so "
        "that nobody without it can tell the name. The key is drawn for each ingest, and nobody "
        "can tell who is who in another, unless --key named one. With --no-pseudonymise it is what "
        "the log says."
    )
    played_ms: int | None = column("How long it was played, whole ms; empty when unknown.")
    country: str | None = column("Country, as written.")
    device: str | None = column("Kind of device or platform, as written.")
    play_source: str | None = column(
        "From where it was played, as written: a search, a playlist, the account's own library ..."
    )
    ip_hash: str | None = column(
        "Stands for the network of the address, its first 24 bits (IPv6: 48), hidden as user_hash "
        "is; empty when unknown."
    )


@dataclass(frozen=True)
class MachineArtistRow:
    """One artist that somebody says is a machine. What is said, not what was detected."""

    source: str = column(_SOURCE)
    artist: str = column("Id of the artist, or the name where the list has no id.")
    name: str | None = column("Name.")
    artist_id: str | None = column("Id, as in table artists of the service that is meant.")
    says: str | None = column("What is said of the artist, as written.")
    evidence_url: str | None = column("Where it is said, or the evidence for it.")


@dataclass(frozen=True)
class TrackDeclaredRow:
    """One thing that a delivery declares of how a track was made. What is said, not detected."""

    source: str = column(_SOURCE)
    track_id: str = column("Id in table tracks.")
    position: int = column("Place among what is declared of the track, from 1.")
    standard: str = column("Standard of the message: 'ddex'.")
    part: str = column("Part it speaks of, e.g. 'whole', 'vocals', as in table declared.")
    making: str = column("How it says that part was made, e.g. 'generated'.")
    tool: str | None = column("Tool it names; empty when it names none.")
    producer: str | None = column("Producer it names; empty when it names none.")
    place: str = column("Where in the message: the elements from the recording down.")
    value: str = column("The element as it stands, XML, at most 500 characters.")


@dataclass(frozen=True)
class ChartEntryRow:
    """One place of a chart on one day. Titles and names are kept as the chart writes them."""

    source: str = column(_SOURCE)
    chart: str = column(
        "Name of the chart: of a column, as given, or else the file's; of a Spotify Charts "
        "download kind and period, e.g. 'regional-weekly'."
    )
    region: str = column("Country or region, as written; 'unstated' when nothing says it.")
    chart_date: str = column("Day of the chart, YYYY-MM-DD; of a week as the source dates it.")
    period: str | None = column("What a chart counts, 'day' or 'week', when that is known.")
    rank: int = column("Place, from 1.")
    entry_kind: str = column(
        "'track', or 'album' where whoever ingested it said so; albums are linked to no track."
    )
    title: str | None = column("Title.")
    performer: str | None = column("Performers in one text, as written.")
    track_id: str | None = column(
        "Id of the track where the chart states one, of its own service; Spotify's without "
        "'spotify:track:'."
    )
    isrc: str | None = column("ISRC as written, not checked.")
    isrc_code: int | None = column("The ISRC as a number, as in table tracks.")
    peak_rank: int | None = column("Best place so far, as the chart states it.")
    previous_rank: int | None = column("Place before; empty when there is none or it is unknown.")
    times_on_chart: int | None = column("Days or weeks on the chart, as the chart states it.")
    streams: int | None = column("Plays that the chart states.")


@dataclass(frozen=True)
class RejectRow:
    """One row of a source that was not kept, and why."""

    source: str = column(_SOURCE)
    source_table: str = column("Table of the source; 'rows' of a CSV file.")
    row: int = column("Number of the row as it was read, from 1; a heading does not count.")
    reason: str = column("Why, in a few words, e.g. 'duration_ms is not a number'.")
    row_text: str = column("The row as JSON, at most 1,000 characters.")


@dataclass(frozen=True)
class IngestRow:
    """One run of ``ingest``: what it read and what it came to."""

    source: str = column(_SOURCE)
    origin: str | None = column("The path or URI that was read.")
    layout: str = column("Layout that was recognised, e.g. 'web-api-sqlite'.")
    state: str = column(
        "'running', 'done', 'interrupted' or 'failed'; one that was killed stays 'running', "
        "and the rows it wrote are not the whole source until the same ingest goes on."
    )
    deduplicated: bool | None = column(
        "Whether it ended well, so that none of its keys occurs twice in a table.",
        formerly="settled",
    )
    version: str = column("Version of Phonoscope.")
    mapping: str | None = column(
        "The mapping of columns it was given, or what it was told of all rows of a chart, JSON; "
        "empty without either."
    )
    started_utc: datetime = column("Start, UTC; of one that was stopped and went on, the first.")
    resumed_at_row: int | None = column(
        "Row, of all that it reads, at which it last went on where it had been stopped; empty when "
        "it ran at one go."
    )
    finished_utc: datetime | None = column("End, UTC; empty while it runs and when it was killed.")
    read: int | None = column("Rows of the source; read = kept + rejected.")
    kept: int | None = column("Rows kept.")
    rejected: int | None = column("Rows in table rejects.")
    counts: str | None = column("The same for each table of the source, with reasons, JSON.")
