"""Boosted trees, against a plain walk from root to leaf."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.detector.trees import Trees

FEATURES = 4


def grown(rng, depth):
    """A random tree as nested tuples: (feature, threshold, empty_left, left, right) or a leaf."""
    if depth == 0 or rng.random() < 0.2:
        return float(rng.normal())
    return (
        int(rng.integers(FEATURES)), float(rng.normal()), bool(rng.random() < 0.5),
        grown(rng, depth - 1), grown(rng, depth - 1),
    )  # fmt: skip


def walked(tree, sample):
    while isinstance(tree, tuple):
        feature, threshold, empty_left, left, right = tree
        value = sample[feature]
        tree = left if (empty_left if np.isnan(value) else value <= threshold) else right
    return tree


def listed(tree):
    nodes = []

    def put(node):
        at = len(nodes)
        nodes.append(None)
        if isinstance(node, tuple):
            left, right = put(node[3]), put(node[4])
            nodes[at] = (node[0], node[1], left, right, node[2], 0.0)
        else:
            nodes[at] = (-1, np.inf, 0, 0, True, node)
        return at

    put(tree)
    return nodes


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_trees_answer_as_a_walk_does(seed):
    rng = np.random.default_rng(seed)
    forest = [grown(rng, 5) for _ in range(rng.integers(1, 8))]
    tables = [listed(tree) for tree in forest]
    most = max(map(len, tables))
    padded = [table + [(-1, np.inf, 0, 0, True, 0.0)] * (most - len(table)) for table in tables]
    columns = [np.array([[node[i] for node in table] for table in padded]) for i in range(6)]
    trees = Trees(*columns[:5], columns[5].astype(np.float32), depth=5)
    samples = rng.normal(size=(20, FEATURES)).astype(np.float32)
    samples[rng.random(samples.shape) < 0.2] = np.nan
    expected = [sum(walked(tree, sample) for tree in forest) for sample in samples]
    np.testing.assert_allclose(trees(samples), expected, rtol=1e-4, atol=1e-5)
