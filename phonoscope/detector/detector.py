"""The detector: a small model, trained in ``bench/``, that scores the sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats
from phonoscope.detector.calibration import GROUPS, Null, group_of, probability
from phonoscope.detector.change_points import stretches_of
from phonoscope.detector.features import GRID_HZ, window_grid, window_shape
from phonoscope.detector.generated import Detection, Segment
from phonoscope.detector.model import model
from phonoscope.detector.trees import Trees
from phonoscope.features.traces import Traces, TraceSegment

WINDOW = 3
"""Segments that are scored together: about 16 s, as in training."""
ALL_SHAPES = 8
"""In a recording with at most this many windows, each one's shape is computed."""
MOST_LINES, LINES_APART_HZ = 6, 20.0
LINE_OVER_MEAN = 0.08
"""A line is higher than its neighbours more often than the average bin, by at least this share."""
FAMILY_KNOWN = 0.6
"""Smallest probability at which a family is named; below, the generator is unknown."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """A score from two views: a linear model of the grid, and trees over the shape."""

    grid: Floats

    trees: Trees
    grid_share: float
    trees_share: float
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
        grown = np.interp(np.arange(len(grids)), where, self.trees(shapes)).astype(np.float32)
        score: Floats = self.trees_share * grown + self.offset
        score += self.grid_share * (grids @ self.grid)
        return score


@dataclass(frozen=True, eq=False)
class Detector:
    """Trained weights and their calibration."""

    name: str
    """Name, version and the first digits of the weights' hash."""
    score: Scorer
    nulls: tuple[Null, ...]
    """One for each channel group."""
    slope: float
    intercept: float
    voice: Scorer
    voice_slope: float
    voice_intercept: float
    families: tuple[str, ...]
    family_grid: Floats
    """Shape (families, frequencies)."""
    family_offset: Floats

    def detect(self, results: Iterable[Any]) -> Detection | None:
        """Score one recording.

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
        windows = _windows(traces.stretches)
        # Neighbouring windows share two of three segments, and shapes take most of the time. In a
        # long recording, the shape of every other window is enough.
        step = 1 if len(windows) <= ALL_SHAPES else 2
        where = np.unique([*range(0, len(windows), step), len(windows) - 1])
        grids = np.stack([window_grid(w) for w in windows])
        shapes = np.stack([window_shape(windows[i]) for i in where])
        scores, null = self.score(grids, shapes, where), self.null_of(traces.trace_limit_hz)
        family, confidence = self._family(grids, scores)
        overall = float(scores.mean())
        spans = _spans(traces.stretches, len(windows))
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
            lines_hz=self._lines(grids.mean(axis=0)),
            p_value_part=min(1.0, apart * null.p_value(float(scores.max()))),
            least_counted=null.least_counted,
            model=self.name,
            stretches=stretches_of(
                scores,
                spans,
                [sum(s.frames for s in w) for w in windows],
                null.p_value,
                overlap=WINDOW,
            ),
        )

    def null_of(self, limit_hz: float) -> Null:
        """Return the human scores to compare a recording with, given its highest frequency."""
        return self.nulls[group_of(limit_hz)]

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
            found.append(float(GRID_HZ[best]))
            evidence[np.abs(GRID_HZ - GRID_HZ[best]) < LINES_APART_HZ] = 0.0
        return tuple(sorted(found))

    def _family(self, grids: Floats, scores: Floats) -> tuple[str | None, float | None]:
        """Return the family that the more suspicious half of the windows resembles most."""
        suspicious = grids[scores >= np.median(scores)].mean(axis=0)
        similarity = self.family_grid @ suspicious + self.family_offset
        shares = np.exp(similarity - similarity.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        known = shares[best] >= FAMILY_KNOWN
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
        score=_scorer(arrays, "score", facts),
        nulls=tuple(Null(arrays[f"null_{group}"], *facts["tails"][group]) for group in GROUPS),
        slope=facts["slope"],
        intercept=facts["intercept"],
        voice=_scorer(arrays, "voice", facts),
        voice_slope=facts["voice_slope"],
        voice_intercept=facts["voice_intercept"],
        families=tuple(facts["families"]),
        family_grid=arrays["family_grid"].astype(np.float32),
        family_offset=arrays["family_offset"].astype(np.float32),
    )


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
    return detector().null_of(limit_hz).least_counted


def _scorer(arrays: Mapping[str, Any], prefix: str, facts: Mapping[str, Any]) -> Scorer:
    grid = arrays[f"{prefix}_grid"].astype(np.float32)
    return Scorer(grid, Trees.of(arrays, f"{prefix}_trees"), **facts[prefix])
