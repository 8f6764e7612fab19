"""The documented schema: every table, every column, and how rows are made.

A table is declared once, in :func:`tables`. Most columns come from the frozen dataclasses
whose fields are declared with :func:`phonoscope.columns.column`, so a new question becomes
columns of ``recordings`` without a change here. ``docs/schema.md`` is written from this file:
``python -m phonoscope.catalogue.schema.tables > docs/schema.md``.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from phonoscope.audio.stream import Decoded, Stream
from phonoscope.catalogue.schema import metadata, play_results
from phonoscope.columns import column, columns_in
from phonoscope.detector.generated import Segment, Verdict
from phonoscope.disclosure.model import Declaration, Tags
from phonoscope.disclosure.voice import VoiceRow
from phonoscope.errors import ErrorKind, UsageError, bug
from phonoscope.escape import printable
from phonoscope.features.base import FeatureTable, features
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis

PROVIDER = "phonoscope"
"""Who measured a descriptor; keeps ours apart from a service's own columns."""


@dataclass(frozen=True)
class FileRow:
    """One file as a scan found it."""

    uri: str = column(
        "Where it is: an absolute path, a file:// URI for a name that is not UTF-8, or a URI."
    )
    size_bytes: int | None = column("Size when it was listed, bytes; -1 when the store tells none.")
    mtime_ns: int | None = column(
        "Last change when it was listed, nanoseconds since 1970 UTC; 0 when the store tells none."
    )
    recording_id: str | None = column(
        "Hash of its bytes; table recordings has it when it could be examined. "
        "Empty when it could not be read."
    )
    error_kind: ErrorKind | None = column("Why it could not be examined; empty when it could.")
    error: str | None = column("The same in one line for a person.")


@dataclass(frozen=True)
class ScanRow:
    """One scan: with what it ran and what it came to."""

    engine: str = column("Where it ran: 'local' or 'spark'.")
    state: str = column(
        "'running', 'done', 'interrupted' or 'failed'; a killed scan stays 'running'."
    )
    version: str = column("Version of Phonoscope.")
    sources: tuple[str, ...] = column("Folders, files, manifests and URIs it was pointed at.")
    settings: str = column("Resolved settings, JSON.")
    started_utc: datetime = column("Start, UTC.")
    finished_utc: datetime | None = column("End, UTC; empty while it runs and when it was killed.")
    listed: int = column("Files that were listed.")
    unchanged: int = column("Files not read again, because size and time of change are the same.")
    examined: int = column("Recordings that were decoded and asked every question.")
    duplicates: int = column("Files whose bytes were already known, so that they were not decoded.")
    unreadable: int = column("Files that could not be examined.")
    audio_s: float = column("Duration of the recordings examined, s.")
    wall_s: float = column("Time it took, s.")
    cpu_s: float = column("Processor time of all its processes that is known, s.")


@dataclass(frozen=True)
class MatchRow:
    """Two recordings that share sound, as a search for copies found them."""

    pair: str = column("Both recording ids, the smaller first, joined by '-'.")
    one: str = column("Recording id; 'other' is this one, altered as follows.")
    other: str = column("Recording id.")
    copy: bool = column("Whether they are the same recording, not only alike in a part.")
    speed: float = column("How much faster 'other' runs; 1.1 is 10 % faster.")
    pitch: float = column("How much higher 'other' sounds, ratio of frequencies.")
    offset_s: float = column("Where the beginning of 'one' lies in 'other', s; below 0: it is cut.")
    begin_s: float = column("Begin of what both have, s of 'one'.")
    end_s: float = column("End of what both have, s of 'one'.")
    covers: float = column("Share of the shorter recording that both have, 0 to 1.")
    alike: float = column("Share of the moments compared that are alike, 0 to 1.")
    bits: float = column("Bits of 64 in which prints of alike moments differ on average.")
    score: float = column("Standard deviations from what chance would give.")


@dataclass(frozen=True)
class DecisionRow:
    """What a person says of a match; no later search asks again."""

    pair: str = column("Both recording ids, the smaller first, joined by '-'.")
    decision: str = column("'same' or 'different'; 'open' takes an earlier word back.")
    decided_utc: datetime = column("When, UTC.")


