"""The tables of dumps of a streaming service's web API, and how they become ours.

Tracks, albums and artists have an id of the service and a row number; row numbers join them. Albums
have labels and dates of release, artists have genres.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from phonoscope.catalogue.schema.tables import tables
from phonoscope.errors import SourceError
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.columns import kinds
from phonoscope.ingest.job import Need
from phonoscope.messages import gettext


class ReadTable(Protocol):
    """A table of a source, in any kind of file."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Columns by their lower-case names."""

    @property
    def shown(self) -> str:
        """Its name for people."""


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
    """What the row of the other table takes from a third one, if there is one."""


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
        # Each track gets the label and date of its album. Otherwise every question about them
        # would join two of the largest tables.
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
"""One of these is needed to recognise the format; many files have a table 'artists'."""
MARKETS = "available_markets"
"""Table and column of lists of countries; many tracks share few long lists."""
MARKETS_ROW = f"{MARKETS}_rowid"


def references(
    source: str, plan: Plan, table: TableT, numbered: Callable[[str], TableT | None]
) -> Iterator[tuple[Join, TableT, TableT | None]]:
    """Yield the joins of a plan that a source allows, the other table, and that of ``then``.

    Parameters
    ----------
    source
        Name of the source for people.
    plan, table
        What is read.
    numbered
        Returns a table by name if its rows have unique numbers.

    Raises
    ------
    SourceError
        When a part of the key is in a missing table.
    """
    for join in plan.joins:
        other = numbered(join.of) if join.row in table.columns else None
        if other is not None:
            then = join.then
            third = numbered(then.of) if then and then.row in other.columns else None
            yield join, other, third
        elif set(join.columns) & set(tables()[plan.into].key_columns):
            raise SourceError(
                gettext(
                    "{table} in {file} refers to rows of {other} by {column}, but no table {other} "
                    "has the columns id and rowid. Name a file or folder that has both.",
                    table=table.shown,
                    file=source,
                    other=join.of,
                    column=join.row,
                ),
                code="no-joined-table",
            )


def cells_of(
    into: str, columns: Mapping[str, str], there: Container[str]
) -> Iterator[tuple[str, CellKind, str]]:
    """Yield column and kind of a common table, and the column of the source, if there is one."""
    for to, name in columns.items():
        if name in there:
            # Where the table has no date, a date of release is read for its year only.
            yield to, kinds(into).get(to, CellKind.TEXT), name


def needs_of_table(columns: Collection[str]) -> list[Need]:
    """Return what the table needs that some lower-case columns are closest to."""
    listed = [
        [Need(name, name if name in columns else "") for name in plan.recognised_by.split()]
        for plan in PLANS
    ]
    return max(listed, key=lambda needs: sum(bool(need.found) for need in needs) / len(needs))


def are_recognised(names: Container[str | None]) -> bool:
    """Whether tables of these names are those of a web API; 'artists' alone isn't enough."""
    return any(name in names for name in (*ENTITIES, "track_artists", "artist_genres"))
