"""The same rows in two shapes: a catalogue's tables, and those of copies of a web API.

Each shape says, by table, what it selects from the working tables ``facts``, ``credit_rows``,
``feature_rows``, ``album_rows``, ``artist_rows``, ``genre_rows``; see :mod:`.facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.synthetic.facts import SAMPLE, UPC, Facts
from phonoscope.linking.sample import NUMBERS

FETCHED_S = 1_751_328_000
"""1 July 2025, UTC: when the first rows were fetched; a thousand rows a second."""
_MEASURED = ("danceability", "energy", "key", "mode", "loudness_db", "speechiness", "acousticness",
             "instrumentalness", "liveness", "valence", "tempo_bpm", "time_signature",
             "measured_ms")  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """SELECT lists by table: what is selected, and from which working table."""

    tables: Mapping[str, tuple[str, str]]

    def query(self, table: str) -> str:
        """Return the query of a table's rows."""
        columns, rows = self.tables[table]
        return f"SELECT {columns} FROM {rows}"


def _fetched_s(row: str) -> str:
    return f"({FETCHED_S} + {row} // 1000)"


def _album_type(size: str) -> str:
    return (
        f"CASE WHEN {size} < 4 THEN 'single' WHEN {size} > 30 THEN 'compilation' ELSE 'album' END"
    )


def _upc(facts: Facts, row: str) -> str:
    return f"({facts.draws.below(UPC, row, 10**12)} + {10**12})::VARCHAR"


def catalogue(facts: Facts, source: str, scan_id: str, batch: str) -> Shape:
    """Return the shape of a catalogue's parts of one batch."""
    first = f"'{source}' AS source"
    last = f"'{scan_id}' AS scan_id, '{batch}' AS batch"

    def fetched(row: str) -> str:
        return f"make_timestamp({_fetched_s(row)} * 1000000) AS fetched_utc"

    # From the row number, not from the id as in an ingest: the same for the tables
    # of one catalogue is all that it is for.
    sample = f"{facts.draws.below(SAMPLE, 'i', NUMBERS)} AS sample"
    year = "left(release_date, 4)::BIGINT AS release_year"

    def whole(columns: str) -> str:
        return f"{first}, {columns}, {last}"

    return Shape(
        {
            "albums": (
                whole(
                    f"album_id, 'Album ' || (j % 9973)::VARCHAR AS name, "
                    f"{_album_type('size')} AS album_type, release_date, "
                    f"precision AS release_date_precision, {year}, label, "
                    f"{_upc(facts, 'j')} AS upc, "
                    f"0::BIGINT AS popularity, size AS total_tracks, {fetched('j')}"
                ),
                "album_rows",
            ),
            "artists": (
                whole(f"artist_id, name, followers, popularity, {fetched('a')}"),
                "artist_rows",
            ),
            "artist_genres": (whole("artist_id, genre"), "genre_rows"),
            "track_artists": (
                whole(f"track_id, {facts.artist_id('artist')} AS artist_id, {year}"),
                "credit_rows",
            ),
            "features": (
                whole(f"track_id, {', '.join(_MEASURED)}, null_response, {sample}, {fetched('i')}"),
                "feature_rows",
            ),
            "tracks": (
                whole(
                    "track_id, name, NULL::VARCHAR AS artist_names, album_id, "
                    "NULL::VARCHAR AS album_name, 1::BIGINT AS disc_number, track_number, "
                    "duration_ms, explicit, popularity, NULL::BIGINT AS plays, isrc, isrc_code, "
                    f"release_date, precision AS release_date_precision, {year}, label, {sample}, "
                    "NULL::VARCHAR AS genre, market_count, only_market, "
                    f"NULL::BOOLEAN AS declared_generated, NULL::VARCHAR AS file, {fetched('i')}"
                ),
                "facts",
            ),
        }
    )


def web_api(facts: Facts) -> Shape:
    """Return the shape of a web API's tables as copies of it have them."""

    def fetched(row: str) -> str:
        return f"{_fetched_s(row)} * 1000 AS fetched_at"

    measured = ", ".join(
        {"loudness_db": "loudness_db AS loudness", "tempo_bpm": "tempo_bpm AS tempo",
         "measured_ms": "measured_ms AS duration_ms"}.get(name, name)
        for name in _MEASURED
    )  # fmt: skip
    return Shape(
        {
            "albums": (
                f"j + 1 AS rowid, album_id AS id, {fetched('j')}, "
                f"'Album ' || (j % 9973)::VARCHAR AS name, {_album_type('size')} AS album_type, "
                f"{_upc(facts, 'j')} AS external_id_upc, label, 0::BIGINT AS popularity, "
                "release_date, precision AS release_date_precision, size AS total_tracks",
                "album_rows",
            ),
            "artists": (
                f"a + 1 AS rowid, artist_id AS id, {fetched('a')}, name, "
                "followers AS followers_total, popularity",
                "artist_rows",
            ),
            "artist_genres": ("a + 1 AS artist_rowid, genre", "genre_rows"),
            "track_artists": ("i + 1 AS track_rowid, artist + 1 AS artist_rowid", "credit_rows"),
            "track_audio_features": (
                f"i + 1 AS rowid, track_id, {fetched('i')}, null_response::BIGINT "
                f"AS null_response, {measured}",
                "feature_rows",
            ),
            "tracks": (
                f"i + 1 AS rowid, track_id AS id, {fetched('i')}, name, "
                "NULL::VARCHAR AS preview_url, j + 1 AS album_rowid, track_number, "
                "isrc AS external_id_isrc, popularity, market + 1 AS available_markets_rowid, "
                "1::BIGINT AS disc_number, duration_ms, explicit::BIGINT AS explicit",
                "facts",
            ),
            "available_markets": ("k + 1 AS rowid, codes AS available_markets", "markets"),
        }
    )
