"""The detector: a small model, trained in ``bench/``, that scores the sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats
from phonoscope.detector.calibration import (
    BANDS,
    GROUPS,
    KINDS_OF_NULL,
    LargestNull,
    Null,
    group_of,
    probability,
)
from phonoscope.detector.change_points import stretches_of
from phonoscope.detector.features import (
    COMB_SUMS,
    GRID_HZ,
    STRONGEST_SIDE_COMB,
    window_grid,
    window_shape,
)
from phonoscope.detector.generated import Detection, Segment
from phonoscope.detector.model import model
from phonoscope.detector.plain_tones import are_plain_tones
from phonoscope.detector.trees import Trees
from phonoscope.features.traces import Traces, TraceSegment

WINDOW = 3
"""Segments that are scored together to show where a generator's lines are: about 16 s."""
MOST_LINES, LINES_APART_HZ = 6, 20.0
LINE_OVER_MEAN = 0.08
"""A line is higher than its neighbours more often than the average bin, by at least this share."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """A score from three views: a linear model of the grid, and trees over combs and shape."""

    grid: Floats

    combs: Trees
    """Reads the combs over all bands only: what an unknown decoder shares with known ones."""
    shape: Trees
    grid_share: float
    combs_share: float
    shape_share: float
    offset: float

    def __call__(self, grids: Floats, shapes: Floats, where: NDArray[np.int64]) -> Floats:
        """Return scores of windows, shape (n,), log odds before calibration.

        Parameters
        ----------
        grids
            Grids of all windows, shape (n, frequencies).
        shapes
            Shapes of some windows, shape (m, values).
        where
            Indices of these windows, shape (m,). Between them, the trees' score is interpolated.
        """
        grown = self.combs_share * self.combs(shapes[:, COMB_SUMS])
        grown += self.shape_share * self.shape(shapes)
        score: Floats = np.interp(np.arange(len(grids)), where, grown).astype(np.float32)
        score += self.grid_share * (grids @ self.grid) + np.float32(self.offset)
        return score


@dataclass(frozen=True, eq=False)
class Detector:
    """Trained weights and their calibration."""

    name: str
    """Name, version and hash of the model."""
    score: Scorer
    nulls: tuple[LargestNull, ...]
    """Human scores of recordings, one for each of ``GROUPS``."""
    window_nulls: tuple[Null, ...]
    """Human scores of windows, one for each of ``BANDS``."""
    altered: Trees
    altered_from: float
    """Score of :attr:`altered` from which p-values come from altered human recordings."""
    certain_from: float
    """Score of :attr:`altered` from which the alteration itself is reported."""
    slope: float
    intercept: float
    families: tuple[str, ...]
    """Names of decoders; empty for those whose name was often wrong."""
    family_grid: Floats
    """Shape (families, frequencies)."""
    family_offset: Floats
    family_known: float
    """Smallest probability at which a family is named; below, the generator is unknown."""

    def detect(self, results: Iterable[Any]) -> Detection | None:
        """Score one recording.

        Evidence adds up over the whole recording: its score is that of all segments together, not a
        mean over windows. Windows show where it comes from.

        Parameters
        ----------
        results
            Results of the features that feed the detector
            (:attr:`phonoscope.features.base.Feature.feeds_detector`). This model was trained on
            :class:`Traces`; it ignores other kinds.

        Returns
        -------
        Detection or None
            ``None`` when the recording is too short or too quiet to score.
        """
        traces = next((found for found in results if isinstance(found, Traces)), None)
        if traces is None or not traces.stretches or traces.trace_limit_hz is None:
            return None
        whole = traces.stretches
        grid, shape = window_grid(whole), window_shape(whole)
        overall = float(self.score(grid[None], shape[None], np.zeros(1, np.int64))[0])
        looks = float(self.altered(shape[None])[0])
        altered = looks >= self.altered_from
        mono = bool(shape[STRONGEST_SIDE_COMB] == 0)
        null = self.nulls[group_of(traces.trace_limit_hz, altered=altered, mono=mono)]
        windows = _windows(whole)
        scores = self._window_scores(windows) if len(windows) > 1 else np.array([overall])
        part_null = self.window_nulls[group_of(traces.trace_limit_hz)]
        spans = _spans(whole, len(windows))
        family, confidence = self._family(grid)
        apart = max(1.0, len(windows) / WINDOW)
        return Detection(
            p_generated=self.probability(overall),
            p_value=null.p_value(overall),
            generator=family,
            generator_confidence=confidence,
            segments=tuple(
                Segment(start_s, end_s, self.probability(float(score)))
                for (start_s, end_s), score in zip(spans, scores, strict=True)
            ),
            lines_hz=self._lines(grid),
            p_value_part=min(1.0, apart * part_null.p_value(float(scores.max()))),
            least_counted=null.least_counted,
            model=self.name,
            stretches=stretches_of(
                scores,
                spans,
                [sum(s.frames for s in w) for w in windows],
                part_null.p_value,
                overlap=WINDOW,
            ),
            altered="pitch-or-tempo" if looks >= self.certain_from else None,
            plain_tones=traces.level_db is not None and are_plain_tones(whole, traces.level_db),
        )

    def _window_scores(self, windows: Sequence[Sequence[TraceSegment]]) -> Floats:
        """Score each window; shapes, which take most of the time, only of those side by side."""
        where = np.unique([*range(0, len(windows), WINDOW), len(windows) - 1])
        grids = np.stack([window_grid(w) for w in windows])
        shapes = np.stack([window_shape(windows[i]) for i in where])
        return self.score(grids, shapes, where)

    def probability(self, score: float) -> float:
        """Return the probability of a generator for a score."""
        return probability(score, self.slope, self.intercept)

    def _lines(self, grid: Floats) -> tuple[float, ...]:
        """Return the frequencies of lines that are evidence of a generator."""
        evidence = np.where(grid >= LINE_OVER_MEAN, grid * self.score.grid, 0.0)
        found = []
        for _ in range(MOST_LINES):
            best = int(evidence.argmax())
            if evidence[best] <= 0:
                break
            # As tables keep it, so that a stored list is the same list.
            found.append(float(np.float32(GRID_HZ[best])))
            evidence[np.abs(GRID_HZ - GRID_HZ[best]) < LINES_APART_HZ] = 0.0
        return tuple(sorted(found))

    def _family(self, grid: Floats) -> tuple[str | None, float | None]:
        """Return the family that a recording resembles most, if it resembles any."""
        similarity = self.family_grid @ grid + self.family_offset
        shares = np.exp(similarity - similarity.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        known = self.families[best] and shares[best] >= self.family_known
        return (self.families[best], float(shares[best])) if known else (None, None)


def _windows(stretches: Sequence[TraceSegment]) -> list[Sequence[TraceSegment]]:
    """Return each segment with its neighbours; a short recording is one window."""
    if len(stretches) <= WINDOW + 1:
        return [stretches]
    return [stretches[i : i + WINDOW] for i in range(len(stretches) - WINDOW + 1)]


def _spans(stretches: Sequence[TraceSegment], windows: int) -> list[tuple[float, float]]:
    """Return the time of each window's middle segment; the first and last reach to the ends."""
    if windows == 1:
        return [(stretches[0].start_s, stretches[-1].end_s)]
    middles = [(s.start_s, s.end_s) for s in stretches[1:-1]]
    middles[0] = (stretches[0].start_s, middles[0][1])
    middles[-1] = (middles[-1][0], stretches[-1].end_s)
    return middles


