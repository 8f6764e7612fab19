"""Gradient-boosted trees, evaluated without the library that grows them.

``bench/`` trains them with LightGBM (G. Ke et al., "LightGBM: A highly efficient gradient boosting
decision tree", NeurIPS 2017). Evaluating a tree takes four comparisons, so no library is needed at
run time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonoscope import compiled
from phonoscope.columns import Floats


@dataclass(frozen=True, eq=False)
class Trees:
    """A forest whose leaves are added up. All arrays have the shape (trees, nodes)."""

    feature: NDArray[np.int16]
    """Feature that a node tests; -1 in a leaf."""
    threshold: NDArray[np.float64]
    """A value of at most this goes left."""
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    """Index of the next node."""
    empty_left: NDArray[np.bool_]
    """Whether NaN goes left."""
    value: Floats
    """What a leaf adds."""
    depth: int
    """Most nodes from a root to a leaf."""

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> Trees:
        """Return the forest in named arrays, e.g. of an ``.npz`` file.

        Parameters
        ----------
        arrays
            One array ``<prefix>_<field>`` for each field of this class, of the field's type:
            ndarray, shape (trees, nodes); ``depth`` has shape ().
        prefix
            Prefix of the names of this forest's arrays.

        Raises
        ------
        KeyError
            When an array is missing.
        """
        found: dict[str, Any] = {
            field.name: arrays[f"{prefix}_{field.name}"] for field in fields(cls)
        }
        return cls(**{**found, "depth": int(found["depth"])})

    def __call__(self, features: Floats) -> Floats:
        """Return the sum over all trees.

        Parameters
        ----------
        features : ndarray, shape (n, features), float32
            NaN where there is no value.

        Returns
        -------
        ndarray, shape (n,), float32
            Sum of the leaves that each row reaches; log odds, for trees trained on those.

        Raises
        ------
        IndexError
            When a node tests a feature that isn't there.

        Examples
        --------
        A tree with one node: at most 0.5 gives -1, a larger value or none gives 1.

        >>> forest = Trees(
        ...     feature=np.array([[0, -1, -1]], np.int16), threshold=np.array([[0.5, 0, 0]]),
        ...     left=np.array([[1, 0, 0]], np.int16), right=np.array([[2, 0, 0]], np.int16),
        ...     empty_left=np.zeros((1, 3), bool), value=np.array([[0, -1, 1]], np.float32),
        ...     depth=1,
        ... )
        >>> forest(np.array([[0.5], [0.6], [np.nan]], np.float32)).tolist()
        [-1.0, 1.0, 1.0]
        """
        if loops := compiled.loops():
            return self._compiled(loops, features)
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

    def _compiled(self, loops: Any, features: Floats) -> Floats:
        if features.shape[1] <= self._widest:
            raise IndexError(f"a node tests feature {self._widest} of {features.shape[1]}")
        rows = np.ascontiguousarray(features, np.float32)
        grown = np.empty(len(rows), np.float32)
        loops.grown(
            *(compiled.at(array) for array in self._arrays), *self.feature.shape, self.depth,
            compiled.at(rows), *rows.shape, compiled.at(grown),
        )  # fmt: skip
        return grown

    @cached_property
    def _widest(self) -> int:
        """Largest feature that is tested.

        Raises
        ------
        IndexError
            When a node names a next one that isn't there: compiled code would read beyond the end.
        """
        tested = self.feature >= 0
        for following in (self.left[tested], self.right[tested]):
            if following.size and not 0 <= following.min() <= following.max() < tested.shape[1]:
                raise IndexError("a tree names a node that it doesn't have")
        return int(self.feature.max(initial=-1))

    @cached_property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        """The arrays as the compiled code reads them."""
        kinds = (np.int16, np.float64, np.int16, np.int16, np.bool_, np.float32)
        return tuple(
            np.ascontiguousarray(array, kind)
            for array, kind in zip(
                (self.feature, self.threshold, self.left, self.right, self.empty_left, self.value),
                kinds,
                strict=True,
            )
        )
