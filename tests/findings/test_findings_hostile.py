"""Every finding on random tables: none fails, whatever the values contradict."""

import math
import random
import time
from datetime import date, datetime

import pyarrow as pa
import pytest

from phonoscope.api import open_catalogue
from phonoscope.catalogue.schema.tables import tables
from phonoscope.cli.exits import Status
from phonoscope.cli.report import _say_left_out
from phonoscope.errors import DamagedCatalogueError
from phonoscope.findings.base import QuerySession, cannot_tell, find, findings
from phonoscope.findings.found import DAMAGED, FAILED, Found

BATCH = "20260101T000000.000000-aaaaaaaaaaaa"
BUDGET_S = 6.0
"""CPU-seconds after which no further catalogue is drawn."""
NUMBERS = [math.nan, math.inf, -1.0, 1e300, 0.0, 1.0, 0.5, 1e-9, 120.0, -14.0]
WHOLE_NUMBERS = [2_147_483_647, -5, 0, 1, 2, 3, 100, 44_100, 1999, 2023]
VALUES = {
    "double": NUMBERS,
    "float": NUMBERS,
    "int64": [*WHOLE_NUMBERS, -(2**63), 2**63 - 1],
    "int32": WHOLE_NUMBERS,
    "string": [
        "", "A", "2019-05", "2022-01-01", "2023-02-31", "C#", "generated", "undecided", "detected",
        "declared", "whole", "human", "mp3", "artificial", "done", "{", "{\"a\": NaN}", "\0", "de",
        "Song 1", "Song 1 (Remix)", "USABC2012345", "<script>alert(1)</script>", "9" * 40,
    ],
    "bool": [True, False, None],
    "date32[day]": [date.min, date.max, date(2020, 5, 6), date(2024, 2, 29)],
    "timestamp[us]": [datetime.min, datetime.max, datetime(2024, 3, 1), datetime(2024, 3, 2)],
}  # fmt: skip
IDS = {
    "recording_id": lambda rng: f"{rng.randrange(12):032x}",
    "uri": lambda rng: f"/music/{rng.randrange(9)}.wav",
    "track_id": lambda rng: f"t{rng.randrange(12)}",
    "scan_id": lambda rng: rng.choice(["aaaaaaaaaaaa", "bbbbbbbbbbbb"]),
    "source": lambda rng: rng.choice(["a.csv", "b.csv"]),
}


def value(rng, kind, empty):
    if pa.types.is_list(kind):
        return [value(rng, kind.value_type, empty) for _ in range(rng.randrange(4))]
    return None if rng.random() < empty else rng.choice(VALUES[str(kind)])


def drawn(path, seed):
    """A catalogue in which nothing fits together, some of it more often than not."""
    rng = random.Random(seed)
    catalogue = open_catalogue(path, create=True)
    rows = {}
    for table in tables().values():
        empty, most, some = rng.choice([0.0, 0.2]), rng.choice([1, 30]), []
        for _ in range(most):
            row = {c.name: value(rng, c.type, empty) for c in table.columns}
            ids = {name: made(rng) for name, made in IDS.items() if name in row}
            row |= {name: made for name, made in ids.items() if rng.random() < 0.95}
            some.append({**row, **({"batch": BATCH} if "batch" in row else {})})
        if table.name != "prints":
            rows[table.name] = pa.Table.from_pylist(some, table.schema)
    catalogue._store.write(rows, BATCH)
    return catalogue


@pytest.mark.slow
def test_no_finding_fails_on_random_tables(tmp_path):
    started, seed = time.process_time(), 0
    while time.process_time() - started < BUDGET_S:
        found = find(drawn(tmp_path / f"{seed}", seed))
        assert len(found) == len(findings())
        failed = {one.finding.name: one.answer for one in found if one.answer.reason == FAILED}
        assert not failed, (seed, failed)
        seed += 1


def test_a_finding_that_fails_is_named_and_is_no_fault(tmp_path, monkeypatch, capsys):
    finding = findings()[0]
    monkeypatch.setattr(type(finding), "answer", lambda *_: 1 / 0)
    found = find(open_catalogue(tmp_path / "c", create=True))
    assert {one.answer.reason for one in found} == {FAILED}
    assert all(table in found[0].answer.headline for table in finding.needs)
    assert _say_left_out(found) is Status.SOME_UNREADABLE
    assert "ZeroDivisionError" in capsys.readouterr().err
    whole = Found(finding, cannot_tell("nothing"))
    assert _say_left_out([whole]) is Status.DONE


def test_damage_of_another_open_catalogue_is_not_the_reason(tmp_path, monkeypatch):
    import duckdb

    def fail(*_):
        raise duckdb.InvalidInputException("a bug")

    catalogues = {}
    for name in ("whole", "damaged"):
        catalogues[name] = open_catalogue(tmp_path / name, create=True)
        rows = [{"uri": "/a.wav", "batch": BATCH}]
        stored = {"files": pa.Table.from_pylist(rows, tables()["files"].schema)}
        catalogues[name]._store.write(stored, BATCH)
    (part,) = (tmp_path / "damaged" / "files").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:100])
    error = duckdb.InvalidInputException("a bug")
    with QuerySession(catalogues["whole"]) as session:
        assert session.damage(error) is None
    assert isinstance(catalogues["damaged"].damage(error), DamagedCatalogueError)
    monkeypatch.setattr(type(findings()[0]), "answer", fail)
    assert {one.answer.reason for one in find(catalogues["whole"])} == {FAILED}
    assert {one.answer.reason for one in find(catalogues["damaged"])} == {DAMAGED}
