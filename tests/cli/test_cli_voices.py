"""The table of voices from the command line and from Python, in a catalogue on disk."""

from datetime import date

import pytest

import phonoscope as ps
from phonoscope.errors import UsageError
from tests.helpers.program import run, strict_json

CSV = """voice_id,name,owner,uses,commercial,royalty_share,evidence,valid_from,valid_until
anna,Anna,Anna Ek,covers;original-songs,yes,50 %,contracts/anna.pdf,2026-01-01,2027-12-31
ben,,Ben Oh,none,,,,,
odd,,Somebody,karaoke,,,,,
late,,Somebody,covers,,,,2027-01-01,2026-01-01
wide,,Somebody,covers,,,,,,more,cells
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
    assert "line 4: uses are covers" in done.stderr
    assert "line 5: it ends on 2026-01-01, before it begins" in done.stderr
    assert "line 6: it has more cells than the heading" in done.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"voice_id,owner\na,b\n", "lacks uses"),
        (b"voice_id,owner,uses,secret\na,b,covers,x\n", "a column 'secret'"),
        (b"voice_id,owner,uses,uses\na,b,covers,x\n", "a column twice"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"", "lacks owner"),
        (b'voice_id,owner,uses\n"' + b"x" * 200_000, "no CSV file"),
    ],
)
def test_a_file_that_is_no_list_of_licences_is_refused(catalogue, tmp_path, content, says):
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(UsageError, match=says):
        catalogue.licences.add_csv(tmp_path / "bad.csv")
    assert catalogue["voices"].count().to_pyarrow().as_py() == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add",), "name VOICE, --owner and --allow"),
        (("add", "a", "--owner", "b", "--allow", "none", "--allow", "covers"), "no other use"),
        (("add", "a", "--owner", "b", "--allow", "covers", "--royalty", "2"), "from 0 to 1"),
        (("add", "a", "--owner", "b", "--allow", "covers", "--valid-from", "soon"), "2026-11-21"),
        (("add", "a", "--from", "x.csv"), "nothing else"),
        (("add", "--from", "no.csv"), "there is no file no.csv"),
        (("end",), "name the VOICE"),
        (("end", "nobody"), "no licence of a voice 'nobody'"),
    ],
)
def test_what_makes_no_sense_is_status_2(catalogue, arguments, says):
    done = run("voices", catalogue.path, *arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_python_asks_whether_a_use_is_refused(catalogue):
    catalogue.licences.add("anna", owner="Anna Ek", uses=["covers"], valid_until=date(2026, 12, 31))
    assert catalogue.licences.refusal("anna", use="covers", on=date(2026, 6, 1)) is None
    assert "ended" in catalogue.licences.refusal("anna", use="covers", on=date(2027, 1, 1))
    assert "commercially" in catalogue.licences.refusal(
        "anna", use="covers", commercial=True, on=date(2026, 6, 1)
    )
    assert "no licence" in catalogue.licences.refusal("ben", use="covers")
    with pytest.raises(UsageError, match="covers or original-songs"):
        catalogue.licences.refusal("anna", use="karaoke")
    catalogue.licences.add("ben", owner="Ben", uses=[])
    assert "no use" in catalogue.licences.refusal("ben", use="covers")
    assert catalogue.licences.end("anna", on=date(2026, 5, 1)) == 1
    assert catalogue.licences.end("anna", on=date(2026, 5, 1)) == 0
