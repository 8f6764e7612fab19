"""Recordings linked to tracks: by file, by ISRC, by tags; and what is ambiguous is not."""

import dataclasses
import re

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.audio.stream import Decoded
from phonoscope.disclosure.model import Tags
from phonoscope.linking.isrc import number_of, numbers_of
from phonoscope.linking.links import MOST_APART_MS, links
from tests.helpers.batches import filled, outcome, recording_id_of, write_batch
from tests.helpers.sources import write_csv

RECORDINGS = {
    "recording_id": pa.string(),
    "tag_title": pa.string(),
    "tag_artist": pa.string(),
    "tag_isrc": pa.string(),
    "duration_s": pa.float64(),
}
TRACKS = {
    "source": pa.string(),
    "track_id": pa.string(),
    "name": pa.string(),
    "artist_names": pa.string(),
    "duration_ms": pa.int64(),
    "isrc": pa.string(),
    "file": pa.string(),
}
FILES = {"uri": pa.string(), "recording_id": pa.string()}
ISRC, OTHER = "USABC2512345", "GBAAA0000001"


def as_table(columns, rows):
    names = list(columns)
    return pa.table({n: pa.array([r[i] for r in rows], columns[n]) for i, n in enumerate(names)})


def linked(recordings, tracks, files=()):
    made = as_table(TRACKS, tracks)
    made = made.append_column("isrc_code", numbers_of(made["isrc"].combine_chunks()))
    found = links(
        ibis.memtable(as_table(RECORDINGS, recordings)),
        ibis.memtable(as_table(FILES, list(files))),
        ibis.memtable(made),
    )
    return sorted(tuple(row.values()) for row in found.to_pyarrow().to_pylist())


def test_isrcs_link_however_they_are_written():
    recordings = [
        ("r1", None, None, "us-abc-25-12345", 1.0),
        ("r2", None, None, "USABC251234", 1.0),
        ("r3", None, None, None, 1.0),
    ]
    tracks = [
        ("a", "t1", None, None, None, ISRC, None),
        ("a", "t2", None, None, None, ISRC.lower(), None),
        ("b", "t1", None, None, None, ISRC, None),
        ("b", "t3", None, None, None, OTHER, None),
        ("b", "t4", None, None, None, "USABC251234", None),
    ]
    assert linked(recordings, tracks) == [
        ("r1", "a", "t1", "isrc"),
        ("r1", "a", "t2", "isrc"),
        ("r1", "b", "t1", "isrc"),
    ]


def test_a_file_is_surer_than_an_isrc_and_that_than_tags():
    recordings = [
        ("r1", "Song", "A", ISRC, 180.0),
        ("r2", "Other", "B", OTHER, 180.0),
    ]
    tracks = [
        # The file is r1's, though the ISRC is r2's.
        ("a", "t1", None, None, None, OTHER, "/music/1.wav"),
        ("a", "t2", None, None, None, ISRC, None),
        ("a", "t3", "Other", "B", 180_000, None, None),
        ("b", "t4", "Song", "A", 180_000, None, None),
        ("b", "t5", None, None, None, ISRC, None),
    ]
    files = [("/music/1.wav", "r1"), ("/music/2.wav", None)]
    assert linked(recordings, tracks, files) == [
        ("r1", "a", "t1", "file"),
        ("r1", "b", "t5", "isrc"),
        ("r2", "a", "t3", "tags"),
    ]


@pytest.mark.parametrize(
    ("title", "artists", "ms", "same"),
    [
        ("Song", "A feat. B", 180_000, True),
        ("SONG!", "a, b", 182_000, True),
        ("So ng", "A & B", 178_000, True),
        ("Song", "A and B", 182_001, False),
        ("Song", "A", 180_000, False),
        ("Song (Live)", "A, B", 180_000, False),
        ("Söng", "A, B", 180_000, False),
        ("Song", "A, B", None, False),
        ("Song", None, 180_000, False),
    ],
)
def test_tags_link_what_differs_in_marks_only(title, artists, ms, same):
    recordings = [("r1", "Song", "A; B", None, 180.0)]
    found = linked(recordings, [("a", "t1", title, artists, ms, None, None)])
    assert found == ([("r1", "a", "t1", "tags")] if same else [])


def test_titles_in_any_script_are_titles_and_marks_alone_are_none():
    recordings = [("r1", "Пісня", "Гурт", None, 60.0), ("r2", "!!!", "???", None, 60.0)]
    tracks = [
        ("a", "t1", "ПІСНЯ", "гурт", 60_000, None, None),
        ("a", "t2", "...", "!", 60_000, None, None),
    ]
    assert linked(recordings, tracks) == [("r1", "a", "t1", "tags")]


