"""The documented schema: every table, every column, and how rows are made.

A table is declared once, in :func:`tables`. Most columns come from frozen dataclasses whose fields
are declared with :func:`phonoscope.columns.column`, so a new feature becomes columns of
``recordings`` without a change here. This file writes ``docs/schema.md``:
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
from phonoscope.catalogue.schema import calibrations, metadata, play_results
from phonoscope.columns import column, columns_in
from phonoscope.detector.generated import Segment, Stretch, Verdict
from phonoscope.disclosure.model import Declaration, Tags
from phonoscope.disclosure.voice import VoiceRow
from phonoscope.errors import ErrorKind, UsageError, bug
from phonoscope.escape import printable
from phonoscope.features.base import FeatureTable, features
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis

PROVIDER = "phonoscope"
"""Provider of measured columns, as opposed to a service's columns."""


@dataclass(frozen=True)
class FileRow:
    """One file of a scan."""

    uri: str = column(
        "Location: an absolute path, a file:// URI for a name that isn't UTF-8, or a URI."
    )
    size_bytes: int | None = column("Size when it was listed, bytes; -1 when the store gives none.")
    mtime_ns: int | None = column(
        "Last change when it was listed, nanoseconds since 1970 UTC; 0 when the store gives none."
    )
    recording_id: str | None = column(
        "Hash of its bytes, also in table recordings if the file could be analysed; empty when it "
        "couldn't be read."
    )
    error_kind: ErrorKind | None = column("Why it couldn't be analysed; empty when it could.")
    error: str | None = column("The same in one line for people, in English.")


@dataclass(frozen=True)
class ScanRow:
    """One scan: its settings and its result."""

    engine: str = column("Where it ran: 'local' or 'spark'.")
    state: str = column(
        "'running', 'done', 'interrupted' or 'failed'. A killed scan stays 'running'."
    )
    version: str = column("Version of Phonoscope.")
    sources: tuple[str, ...] = column("Folders, files, manifests and URIs that were scanned.")
    settings: str = column("Settings, JSON.")
    started_utc: datetime = column("Start, UTC.")
    finished_utc: datetime | None = column("End, UTC; empty while it runs and when it was killed.")
    listed: int = column("Files that were listed.")
    unchanged: int = column(
        "Files that weren't read again, because their size and time of change are the same."
    )
    examined: int = column("Recordings that were analysed.")
    duplicates: int = column(
        "Files with the same bytes as another one, which weren't analysed again."
    )
    unreadable: int = column("Files that couldn't be analysed.")
    audio_s: float = column("Duration of the analysed recordings, s.")
    wall_s: float = column("Elapsed time, s.")
    cpu_s: float = column("Processor time of all processes, as far as known, s.")
    again_if_model_changed: bool | None = column(
        "Whether recordings that another model had scored were to be analysed again. Empty in rows "
        "of version 0.1.",
        default=None,
    )
    examined_again: int | None = column(
        "Those of 'examined' that another model had scored. Empty in rows of version 0.1.",
        default=None,
    )


@dataclass(frozen=True)
class MatchRow:
    """Two recordings with the same sound, found by a search for copies."""

    pair: str = column("Both recording ids, the smaller first, joined by '-'.")
    one: str = column("Recording id. 'other' is this recording, altered as in the next columns.")
    other: str = column("Recording id.")
    copy: bool = column("Whether they are the same recording, and don't only share a part.")
    speed: float = column("How much faster 'other' runs; 1.1 is 10% faster.")
    pitch: float = column("How much higher 'other' sounds, as a ratio of frequencies.")
    offset_s: float = column(
        "Position of the start of 'one' in 'other', s; below 0 if that is cut off."
    )
    begin_s: float = column("Start of the shared part, s of 'one'.")
    end_s: float = column("End of the shared part, s of 'one'.")
    covers: float = column("Share of the shorter recording that both share, 0 to 1.")
    alike: float = column("Share of the compared moments that match, 0 to 1.")
    bits: float = column(
        "Bits out of 64 in which fingerprints of matching moments differ, on average."
    )
    score: float = column("Distance from chance, in standard deviations.")


@dataclass(frozen=True)
class DecisionRow:
    """A person's decision about a match; no search overrules it."""

    pair: str = column("Both recording ids, the smaller first, joined by '-'.")
    decision: str = column("'same' or 'different'; 'open' withdraws an earlier decision.")
    decided_utc: datetime = column("Time of the decision, UTC.")


@dataclass(frozen=True)
class Outcome:
    """The outcome of one file: its row, and its analysis if its bytes were new."""

    file: FileRow
    analysis: Analysis | None = None


@dataclass(frozen=True)
class Column:
    """One documented column."""

    name: str
    type: pa.DataType
    doc: str
    formerly: str = ""
    """Name of the column in parts of an earlier format; empty if it was never renamed. No other
    column of the table may have this name."""


