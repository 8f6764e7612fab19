"""Dependence of false alarms within a source, against SciPy's beta-binomial and simulations."""

import numpy as np
import pytest
from scipy import stats

from phonoscope.detector.dependence import (
    FEWEST,
    HIGHEST,
    beta_binomial,
    correlation,
    dependence,
    highest_share,
)
from phonoscope.detector.rates import Counted, Rates, detector_rates

EDGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
GROUPS = ((5, 3), (10, 2), (10, 5), (26, 2), (26, 10), (26, 22))
"""Recordings of a release, and how many of them are called."""


def sizes(rng, sources):
    return np.maximum(1, rng.lognormal(np.log(15), 0.8, sources).astype(int))


def trial(rng, shares, recordings):
    """A trial of sources whose recordings fall between the edges with these probabilities."""
    counts = [rng.multinomial(n, row) for n, row in zip(recordings, shares, strict=True)]
    sources = [Counted(str(i), tuple(map(int, row))) for i, row in enumerate(counts)]
    return Rates(EDGES, tuple(sources), ())


class Urns:
    """Sources whose shares vary as the model says."""

    def __init__(self, correlated):
        self.scale = (1 - correlated) / correlated

    def draw(self, rng, sources):
        return rng.dirichlet(np.diff([0, *EDGES, 1]) * self.scale, sources)

    def at_least(self, k, n):
        a, b = EDGES[0] * self.scale, (1 - EDGES[0]) * self.scale
        return stats.betabinom(n, a, b).sf(k - 1)


class Factors:
    """Sources that differ by one normal factor in all their scores: another model."""

    def __init__(self, common):
        self.common = common

    def up_to(self, factor, edges=EDGES):
        place = np.sqrt(self.common) * np.asarray(factor)[:, None]
        return stats.norm.cdf((stats.norm.ppf(edges) - place) / np.sqrt(1 - self.common))

    def draw(self, rng, sources):
        up_to = self.up_to(rng.standard_normal(sources))
        ends = np.zeros((sources, 1)), np.ones((sources, 1))
        return np.diff(np.concatenate([ends[0], up_to, ends[1]], axis=1), axis=1)

    def at_least(self, k, n):
        factor = np.linspace(-9, 9, 20_001)
        weight = stats.norm.pdf(factor)
        share = self.up_to(factor, EDGES[:1])[:, 0]
        return (stats.binom.sf(k - 1, n, share) * weight).sum() / weight.sum()


@pytest.mark.parametrize(
    ("n", "share", "correlated"),
    [(1, 0.3, 0.2), (26, 0.001, 0.1), (300, 0.3, 0.4), (10, 0.5, 0.97)],
)
def test_probabilities_are_those_of_scipy(n, share, correlated):
    scale = (1 - correlated) / correlated
    expected = stats.betabinom(n, share * scale, (1 - share) * scale).pmf(np.arange(n + 1))
    np.testing.assert_allclose(beta_binomial(n, share, correlated), expected, rtol=1e-9)


def test_without_correlation_it_is_the_binomial():
    expected = stats.binom(20, 0.07).pmf(np.arange(21))
    np.testing.assert_allclose(beta_binomial(20, 0.07, 0.0), expected, rtol=1e-10)
    assert beta_binomial(0, 0.07, 0.3).tolist() == [1.0]


@pytest.mark.parametrize("correlated", [0.03, 0.2, 0.6])
def test_the_estimate_has_the_highest_likelihood_and_the_limits_are_due(correlated):
    rng = np.random.default_rng(5)
    n = sizes(rng, 200)
    scale = (1 - correlated) / correlated
    k = rng.binomial(n, rng.beta(0.1 * scale, 0.9 * scale, n.size))

    def likelihood(rho):
        a, b = 0.1 * (1 - rho) / rho, 0.9 * (1 - rho) / rho
        return stats.betabinom(n, a, b).logpmf(k).sum()

    low, estimate, high = correlation(np.stack([k, n - k], axis=1), np.array([0.1, 0.9]))
    assert low < correlated < high
    best = likelihood(estimate)
    assert best >= max(likelihood(estimate * 0.95), likelihood(min(0.99, estimate * 1.05)))
    for limit in (low, high):
        assert 0 <= best - likelihood(limit) - stats.chi2(1).ppf(0.98) / 2 < 2.5


def test_several_kinds_are_the_dirichlet_multinomial():
    rng = np.random.default_rng(6)
    counts = np.stack([rng.multinomial(n, row) for n, row in zip(
        sizes(rng, 150), rng.dirichlet([0.2, 0.8, 3.0], 150), strict=True)])  # fmt: skip
    shares = np.array([0.05, 0.2, 0.75])

    def likelihood(rho):
        alpha = shares * (1 - rho) / rho
        each = zip(counts, counts.sum(axis=1), strict=True)
        return sum(stats.dirichlet_multinomial(alpha, n).logpmf(row) for row, n in each)

    low, estimate, high = correlation(counts, shares)
    # The sum of the parameters is 4, so the correlation is a fifth.
    assert low < 0.2 < high
    assert likelihood(estimate) >= max(likelihood(estimate * 0.95), likelihood(estimate * 1.05))


