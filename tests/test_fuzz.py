"""Mutated real files through everything that reads files: no exception, no hang, no growth.

``make test`` draws the same few hundred examples every time and ends within 40 s. After
changing decoding or tags, run a longer search, in a process of its own so that a crash
inside FFmpeg is seen and its file kept::

    .venv/bin/python tests/test_fuzz.py 600            # seconds
    PHONOSCOPE_FUZZ_S=300 .venv/bin/python -m pytest tests/test_fuzz.py    # hypothesis, fresh

A finding is written to ``fuzz-findings/`` with its fault; make a test of it before fixing it.
"""

from __future__ import annotations

import faulthandler
import functools
import io
import json
import math
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.id3 import APIC, COMM, ID3, TIT2, TPE1, TXXX, WOAS

from phonoscope.analysis import analyse
from phonoscope.disclosure.inventory import sound_digest
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.read import read_marks
from phonoscope.disclosure.writing import Labelling, write_label
from phonoscope.errors import ErrorKind, LabelError, UnreadableError
from phonoscope.escape import printable
from tests.helpers.sounds import FORMATS, sine, write

SEARCH_S = float(os.environ.get("PHONOSCOPE_FUZZ_S", "0"))
BUDGET_S = SEARCH_S / 2 or 18.0
"""Seconds for each of the two tests; what is drawn later is not run."""

EXAMPLES = 10_000_000 if SEARCH_S else 1_000
LONGEST_S = 10.0
MOST_GROWTH_MIB = 200

SEEDS = (
    *("wav-16", "wav-float", "wav-adpcm", "rf64", "aiff-16", "flac-16", "m4a-alac", "caf-24"),
    *("mp3", "ogg-vorbis", "opus", "m4a-aac", "aac-adts", "mka-opus", "wma", "ac3", "wavpack"),
    *("ts-aac", "flv-mp3", "avi-mp3", "tta", "oga-flac", "mp2", "w64", "au"),
)
"""Formats of the files that are mutated."""

INTERESTING = (
    *(b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"\0\0\0\x80"),
    *(b"\0\0\0\0", b"\xff", b"\0", b"\x7f", b"ID3\4\0\x80", b"RIFF", b"OggS", b"fLaC", b"moov"),
    *(b"data", b"fmt ", b"AIGC", b"LIST", b"APETAGEX", b"\xff\xfb\x90\x44", b"\x1a\x45\xdf\xa3"),
    *(b"TXXX", b"ilst", b"----", b'{"AIGC":', b"made with suno", b"\0\0\xc0\x7f", b"\x80\x80"),
)
"""Sizes at the limits, and the words that parsers look for."""


LABELLING = Labelling((Declaration("", Part.WHOLE, Making.GENERATED, "Fuzz", None, "", ""),))


@functools.cache
def seed(name: str) -> bytes:
    """Return a short real file with tags, so that every parser has something to read."""
    with tempfile.TemporaryDirectory() as folder:
        form = FORMATS[name]
        rate_hz = 48_000 if "opus" in name else 22_050 if form.exact else 44_100
        path = Path(folder) / f"seed.{form.suffix}"
        write(path, sine(0.35, rate_hz), rate_hz, form)
        _tag(path)
        return path.read_bytes()


_TAGGED = frozenset({".wav", ".aiff", ".flac", ".m4a", ".ogg", ".opus", ".wma", ".wv", ".tta"})


def _tag(path: Path) -> None:
    if path.suffix == ".mp3":
        tags = ID3()
        tags.add(TIT2(encoding=1, text=["晴天"]))
        tags.add(TPE1(encoding=3, text=["Ночь", "夜"]))
        tags.add(COMM(encoding=0, lang="eng", desc="", text=["made with suno; id=1"]))
        tags.add(TXXX(encoding=3, desc="AIGC", text=['{"AIGC": {"Label": "1"}}']))
        tags.add(WOAS(url="https://suno.com/song/1"))
        tags.add(APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(300)))
        tags.save(path, v1=2)
        return
    if path.suffix not in _TAGGED or path.read_bytes()[:4] == b"RF64":  # mutagen knows none
        return
    with path.open("rb") as file:
        tagged = mutagen.File(file)
    if tagged is None:
        return
    if tagged.tags is None:
        tagged.add_tags()
    if isinstance(tagged.tags, ID3):
        tagged.tags.add(TXXX(encoding=3, desc="AIGC", text=['{"AIGC": {"Label": "1"}}']))
    elif path.suffix in (".m4a", ".mp4"):
        tagged.tags["----:com.apple.iTunes:AIGC"] = b'{"AIGC": {"Label": "1"}}'
    else:
        tagged.tags["AIGC"] = '{"AIGC": {"Label": "1"}}'
    with path.open("r+b") as file:
        tagged.save(file)


