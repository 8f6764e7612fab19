"""The Python face: its public names, what it costs to import, and what it returns."""

import os
import pkgutil
import re
import shutil
import subprocess
import sys
import threading
from importlib.metadata import version

import pyarrow.parquet as pq
import pytest

import phonoscope
from phonoscope import api, defaults
from phonoscope.analysis import MOST_FALSE_ALARMS, analyse
from phonoscope.api import check, listed, open_catalogue
from phonoscope.cli.reference import command_names
from phonoscope.detector.generated import DEFAULT_FALSE_ALARMS
from phonoscope.disclosure.model import Tags
from phonoscope.errors import CatalogueError, ErrorKind, SourceError, UsageError
from phonoscope.scan import check as engines_check
from phonoscope.settings import Settings
from tests.helpers import tasks
from tests.helpers.batches import analysis, outcome, recording_id_of, stretches, write_batch
from tests.helpers.metadata import HEAD, rows
from tests.helpers.sounds import noise, write
from tests.helpers.sources import write_csv

PUBLIC = [
    "Analysis",
    "Catalogue",
    "CatalogueError",
    "Declaration",
    "LabelError",
    "Labelling",
    "LimitedWorker",
    "MissingExtraError",
    "NewerCatalogueError",
    "PhonoscopeError",
    "ScanSummary",
    "Settings",
    "SourceError",
    "UnreadableError",
    "UsageError",
    "analyse",
    "check",
    "format_of",
    "open_catalogue",
    "read_labels",
    "remove_label",
    "write_label",
]


TABLES = ("files", "recordings", "verdicts", "segments", "declared", "statements", "scans")


FORMER_TABLES = (*TABLES, "tracks", "voices")


@pytest.fixture
def catalogue(tmp_path):
    made = open_catalogue(tmp_path / "catalogue", create=True)
    weighed = outcome("a", says=("weak", "strong"), marks=2, segments=stretches(0.2, 0.9))
    write_batch(made._store, weighed, outcome("b"))
    return made


def test_the_public_names_are_these_and_sorted():
    assert sorted(PUBLIC) == phonoscope.__all__ == dir(phonoscope)
    for name in PUBLIC:
        assert getattr(phonoscope, name) is not None
    assert sorted(api.__all__) == api.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = phonoscope.nothing


IMPORT = """
import sys
import phonoscope
heavy = {"numpy", "scipy", "av", "duckdb", "ibis", "pyarrow", "pydantic", "mutagen", "pandas"}
print(sorted(heavy & set(sys.modules)))
"""


def test_importing_it_loads_nothing_heavy():
    ran = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


ASKING = """
import sys
import phonoscope
asked = phonoscope.open_catalogue(sys.argv[1]).sql("select count(*) n from files").read_all()
print(asked.to_pylist(), sorted({"pandas", "ibis"} & set(sys.modules)))
"""


