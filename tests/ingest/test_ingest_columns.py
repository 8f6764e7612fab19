"""What is converted in columns is what is converted cell by cell, whatever it is."""

import copy
import random
from collections import defaultdict
from dataclasses import replace

import orjson
import pyarrow as pa
import pytest

from phonoscope.ingest.base import Chunk, Reject
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert import artist_lists, cells, dates, nested
from phonoscope.ingest.convert.nested import EntityReader
from phonoscope.ingest.formats import musicbrainz_json
from phonoscope.ingest.formats import web_api_json as web
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.ingest.readers.json_file import JsonRecords

ROUNDS = 25
ODD = (
    *(None, True, False, 0, 1, -7, 1.0, 2.5, 1e300, -1e-9, 1 << 53, (1 << 53) + 1, 1 << 63, 10**17),
    *("", "x", "5", " 7 ", "1,234", "nan", "true", "2020-02-30", "null", "ü" * 40_000),
    *([], [None], [[]], [{}], ["x"], [{"id": "q", "name": "Q"}], {}, {"id": 5}, {"items": ""}),
)


def track(number):
    artists = [{"id": f"a{number % 3}", "name": f"A {number % 3}"}, {"id": "b", "name": "B"}]
    album = {"id": "al", "name": "Al", "release_date": "1999-05", "album_type": "album"}
    return {
        "id": f"t{number}",
        "name": f"söng {number}",
        "duration_ms": 1000 + number,
        "explicit": number % 2 == 0,
        "popularity": 50,
        "artists": artists,
        "album": album | {"total_tracks": 3, "external_ids": {"upc": "1"}, "popularity": 4},
        "external_ids": {"isrc": "GBAYE0000001"} if number else {},
        "available_markets": ["DE"],
        "track_number": 1,
        "disc_number": 1,
    }


def album(number):
    inner = [{k: v for k, v in track(i).items() if k != "album"} for i in range(2)]
    return track(0)["album"] | {"id": f"al{number}", "tracks": {"items": inner}}


def recording(number):
    credit = [{"name": "A", "artist": {"id": "a", "name": "A"}}]
    return {"id": f"r{number}", "title": "R", "length": 5, "isrcs": ["x"], "artist-credit": credit}


KINDS = {
    "tracks": (web._TRACK, track),
    "albums": (web._WHOLE_ALBUM, album),
    "pages of tracks": (
        nested.Entity("pages", {}, {"items": web._TRACK}),
        lambda n: {"items": [track(n), track(n + 1)]},
    ),
    "recordings": (musicbrainz_json._RECORDING, recording),
}


