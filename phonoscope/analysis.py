"""Analyse one recording: every feature, in one decode."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from phonoscope.audio.stream import Decoded, Stream
from phonoscope.columns import Statement, columns_in
from phonoscope.detector.disagreement import Disagreement, disagreement, in_words
from phonoscope.detector.generated import (
    DEFAULT_FALSE_ALARMS,
    UNREADABLE,
    Segment,
    Verdict,
    judge,
)
from phonoscope.detector.shipped import family_precision, is_of_this_model
from phonoscope.disclosure.model import Declaration, Tags, sentence
from phonoscope.errors import ErrorKind, UnreadableError, UsageError, bug, file_out_of_memory
from phonoscope.escape import printable
from phonoscope.files import identify_source, open_source, shown, stat_source, uri_of
from phonoscope.json_values import json_value
from phonoscope.messages import gettext
from phonoscope.notebook import Row, summary_html, summary_text
from phonoscope.text import clock
from phonoscope.threads import on_one_thread

JSON_FORMAT = "phonoscope-check/1"
"""Name and version of the shape of :meth:`Analysis.to_json`."""
MOST_FALSE_ALARMS = 0.5
"""The most human music that may be called generated, as a share: a coin would do as well."""
_MESSAGE_CHARACTERS = 500


@dataclass(frozen=True)
class Analysis:
    """Everything that was found out about one recording."""

    file: str
    """URI of the file."""
    recording_id: str | None
    """Hash of the file's bytes, 32 hexadecimal digits; ``None`` when they could not be read."""
    size_bytes: int | None
    """Size of the file, bytes."""
    verdict: Verdict = UNREADABLE
    stream: Stream | None = None
    decoded: Decoded | None = None
    tags: Tags = Tags()
    declared: tuple[Declaration, ...] = ()
    results: Mapping[str, Any] = field(default_factory=dict)
    """Result of each feature, by its name."""
    evidence: tuple[Statement, ...] = ()
    """What the results mean, in sentences, strongest first."""
    segments: tuple[Segment, ...] = ()
    """Segments with a score of their own, in order; empty when the sound couldn't be scored."""
    error_kind: ErrorKind | None = None
    error: str | None = None
    """Why it couldn't be analysed, in one line; ``None`` when it could."""

    @property
    def duration_s(self) -> float | None:
        """Duration of the decoded sound, s."""
        return self.decoded.duration_s if self.decoded else None

    @property
    def disagreement(self) -> Disagreement | None:
        """How the declared and the detected disagree; ``None`` if they don't."""
        return disagreement(self.declared, self.verdict)

    @property
    def descriptors(self) -> dict[str, Any]:
        """Every measured column of every result, by column name, e.g. ``tempo_bpm``."""
        return {
            column.name: getattr(result, column.name)
            for result in self.results.values()
            for column in columns_in(result)
        }

    def __str__(self) -> str:
        return summary_text(shown(self.file), self._summary())

    def _repr_html_(self) -> str:
        return summary_html(shown(self.file), self._summary())

    def _summary(self) -> list[tuple[str, str]]:
        """Return what people want to know first, in labelled rows."""
        if self.error is not None:
            return [(gettext("error"), self.error)]
        rows: list[Row] = []
        if self.disagreement is not None:
            rows.append((gettext("disagreement"), in_words(self.disagreement)))
        rows.append((gettext("verdict"), self.verdict.says))
        if self.duration_s is not None:
            rows.append((gettext("duration"), clock(self.duration_s)))
        for label, tag in (
            (gettext("title"), self.tags.title),
            (gettext("artist"), self.tags.artist),
        ):
            rows += [(label, tag)] if tag else []
        rows += [(gettext("declared"), f"{sentence(d)} ({d.place})") for d in self.declared]
        rows += [(gettext("evidence"), statement.says) for statement in self.evidence]
        return rows

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON shape of ``phonoscope check --json``.

        Strict JSON (RFC 8259): plain Python values, and ``None`` where a number is not finite.
        """
        precision = family_precision(self.verdict.generator, self.verdict.model)
        shape = {
            "format": JSON_FORMAT,
            "file": shown(self.file),
            "uri": self.file,
            "recording_id": self.recording_id,
            "duration_s": self.duration_s,
            "verdict": self.verdict.verdict.value,
            "basis": self.verdict.basis,
            "p_generated": self.verdict.p_generated,
            "p_value": self.verdict.p_value,
            "p_value_part": self.verdict.p_value_part,
            "altered": self.verdict.altered,
            "lines_hz": list(self.verdict.lines_hz or ()),
            "false_alarms": self.verdict.false_alarms,
            "generator": self.verdict.generator,
            "generator_confidence": self.verdict.generator_confidence,
            "generator_precision": precision and precision.to_json(),
            "p_voice": self.verdict.p_voice,
            "p_voice_reason": self.verdict.p_voice_reason,
            "says": self.verdict.says,
            "disagreement": self.disagreement,
            "segments": [dataclasses.asdict(segment) for segment in self.segments],
            "stretches": [dataclasses.asdict(stretch) for stretch in self.verdict.stretches],
            "evidence": [dataclasses.asdict(statement) for statement in self.evidence],
            "declared": [dataclasses.asdict(declaration) for declaration in self.declared],
            "tags": self.tags.to_json(),
            "stream": dataclasses.asdict(self.stream) if self.stream else None,
            "decoded": dataclasses.asdict(self.decoded) if self.decoded else None,
            "descriptors": self.descriptors,
            "model": self.verdict.model,
            "of_this_model": is_of_this_model(self.verdict.model),
            "error_kind": self.error_kind.value if self.error_kind else None,
            "error": self.error,
        }
        return {name: json_value(value) for name, value in shape.items()}


@on_one_thread
def analyse(
    path: str | os.PathLike[str],
    *,
    recording_id: str | None = None,
    false_alarms: float = DEFAULT_FALSE_ALARMS,
) -> Analysis:
    """Analyse one file: decode it once and compute every feature.

    Parameters
    ----------
    path
        Local path or URI (``s3://...``) of an audio or video file.
    recording_id
        Hash of its bytes, where :func:`identify_source` has just found it; the file is not
        hashed again then.
    false_alarms
        Share of human music that may be called generated, above 0 and at most
        :data:`MOST_FALSE_ALARMS`. A smaller share accuses fewer people wrongly and misses more
        machines.

    Returns
    -------
    Analysis
        With :attr:`Analysis.error` set when the file couldn't be analysed; a bad file never
        raises.

    Raises
    ------
    UsageError
        When ``false_alarms`` is out of range.

    Examples
    --------
    >>> analyse("no-such-file.mp3").error
    "The file doesn't exist."
    """
    if not 0.0 < false_alarms <= MOST_FALSE_ALARMS:
        raise UsageError(
            gettext(
                "false_alarms must be above 0 and at most {most}, not {given}.",
                most=str(MOST_FALSE_ALARMS),
                given=str(false_alarms),
            ),
            code="false-alarms",
        )
    uri = uri_of(path)
    size_bytes: int | None = None
    kind: ErrorKind
    message: str
    try:
        size_bytes = stat_source(uri).size_bytes
        if recording_id is None:
            recording_id, size_bytes = identify_source(uri)
        return _analyse_bytes(uri, recording_id, size_bytes, false_alarms)
    except UnreadableError as error:
        kind, message = error.kind, error.message
    except MemoryError:
        kind, message = ErrorKind.MEMORY_LIMIT, file_out_of_memory()
    except Exception as error:
        # A bug must not stop a scan of millions: it becomes the error of a row.
        kind, message = ErrorKind.INTERNAL, bug(error)
    return Analysis(uri, recording_id, size_bytes, error_kind=kind, error=_one_line(message))


def _one_line(message: str) -> str:
    """Return a message as one short line; most are, and stay messages that can be translated."""
    line = printable(message)[:_MESSAGE_CHARACTERS]
    return message if line == message else line


def _analyse_bytes(uri: str, recording_id: str, size_bytes: int, false_alarms: float) -> Analysis:
    # Imported here: a parent process that only receives analyses from its workers needs none of it.
    from phonoscope.audio.decode import Decoder
    from phonoscope.detector.alteration import altered_statement
    from phonoscope.detector.detector import detector
    from phonoscope.detector.explanation import explain
    from phonoscope.disclosure import sidecar
    from phonoscope.disclosure.read import read_marks
    from phonoscope.features.base import features

    with open_source(uri) as file:
        with Decoder(file) as decoder:
            wanted = features()
            blocks = decoder.blocks()
            # Read first: the first block corrects what the header says about the stream.
            first = next(blocks)
            accumulators = {f.name: f.start(decoder.stream) for f in wanted}
            for block in itertools.chain((first,), blocks):
                for accumulator in accumulators.values():
                    accumulator.update(block)
            stream, decoded, text_tags = decoder.stream, decoder.outcome(), decoder.tags
        tags, declared = read_marks(file, text_tags)
    declared = (*declared, *sidecar.declarations(uri, recording_id))
    results = {name: accumulator.result() for name, accumulator in accumulators.items()}
    statements = [s for f in wanted for s in f.statements(results[f.name])]
    detection = detector().detect(results[f.name] for f in wanted if f.feeds_detector)
    weighed = None if detection is None or detection.plain_tones else detection
    if weighed is not None:
        statements.append(explain(weighed))
        if weighed.altered:
            statements.append(altered_statement(weighed.altered))
    return Analysis(
        file=uri,
        recording_id=recording_id,
        size_bytes=size_bytes,
        verdict=judge(declared, detection, false_alarms=false_alarms),
        stream=stream,
        decoded=decoded,
        tags=tags,
        declared=declared,
        results=results,
        evidence=tuple(sorted(statements, key=lambda s: -s.strength)),
        segments=weighed.segments if weighed else (),
    )
