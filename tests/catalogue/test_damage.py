"""A damaged part is named, ends no command as a fault, and what is whole is read on."""

import os
import shutil
import weakref

import duckdb
import pytest

import phonoscope as ps
from phonoscope.catalogue.damage import reason_for
from phonoscope.catalogue.store import open_store
from phonoscope.errors import CatalogueError, DamagedCatalogueError
from phonoscope.findings.found import DAMAGED
from phonoscope.web.app import create_app
from tests.helpers.batches import outcome, recording_id_of, write_batch
from tests.helpers.program import run
from tests.helpers.served import TestClient
from tests.helpers.sounds import noise, write


def truncated(part):
    part.write_bytes(part.read_bytes()[:200])


def cut_short(part):
    part.write_bytes(part.read_bytes()[:-1])


def flipped(part):
    """Some bytes of the first column; the part's end is as it was."""
    content = bytearray(part.read_bytes())
    content[4:60] = bytes(255 - byte for byte in content[4:60])
    part.write_bytes(content)


def emptied(part):
    part.write_bytes(b"")


def a_folder(part):
    part.unlink()
    part.mkdir()


def gone(part):
    part.unlink()


DAMAGES = [truncated, cut_short, flipped, emptied, a_folder, gone]


@pytest.fixture
def catalogue(tmp_path):
    store = open_store(tmp_path / "c", create=True)
    write_batch(store, outcome("a"), outcome("b"))
    file = tmp_path / "t.csv"
    rows = [f"t{n},Name {n},Artist {n % 7},200000,2020-01-01" for n in range(200)]
    file.write_text("\n".join(["track_id,name,artist_names,duration_ms,release_date", *rows, ""]))
    ps.open_catalogue(tmp_path / "c").ingest(file)
    return tmp_path / "c"


def part_of(catalogue, table):
    return min((catalogue / table).glob("*.parquet"))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("table", ["tracks", "recordings"])
def test_every_way_to_read_names_the_part(catalogue, table, damage):
    part = part_of(catalogue, table)
    damage(part)
    opened = ps.open_catalogue(catalogue)
    named = f"{table}/{part.name}"
    with pytest.raises(DamagedCatalogueError) as said:
        opened.sql(f"select * from {table}").read_all()
    assert said.value.file == named
    assert named in said.value.message
    assert opened.sql("select count(*) n from files").read_all()["n"].to_pylist() == [2]
    assert opened["files"].count().to_pyarrow().as_py() == 2


@pytest.mark.parametrize("damage", [truncated, flipped])
def test_a_report_answers_what_it_can(catalogue, damage, tmp_path):
    damage(part_of(catalogue, "tracks"))
    ran = run("report", catalogue, "--to", tmp_path / "report.json", "-q")
    assert (ran.returncode, "tracks/" in ran.stderr) == (3, True)
    reasons = {one.answer.reason for one in ps.open_catalogue(catalogue).report().found}
    assert DAMAGED in reasons
    assert "failed" not in reasons
    assert (tmp_path / "report.json").exists()


COMMANDS = [
    ("files", ["scan", "sound.wav", "--into", "c"]),
    ("files", ["label", "check", "c", "--policy", "eu"]),
    ("verdicts", ["share", "c"]),
    ("recordings", ["dossier", recording_id_of("a"), "--in", "c"]),
    ("prints", ["find", "sound.wav", "--in", "c"]),
    ("prints", ["copies", "c"]),
    ("declared", ["compact", "c"]),
    ("ingests", ["sql", "c", "select * from tracks"]),
]


@pytest.mark.parametrize(("table", "command"), COMMANDS, ids=[" ".join(c[:1]) for _, c in COMMANDS])
def test_commands_end_with_2_and_name_the_part(catalogue, tmp_path, table, command):
    write(tmp_path / "sound.wav", noise(2.0))
    if command[0] == "compact":
        write_batch(open_store(catalogue), outcome("z"))
    part = min((catalogue / table).glob("*.parquet"))
    truncated(part)
    ran = run(*command, cwd=tmp_path)
    assert (ran.returncode, f"{table}/{part.name}" in ran.stderr) == (2, True), ran.stderr


def test_a_part_that_was_restored_is_read_again(catalogue, tmp_path):
    part = part_of(catalogue, "tracks")
    shutil.copy(part, tmp_path / "kept")
    opened = ps.open_catalogue(catalogue)
    truncated(part)
    for _ in range(2):
        with pytest.raises(DamagedCatalogueError):
            opened["tracks"]
    shutil.copy(tmp_path / "kept", part)
    assert opened["tracks"].count().to_pyarrow().as_py() == 200


def test_without_the_part_and_the_list_the_rest_is_a_catalogue(catalogue):
    part_of(catalogue, "tracks").unlink()
    shutil.rmtree(catalogue / "_versions")
    opened = ps.open_catalogue(catalogue)
    assert opened["tracks"].count().to_pyarrow().as_py() == 0
    assert opened["files"].count().to_pyarrow().as_py() == 2


def test_pages_answer_503_in_words(catalogue):
    truncated(part_of(catalogue, "recordings"))
    client = TestClient(create_app(ps.open_catalogue(catalogue)), base_url="http://localhost")
    answer = client.get("/api/recordings")
    assert answer.status_code == 503
    assert "recordings/" in answer.json()["error"]


def test_pages_name_a_part_that_is_damaged_inside(catalogue, monkeypatch):
    # Catalogues of other tests, which are damaged too, may not have been collected yet.
    monkeypatch.setattr("phonoscope.catalogue.damage._opened", weakref.WeakSet())
    client = TestClient(create_app(ps.open_catalogue(catalogue)), base_url="http://localhost")
    assert client.get("/api/recordings").status_code == 200
    part = part_of(catalogue, "recordings")
    flipped(part)
    answer = client.get("/api/recordings")
    assert answer.status_code == 503
    assert answer.json()["code"] == "damaged-part"
    assert f"recordings/{part.name}" in answer.json()["error"]


def test_a_part_that_a_compaction_removed_is_not_damage(catalogue):
    opened = ps.open_catalogue(catalogue)
    read = opened.snapshot()
    files = read("files")
    write_batch(open_store(catalogue), outcome("z"))
    opened.compact(grace_s=0)
    opened.compact(grace_s=0)
    assert not list(os.scandir(catalogue / "files"))[1:]
    with pytest.raises(duckdb.Error) as failed:
        files.to_pyarrow()

    reason = reason_for(failed.value, [opened._store])
    assert isinstance(reason, CatalogueError)
    assert reason.code == "compacted-meanwhile"
