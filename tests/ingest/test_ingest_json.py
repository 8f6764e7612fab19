"""JSON in every shape, and raw objects of a web API, into the common tables."""

import gzip
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.ingest.readers import json_split
from phonoscope.ingest.readers.json_file import JsonFile
from phonoscope.ingest.readers.json_split import Splitter
from tests.helpers.sources import table


def track(number, **more):
    album = {
        "id": f"al{number % 3}",
        "name": "Álbum",
        "album_type": "single",
        "release_date": "1999-05",
        "release_date_precision": "month",
        "total_tracks": 9,
    }
    return {
        "id": f"t{number}",
        "name": f'So"ng] {{{number}\\',
        "duration_ms": 1000 * number,
        "explicit": number % 2 == 0,
        "external_ids": {"isrc": "USABC2512345"},
        "popularity": number,
        "disc_number": 1,
        "track_number": number,
        "available_markets": ["DE", "FR"][: number % 3],
        "artists": [{"id": "ar1", "name": "A, B"}, {"id": f"ar{number}", "name": "Ж"}],
        "album": album,
        **more,
    }


TRACKS = [track(number) for number in range(1, 7)]
SHAPES = {
    "lines": lambda rows: "".join(json.dumps(row) + "\n" for row in rows),
    "no last line feed": lambda rows: "\n\n".join(map(json.dumps, rows)),
    "CRLF": lambda rows: "\r\n".join(map(json.dumps, rows)),
    "array": json.dumps,
    "pretty array": lambda rows: json.dumps(rows, indent=1),
    "array with a row a line": lambda rows: "[" + ",\n".join(map(json.dumps, rows)) + "]\n",
    "pretty, one after another": lambda rows: "\n".join(json.dumps(r, indent=2) for r in rows),
    "one after another": lambda rows: "".join(map(json.dumps, rows)),
    "in an object": lambda rows: json.dumps({"href": "x", "items": rows, "total": 6}),
    "pretty, in an object": lambda rows: json.dumps({"i": {"a": [{}]}, "tracks": rows}, indent=1),
    "several arrays": lambda rows: json.dumps(rows[:2]) + "\n" + json.dumps(rows[2:]),
}


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def check(catalogue, path):
    summary = catalogue.ingest(path)
    assert (summary.layout, summary.reasons, summary.ignored) == ("web-api-json", {}, [])
    assert {name: counted.read for name, counted in summary.tables.items()} == {
        "tracks": 6,
        "artists": 12,
        "album": 6,
    }
    columns = ("track_id", "name", "duration_ms", "explicit", "album_id", "isrc", "artist_names")
    assert table(catalogue, "tracks", *columns) == [
        (
            *(row["id"], row["name"], row["duration_ms"], row["explicit"], row["album"]["id"]),
            *("USABC2512345", "A, B, Ж"),
        )
        for row in TRACKS
    ]
    assert table(catalogue, "track_artists", "track_id", "artist_id") == sorted(
        {(row["id"], artist["id"]) for row in TRACKS for artist in row["artists"]}
    )
    assert set(table(catalogue, "track_artists", "release_year")) == {(1999,)}
    assert table(catalogue, "albums", "album_id", "name", "release_date_precision") == [
        (f"al{i}", "Álbum", "month") for i in range(3)
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_rows(tmp_path, catalogue, shape):
    (tmp_path / "x").write_text(SHAPES[shape](TRACKS), encoding="utf-8")
    check(catalogue, tmp_path / "x")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("shape", ["lines", "pretty array"])
def test_every_encoding_gives_the_same_rows(tmp_path, catalogue, encoding, shape):
    (tmp_path / "x").write_text(SHAPES[shape](TRACKS), encoding=encoding)
    check(catalogue, tmp_path / "x")


def test_packed_json_is_read(tmp_path, catalogue):
    (tmp_path / "x").write_bytes(gzip.compress(SHAPES["lines"](TRACKS).encode()))
    check(catalogue, tmp_path / "x")


def test_facts_are_kept_and_an_albums_date_is_its_tracks(tmp_path, catalogue):
    rows = [
        track(1, duration_ms=0, explicit=None, popularity=None, external_ids=None),
        track(2, duration_ms=1500.75, album=None, available_markets=[]),
        track(3, duration_ms="243800", available_markets=["JP"]),
        {"id": 4, "name": 1999, "duration_ms": 1},
    ]
    (tmp_path / "x").write_text(SHAPES["lines"](rows))
    assert catalogue.ingest(tmp_path / "x").reasons == {}
    names = ("track_id", "duration_ms", "explicit", "popularity", "release_date", "isrc")
    assert table(catalogue, "tracks", *names, "market_count", "only_market", "name") == [
        ("4", 1, None, None, None, None, None, None, "1999"),
        ("t1", 0, None, None, "1999-05", None, 1, "DE", 'So"ng] {1\\'),
        ("t2", 1500, True, 2, None, "USABC2512345", 0, None, 'So"ng] {2\\'),
        ("t3", 243_800, False, 3, "1999-05", "USABC2512345", 1, "JP", 'So"ng] {3\\'),
    ]


def test_what_cannot_be_kept_is_a_row_with_the_reason(tmp_path, catalogue):
    bad = [
        track(11, id=None),
        track(12, duration_ms="3:45"),
        track(13, duration_ms=True),
        track(14, duration_ms=1e300),
        track(15, duration_ms=10**40),
        track(16, name=["a"]),
        track(17, name={"a": 1}),
        track(18, explicit="maybe"),
        track(19, album=5),
        track(20, artists="A"),
        track(21, available_markets="DE,FR"),
        track(22, name="x" * 5000),
    ]
    text = SHAPES["lines"]([*TRACKS, *bad]).encode()
    text += b'{"id": "t23", "na\n[1]\n5\nnull\n"x"\n{"id":"\xff"}\n{"id":"\\ud800"}\n{"a":NaN}\n'
    text += b"[" * 100_000 + b"\n" + b"9" * 100_000 + b"\n" + SHAPES["lines"]([track(30)]).encode()
    (tmp_path / "x").write_bytes(text)
    summary = catalogue.ingest(tmp_path / "x")
    assert summary.tables["tracks"].reasons == {
        "not valid JSON": 7,
        "not a JSON object": 3,
        "name is not a single value": 2,
        "no track_id": 1,
        "album is not an object": 1,
        "artist_names has an unexpected form": 1,
        "market_count has an unexpected form": 1,
    }
    found = {(e.column, e.reason): (e.count, e.row) for e in summary.tables["tracks"].emptied}
    first = len(TRACKS) + 1
    assert found == {
        ("duration_ms", "is not a number"): (3, first + 2),
        ("explicit", "is neither true nor false"): (1, first + 7),
        ("name", "is too long"): (1, first + 11),
    }
    assert summary.tables["tracks"].kept == 13
    assert summary.read == summary.kept + summary.rejected
    rejects = table(catalogue, "rejects", "row", "row_text")
    assert len(rejects) == summary.rejected
    assert max(len(text) for _, text in rejects) <= 1000
    # A track that was refused brings no album and no artists.
    assert len(table(catalogue, "track_artists", "track_id")) == 25


def test_inner_objects_are_kept_and_rejected_as_rows(tmp_path, catalogue):
    rows = [
        track(1, artists=[{"id": "a", "name": "A"}, {"name": "no id"}, 5, None, "A"]),
        track(2, album={"name": "no id"}),
    ]
    (tmp_path / "x").write_text(SHAPES["lines"](rows))
    summary = catalogue.ingest(tmp_path / "x")
    # A list with a number in it is refused with its track, because its names are unknown.
    assert summary.tables["tracks"].reasons == {"artist_names has an unexpected form": 1}
    (tmp_path / "x").write_text(SHAPES["lines"]([rows[1], track(3, artists=[{"name": "B"}])]))
    summary = catalogue.ingest(tmp_path / "x")
    assert summary.tables["artists"].reasons == {"no artist_id": 1}
    assert summary.tables["album"].reasons == {"no album_id": 1}
    assert table(catalogue, "tracks", "track_id", "artist_names") == [
        ("t2", "A, B, Ж"),
        ("t3", "B"),
    ]


def test_artists_and_features_are_objects_too(tmp_path, catalogue):
    artist = {"id": "a", "name": "A", "genres": ["x", "y", ""], "followers": {"total": 7}}
    feature = {"id": "t1", "tempo": 120.5, "key": 11, "mode": 0, "danceability": 0.25}
    (tmp_path / "a").write_text(json.dumps(artist))
    (tmp_path / "f").write_text(json.dumps({"audio_features": [feature, None]}))
    assert catalogue.ingest(tmp_path / "a").reasons == {"no genre": 1}
    assert catalogue.ingest(tmp_path / "f").reasons == {"not a JSON object": 1}
    assert table(catalogue, "artists", "artist_id", "followers") == [("a", 7)]
    assert table(catalogue, "artist_genres", "genre") == [("x",), ("y",)]
    assert table(catalogue, "features", "track_id", "tempo_bpm", "key") == [("t1", 120.5, 11)]


HOSTILE = {
    "cut off": (SHAPES["array"](TRACKS * 50)[:-300].encode(), "incomplete"),
    "cut off in text": (SHAPES["array"](TRACKS * 50)[:-200].encode() + b'"', "incomplete"),
    "not closed": (b'[{"id":1,"name":2,"duration_ms":3,"artists":[{"name":1}]}' * 9, "incomplete"),
    "closed too often": (SHAPES["array"](TRACKS).encode() + b"]]]", "brackets"),
    "a long line": (SHAPES["lines"](TRACKS).encode() + b"x" * (9 << 20), "record-too-long"),
    "a long record": (
        SHAPES["array"](TRACKS)[:-1].encode() + b",{" + b" " * (9 << 20),
        "record-too-long",
    ),
    "other keys": (b'{"a":1,"b":{"c":2}}\n{"d":1}', "unknown-format"),
    "a heading like JSON": (b"[id],name,duration\n1,2,3\n", "unknown-format"),
    "broken at once": (b'{"id": "a", "na', "unknown-format"),
    "only brackets": (b"[" * 100_000, "unknown-format"),
    "numbers": (b"[1,2,3]", "unknown-format"),
    "an open object without end": (b"{" * 10_000_000, "not-json"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_within_bounds(tmp_path, catalogue, kind):
    content, code = HOSTILE[kind]
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "x")
    assert refused.value.code == code
    assert len(refused.value.message) < 2000


def test_a_table_whose_heading_begins_like_json_is_a_table(tmp_path):
    (tmp_path / "x").write_text("{id},id,name,duration_ms\n1,2,3,4\n")
    assert ps.format_of(tmp_path / "x") == "flat-csv"
    (tmp_path / "x").write_text("[ID],Song\n1,2\n")
    assert ps.format_of(tmp_path / "x", {"[ID]": "track_id", "Song": "name"}) == "mapped-csv"


def test_a_record_of_many_inner_objects_takes_bounded_memory(tmp_path, catalogue):
    hostile = track(1, artists=[], extra=0)
    text = json.dumps(hostile).replace('"artists": []', '"artists": [' + "{}," * 200_000 + "{}]")
    (tmp_path / "x").write_text(text + "\n" + json.dumps(track(2)) + "\n")
    tracemalloc.start()
    summary = catalogue.ingest(tmp_path / "x")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert summary.reasons == {"no artist_id": 200_001}
    assert peak < 200e6


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\{}[]\n,:é'),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(alphabet='k"\\[{', max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def blocks(data, text):
    """The text in blocks of any size."""
    left = text
    while left:
        size = data.draw(st.integers(1, max(1, len(left))))
        yield left[:size]
        left = left[size:]


@settings(max_examples=150)
@given(
    rows=st.lists(st.dictionaries(st.sampled_from("ab"), JSON, min_size=1) | st.just([[1]])),
    indent=st.sampled_from([None, 0, 2]),
    data=st.data(),
)
def test_documents_are_cut_where_json_has_its_values(rows, indent, data):
    for base, whole in ((1, rows), (2, {"x": {"y": [{}]}, "n": [1], "rows": rows, "z": 1})):
        text = json.dumps(whole, indent=indent, ensure_ascii=data.draw(st.booleans())).encode()
        cut = Splitter(base, "x", "rows").records(blocks(data, text))
        assert [json.loads(record) for record in cut] == rows
    text = "\n".join(json.dumps(row, indent=indent) for row in rows).encode()
    cut = Splitter(0, "x").records(blocks(data, text))
    assert [json.loads(record) for record in cut] == rows


@settings(max_examples=100)
@given(text=st.binary(max_size=60) | st.text('{}[]",:\\1a \n', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("json") / "x"
    path.write_bytes(b"{" + text)
    try:
        file = JsonFile(str(path), "x", b"{" + text)
        rows = sum(len(records.rows) for records in file.chunks())
    except ps.SourceError:
        return
    assert rows > 0


def test_scalars_between_records_are_not_lost():
    found = Splitter(1, "x").records([b'[1, {"a":', b'2}, "x", {"b":3}, null', b"]"])
    assert list(found) == [b"1", b'{"a":2}', b'"x"', b'{"b":3}', b"null"]


def test_what_is_skipped_is_not_held(monkeypatch):
    monkeypatch.setattr(json_split, "MAX_RECORD_BYTES", 10_000)
    skipped = [b'{"info": {"a": "' + b"x" * 9000, b"x" * 9000, b'"}, "n": [1', b",2" * 9000]
    found = Splitter(2, "x", "rows").records([*skipped, b'], "rows": [{"a": 1}], "z": "', b'"}'])
    assert list(found) == [b'{"a": 1}']


PAGES = {
    "saved": lambda a, b: {"items": [{"added_at": "x", "track": a}, {"added_at": "x", "track": b}]},
    "null first": lambda a, b: {"items": [{"track": b}, {"track": a}]},
    "items alone": lambda a, b: [{"track": a}, {"track": b}],
    "called items": lambda a, b: {"items": [{"added_at": "x", "item": a}, {"item": b}]},
    "pages": lambda a, b: [{"items": [{"track": a}]}, {"items": [{"track": b}, {"track": a}]}],
    "pages of called items": lambda a, b: [{"items": [{"item": a}]}, {"items": [{"item": b}]}],
    "pages of tracks": lambda a, b: [{"items": [a]}, {"items": [a, b]}],
    "playlist": lambda a, b: {
        "id": "p", "name": "P", "tracks": {"items": [{"track": a}, {"track": b}]}
    },
    "search": lambda a, b: {"tracks": {"href": "x", "items": [a, b]}},
    "several": lambda a, b: {"tracks": [a, b]},
    "several, null first": lambda a, b: {"tracks": [b, a]},
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_a_web_api(tmp_path, catalogue, page):
    (tmp_path / "x.json").write_text(json.dumps(PAGES[page](track(1), None)))
    summary = catalogue.ingest(tmp_path / "x.json")
    assert summary.layout == "web-api-json"
    assert sum(summary.reasons.values()) == 1
    assert summary.reasons == {"not a JSON object": 1}
    assert len(table(catalogue, "tracks", "track_id")) == 1


def test_albums_of_a_web_api_bring_their_tracks(tmp_path, catalogue):
    song = {"id": "t", "name": "T", "duration_ms": 5, "artists": [{"id": "a", "name": "A"}]}
    album = {"id": "al", "name": "Al", "album_type": "album", "release_date": "2021-09-24"}
    album |= {"total_tracks": 1, "release_date_precision": "day", "tracks": {"items": [song]}}
    for name, content in (("one", album), ("page", {"items": [{"added_at": "x", "album": album}]})):
        (tmp_path / name).write_text(json.dumps(content))
        assert catalogue.ingest(tmp_path / name).rejected == 0
    columns = ("track_id", "album_id", "album_name", "artist_names", "release_date")
    assert table(catalogue, "tracks", *columns) == 2 * [("t", "al", "Al", "A", "2021-09-24")]
    assert table(catalogue, "albums", "name") == 2 * [("Al",)]
