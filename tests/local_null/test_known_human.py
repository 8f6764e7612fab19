"""Which recordings count as known human: by all of their dates, or by a list of any shape."""

import os

import pytest

from phonoscope.errors import UsageError
from phonoscope.local_null.known_human import by_date, by_list
from phonoscope.local_null.listed import entries_of
from tests.helpers.calibrated import make, recording, recording_id_of

TRACK = {"source": "dump", "artist_names": "Anna", "duration_ms": 180_000}


@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    rows = [
        recording("old", 0.0, date="1987-03-01"),
        recording("edge", 0.0, date="2021-12-31"),
        recording("year after", 0.0, date="2022"),
        recording("compact", 0.0, date="20191105"),
        recording("vague", 0.0, date="long ago"),
        recording("undated", 0.0, date=None),
        recording("mix of 2023", 0.0, date="1987", title="Anthem (2023 Mix)"),
        recording("remaster", 0.0, date="1987", album="Best of [Remastered 2024]"),
        recording("future", 0.0, date="1987", title="In the year 2525"),
        recording("number", 0.0, date="1987", title="Route 20345"),
        recording("released again", 0.0, date="1987"),
        recording("only a track", 0.0, date=None),
        recording("new tag", 0.0, date="2024"),
    ]
    tracks = [
        TRACK | {"track_id": "1", "release_date": "1987", "file": "/music/released again.mp3"},
        TRACK | {"track_id": "2", "release_date": "2023-05", "file": "/music/released again.mp3"},
        TRACK | {"track_id": "3", "release_date": "1999", "file": "/music/only a track.mp3"},
        TRACK | {"track_id": "4", "release_date": "1999", "file": "/music/new tag.mp3"},
        TRACK | {"track_id": "5", "release_date": "1985", "file": "/music/old.mp3"},
    ]
    return make(tmp_path_factory.mktemp("dated") / "c", rows, tracks=tracks)


def test_every_statement_of_a_date_must_be_earlier(dated):
    found = by_date(dated, 2022)
    human = {"old", "edge", "compact", "future", "number", "only a track"}
    assert found.recording_ids == {recording_id_of(name) for name in human}
    # mix of 2023, remaster, released again, new tag
    assert found.stated_later == 4
    assert found.before_year == 2022
    assert len(by_date(dated, 1986).recording_ids) == 0


def test_a_catalogue_without_tracks_has_only_tags(tmp_path):
    catalogue = make(tmp_path / "c", [recording("a", 0.0, date="2001"), recording("b", 0.0)])
    assert len(by_date(catalogue, 2022).recording_ids) == 2
    assert by_date(catalogue, 2001).recording_ids == frozenset()
    empty = make(tmp_path / "empty", [])
    assert by_date(empty, 2022).recording_ids == frozenset()


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("listed")
    odd = os.fsdecode(b"caf\xe9")
    rows = [recording(name, 0.0) for name in ("a", "b, with comma", "ünïcode", "sub/c")]
    catalogue = make(folder / "c", rows, root=str(folder / "music"))
    return folder, catalogue, odd


def names(found, candidates=("a", "b, with comma", "ünïcode", "sub/c")):
    return {name for name in candidates if recording_id_of(name) in found.recording_ids}


def test_a_list_names_files_and_ids(listed):
    folder, catalogue, _ = listed
    path = folder / "list.txt"
    path.write_bytes(
        b"\xef\xbb\xbf# our own sessions\r\n"
        + f"{folder}/music/a.mp3\r\n\r\n".encode()
        + "music/ünïcode.mp3\n".encode()  # relative to the list
        + b"sub/c.mp3\n"  # relative to the scanned folder, as a report shows it
        + recording_id_of("b, with comma").upper().encode()
        + b"\nno/such file.mp3\n\xff\xfe\nsub/c.mp3\n"
    )
    found = by_list(catalogue, path)
    assert names(found) == {"a", "b, with comma", "ünïcode", "sub/c"}
    assert found.not_found == 2
    assert [entry.line for entry in found.not_found_entries] == [7, 8]
    assert found.before_year is None


@pytest.mark.parametrize("column", ["recording_id", "file", "uri", "path", "File "])
def test_a_csv_file_has_a_column(listed, column):
    folder, catalogue, _ = listed
    cells = [f"{folder}/music/b, with comma.mp3", f"{folder}/music/a.mp3", "none"]
    if column == "recording_id":
        cells = [recording_id_of("b, with comma"), recording_id_of("a"), "none"]
    path = folder / "list.csv"
    path.write_text("\n".join([f"note,{column}", *(f'"x, y","{cell}"' for cell in cells), "short"]))
    found = by_list(catalogue, path)
    assert names(found) == {"a", "b, with comma"}
    assert [entry.line for entry in found.not_found_entries] == [4]


def test_names_that_are_not_utf_8_are_found(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    from phonoscope.files import uri_of

    row = recording("x", 0.0)
    catalogue = make(tmp_path / "c", [row])
    from tests.helpers.calibrated import add

    other = recording("other", 0.0)
    add(catalogue, [other | {"name": "unused"}])
    uri = uri_of(str(tmp_path / f"{name}.mp3"))
    from phonoscope.catalogue.parts import BatchNames
    from phonoscope.catalogue.schema.tables import tables

    batch = BatchNames("bbbbbbbbbbbb", catalogue._store.newest_batch()).next()
    file = {"uri": uri, "recording_id": row["recording_id"], "batch": batch}
    catalogue._store.write({"files": tables()["files"].arrow([file])}, batch)
    (tmp_path / "list.txt").write_bytes(b"caf\xe9.mp3\n")
    assert by_list(catalogue, tmp_path / "list.txt").recording_ids == {row["recording_id"]}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x00\x01binary", "not-text"),
        (b"RIFF\x24\x00\x00\x00WAVE", "not-text"),
        (b'"' + b"x" * 200_000, "not-csv"),
        (b"recording_id,x\n" + b"a" * 300_000, "not-csv"),
        (None, "unreadable-list"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, content, code):
    path = tmp_path / "list"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as raised:
        entries_of(path)
    assert raised.value.code == code
    assert "list" in raised.value.message


def test_folders_pipes_and_too_much_are_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UsageError) as raised:
            entries_of(path)
        assert raised.value.code == "unreadable-list"
    monkeypatch.setattr("phonoscope.local_null.listed.MOST_BYTES", 5)
    (tmp_path / "long").write_text("123456")
    with pytest.raises(UsageError) as raised:
        entries_of(tmp_path / "long")
    assert raised.value.code == "too-large"


def test_a_csv_file_without_the_column_is_refused_and_a_plain_list_is_not(tmp_path):
    (tmp_path / "a.csv").write_text("title,artist\nx,y\n")
    with pytest.raises(UsageError) as raised:
        entries_of(tmp_path / "a.csv")
    assert raised.value.code == "missing-column"
    (tmp_path / "b.txt").write_text("Artist, The - Song.mp3\n\n#x\n")
    assert [tuple(e) for e in entries_of(tmp_path / "b.txt")] == [(1, "Artist, The - Song.mp3")]
    (tmp_path / "empty").write_text("")
    assert entries_of(tmp_path / "empty") == []
