"""The estimated true share: against simulation, arithmetic, and what must hold of any estimate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from phonoscope.detector.rates import Rates
from phonoscope.findings.shared.prevalence import WIDEST, estimate

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
    # Rogan & Gladen by hand: 200 machine-made, 90 % found, and 0.1 % of the 800 others.
    found = estimate(180.8, 1_000, RATES)
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
