"""The estimated true share of machine-made recordings, of a catalogue and of groups in it.

The database counts and returns one row per group, whatever the number of recordings. The estimate
is :mod:`phonoscope.findings.shared.prevalence`.
"""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from phonoscope.detector.rates import Rates
from phonoscope.findings.base import Tables
from phonoscope.findings.shared.groups import PERIODS, counts, flagged, is_weighed, key_of
from phonoscope.findings.shared.prevalence import (
    FAMILIES_DIFFER,
    NO_FIT,
    NO_SEPARATION,
    SOURCES_DIFFER,
    TOO_FEW,
    WIDEST,
    estimate,
)
from phonoscope.local_null.local_rates import LocalRates, local_rates
from phonoscope.messages import gettext, ngettext
from phonoscope.text import percent

NO_VERDICTS = gettext(
    "The detector has scored no recording in this catalogue. Scan the recordings again with this "
    "version, into a new catalogue."
)
_REMARKS = {
    NO_SEPARATION: gettext("the detector separates nothing"),
    NO_FIT: gettext("error rates don't fit"),
    TOO_FEW: gettext("too few recordings"),
    FAMILIES_DIFFER: gettext("generators are found unequally often"),
    SOURCES_DIFFER: gettext("human music is flagged unequally often"),
}
_NO_RATES = Rates.at(0.001, human=0, human_flagged=0, machine=0, machine_found=0)


@dataclass(frozen=True)
class Row:
    """The estimate for one group."""

    group: Any
    """Its value; ``None`` for recordings without one, and for the catalogue as a whole."""
    recordings: int
    """Recordings that the detector scored."""
    flagged: int
    """Those with a p-value up to the threshold. This isn't the share: it includes false alarms and
    misses some machine-made recordings."""
    share: float | None
    """Estimated true share, 0 to 1; ``None`` when the detector separates nothing."""
    low: float
    high: float
    """95 % interval of the true share."""
    enough: bool
    """Whether the interval is narrow enough to be useful: see ``WIDEST``."""
    fits: bool
    """Whether the detector's error rates can explain the number of flags."""
    reason: str = ""
    """Why the estimate is not reliable, one of ``prevalence.REASONS``; empty when it is."""

    @property
    def remark(self) -> str:
        """The reason in a few words; empty when the estimate is reliable."""
        return _REMARKS.get(self.reason, "")


