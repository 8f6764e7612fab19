"""The tables of a streaming service's web API as dumps have them, and how ours are made of them.

Tracks, albums and artists have an id of the service and a row number; row numbers join them.
Labels and dates of release are stated of albums, genres of artists.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from phonoscope.catalogue.schema.tables import tables
from phonoscope.errors import SourceError
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.columns import kinds


class ReadTable(Protocol):
    """A table of a source, in whatever form it is kept."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Columns by their names in lower case."""

    @property
    def shown(self) -> str:
        """How a person calls it."""


TableT = TypeVar("TableT", bound=ReadTable)


@dataclass(frozen=True)
class Join:
    """What a row takes from a row of another table."""

    row: str
    """Column that holds the other row's number."""
    of: str
    """The other table."""
    columns: Mapping[str, str]
    """The other table's columns by columns of the common table."""
    then: Join | None = None
    """What the row of the other table takes from a third one, if that is there."""


@dataclass(frozen=True)
class Plan:
    """How one table of the source becomes one common table."""

    table: str
    """Table of the source."""
    into: str
    """Common table."""
    needs: str
    """Columns by which it is recognised when the table has the name."""
    recognised_by: str
    """Columns by which it is recognised when tables have no names, as in files."""
    columns: Mapping[str, str]
    """Columns of the source by columns of the common table; absent ones stay empty."""
    joins: Sequence[Join] = ()
    """Other tables that its rows refer to by number."""


_FETCHED = {"fetched_utc": "fetched_at"}
_SAME = (
    "danceability energy key mode speechiness acousticness instrumentalness liveness valence "
    "time_signature null_response"
)
_ARTIST = Join("artist_rowid", "artists", {"artist_id": "id"})
PLANS = (
    Plan(
        "artists",
        "artists",
        "id name popularity",
        "id name followers_total",
        {
            "artist_id": "id",
            "name": "name",
            "followers": "followers_total",
            "popularity": "popularity",
            **_FETCHED,
        },
    ),
    Plan(
        "artist_genres",
        "artist_genres",
        "artist_rowid genre",
        "artist_rowid genre",
        {"genre": "genre"},
        (_ARTIST,),
    ),
    Plan(
        "albums",
        "albums",
        "id name release_date",
        "id name album_type release_date",
        {
            "album_id": "id",
            "upc": "external_id_upc",
            **{
                name: name
                for name in (
                    *("name", "album_type", "release_date", "release_date_precision", "label"),
                    *("popularity", "total_tracks"),
                )
            },
            **_FETCHED,
        },
    ),
    Plan(
        "tracks",
        "tracks",
        "id name duration_ms",
        "id name duration_ms album_rowid",
        {
            "track_id": "id",
            "isrc": "external_id_isrc",
            **{
                name: name
                for name in (
                    *("name", "disc_number", "track_number", "duration_ms", "explicit"),
                    "popularity",
                )
            },
            **_FETCHED,
        },
        # What is stated of albums is written into each track: every question about labels and
        # dates would else join two of the largest tables.
        (
            Join(
                "album_rowid",
                "albums",
                {
                    "album_id": "id",
                    **{n: n for n in ("release_date", "release_date_precision", "label")},
                },
            ),
        ),
    ),
    Plan(
        "track_artists",
        "track_artists",
        "track_rowid artist_rowid",
        "track_rowid artist_rowid",
        {},
        (
            Join(
                "track_rowid",
                "tracks",
                {"track_id": "id"},
                Join("album_rowid", "albums", {"release_date": "release_date"}),
            ),
            _ARTIST,
        ),
    ),
    Plan(
        "track_audio_features",
        "features",
        "track_id tempo key mode",
        "track_id tempo key mode null_response",
        {
            "track_id": "track_id",
            "loudness_db": "loudness",
            "tempo_bpm": "tempo",
            "measured_ms": "duration_ms",
            **{name: name for name in _SAME.split()},
            **_FETCHED,
        },
    ),
)
ENTITIES = ("tracks", "albums", "track_audio_features")
"""One of these makes the layout; 'artists' alone is too common a table."""
MARKETS = "available_markets"
"""Table and column of lists of countries; few lists serve many tracks, and a list is long."""
MARKETS_ROW = f"{MARKETS}_rowid"


def references(
    source: str, plan: Plan, table: TableT, numbered: Callable[[str], TableT | None]
) -> Iterator[tuple[Join, TableT, TableT | None]]:
    """Yield the joins of a plan that a source allows, the other table, and that of ``then``.

    Parameters
    ----------
    source
        How a person calls the source.
    plan, table
        What is read.
    numbered
        Returns a table by name when its rows have numbers, each a different one.

    Raises
    ------
    SourceError
        When a part of the key is in a table that is missing.
    """
    for join in plan.joins:
        other = numbered(join.of) if join.row in table.columns else None
        if other is not None:
            then = join.then
            third = numbered(then.of) if then and then.row in other.columns else None
            yield join, other, third
        elif set(join.columns) & set(tables()[plan.into].key_columns):
            raise SourceError(
                f"{source}: {table.shown} refers to rows of {join.of} by {join.row}, but there is "
                f"no {join.of} with the columns id and rowid; name the file or folder that has both"
            )


def cells_of(
    into: str, columns: Mapping[str, str], there: Container[str]
) -> Iterator[tuple[str, CellKind, str]]:
    """Yield column and kind of a common table, and the source's column, of those that are there."""
    for to, name in columns.items():
        if name in there:
            # A date of release may be read for its year only, where the table has no date.
            yield to, kinds(into).get(to, CellKind.TEXT), name


def are_recognised(names: Container[str | None]) -> bool:
    """Whether tables of these names make a web API; 'artists' alone is too common a table."""
    return any(name in names for name in (*ENTITIES, "track_artists", "artist_genres"))
