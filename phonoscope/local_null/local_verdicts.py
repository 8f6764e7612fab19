"""Verdicts by local p-values, next to the stored ones, which stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.detector.generated import DEFAULT_FALSE_ALARMS, ORDINARY, Band
from phonoscope.local_null.calibration import Calibration

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class VerdictCounts:
    """Recordings by verdict, as stored and by local p-values."""

    verdict: str
    shipped: int
    """Recordings with this verdict in table ``verdicts``."""
    local: int
    """The same with the null of this catalogue. Verdicts that rest on a mark, on a part of the
    recording or on no score are the same."""


def local_verdicts(catalogue: CatalogueReader, calibration: Calibration) -> ir.Table:
    """Return the verdict of each recording by its local p-value.

    A recording is called generated when its local p-value is at most the limit for false alarms
    that its stored verdict was made with. A verdict stays as it is where a mark in the file decided
    it, where a part of the recording decided it (parts have no local p-value), and where there is
    no local p-value: without a score, by another model, or scanned since.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    calibration
        The calibration in use.

    Returns
    -------
    ibis.expr.types.Table
        ``recording_id``, ``verdict``, ``basis``, ``local_verdict``, ``p_value``, ``local_p_value``
        (empty without one), ``known_human`` and ``scanned_since``: scored by this model, but not
        yet judged.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    local = catalogue.table("local_p_values")
    mine = local.filter(local["calibration_id"] == calibration.row.calibration_id)
    mine = mine.select(judged_id="recording_id", local_p="p_value", known="known_human")
    verdicts: Any = catalogue.table("verdicts")
    # A killed batch may have left a verdict without a recording.
    verdicts = verdicts.semi_join(catalogue.table("recordings"), "recording_id")
    both = verdicts.left_join(mine, verdicts.recording_id == mine.judged_id)
    # A verdict of another model, from a later scan, isn't what was judged.
    p = ibis.ifelse(both.model == calibration.row.model, both.local_p, ibis.null("float64"))
    limit = both.false_alarms.fill_null(DEFAULT_FALSE_ALARMS)
    partly = both.verdict == Band.PARTLY_GENERATED.value
    stays = (both.basis != "detected") | p.isnull() | (partly & (both.p_value > limit))
    stays |= both.altered.notnull()
    fresh = ibis.cases(
        ((p <= limit) & partly, Band.PARTLY_GENERATED.value),
        (p <= limit, Band.GENERATED.value),
        (p < ORDINARY, Band.UNDECIDED.value),
        else_=Band.NO_SIGN_FOUND.value,
    )
    scored = both.p_generated.notnull() & (both.model == calibration.row.model)
    found: ir.Table = both.select(
        "recording_id",
        "verdict",
        "basis",
        "p_value",
        local_verdict=ibis.ifelse(stays.fill_null(True), both.verdict, fresh),
        local_p_value=p,
        known_human=both.known.fill_null(False) & p.notnull(),
        scanned_since=(scored & p.isnull()).fill_null(False),
    )
    return found


def verdict_counts(verdicts: ir.Table) -> list[VerdictCounts]:
    """Return how many recordings have each verdict, both ways.

    Parameters
    ----------
    verdicts
        From :func:`local_verdicts`.
    """
    rows = verdicts.group_by(["verdict", "local_verdict"]).agg(n=verdicts.count())
    found = rows.to_pyarrow().to_pylist()
    order = [band.value for band in Band]
    names = {name for row in found for name in (row["verdict"], row["local_verdict"]) if name}
    return [
        VerdictCounts(
            name,
            sum(row["n"] for row in found if row["verdict"] == name),
            sum(row["n"] for row in found if row["local_verdict"] == name),
        )
        for name in sorted(names, key=lambda n: (order.index(n) if n in order else len(order), n))
    ]


def scanned_since(verdicts: ir.Table) -> int:
    """Return how many recordings the same model scored after the calibration."""
    return int(verdicts.filter(verdicts["scanned_since"]).count().to_pyarrow().as_py())
