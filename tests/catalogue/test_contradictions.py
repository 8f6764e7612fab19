"""Rows of results that contradict themselves are left out; a catalogue may come from anyone."""

import pyarrow as pa
import pytest

from phonoscope.api import open_catalogue
from phonoscope.catalogue.schema.tables import tables

BATCH = "20260101T000000.000000-aaaaaaaaaaaa"
WHOLE = {
    "plays_summary": {
        "plays": 100, "accounts": 10, "tracks": 20, "artificial_accounts": 2,
        "undecided_accounts": 1, "artificial_tracks": 3, "artificial_plays": 30,
        "undecided_plays": 10, "artificial_share": 0.3, "share_low": 0.1, "share_high": 0.6,
    },
    "played_tracks": {
        "track_id": "t", "plays": 9, "accounts": 3, "artificial_plays": 9, "undecided_plays": 0,
        "artificial_share": 1.0, "share_low": 0.4, "share_high": 1.0,
    },
    "play_groups": {"group_id": 1, "accounts": 2, "tracks": 3, "plays": 4, "reasons": []},
    "calibrations": {
        "calibration_id": "c", "made_utc": 0, "model": "m", "rule": "date", "known_human": 60,
        "artists": 9, "of_one_artist": 5, "called": 1, "up_to_001": 0, "up_to_01": 1,
        "up_to_05": 4, "judged": 80, "widened": True,
    },
    "calibration_nulls": {
        "calibration_id": "c", "bandwidth": "any", "chain": "any", "tail_start": 1.0,
        "tail_scale": 0.5, "tail_share": 0.1, "scores": [-3.0, 0.0, 2.0],
    },
    "local_p_values": {"calibration_id": "c", "recording_id": "0" * 32, "p_value": 0.5},
    "matches": {
        "pair": "p", "one": "0" * 32, "other": "1" * 32, "copy": True, "speed": 1.0, "pitch": 1.0,
        "offset_s": 0.0, "begin_s": 0.0, "end_s": 5.0, "covers": 1.0, "alike": 1.0, "bits": 0.0,
        "score": 9.0,
    },
}  # fmt: skip
SPOILT = {
    "plays_summary": [
        {"plays": 0}, {"plays": None}, {"artificial_plays": 101}, {"undecided_plays": 71},
        {"artificial_plays": -1}, {"accounts": 101}, {"artificial_accounts": 10},
        {"artificial_tracks": 21}, {"share_low": 0.4}, {"share_high": None},
        {"artificial_share": None},
    ],
    "played_tracks": [{"plays": None}, {"artificial_plays": 10}, {"share_high": 0.5}],
    "play_groups": [{"reasons": None}, {"plays": -4}],
    "calibrations": [
        {"known_human": 0}, {"called": 61}, {"up_to_001": 2}, {"up_to_05": 61}, {"up_to_01": None},
        {"of_one_artist": 61}, {"model": None}, {"made_utc": None},
    ],
    "calibration_nulls": [
        {"tail_scale": 0.0}, {"tail_share": 1.5}, {"scores": []}, {"scores": [2.0, 1.0]},
        {"scores": None}, {"scores": [float("nan")]}, {"chain": None},
    ],
    "local_p_values": [{"p_value": None}, {"p_value": 1.5}],
    "matches": [{"speed": None}, {"speed": 0.0}, {"one": None}, {"end_s": -1.0}, {"copy": None}],
}  # fmt: skip


@pytest.mark.parametrize("table", WHOLE)
def test_a_whole_row_is_read_and_one_that_contradicts_itself_is_not(tmp_path, table):
    catalogue = open_catalogue(tmp_path / "c", create=True)
    rows = [WHOLE[table], *({**WHOLE[table], **change} for change in SPOILT[table])]
    names = tables()[table].schema.names
    key = next(name for name in ("source", "calibration_id", "pair") if name in names)
    named = [{**row, key: f"{n}", "batch": BATCH} for n, row in enumerate(rows)]
    stored = pa.Table.from_pylist(named, tables()[table].schema)
    catalogue._store.write({table: stored}, BATCH)
    assert catalogue[table][key].to_pyarrow().to_pylist() == ["0"]


def test_a_chart_day_that_is_none_reads_as_empty(tmp_path):
    catalogue = open_catalogue(tmp_path / "c", create=True)
    days = {"2024-02-29": True, "2023-02-29": False, "2024": False, "0001-01-01": False, "x": False}
    rows = [
        {"source": "s", "chart": "c", "region": "r", "chart_date": day, "rank": n, "batch": BATCH}
        for n, day in enumerate(days)
    ]
    stored = pa.Table.from_pylist(rows, tables()["chart_entries"].schema)
    catalogue._store.write({"chart_entries": stored}, BATCH)
    found = catalogue["chart_entries"].order_by("rank").chart_date.to_pyarrow().to_pylist()
    assert found == [day if is_day else None for day, is_day in days.items()]