@dataclass(frozen=True)
class Table:
    """One documented table."""

    name: str
    doc: str
    key: str
    """Column, or several joined by ``", "``. A newer row replaces older ones with its key."""
    several: bool
    """Whether a key has several rows. Then all rows of the newest batch are valid, if the same scan
    wrote the row of ``recordings``."""
    columns: tuple[Column, ...]
    ingested: bool = False
    """Whether ingests write it, and deduplicate it at their end."""
    may_be_empty: tuple[str, ...] = ()
    """Columns of the key that a row needn't have; two rows without them can have one key."""

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the key."""
        return tuple(self.key.split(", "))

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema. Every column may be empty, so that older parts can be read."""
        return pa.schema([(c.name, c.type) for c in self.columns])

    @cached_property
    def former_names(self) -> Mapping[str, str]:
        """Former names of renamed columns, by current name."""
        return {c.name: c.formerly for c in self.columns if c.formerly}

    @cached_property
    def stored_schema(self) -> pa.Schema:
        """The schema of parts of any format: :attr:`schema`, then columns under former names."""
        former = [(c.formerly, c.type) for c in self.columns if c.formerly]
        return pa.schema([*self.schema, *(pa.field(name, kind) for name, kind in former)])

    def stored_name(self, column: str, there: Container[str]) -> str | None:
        """Return the name of a column in a part.

        Parameters
        ----------
        column
            Current name of the column.
        there
            Names of the part's columns.

        Returns
        -------
        str or None
            ``None`` when the part is older than the column.
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
    """Make a value from a hostile file fit its column: valid UTF-8, 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(1 << 63), min(value, (1 << 63) - 1))
    if isinstance(value, tuple | list):
        return [_storable(item) for item in value]
    return value


