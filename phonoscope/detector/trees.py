"""Gradient-boosted trees, evaluated in numpy.

They are grown in ``bench/`` by LightGBM (Ke et al. 2017); to use them takes four comparisons a
tree, so that the run-time needs no library for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope.columns import Floats


@dataclass(frozen=True, eq=False)
class Trees:
    """A forest whose answers are added up. All arrays have the shape (trees, nodes)."""

    feature: NDArray[np.int16]
    """Feature that a node asks for; -1 in a leaf."""
    threshold: NDArray[np.float64]
    """A value up to this goes left."""
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    """Index of the next node."""
    empty_left: NDArray[np.bool_]
    """Whether NaN goes left."""
    value: Floats
    """What a leaf adds."""
    depth: int
    """Most questions from a root to a leaf."""

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> Trees:
        """Take the forest out of named arrays, e.g. those of an ``.npz`` file."""
        found: dict[str, Any] = {
            field.name: arrays[f"{prefix}_{field.name}"] for field in fields(cls)
        }
        return cls(**{**found, "depth": int(found["depth"])})

    def __call__(self, features: Floats) -> Floats:
        """Return the sum over all trees.

        Parameters
        ----------
        features
            Shape (n, features); NaN means that there is no value.

        Returns
        -------
        ndarray
            Shape (n,), log odds.
        """
        tree = np.arange(len(self.feature))
        node = np.zeros((len(features), len(tree)), np.intp)
        sample = np.arange(len(features))[:, None]
        for _ in range(self.depth):
            asked = self.feature[tree, node]
            values = features[sample, np.maximum(asked, 0)]
            goes_left = np.where(
                np.isnan(values), self.empty_left[tree, node], values <= self.threshold[tree, node]
            )
            following = np.where(goes_left, self.left[tree, node], self.right[tree, node])
            node = np.where(asked < 0, node, following)
        return self.value[tree, node].sum(axis=1, dtype=np.float32)
