"""Findings are computed again only when rows were added."""

import phonoscope as ps
from phonoscope.view import queries as queries_module
from phonoscope.view.queries import Queries
from tests.helpers.sources import write_csv

HEAD = ["track_id", "name", "duration_ms"]


def test_findings_are_asked_again_only_when_rows_were_added(tmp_path, monkeypatch):
    asked = []

    def find(catalogue, **options):
        asked.append(catalogue)
        return real(catalogue, **options)

    real = queries_module.find
    monkeypatch.setattr(queries_module, "find", find)
    catalogue = ps.open_catalogue(tmp_path / "c", create=True)
    queries = Queries(catalogue)
    try:
        catalogue.ingest(write_csv(tmp_path / "a.csv", [HEAD, ["a", "A", 1000]]))
        first = queries.findings()
        assert queries.findings() is first
        assert len(asked) == 1
        catalogue.ingest(write_csv(tmp_path / "b.csv", [HEAD, ["b", "B", 1000]]))
        second = queries.findings()
        assert len(asked) == 2
        told = {item.finding.name: item.answer for item in second}["listed"]
        assert {figure.name: figure.value for figure in told.figures}["tracks"] == 2
    finally:
        queries.close()