@dataclass(frozen=True, eq=False)
class Shares:
    """Estimated true shares of groups, and the counts behind them."""

    by: str | None
    """Name of the grouping; ``None`` for the whole catalogue."""
    table: pa.Table
    """One row a group, with the fields of :class:`Row` as columns."""
    rates: Rates | None
    """How often the detector is right and wrong; ``None`` without an answer."""
    weighed: int
    """Recordings that the detector scored."""
    not_weighed: int
    """Recordings that were too short or too quiet to score, or scanned without a detector."""
    of_this_model: bool
    """Whether this version's model scored all of them; the rates are those of this model."""
    overall: Row | None = None
    """All groups together; ``None`` without an answer."""
    why: str = ""
    """Why there is no answer; empty when there is one."""

    @property
    def answered(self) -> bool:
        """Whether the catalogue has the data for an answer."""
        return not self.why

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The groups, one by one."""
        return tuple(Row(**row) for row in self.table.to_pylist())

    def listed(self, most: int) -> tuple[Row, ...]:
        """Return the largest groups, or of months and years the latest and the undated."""
        first = max(0, self.table.num_rows - most) if self.by in PERIODS else 0
        return tuple(Row(**row) for row in self.table.slice(first, most).to_pylist())

    def to_pyarrow(self) -> pa.Table:
        """Return the groups as an Arrow table."""
        return self.table

    def to_pandas(self) -> Any:
        """Return the groups as a pandas frame."""
        return self.table.to_pandas()

    def says(self) -> str:
        """Return the estimate for the whole catalogue in a sentence or two."""
        return self.why if self.overall is None else says(self.overall)

    def to_json(self, most: int | None = None) -> dict[str, Any]:
        """Return the documented JSON shape of ``phonoscope share --json``.

        Parameters
        ----------
        most
            Most groups to list; all by default.
        """
        overall = None if self.overall is None else dataclasses.asdict(self.overall)
        if overall:
            overall.pop("group")
        return {
            "format": "phonoscope-share/1",
            "by": self.by,
            "says": self.says(),
            "overall": overall,
            "weighed": self.weighed,
            "not_weighed": self.not_weighed,
            "of_this_model": self.of_this_model,
            "rates": None if self.rates is None else self.rates.to_json(),
            "groups_in_all": self.table.num_rows,
            "groups": [dataclasses.asdict(row) for row in self.listed(most or len(self.table))],
        }


def share_generated(
    catalogue: Tables, by: str | None = None, *, rates: Rates | None = None
) -> Shares:
    """Estimate the true share of machine-made recordings in a catalogue, or in each group.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    by
        ``None`` for the whole, ``"month"`` or ``"year"`` of the date tag, ``"label"``,
        ``"artist"``, ``"album"``, ``"genre"`` or another tag, or a column of ``recordings``
        such as ``"codec"``.
    rates
        How often the detector is right and wrong; by default the rates of this version's model,
        with the catalogue's own false alarms where it has a calibration.

    Raises
    ------
    UsageError
        When there is no grouping called ``by``.
    """
    keys = {} if by is None else {"group": key_of(catalogue, by)}
    if not is_weighed(catalogue):
        return _nothing(by, NO_VERDICTS)
    known = rates or rates_for(catalogue).rates
    return shares_of(counts(catalogue, known.edges, keys), by, known)


def _nothing(by: str | None, why: str) -> Shares:
    table = _table(pa.nulls(0), np.zeros(0, np.int64), np.zeros((0, 1), np.int64), _NO_RATES)
    return Shares(by, table, None, 0, 0, True, why=why)


def shares_of(found: pa.Table, by: str | None, rates: Rates, *, part: bool = False) -> Shares:
    """Return the shares of groups, from the result of :func:`counts`.

    With ``part``, all groups together are a part of the catalogue to which local rates belong.
    """
    weighed = int(pc.sum(found["recordings"]).as_py() or 0)
    if weighed == 0:
        return _nothing(by, NO_VERDICTS)
    verdicts = int(pc.sum(found["verdicts"]).as_py() or 0)
    names = (pc.unique(found[column]).to_pylist() for column in ("first_model", "last_model"))
    ours = {*itertools.chain(*names)} <= {None, current_model()}
    if "group" not in found.column_names:
        found = found.append_column("group", pa.nulls(found.num_rows, pa.string()))
    groups = found.filter(pc.greater(found["recordings"], 0)).sort_by(
        [("group", "ascending")]
        if by in PERIODS
        else [("recordings", "descending"), ("group", "ascending")]
    )
    recordings, hits = groups["recordings"].to_numpy(), flagged(groups, len(rates.edges))
    table = _table(groups["group"], recordings, hits, rates, whole=by is None and not part)
    whole = _table(pa.nulls(1), np.array([weighed]), hits.sum(axis=0)[None], rates, whole=not part)
    overall = Row(**whole.to_pylist()[0])
    return Shares(by, table, rates, weighed, verdicts - weighed, ours, overall)


def _table(
    group: pa.Array | pa.ChunkedArray,
    recordings: NDArray[np.int64],
    hits: NDArray[np.int64],
    rates: Rates,
    *,
    whole: bool = False,
) -> pa.Table:
    """Return rows of estimates, from counts of shape (groups,) and (groups, edges)."""
    found = estimate(hits, recordings, rates, whole=whole)
    return pa.table(
        {
            "group": group,
            "recordings": pa.array(recordings, pa.int64()),
            "flagged": pa.array(hits[:, rates.edges.index(rates.threshold)], pa.int64()),
            # NaN becomes an empty cell.
            "share": pa.array(found.share, from_pandas=True),
            "low": pa.array(found.low),
            "high": pa.array(found.high),
            "enough": pa.array(np.asarray(found.enough)),
            "fits": pa.array(np.asarray(found.fits)),
            "reason": pa.array(found.reason.tolist(), pa.string()),
        }
    )


def says(row: Row) -> str:
    """Return an estimate in a sentence or two."""
    ends = {"low": percent(row.low), "high": percent(row.high)}
    if row.share is None:
        return ngettext(
            "No estimate for {n} recording: in its evaluation, the detector flagged human music "
            "as often as generated music.",
            "No estimate for {n} recordings: in its evaluation, the detector flagged human music "
            "as often as generated music.",
            row.recordings,
        )
    if not row.enough and row.fits:
        return _wide(row)
    if not row.fits:
        return ngettext(
            "{low} to {high} of {n} recording was made by a machine, but the detector's error "
            "rates don't explain the number of flags.",
            "{low} to {high} of {n} recordings were made by machines, but the detector's error "
            "rates don't explain the number of flags.",
            row.recordings,
            **ends,
        )
    if row.low <= 0.0:
        return ngettext(
            "At most {high} of {n} recording was made by a machine: false alarms alone can "
            "explain the flags.",
            "At most {high} of {n} recordings were made by machines: false alarms alone can "
            "explain the flags.",
            row.recordings,
            **ends,
        )
    return ngettext(
        "An estimated {share} of {n} recording (95% interval {low} to {high}) was made by a "
        "machine.",
        "An estimated {share} of {n} recordings (95% interval {low} to {high}) were made by "
        "machines.",
        row.recordings,
        share=percent(row.share),
        **ends,
    )


def _wide(row: Row) -> str:
    """Return an estimate whose interval is wide, and why it is."""
    ends = {"low": percent(row.low), "high": percent(row.high)}
    if row.reason == FAMILIES_DIFFER:
        return ngettext(
            "{low} to {high} of {n} recording was made by a machine. This 95% interval is wide, "
            "because the detector finds some generators less often than others.",
            "{low} to {high} of {n} recordings were made by machines. This 95% interval is wide, "
            "because the detector finds some generators less often than others.",
            row.recordings,
            **ends,
        )
    if row.reason == SOURCES_DIFFER:
        return ngettext(
            "{low} to {high} of {n} recording was made by a machine. This 95% interval is wide, "
            "because the detector flags some human music more often than other human music.",
            "{low} to {high} of {n} recordings were made by machines. This 95% interval is wide, "
            "because the detector flags some human music more often than other human music.",
            row.recordings,
            **ends,
        )
    return ngettext(
        "{n} recording is too few for an estimate: the 95% interval, {low} to {high}, is wider "
        "than {widest} points.",
        "{n} recordings are too few for an estimate: the 95% interval, {low} to {high}, is "
        "wider than {widest} points.",
        row.recordings,
        widest=round(100 * WIDEST),
        **ends,
    )


def current_rates() -> Rates:
    """Return how often this version's detector is right and wrong."""
    from phonoscope.detector.rates import detector_rates  # noqa: PLC0415  (reads the weights)

    return detector_rates()


def rates_for(catalogue: Tables) -> LocalRates:
    """Return the rates for a catalogue, with its own false alarms if it has a calibration."""
    return local_rates(catalogue, current_rates(), current_model())


def current_model() -> str:
    """Return the name of the model to which those rates belong, as verdicts record it."""
    from phonoscope.detector.model import model  # noqa: PLC0415  (reads the weights)

    return model().name