@dataclass(frozen=True)
class Change:
    """One mutation; places are shares of the length, half of them near the start."""

    what: str
    at: float
    length: float
    content: bytes

    def place(self, size: int) -> int:
        """Return where it happens in a file of this size, bytes."""
        # Headers are where parsers decide: half of all changes fall into the first 2 kB.
        reach = min(size, 2_048) if self.at < 0.5 else size
        return int((self.at * 2 % 1) * max(reach, 1))


CHANGES = ("flip", "truncate", "insert", "overwrite", "delete", "repeat", "splice", "zero")


def changed(data: bytes, change: Change, other: bytes) -> bytes:
    """Return a mutated copy."""
    at = change.place(len(data))
    span = max(1, int(change.length * change.length * min(len(data), 8_192)))
    content = change.content or b"\xff"
    match change.what:
        case "flip":
            bits = bytes(b ^ content[n % len(content)] for n, b in enumerate(data[at : at + 4]))
            return data[:at] + bits + data[at + 4 :]
        case "truncate":
            return data[:at]
        case "insert":
            return data[:at] + content + data[at:]
        case "overwrite":
            return data[:at] + content + data[at + len(content) :]
        case "delete":
            return data[:at] + data[at + span :]
        case "repeat":
            return data[:at] + data[at : at + span] * 5 + data[at:]
        case "splice":
            return data[:at] + other[change.place(len(other)) :][: 4 * span] + data[at:]
        case _:
            return data[:at] + bytes(span) + data[at + span :]


def mutated(name: str, other: str, changes: list[Change]) -> bytes:
    """Return the seed of this name after these changes."""
    data = seed(name)
    for change in changes:
        data = changed(data, change, seed(other))[: 1 << 20]
    return data


# ---- what must hold ---------------------------------------------------------------------


def hold_examination(path: Path) -> None:
    """Examine a file and hold the row to what is promised."""
    started = time.process_time()
    exam = analyse(str(path))
    took_s = time.process_time() - started
    assert took_s < LONGEST_S, f"took {took_s:.1f} s"
    json.dumps(exam.to_json(), allow_nan=False).encode()
    assert exam.error_kind is not ErrorKind.INTERNAL, exam.error
    assert (exam.error is None) == (exam.error_kind is None)
    if exam.error is not None:
        assert exam.error.isprintable()
        assert exam.error.strip()
        assert "Traceback" not in exam.error
        return
    assert exam.duration_s is not None
    assert 0 < exam.duration_s < 3_600
    for column, value in exam.descriptors.items():
        for number in value if isinstance(value, list | tuple) else (value,):
            assert not isinstance(number, float) or math.isfinite(number), (column, value)
    hold_texts(exam.tags, exam.declared)


def hold_marks(data: bytes) -> None:
    """Read tags and marks alone, of files that need not decode."""
    started = time.process_time()
    tags, declared = read_marks(io.BytesIO(data), {})
    took_s = time.process_time() - started
    assert took_s < LONGEST_S, f"took {took_s:.1f} s"
    hold_texts(tags, declared)


def hold_writing(data: bytes, folder: Path) -> None:
    """Label a damaged file: it is labelled and sounds the same, or is as it was and says why."""
    path = folder / "mutated"
    path.write_bytes(data)
    started = time.process_time()
    refused = ""
    try:
        write_label(path, LABELLING)
    except (LabelError, UnreadableError) as error:
        refused = str(error)
    if refused:
        assert path.read_bytes() == data
        assert refused == printable(refused)
    else:
        with path.open("rb") as now:
            assert sound_digest(io.BytesIO(data)) == sound_digest(now)
            assert "Fuzz" in {d.tool for d in read_marks(now, {})[1]}
    assert os.listdir(folder) == ["mutated"]
    took_s = time.process_time() - started
    assert took_s < LONGEST_S, f"took {took_s:.1f} s"


def hold_texts(tags: Any, declared: Any) -> None:
    for holder in (tags, *declared):
        for value in vars(holder).values():
            if isinstance(value, str):
                assert len(value) <= 500
                assert len(value.splitlines()) <= 1
                assert "\0" not in value
                value.encode()


def grown_mib(since_kib: int) -> float:
    return (peak_kib() - since_kib) / 1024


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# ---- with hypothesis --------------------------------------------------------------------