def test_two_recordings_of_a_rare_kind_are_the_fewest_that_say_anything():
    sources = np.array([[1, 9]] + [[0, 10]] * 60)
    shares = np.array([0.01, 0.99])
    assert correlation(sources, shares) == (0.0, 0.0, HIGHEST)
    sources[0] = [2, 8]
    low, _, high = correlation(sources, shares)
    assert low < high


def test_a_tail_that_is_clearly_more_correlated_counts():
    """Three sources of 60 are called as a whole; otherwise all sources are alike."""
    rng = np.random.default_rng(7)
    mean = np.diff([0, *EDGES, 1])
    shares = np.tile(mean, (60, 1))
    alike = dependence(trial(rng, shares, np.full(60, 20)))
    shares[:3] = [0.9, 0, 0, 0, 0, 0, 0.1]
    apart = dependence(trial(rng, shares, np.full(60, 20)))
    assert alike.highest_correlation < 0.1
    assert apart.highest_correlation > 0.5
    assert apart.at_least(15, 20) > 0.01 > alike.at_least(15, 20)


def test_the_limit_of_the_share_is_nearly_exact_for_independent_recordings():
    n = np.ones(400, int)
    k = (np.arange(400) < 7).astype(int)
    exact = stats.beta(7 + 1, 400 - 7).ppf(0.99)
    assert highest_share(k, n, 0.0) == pytest.approx(exact, rel=0.1)
    # With correlation, recordings of one source count for less.
    n = np.full(40, 10)
    k = 10 * (np.arange(40) < 2)
    assert highest_share(k, n, 0.9) > 1.5 * highest_share(k, n, 0.0)
    assert highest_share(k * 0, n, 0.5) > 3 / 400


@pytest.mark.parametrize(
    "model", [Urns(0.02), Urns(0.2), Factors(0.1), Factors(0.4)], ids=lambda one: str(vars(one))
)
def test_the_bound_holds_in_95_of_100_trials(model):
    """Also where shares vary in another way than the model says. Below 1e-9 no digit counts."""
    rng = np.random.default_rng(11)
    true = [model.at_least(k, n) - 1e-9 for n, k in GROUPS]
    held = np.zeros((40, len(GROUPS)), bool)
    for row in held:
        found = dependence(trial(rng, model.draw(rng, 60), sizes(rng, 60)))
        row[:] = [found.at_least(k, n) >= share for (n, k), share in zip(GROUPS, true, strict=True)]
    assert held.mean(axis=0).min() >= 0.95


def test_a_larger_trial_allows_a_sharper_bound():
    rng = np.random.default_rng(3)
    bounds = []
    for sources in (FEWEST + 5, 100, 400):
        several = [
            trial(rng, Urns(0.05).draw(rng, sources), np.full(sources, 20)) for _ in range(9)
        ]
        bounds.append(np.median([dependence(one).at_least(10, 10) for one in several]))
    assert bounds == sorted(bounds, reverse=True)


def test_a_trial_of_few_sources_calls_no_release():
    rng = np.random.default_rng(3)
    few = dependence(trial(rng, Urns(0.05).draw(rng, FEWEST - 1), np.full(FEWEST - 1, 50)))
    assert not few.is_known
    assert few.at_least(26, 26) > 0.01
    flat = dependence(Rates.at(0.05, human=1305, human_flagged=53, machine=1, machine_found=1))
    assert (flat.is_known, flat.sources, flat.threshold) == (False, 1, 0.05)
    nothing = dependence(Rates.at(0.001, human=0, human_flagged=0, machine=0, machine_found=0))
    assert not nothing.is_known
    assert nothing.at_least(10, 10) > 0.9
    assert nothing.unseen_share == 1.0


def test_shares_fall_with_the_count_and_the_most_is_the_last_that_is_likely():
    rng = np.random.default_rng(8)
    found = dependence(trial(rng, Urns(0.05).draw(rng, 150), sizes(rng, 150)))
    n = 26
    shares = found.at_least(np.arange(n + 1), n)
    assert shares[0] == 1.0
    assert (np.diff(shares) <= 0).all()
    for error in (0.05, 0.01, 1e-6):
        most = int(found.most(n, error))
        assert most == n or shares[most + 1] <= error
        assert shares[most] > error
    # Pairs are looked up one by one, however they are arranged.
    pairs = found.at_least([[3, 1], [0, 5]], [[10, 10], [7, 5]])
    assert pairs.shape == (2, 2)
    assert pairs[0, 0] == found.at_least(3, 10)
    assert found.expected(n) >= n * found.threshold
    # None of 150 sources: 95% limit.
    assert (1 - found.unseen_share) ** 150 == pytest.approx(0.05)


def test_the_rates_that_ship_have_a_dependence():
    found = dependence(detector_rates())
    assert 0 < found.threshold <= found.share <= 1
    assert found.correlation <= found.highest_correlation <= 1
    assert found.share <= found.highest_share <= 1