@dataclass(frozen=True)
class Outcome:
    """What came of one file: its row, and its examination when its bytes were new."""

    file: FileRow
    analysis: Analysis | None = None


@dataclass(frozen=True)
class Column:
    """One documented column."""

    name: str
    type: pa.DataType
    doc: str
    formerly: str = ""
    """Name of the same column in parts of an earlier format; empty when it never had another.
    No column of the table may ever take this name again."""


@dataclass(frozen=True)
class Table:
    """One documented table."""

    name: str
    doc: str
    key: str
    """Column by which a newer row replaces an older one, or several, joined by ``", "``."""
    several: bool
    """Whether a key has several rows; then the newest batch's whole set counts, and only
    beside the row of ``recordings`` that the same scan wrote."""
    columns: tuple[Column, ...]
    ingested: bool = False
    """Whether ingests write it; what an ingest wrote is deduplicated at its end."""

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the key."""
        return tuple(self.key.split(", "))

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema; every column may be empty, so that older parts can be read."""
        return pa.schema([(c.name, c.type) for c in self.columns])

    @cached_property
    def former_names(self) -> Mapping[str, str]:
        """Former name of each column that had one, by its name today."""
        return {c.name: c.formerly for c in self.columns if c.formerly}

    @cached_property
    def stored_schema(self) -> pa.Schema:
        """The schema of parts of any format: :attr:`schema`, then columns by former names."""
        former = [(c.formerly, c.type) for c in self.columns if c.formerly]
        return pa.schema([*self.schema, *(pa.field(name, kind) for name, kind in former)])

    def stored_name(self, column: str, there: Container[str]) -> str | None:
        """Return what a part calls a column.

        Parameters
        ----------
        column
            Name of the column today.
        there
            Names of the part's columns.

        Returns
        -------
        str or None
            ``None`` when the part was written before there was such a column.
        """
        former = self.former_names.get(column, "")
        return next((name for name in (column, former) if name in there), None)

    def arrow(self, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Return rows as an Arrow table of this schema; absent columns are empty."""
        try:
            return pa.Table.from_pylist(list(rows), schema=self.schema)
        except (UnicodeEncodeError, OverflowError):
            clean = [{name: _storable(value) for name, value in row.items()} for row in rows]
            return pa.Table.from_pylist(clean, schema=self.schema)


def _storable(value: Any) -> Any:
    """Make a value that a hostile file brought fit its column: valid UTF-8, 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(1 << 63), min(value, (1 << 63) - 1))
    if isinstance(value, tuple | list):
        return [_storable(item) for item in value]
    return value


WRITTEN = (
    Column("scan_id", pa.string(), "Scan or ingest that wrote the row."),
    Column("batch", pa.string(), "Batch that wrote the row; sorts by time, the newest row wins."),
)
"""Columns that every table ends with."""

_RECORDING_ID = Column(
    "recording_id", pa.string(), "Hash of the file's bytes: BLAKE2b-128, 32 hexadecimal digits."
)
_SCALARS = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us"),
    date: pa.date32(),
}


def arrow_type(annotation: Any) -> pa.DataType:
    """Return the Arrow type in which a field's annotation is stored.

    ``T | None`` is stored as ``T`` (every column may be empty), an enumeration of strings as
    its value, ``tuple[float, ...]`` as a list of float32 (a profile, for drawing), other
    tuples as lists, and ``NDArray[np.int32]`` as a list of its numbers.

    Raises
    ------
    TypeError
        For an annotation that has no column type.
    """
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        (annotation,) = (a for a in typing.get_args(annotation) if a is not type(None))
    if typing.get_origin(annotation) is np.ndarray:
        (number,) = typing.get_args(typing.get_args(annotation)[1])
        return pa.list_(pa.from_numpy_dtype(number))
    if typing.get_origin(annotation) is tuple:
        item = typing.get_args(annotation)[0]
        return pa.list_(pa.float32() if item is float else arrow_type(item))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return pa.string()
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    raise TypeError(f"no column type for {annotation!r}")


