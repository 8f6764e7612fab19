"""The estimated true share: against simulation, arithmetic, and what must hold of any estimate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench import share_coverage
from phonoscope.detector.rates import Counted, Rates
from phonoscope.findings.shared.prevalence import (
    FAMILIES_DIFFER,
    NO_FIT,
    NO_SEPARATION,
    SOURCES_DIFFER,
    TOO_FEW,
    WIDEST,
    estimate,
)

RATES = Rates.at(0.001, human=20_000, human_flagged=20, machine=2_000, machine_found=1_800)
TRIES = 4_000


def rates_of(false_alarm_rate, human, hit_rate, machine):
    """Rates that were counted exactly as often as they are true."""
    flagged, found = round(false_alarm_rate * human), round(hit_rate * machine)
    return Rates.at(0.001, human=human, human_flagged=flagged, machine=machine, machine_found=found)


def limits_in_simulations(false_alarm_rate, human, hit_rate, machine, recordings, share, seed=1):
    """Low and high of many catalogues whose true share is known, each with its own trial."""
    rng = np.random.default_rng(seed)
    flagged = rng.binomial(recordings, share * hit_rate + (1 - share) * false_alarm_rate, TRIES)
    human_flagged = rng.binomial(human, false_alarm_rate, TRIES)
    machine_found = rng.binomial(machine, hit_rate, TRIES)
    low, high = np.empty(TRIES), np.empty(TRIES)
    trials = np.stack([human_flagged, machine_found], axis=1)
    # One estimate for each different outcome of the trial on music of known origin.
    for outcome, where in _grouped(trials):
        flagged_once, found_once = (int(count) for count in outcome)
        rates = Rates.at(
            0.001,
            human=human,
            human_flagged=flagged_once,
            machine=machine,
            machine_found=found_once,
        )
        found = estimate(flagged[where], recordings, rates)
        low[where], high[where] = found.low, found.high
    return low, high


def _grouped(trials):
    outcomes, member = np.unique(trials, axis=0, return_inverse=True)
    for number, outcome in enumerate(outcomes):
        yield outcome, np.flatnonzero(member.ravel() == number)


SETTINGS = [
    # false alarms, human tried, found, machine tried, recordings, true share
    (0.001, 3_000, 0.6, 200, 1, 0.5),
    (0.001, 3_000, 0.9, 500, 3, 0.03),
    (0.01, 3_000, 0.99, 500, 5, 0.1),
    (0.01, 300, 0.9, 200, 5, 0.01),
    (0.001, 500, 0.9, 200, 5, 1.0),
    (0.05, 1_000, 0.6, 200, 10, 0.0),
    (0.001, 3_000, 0.9, 500, 20, 0.3),
    (0.01, 300, 0.3, 200, 100, 0.5),
    (0.001, 3_000, 0.6, 500, 1_000, 0.0),
    (0.001, 3_000, 0.9, 500, 1_000, 0.03),
    (0.05, 500, 0.9, 200, 1_000, 0.3),
    (0.0001, 3_000, 0.9, 500, 10_000, 0.01),
    (0.001, 3_000, 0.6, 500, 1_000_000, 0.8),
    (0.001, 3_000, 0.9, 500, 1_000_000, 0.0),
    (0.001, 3_000, 0.99, 500, 1_000_000, 0.01),
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_interval_holds_the_truth_in_19_of_20_catalogues(setting):
    share = setting[-1]
    low, high = limits_in_simulations(*setting)
    # 0.93: the nominal 0.95, less what discrete counts and 4,000 tries (0.0034) can cost.
    assert np.mean((low <= share) & (share <= high)) >= 0.93
    # A lower limit that is too high accuses: nominal 1 in 40, and never much more.
    assert np.mean(low > share) <= 0.04


def test_without_errors_it_is_the_exact_interval_of_the_share_flagged():
    perfect = Rates.at(0.001, human=10**9, human_flagged=0, machine=10**9, machine_found=10**9)
    found = estimate([0, 3, 10], [10, 10, 10], perfect)
    assert found.share.tolist() == [0.0, 0.3, 1.0]
    for at, hits in enumerate((0, 3, 10)):
        exact = stats.binomtest(hits, 10).proportion_ci(0.95, method="exact")
        # 1e-6: the trials are large, not endless.
        assert found.low[at] == pytest.approx(exact.low, abs=1e-6)
        assert found.high[at] == pytest.approx(exact.high, abs=1e-6)


def test_the_share_takes_out_false_alarms_and_adds_what_was_missed():
    # Rogan & Gladen by hand: 2,000 machine-made, 90 % found, and 0.1 % of the 8,000 others.
    found = estimate(1_808, 10_000, RATES)
    assert found.share[0] == pytest.approx(0.2)


def test_flags_that_false_alarms_explain_are_no_sign_of_a_machine():
    found = estimate(100, 100_000, RATES)
    assert found.share[0] == 0.0
    assert found.low[0] == 0.0
    assert found.high[0] < 0.001
    assert found.enough[0]


def test_a_handful_of_recordings_is_too_few():
    found = estimate([0, 1, 5], [5, 5, 5], RATES)
    assert not found.enough.any()
    assert (found.high - found.low > WIDEST).all()


@pytest.mark.parametrize(
    "rates",
    [
        Rates.at(0.001, human=0, human_flagged=0, machine=100, machine_found=90),
        Rates.at(0.001, human=100, human_flagged=0, machine=0, machine_found=0),
        Rates.at(0.001, human=100, human_flagged=50, machine=100, machine_found=50),
        Rates.at(0.001, human=100, human_flagged=60, machine=100, machine_found=50),
    ],
)
def test_a_detector_that_tells_nothing_apart_says_nothing(rates):
    found = estimate([0, 7], [10, 10], rates)
    assert np.isnan(found.share).all()
    assert found.low.tolist() == [0.0, 0.0]
    assert found.high.tolist() == [1.0, 1.0]
    assert not found.enough.any()


def test_more_flags_than_the_rates_explain_widen_the_interval_instead_of_closing_it():
    """Half of machine-made music was found in the trial; here nearly everything is flagged."""
    found = estimate([990, 500], [1_000, 1_000], rates_of(0.001, 20_000, 0.5, 2_000))
    assert found.fits.tolist() == [False, True]
    assert found.share[0] == 1.0
    # As if nothing were missed: at least about what is flagged, by an exact interval.
    exact = stats.binomtest(990, 1_000).proportion_ci(0.95, method="exact")
    assert found.low[0] == pytest.approx(exact.low, abs=1e-3)
    assert found.high[0] == 1.0


def test_fewer_flags_than_false_alarms_explain_widen_it_too():
    found = estimate([0], [1_000], rates_of(0.05, 20_000, 0.9, 2_000))
    assert found.fits.tolist() == [False]
    assert found.share[0] == found.low[0] == 0.0
    # As if there were no false alarms: up to the exact limit of none, over what is found.
    exact = stats.binomtest(0, 1_000).proportion_ci(0.95, method="exact")
    assert found.high[0] == pytest.approx(exact.high / 0.9, rel=0.02)


counts = st.integers(1, 10**8)


@st.composite
def trials(draw):
    human, machine = draw(st.integers(1, 10**6)), draw(st.integers(1, 10**6))
    return Rates.at(
        0.001,
        human=human,
        human_flagged=draw(st.integers(0, human)),
        machine=machine,
        machine_found=draw(st.integers(0, machine)),
    )


@given(trials(), counts, st.floats(0, 1))
def test_every_share_lies_inside_its_interval_and_that_between_0_and_1(rates, recordings, part):
    found = estimate(round(part * recordings), recordings, rates)
    assert 0.0 <= found.low[0] <= found.high[0] <= 1.0
    if not np.isnan(found.share[0]):
        # 1e-9: rounding, where the share is its own limit.
        assert found.low[0] - 1e-9 <= found.share[0] <= found.high[0] + 1e-9


@given(trials(), st.integers(1, 400))
def test_more_flagged_is_never_a_smaller_share(rates, recordings):
    found = estimate(np.arange(recordings + 1), recordings, rates)
    if not np.isnan(found.share).any():
        assert (np.diff(found.share) >= 0).all()
        inside = found.fits[1:] & found.fits[:-1]
        assert (np.diff(found.low)[inside] >= -1e-9).all()
        assert (np.diff(found.high)[inside] >= -1e-9).all()


@given(trials(), st.integers(1, 1_000), st.floats(0, 1))
def test_ten_times_the_evidence_never_says_less(rates, recordings, part):
    flagged = round(part * recordings)
    found = estimate([flagged, 10 * flagged], [recordings, 10 * recordings], rates)
    if found.fits.all():
        few, many = found.high - found.low
        assert many <= few + 1e-9


# ---- families and sources that differ ------------------------------------------------------

EDGES = (0.001, 0.01, 0.1)


def spread_rates(found, alarms=0.1, size=100):
    """Families of which these shares are found at each edge, and eight sources."""
    families = [
        Counted(f"family {i}", tuple(np.diff([0, *(round(size * s) for s in one), size]).tolist()))
        for i, one in enumerate(found)
    ]
    sources = [
        Counted(f"source {i}", (0, 1, round(10 * size * p) - 1, round(10 * size * (1 - p))))
        for i, p in enumerate(np.atleast_1d(alarms).repeat(8 // np.size(alarms)))
    ]
    return Rates(EDGES, tuple(sources), tuple(families))


ALIKE = spread_rates([(0.7, 0.9, 0.98)] * 8)
UNLIKE = spread_rates([(s, min(1, s + 0.1), min(1, s + 0.3)) for s in np.linspace(0.05, 1, 8)])


def mixed(rates, family, share, n):
    """Counts up to each edge in a catalogue of the mean human music and one of the families."""
    machine = np.array(rates.families[family].counts) / sum(rates.families[family].counts)
    human = rates.by_source.sum(axis=0) / rates.human
    return np.round(n * (share * machine + (1 - share) * human)).cumsum()[:-1].astype(int)


def test_families_that_differ_widen_the_interval_and_are_named_as_the_reason():
    alike = estimate(mixed(ALIKE, 3, 0.5, 3_000)[None], 3_000, ALIKE)
    unlike = estimate(mixed(UNLIKE, 3, 0.5, 3_000)[None], 3_000, UNLIKE)
    assert alike.enough[0]
    assert alike.share[0] == pytest.approx(0.5, abs=0.02)
    assert unlike.reason[0] == FAMILIES_DIFFER
    assert unlike.high[0] - unlike.low[0] > 2 * (alike.high[0] - alike.low[0])
    for family in range(8):
        of_one = estimate(mixed(UNLIKE, family, 0.5, 3_000)[None], 3_000, UNLIKE)
        assert of_one.low[0] <= 0.5 <= of_one.high[0], family


def test_sources_that_differ_are_named_as_the_reason():
    rates = spread_rates([(0.0, 0.02, 1.0)] * 8, alarms=[0.02, 0.1, 0.2, 0.5])
    found = estimate(mixed(rates, 0, 0.3, 3_000)[None], 3_000, rates)
    assert found.reason[0] == SOURCES_DIFFER
    assert found.low[0] <= 0.3 <= found.high[0]


def test_few_recordings_are_the_reason_where_the_rates_are_sure():
    found = estimate(mixed(ALIKE, 0, 0.5, 20)[None], 20, ALIKE)
    assert found.reason[0] == TOO_FEW


def test_p_values_that_contradict_each_other_fit_no_share():
    """As many up to .1 as in machine-made music, but none far down, as in human music."""
    found = estimate([[0, 0, 2_000]], 3_000, ALIKE)
    assert found.reason[0] == NO_FIT
    assert found.low[0] == 0.0
    assert found.high[0] > 0.5


def test_nothing_is_told_apart_without_families():
    found = estimate([[0, 1, 2]], 10, Rates(EDGES, ALIKE.sources, ()))
    assert found.reason[0] == NO_SEPARATION
    assert np.isnan(found.share[0])


def test_own_human_music_replaces_the_false_alarms():
    """In this catalogue, human music is flagged three times as often as in the trial."""
    own = [Counted(f"artist {i}", (0, 1, 29, 70)) for i in range(20)]
    rates = ALIKE.with_human(own)
    machine = np.array(ALIKE.families[0].counts) / 100
    up = np.round(3_000 * (0.2 * machine + 0.8 * np.array([0, 0.01, 0.29, 0.7]))).cumsum()[:-1]
    shipped = estimate(up[None], 3_000, ALIKE)
    local = estimate(up[None], 3_000, rates, whole=True)
    part = estimate(up[None], 3_000, rates)
    assert shipped.reason[0] == NO_FIT or shipped.share[0] > 0.22
    assert local.share[0] == pytest.approx(0.2, abs=0.02)
    assert local.low[0] <= 0.2 <= local.high[0]
    assert local.high[0] - local.low[0] <= part.high[0] - part.low[0]
    # From few artists, a part of the catalogue may differ as much as sources of the trial do.
    few = estimate(up[None], 3_000, ALIKE.with_human(own[:2]))
    assert few.low[0] <= 0.2 <= few.high[0]


def test_a_group_of_each_kind_is_estimated_as_if_it_were_alone():
    ups = np.array([mixed(UNLIKE, family, 0.3, 200) for family in range(8)])
    together = estimate(ups, 200, UNLIKE)
    for at, up in enumerate(ups):
        alone = estimate(up[None], 200, UNLIKE)
        assert [part[0] for part in alone] == [part[at] for part in together]
    assert len(estimate(np.zeros((0, 3)), 1, UNLIKE).share) == 0


def test_families_that_no_trial_had_are_covered():
    """The simulation of ``bench/share_coverage.py``; each family and source is drawn alone too."""
    rng = np.random.default_rng(5)
    known = share_coverage.made_up(rng, 0.7)
    by_cell = {}
    for trial in share_coverage.trials(known, rng, 100, (1, 3), (1, 10), 100):
        by_cell.setdefault(trial[:2], []).append(trial)
    cells = [share_coverage.summed(some) for some in by_cell.values()]
    assert len(cells) == len(share_coverage.SIZES) * len(share_coverage.SHARES)
    for cell in cells:
        # 0.93 is asked for; 0.06 is three standard errors of 100 mixes at 0.95.
        assert cell.covered >= 0.93 - 0.06, cell
        # 0.03 is asked for; the rest is two standard errors of the mean.
        assert abs(cell.bias) <= 0.03 + 2 * cell.deviation / 10, cell
    assert np.mean([cell.covered for cell in cells]) >= 0.95


def test_the_simulation_says_when_no_group_is_large_enough():
    known = share_coverage.made_up(np.random.default_rng(5), 0.7)
    largest = min(max(v.size for v in side.values()) for side in known)
    assert not share_coverage.too_few(known, largest)
    assert str(largest + 1) in share_coverage.too_few(known, largest + 1)
