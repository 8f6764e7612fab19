"""Metadata that an earlier version ingested: what it did not keep is not called missing."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import phonoscope as ps
from phonoscope.catalogue.schema.metadata import DERIVED_COLUMNS
from phonoscope.findings.base import find
from tests.helpers.metadata import HEAD, rows
from tests.helpers.sources import write_csv

NEW = {
    *DERIVED_COLUMNS,
    "plays",
    "market_count",
    "only_market",
    "declared_generated",
    "file",
    "service_rank",
    "deduplicated",
    "origin",
}


@pytest.fixture
def source(tmp_path):
    return write_csv(tmp_path / "tracks.csv", [HEAD, *rows(800, seed=9)])


@pytest.fixture
def outdated(tmp_path, source):
    """Parts as the version before wrote them, without the columns that came since."""
    catalogue = ps.open_catalogue(tmp_path / "c", create=True)
    catalogue.ingest(source)
    for part in (tmp_path / "c").glob("*/*.parquet"):
        rows_of = pq.read_table(part)
        old: pa.Table = rows_of.drop_columns([n for n in rows_of.column_names if n in NEW])
        pq.write_table(old, part)
    return ps.open_catalogue(tmp_path / "c", create=True)


def answers(catalogue):
    return {item.finding.name: item.answer for item in find(catalogue)}


def test_what_was_not_kept_is_not_called_missing(outdated, source):
    found = answers(outdated)
    for name in ("isrcs", "preservation", "age", "explicit", "lengths", "supply", "features"):
        assert not found[name].answered, name
        assert found[name].reason == "outdated"
        assert source.name in found[name].headline
    for name in ("listed", "tail", "keys", "concentration"):
        assert found[name].answered, name
        assert found[name].reason == "", name


def test_an_ingest_of_the_same_source_mends_it(outdated, source, tmp_path):
    outdated.ingest(source)
    fresh = ps.open_catalogue(tmp_path / "fresh", create=True)
    fresh.ingest(source)
    assert answers(outdated) == answers(fresh)