def columns_of(declared: type[Any], prefix: str = "") -> tuple[Column, ...]:
    """Return the columns that a dataclass declares with :func:`phonoscope.columns.column`."""
    hints = typing.get_type_hints(declared)
    return tuple(
        Column(prefix + f.name, arrow_type(hints[f.name]), **f.metadata)
        for f in columns_in(declared)
    )


def _recording_columns() -> tuple[Column, ...]:
    return (
        _RECORDING_ID,
        Column("size_bytes", pa.int64(), "Size of the file, bytes."),
        *columns_of(Stream),
        *columns_of(Decoded),
        *columns_of(Tags, "tag_"),
        Column("provider", pa.string(), f"Who measured the columns below: '{PROVIDER}'."),
        Column("phonoscope_version", pa.string(), "Version of Phonoscope that measured them."),
        *(c for feature in features() for c in columns_of(feature.result)),
    )


_STATEMENT_COLUMNS = (
    Column("kind", pa.string(), "Question it answers, e.g. 'bandwidth'."),
    Column("says", pa.string(), "One or two sentences, with numbers and units."),
    Column("strength", pa.float64(), "0 (says nothing about a machine or a defect) to 1."),
    Column("also", pa.string(), "What else could cause it; empty text when nothing is known to."),
    Column("numbers", pa.string(), "The figures behind the sentence by column name, JSON."),
)


def _feature_tables() -> Iterator[Table]:
    """Yield the tables that features fill themselves."""
    for feature in features():
        if own := feature.table:
            columns = (_RECORDING_ID, *columns_of(own.row))
            yield Table(own.name, own.doc, "recording_id", own.several, columns)


def _metadata_tables() -> Iterator[Table]:
    """Yield the tables that ``ingest`` fills.

    The source belongs to every key: row numbers of two sources may be equal and mean different
    tracks, and a poorer source must not replace the row of a richer one.
    """
    for name, doc, key, row in (
        ("tracks", "One row a track of each source.", "track_id", metadata.TrackRow),
        ("albums", "One row an album of each source.", "album_id", metadata.AlbumRow),
        ("artists", "One row an artist of each source.", "artist_id", metadata.ArtistRow),
        (
            "track_artists",
            "Who made which track.",
            "track_id, artist_id",
            metadata.TrackArtistRow,
        ),
        ("artist_genres", "Genres of artists.", "artist_id, genre", metadata.ArtistGenreRow),
        (
            "features",
            "What a service measured in tracks, one row a track of each source.",
            "track_id",
            metadata.FeatureRow,
        ),
        ("playlists", "One row a playlist.", "playlist_id", metadata.PlaylistRow),
        (
            "playlist_tracks",
            "Which tracks are in which playlist.",
            "playlist_id, position",
            metadata.PlaylistTrackRow,
        ),
        (
            "listens",
            "Who listened to what, without names; plays of a track are its rows.",
            "track_id, listened_utc, user_hash",
            metadata.ListenRow,
        ),
        (
            "machine_artists",
            "Artists that somebody lists as machine-made.",
            "artist",
            metadata.MachineArtistRow,
        ),
        (
            "chart_entries",
            "Charts, one row a place on a day.",
            "chart, region, chart_date, rank",
            metadata.ChartEntryRow,
        ),
        (
            "track_declared",
            "What deliveries declare of tracks; one row a mark. Never mixed with what is detected.",
            "track_id, position",
            metadata.TrackDeclaredRow,
        ),
        (
            "rejects",
            "Rows of sources that were not kept, with the reason.",
            "scan_id, source_table, row",
            metadata.RejectRow,
        ),
    ):
        yield Table(name, doc, f"source, {key}", False, columns_of(row), ingested=True)
    yield Table("ingests", "One row an ingest.", "scan_id", False, columns_of(metadata.IngestRow))


