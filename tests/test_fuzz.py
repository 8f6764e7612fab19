"""Mutated real files through everything that reads files: no exception, no hang, no growth.

``make test`` draws the same few hundred examples every time and ends within 40 s. After
changing decoding or tags, run a longer search, in processes of its own so that a crash
inside FFmpeg is seen and its file kept::

    .venv/bin/python -m bench.faults files --tries 10000
    PHONOSCOPE_FUZZ_S=300 .venv/bin/python -m pytest tests/test_fuzz.py    # hypothesis, fresh

A finding is written to ``fuzz-findings/`` with its fault; make a test of it before fixing it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phonoscope.analysis import analyse
from tests.helpers.containers import SEEDS, seed
from tests.helpers.mutated_files import (
    CHANGES,
    INTERESTING,
    MOST_GROWTH_MIB,
    Change,
    grown_mib,
    hold_examination,
    hold_marks,
    hold_writing,
    mutated,
    peak_kib,
)

SEARCH_S = float(os.environ.get("PHONOSCOPE_FUZZ_S", "0"))
BUDGET_S = SEARCH_S / 2 or 18.0
"""Seconds for each of the two tests; what is drawn later is not run."""

EXAMPLES = 10_000_000 if SEARCH_S else 1_000

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


@pytest.mark.slow
def test_seeds_themselves_are_whole(tmp_path: Path) -> None:
    path, containers = tmp_path / "seed", set()
    for name in SEEDS:
        path.write_bytes(seed(name))
        exam = analyse(str(path))
        assert exam.error is None, (name, exam.error)
        assert exam.duration_s == pytest.approx(0.35, abs=0.1), name
        assert exam.stream is not None
        containers.add(exam.stream.container)
    assert len(containers) > 30
