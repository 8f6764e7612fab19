"""What a worker does with one file."""

from __future__ import annotations

import dataclasses

from phonoscope.analysis import Analysis, analyse
from phonoscope.detector.detector import detector
from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.features.base import features
from phonoscope.files import identify_source, stat_source
from phonoscope.messages import gettext
from phonoscope.scan.messages import Failure


def prepare() -> None:
    """Import what the first task needs, so that it doesn't count as the first file's time."""
    import phonoscope.audio.decode
    import phonoscope.audio.loudness
    import phonoscope.disclosure.read  # noqa: F401 - see above

    features()
    detector()


def identify_file(uri: str) -> str | Failure:
    """Return the ``recording_id`` of a file, or why it can't be read."""
    try:
        return identify_source(uri)[0]
    except UnreadableError as error:
        return Failure(error.kind, error.message)


def analyse_file(
    uri: str, recording_id: str, size_bytes: int, mtime_ns: int, false_alarms: float
) -> Analysis:
    """Analyse a file whose bytes were identified.

    A file that changed since it was listed becomes an error: its results may belong to other bytes
    than its ``recording_id``.
    """
    analysis = analyse(uri, recording_id=recording_id, false_alarms=false_alarms)
    if analysis.error_kind is not None:
        return analysis
    try:
        now = stat_source(uri)
        changed = (now.size_bytes, now.mtime_ns) != (size_bytes, mtime_ns)
    except UnreadableError:
        changed = True
    if not changed:
        return analysis
    return dataclasses.replace(
        Analysis(uri, recording_id, analysis.size_bytes),
        error_kind=ErrorKind.IO,
        error=gettext("The file changed during the scan. The next scan reads it again."),
    )
