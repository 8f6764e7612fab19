"""The estimated true share of machine-made recordings, of a catalogue and of groups in it.

What is counted is counted by the database: it returns a row a group, whatever the number of
recordings. The estimate is :mod:`phonoscope.findings.shared.prevalence`.
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

from phonoscope.detector.rates import Rates
from phonoscope.findings.base import Tables
from phonoscope.findings.shared.groups import PERIODS, counts, is_weighed, key_of
from phonoscope.findings.shared.prevalence import WIDEST, estimate
from phonoscope.text import counted, percent

NO_VERDICTS = (
    "This catalogue cannot tell: no recording in it was weighed by a detector. Scan it with a "
    "version that weighs, into a new catalogue."
)
_NONE = pa.array([], pa.int64())


@dataclass(frozen=True)
class Row:
    """The estimate for one group."""

    group: Any
    """Its value; ``None`` for recordings without one, and for the catalogue as a whole."""
    recordings: int
    """Recordings that were weighed."""
    flagged: int
    """Of those, how many have a p-value up to the threshold. Not the share: some are false
    alarms, and some machine-made recordings are not among them."""
    share: float | None
    """Estimated true share, 0 to 1; ``None`` when the detector tells nothing apart."""
    low: float
    high: float
    """95 % interval of the true share."""
    enough: bool
    """Whether the interval is narrow enough to say something with: see ``WIDEST``."""
    fits: bool
    """Whether the detector's rates can explain how many are flagged at all."""

    @property
    def remark(self) -> str:
        """Why not to lean on the estimate, in a few words; empty when nothing speaks against."""
        if not self.enough:
            return "too few to say"
        return "" if self.fits else "the error rates do not fit"


@dataclass(frozen=True, eq=False)
class Shares:
    """Estimated true shares of groups, with what they rest on."""

    by: str | None
    """What the groups are; ``None`` for the catalogue as a whole."""
    table: pa.Table
    """One row a group, with the fields of :class:`Row` as columns."""
    rates: Rates | None
    """How often the detector is right and wrong; ``None`` when nothing can be said."""
    weighed: int
    """Recordings that were weighed."""
    not_weighed: int
    """Recordings that were too short or too quiet to weigh, or scanned without a detector."""
    of_this_model: bool
    """Whether the model of this version weighed them all: the rates are its own."""
    why: str = ""
    """Why nothing can be said; empty when something can."""

    @property
    def answered(self) -> bool:
        """Whether the catalogue could answer at all."""
        return not self.why

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The groups, one by one."""
        return tuple(Row(**row) for row in self.table.to_pylist())

    def listed(self, most: int) -> tuple[Row, ...]:
        """Return the largest groups, or of months and years the latest and the undated."""
        first = max(0, self.table.num_rows - most) if self.by in PERIODS else 0
        return tuple(Row(**row) for row in self.table.slice(first, most).to_pylist())

    @cached_property
    def overall(self) -> Row | None:
        """All groups together; ``None`` when nothing can be said."""
        if self.rates is None:
            return None
        flagged = int(pc.sum(self.table["flagged"]).as_py() or 0)
        whole = pa.table({"group": [None], "recordings": [self.weighed], "flagged": [flagged]})
        return Row(**estimated(whole, self.rates).to_pylist()[0])

    def to_pyarrow(self) -> pa.Table:
        """Return the groups as an Arrow table."""
        return self.table

    def to_pandas(self) -> Any:
        """Return the groups as a pandas frame."""
        return self.table.to_pandas()

    def says(self) -> str:
        """Say what holds for the catalogue as a whole, in a sentence or two."""
        return self.why if self.overall is None else says(self.overall)

    def to_json(self, most: int | None = None) -> dict[str, Any]:
        """Return the documented JSON shape of ``phonoscope share --json``.

        Parameters
        ----------
        most
            Groups to list at most; by default all.
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
            "rates": None if self.rates is None else dataclasses.asdict(self.rates),
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
        How often the detector is right and wrong; by default those of this version's.

    Raises
    ------
    UsageError
        When there is nothing of the name ``by`` to group by.
    """
    keys = {} if by is None else {"group": key_of(catalogue, by)}
    if not is_weighed(catalogue):
        return _nothing(by, NO_VERDICTS)
    known = rates or current_rates()
    return shares_of(counts(catalogue, known.threshold, keys), by, known)


def _nothing(by: str | None, why: str) -> Shares:
    empty = pa.table({"group": pa.nulls(0), "recordings": _NONE, "flagged": _NONE})
    rates = Rates(0.0, 0, 0, 0, 0)
    return Shares(by, estimated(empty, rates), None, 0, 0, True, why)


def shares_of(found: pa.Table, by: str | None, rates: Rates) -> Shares:
    """Return the shares of groups that were counted by :func:`counts`."""
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
    table = estimated(groups.select(["group", "recordings", "flagged"]), rates)
    return Shares(by, table, rates, weighed, verdicts - weighed, ours)


def estimated(groups: pa.Table, rates: Rates) -> pa.Table:
    """Return groups with ``recordings`` and ``flagged`` as rows of estimates."""
    flagged, recordings = (groups[name].to_numpy() for name in ("flagged", "recordings"))
    found = estimate(flagged, recordings, rates)
    columns = {
        # What is not a number is no value in a table.
        "share": pa.array(found.share, from_pandas=True),
        "low": pa.array(found.low),
        "high": pa.array(found.high),
        "enough": pa.array(np.asarray(found.enough)),
        "fits": pa.array(np.asarray(found.fits)),
    }
    for name, values in columns.items():
        groups = groups.append_column(name, values)
    return groups


def says(row: Row) -> str:
    """Say what an estimate means, in a sentence or two."""
    many = counted(row.recordings, "recording")
    low, high = percent(row.low), percent(row.high)
    if row.share is None:
        return (
            f"Nothing can be said of {many}: in its trial the detector flagged human music as "
            "often as a machine's."
        )
    if not row.enough:
        return (
            f"Too few to say: with {many} weighed, the share made by machines lies between {low} "
            f"and {high}; an interval wider than {100 * WIDEST:.0f} points says too little."
        )
    if not row.fits:
        return (
            f"Between {low} and {high} of {many} were made by machines, and the detector's error "
            "rates do not explain how many it flags here."
        )
    if row.low <= 0.0:
        return (
            f"At most {high} of {many} were made by machines: no more are flagged than false "
            "alarms may explain."
        )
    return f"An estimated {percent(row.share)} of {many} were made by machines ({low} to {high})."


def current_rates() -> Rates:
    """Return how often this version's detector is right and wrong."""
    from phonoscope.detector.rates import detector_rates  # noqa: PLC0415  (reads the weights)

    return detector_rates()


def current_model() -> str:
    """Return the name of the model to which those rates belong, as verdicts record it."""
    from phonoscope.detector.model import model  # noqa: PLC0415  (reads the weights)

    return model().name
