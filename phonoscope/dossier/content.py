"""The content of a dossier: read from the catalogue in a fixed order, without a date of its own."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from phonoscope.analysis import Analysis
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.catalogue.voices import all_licences
from phonoscope.detector.generated import Band, Segment, detected_band
from phonoscope.detector.rates import Rates, detector_rates
from phonoscope.detector.shipped import is_of_this_model
from phonoscope.disclosure.declared_status import (
    DECLARED_STATUSES,
    DeclaredStatus,
    declared_status_of,
)
from phonoscope.disclosure.model import Declaration
from phonoscope.disclosure.voice import VoiceRow
from phonoscope.dossier.hashes import Held, held
from phonoscope.dossier.matched import Matched, matched
from phonoscope.errors import UnreadableError, UsageError
from phonoscope.escape import printable
from phonoscope.files import identify_source, local_path, shown, uri_of
from phonoscope.json_values import json_object
from phonoscope.messages import gettext
from phonoscope.view.queries import Queries, TableOf
from phonoscope.view.record import Record, read_record

if TYPE_CHECKING:
    import ibis.expr.types as ir

FORMAT = "phonoscope-dossier/1"
"""Name and version of the JSON shape."""
SHORTEST_PREFIX = 6
"""Digits of a recording's id that are enough if no other id begins with them."""
_PREFIX = re.compile(rf"^[0-9a-f]{{{SHORTEST_PREFIX},32}}$")
_SETTINGS = ("false_alarms", "file_time_limit_s", "worker_memory_mb")
"""Settings of a scan that can change results; the others only affect its speed."""


@dataclass(frozen=True)
class Scan:
    """The scan that analysed the recording."""

    scan_id: str
    version: str
    engine: str
    started: str
    finished: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Voice:
    """A voice that a mark names, with the licences in the catalogue."""

    name: str
    on: date | None
    """Day in the mark."""
    licences: tuple[VoiceRow, ...]