def test_what_is_ambiguous_by_tags_is_not_linked():
    recordings = [
        ("r1", "One", "A", None, 180.0),
        ("r2", "Two", "A", None, 180.0),
        ("r3", "Two", "A", None, 180.5),
        ("r4", "Long", "A", None, 180.0),
        ("r5", "Long", "A", None, 300.0),
    ]
    tracks = [
        ("a", "t1", "One", "A", 180_000, None, None),
        ("a", "t2", "One", "A", 181_000, None, None),
        ("b", "t1", "One", "A", 180_000, None, None),
        ("a", "t3", "Two", "A", 180_000, None, None),
        ("a", "t4", "Long", "A", 180_000, None, None),
        ("a", "t5", "Long", "A", 300_000, None, None),
    ]
    assert linked(recordings, tracks) == [
        ("r1", "b", "t1", "tags"),
        ("r4", "a", "t4", "tags"),
        ("r5", "a", "t5", "tags"),
    ]


WORDS = st.sampled_from(["One", "one!", "Two", ""]) | st.none()
CODES = st.sampled_from([ISRC, "us-abc-25-12345", OTHER, "x"]) | st.none()
TIMES = st.sampled_from([100.0, 101.5, 102.5, 200.0])


def by_hand(recordings, tracks):
    """The rules again, one pair after another."""
    number = {ISRC: 1, "us-abc-25-12345": 1, OTHER: 2, "x": None, None: None}

    def plain(text):
        return re.sub(r"\W", "", (text or "").lower())

    isrc = {
        (r[0], t[0], t[1]) for r in recordings for t in tracks
        if number[r[3]] is not None and number[r[3]] == number[t[5]]
    }  # fmt: skip
    tags = [
        (r[0], t[0], t[1])
        for r in recordings
        for t in tracks
        if plain(r[1]) and plain(r[1]) == plain(t[2])
        and plain(r[2]) and plain(r[2]) == plain(t[3])
        and t[4] is not None and abs(round(r[4] * 1000) - t[4]) <= MOST_APART_MS
    ]  # fmt: skip
    taken = {(r, s) for r, s, _ in isrc} | {(s, t) for _, s, t in isrc}
    only = [
        (r, s, t) for r, s, t in tags
        if sum(o[:2] == (r, s) for o in tags) == 1 and sum(o[1:] == (s, t) for o in tags) == 1
    ]  # fmt: skip
    kept = {(r, s, t) for r, s, t in only if (r, s) not in taken and (s, t) not in taken}
    return sorted([(*pair, "isrc") for pair in isrc] + [(*pair, "tags") for pair in kept])


@settings(max_examples=25, deadline=None)
@given(
    recordings=st.lists(st.tuples(WORDS, WORDS, CODES, TIMES), max_size=5),
    tracks=st.lists(
        st.tuples(st.sampled_from("ab"), WORDS, WORDS, TIMES | st.none(), CODES), max_size=6
    ),
)
def test_links_are_those_of_the_rules_by_hand(recordings, tracks):
    recordings = [(f"r{i}", *recording) for i, recording in enumerate(recordings)]
    tracks = [
        (source, f"t{i}", name, artist, None if s is None else int(s * 1000), code, None)
        for i, (source, name, artist, s, code) in enumerate(tracks)
    ]
    assert linked(recordings, tracks) == by_hand(recordings, tracks)


def test_a_number_as_an_expression_is_the_number():
    codes = [
        *(ISRC, OTHER, "ZZ9999999999", "ZZZZZ9999999", "AAAAA0000000", "ZZZ990000000"),
        *("us-rc1-76-07839", " US RC1 7607839", "", None, "US", "USABC251234X", "1SABC2512345"),
        *("USÄBC251234", "USABC25123456", "\U0010ffff" * 12),
    ]
    expression = number_of(ibis.memtable({"code": codes}, schema={"code": "string"})["code"])
    expected = numbers_of(pa.array(codes)).to_pylist()
    assert expression.to_pyarrow().to_pylist() == [
        None if n is None or n < 0 else n for n in expected
    ]


def test_a_catalogue_links_what_was_scanned_to_what_was_ingested(tmp_path):
    catalogue = ps.open_catalogue(tmp_path / "catalogue", create=True)
    decoded = dataclasses.replace(filled(Decoded), duration_s=180.2)
    tagged = {"x": Tags("One", "A"), "y": Tags("Two", "B", isrc=ISRC)}
    made = [outcome(name, tags=tags, decoded=decoded) for name, tags in tagged.items()]
    write_batch(catalogue._store, *made)
    assert catalogue.links().count().to_pyarrow().as_py() == 0
    heading = ["id", "name", "artist", "duration_ms", "isrc"]
    rows = [
        ["t1", "ONE", "a", "180000", ""],
        ["t2", "?", "?", "1", ISRC],
        ["t3", "?", "?", "1", ""],
    ]
    catalogue.ingest(write_csv(tmp_path / "tracks.csv", [heading, *rows]), name="service")
    found = catalogue.links().order_by("track_id").to_pyarrow().to_pylist()
    assert found == [
        {"recording_id": recording_id_of("x"), "source": "service", "track_id": "t1", "by": "tags"},
        {"recording_id": recording_id_of("y"), "source": "service", "track_id": "t2", "by": "isrc"},
    ]
