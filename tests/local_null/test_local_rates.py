"""False alarms for a share, counted on the catalogue's own human recordings."""

import numpy as np

from phonoscope.detector.rates import Counted, Rates
from phonoscope.local_null.local_rates import local_rates
from tests.helpers.calibrated import MODEL, drawn, make, shipped_p_value
from tests.helpers.catalogues import MemoryCatalogue

EDGES = (0.001, 0.01, 0.1)
SHIPPED = Rates(EDGES, (Counted("human", (1, 9, 90, 900)),), (Counted("Suno", (90, 5, 3, 2)),))


def test_they_are_counted_by_artist_from_shipped_p_values(tmp_path):
    ours = {"Anna": drawn("a", 150, artist="Anna"), "Ben": drawn("b", 90, seed=2, artist=" Ben ")}
    rows = [*ours["Anna"], *ours["Ben"], *drawn("new", 50, date="2024", mean=3.0)]
    catalogue = make(tmp_path / "c", rows)
    before = local_rates(catalogue, SHIPPED, MODEL)
    assert (before.rates, before.says, before.ignored) == (SHIPPED, "", "")
    catalogue.calibrate()
    found = local_rates(catalogue, SHIPPED, MODEL)
    expected = {
        name: tuple(np.histogram([shipped_p_value(r["score"]) for r in some], [0, *EDGES, 1.1])[0])
        for name, some in ours.items()
    }
    assert {one.name: one.counts for one in found.rates.sources} == expected
    assert found.rates.local
    assert found.rates.human == 240
    assert found.rates.families == SHIPPED.families
    assert "240" in found.says
    other = local_rates(catalogue, SHIPPED, "detector 2 (def)")
    assert (other.rates, other.says) == (SHIPPED, "")
    assert "detector 2" in other.ignored


def test_a_catalogue_without_a_calibration_uses_the_models_rates():
    assert local_rates(MemoryCatalogue(), SHIPPED, MODEL).rates is SHIPPED
