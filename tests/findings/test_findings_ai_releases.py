"""Machine-made releases: declared, listed and detected, separately and by month."""

import random

import pytest

import phonoscope as ps
from phonoscope.catalogue.schema.tables import tables
from phonoscope.detector import rates as rates_module
from phonoscope.detector.rates import Rates
from phonoscope.findings.base import findings
from phonoscope.findings.claims import read_claims
from phonoscope.findings.shared.deliveries import deliveries
from phonoscope.findings.shared.prevalence import estimate
from tests.helpers.catalogues import verdict_row
from tests.helpers.metadata import HEAD, rows
from tests.helpers.sources import write_csv

RATES = Rates.at(0.001, human=20_000, human_flagged=20, machine=2_000, machine_found=1_800)
(MACHINE,) = (finding for finding in findings() if finding.name == "machine")


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "c", create=True)


def figures(answer):
    return {figure.name: figure for figure in answer.figures}


def put(catalogue, name, some):
    """Rows as a scan would have written them."""
    store = catalogue._store
    batch = f"{int(store.newest_batch().split('-')[0]) + 1:016d}-abcdefabcdef-aaaaaa-000001"
    written = [{**row, "scan_id": "abcdefabcdef", "batch": batch} for row in some]
    store.write({name: tables()[name].arrow(written)}, batch)


def test_a_list_of_artists_counts_by_name_and_never_by_anything_else(catalogue, tmp_path):
    made = rows(1000, seed=5)
    catalogue.ingest(write_csv(tmp_path / "tracks.csv", [HEAD, *made]))
    assert not MACHINE.answer(catalogue).answered
    machines = [["artist_name", "evidence"], [" ANNA ", "says so herself"], ["Nobody", "x"]]
    catalogue.ingest(write_csv(tmp_path / "list.csv", machines))
    answer = MACHINE.answer(catalogue)
    of_anna = [row for row in made if row[2] == "Anna"]
    found = figures(answer)
    assert found["listed_share"].value == pytest.approx(len(of_anna) / 1000, abs=1e-12)
    assert "declared_share" not in found
    month = max(row[10][:7] for row in of_anna if len(row[10]) >= 7 and row[10] < "2040")
    in_month = [row for row in made if row[10].startswith(month)]
    hits = sum(row[2] == "Anna" for row in in_month)
    assert found[f"listed_{month}_share"].value == pytest.approx(hits / len(in_month), abs=1e-12)
    assert answer.note


def test_a_list_speaks_of_every_source(catalogue, tmp_path):
    made = rows(300, seed=6)
    catalogue.ingest(write_csv(tmp_path / "tracks.csv", [HEAD, *made]), name="one")
    catalogue.ingest(write_csv(tmp_path / "others.csv", [HEAD, *rows(300, seed=7)]), name="two")
    catalogue.ingest(write_csv(tmp_path / "list.csv", [["artist_name", "says"], ["Anna", "x"]]))
    found = {item.finding.name: item.answer for item in catalogue.report(source="one").found}
    listed = figures(found["machine"])["listed_share"]
    assert (listed.value, listed.n) == (sum(row[2] == "Anna" for row in made) / 300, 300)


def test_what_is_heard_is_estimated_by_the_month_of_the_linked_track(
    catalogue, tmp_path, monkeypatch
):
    monkeypatch.setattr(rates_module, "detector_rates", lambda: RATES)
    rng = random.Random(2)
    head = ["track_id", "name", "artists", "duration_ms", "isrc", "release_date"]
    tracks, recordings, verdicts = [], [], []
    for i in range(1200):
        date = rng.choice(["2024-01-05", "2024-02", "2023-12-24"])
        code = f"US{'ABC'[i % 3]}ZZ24{i:05}"
        tracks.append([f"t{i}", f"Song {i}", "Anna", 180_000, code, date])
        ident = f"{i:032x}"
        recordings.append({"recording_id": ident, "tag_isrc": code.lower(), "duration_s": 180.0})
        flagged = rng.random() < (0.4 if date == "2024-02" else 0.02)
        verdict = verdict_row(ident, "generated" if flagged else "no-sign-found", "detected", "x")
        verdicts.append({**verdict, "p_value": 0.0001 if flagged else 0.5, "model": "m"})
    # A recording that is linked to nothing counts for nothing.
    recordings.append({"recording_id": "f" * 32, "tag_isrc": "USZZZ2499999", "duration_s": 9.0})
    alone = verdict_row("f" * 32, "generated", "detected", "x")
    verdicts.append({**alone, "p_value": 0.0001, "model": "m"})
    catalogue.ingest(write_csv(tmp_path / "tracks.csv", [head, *tracks]))
    put(catalogue, "recordings", recordings)
    put(catalogue, "verdicts", verdicts)
    answer = MACHINE.answer(catalogue)
    february = [v for v, t in zip(verdicts, tracks, strict=False) if t[5] == "2024-02"]
    hits = sum(v["p_value"] <= 0.001 for v in february)
    expected = estimate([hits], [len(february)], RATES)
    figure = figures(answer)["detected_2024-02_share"]
    assert (figure.value, *figure.interval) == pytest.approx(
        (expected.share[0], expected.low[0], expected.high[0]), abs=1e-9
    )
    assert figure.n == len(february)
    assert answer.chart is not None
    (detected,) = (table for table in answer.tables if table.name == "machine_detected")
    assert sum(row[1] for row in detected.rows) == 1200


def test_published_figures_are_shown_and_not_among_the_figures(catalogue, tmp_path):
    catalogue.ingest(write_csv(tmp_path / "tracks.csv", [HEAD, *rows(50)]))
    catalogue.ingest(write_csv(tmp_path / "list.csv", [["artist_name", "note"], ["Bert", "x"]]))
    answer = MACHINE.answer(catalogue)
    (elsewhere,) = (table for table in answer.tables if table.name == "machine_elsewhere")
    assert ("2025-11", 0.34) in {row[:2] for row in elsewhere.rows}
    assert not any("2025-11" in figure.name for figure in answer.figures)


def test_published_shares_are_those_of_the_shipped_claims(catalogue, tmp_path):
    claims = {c.date: c for c in read_claims("shipped") if c.id.startswith("machine-")}
    shares = {one.published: one.share for one in deliveries()}
    assert set(claims) <= set(shares)
    assert all(claim.value == shares[date] for date, claim in claims.items())
    catalogue.ingest(write_csv(tmp_path / "tracks.csv", [HEAD, *rows(20, seed=5)]))
    answer = MACHINE.answer(catalogue)
    assert answer.reason == "no-values"
    assert all(part in answer.headline for part in ("34%", "November 2025"))
