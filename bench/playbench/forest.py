"""A random forest trained on logs with known truth, as an example of supervised learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.playbench.answer import Answer, Missing
from bench.playbench.features import Features, features
from bench.playbench.judge import Truth
from bench.playbench.log import Log

TREES = 150
HONEST_FLAGGED = 0.001
"""Most share of honest accounts that are flagged, on the log that sets the thresholds."""
OTHER_TRACKS = 60_000
"""Most honest tracks to learn from; all attacked tracks are used."""
Learnt = Sequence[tuple[Log, Truth]]


class Forest:
    """A random forest for accounts and one for tracks.

    Parameters
    ----------
    fit
        Logs to learn from.
    check
        Logs to set thresholds on: for accounts the lowest one within :data:`HONEST_FLAGGED`, for
        tracks the one with the best F1.
    unseen
        Kind of attack to leave out of both.
    seed
        Seed of the forests.

    Raises
    ------
    Missing
        Without scikit-learn.
    """

    def __init__(self, fit: Learnt, check: Learnt, unseen: str = "", seed: int = 0) -> None:
        self.name = "random forest" + (f" without {unseen}" if unseen else "")
        self.unseen = unseen
        rng = np.random.default_rng(seed)
        account_rows = [self._account_rows(*each) for each in fit]
        track_rows = [self._track_rows(*each) for each in fit]
        self._accounts = _grown(_both(account_rows), seed)
        self._tracks = _grown(_fewer(_both(track_rows), rng), seed)
        values, attacks = _both([self._account_rows(*each) for each in check])
        self._account_least = _least_honest(_scores(self._accounts, values), attacks)
        values, attacked = _both([self._track_rows(*each) for each in check])
        self._track_least = _best_f1(_scores(self._tracks, values), attacked)

    def answer(self, log: Log) -> Answer:
        """Return the accounts and tracks with scores above the thresholds."""
        accounts, tracks = features(log)
        return Answer(
            _above(self._accounts, accounts, self._account_least),
            _above(self._tracks, tracks, self._track_least),
        )

    def _account_rows(self, log: Log, truth: Truth) -> tuple[NDArray[Any], NDArray[Any]]:
        known = features(log)[0]
        seen = ~(truth.attacks & (truth.kind == self.unseen))
        return _rows(known, truth.account, truth.attacks, seen)

    def _track_rows(self, log: Log, truth: Truth) -> tuple[NDArray[Any], NDArray[Any]]:
        known = features(log)[1]
        seen = ~(truth.attacked & (truth.track_kind == self.unseen))
        return _rows(known, truth.track, truth.attacked, seen)


def _rows(
    known: Features, ids: list[str], truth: NDArray[np.bool_], seen: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[Any]]:
    if known.ids != ids:
        raise ValueError("features are not of the accounts or tracks of the log")
    return known.values[seen], truth[seen]


def _both(rows: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> tuple[NDArray[Any], NDArray[Any]]:
    values, truth = zip(*rows, strict=True)
    return np.concatenate(values), np.concatenate(truth)


def _fewer(
    rows: tuple[NDArray[Any], NDArray[Any]], rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    values, truth = rows
    others = rng.permutation(np.flatnonzero(~truth))[:OTHER_TRACKS]
    taken = np.concatenate([np.flatnonzero(truth), others])
    return values[taken], truth[taken]


def _grown(rows: tuple[NDArray[Any], NDArray[Any]], seed: int) -> Any:
    try:
        # Only in the bench group, and without types.
        from sklearn.ensemble import RandomForestClassifier  # type: ignore # noqa: PLC0415
    except ImportError as error:
        raise Missing("scikit-learn is not installed: pip install --group bench") from error
    forest = RandomForestClassifier(
        TREES, min_samples_leaf=2, class_weight="balanced_subsample", n_jobs=2, random_state=seed
    )
    return forest.fit(*rows)


def _scores(forest: Any, values: NDArray[Any]) -> NDArray[np.float64]:
    return forest.predict_proba(values)[:, list(forest.classes_).index(True)]


def _above(forest: Any, known: Features, least: float) -> frozenset[str]:
    above = np.flatnonzero(_scores(forest, known.values) > least)
    return frozenset(known.ids[n] for n in above.tolist())


def _least_honest(scores: NDArray[np.float64], attacks: NDArray[np.bool_]) -> float:
    """Return the score that the allowed share of honest accounts exceeds."""
    honest = np.sort(scores[~attacks])[::-1]
    return float(honest[int(HONEST_FLAGGED * len(honest))])


def _best_f1(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Return the threshold with the best F1."""
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(truth[order])
    f1 = 2 * found / (np.arange(1, len(order) + 1) + truth.sum())
    ends = np.flatnonzero(np.diff(scores[order], append=-1.0))
    at = ends[np.argmax(f1[ends])]
    following = scores[order[at + 1]] if at + 1 < len(order) else -1.0
    return float((scores[order[at]] + following) / 2)
