"""An interrupted ingest resumes, whatever stopped it, with the same results as without a stop."""

import errno
import gzip
import json
import os
import random
import shutil
import sqlite3
import time
import zipfile
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import phonoscope.api as ps
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.storage import LocalStorage
from phonoscope.errors import CatalogueError
from phonoscope.ingest import writer
from phonoscope.ingest.checkpoint import CHANGED, FOLDER
from phonoscope.ingest.pseudonyms import KEY_IS_GONE
from phonoscope.ingest.readers import csv_file
from tests.helpers import killed
from tests.helpers.progress import Recorded
from tests.helpers.sources import web_api, write_csv

ROWS = 1100
HEAD = ["id", "name", "artists", "duration_ms", "tempo"]


def rows(count=ROWS):
    """Rows with everything that must be counted: doubled ids, lists of artists, faults."""
    for i in range(count):
        duration = "oops" if i % 97 == 5 else str(1000 + i)
        artists = f"['one {i % 50}', 'two, \"{i}\"']"
        yield [f"t{i % 900}", f"söng\n{i}" if i % 7 == 0 else f"söng {i}", artists, duration, "90"]


def objects(count=ROWS):
    for i in range(count):
        artists = [{"id": f"a{i % 50}", "name": f"A {i}"}, {"id": None if i % 53 == 1 else "b"}]
        yield {
            "id": None if i % 101 == 3 else f"t{i % 900}",
            "name": f'söng }}]"{i}',
            "duration_ms": 1000 + i,
            "artists": artists,
            "album": {"id": f"al{i % 30}", "name": "Al", "release_date": "1999"},
        }


