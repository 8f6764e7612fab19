"""The index: finds what a plain look through all prints finds, whatever happened to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.features import fingerprints
from phonoscope.matching.recording import index as index_module
from phonoscope.matching.recording.index import MANIFEST, Index, writing
from phonoscope.matching.recording.segment import (
    FILES,
    DamagedIndexError,
    IndexedRecording,
    keys_of,
)


def recording(number, seed=0, many=60):
    rng = np.random.default_rng([seed, number])
    at = np.cumsum(rng.integers(16, 60, many)).astype(np.int32)
    return IndexedRecording(
        f"{number:032x}", at, rng.integers(-(2**63), 2**63, many, dtype=np.int64)
    )


def found_in(index, bits):
    """Every (recording, place) whose print is exactly this, through the buckets."""
    found = set()
    for segment, alive in zip(index.segments, index.alive, strict=True):
        _, where = segment.in_buckets(keys_of(np.array([bits])))
        for i in where[segment.bits[where] == bits]:
            track = int(segment.tracks_of(np.array([i]))[0])
            if alive[track]:
                found.add((segment.id_of(track), int(segment.at[i])))
    return found


def holds(index, recordings):
    """Whether each print of these recordings is found, and no other recording's."""
    assert index.recordings == len(recordings)
    for one in recordings:
        for at, bits in zip(one.at, one.bits, strict=True):
            assert (one.recording_id, int(at)) in found_in(index, bits)


def test_what_was_added_is_found(tmp_path):
    made = [recording(i) for i in range(20)]
    with writing(tmp_path / "i") as writer:
        writer.add(made)
    holds(Index.open(tmp_path / "i"), made)


def test_an_id_that_ends_in_zeros_survives(tmp_path):
    made = [IndexedRecording("ab" + "0" * 30, recording(1).at, recording(1).bits)]
    with writing(tmp_path / "i") as writer:
        writer.add(made)
    holds(Index.open(tmp_path / "i"), made)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ard"), st.integers(0, 9)), max_size=14), st.booleans())
def test_adding_replacing_removing_and_merging_keep_what_counts(tmp_path_factory, steps, merges):
    folder, held = tmp_path_factory.mktemp("index") / "i", {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_module, "_FEWEST_TO_MERGE", 2)
        for seed, (step, number) in enumerate(steps):
            with writing(folder) as writer:
                if step == "d":
                    writer.remove({f"{number:032x}"})
                    held.pop(number, None)
                else:
                    held[number] = recording(number, seed, 5 + number)
                    writer.add([held[number]])
                if merges:
                    writer.merge()
    if steps:
        index = Index.open(folder)
        holds(index, list(held.values()))
        assert not merges or len(index.segments) <= 4


def test_merging_leaves_few_segments_and_small_memory_ranges(tmp_path, monkeypatch):
    monkeypatch.setattr("phonoscope.matching.recording.segment._CHUNK", 64)
    made = [recording(i) for i in range(40)]
    for start in range(0, 40, 4):
        with writing(tmp_path / "i") as writer:
            writer.add(made[start : start + 4])
            writer.merge()
    index = Index.open(tmp_path / "i")
    assert len(index.segments) < 6
    holds(index, made)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("how", ["turned", "cut", "gone"])
def test_damage_is_noticed_and_a_writer_begins_anew(tmp_path, name, how):
    folder, made = tmp_path / "i", [recording(i) for i in range(5)]
    with writing(folder) as writer:
        writer.add(made, ["a-part"])
    path = folder / name if name == MANIFEST else next(folder.glob("segment-*")) / name
    data = bytearray(path.read_bytes())
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 0x55
        path.write_bytes(data)
    if name == MANIFEST and how == "turned":
        # One letter of the manifest may still be JSON; then what it names cannot be there.
        with pytest.raises((DamagedIndexError, AssertionError)):
            holds(Index.open(folder), made)
        return
    with pytest.raises(DamagedIndexError):
        Index.open(folder)
    with writing(folder) as writer:
        assert writer.begun_anew
        assert not writer.parts
        writer.add(made)
    holds(Index.open(folder), made)


def test_an_index_of_other_weights_is_not_used(tmp_path, monkeypatch):
    with writing(tmp_path / "i") as writer:
        writer.add([recording(1)])
    other = fingerprints.Weights(
        "other 1 (ab)", fingerprints.weights().matrix, fingerprints.weights().offset
    )
    monkeypatch.setattr(index_module, "weights", lambda: other)
    with pytest.raises(DamagedIndexError):
        Index.open(tmp_path / "i")


ADDING = """
import sys
from pathlib import Path
from phonoscope.matching.recording.index import writing
from tests.matching.test_matching_index import recording
folder = Path(sys.argv[1])
for number in range(10_000):
    with writing(folder) as writer:
        writer.add([recording(number)])
        writer.merge()
    print(number, flush=True)
"""


def test_killing_who_adds_loses_nothing_that_was_added(tmp_path):
    """Killed repeatedly, while others read."""
    folder = tmp_path / "i"
    for chance in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", ADDING, str(folder)],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": os.getcwd()},
        )  # fmt: skip
        assert child.stdout
        last = -1
        for line in child.stdout:
            last = int(line)
            Index.open(folder)
            if last == 3 + chance:
                time.sleep(0.003 * chance)
                child.send_signal(signal.SIGKILL)
                break
        rest = child.stdout.read().split()
        last = int(rest[-1]) if rest else last
        child.stdout.close()
        child.wait()
        index = Index.open(folder)
        assert index.recordings >= last + 1
        for number in range(last + 1):
            one = recording(number)
            assert (one.recording_id, int(one.at[0])) in found_in(index, one.bits[0])
    with writing(folder):
        pass
    named = {s.folder.name for s in Index.open(folder).segments}
    assert {path.name for path in folder.glob("segment-*")} == named


def test_a_reader_keeps_its_view_while_another_adds(tmp_path):
    first, more = [recording(i) for i in range(8)], [recording(i) for i in range(8, 30)]
    folder = tmp_path / "i"
    with writing(folder) as writer:
        writer.add(first)
    before = Index.open(folder)
    for one in more:
        with writing(folder) as writer:
            writer.add([one])
            writer.merge()
    holds(before, first)
    holds(Index.open(folder), first + more)
