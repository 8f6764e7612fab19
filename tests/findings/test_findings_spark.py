"""The findings on Spark: the same answers as on one machine, to the last digit."""

import pytest

import phonoscope as ps
from phonoscope.catalogue.schema.tables import tables
from phonoscope.errors import UsageError
from phonoscope.findings.base import find, findings
from phonoscope.findings.shared import isrc_counts
from phonoscope.linking.chart_links import RULES, chart_links
from phonoscope.scan.spark_tables import SparkTables
from tests.helpers.catalogues import mark_row, weighed
from tests.helpers.metadata import HEAD, rows
from tests.helpers.progress import Recorded
from tests.helpers.sources import web_api, write_csv
from tests.helpers.spark import small_session

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    # PySpark leaves sockets for the garbage collector to close.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def session():
    with small_session() as made:
        yield made


def filled(folder):
    """A catalogue of two sources, one of which was ingested twice and one that was stopped."""
    catalogue = ps.open_catalogue(folder / "c", create=True)
    made = rows(3000, seed=8, plays=True)
    path = write_csv(folder / "tracks.csv", [HEAD, *made[:2000]])
    catalogue.ingest(path)
    catalogue.ingest(write_csv(path, [HEAD, *made]))
    catalogue.ingest(web_api(folder / "dump.db", more=300))

    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.ingest(write_csv(folder / "b.csv", [HEAD, *made[:50]]), progress=Recorded(stop))
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
            {name: tables()[name].arrow(written)},
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


def test_the_newest_rows_are_the_same(tmp_path, session):
    catalogue = ps.open_catalogue(tmp_path / "twice", create=True)
    old, new = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
    written = [
        (old, "recordings", [{"recording_id": one, "codec": "old"} for one in "xyz"]),
        (old, "declared", [mark_row(one, f"old {n}") for one in "xyz" for n in range(2)]),
        (new, "recordings", [{"recording_id": one, "codec": "new"} for one in "xy"]),
        (new, "declared", [mark_row("x", f"new {n}") for n in range(3)]),
    ]
    for number, (scan, name, some) in enumerate(written, 1):
        batch = f"{number:016d}-{scan}-aaaaaa-000001"
        own = [{**row, "scan_id": scan, "batch": batch} for row in some]
        catalogue._store.write({name: tables()[name].arrow(own)}, batch)
    there = SparkTables(catalogue._store, session, catalogue.path)
    for name, told, count in (("recordings", "codec", 3), ("declared", "tool", 5)):
        columns = ["recording_id", told]
        here = catalogue.table(name).select(*columns).to_pyarrow().to_pylist()
        spark = there.table(name).select(*columns).to_pyarrow().to_pylist()
        assert len(here) == count
        assert sorted(map(str, here)) == sorted(map(str, spark))
    # y was examined again and has no mark any more; z was not.
    assert {row["recording_id"] for row in here} == {"x", "z"}


def charted(folder):
    """Charts, tracks by id, ISRC and names, lists, artists alike, and pages with what is odd."""
    catalogue = ps.open_catalogue(folder / "charted", create=True)
    weeks = [f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in (5, 12, 19, 26)]
    entries = [
        [week, rank, f"Song {rank}" + " (Live)" * (rank == 3), artist,
         f"spotify:track:{rank:022}" if rank == 1 else "", f"USABC24{rank:05}" if rank == 2 else ""]
        for week in weeks
        for rank, artist in enumerate(["Metallica", "Anna feat. B", "C & D", "Bj\u00f6rk", "X"], 1)
    ]  # fmt: skip
    head = ["chart_date", "rank", "title", "artist", "uri", "isrc"]
    catalogue.ingest(write_csv(folder / "chart.csv", [head, *entries]), constants={"chart": "Top"})
    tracks = [
        [f"{1:022}", "x", "x", 1, "", "", "", ""],
        ["i", "y", "y", 1, "us-abc-24-00002", "", "", ""],
        ["n", "SONG 4", "bjork", 1, "", "", "", ""],
        ["l", "Song 3", "D, C", 1, "", "", "", ""],
        ["g", "Song 5", "X, Y", 1, "", "", "", ""],
        ["e", "z", "Meta1lica", 1, "", "", "", ""],
    ]
    for artist in range(40):
        label = f"Label {artist % 3}"
        dates = [f"{2000 + at}-0{artist % 9 + 1}-01" for at in range(12)]
        rows = [[f"p{artist}-{at}", f"S {at}", f"P{artist:02}", 1, f"US{artist:03}24{at:05}",
                 label, date, f"r{artist}-{at}"] for at, date in enumerate(dates)]  # fmt: skip
        tracks += rows
    tracks.append(["odd", "Odd", "P03", 1, "QZZZZ2400001", "Other", "2011-12-01", "odd"])
    tracks.append(["late", "Late", "P04", 1, "QZZZZ2400002", "Other", "2023-12-01", "late"])
    columns = ["id", "name", "artist", "duration_ms", "isrc", "label", "release_date", "album_id"]
    catalogue.ingest(write_csv(folder / "t.csv", [columns, *tracks]), name="tracks")
    said = [["artist_name", "says"], ["metallica", "x"], ["\u041c\u0435tallica", "x"]]
    catalogue.ingest(write_csv(folder / "list.csv", said))
    catalogue.ingest(web_api(folder / "dump.db", more=30))
    return catalogue


def test_charts_names_and_pages_answer_the_same(tmp_path, session):
    catalogue = charted(tmp_path)
    spark = SparkTables(catalogue._store, session, catalogue.path)
    asked = [finding for finding in findings() if finding.name in ("charts", "names", "pages")]
    for finding in asked:
        here = finding.answer(catalogue)
        assert here.tables, finding.name
        assert finding.answer(spark) == here, finding.name


def test_charts_are_linked_alike(tmp_path, session):
    catalogue = charted(tmp_path)
    spark = SparkTables(catalogue._store, session, catalogue.path)

    def links(table):
        rows = chart_links(table).to_pyarrow().to_pylist()
        return sorted(tuple(row.items()) for row in rows)

    here = links(catalogue.table)
    assert {dict(row)["by"] for row in here} == {*RULES}
    assert links(spark.table) == here


def test_codes_are_counted_alike_by_sorting_and_by_grouping(tmp_path, session):
    catalogue = filled(tmp_path)
    tracks = catalogue.table("tracks")
    coded = tracks.filter(tracks.isrc_code >= 0)
    here = isrc_counts.runs_of(tracks, coded.count().to_pyarrow().as_py())
    assert here == isrc_counts.grouped_runs(coded)
    assert here.differing > 0
    spark = SparkTables(catalogue._store, session, catalogue.path).table("tracks")
    assert here == isrc_counts.runs_of(spark, 0)


def test_a_path_that_spark_takes_for_a_pattern_is_refused(tmp_path, session):
    catalogue = ps.open_catalogue(tmp_path / "a[b]", create=True)
    with pytest.raises(UsageError) as refused:
        SparkTables(catalogue._store, session, catalogue.path)
    assert refused.value.code == "spark-path"
