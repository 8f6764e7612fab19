"""What all tests share: hypothesis draws the same examples in every run, and workers are forked."""

from __future__ import annotations

import os
import tempfile

import hypothesis
import pytest

from phonoscope.ingest import writer
from phonoscope.ingest.readers import csv_file
from tests.helpers import forked

# Scans note which folders this user scanned; those of tests are none of the user's business.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="phonoscope-tests-state-")

# A run must be repeatable, and a slow machine isn't a failure. PHONOSCOPE_FUZZ_S asks for a
# longer search with fresh examples; see tests/test_fuzz.py.
hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, print_blob=True
)
hypothesis.settings.register_profile("search", deadline=None, print_blob=True)
hypothesis.settings.load_profile("search" if os.environ.get("PHONOSCOPE_FUZZ_S") else "repeatable")

# A worker that is started imports for a CPU-second, one that is forked for none.
forked.instead_of_started()


@pytest.fixture
def started_workers(monkeypatch):
    """Start workers as the program does: for tests of just that, and of what they import then."""
    monkeypatch.setattr("phonoscope.scan.pool._started", forked.STARTED)


@pytest.fixture(autouse=True)
def sizes_stay():
    """A test that leaves ingests with small parts slows down every later test of its process."""
    before = writer.PART_ROWS, csv_file.CHUNK_ROWS
    yield
    assert before == (writer.PART_ROWS, csv_file.CHUNK_ROWS)
