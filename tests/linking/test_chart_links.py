"""Entries of charts linked to tracks and recordings: by id, ISRC and names, the surest first."""

import phonoscope as ps
from phonoscope.catalogue.schema.tables import tables
from phonoscope.linking.chart_links import CONFIDENCE
from tests.helpers.sources import write_csv

ID = "0VjIjW4GlUZAMYd2vXMi3b"
HEAD = ["chart_date", "rank", "title", "artist", "uri", "isrc"]


def charted(tmp_path, rows, **constants):
    catalogue = ps.open_catalogue(tmp_path / "c", create=True)
    made = [["2024-01-01", at, *row] for at, row in enumerate(rows, 1)]
    catalogue.ingest(write_csv(tmp_path / "chart.csv", [HEAD, *made]), constants=constants)
    return catalogue


def linked(catalogue):
    rows = catalogue.chart_links().to_pyarrow().to_pylist()
    return sorted(
        (r["rank"], r["track_source"], r["track_id"], r["recording_id"], r["by"], r["confidence"])
        for r in rows
    )


def test_the_surest_rule_of_each_source_counts(tmp_path):
    rows = [
        ["Song", "A", f"spotify:track:{ID}", "USABC2400001"],
        ["Other", "A & B", "", "us-abc-24-00002"],
        ["Third", "A feat. B", "", ""],
        ["Third", "C", "", ""],
    ]
    catalogue = charted(tmp_path, rows)
    head = ["id", "name", "artist", "duration_ms", "isrc"]
    tracks = [
        [f"spotify:track:{ID}", "x", "x", 1, ""],
        ["t2", "Song", "A", 1, "USABC2400001"],
        ["t3", "Other", "A & B", 1, "USABC2400002"],
        ["t4", "THIRD (feat. B)", "A", 1, ""],
        ["t5", "Third (Live)", "A feat. B", 1, ""],
        ["t6", "Third", "C, D", 1, ""],
    ]
    catalogue.ingest(write_csv(tmp_path / "one.csv", [head, *tracks]), name="one")
    catalogue.ingest(write_csv(tmp_path / "two.csv", [head, tracks[1]]), name="two")
    sure, guess = CONFIDENCE["title-artist"], CONFIDENCE["title-first-artist"]
    assert linked(catalogue) == [
        (1, "one", ID, None, "id", None),
        (1, "two", "t2", None, "isrc", None),
        (2, "one", "t3", None, "isrc", None),
        (3, "one", "t4", None, "title-artist", sure),
        (4, "one", "t6", None, "title-first-artist", guess),
    ]


def put(catalogue, name, rows):
    """Rows as a scan would have written them."""
    store = catalogue._store
    batch = f"{int(store.newest_batch().split('-')[0]) + 1:016d}-abcdefabcdef-aaaaaa-000001"
    written = [{**row, "scan_id": "abcdefabcdef", "batch": batch} for row in rows]
    store.write({name: tables()[name].arrow(written)}, batch)


def test_recordings_are_linked_by_their_tags_and_through_tracks(tmp_path):
    rows = [["Song", "A", "", ""], ["Other", "B", "", "USABC2400002"], ["Third", "C", ID, ""]]
    catalogue = charted(tmp_path, rows)
    recordings = [
        {"recording_id": "a", "tag_title": "SONG", "tag_artist": "a"},
        {"recording_id": "b", "tag_title": "x", "tag_artist": "x", "tag_isrc": "USABC2400002"},
        {"recording_id": "c", "tag_title": "Song (Live)", "tag_artist": "A"},
        {"recording_id": "d", "tag_isrc": "USABC2400003"},
    ]
    put(catalogue, "recordings", recordings)
    head = ["id", "name", "duration_ms", "isrc"]
    catalogue.ingest(
        write_csv(tmp_path / "t.csv", [head, [ID, "x", 1, "USABC2400003"]]), name="tracks"
    )
    assert linked_any(catalogue) == {
        (1, None, None, "a", "title-artist"),
        (2, None, None, "b", "isrc"),
        (3, "tracks", ID, "d", "id"),
    }


def linked_any(catalogue):
    rows = catalogue.chart_links().to_pyarrow().to_pylist()
    names = ("rank", "track_source", "track_id", "recording_id", "by")
    return {tuple(row[name] for name in names) for row in rows}


def test_albums_are_linked_to_no_track(tmp_path):
    catalogue = charted(tmp_path, [["Song", "A", "", ""]], entry_kind="album")
    head = ["id", "name", "artist", "duration_ms"]
    catalogue.ingest(write_csv(tmp_path / "t.csv", [head, ["t", "Song", "A", 1]]))
    assert linked(catalogue) == []


def test_a_catalogue_without_charts_has_no_links(tmp_path):
    assert linked(ps.open_catalogue(tmp_path / "c", create=True)) == []