@cache
def detector() -> Detector:
    """Return the detector that this version ships."""
    shipped = model()
    arrays, facts = shipped.arrays, shipped.facts
    return Detector(
        name=shipped.name,
        score=Scorer(
            arrays["score_grid"].astype(np.float32),
            Trees.of(arrays, "score_combs"),
            Trees.of(arrays, "score_shape"),
            **facts["score"],
        ),
        nulls=tuple(
            LargestNull(dict(_nulls(arrays, "null", KINDS_OF_NULL, facts["tails"], group)))
            for group in GROUPS
        ),
        window_nulls=tuple(
            null for _, null in _nulls(arrays, "window_null", BANDS, facts["window_tails"])
        ),
        altered=Trees.of(arrays, "altered"),
        altered_from=facts["altered_from"],
        certain_from=facts["altered_certain_from"],
        slope=facts["slope"],
        intercept=facts["intercept"],
        families=tuple(facts["families"]),
        family_grid=arrays["family_grid"].astype(np.float32),
        family_offset=arrays["family_offset"].astype(np.float32),
        family_known=facts["family_known"],
    )


def _nulls(
    arrays: Mapping[str, Any],
    prefix: str,
    names: Sequence[str],
    tails: Mapping[str, Any],
    group: str = "",
) -> Iterator[tuple[str, Null]]:
    """Yield the nulls of a group that a model has, each with its name."""
    for name in names:
        whole = f"{group}{name}"
        if whole in tails:
            yield name, Null(arrays[f"{prefix}_{whole}"].astype(np.float32), *tails[whole])


def least_counted(model_name: str | None, limit_hz: float | None) -> float | None:
    """Return the smallest p-value of a recording that is counted; smaller ones are extrapolated.

    Parameters
    ----------
    model_name
        Name of the model that scored it, from its verdict.
    limit_hz
        Its ``trace_limit_hz``.

    Returns
    -------
    float or None
        ``None`` when the shipped model didn't score it.
    """
    if limit_hz is None or model_name != detector().name:
        return None
    return detector().nulls[group_of(limit_hz)].least_counted