def places(value):
    """Where something can be replaced: containers and their keys."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, held in list(inner):
        yield value, key
        if isinstance(held, dict | list):
            yield from places(held)


def mutated(row, drawn):
    row = copy.deepcopy(row)
    holder, key = drawn.choice(list(places(row)))
    if drawn.random() < 0.2:
        del holder[key]
    else:
        holder[key] = copy.deepcopy(drawn.choice(ODD))
    return row


def read(entity, rows, *, at_once):
    """Rows of the common tables and what was refused, by table of the source."""
    reader = EntityReader(entity, Pseudonyms(b"k" * 32, is_stable=True))
    if not at_once:
        reader._shape = None
    chunks = list(reader.read(JsonRecords(1, rows, [orjson.dumps(row) for row in rows], {})))
    found = defaultdict(lambda: [0, defaultdict(list), [], {}])
    for chunk in chunks:
        count, kept, rejects, emptied = found[chunk.source_table]
        found[chunk.source_table][0] = count + chunk.read
        for table, some in chunk.rows.items():
            kept[table] += some.to_pylist()
        rejects += chunk.rejects
        for cell in chunk.emptied:
            # Chunks are cut at different places.
            key = cell.column, cell.reason
            known = emptied.setdefault(key, replace(cell, count=0))
            emptied[key] = replace(known, count=known.count + cell.count)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_objects_of_one_shape_or_none(kind, monkeypatch):
    entity, make = KINDS[kind]
    monkeypatch.setattr(nested, "MOST_INNER", 3)
    drawn = random.Random(kind)
    whole = [make(number) for number in range(3)]
    shape = nested._shape_of(entity)
    assert shape is not None
    assert shape.read(whole) is not None
    assert read(entity, whole, at_once=True) == read(entity, whole, at_once=False)
    for _ in range(ROUNDS):
        rows = [*whole[:2], mutated(whole[2], drawn)]
        drawn.shuffle(rows)
        assert read(entity, rows, at_once=True) == read(entity, rows, at_once=False), rows


PLAIN_NUMBERS = ("0", "12", "-3", "4.5", "007", ".5", "1.", "12345", "", None, "1e3", "99999999999")
ODD_NUMBERS = (
    *(
        "+5",
        " 7 ",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "1e5",
        "NA",
        "1,5",
        "1.234",
        "1,234",
        "1.234.567",
    ),
    *("0x10", "1_000", "abc", "-", ".", "9" * 31, "9" * 300, "5%", "3:45", "1.0e-3", "é", "none"),
)


def column(drawn, plain, odd):
    some = drawn.choices(plain, k=drawn.randint(1, 6))
    some += drawn.choices(odd, k=drawn.choice((0, 0, 1, 2)))
    drawn.shuffle(some)
    return pa.array(some, pa.string())


def same(found):
    return [None if array is None else array.to_pylist() for array in found]


@pytest.mark.parametrize("kind", [CellKind.REAL, CellKind.INTEGER, CellKind.MILLISECONDS])
def test_numbers_at_once_or_one_by_one(kind, monkeypatch):
    drawn = random.Random(str(kind))
    columns = [column(drawn, PLAIN_NUMBERS, ODD_NUMBERS) for _ in range(200)]
    signs = [drawn.choice((".", ",", None, cells.AUTOMATIC)) for _ in columns]
    taken = [cells._at_once(c, cells.AUTOMATIC, whole=False) is not None for c in columns]
    assert 20 < sum(taken) < 180
    pairs = list(zip(columns, signs, strict=True))
    found = [same(cells.value_of(kind, each, decimal=sign)) for each, sign in pairs]
    monkeypatch.setattr(cells, "_at_once", lambda *_, **__: None)
    monkeypatch.setattr(cells, "_of_few", lambda array, function: function(array))
    for (each, sign), result in zip(pairs, found, strict=True):
        assert same(cells.value_of(kind, each, decimal=sign)) == result, (each, sign)


def test_dates_at_once_or_one_by_one():
    drawn = random.Random(1)
    plain = ("1999", "1999-05", "1999-05-06", "2024-02-29", None, "1800-01-01", "2099-12")
    odd = (
        *("2023-02-29", "0000", "1799", "2100-01", "5/6/1999", "1999-5-6", "", "99-1-1xx", "-999"),
        *("1999-00", "1999 05 06", "1999-05-6", "\u0661\u0669", "12/5/99", "9999-99", "0005-01-01"),
    )
    taken = 0
    for _ in range(200):
        some = column(drawn, plain, odd)
        one, other = dates.read_dates(some, "dmy"), dates._read_each(some, "dmy")
        taken += dates._as_stored(some) is not None
        assert same(one[:3]) == same(other[:3]), some
        assert [bool(each) for each in one.unsure.to_pylist()] == [
            bool(each) for each in other.unsure.to_pylist()
        ]
    assert 20 < taken < 180


def test_names_split_at_once_or_one_by_one():
    """With the ids, which are the names, and without the tracks that are refused."""
    drawn = random.Random(2)
    parts = ("A", "B;C", ";", " ", "", "\u00a0Ö ", "NA", "\x1fx\x85", "\t", "; ;", "x" * 70_000)
    for _ in range(100):
        names = column(drawn, ("A;B", "A", None, ""), parts)
        ids = pa.array([drawn.choice(("", "t", f"t{at}")) for at in range(len(names))])
        found = artist_lists.artist_lists(names, None, ";")
        split = [artist_lists._split(cell, ";") for cell in names.to_pylist()]
        other = artist_lists.ArtistLists(split, [None] * len(split))
        assert found.joined(names).to_pylist() == other.joined(names).to_pylist()
        columns = {"track_id": ids} | ({"release_date": ids} if drawn.random() < 0.5 else {})
        gone = [
            Reject(5 + at, "no track_id", "") for at, one in enumerate(ids.to_pylist()) if not one
        ]
        tracks = Chunk("tracks", len(ids), len(ids) - len(gone), {}, gone)
        one, two = (
            artist_lists.ArtistRows().chunk(lists, columns, tracks, 5) for lists in (found, other)
        )
        assert one == two, names