@cache
def tables() -> Mapping[str, Table]:
    """Return every table by name. A new table is one more entry here."""
    declared = [
        Table("files", "One row a file.", "uri", False, columns_of(FileRow)),
        Table(
            "recordings",
            "What Phonoscope measured, one row a distinct file: copies of the same bytes share it.",
            "recording_id",
            False,
            _recording_columns(),
        ),
        Table(
            "verdicts",
            "One row a recording: what is concluded, and on what basis.",
            "recording_id",
            False,
            (_RECORDING_ID, *columns_of(Verdict)),
        ),
        Table(
            "segments",
            "Stretches of a recording, weighed on their own.",
            "recording_id",
            True,
            (_RECORDING_ID, *columns_of(Segment)),
        ),
        Table(
            "declared",
            "What a file says of itself; one row a mark. Never mixed with what is detected.",
            "recording_id",
            True,
            (_RECORDING_ID, *columns_of(Declaration)),
        ),
        Table(
            "statements",
            "The evidence in plain words; several rows a recording.",
            "recording_id",
            True,
            (_RECORDING_ID, *_STATEMENT_COLUMNS),
        ),
        *_feature_tables(),
        Table(
            "matches",
            "Pairs of recordings that share sound, found by a search for copies.",
            "pair",
            False,
            columns_of(MatchRow),
        ),
        Table(
            "decisions",
            "What people say of matches: the same recording or not. Never overruled by a search.",
            "pair",
            False,
            columns_of(DecisionRow),
        ),
        Table(
            "voices",
            "Licences of voices: what their owners allow; one that ended stays.",
            "voice_id, valid_from",
            False,
            columns_of(VoiceRow),
        ),
        Table("scans", "One row a scan.", "scan_id", False, columns_of(ScanRow)),
        Table(
            "plays_summary",
            "What the plays of a log came to, one row a source.",
            "source",
            False,
            columns_of(play_results.PlaysSummaryRow),
        ),
        Table(
            "listeners",
            "Accounts and what their plays show, one row an account of each source.",
            "source, user_hash",
            False,
            columns_of(play_results.ListenerRow),
        ),
        Table(
            "played_tracks",
            "Tracks and how many of their plays are artificial, one row a track of each source.",
            "source, track_id",
            False,
            columns_of(play_results.PlayedTrackRow),
        ),
        Table(
            "play_groups",
            "Groups of accounts that play the same little-played tracks.",
            "source, group_id",
            False,
            columns_of(play_results.PlayGroupRow),
        ),
        *_metadata_tables(),
    ]
    by_name = {t.name: dataclasses.replace(t, columns=(*t.columns, *WRITTEN)) for t in declared}
    if len(by_name) < len(declared):
        twice = sorted(name for name in by_name if [t.name for t in declared].count(name) > 1)
        raise ValueError(f"two tables have the same name: {', '.join(twice)}")
    return types.MappingProxyType(by_name)


def unknown_table(name: str) -> UsageError:
    """Return the error of a name that no table has."""
    message = gettext(
        "There is no table '{name}'. The tables are: {names}.",
        name=printable(name),
        names=", ".join(tables()),
    )
    return UsageError(message, code="unknown-table")


def rows_of(outcomes: Sequence[Outcome], scan_id: str, batch: str) -> dict[str, pa.Table]:
    """Return a batch as one Arrow table for each table that has rows.

    Parameters
    ----------
    outcomes
        What came of each file of the batch; a file occurs once.
    scan_id, batch
        Written into every row.

    Returns
    -------
    dict
        By table name, in the order in which to write them: ``recordings`` after everything
        else that is known of a recording, because a recording with a row there is not examined
        again; ``files`` last, because a file with a row there is not read again.
    """
    try:
        return _rows_of(outcomes, scan_id, batch)
    except (pa.ArrowException, TypeError, ValueError):
        # One answer does not fit its column. It is found and becomes a row that says so; the
        # other recordings of the batch must not suffer.
        return _rows_of([_fitting(o, scan_id, batch) for o in outcomes], scan_id, batch)


def _fitting(outcome: Outcome, scan_id: str, batch: str) -> Outcome:
    try:
        _rows_of([outcome], scan_id, batch)
    except (pa.ArrowException, TypeError, ValueError) as error:
        file = dataclasses.replace(
            outcome.file,
            error_kind=ErrorKind.INTERNAL,
            error=bug(error),
        )
        return Outcome(file)
    return outcome


