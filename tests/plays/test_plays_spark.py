"""Weighing on Spark: what one machine says, row by row."""

import math

import pytest

from phonoscope.findings.base import QuerySession
from phonoscope.findings.questions.plays import plays as PLAYS
from phonoscope.scan.spark_tables import SparkTables
from tests.helpers.plays import analysed, farm, people, shops
from tests.helpers.spark import small_session

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    # PySpark leaves sockets for the garbage collector to close.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
TABLES = {"listeners": "user_hash", "played_tracks": "track_id", "play_groups": "group_id"}
WHEN = ("batch", "scan_id", "weighed_utc")


@pytest.fixture(scope="module")
def session():
    with small_session() as made:
        yield made


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    plays = people(25) + farm(accounts=4) + shops(accounts=3)
    return analysed(plays, tmp_path_factory.mktemp("spark"))


def results_of(catalogue):
    found = {}
    for table, key in {**TABLES, "plays_summary": "source"}.items():
        rows = catalogue.table(table).order_by(key).to_pyarrow().to_pylist()
        found[table] = [{n: v for n, v in row.items() if n not in WHEN} for row in rows]
    return found


def same(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other


@pytest.mark.usefixtures("session")
def test_spark_and_this_machine_weigh_alike(catalogue):
    local = results_of(catalogue)
    assert {row["verdict"] for row in local["play_groups"]} == {"artificial", "undecided"}
    catalogue.plays.analyse(engine="spark")
    spark = results_of(catalogue)
    for table, rows in local.items():
        assert len(rows) == len(spark[table])
        for row, there in zip(rows, spark[table], strict=True):
            differing = {name for name in row if not same(row[name], there[name])}
            assert differing == set(), (table, row, there)


def test_the_finding_is_the_same_on_spark(catalogue, session):
    local = PLAYS.answer(QuerySession(catalogue))
    spark = PLAYS.answer(QuerySession(SparkTables(catalogue._store, session, catalogue.path)))
    assert local.figures[1].value > 0
    assert spark == local
