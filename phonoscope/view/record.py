"""Everything that a catalogue holds about one recording."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from phonoscope.analysis import Analysis
from phonoscope.audio.stream import Decoded, Stream
from phonoscope.catalogue.declarations import declaration_of
from phonoscope.catalogue.locations import Locations
from phonoscope.columns import Statement, columns_in
from phonoscope.detector.generated import (
    NO_VOICE_MODEL,
    UNREADABLE,
    Band,
    Segment,
    Stretch,
    Verdict,
)
from phonoscope.disclosure.model import Tags
from phonoscope.escape import printable
from phonoscope.features.base import features
from phonoscope.json_values import json_object
from phonoscope.view.queries import Queries, Row

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Record:
    """One recording from a catalogue."""

    analysis: Analysis
    """The stored rows, in the shape that analysing the recording returned."""
    files: tuple[Row, ...]
    """Rows of table ``files`` with this recording."""
    locations: Locations
    """How to name these files."""

    @property
    def recording_id(self) -> str:
        """Its identifier."""
        return str(self.analysis.recording_id)

    @property
    def title(self) -> str:
        """Its title tag, or the name of its first file."""
        tag = self.analysis.tags.title
        return printable(tag) if tag else self.locations.name(self.analysis.file).rsplit("/", 1)[-1]

    def analysis_json(self) -> dict[str, Any]:
        """Return the shape of ``phonoscope check --json``."""
        named = self._named(self.analysis.file)
        error = self.analysis.error and self.locations.cleared(
            self.analysis.error, self.analysis.file
        )
        return {**self.analysis.to_json(), **named, "error": error}

    def to_json(self) -> dict[str, Any]:
        """Return the shape of ``phonoscope check --json`` and its files."""
        files = [
            {
                **self._named(row["uri"]),
                "size_bytes": row["size_bytes"],
                "mtime_ns": row["mtime_ns"],
            }
            for row in self.files
        ]
        return {**self.analysis_json(), "files": files}

    def _named(self, uri: str) -> dict[str, str]:
        return {"file": self.locations.name(uri), "uri": self.locations.uri(uri)}


def read_record(queries: Queries, recording_id: str) -> Record | None:
    """Return a recording by its identifier; ``None`` when there is none."""

    def mine(name: str) -> list[Row]:
        return queries.rows(lambda table: _of(table(name), recording_id))

    recordings, files = mine("recordings"), mine("files")
    if not recordings or not files:
        return None
    row = recordings[0]
    files = [file for file in files if file["uri"]]
    if not files:
        return None
    files.sort(key=lambda file: str(file["uri"]))
    verdicts = mine("verdicts")
    statements = sorted(mine("statements"), key=lambda s: -(s["strength"] or 0.0))
    analysis = Analysis(
        file=files[0]["uri"],
        recording_id=recording_id,
        size_bytes=row["size_bytes"],
        verdict=_verdict(verdicts[0], mine("stretches")) if verdicts else UNREADABLE,
        stream=_made(Stream, row) if _is_described(row) else None,
        decoded=_made(Decoded, row),
        tags=_made(Tags, row, "tag_"),
        declared=tuple(declaration_of(mark) for mark in mine("declared")),
        results={f.name: _made(f.result, row) for f in features()},
        evidence=tuple(_statement(statement) for statement in statements),
        segments=_segments(mine("segments")),
    )
    return Record(analysis, tuple(files), queries.locations())


def _of(table: ir.Table, recording_id: str) -> ir.Table:
    return table.filter(table.recording_id == recording_id)


def _made(kind: type[Any], row: Mapping[str, Any], prefix: str = "") -> Any:
    """Return a dataclass from the columns that it declares; a missing column reads as empty."""
    stored = {f.name: row.get(prefix + f.name) for f in columns_in(kind)}
    # Fields that are no columns were only needed for the verdict during the analysis.
    needed = (f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING)
    return kind(**dict.fromkeys(needed) | stored)


def _is_described(row: Row) -> bool:
    """Whether the version that wrote a row had the stream's columns."""
    return all(row.get(name) is not None for name in ("container", "codec", "sample_rate_hz"))


def _verdict(row: Row, stretches: list[Row]) -> Verdict:
    # What another version may say, or the author of the catalogue, decides nothing.
    known = row["verdict"] in set(Band)
    verdict = Band(row["verdict"]) if known else Band.UNDECIDED
    finite = {n: None if isinstance(v, float) and not isfinite(v) else v for n, v in row.items()}
    made: Verdict = _made(Verdict, {**finite, "verdict": verdict})
    return dataclasses.replace(
        made,
        lines_hz=tuple(made.lines_hz or ()),
        # What version 0.1 wrote doesn't hold for voices from other sources.
        p_voice=None,
        p_voice_reason=made.p_voice_reason or NO_VOICE_MODEL,
        stretches=tuple(_whole(Stretch, stretches)),
    )


def _statement(row: Row) -> Statement:
    return Statement(
        row["kind"] or "",
        row["says"] or "",
        row["strength"] or 0.0,
        row["also"] or "",
        json_object(row["numbers"]),
    )


def _segments(rows: list[Row]) -> tuple[Segment, ...]:
    return tuple(_whole(Segment, rows))


def _whole(kind: type[Any], rows: list[Row]) -> list[Any]:
    """Return parts of a recording in order of time, without those that lack a number."""
    optional = {name for name, hint in get_type_hints(kind).items() if type(None) in get_args(hint)}

    def is_whole(one: Any) -> bool:
        return all(
            name in optional if value is None else isfinite(value)
            for name, value in vars(one).items()
        )

    return sorted((s for s in (_made(kind, row) for row in rows) if is_whole(s)), key=_start)


def _start(part: Any) -> float:
    return float(part.start_s)
