"""The table of voices from the command line and from Python, in a catalogue on disk."""

import re
from datetime import date

import pytest

import phonoscope as ps
from phonoscope.errors import UsageError
from tests.helpers.program import run, run_on_terminal, strict_json
from tests.helpers.pseudo import PSEUDO_ENV, untranslated

CSV = """voice_id,name,owner,uses,commercial,royalty_share,evidence,valid_from,valid_until
anna,Anna,Anna Ek,covers;original-songs,yes,50 %,contracts/anna.pdf,2026-01-01,2027-12-31
ben,,Ben Oh,none,,,,,
odd,,Someone,karaoke,,,,,
late,,Someone,covers,,,,2027-01-01,2026-01-01
wide,,Someone,covers,,,,,,more,cells
"""


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def test_licences_are_added_ended_and_never_lost(catalogue):
    add = ("voices", catalogue.path, "add", "anna", "--owner", "Anna Ek")
    assert run(*add, "--allow", "covers", "--valid-from", "2025-01-01").returncode == 0
    assert run("voices", catalogue.path, "end", "anna", "--on", "2025-12-31").returncode == 0
    later = run(*add, "--allow", "original-songs", "--commercial", "--valid-from", "2026-01-01",
                "--royalty", "0.5", "--json")  # fmt: skip
    first, second = strict_json(later.stdout)
    assert (first["valid_until"], first["standing"]) == ("2025-12-31", "ended")
    assert second["uses"] == ["original-songs"]
    assert (second["commercial"], second["royalty_share"]) == (True, 0.5)
    catalogue.compact(grace_s=0.0)
    assert catalogue["voices"].count().to_pyarrow().as_py() == 2, "an ended licence is history"
    listed = run("voices", catalogue.path).stdout.splitlines()
    assert len(listed) == 3
    assert listed[1].startswith("anna\t\tAnna Ek\tcovers\tno\t")


def test_many_licences_come_from_a_csv_file_and_bad_rows_are_named(catalogue, tmp_path):
    (tmp_path / "licences.csv").write_text(CSV)
    done = run("voices", catalogue.path, "add", "--from", tmp_path / "licences.csv", "--json")
    assert done.returncode == 3
    assert [one["voice_id"] for one in strict_json(done.stdout)] == ["anna", "ben"]
    rejected = [line.rpartition(" line ")[2].split(":")[0] for line in done.stderr.splitlines()]
    assert rejected == ["4", "5", "6"]
    assert "karaoke" in done.stderr
    assert "1 January 2026" in done.stderr


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        (b"voice_id,owner\na,b\n", "missing-column", "uses"),
        (b"voice_id,owner,uses,secret\na,b,covers,x\n", "unknown-column", "secret"),
        (b"voice_id,owner,uses,uses\na,b,covers,x\n", "column-twice", ""),
        (b"\xff\xfe\x00", "not-utf-8", ""),
        (b"", "missing-column", "owner, uses, voice_id"),
        (b'voice_id,owner,uses\n"' + b"x" * 200_000, "not-csv", ""),
    ],
)
def test_a_file_that_is_no_list_of_licences_is_refused(catalogue, tmp_path, content, code, named):
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(UsageError) as raised:
        catalogue.licences.add_csv(tmp_path / "bad.csv")
    assert raised.value.code == code
    assert "bad.csv" in raised.value.message
    assert named in raised.value.message
    assert catalogue["voices"].count().to_pyarrow().as_py() == 0


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("add",), "--owner"),
        (("add", "a", "--owner", "b", "--allow", "none", "--allow", "covers"), "--allow none"),
        (("add", "a", "--owner", "b", "--allow", "covers", "--royalty", "2"), "royalty_share"),
        (("add", "a", "--owner", "b", "--allow", "covers", "--valid-from", "soon"), "soon"),
        (("add", "a", "--from", "x.csv"), "--from"),
        (("add", "--from", "no.csv"), "no.csv"),
        (("end",), "VOICE"),
        (("end", "nobody"), "nobody"),
    ],
)
def test_what_makes_no_sense_is_status_2(catalogue, arguments, names):
    done = run("voices", catalogue.path, *arguments)
    assert done.returncode == 2
    assert names in done.stderr
    assert done.stdout == ""


def test_the_list_on_a_terminal_can_be_translated(catalogue):
    for voice, uses in (("anna", ["covers", "original-songs"]), ("ben", [])):
        catalogue.licences.add(voice, owner="Owner", uses=uses, valid_until=date(2020, 1, 31))
    english, status = run_on_terminal("voices", catalogue.path)
    assert status == 0
    assert len(english.splitlines()) == 3
    shown, status = run_on_terminal("voices", catalogue.path, COLUMNS="160", **PSEUDO_ENV)
    assert status == 0
    plain = re.sub(r"\x1b\[\d+m", "", shown)
    assert set(untranslated(plain)) == {"anna", "ben", "Owner"}


def test_python_asks_whether_a_use_is_refused(catalogue):
    catalogue.licences.add("anna", owner="Anna Ek", uses=["covers"], valid_until=date(2026, 12, 31))
    assert catalogue.licences.refusal("anna", use="covers", on=date(2026, 6, 1)) is None
    assert "31 December 2026" in catalogue.licences.refusal(
        "anna", use="covers", on=date(2027, 1, 1)
    )
    assert "Anna Ek" in catalogue.licences.refusal(
        "anna", use="covers", commercial=True, on=date(2026, 6, 1)
    )
    assert "ben" in catalogue.licences.refusal("ben", use="covers")
    with pytest.raises(UsageError) as raised:
        catalogue.licences.refusal("anna", use="karaoke")
    assert raised.value.code == "unknown-use"
    catalogue.licences.add("ben", owner="Ben Oh", uses=[])
    assert "Ben Oh" in catalogue.licences.refusal("ben", use="covers")
    assert catalogue.licences.end("anna", on=date(2026, 5, 1)) == 1
    assert catalogue.licences.end("anna", on=date(2026, 5, 1)) == 0
