"""Copies are found, other versions aren't, and decisions are kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import phonoscope as ps
from phonoscope.errors import UsageError
from phonoscope.matching.recording import match_store
from phonoscope.matching.recording.candidate_pairs import candidate_pairs, key_bits
from phonoscope.matching.recording.copies import find_pairs, groups
from phonoscope.matching.recording.match_store import fingerprint_tables
from phonoscope.matching.recording.pairwise import closest, swapped
from phonoscope.matching.recording.stored_fingerprints import FingerprintFiles
from tests.helpers.sounds import write
from tests.helpers.tunes import RATE, excerpt, hissing, sped, tune

LENGTH_S = 45.0


def altered(name, sound):
    """The ways in which the first tune is altered, by the name of the file."""
    return {
        "plain": lambda: sound,
        "quiet": lambda: 0.25 * sound,
        "cut": lambda: excerpt(sound, 7.0, 33.0),
        "faster": lambda: sped(sound, 11, 10),
        "slower": lambda: sped(sound, 4, 5),
        "hiss": lambda: hissing(sound, 0.02),
        "higher": lambda: tune(31, LENGTH_S, cents=100.0),
        "lower": lambda: tune(31, LENGTH_S, cents=-50.0),
    }[name]()


ALTERED = ("plain", "quiet", "cut", "faster", "slower", "hiss", "higher", "lower")


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    for name in ALTERED:
        sound = altered(name, tune(31, LENGTH_S)).astype(np.float32)
        write(folder / f"31-{name}.wav", sound, RATE)
    write(folder / "31-mp3.mp3", tune(31, LENGTH_S), RATE, "mp3", bit_rate_bps=96_000)
    # Another version of the same song: the same chords and drums, without the melody.
    write(folder / "31instrumental.wav", tune(31, LENGTH_S, voice=False), RATE)
    for seed in range(32, 38):
        write(folder / f"{seed}-plain.wav", tune(seed, LENGTH_S), RATE)
    return folder


@pytest.fixture(scope="module")
def scanned(music, tmp_path_factory):
    held = ps.open_catalogue(tmp_path_factory.mktemp("catalogue") / "c", create=True)
    held.scan(music)
    return held


@pytest.fixture
def catalogue(music, tmp_path):
    held = ps.open_catalogue(tmp_path / "c", create=True)
    held.scan(music / "31-plain.wav", music / "31-quiet.wav", music / "32-plain.wav")
    return held


def name_of(uri):
    return uri.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def named(group):
    return {name_of(uri) for member in group.members for uri in member.uris}


def test_all_copies_of_a_recording_are_one_group_and_nothing_else_is(scanned):
    (group,) = scanned.copies()
    assert named(group) == {*(f"31-{name}" for name in ALTERED), "31-mp3"}


def test_what_is_said_of_each_is_true(scanned):
    (group,) = scanned.copies()
    original = group.members[0]
    assert original.original
    assert group.reasons
    facts = {name_of(m.uris[0])[3:]: m for m in group.members}
    base = name_of(original.uris[0])[3:]
    speeds = {"faster": 1.1, "slower": 0.8}
    for name, member in facts.items():
        if name == base:
            continue
        assert member.pair.one == original.recording_id
        expected = speeds.get(name, 1.0) / speeds.get(base, 1.0)
        assert member.pair.speed == pytest.approx(expected, rel=0.004)
        cents = {"higher": 100.0, "lower": -50.0}
        shift = 2 ** ((cents.get(name, 0.0) - cents.get(base, 0.0)) / 1200)
        assert member.pair.pitch == pytest.approx(expected * shift, rel=0.005)
        start_s = (7.0 if name == "cut" else 0.0) / speeds.get(name, 1.0)
        base_s = (7.0 if base == "cut" else 0.0) / speeds.get(base, 1.0)
        assert member.pair.offset_s == pytest.approx(base_s / expected - start_s, abs=0.15)
    words = {name: ", ".join(member.differs) for name, member in facts.items()}
    if base == "plain":
        assert "12.0 LU" in words["quiet"]
        assert "10.0%" in words["faster"]
        assert "+1.7 " in words["faster"]
        assert "20.0%" in words["slower"]
        assert "\u22123.9 " in words["slower"]
        assert "7.0 s" in words["cut"]
        assert "mp3" in words["mp3"]


def test_a_lossless_whole_recording_is_the_likely_original(scanned):
    (group,) = scanned.copies()
    assert name_of(group.members[0].uris[0]) not in {"31-mp3", "31-cut"}


def test_the_join_misses_no_copy_that_comparing_every_pair_finds(scanned, tmp_path):
    rows = scanned["files"].to_pyarrow().to_pylist()
    ids = [row["recording_id"] for row in rows]
    held = FingerprintFiles(*fingerprint_tables(scanned), ids, str(tmp_path))
    every = {
        frozenset((a, b))
        for a, b in itertools.combinations(sorted(held), 2)
        if (pair := closest(held[a], held[b])) and pair.copy
    }
    joined = [(p.one, p.other) for p in find_pairs(*fingerprint_tables(scanned)) if p.copy]
    assert {frozenset(g) for g in groups(joined)} == {frozenset(g) for g in groups(every)}
    assert {frozenset(two) for two in joined} <= every | {frozenset(two) for two in joined}


def test_reading_groups_takes_as_many_queries_for_one_as_for_many(scanned, monkeypatch):
    scanned.copies()
    groups_of_two, seen = [], set()
    for pair in matched_pairs(scanned):
        if not seen & pair:
            groups_of_two.append(pair)
            seen |= pair
    asked = []
    real = match_store.some_rows
    monkeypatch.setattr(
        match_store, "some_rows", lambda *given: asked.append(given[1]) or real(*given)
    )
    # What the search matched isn't compared again.
    monkeypatch.setattr(match_store, "fingerprints_in_files", None)
    assert len(groups_of_two) > 2
    for known in (groups_of_two[:1], groups_of_two):
        asked.clear()
        assert len(match_store.described(scanned, known)) == len(known)
        assert sorted(asked) == ["files", "prints", "recordings"]


def matched_pairs(catalogue):
    rows = catalogue.table("matches").to_pyarrow().to_pylist()
    return [set(row["pair"].split("-")) for row in rows if row["copy"]]


def test_a_group_without_stored_matches_is_compared(scanned):
    ids = {
        name_of(row["uri"]): row["recording_id"]
        for row in scanned["files"].to_pyarrow().to_pylist()
    }
    (group,) = match_store.described(scanned, [{ids["32-plain"], ids["33-plain"]}])
    assert [member.pair is None for member in group.members].count(True) >= 1


def test_turning_a_pair_round_twice_changes_nothing(scanned):
    for pair in find_pairs(*fingerprint_tables(scanned)):
        again = swapped(swapped(pair))
        for name in ("speed", "pitch", "offset_s", "begin_s", "end_s"):
            assert getattr(again, name) == pytest.approx(getattr(pair, name), abs=1e-6)


def test_the_word_of_a_person_stays(catalogue):
    (group,) = catalogue.copies()
    one, other = (member.recording_id for member in group.members)
    catalogue.decisions.record(other, one, "different")
    assert catalogue.copies() == []
    assert ps.open_catalogue(catalogue.path).copies(search=False) == []
    catalogue.decisions.record(one, other, "open")
    assert len(catalogue.copies(search=False)) == 1


def test_a_person_may_join_what_the_search_does_not(catalogue):
    rows = catalogue["files"].to_pyarrow().to_pylist()
    ids = {name_of(row["uri"]): row["recording_id"] for row in rows}
    catalogue.decisions.record(ids["31-plain"], ids["32-plain"], "same")
    (group,) = catalogue.copies()
    assert named(group) == {"31-plain", "31-quiet", "32-plain"}


def test_a_wrong_decision_is_refused(catalogue):
    one = catalogue["files"].to_pyarrow().to_pylist()[0]["recording_id"]
    for other, word in ((one, "same"), ("0" * 32, "same"), ("x' or 1=1", "same"), (one, "maybe")):
        with pytest.raises(UsageError):
            catalogue.decisions.record(one, other, word)


def test_an_empty_catalogue_has_no_copies(tmp_path):
    assert ps.open_catalogue(tmp_path / "c", create=True).copies() == []


def test_keys_grow_with_the_catalogue():
    assert [key_bits(n) for n in (0, 10**4, 10**7, 10**11)] == [14, 16, 26, 32]


def test_groups_join_whatever_shares_a_member():
    linked = [("a", "b"), ("c", "d"), ("b", "e"), ("f", "g"), ("g", "c")]
    assert groups(linked) == [{"c", "d", "f", "g"}, {"a", "b", "e"}]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.spark
@pytest.mark.slow
def test_spark_joins_the_same(scanned):
    import ibis
    from pyspark.sql import SparkSession

    table = scanned.table("prints")
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    try:
        columns = ["recording_id", "print_at", "print_bits", "anchor_at", "anchor_bits"]
        arrow = table.select(columns).to_pyarrow()
        session.createDataFrame(arrow).createOrReplaceTempView("prints")
        there = ibis.pyspark.connect(session).table("prints")
        found = [
            sorted(candidate_pairs(table, 16).to_pyarrow().to_pylist(), key=repr)
            for table in (table, there)
        ]
        assert found[0]
        assert found[0] == found[1]
    finally:
        session.stop()