def _rows_of(outcomes: Sequence[Outcome], scan_id: str, batch: str) -> dict[str, pa.Table]:
    examined = [o.analysis for o in outcomes if o.analysis and not o.analysis.error]
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "verdicts": ({"recording_id": e.recording_id, **_shallow(e.verdict)} for e in examined),
        "segments": (
            {"recording_id": e.recording_id, **_shallow(segment)}
            for e in examined
            for segment in e.segments
        ),
        "declared": (
            {"recording_id": e.recording_id, **_shallow(mark)}
            for e in examined
            for mark in e.declared
        ),
        "statements": (row for e in examined for row in _statement_rows(e)),
        **{
            feature.table.name: _feature_rows(feature.name, feature.table, examined)
            for feature in features()
            if feature.table
        },
        "recordings": map(_recording_row, examined),
        "files": (_shallow(o.file) for o in outcomes),
    }
    written = {"scan_id": scan_id, "batch": batch}
    made = {
        name: tables()[name].arrow([{**row, **written} for row in some])
        for name, some in rows.items()
    }
    return {name: table for name, table in made.items() if table.num_rows}


def scan_rows(row: ScanRow, scan_id: str, batch: str) -> pa.Table:
    """Return the row of one scan as an Arrow table."""
    return tables()["scans"].arrow([{**_shallow(row), "scan_id": scan_id, "batch": batch}])


def plain_rows(table: str, rows: Sequence[Any], batch: str, scan_id: str = "") -> pa.Table:
    """Return dataclasses that are rows of a table as an Arrow table."""
    written = {"scan_id": scan_id or None, "batch": batch}
    return tables()[table].arrow([{**_shallow(row), **written} for row in rows])


def _shallow(declared: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name; dataclasses.asdict would copy every value."""
    return {f.name: getattr(declared, f.name) for f in dataclasses.fields(declared)}


def _recording_row(analysis: Analysis) -> dict[str, Any]:
    return {
        "recording_id": analysis.recording_id,
        "size_bytes": analysis.size_bytes,
        **_shallow(analysis.stream),
        **_shallow(analysis.decoded),
        **{f"tag_{name}": value for name, value in _shallow(analysis.tags).items()},
        "provider": PROVIDER,
        "phonoscope_version": phonoscope_version(),
        **analysis.descriptors,
    }


def _statement_rows(analysis: Analysis) -> Iterator[dict[str, Any]]:
    for statement in analysis.evidence:
        row = _shallow(statement)
        numbers = json.dumps(dict(statement.numbers), ensure_ascii=False)
        yield {"recording_id": analysis.recording_id, **row, "numbers": numbers}


def _feature_rows(
    name: str, table: FeatureTable[Any], examined: Iterable[Analysis]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a feature's own table."""
    for analysis in examined:
        if (result := analysis.results.get(name)) is not None:
            for row in table.rows(result):
                yield {"recording_id": analysis.recording_id, **_shallow(row)}


@cache
def phonoscope_version() -> str:
    """Return the version of the installed Phonoscope."""
    return version("phonoscope")


def document() -> str:
    """Return the schema as Markdown: the content of ``docs/schema.md``."""
    lines = [
        "# The tables of a catalogue",
        "",
        "Written from `phonoscope/catalogue/schema/tables.py` by",
        "`python -m phonoscope.catalogue.schema.tables > docs/schema.md`; a test keeps it current.",
        "Any column may be empty (NULL): the version that wrote a row may not have known it.",
        "Of rows with the same key the newest counts; the views of `phonoscope sql` show only",
        "those.",
    ]
    for table in tables().values():
        several = ", several rows each" if table.several else ""
        keys = ", ".join(f"`{name}`" for name in table.key_columns)
        lines += ["", f"## {table.name}", "", f"{table.doc} Key: {keys}{several}.", ""]
        lines += ["| column | type | what it is |", "|---|---|---|"]
        lines += [f"| `{c.name}` | {c.type} | {c.doc} |" for c in table.columns]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