def test_a_question_in_sql_takes_no_pandas_along(catalogue):
    asked = subprocess.run(
        [sys.executable, "-c", ASKING, str(catalogue.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.strip() == "[{'n': 2}] []"


def test_tables_are_ibis_tables(catalogue):
    assert catalogue["files"].count().to_pyarrow().as_py() == 2
    assert catalogue["recordings"].columns == catalogue.table("recordings").columns
    for name in TABLES:
        table = catalogue[name]
        assert table.to_pyarrow().num_rows == table.count().to_pyarrow().as_py()
    joined = catalogue["files"].join(catalogue["recordings"], "recording_id")
    assert joined.filter(joined.tag_title == "Song a").to_pyarrow().num_rows == 1
    assert {*TABLES} < {*catalogue.tables}
    with pytest.raises(UsageError) as refused:
        _ = catalogue["songs"]
    assert refused.value.code == "unknown-table"


def test_tables_show_what_was_added_since(catalogue):
    assert catalogue["files"].count().to_pyarrow().as_py() == 2
    held = catalogue["files"]
    write_batch(catalogue._store, outcome("c"))
    assert catalogue["files"].count().to_pyarrow().as_py() == 3
    assert held.count().to_pyarrow().as_py() == 2
    catalogue.compact()
    assert catalogue["files"].count().to_pyarrow().as_py() == 3


def test_threads_may_ask_at_once(catalogue):
    wrong = []

    def ask():
        for _ in range(5):
            if catalogue["files"].count().to_pyarrow().as_py() != 2:
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_all_that_is_known_of_a_recording(catalogue):
    found = catalogue.recording(recording_id_of("a"))
    assert found["recording"]["tag_title"] == "Song a"
    assert found["verdict"]["verdict"] == "generated"
    assert [row["uri"] for row in found["files"]] == ["/music/a.wav"]
    assert [row["value"] for row in found["declared"]] == ["mark 0", "mark 1"]
    assert {row["says"] for row in found["statements"]} == {"weak", "strong"}
    assert [(row["start_s"], row["p_generated"]) for row in found["segments"]] == [
        (0.0, 0.2),
        (5.0, 0.9),
    ]
    for hostile in ("nothing", "", "' or 1=1 --"):
        with pytest.raises(UsageError) as refused:
            catalogue.recording(hostile)
        assert refused.value.code == "unknown-recording"


def test_a_catalogue_of_the_version_before_opens_and_reports(catalogue, tmp_path):
    """It had no table of stretches, and fewer columns in its verdicts."""
    for folder in ("segments", "_versions"):
        shutil.rmtree(tmp_path / "catalogue" / folder)
    (verdicts,) = (tmp_path / "catalogue" / "verdicts").glob("*.parquet")
    kept = ["recording_id", "verdict", "basis", "says", "scan_id", "batch"]
    pq.write_table(pq.read_table(verdicts, columns=kept), verdicts)
    found = open_catalogue(catalogue.path).recording(recording_id_of("a"))
    assert found["segments"] == []
    assert found["verdict"]["verdict"] == "generated"
    assert found["verdict"]["false_alarms"] is None
    assert catalogue["segments"].count().to_pyarrow().as_py() == 0
    assert catalogue.report().write(tmp_path / "r.html").stat().st_size > 0
    assert catalogue.compact().parts_after > 0


def test_sql_streams(catalogue):
    with catalogue.sql("select uri from files order by uri") as reader:
        assert reader.schema.names == ["uri"]
        assert reader.read_all()["uri"].to_pylist() == ["/music/a.wav", "/music/b.wav"]


def test_opening_may_not_make(tmp_path):
    with pytest.raises(CatalogueError) as refused:
        open_catalogue(tmp_path / "none")
    assert refused.value.code == "no-catalogue"
    assert not (tmp_path / "none").exists()
    assert "none" in repr(open_catalogue(tmp_path / "none", create=True))


def test_a_report_is_written_in_the_form_that_its_name_says(catalogue, tmp_path):
    report, written = catalogue.report(), tmp_path / "written"
    written.mkdir()
    forms = {"a.html": None, "b": None, "c.json": None, "d.zip": None, "e": "json"}
    for name, form in forms.items():
        assert report.write(written / name, form) == written / name
    begins = {path.name[0]: path.read_bytes()[:2] for path in written.iterdir()}
    assert begins == {"a": b"<!", "b": b"<!", "c": b"{\n", "d": b"PK", "e": b"{\n"}
    with pytest.raises(UsageError, match="html, json or csv"):
        report.write(written / "f", "pdf")


@pytest.mark.parametrize("name", FORMER_TABLES)
def test_tables_as_properties_work_and_warn(catalogue, name):
    with pytest.deprecated_call(match=rf"use Catalogue\['{name}'\]"):
        assert getattr(catalogue, name).columns == catalogue[name].columns


def test_former_methods_work_and_warn(catalogue, tmp_path):
    one, other = recording_id_of("a"), recording_id_of("b")
    with pytest.deprecated_call(match=r"use Catalogue.decisions.record"):
        catalogue.decide(one, other, "same")
    assert [row.decision for row in catalogue.decisions.rows()] == ["same"]
    with pytest.deprecated_call(match=r"use Catalogue.licences.add"):
        catalogue.add_voice("anna", owner="Anna", uses=["covers"])
    assert [row.owner for row in catalogue.licences.rows()] == ["Anna"]
    with pytest.deprecated_call(match=r"use Catalogue.licences.refusal"):
        assert catalogue.voice_refusal("anna", use="covers") is None
    with pytest.deprecated_call(match=r"use Catalogue.licences.end"):
        assert catalogue.end_voice("anna") == 1
    with pytest.deprecated_call(match=r"use Catalogue.licences.add_csv"), pytest.raises(UsageError):
        catalogue.add_voices(tmp_path / "none.csv")
    with pytest.deprecated_call(match=r"use Catalogue.plays.analyse"):
        assert catalogue.weigh_plays() == []
    with pytest.deprecated_call(match=r"use Catalogue.plays.ingest"), pytest.raises(SourceError):
        catalogue.ingest_plays(tmp_path / "none.csv")
    with pytest.deprecated_call(match=r"use Catalogue.report\(\)\.write"):
        assert catalogue.report(tmp_path / "r.json") == tmp_path / "r.json"


@pytest.mark.parametrize(("former", "now"), [("examine", "analyse"), ("Examination", "Analysis")])
def test_former_public_names_work_and_warn(former, now):
    with pytest.deprecated_call(match=f"use phonoscope.{now}"):
        assert getattr(phonoscope, former) is getattr(phonoscope, now)


def test_check_gives_one_examination_a_path_in_order(tmp_path):
    paths = [write(tmp_path / f"{n}.wav", noise(0.1 + 0.1 * n, seed=n)) for n in range(6)]
    paths.insert(2, tmp_path / "none.wav")
    paths.insert(0, paths[-1])
    found = list(check(iter(paths), settings=Settings(workers=2)))
    assert [exam.file for exam in found] == [os.fspath(path) for path in paths]
    assert [exam.error_kind for exam in found] == [
        *[None] * 3,
        ErrorKind.VANISHED,
        *[None] * 4,
    ]
    assert list(check([], settings=Settings(workers=1))) == []


def test_check_weighs_with_the_share_of_false_alarms_that_is_set(tmp_path, monkeypatch):
    path = write(tmp_path / "a.wav", noise(0.2))
    monkeypatch.setattr(engines_check, "analyse", tasks.telling_examination)
    (found,) = check([path], settings=Settings(workers=1, false_alarms=0.03))
    assert found.verdict.false_alarms == 0.03


@pytest.mark.parametrize("share", [0.0, -0.1, 0.51, 1.0, float("nan")])
def test_a_share_of_false_alarms_that_is_none_raises(tmp_path, share):
    with pytest.raises(UsageError) as refused:
        phonoscope.analyse(tmp_path / "a.wav", false_alarms=share)
    assert refused.value.code == "false-alarms"
    with pytest.raises(ValueError, match="false_alarms"):
        Settings(false_alarms=share)


def test_the_default_share_of_false_alarms_is_one_number():
    assert Settings().false_alarms == DEFAULT_FALSE_ALARMS == defaults.FALSE_ALARMS
    assert Settings().file_time_limit_s == defaults.FILE_TIME_LIMIT_S
    assert Settings(false_alarms=MOST_FALSE_ALARMS).false_alarms == MOST_FALSE_ALARMS


def test_what_check_would_examine(tmp_path):
    for name in ("a.wav", "sub/b.mp3", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    a, b = str(tmp_path / "a.wav"), str(tmp_path / "sub" / "b.mp3")
    assert listed([tmp_path]) == [a, b]
    assert listed([a, tmp_path / "none.wav", a]) == [a, str(tmp_path / "none.wav")]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as refused:
        listed([tmp_path / "empty"])
    assert refused.value.code == "no-audio-files"


def test_printing_an_analysis_says_what_matters():
    made = analysis("a", says=("The bandwidth ends at 16 kHz.",))
    lines = str(made).splitlines()
    assert lines[0] == "/music/a.wav"
    labels = [line[2:].split("  ")[0] for line in lines[1:]]
    assert labels == ["verdict", "duration", "title", "declared", "evidence"]
    assert lines[1].endswith(made.verdict.says)
    assert "Song a" in str(made)
    assert "The bandwidth ends at 16 kHz." in str(made)
    bad = analyse("no-such-file.mp3")
    assert str(bad).splitlines()[1].strip() == f"error  {bad.error}"


def test_what_notebooks_show_is_escaped_and_takes_the_colours_of_the_page(catalogue):
    evil = "<script>alert(1)</script>\x1b[2J\u202e"
    made = analysis("a", says=(evil,), tags=Tags(title=evil))
    shown = (made._repr_html_(), catalogue._repr_html_(), catalogue.report()._repr_html_())
    for markup in shown:
        assert "<script" not in markup
        assert "<table" in markup
        # No colour of its own: it reads in a light and in a dark notebook.
        colours = set(re.findall(r"(?<![-\w])(?:color|background):(\w+)", markup))
        assert colours <= {"inherit", "transparent"}
    assert "&lt;script&gt;" in shown[0]
    assert not re.search("[\x1b\u202e]", shown[0] + str(made))


REPR = """
import sys
import phonoscope
print(repr(phonoscope.open_catalogue(sys.argv[1])))
print(sorted({"pandas", "ibis"} & set(sys.modules)))
"""


def test_repr_of_a_catalogue_counts_without_ibis(catalogue):
    expected = f"Catalogue({catalogue.path!r}: 2 files, 2 recordings)"
    assert repr(catalogue) == expected
    command = [sys.executable, "-c", REPR, catalogue.path]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [expected, "[]"]
    shutil.rmtree(catalogue.path)
    assert repr(catalogue) == f"Catalogue({catalogue.path!r})"


FUNCTION_OF = {
    "check": "phonoscope.check",
    "scan": "phonoscope.api.Catalogue.scan",
    "ingest": "phonoscope.api.Catalogue.ingest",
    "charts": "phonoscope.api.Catalogue.ingest",
    "plays": "phonoscope.api.Plays.analyse",
    "compact": "phonoscope.api.Catalogue.compact",
    "calibrate": "phonoscope.api.Catalogue.calibrate",
    "releases": "phonoscope.api.Catalogue.releases_generated",
    "royalties": "phonoscope.api.plays.Plays.royalties",
    "report": "phonoscope.api.Catalogue.report",
    "share": "phonoscope.api.Catalogue.share_generated",
    "find": "phonoscope.api.Catalogue.find",
    "copies": "phonoscope.api.Catalogue.copies",
    "dossier": "phonoscope.api.Catalogue.dossier",
    "voices": "phonoscope.api.Licences.add",
    "label read": "phonoscope.read_labels",
    "label write": "phonoscope.write_label",
    "label remove": "phonoscope.remove_label",
    "label check": "phonoscope.api.check_policy",
    "label policies": "phonoscope.api.policies",
    "label rights": "phonoscope.api.rights_of",
    "sql": "phonoscope.api.Catalogue.sql",
    "serve": "phonoscope.web.app.create_app",
}
"""Python's function for each command; ``demo`` downloads music and shows the others."""


def test_every_command_has_a_function():
    assert {*FUNCTION_OF} | {"completion", "demo", "version"} == {*command_names()}
    for path in FUNCTION_OF.values():
        assert callable(pkgutil.resolve_name(path)), path
    assert phonoscope.__version__ == version("phonoscope")


def test_a_dossier_and_a_policy_from_python(catalogue, tmp_path):
    made = catalogue.dossier(recording_id_of("a"))
    assert api.write_dossier(made, tmp_path / "d.html").read_text().startswith("<!")
    names = [policy.name for policy in api.policies()]
    rules = [rule for name in names for rule in api.check_policy(analysis("a"), name)]
    assert {rule.policy for rule in rules} == {*names}
    assert {rule.outcome for rule in rules} & {"met", "not-met"}
    assert api.rights_of("cover")
    with pytest.raises(UsageError) as refused:
        api.rights_of("x")
    assert refused.value.code == "unknown-use"


def test_a_snapshot_keeps_its_state_while_rows_are_added(tmp_path):
    catalogue = open_catalogue(tmp_path / "catalogue", create=True)
    catalogue.ingest(write_csv(tmp_path / "one.csv", [HEAD, *rows(1)]))
    table = catalogue.snapshot()
    assert table("tracks").count().to_pyarrow().as_py() == 1
    catalogue.ingest(write_csv(tmp_path / "two.csv", [HEAD, *rows(2)]))
    joined = table("tracks").left_join(table("albums"), "album_id")
    assert joined.count().to_pyarrow().as_py() == 1
    assert catalogue["tracks"].count().to_pyarrow().as_py() == 3
