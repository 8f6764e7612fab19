"""The calibration in use: what it rests on, how well the shipped null fits, what it gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.catalogue.schema.calibrations import CalibrationNullRow, CalibrationRow
from phonoscope.columns import columns_in
from phonoscope.defaults import BEFORE_YEAR
from phonoscope.detector.empirical_null import EmpiricalNull, log_odds
from phonoscope.escape import printable
from phonoscope.interval import Interval, wilson
from phonoscope.local_null.channel import EVERY, Channel, Encoding
from phonoscope.local_null.nulls import Nulls
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import between, percent

ONE_ARTIST = 0.2
"""With a larger share of its recordings by one artist, a null is about that artist."""


class Fit(NamedTuple):
    """How many known-human recordings have a shipped p-value up to a level."""

    level: float
    hits: int
    total: int

    @property
    def share(self) -> float:
        """The share of them, 0 to 1; a null that fits gives the level."""
        return self.hits / self.total

    @property
    def interval(self) -> Interval:
        """Its 95% interval (Wilson)."""
        return wilson(self.hits, self.total)

    @property
    def fits(self) -> bool:
        """Whether the interval contains the level."""
        return self.interval.low <= self.level <= self.interval.high


@dataclass(frozen=True, eq=False)
class Calibration:
    """A calibration of a catalogue, as it is stored."""

    row: CalibrationRow
    null_rows: tuple[CalibrationNullRow, ...]

    @cached_property
    def nulls(self) -> Nulls:
        """Its nulls by channel."""
        return Nulls(
            {
                Channel(row.bandwidth, row.chain): EmpiricalNull(
                    np.asarray(row.scores, np.float64),
                    row.tail_start,
                    row.tail_scale,
                    row.tail_share,
                )
                for row in self.null_rows
            }
        )

    @property
    def fit(self) -> tuple[Fit, ...]:
        """How well the shipped null fits the known-human recordings, at three levels."""
        row = self.row
        hits = ((0.001, row.up_to_001), (0.01, row.up_to_01), (0.05, row.up_to_05))
        return tuple(Fit(level, found, row.known_human) for level, found in hits)

    @property
    def fits(self) -> bool:
        """Whether the shipped null fits at every level."""
        return all(one.fits for one in self.fit)

    def ignored(self, model: str | None) -> str:
        """Return why this calibration says nothing about a model's scores; empty if it does.

        Parameters
        ----------
        model
            Name of the model, as verdicts record it.
        """
        if model == self.row.model:
            return ""
        return gettext(
            "The calibration of this catalogue isn't used. It is for the model {other}, and the "
            "scores are from {model}. Run 'phonoscope calibrate' again.",
            other=printable(self.row.model),
            model=printable(model or "?"),
        )

    def p_value(self, p_generated: float | None, encoding: Encoding) -> float | None:
        """Return the local p-value of a recording that isn't in the null.

        Parameters
        ----------
        p_generated
            Probability by the same model; ``None`` without a score.
        encoding
            How the recording was encoded.
        """
        if p_generated is None or math.isnan(p_generated):
            return None
        return self.nulls.p_value(float(log_odds(p_generated)), encoding)

    def says(self) -> str:
        """Return how often known-human recordings of this catalogue would be called generated."""
        row = self.row
        share = percent(row.called / row.known_human)
        if row.before_year is not None:
            return ngettext(
                "In this catalogue, {share} of {n} recording released before {year} would be "
                "called generated.",
                "In this catalogue, {share} of {n} recordings released before {year} would be "
                "called generated.",
                row.known_human,
                share=share,
                year=str(row.before_year),
            )
        return ngettext(
            "In this catalogue, {share} of {n} recording that is known to be human would be called "
            "generated.",
            "In this catalogue, {share} of {n} recordings that are known to be human would be "
            "called generated.",
            row.known_human,
            share=share,
        )

    def fit_says(self) -> str:
        """Return whether the shipped null fits this catalogue, in a sentence or two."""
        off = [one for one in self.fit if not one.fits]
        if not off:
            return gettext("The null that comes with the model fits this catalogue.")
        worst = max(off, key=lambda one: abs(math.log((one.hits + 0.5) / one.total / one.level)))
        low, high = between(*worst.interval)
        found: dict[str, str] = {
            "level": percent(worst.level),
            "share": percent(worst.share),
            "low": low,
            "high": high,
        }
        if worst.share > worst.level:
            return gettext(
                "The null that comes with the model doesn't fit this catalogue: it promises "
                "{level} false alarms, and gives {share} (95% interval {low} to {high}).",
                **found,
            )
        return gettext(
            "The null that comes with the model is too careful for this catalogue: it promises "
            "{level} false alarms, and gives {share} (95% interval {low} to {high}).",
            **found,
        )

    def caveats(self) -> str:
        """Return what limits this calibration, in sentences; empty if nothing does."""
        row, parts = self.row, []
        if row.widened:
            parts.append(
                ngettext(
                    "{n} known-human recording is few, so local p-values are upper limits.",
                    "{n} known-human recordings are few, so local p-values are upper limits.",
                    row.known_human,
                )
            )
        if row.of_one_artist > ONE_ARTIST * row.known_human:
            parts.append(
                ngettext(
                    "{n} of them is by one artist, so the null may not hold for others.",
                    "{n} of them are by one artist, so the null may not hold for others.",
                    row.of_one_artist,
                )
            )
        if row.before_year is not None and row.before_year > BEFORE_YEAR:
            parts.append(
                gettext(
                    "Recordings released in {year} or later may be machine-made, which makes the "
                    "null too wide.",
                    year=str(BEFORE_YEAR),
                )
            )
        return sentences(*parts)

    def to_json(self) -> dict[str, Any]:
        """Return the fields that ``docs/calibrate-json.md`` documents."""
        made = asdict(self.row)
        return {
            **made,
            "made_utc": f"{self.row.made_utc:%Y-%m-%dT%H:%M:%SZ}",
            "says": self.says(),
            "fit": [
                {
                    "level": one.level,
                    "hits": one.hits,
                    "share": one.share,
                    "low": one.interval.low,
                    "high": one.interval.high,
                    "fits": one.fits,
                }
                for one in self.fit
            ],
            "nulls": [_null_json(row) for row in self.null_rows],
        }


def _null_json(row: CalibrationNullRow) -> dict[str, Any]:
    stored = {f.name: getattr(row, f.name) for f in columns_in(CalibrationNullRow)}
    return {name: v for name, v in stored.items() if name not in ("calibration_id", "scores")}


def current(catalogue: CatalogueReader) -> Calibration | None:
    """Return the newest calibration of a catalogue; ``None`` if there is none that is whole."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    table = catalogue.table("calibrations")
    newest = table.order_by(ibis.desc("batch")).limit(1).to_pyarrow().to_pylist()
    if not newest:
        return None
    row = _made(CalibrationRow, newest[0])
    nulls = catalogue.table("calibration_nulls")
    mine = nulls.filter(nulls["calibration_id"] == row.calibration_id)
    rows = mine.order_by(["bandwidth", "chain"]).to_pyarrow().to_pylist()
    found = Calibration(row, tuple(_made(CalibrationNullRow, one) for one in rows))
    return found if EVERY in found.nulls.by_channel else None


def _made(kind: type[Any], stored: Mapping[str, Any]) -> Any:
    return kind(**{f.name: stored.get(f.name) for f in columns_in(kind)})
