"""What a feature declares beyond its columns: its own table, and that it feeds the detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from phonoscope.analysis import Analysis, analyse
from phonoscope.catalogue.schema import tables as schema
from phonoscope.columns import column
from phonoscope.detector.detector import detector
from phonoscope.features import base
from phonoscope.features.base import Feature, FeatureTable, features
from tests.helpers.sounds import noise, write


@dataclass(frozen=True)
class Peaks:
    """Result of the feature declared here."""

    peak_count: int | None = column("Blocks whose peak was taken.")
    levels: tuple[float, ...] = ()


@dataclass(frozen=True)
class PeakRow:
    """One block's peak."""

    block: int = column("Number of the block.")
    shape: NDArray[np.int32] = column("Two numbers of the block.")


class PeakMeter:
    """Takes the peak of each block."""

    def __init__(self, _stream):
        self._levels = []

    def update(self, block):
        """Take in the next block."""
        self._levels.append(float(np.abs(block.samples).max()))

    def result(self):
        """Return the peaks."""
        return Peaks(len(self._levels), tuple(self._levels))


def peak_rows(found):
    """Return two rows a block."""
    return [PeakRow(i, np.array([i, 2 * i], np.int32)) for i in range(2 * len(found.levels))]


def peaks(name="peaks"):
    """Return a feature as an outside package would declare it."""
    table = FeatureTable(name, "Peaks, two rows a block.", PeakRow, peak_rows, several=True)
    return Feature("peaks", Peaks, PeakMeter, table=table)


@pytest.fixture
def use_features(monkeypatch):
    """Let the features given be all there are."""

    def use(*chosen):
        monkeypatch.setattr(base, "features", lambda: chosen)
        monkeypatch.setattr(schema, "features", lambda: chosen)
        schema.tables.cache_clear()

    yield use
    schema.tables.cache_clear()


def stored(exam: Analysis):
    """Return the tables that are written of one analysis."""
    file = schema.FileRow(exam.file, exam.size_bytes, 0, exam.recording_id, None, None)
    return schema.rows_of([schema.Outcome(file, exam)], "scan", "batch")


def test_a_feature_fills_a_table_of_its_own(tmp_path, use_features):
    use_features(*features(), peaks())
    exam = analyse(write(tmp_path / "a.wav", noise(2.0, 8000), 8000))
    declared = schema.tables()["peaks"]
    assert [c.name for c in declared.columns][:3] == ["recording_id", "block", "shape"]
    assert declared.schema.field("shape").type == pa.list_(pa.int32())
    made = stored(exam)
    assert list(made).index("peaks") < list(made).index("recordings")
    rows = made["peaks"].to_pylist()
    assert len(rows) == 2 * exam.descriptors["peak_count"] > 0
    assert rows[1]["recording_id"] == exam.recording_id
    assert rows[1]["shape"] == [1, 2]


def test_two_tables_of_one_name_are_an_error(use_features):
    use_features(*features(), peaks("recordings"))
    with pytest.raises(ValueError, match="the same name: recordings"):
        schema.tables()


def test_only_what_is_declared_to_feed_the_detector_reaches_it(tmp_path, use_features):
    path = write(tmp_path / "a.wav", noise(16.0, 44_100), 44_100)
    assert analyse(path).verdict.model == detector().name
    assert [f.name for f in features() if f.feeds_detector] == ["traces"]
    use_features(*(f for f in features() if not f.feeds_detector), peaks())
    assert analyse(path).verdict.model is None


def test_the_detector_ignores_results_that_its_model_does_not_know():
    assert detector().detect([Peaks(1, (0.5,))]) is None
