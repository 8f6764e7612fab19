"""The local p-value of one recording: the stored one, or computed now from the stored null."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.local_null.calibration import Calibration, current
from phonoscope.local_null.channel import Channel, Encoding
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis


@dataclass(frozen=True)
class LocalPValue:
    """The local p-value of one recording, or why there is none."""

    calibration_id: str
    p_value: float | None
    """Share of this catalogue's known-human recordings that look at least as generated, 0 to 1."""
    known_human: bool
    """Whether it is one of them itself; then all others judge it."""
    recordings: int
    """Known-human recordings that it is compared with."""
    channel: str
    """What they have in common, in words."""
    says: str
    """How often known-human recordings of this catalogue would be called generated."""
    ignored: str
    """Why there is no local p-value; empty if there is one."""

    def to_json(self) -> dict[str, Any]:
        """Return the shape that ``docs/api-json.md`` documents as ``local``."""
        return asdict(self)


def local_p_value(catalogue: CatalogueReader, analysis: Analysis) -> LocalPValue | None:
    """Return the local p-value of a recording, in the catalogue or not.

    One that was judged by the newest calibration has it stored. Any other is judged now.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    analysis
        The recording.

    Returns
    -------
    LocalPValue or None
        ``None`` where the catalogue has no calibration.
    """
    calibration = current(catalogue)
    if calibration is None:
        return None
    verdict = analysis.verdict
    ignored = calibration.ignored(verdict.model) if verdict.model else ""
    found = None if ignored else _stored(catalogue, calibration, analysis.recording_id)
    encoding = _encoding(analysis)
    channel, known = calibration.nulls.channel_for(encoding), False
    p_value = None if ignored else calibration.p_value(verdict.p_generated, encoding)
    if found is not None and p_value is not None:
        channel = Channel(found["bandwidth"], found["chain"])
        p_value, known = found["p_value"], bool(found["known_human"])
    if p_value is None and not ignored:
        ignored = gettext("The detector didn't score this recording.")
    return LocalPValue(
        calibration.row.calibration_id,
        p_value,
        known,
        calibration.nulls.by_channel[channel].scores.size - known,
        channel.in_words(),
        calibration.says(),
        ignored,
    )


def _stored(
    catalogue: CatalogueReader, calibration: Calibration, recording_id: str | None
) -> dict[str, Any] | None:
    table = catalogue.table("local_p_values")
    mine = table.filter(
        (table["calibration_id"] == calibration.row.calibration_id)
        & (table["recording_id"] == (recording_id or ""))
    )
    return next(iter(mine.to_pyarrow().to_pylist()), None)


def _encoding(analysis: Analysis) -> Encoding:
    stream, measured = analysis.stream, analysis.descriptors
    return Encoding(
        measured.get("trace_limit_hz"),
        stream.codec if stream else None,
        stream.lossless if stream else None,
        measured.get("made_from"),
    )
