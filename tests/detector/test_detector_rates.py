"""The table of rates: what a trial counts, in the shapes that models have."""

import numpy as np
import pytest

from phonoscope.detector.rates import Counted, Rates, detector_rates

FACTS = {
    "edges": [0.001, 0.01, 0.1],
    "human": {"one": [0, 2, 8, 90], "other": [1, 0, 20, 79]},
    "machine": {"good": [50, 0, 0, 0], "bad": [2, 8, 30, 10]},
}


def test_counts_up_to_an_edge_are_sums_over_sources_and_families():
    rates = Rates.from_facts(FACTS)
    assert (rates.human, rates.machine) == (200, 100)
    assert [rates.human_up_to(edge) for edge in rates.edges] == [1, 3, 31]
    assert [rates.machine_up_to(edge) for edge in rates.edges] == [52, 60, 90]
    assert (rates.human_flagged, rates.machine_found) == (
        rates.human_up_to(rates.threshold),
        rates.machine_up_to(rates.threshold),
    )
    assert rates.by_family.tolist() == list(FACTS["machine"].values())
    with pytest.raises(ValueError, match="not in"):
        rates.human_up_to(0.02)


def test_models_before_the_second_have_one_source_and_one_family():
    flat = {"threshold": 0.05, "human": 100, "human_flagged": 4, "machine": 50, "machine_found": 40}
    rates = Rates.from_facts(flat)
    assert rates == Rates.at(**flat)
    assert {name: value for name, value in rates.to_json().items() if name in flat} == flat
    assert (len(rates.sources), len(rates.families), rates.local) == (1, 1, False)


def test_a_catalogue_may_bring_its_own_human_music():
    rates = Rates.from_facts(FACTS)
    p_values = [0.001, 0.0011, 0.5, float("nan"), 0.1, 1.0, 0.0]
    counted = rates.counted("mine", p_values)
    inside = np.array([p for p in p_values if p == p])
    assert counted.counts == (
        (inside <= 0.001).sum(),
        ((inside > 0.001) & (inside <= 0.01)).sum(),
        ((inside > 0.01) & (inside <= 0.1)).sum(),
        (inside > 0.1).sum(),
    )
    own = rates.with_human([counted])
    assert (own.local, own.human, own.families) == (True, 6, rates.families)
    assert rates.human == 200


def test_the_rates_that_ship_are_what_a_trial_can_have_come_to():
    rates = detector_rates()
    assert list(rates.edges) == sorted(set(rates.edges))
    assert rates.edges[0] > 0
    assert rates.edges[-1] < 1
    for counted in (*rates.sources, *rates.families):
        assert isinstance(counted, Counted)
        assert len(counted.counts) == len(rates.edges) + 1
        assert min(counted.counts) >= 0
    assert rates.machine_found * rates.human > rates.human_flagged * rates.machine
