"""The findings on Spark: the same answers as on one machine, to the last digit."""

import pytest
from catalogues import mark_row, weighed
from metadata import HEAD, rows
from sources import web_api, write_csv

import phonoscope as ps
from phonoscope.engines.session import spark_session
from phonoscope.engines.spark_tables import SparkTables
from phonoscope.errors import UsageError
from phonoscope.findings import runs
from phonoscope.findings.base import find
from phonoscope.settings import Settings

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    # PySpark leaves sockets for the garbage collector to close.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def session():
    made, is_ours = spark_session(Settings(workers=2))
    # For a few thousand rows the usual 200 tasks a question are only overhead.
    made.conf.set("spark.sql.shuffle.partitions", "2")
    yield made
    if is_ours:
        made.stop()


def filled(folder):
    """A catalogue of two sources, one of which was ingested twice and one that was stopped."""
    catalogue = ps.open_catalogue(folder / "c")
    made = rows(3000, seed=8, plays=True)
    path = write_csv(folder / "tracks.csv", [HEAD, *made[:2000]])
    catalogue.ingest(path)
    catalogue.ingest(write_csv(path, [HEAD, *made]))
    catalogue.ingest(web_api(folder / "dump.db", more=300))

    def stop(read, rejected, share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.ingest(write_csv(folder / "b.csv", [HEAD, *made[:50]]), progress=stop)
    recordings = weighed(300)
    makings = ("generated", "human", "converted-voice", "assisted")
    recordings.rows["declared"] = [
        mark_row(row["recording_id"], making=makings[i % 4])
        | {"part": ("whole", "vocals")[i // 4 % 2], "voice": (None, "anna", "ben")[i % 3]}
        for i, row in enumerate(recordings.rows["recordings"][:90])
    ]
    recordings.rows["voices"] = [
        {"voice_id": "anna", "owner": "A", "uses": ["covers"], "commercial": False},
        {"voice_id": "7", "name": "Ben", "owner": "B", "uses": [], "commercial": False},
    ]
    for name, some in recordings.rows.items():
        batch = catalogue._store.newest_batch().split("-")[0]
        written = [{**row, "scan_id": "abcdefabcdef", "batch": f"{batch}-x"} for row in some]
        catalogue._store.write(
            {name: ps.catalogue.layout.tables()[name].arrow(written)},
            f"{int(batch) + 1:016d}-abcdefabcdef-aaaaaa-000001",
        )
    return catalogue


def test_every_finding_answers_the_same(tmp_path, session):
    catalogue = filled(tmp_path)
    here = find(catalogue)
    there = find(SparkTables(catalogue._store, session, catalogue.path))
    for one, other in zip(here, there, strict=True):
        assert one.answer == other.answer, one.finding.name
    assert sum(item.answer.answered for item in here) >= 20


def test_codes_are_counted_alike_by_sorting_and_by_grouping(tmp_path, session):
    catalogue = filled(tmp_path)
    tracks = catalogue.table("tracks")
    coded = tracks.filter(tracks.isrc_code >= 0)
    here = runs.runs_of(tracks, coded.count().to_pyarrow().as_py())
    assert here == runs.grouped_runs(coded)
    assert here.differing > 0
    spark = SparkTables(catalogue._store, session, catalogue.path).table("tracks")
    assert here == runs.runs_of(spark, 0)


def test_a_path_that_spark_takes_for_a_pattern_is_refused(tmp_path, session):
    catalogue = ps.open_catalogue(tmp_path / "a[b]")
    with pytest.raises(UsageError, match="patterns"):
        SparkTables(catalogue._store, session, catalogue.path)
