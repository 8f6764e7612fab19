"""Estimate a catalogue's own null, judge its recordings by it, and store both."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.catalogue.schema.calibrations import CalibrationNullRow, CalibrationRow
from phonoscope.catalogue.schema.tables import phonoscope_version, plain_rows, tables
from phonoscope.catalogue.store import Store
from phonoscope.clock import utc_now
from phonoscope.detector.empirical_null import ENOUGH, FEWEST, log_odds
from phonoscope.errors import UsageError
from phonoscope.local_null.calibration import Calibration
from phonoscope.local_null.channel import Encoding
from phonoscope.local_null.known_human import KnownHuman
from phonoscope.local_null.nulls import Judged, judged
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.progress import NoProgress, Progress

PART_ROWS = 1 << 18
"""Rows of a part of local p-values."""
MOST_KNOWN = 200_000
"""Most known-human recordings of a calibration; of more, these are a random sample, because ids
are hashes."""
_STEPS = 3
_ENCODING = ("trace_limit_hz", "codec", "lossless", "made_from")
_VERDICT = ("p_generated", "p_value", "model", "verdict", "basis")
_CALLED = ("generated", "partly-generated")


def calibrate(
    store: Store,
    catalogue: CatalogueReader,
    known: KnownHuman,
    progress: Progress | None = None,
) -> Calibration:
    """Calibrate a catalogue with recordings that are known to be human.

    Parameters
    ----------
    store
        Where to write.
    catalogue
        The same catalogue.
    known
        Which recordings are known to be human.
    progress
        Receives the progress.

    Returns
    -------
    Calibration
        As it is stored. If the process is killed before the end, the one before stays in use.

    Raises
    ------
    UsageError
        When no recording was scored (``not-scored``), or fewer than 50 known-human ones were
        (``too-few-known-human``).
    CatalogueError
        When the catalogue can't be written.
    """
    at = progress or NoProgress()
    at.start("calibrate", unit="steps", total=_STEPS)
    at.step(gettext("reading scores"))
    rows = _scored(catalogue)
    of_model = pc.value_counts(rows["model"].combine_chunks()).to_pylist()
    if not of_model:
        raise UsageError(
            gettext("The detector has scored no recording in this catalogue. Scan it first."),
            code="not-scored",
        )
    model = max(of_model, key=lambda one: (one["counts"], one["values"]))["values"]
    others = rows.num_rows - sum(one["counts"] for one in of_model if one["values"] == model)
    rows = rows.filter(pc.equal(rows["model"], model)).sort_by("recording_id").combine_chunks()
    is_known = np.isin(rows["recording_id"].to_numpy(), sorted(known.recording_ids))
    is_known &= np.cumsum(is_known) <= MOST_KNOWN
    if is_known.sum() < FEWEST:
        raise _too_few(int(is_known.sum()), known)
    at.advance()
    at.step(gettext("fitting nulls"))
    scores = log_odds(rows["p_generated"].to_numpy())
    found = judged(scores, is_known, _encodings(rows))
    at.advance()
    at.step(gettext("storing p-values"))
    names = BatchNames(f"calibrate{secrets.token_hex(4)}", after=store.newest_batch())
    calibration_id = names.next().rpartition("-")[0]
    humans = rows.filter(pa.array(is_known))
    artists = Counter(filter(None, humans["tag_artist"].to_pylist()))
    shipped = humans["p_value"].to_numpy()
    row = CalibrationRow(
        calibration_id=calibration_id,
        made_utc=utc_now(),
        version=phonoscope_version(),
        model=model,
        rule="list" if known.before_year is None else "date",
        before_year=known.before_year,
        known_human=humans.num_rows,
        artists=len(artists),
        of_one_artist=max(artists.values(), default=0),
        called=_count_called(humans),
        up_to_001=int((shipped <= 0.001).sum()),
        up_to_01=int((shipped <= 0.01).sum()),
        up_to_05=int((shipped <= 0.05).sum()),
        judged=rows.num_rows,
        not_scored=_count(catalogue, "recordings") - rows.num_rows - others,
        other_model=others,
        stated_later=known.stated_later,
        not_found=known.not_found,
        widened=humans.num_rows < ENOUGH,
    )
    nulls = _null_rows(calibration_id, found)
    for part in _local(calibration_id, rows, is_known, found):
        batch = names.next()
        store.write({"local_p_values": _written(part, "local_p_values", batch)}, batch)
    batch = names.next()
    stored = {
        "calibration_nulls": plain_rows("calibration_nulls", nulls, batch),
        "calibrations": plain_rows("calibrations", [row], batch),
    }
    store.write(stored, batch)
    at.advance()
    return Calibration(row, tuple(nulls))


def _scored(catalogue: CatalogueReader) -> pa.Table:
    """Return what is needed of every scored recording."""
    recordings = catalogue.table("recordings").select("recording_id", "tag_artist", *_ENCODING)
    verdicts = catalogue.table("verdicts").select("recording_id", *_VERDICT)
    joined = verdicts.inner_join(recordings, "recording_id")
    p = joined["p_generated"]
    scored = p.notnull() & ~p.isnan() & joined["model"].notnull()
    return joined.filter(scored).to_pyarrow()


def _encodings(rows: pa.Table) -> list[Encoding]:
    columns = (rows[name].to_pylist() for name in _ENCODING)
    return [Encoding(*values) for values in zip(*columns, strict=True)]


def _count(catalogue: CatalogueReader, table: str) -> int:
    return int(catalogue.table(table).count().to_pyarrow().as_py())


def _count_called(humans: pa.Table) -> int:
    detected = pc.equal(humans["basis"], "detected")
    called = pc.is_in(humans["verdict"], pa.array(_CALLED))
    return int(pc.sum(pc.and_(detected, called)).as_py() or 0)


def _too_few(number: int, known: KnownHuman) -> UsageError:
    found = ngettext(
        "The detector scored {n} recording that is known to be human. A calibration needs "
        "{fewest} or more, and {enough} for p-values that aren't upper limits.",
        "The detector scored {n} recordings that are known to be human. A calibration needs "
        "{fewest} or more, and {enough} for p-values that aren't upper limits.",
        number,
        fewest=FEWEST,
        enough=ENOUGH,
    )
    if known.before_year is None:
        missing = ngettext(
            "{n} entry of the list names no recording of the catalogue.",
            "{n} entries of the list name no recording of the catalogue.",
            known.not_found,
        )
        return UsageError(
            sentences(found, missing if known.not_found else ""), code="too-few-known-human"
        )
    advice = gettext(
        "Dates come from the date tag and from linked tracks. A list of recordings "
        "(--known-human) needs no dates."
    )
    return UsageError(sentences(found, advice), code="too-few-known-human")


def _null_rows(calibration_id: str, found: Judged) -> list[CalibrationNullRow]:
    made = []
    judged_by = np.bincount(found.channel, minlength=len(found.channels))
    for channel, null in found.nulls.by_channel.items():
        low, high = null.uncertainty(0.01)
        made.append(
            CalibrationNullRow(
                calibration_id,
                channel.bandwidth,
                channel.chain,
                null.scores.size,
                int(judged_by[found.channels.index(channel)]),
                null.tail_start,
                null.tail_scale,
                null.tail_share,
                low,
                high,
                null.scores,
            )
        )
    return made


def _local(
    calibration_id: str, rows: pa.Table, known: NDArray[np.bool_], found: Judged
) -> Iterator[dict[str, Any]]:
    """Yield the local p-values, in parts."""
    bandwidths = np.array([one.bandwidth for one in found.channels], object)
    chains = np.array([one.chain for one in found.channels], object)
    for start in range(0, rows.num_rows, PART_ROWS):
        part = slice(start, min(start + PART_ROWS, rows.num_rows))
        channel = found.channel[part]
        yield {
            "calibration_id": pa.repeat(calibration_id, channel.size),
            "recording_id": rows["recording_id"].slice(start, channel.size),
            "p_value": pa.array(found.p_values[part]),
            "shipped_p_value": rows["p_value"].slice(start, channel.size),
            "known_human": pa.array(known[part]),
            "bandwidth": pa.array(bandwidths[channel], pa.string()),
            "chain": pa.array(chains[channel], pa.string()),
        }


def _written(part: dict[str, Any], table: str, batch: str) -> pa.Table:
    """Return columns as rows of a table, which name their batch."""
    size = len(part["recording_id"])
    whole = {**part, "scan_id": pa.nulls(size, pa.string()), "batch": pa.repeat(batch, size)}
    schema = tables()[table].schema
    return pa.table([whole[name] for name in schema.names], schema=schema)
