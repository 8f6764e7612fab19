"""False alarms for a share, counted on the catalogue's own human recordings."""

import numpy as np

from phonoscope.cli import share as command
from phonoscope.detector import rates as rates_module
from phonoscope.detector.rates import Counted, Rates
from phonoscope.findings.shared import shares
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
    assert {one.name: one.counts for one in found.rates.own} == expected
    assert found.rates.local
    assert found.rates.human == 240
    assert found.rates.families == SHIPPED.families
    assert "240" in found.says
    other = local_rates(catalogue, SHIPPED, "detector 2 (def)")
    assert (other.rates, other.says) == (SHIPPED, "")
    assert "detector 2" in other.ignored


def test_a_catalogue_without_a_calibration_uses_the_models_rates():
    assert local_rates(MemoryCatalogue(), SHIPPED, MODEL).rates is SHIPPED


def test_the_share_uses_them_and_says_so(tmp_path, monkeypatch, capsys):
    rates = Rates.at(0.01, human=10_000, human_flagged=100, machine=1_000, machine_found=900)
    monkeypatch.setattr(rates_module, "detector_rates", lambda: rates)
    monkeypatch.setattr(shares, "current_model", lambda: MODEL)
    # Human music is flagged far more often here than the model's evaluation says.
    rows = [*drawn("old", 800, mean=-1.0), *drawn("new", 400, seed=2, mean=-1.0, date="2024")]
    catalogue = make(tmp_path / "c", rows)
    shipped = catalogue.share_generated()
    assert shipped.overall.low > 0.01, "false alarms of the model's evaluation explain too few"
    assert not shipped.rates.local
    catalogue.calibrate()
    own = catalogue.share_generated()
    assert own.rates.local
    assert own.rates.human == 800
    assert own.overall.low == 0.0
    assert own.to_json()["rates"]["local"] is True
    assert command.share(catalogue.path) == 0
    assert "800 recordings released before 2022" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setattr(shares, "current_model", lambda: "detector 2 (def)")
    assert not catalogue.share_generated().rates.local
    command.share(catalogue.path)
    assert MODEL in " ".join(capsys.readouterr().out.split())