@dataclass(frozen=True)
class Dossier:
    """Everything that a catalogue knows about one recording."""

    catalogue: str
    record: Record
    files: tuple[Held, ...]
    measured_by: str
    """Version of Phonoscope that measured it."""
    print_model: str | None
    scan: Scan | None
    matches_in_all: int
    matches: tuple[Matched, ...]
    voices: tuple[Voice, ...]

    @property
    def analysis(self) -> Analysis:
        """The stored rows, in the shape that analysing the recording returned."""
        return self.record.analysis

    @property
    def sha256(self) -> str | None:
        """SHA-256 of the file; ``None`` if no unchanged file is left."""
        return next((file.sha256 for file in self.files if file.sha256), None)

    @property
    def declared_status(self) -> DeclaredStatus:
        """What all its marks together declare."""
        return declared_status_of(self.analysis.declared)

    @property
    def declared_words(self) -> str:
        """The same in a few words."""
        return DECLARED_STATUSES[self.declared_status]

    @property
    def detected(self) -> Band | None:
        """What was detected, regardless of marks; ``None`` if the detector didn't score it."""
        return detected_band(self.analysis.verdict)

    @property
    def is_of_this_model(self) -> bool:
        """Whether this version's model scored it, so that its error rates apply."""
        return bool(is_of_this_model(self.analysis.verdict.model))

    @cached_property
    def rates(self) -> Rates | None:
        """Error rates of the model that scored it, if this version ships that model."""
        return detector_rates() if self.is_of_this_model else None

    def highest(self, most: int) -> list[Segment]:
        """Return the segments with the highest probability, in order of time."""
        by_height = sorted(self.analysis.segments, key=lambda s: (-s.p_generated, s.start_s))
        return sorted(by_height[:most], key=lambda s: s.start_s)

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of ``phonoscope dossier --json``."""
        voices = [
            {
                "voice": voice.name,
                "on": voice.on and voice.on.isoformat(),
                "licences": [_licence_json(one) for one in voice.licences],
            }
            for voice in self.voices
        ]
        return {
            "format": FORMAT,
            "phonoscope": phonoscope_version(),
            "catalogue": self.catalogue,
            "recording": self.record.analysis_json(),
            "declares": self.declared_status.value,
            "detected": self.detected and self.detected.value,
            "sha256": self.sha256,
            "files": [file.to_json() for file in self.files],
            "measured_by": self.measured_by,
            "print_model": self.print_model,
            "scan": self.scan and dataclasses.asdict(self.scan),
            "matches_in_all": self.matches_in_all,
            "matches": [found.to_json() for found in self.matches],
            "voices": voices,
        }


def _licence_json(one: VoiceRow) -> dict[str, Any]:
    made = dataclasses.asdict(one)
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in made.items()
    }


def dossier_of(catalogue: CatalogueReader, recording: str, *, full_paths: bool = False) -> Dossier:
    """Read everything that a catalogue knows about a recording.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    recording
        Its id, the first digits of it, the path of a scanned file, or a file with the same bytes.
    full_paths
        Whether to show full paths of files, not those relative to the scanned folder.

    Returns
    -------
    Dossier
        The same for the same catalogue and files; it has no date of its own.

    Raises
    ------
    UsageError
        If there is no such recording, there are several, or it couldn't be analysed.
    """
    queries = Queries(catalogue, full_paths=full_paths)
    try:
        return _dossier(queries, _resolved(queries, recording))
    finally:
        queries.close()


def _dossier(queries: Queries, recording_id: str) -> Dossier:
    record = read_record(queries, recording_id)
    if record is None:
        raise UsageError(
            gettext(
                "The scan couldn't analyse recording {id}, so there is no dossier. {why}",
                id=recording_id,
                why=_error(queries, recording_id),
            ),
            code="not-analysed",
        )
    record = dataclasses.replace(record, analysis=_in_order(record.analysis))
    row = queries.rows(lambda table: _mine(table("recordings"), recording_id))[0]
    prints = queries.rows(lambda table: _mine(table("prints"), recording_id).select("print_model"))
    in_all, matches = matched(queries, recording_id)
    return Dossier(
        catalogue=queries.name,
        record=record,
        files=held(record.files, recording_id, record.locations, queries.music_folders()),
        measured_by=printable(row.get("phonoscope_version") or "?"),
        print_model=prints[0]["print_model"] if prints else None,
        scan=_scan(queries, row.get("scan_id")),
        matches_in_all=in_all,
        matches=matches,
        voices=_voices(queries, record.analysis.declared),
    )


def _in_order(analysis: Analysis) -> Analysis:
    """Rows come in the order of the parts; a dossier has them in a fixed order."""
    return dataclasses.replace(
        analysis,
        declared=tuple(sorted(analysis.declared, key=_mark_key)),
        evidence=tuple(
            sorted(
                analysis.evidence,
                key=lambda s: (-s.strength, s.kind, s.says, json.dumps(s.numbers, sort_keys=True)),
            )
        ),
        segments=tuple(
            sorted(analysis.segments, key=lambda s: (s.start_s, s.end_s, s.p_generated))
        ),
    )


def _mark_key(mark: Declaration) -> tuple[str, ...]:
    return tuple(str(value) for value in dataclasses.astuple(mark))


def _mine(table: ir.Table, recording_id: str) -> ir.Table:
    return table.filter(table.recording_id == recording_id)


def _scan(queries: Queries, scan_id: str | None) -> Scan | None:
    rows = queries.rows(lambda table: table("scans").filter(table("scans").scan_id == scan_id))
    if scan_id is None or not rows:
        return None
    row = rows[0]
    settings = json_object(row["settings"])
    return Scan(
        scan_id=printable(scan_id),
        version=printable(row["version"] or ""),
        engine=printable(row["engine"] or ""),
        started=_utc(row["started_utc"]),
        finished=_utc(row["finished_utc"]),
        settings={name: settings[name] for name in _SETTINGS if name in settings},
    )


def _utc(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC" if when else ""


def _voices(queries: Queries, declared: tuple[Declaration, ...]) -> tuple[Voice, ...]:
    named = {
        (mark.voice.strip(), mark.declared_utc.date() if mark.declared_utc else None)
        for mark in declared
        if mark.voice and mark.voice.strip()
    }
    if not named:
        return ()
    known = all_licences(queries.rows(lambda table: table("voices")))
    return tuple(
        Voice(
            name,
            on,
            tuple(
                one
                for one in known
                if name.lower() in {one.voice_id.strip().lower(), (one.name or "").strip().lower()}
            ),
        )
        for name, on in sorted(named, key=lambda item: (item[0], item[1] or date.min))
    )


def _error(queries: Queries, recording_id: str) -> str:
    rows = queries.rows(lambda table: _mine(table("files"), recording_id).order_by("uri").limit(1))
    if not rows:
        return gettext("No file has it.")
    return queries.locations().cleared(rows[0]["error"] or "", rows[0]["uri"])


def _resolved(queries: Queries, recording: str) -> str:
    """Return the id of the recording that a user names."""
    if _PREFIX.match(recording) and (found := _by_prefix(queries, recording)):
        return found
    uri = uri_of(recording)
    rows = queries.rows(lambda table: table("files").filter(table("files").uri == uri).limit(1))
    if rows:
        row = rows[0]
        if not row["recording_id"]:
            raise UsageError(
                gettext(
                    "The scan couldn't read {file}, so there is no dossier. {why}",
                    file=shown(uri),
                    why=printable(row["error"] or ""),
                ),
                code="unreadable",
            )
        return str(row["recording_id"])
    path = local_path(uri)
    if path is not None and path.is_file():
        return _by_content(queries, uri)
    raise UsageError(
        gettext(
            "This catalogue has no recording {name}. Give a recording_id, its first {n} digits or "
            "more, or the path of a scanned file.",
            name=printable(recording),
            n=SHORTEST_PREFIX,
        ),
        code="no-such-recording",
    )


def _by_prefix(queries: Queries, prefix: str) -> str | None:
    def such(table: TableOf) -> ir.Table:
        files = table("files")
        return (
            files.filter(files.recording_id.startswith(prefix))
            .select("recording_id")
            .distinct()
            .order_by("recording_id")
            .limit(4)
        )

    found = [row["recording_id"] for row in queries.rows(such)]
    if len(found) > 1:
        raise UsageError(
            gettext(
                "Several recordings begin with {prefix}: {some}. Give more digits.",
                prefix=prefix,
                some=", ".join([*found[:3], *(["\u2026"] if len(found) > 3 else [])]),
            ),
            code="ambiguous",
        )
    return found[0] if found else None


def _by_content(queries: Queries, uri: str) -> str:
    """Return the recording with a file's bytes, which was scanned under another name."""
    try:
        recording_id, _ = identify_source(uri)
    except UnreadableError as error:
        raise UsageError(
            gettext("{file} can't be read. {why}", file=shown(uri), why=error.message),
            code="unreadable",
        ) from error
    if not queries.rows(lambda table: _mine(table("files"), recording_id).limit(1)):
        raise UsageError(
            gettext("{file} isn't in this catalogue. Scan it first.", file=shown(uri)),
            code="not-scanned",
        )
    return recording_id
