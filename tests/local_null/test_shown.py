"""A calibration in the report and on the page of a recording."""

import re

import pytest

from phonoscope.findings.questions.own_null import own_null
from phonoscope.findings.questions.verdicts import verdicts
from phonoscope.web.app import create_app
from tests.helpers.calibrated import MODEL, add, drawn, make, recording, rows_of, verdict_of
from tests.helpers.catalogues import MemoryCatalogue
from tests.helpers.served import TestClient

LATER = recording("later", 3.0, date="2025")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    rows = [*drawn("old", 210), recording("hit", 6.0), *drawn("new", 40, date="2024", seed=5)]
    made = make(tmp_path_factory.mktemp("shown") / "c", rows)
    made.calibrate()
    add(made, [LATER])
    other = recording("other", 1.0, date="2025")
    add(made, [other], verdicts=[verdict_of(other, model="detector 0")])
    unscored = recording("unscored", 0.0)
    none = verdict_of(unscored, p_value=None, p_generated=None, model=None, basis="none")
    add(made, [unscored], verdicts=[none])
    return made


@pytest.fixture(scope="module")
def client(catalogue):
    with TestClient(create_app(catalogue), base_url="http://localhost:8765") as made:
        yield made


def local_row(catalogue, name):
    wanted = recording(name, 0.0)["recording_id"]
    return next(r for r in rows_of(catalogue, "local_p_values") if r["recording_id"] == wanted)


def test_the_finding_says_how_the_shipped_null_fits(catalogue):
    answer = own_null.answer(catalogue)
    found = catalogue.calibration()
    assert answer.answered
    assert answer.headline == found.calibration.says()
    fit, both, flagged = answer.tables
    assert [row[:2] for row in fit.rows] == [(f.level, f.hits) for f in found.calibration.fit]
    assert [row[1:] for row in both.rows] == [
        (one.verdict, one.shipped, one.local) for one in found.verdicts
    ]
    assert len(flagged.rows) == found.flagged_in_all >= 1
    (figure,) = answer.figures
    assert figure.value == found.calibration.row.called / 211
    # One was scanned since.
    assert found.scanned_since == 1
    assert answer.note


def test_the_verdicts_are_counted_both_ways(catalogue):
    answer = verdicts.answer(catalogue)
    generated = next(one for one in catalogue.calibration().verdicts if one.verdict == "generated")
    assert catalogue.calibration().calibration.says() in answer.note
    assert f" {generated.local} recordings " in answer.note
    assert f"instead of {generated.shipped}," in answer.note


def test_without_a_calibration_nothing_is_said():
    answer = own_null.answer(MemoryCatalogue())
    assert not answer.answered
    assert "calibrate" in answer.headline


def test_a_calibration_of_another_model_is_ignored_with_a_reason(catalogue):
    names = ("calibrations", "calibration_nulls", "local_p_values", "files", "recordings")
    tables = {name: catalogue.table(name).to_pyarrow() for name in names}
    newer = [verdict_of(LATER, model="detector 2 (def)")]
    answer = own_null.answer(MemoryCatalogue(**tables, verdicts=newer))
    assert (answer.answered, answer.reason) == (False, "outdated")
    assert MODEL in answer.headline
    assert "detector 2" in answer.headline


@pytest.mark.parametrize("name", ["old3", "new7"])
def test_a_page_shows_the_stored_local_p_value(catalogue, client, name):
    row = local_row(catalogue, name)
    shape = client.get(f"/api/recordings/{row['recording_id']}").json()["local"]
    assert shape["p_value"] == row["p_value"]
    assert shape["known_human"] == row["known_human"] == (name == "old3")
    # One that is known to be human is compared with the others.
    assert shape["recordings"] == (210 if row["known_human"] else 211)
    assert shape["ignored"] == ""
    page = client.get(f"/recordings/{row['recording_id']}").text
    assert re.findall(r'data-field="local"', page) == ['data-field="local"']


def test_a_recording_that_was_scanned_later_is_judged_on_its_page(catalogue, client):
    shape = client.get(f"/api/recordings/{LATER['recording_id']}").json()["local"]
    null = next(iter(catalogue.calibration().calibration.nulls.by_channel.values()))
    assert shape["p_value"] == pytest.approx(float(null.p_values(3.0)), rel=1e-6)
    assert not shape["known_human"]


@pytest.mark.parametrize(("name", "says"), [("other", "detector 0"), ("unscored", "score")])
def test_without_a_local_p_value_a_page_says_why(client, name, says):
    recording_id = recording(name, 0.0)["recording_id"]
    shape = client.get(f"/api/recordings/{recording_id}").json()["local"]
    assert shape["p_value"] is None
    assert says in shape["ignored"]
    assert 'data-field="local"' in client.get(f"/recordings/{recording_id}").text