WRITTEN = (
    Column("scan_id", pa.string(), "Scan or ingest that wrote the row."),
    Column(
        "batch",
        pa.string(),
        "Batch that wrote the row. Batches sort by time; the newest row is valid.",
    ),
)
"""The last columns of every table."""

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
    """Return the Arrow type for a field's annotation.

    ``T | None`` is stored as ``T`` (every column may be empty), an enumeration of strings as
    its value, ``tuple[float, ...]`` as a list of float32, other
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
        Column("provider", pa.string(), f"Provider of the columns below: '{PROVIDER}'."),
        Column("phonoscope_version", pa.string(), "Version of Phonoscope."),
        *(c for feature in features() for c in columns_of(feature.result)),
    )


_STATEMENT_COLUMNS = (
    Column("kind", pa.string(), "Name of the feature, e.g. 'bandwidth'."),
    Column("says", pa.string(), "Some sentences with numbers and units, in English."),
    Column("strength", pa.float64(), "0 (no sign of a machine or a defect) to 1."),
    Column(
        "also", pa.string(), "What else could cause it; an empty string if no other cause is known."
    ),
    Column("numbers", pa.string(), "The figures in the text by column name, JSON."),
)


def _feature_tables() -> Iterator[Table]:
    """Yield the tables that features fill."""
    for feature in features():
        if own := feature.table:
            columns = (_RECORDING_ID, *columns_of(own.row))
            yield Table(own.name, own.doc, "recording_id", own.several, columns)


def _metadata_tables() -> Iterator[Table]:
    """Yield the tables that ``ingest`` fills.

    Every key includes the source: equal row numbers of two sources may be different tracks, and a
    poor source must not replace the rows of a rich one.
    """
    for name, doc, key, row in (
        ("tracks", "Tracks, one row per track and source.", "track_id", metadata.TrackRow),
        ("albums", "Albums, one row per album and source.", "album_id", metadata.AlbumRow),
        ("artists", "Artists, one row per artist and source.", "artist_id", metadata.ArtistRow),
        (
            "track_artists",
            "The artists of each track.",
            "track_id, artist_id",
            metadata.TrackArtistRow,
        ),
        ("artist_genres", "Genres of artists.", "artist_id, genre", metadata.ArtistGenreRow),
        (
            "features",
            "A service's measurements of tracks, one row per track and source.",
            "track_id",
            metadata.FeatureRow,
        ),
        ("playlists", "Playlists.", "playlist_id", metadata.PlaylistRow),
        (
            "playlist_tracks",
            "Tracks of playlists.",
            "playlist_id, position",
            metadata.PlaylistTrackRow,
        ),
        (
            "listens",
            "Plays, one row per play, with pseudonyms instead of accounts. Plays of different "
            "lengths are different plays, even if they began in the same minute.",
            "track_id, listened_utc, user_hash, played_ms",
            metadata.ListenRow,
        ),
        (
            "machine_artists",
            "Artists on lists of machine-made artists.",
            "artist",
            metadata.MachineArtistRow,
        ),
        (
            "chart_entries",
            "Charts, one row per entry and day.",
            "chart, region, chart_date, rank, tie",
            metadata.ChartEntryRow,
        ),
        (
            "track_declared",
            "Declarations about tracks in deliveries, one row per mark, apart from detections.",
            "track_id, position",
            metadata.TrackDeclaredRow,
        ),
        (
            "rejects",
            "Rejected rows of sources, with the reason.",
            "scan_id, source_table, row",
            metadata.RejectRow,
        ),
    ):
        columns = columns_of(row)
        hints = typing.get_type_hints(row)
        empty = tuple(c for c in key.split(", ") if types.NoneType in typing.get_args(hints.get(c)))
        yield Table(name, doc, f"source, {key}", False, columns, ingested=True, may_be_empty=empty)
    yield Table("ingests", "Ingests.", "scan_id", False, columns_of(metadata.IngestRow))


@cache
def tables() -> Mapping[str, Table]:
    """Return every table by name. A new table is one more entry here."""
    declared = [
        Table("files", "Files of scans, one row per file.", "uri", False, columns_of(FileRow)),
        Table(
            "recordings",
            "Phonoscope's measurements, one row per recording. Equal files share one.",
            "recording_id",
            False,
            _recording_columns(),
        ),
        Table(
            "verdicts",
            "Verdicts, one row per recording. `scan --again-if-model-changed` adds a newer row "
            "where another model gave the verdict; the older one stays in its part until a "
            "compaction.",
            "recording_id",
            False,
            (_RECORDING_ID, *columns_of(Verdict)),
        ),
        Table(
            "segments",
            "Segments of recordings with a score of their own, about 5 s each.",
            "recording_id",
            True,
            (_RECORDING_ID, *columns_of(Segment)),
        ),
        Table(
            "stretches",
            "Stretches of recordings whose score changes significantly, two or more per recording. "
            "Other recordings have none.",
            "recording_id",
            True,
            (_RECORDING_ID, *columns_of(Stretch)),
        ),
        Table(
            "declared",
            "What files declare about themselves, one row per mark. Never mixed with detections.",
            "recording_id",
            True,
            (_RECORDING_ID, *columns_of(Declaration)),
        ),
        Table(
            "statements",
            "The evidence in sentences, several rows per recording.",
            "recording_id",
            True,
            (_RECORDING_ID, *_STATEMENT_COLUMNS),
        ),
        *_feature_tables(),
        Table(
            "matches",
            "Pairs of recordings with the same sound, found by a search for copies.",
            "pair",
            False,
            columns_of(MatchRow),
        ),
        Table(
            "decisions",
            "People's decisions about matches. No search overrules them.",
            "pair",
            False,
            columns_of(DecisionRow),
        ),
        Table(
            "voices",
            "Licences of voices: what their owners allow, until when. Ended ones stay.",
            "voice_id, valid_from",
            False,
            columns_of(VoiceRow),
        ),
        Table(
            "calibrations",
            "Calibrations, one row each. The newest one is in use.",
            "calibration_id",
            False,
            columns_of(calibrations.CalibrationRow),
        ),
        Table(
            "calibration_nulls",
            "Nulls of calibrations: known-human recordings of this catalogue, by channel.",
            "calibration_id, bandwidth, chain",
            False,
            columns_of(calibrations.CalibrationNullRow),
        ),
        Table(
            "local_p_values",
            "p-values against this catalogue's own human recordings, next to those of verdicts.",
            "calibration_id, recording_id",
            False,
            columns_of(calibrations.LocalPValueRow),
        ),
        Table("scans", "Scans, one row per scan.", "scan_id", False, columns_of(ScanRow)),
        Table(
            "plays_summary",
            "Results of play logs, one row per source.",
            "source",
            False,
            columns_of(play_results.PlaysSummaryRow),
        ),
        Table(
            "listeners",
            "Accounts and how they play, one row per account and source.",
            "source, user_hash",
            False,
            columns_of(play_results.ListenerRow),
        ),
        Table(
            "played_tracks",
            "Tracks and how many of their plays look artificial, one row per track and source.",
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
        Table(
            "judged_plays",
            "Artificial and undecided plays, one row per account and track.",
            "source, user_hash, track_id",
            False,
            columns_of(play_results.JudgedPlayRow),
        ),
        Table(
            "play_decisions",
            "People's decisions about artificial and undecided plays. No analysis overrules them.",
            "source, kind, id",
            False,
            columns_of(play_results.PlayDecisionRow),
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
        The outcome of each file of the batch; a file occurs once.
    scan_id, batch
        Written into every row.

    Returns
    -------
    dict
        By table name, in the order to write them: ``recordings`` after the other tables on
        recordings, because a recording with a row there isn't analysed again; ``files`` last,
        because a file with a row there isn't read again.
    """
    try:
        return _rows_of(outcomes, scan_id, batch)
    except (pa.ArrowException, TypeError, ValueError):
        # One result doesn't fit its column. It becomes an error row, and the other recordings of
        # the batch are stored.
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
        "stretches": (
            {"recording_id": e.recording_id, **_shallow(stretch)}
            for e in examined
            for stretch in e.verdict.stretches
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
    """Return rows of a table, as dataclasses, as an Arrow table."""
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
        "Any column may be empty (NULL), because an older version may have written the row.",
        "Of rows with the same key, the newest one is valid; the views of `phonoscope sql` only",
        "show valid rows. Texts are in English, whatever the reader's language.",
    ]
    for table in tables().values():
        several = ", several rows per key" if table.several else ""
        keys = ", ".join(f"`{name}`" for name in table.key_columns)
        lines += ["", f"## {table.name}", "", f"{table.doc} Key: {keys}{several}.", ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{c.name}` | {c.type} | {c.doc} |" for c in table.columns]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
