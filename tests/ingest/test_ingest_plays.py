"""Play logs into the table listens, and nobody's name into any table."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.api import open_log
from phonoscope.catalogue.schema.tables import tables
from phonoscope.errors import SourceError, UsageError
from phonoscope.ingest import detect, writer
from phonoscope.ingest.checkpoint import CHANGED
from phonoscope.ingest.formats import play_columns, play_log
from phonoscope.ingest.pseudonyms import KEY_IS_GONE, Pseudonyms, prefix_of
from tests.helpers.progress import Recorded
from tests.helpers.sources import table, write_csv

AT = datetime(2026, 1, 5, 20, 15, 0, 250_000)
NAMES = ("secret-alice", "secret-bob")
COLUMNS = ("track_id", "listened_utc", "played_ms", "country", "device", "play_source")
PLAYS = [
    (NAMES[0], "t1", AT, 31_000, "SE", "ios", "search", "203.0.113.7"),
    (NAMES[0], "t2", AT, 180_500, "SE", "ios", "playlist", "203.0.113.8"),
    (NAMES[1], "t1", AT + timedelta(seconds=5), None, None, None, None, None),
    (NAMES[1], "t1", AT + timedelta(days=1), 0, "DE", "web", "radio", "2001:db8:1:2::7"),
]


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def as_csv(folder):
    heading = ["User ID", "track", "ts", "seconds_played", "country", "platform", "source", "ip"]
    cells = [
        [
            *(user, track, f"{at.isoformat()}Z", "" if ms is None else ms / 1000),
            *("" if each is None else each for each in more),
        ]
        for user, track, at, ms, *more in PLAYS
    ]
    return write_csv(folder / "log.csv", [heading, *cells])


def as_json(folder):
    keys = ("account", "isrc", "timestamp", "ms_played", "market", "device", "source", "ip_prefix")
    path = folder / "log.jsonl"
    rows = [
        (user, track, round(at.replace(tzinfo=UTC).timestamp() * 1000), *more)
        for user, track, at, *more in PLAYS
    ]
    path.write_text("".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in rows))
    return path


def as_parquet(folder, zone="UTC"):
    names = ("user", "track_id", "time", "played_ms", "country", "device", "source", "ip")
    columns = list(map(list, zip(*PLAYS, strict=True)))
    columns[2] = pa.array([at.replace(tzinfo=UTC) for at in columns[2]], pa.timestamp("us", zone))
    pq.write_table(pa.table(columns, names=names), folder / "log.parquet")
    return folder / "log.parquet"


@pytest.mark.parametrize(
    ("make", "layout"),
    [(as_csv, "plays-csv"), (as_json, "plays-json"), (as_parquet, "plays-parquet")],
)
def test_every_form_of_a_log_gives_the_same_rows(make, layout, tmp_path, catalogue):
    summary = catalogue.plays.ingest(make(tmp_path))
    assert (summary.layout, summary.read, summary.kept) == (layout, 4, 4)
    assert table(catalogue, "listens", *COLUMNS) == sorted(
        [row[1:7] for row in PLAYS], key=lambda row: tuple(map(str, row))
    )
    who = table(catalogue, "listens", "user_hash", "ip_hash")
    assert len({user for user, _ in who}) == 2
    # Two addresses of one network, one of another, and one that is unknown.
    assert len({ip for _, ip in who}) == 3


def everything_in(folder):
    """All that a catalogue holds: cells of every table, and bytes of every other file."""
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            yield repr(pq.read_table(path).to_pylist())
        elif path.is_file():
            yield path.read_text(errors="replace")
        yield path.name


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_no_name_and_no_address_is_in_a_catalogue_or_said(form, tmp_path):
    names, address = [f"secret{number}" for number in range(40)], "198.51.100.23"
    rows = [[name, f"t{i}", AT.isoformat(), 1000, address] for i, name in enumerate(names)]
    rows[3][2] = names[3]
    rows[4][3], rows[5][1], rows[6][2] = names[4], "", address
    heading = ["account", "track", "played_at", "ms_played", "ip"]
    log = tmp_path / f"log.{form}"
    if form == "csv":
        write_csv(log, [heading, *rows, [names[0], *rows[0]], [names[1]]])
    elif form == "jsonl":
        lines = [json.dumps(dict(zip(heading, row, strict=True))) for row in rows]
        log.write_text("\n".join([*lines, '{"account": "secret1", broken', '["secret2"]']))
    else:
        pq.write_table(
            pa.table([[str(r[at]) for r in rows] for at in range(5)], names=heading), log
        )
    command = [sys.executable, "-m", "phonoscope.cli.main", "plays", str(log), "--into", "c"]
    done = subprocess.run(
        [*command, "--key", "key"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    found = "".join([*everything_in(tmp_path / "c"), done.stdout, done.stderr])
    assert "listened_utc is not a time" in found
    assert "played_ms is not a number" in found
    for secret in ("secret", address, "198.51"):
        assert secret not in found
    # The form of the cells shows what went wrong.
    rejects = table(ps.open_catalogue(tmp_path / "c"), "rejects", "reason", "row_text")
    assert any("aaaaaa9" in text for _, text in rejects)


def test_rejected_rows_are_counted_by_reason(tmp_path, catalogue):
    rows = [
        ["a", "t", "1751000000", "5", "x"],
        ["", "t", "1751000000", "5", "x"],
        ["NA", "t", "1751000000", "5", "x"],
        ["a", " ", "1751000000", "5", "x"],
        ["a", "t", "", "5", "x"],
        ["a", "t", "2026-02-30", "5", "x"],
        ["a", "t", "2026-02-30 10:00:00", "5", "x"],
        ["a", "t", "1751000001.5", "inf", "x"],
        ["a" * 5000, "t", "1751000000", "5", "x"],
        ["a", "t"],
        ["a", "t", "1971-05-05T00:00:00Z", "5", "x"],
    ]
    path = write_csv(tmp_path / "x.csv", [["user", "track", "ts", "seconds", "else"], *rows])
    summary = catalogue.plays.ingest(path)
    assert summary.ignored == ["else"]
    assert (summary.read, summary.kept) == (11, 2)
    # The cell's form only: it could be a name in the wrong column.
    assert [(e.column, e.row, e.cell) for e in summary.emptied] == [("played_s", 8, "aaa")]
    assert summary.reasons == {
        "no user_hash": 2,
        "no track_id": 1,
        "no listened_utc": 2,
        "listened_utc is not a time": 2,
        "user_hash is too long": 1,
        "too few cells": 1,
    }
    assert table(catalogue, "listens", "played_ms") == [(5000,), (None,)]


def hashes(path, log, **more):
    catalogue = ps.open_catalogue(path, create=True)
    catalogue.plays.ingest(log, **more)
    return {user for (user,) in table(catalogue, "listens", "user_hash")}


def test_a_key_joins_logs_and_none_joins_nothing(tmp_path):
    log, key = as_csv(tmp_path), tmp_path / "key"
    one, two = (hashes(tmp_path / name, log, key=key) for name in "ab")
    assert one == two
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    other = hashes(tmp_path / "c", log, key=tmp_path / "key2")
    drawn, again = (hashes(tmp_path / name, log) for name in "de")
    assert not one & other
    assert not drawn & again
    assert all(len(each) == 2 for each in (one, other, drawn, again))
    # The key itself is in no catalogue.
    secret = key.read_text().strip()
    assert not any(secret in text for text in everything_in(tmp_path / "a"))


def test_names_are_kept_only_when_that_is_asked_for(tmp_path):
    log = as_csv(tmp_path)
    assert hashes(tmp_path / "a", log, pseudonymise=False) == set(NAMES)
    networks = {ip for (ip,) in table(ps.open_catalogue(tmp_path / "a"), "listens", "ip_hash")}
    assert networks == {"203.0.113.0/24", "2001:db8:1::/48", None}
    with pytest.raises(UsageError) as refused:
        hashes(tmp_path / "b", log, pseudonymise=False, key=tmp_path / "key")
    assert refused.value.code == "key-without-pseudonyms"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: path.write_text("short"), "key-length"),
        (lambda path: path.write_text("x" * 5000), "key-length"),
        (lambda path: path.mkdir(), "key-not-a-file"),
        (lambda path: (path.write_text("x" * 40), path.chmod(0o644)), "key-readable"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(make, code, tmp_path):
    key = tmp_path / "key"
    make(key)
    if code != "key-readable":
        key.chmod(0o700)
    with pytest.raises(UsageError) as refused:
        hashes(tmp_path / "c", as_csv(tmp_path), key=key)
    assert refused.value.code == code


def test_a_key_is_never_in_the_catalogue(tmp_path):
    log = as_csv(tmp_path)
    hashes(tmp_path / "c", log)
    os.symlink(tmp_path / "c", tmp_path / "link")
    for folder in ("c", "link", "c/listens"):
        with pytest.raises(UsageError) as inside:
            hashes(tmp_path / "c", log, key=tmp_path / folder / "key")
        assert inside.value.code == "key-in-catalogue"
    assert not (tmp_path / "c" / "key").exists()
    with pytest.raises(UsageError) as nowhere:
        hashes(tmp_path / "c", log, key=tmp_path / "nowhere" / "key")
    assert nowhere.value.code == "key-unusable"


class Stopped(Exception):
    pass


def test_with_a_key_a_stopped_log_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "PART_ROWS", 1)
    rows = [[f"user{i % 7}", f"t{i}", 1_751_000_000 + i] for i in range(40_000)]
    log = write_csv(tmp_path / "x.csv", [["user", "track", "ts"], *rows])

    def stop(progress):
        if progress.done > 20_000:
            raise Stopped

    def read(**more):
        progress = Recorded()
        summary = ps.open_catalogue(tmp_path / "c", create=True).plays.ingest(log, progress, **more)
        return summary.resumed_at_row, " ".join(progress.messages)

    for keys, resumed, why in (
        ({"key": tmp_path / "key"}, True, ""),
        ({"key": tmp_path / "other"}, False, CHANGED["accounts"]),
        ({}, False, KEY_IS_GONE),
    ):
        first = {"key": tmp_path / "key"} if keys else {}
        with pytest.raises(Stopped):
            ps.open_catalogue(tmp_path / "c", create=True).plays.ingest(
                log, Recorded(stop), restart=True, **first
            )
        at, said = read(**keys)
        assert (at is not None) == resumed
        assert why in said
        assert not resumed or f"{at:,}" in said
        found = table(ps.open_catalogue(tmp_path / "c"), "listens", "track_id", "user_hash")
        assert len(found) == 40_000
        assert len({user for _, user in found}) == 7


def test_a_log_and_a_list_of_tracks_are_told_apart(tmp_path, catalogue):
    heading = ["track_id", "name", "duration_ms", "isrc", "user_id", "played_at"]
    log = write_csv(tmp_path / "log.csv", [heading, ["t", "n", "1", "x", "u", "1751000000"]])
    assert catalogue.plays.ingest(log).layout == "plays-csv"
    tracks = write_csv(tmp_path / "tracks.csv", [heading[:4], ["t", "n", "1", "x"]])
    with pytest.raises(SourceError) as refused:
        catalogue.plays.ingest(tracks)
    assert refused.value.code == "other-format"
    assert "flat-csv" in refused.value.message


def test_spellings_are_of_columns_and_of_one_meaning_each():
    # The others are read for a column, or say that a row isn't a play of a track.
    others = {"played_s", "ended_utc", "event", "medium", "episode", "audiobook"}
    known = {column.name for name in ("listens", "tracks") for column in tables()[name].columns}
    assert set(play_columns.COLUMN_ALIASES) - others <= known
    listed = [
        spelling for each in play_columns.COLUMN_ALIASES.values() for spelling in each.split()
    ]
    assert len(listed) == len(set(listed))


@given(
    moment=st.datetimes(datetime(1974, 1, 1), datetime(2200, 1, 1)),
    minutes=st.integers(-14 * 60, 14 * 60),
    form=st.sampled_from(["plain", "Z", "offset", "ms", "s"]),
    mixed=st.booleans(),
)
def test_times_are_as_python_reads_them(moment, minutes, form, mixed):
    aware = moment.replace(tzinfo=UTC)
    if form == "offset":
        aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = {
        "plain": moment.isoformat(" "),
        "Z": moment.isoformat() + "Z",
        "offset": aware.isoformat(),
        "ms": str(int(aware.timestamp() * 1000)),
        "s": str(int(aware.timestamp())),
    }[form]
    cells = [text, "2026-01-05T10:00+01:00"] if mixed else [text]
    chunk = play_log.chunk_of_plays(
        1,
        {
            "user_hash": pa.array(["u"] * len(cells)),
            "track_id": pa.array(["t"] * len(cells)),
            "listened_utc": pa.array(cells),
        },
        len(cells),
        Pseudonyms.drawn(),
        account="",
        reject_reasons=None,
        begins=None,
    )
    found = chunk.rows["listens"]["listened_utc"][0].as_py().replace(tzinfo=UTC)
    within = timedelta(seconds=1) if form == "s" else timedelta(milliseconds=1)
    assert chunk.kept == len(cells)
    assert abs(found - aware) <= within


def test_a_log_is_recognised_once(tmp_path, monkeypatch, catalogue):
    recognised, opened = detect.recognised, []
    monkeypatch.setattr(detect, "recognised", lambda *a: opened.append(a) or recognised(*a))
    log = open_log(as_csv(tmp_path))
    assert catalogue.plays.ingest(log, key=tmp_path / "key").kept == len(PLAYS)
    assert len(opened) == 1


@given(st.text(max_size=50))
def test_any_text_is_a_name_or_an_address(text):
    hidden = Pseudonyms.drawn()
    assert hidden.account(text) == hidden.account(text) != text
    assert hidden.address(text) not in (text, hidden.account(text))
    assert isinstance(prefix_of(text), str)


def test_networks_of_addresses():
    assert prefix_of("192.0.2.77") == prefix_of("192.0.2.0/24") == "192.0.2.0/24"
    assert prefix_of("2001:db8:1:2::7%eth0") == prefix_of("2001:db8:1::/48") == "2001:db8:1::/48"
    assert prefix_of("0a1b2c") == "0a1b2c"


def test_days_in_times_that_are_not_read_have_no_order(tmp_path, catalogue):
    path = write_csv(
        tmp_path / "log.csv",
        [["user_id", "track_id", "played_at"], ["u", "t", "13/06/2024 10:00"]],
    )
    summary = catalogue.plays.ingest(path)
    assert summary.reasons == {"listened_utc is not a time": 1}
    assert summary.read_as["dates"] == {}