changes_of_a_file = st.lists(
    st.builds(
        Change,
        st.sampled_from(CHANGES),
        st.floats(0, 1, exclude_max=True),
        st.floats(0, 1),
        st.one_of(st.sampled_from(INTERESTING), st.binary(min_size=1, max_size=12)),
    ),
    min_size=1,
    max_size=6,
)
files = st.builds(mutated, st.sampled_from(SEEDS), st.sampled_from(SEEDS), changes_of_a_file)
searching = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def clock(tmp_path: Path) -> tuple[float, int]:
    """When a test began, and the most memory in use before; the warm-up is not counted."""
    path = tmp_path / "warm.wav"
    path.write_bytes(seed("wav-16"))
    analyse(str(path))
    return time.monotonic(), peak_kib()


@pytest.mark.slow
@pytest.mark.timeout(BUDGET_S + 120)
@searching
@given(data=files)
def test_mutated_files_are_rows(
    data: bytes, tmp_path: Path, clock: tuple[float, int], capfd: pytest.CaptureFixture[str]
) -> None:
    began, kib = clock
    if time.monotonic() - began < BUDGET_S:
        path = tmp_path / "mutated"
        path.write_bytes(data)
        hold_examination(path)
        assert grown_mib(kib) < MOST_GROWTH_MIB
        assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.timeout(BUDGET_S + 120)
@searching
@given(data=files)
def test_mutated_tags_are_read(data: bytes, clock: tuple[float, int]) -> None:
    began, kib = clock
    if time.monotonic() - began < BUDGET_S:
        hold_marks(data)
        assert grown_mib(kib) < MOST_GROWTH_MIB


@pytest.mark.slow
@pytest.mark.timeout(BUDGET_S + 120)
@searching
@given(data=files)
def test_mutated_files_are_labelled_or_left_alone(
    data: bytes, tmp_path: Path, clock: tuple[float, int]
) -> None:
    began, kib = clock
    if time.monotonic() - began < BUDGET_S:
        for path in tmp_path.iterdir():
            path.unlink()
        hold_writing(data, tmp_path)
        assert grown_mib(kib) < MOST_GROWTH_MIB


@pytest.mark.parametrize("name", SEEDS)
def test_seeds_themselves_are_whole(name: str, tmp_path: Path) -> None:
    path = tmp_path / "seed"
    path.write_bytes(seed(name))
    exam = analyse(str(path))
    assert exam.error is None
    assert exam.duration_s == pytest.approx(0.35, abs=0.1)


# ---- a long search ----------------------------------------------------------------------


def drawn(rng: np.random.Generator) -> bytes:
    """Draw a mutated file."""
    changes = [
        Change(
            str(rng.choice(CHANGES)),
            float(rng.random()),
            float(rng.random()),
            INTERESTING[rng.integers(len(INTERESTING))]
            if rng.random() < 0.6
            else rng.bytes(int(rng.integers(1, 13))),
        )
        for _ in range(rng.integers(1, 7))
    ]
    first, second = rng.choice(SEEDS, 2)
    return mutated(str(first), str(second), changes)


def search(seconds: float, number: int, folder: str) -> None:
    """Mutate and examine until the time is up; a finding is kept with its traceback."""
    faulthandler.enable()
    warnings.simplefilter("error")
    rng = np.random.default_rng(number)
    path, kept = Path(folder) / f"current-{os.getpid()}", Path("fuzz-findings")
    # The first examination also imports everything.
    path.write_bytes(seed("wav-16"))
    analyse(str(path))
    until, runs, findings, kib = time.monotonic() + seconds, 0, 0, peak_kib()
    while time.monotonic() < until:
        data = drawn(rng)
        path.write_bytes(data)
        try:
            hold_examination(path)
            hold_marks(data)
            with tempfile.TemporaryDirectory() as alone:
                hold_writing(data, Path(alone))
        except Exception:
            findings += 1
            kept.mkdir(exist_ok=True)
            (kept / f"{number}-{runs}").write_bytes(data)
            (kept / f"{number}-{runs}.txt").write_text(traceback.format_exc())
        runs += 1
    print(f"seed {number}: {runs} files, {findings} findings, grew {grown_mib(kib):.0f} MiB")


def main() -> None:
    """Search for the seconds given; start again with another seed after a crash."""
    until = time.monotonic() + float(sys.argv[1])
    number = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    while (left_s := until - time.monotonic()) > 1:
        with tempfile.TemporaryDirectory() as folder:
            child = multiprocessing.get_context("spawn").Process(
                target=search, args=(left_s, number, folder)
            )
            child.start()
            child.join(left_s + 60)
            if child.is_alive() or child.exitcode != 0:
                child.kill()
                child.join()
                Path("fuzz-findings").mkdir(exist_ok=True)
                for current in Path(folder).iterdir():
                    current.rename(Path("fuzz-findings") / f"crash-{number}-{current.name}")
                print(f"seed {number}: crashed or hung, exit status {child.exitcode}")
        number += 1


if __name__ == "__main__":
    main()