def parquet(folder, count=ROWS):
    """A dump of a web API in a folder of Parquet files, two of them of tracks."""
    folder.mkdir()
    with closing(sqlite3.connect(web_api(folder.parent / "dump.db", more=count))) as dump:
        dump.row_factory = sqlite3.Row
        for name in ("albums", "artists", "track_artists", "track_audio_features", "tracks"):
            # Those of before are of types that Parquet does not mix in a column.
            faulty = "where rowid > 11" if name == "tracks" else ""
            found = [dict(row) for row in dump.execute(f"select * from {name} {faulty}")]
            for number, part in enumerate((found[: len(found) // 3], found[len(found) // 3 :])):
                rows = pa.Table.from_pylist(part, pa.Table.from_pylist(found).schema)
                pq.write_table(rows, folder / f"{name}-{number}.parquet")
    return folder


def json_lines(count=ROWS):
    return "".join(f"{json.dumps(each)}\n\n" for each in objects(count)) + "broken {\n"


def discogs(count):
    artists = (f"<artist><id>{i % 500}</id><name>N {i}</name></artist>" for i in range(count))
    return f"<artists>{''.join(artists)}<other/></artists>"


def many(folder, count):
    folder.mkdir()
    for number, each in enumerate(rows(count // 100)):
        lines = list(rows(100))
        lines[0][0] = each[0]
        write_csv(folder / f"{number:03}.csv", [HEAD, *lines])
    (folder / "002.csv").write_bytes(b"\x1f\x8b\x08 damaged")
    (folder / "003-notes.txt").write_text("nothing of tracks\n")
    return folder


def packed(path, text):
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(text)
    return path


def zipped(path, text):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.json", text)
    return path


def written(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding)
    return path


KINDS = {
    "sqlite": lambda at, n: web_api(at / "x.db", more=n),
    "csv": lambda at, n: write_csv(at / "x.csv", [HEAD, *rows(n)]),
    "csv in UTF-16": lambda at, n: write_csv(at / "x.csv", [HEAD, *rows(n)], encoding="utf-16"),
    "csv.gz": lambda at, n: packed(
        at / "x.gz", write_csv(at / "y.csv", [HEAD, *rows(n)]).read_text()
    ),
    "parquet": lambda at, n: parquet(at / "parquet", n),
    "json lines": lambda at, n: written(at / "x.json", json_lines(n), "utf-8-sig"),
    "json.gz": lambda at, n: packed(at / "x.gz", json_lines(n)),
    "array.zip": lambda at, n: zipped(at / "x.zip", json.dumps([*objects(n), 7])),
    "array in UTF-16": lambda at, n: written(
        at / "x.json", json.dumps([*objects(n)], ensure_ascii=False), "utf-16"
    ),
    "object": lambda at, n: written(
        at / "x.json", json.dumps({"page": 1, "none": [], "items": [*objects(n)], "total": 9})
    ),
    "xml": lambda at, n: written(at / "x.xml", discogs(n)),
    "folder": lambda at, n: many(at / "folder", n),
}


def content(catalogue):
    """All that a catalogue holds of its source, but which batch of which ingest it was."""
    found = ps.open_catalogue(catalogue)
    held = {
        name: found.sql(f"select * exclude (scan_id, batch) from {name}").read_all().to_pylist()
        for name, table in tables().items()
        if table.ingested
    }
    ended = "select distinct state, read, kept, rejected, counts from ingests where deduplicated"
    held["ingests"] = found.sql(ended).read_all().to_pylist()
    return {name: sorted(map(repr, some)) for name, some in held.items()}


def parts_are_whole(catalogue):
    """Of each table the parts that count hold no row that does not, and nothing else is left."""
    for name, table in tables().items():
        if table.ingested:
            query = f"select count(*) n from {name}"
            (counted,) = ps.open_catalogue(catalogue).sql(query).read_all().to_pylist()
            store = ps.open_catalogue(catalogue)._store
            assert store.dataset(name, store.live_parts(name)).count_rows() == counted["n"]
    assert os.listdir(catalogue / FOLDER) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Sources, and what an ingest of them comes to that nothing stops."""
    made = {}

    def make(kind, count=ROWS):
        if (kind, count) not in made:
            at = tmp_path_factory.mktemp("whole")
            source = KINDS[kind](at, count)
            summary, told = killed.run(source, at / "catalogue")
            assert told == []
            assert summary.resumed_at_row is None
            made[kind, count] = source, at / "catalogue", summary
        return made[kind, count]

    return make


def same_but_time(one, other):
    about = ("read", "kept", "rejected", "reasons", "tables", "written", "ignored", "layout")
    return all(getattr(one, name) == getattr(other, name) for name in about)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "csv", "parquet", "json.gz", "folder"])
def test_killed_at_random_again_and_again(tmp_path, whole, kind):
    source, plain, expected = whole(kind)
    drawn = random.Random(kind)
    catalogue = tmp_path / "catalogue"
    for _ in range(3):
        process, pipe = killed.start(source, catalogue)
        deadline_s = time.monotonic() + drawn.uniform(0.02, 0.5)
        while time.monotonic() < deadline_s and process.is_alive():
            time.sleep(0.002)
        process.kill()
        process.join(60)
        pipe.close()
        if drawn.random() < 0.3 and catalogue.exists():
            ps.open_catalogue(catalogue).compact()
    summary, _ = killed.run(source, catalogue)
    assert same_but_time(summary, expected)
    assert content(catalogue) == content(plain)
    parts_are_whole(catalogue)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("kind", "first"), [("sqlite", 0), ("csv", 2), ("parquet", 4), ("json.gz", 7)]
)
def test_killed_at_any_write(tmp_path, whole, kind, first):
    """Before and after parts, notes of how far it is, and files that are removed.

    Every 47th write; where the four kinds begin, so that they do not die at the same ones.
    """
    source, plain, expected = whole(kind, 400)
    for number in range(first, 1000, 47):
        catalogue = tmp_path / f"{number}"
        if killed.run(source, catalogue, number) is not None:
            break
        summary, _ = killed.run(source, catalogue)
        assert same_but_time(summary, expected)
        assert content(catalogue) == content(plain)
        parts_are_whole(catalogue)
        shutil.rmtree(catalogue)
    assert number > 10


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "kind", ["csv.gz", "csv in UTF-16", "array.zip", "json lines", "xml", "sqlite", "folder"]
)
def test_killed_repeatedly_it_still_ends(tmp_path, whole, kind):
    """Each run writes a few files only; none begins at the start but the first."""
    # One that is killed after all its rows count, but before it could say so, would begin again.
    writes = {"xml": 12}.get(kind, 13)
    source, plain, expected = whole(kind)
    catalogue = tmp_path / "catalogue"
    assert killed.run(source, catalogue, writes) is None
    rows_at = []
    for _ in range(60):
        found = killed.run(source, catalogue, writes)
        (run,) = (
            ps.open_catalogue(catalogue)
            .sql("select resumed_at_row from ingests")
            .read_all()
            .to_pylist()
        )
        rows_at.append(run["resumed_at_row"])
        if found is not None:
            break
    summary, messages = found
    assert rows_at[0] > 1
    assert rows_at == sorted(rows_at)
    assert summary.resumed_at_row == rows_at[-1]
    assert resumed_at(messages, source) == rows_at[-1]
    assert same_but_time(summary, expected)
    assert content(catalogue) == content(plain)
    parts_are_whole(catalogue)


def resumed_at(messages, source):
    """The row that the only message names, in which the source is named too."""
    (message,) = messages
    assert message.values["source"] == str(source)
    return message.values["row"]


# ---- in this process ---------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(csv_file, "CHUNK_ROWS", killed.CHUNK_ROWS)
    monkeypatch.setattr(writer, "PART_ROWS", killed.PART_ROWS)


class Stopped(KeyboardInterrupt):
    pass


def stop_at(row):
    def stop(progress):
        if progress.done >= row:
            raise Stopped

    return Recorded(stop)


def stopped(tmp_path, **given):
    source = write_csv(tmp_path / "x.csv", [HEAD, *rows()])
    with pytest.raises(Stopped):
        ps.open_catalogue(tmp_path / "c", create=True).ingest(
            source, progress=stop_at(800), **given
        )
    return source


def again(tmp_path, source, **given):
    progress = Recorded()
    summary = ps.open_catalogue(tmp_path / "c", create=True).ingest(
        source, progress=progress, **given
    )
    assert summary.read == summary.kept + summary.rejected
    (run,) = (
        ps.open_catalogue(tmp_path / "c")
        .sql("select read from ingests where deduplicated order by finished_utc desc limit 1")
        .read_all()
        .to_pylist()
    )
    assert run["read"] == summary.read
    return summary, progress.messages


def test_what_was_interrupted_resumes(tmp_path, small):
    source = stopped(tmp_path)
    summary, messages = again(tmp_path, source)
    assert summary.resumed_at_row > 500
    assert resumed_at(messages, source) == summary.resumed_at_row
    # A finished ingest doesn't resume: the source is read again.
    assert again(tmp_path, source)[0].resumed_at_row is None


def test_an_ingest_resumes_after_a_full_disk(tmp_path, small, monkeypatch):
    source = write_csv(tmp_path / "x.csv", [HEAD, *rows()])
    write, left = LocalStorage.write, [12]

    def full(place, name, fill):
        def fails(file):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            fill(file)

        write(place, name, fails)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "write", full)
        with pytest.raises(CatalogueError) as failed:
            ps.open_catalogue(tmp_path / "c", create=True).ingest(source)
        assert failed.value.code == "disk-full"
    assert again(tmp_path, source)[0].resumed_at_row > 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("touched", CHANGED["source"]),
        ("longer", CHANGED["source"]),
        ("name", CHANGED["name"]),
        ("mapping", CHANGED["mapping"]),
        ("id_from", CHANGED["id_from"]),
        ("version", CHANGED["version"]),
        ("older", CHANGED["version"]),
        ("rows", CHANGED["rows"]),
        ("damaged", FOLDER),
        ("other", FOLDER),
        ("restart", None),
    ],
)
def test_what_has_changed_restarts_with_the_reason(tmp_path, small, change, why):
    source, given = stopped(tmp_path), {}
    (kept,) = (tmp_path / "c" / FOLDER).glob("*.json")
    stored = json.loads(kept.read_text())
    if change == "touched":
        os.utime(source, ns=(1, 1))
    elif change == "longer":
        with source.open("a") as file:
            file.write("new,new,x,1,1\n")
    elif change == "name":
        given = {"name": "another"}
    elif change == "mapping":
        given = {"mapping": {"id": "track_id", "name": "name"}}
    elif change == "id_from":
        given = {"id_from": ("name", "artist_names")}
    elif change in ("version", "rows"):
        changed = {**stored["fingerprint"], change: "0"}
        kept.write_text(json.dumps({**stored, "fingerprint": changed}))
    elif change == "older":
        kept.write_text(json.dumps({"same": stored["fingerprint"]}))
    elif change == "damaged":
        kept.write_text("{")
    elif change == "other":
        kept.write_text(json.dumps({"before": {}, "tables": 3}))
    else:
        given = {"restart": True}
    summary, messages = again(tmp_path, source, **given)
    assert summary.resumed_at_row is None
    assert len(messages) == (why is not None)
    assert all(why in message for message in messages)
    assert sorted(os.listdir(tmp_path / "c" / FOLDER)) == []


def test_rows_that_have_changed_are_noticed(tmp_path, small):
    """Even if the size and the time of change are the same."""
    source = stopped(tmp_path)
    stat = os.stat(source)
    text = source.read_bytes()
    source.write_bytes(text.replace(b"oops", b"1111").replace(b",90\r\n", b",xx\r\n"))
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert os.stat(source).st_size == stat.st_size
    summary, messages = again(tmp_path, source)
    assert len(messages) == 2
    assert resumed_at(messages[:1], source) > 1
    assert summary.resumed_at_row is None
    assert [(e.column, e.count) for e in summary.emptied] == [("tempo_bpm", ROWS)]


def test_listens_restart_without_a_stored_key(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "PART_ROWS", 1)
    listens = [
        {"listened_at": 1_700_000_000 + i, "user_name": "x", "recording_msid": f"m{i}",
         "track_metadata": {"track_name": "T", "artist_name": "A"}}
        for i in range(20_000)
    ]  # fmt: skip
    source = written(tmp_path / "x.json", "".join(json.dumps(each) + "\n" for each in listens))
    with pytest.raises(Stopped):
        ps.open_catalogue(tmp_path / "c", create=True).ingest(source, progress=stop_at(8192))
    summary, (message,) = again(tmp_path, source)
    assert KEY_IS_GONE in message
    assert (summary.resumed_at_row, summary.read) == (None, 20_000)
    query = "select count(distinct user_hash) n, count(*) listens from listens"
    found = ps.open_catalogue(tmp_path / "c").sql(query).read_all().to_pylist()
    assert found == [{"n": 1, "listens": 20_000}]


def test_two_processes_do_not_read_one_source_at_once(tmp_path, small):
    source = write_csv(tmp_path / "x.csv", [HEAD, *rows()])

    def meanwhile(progress):
        if progress.done > 500:
            return
        with pytest.raises(CatalogueError) as refused:
            ps.open_catalogue(tmp_path / "c", create=True).ingest(source)
        assert refused.value.code == "being-read"
        other = write_csv(tmp_path / f"{progress.done}.csv", [HEAD, *rows(3)])
        ps.open_catalogue(tmp_path / "c", create=True).ingest(other)

    summary = ps.open_catalogue(tmp_path / "c", create=True).ingest(
        source, progress=Recorded(meanwhile)
    )
    assert summary.read == summary.kept + summary.rejected
    assert again(tmp_path, source)[0].read == summary.read


def test_an_ingest_into_a_remote_catalogue_restarts(tmp_path, small):
    source = write_csv(tmp_path / "x.csv", [HEAD, *rows()])
    url = f"local://{tmp_path}/c"
    with pytest.raises(Stopped):
        ps.open_catalogue(url, create=True).ingest(source, progress=stop_at(800))
    summary, messages = again(tmp_path, source)
    assert (summary.resumed_at_row, messages) == (None, [])
