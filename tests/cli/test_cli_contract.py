"""What is true for every command."""

import ast
import re
import subprocess
import sys

import pytest

from phonoscope.cli import main, options, reference, serve
from phonoscope.cli.exits import Status
from phonoscope.cli.reference import command_names, help_of
from phonoscope.detector.generated import Band
from tests.helpers.program import ROOT, environment, run, run_on_terminal


@pytest.mark.parametrize("name", command_names())
def test_every_command_shows_examples_and_explains_every_option(name):
    text = help_of(*name.split())
    assert f"phonoscope {name}" in text.split("Examples:")[1]
    for line in text.split("Options:")[1].split("Examples:")[0].strip().splitlines():
        if line.lstrip().startswith("-"):
            assert re.search(r"\s{2,}\S|[|\w]$", line.strip()), line
    assert "--json" in text


def test_every_option_has_a_help_text():
    import typer

    command = typer.main.get_command(main.app)
    groups = [sub for sub in command.commands.values() if hasattr(sub, "commands")]
    commands = [command, *groups]
    for name, sub in (pair for group in commands for pair in group.commands.items()):
        for parameter in sub.params:
            assert parameter.help, f"{name} {parameter.name}"
        assert sub.help
        assert sub.epilog


def test_the_reference_is_current():
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written == reference.reference(), "docs/cli.md is stale: run `make docs`"


def test_fail_on_names_every_verdict_a_readable_file_can_have():
    verdicts = {band.value for band in Band} - {Band.UNREADABLE.value}
    assert set(options.FailOnVerdict) == verdicts | {"declared", "disagreement"}


def test_the_help_of_the_program_lists_every_exit_status():
    listed = [int(found) for found in re.findall(r"^  (\d+) ", help_of(), re.M)]
    assert listed == [status.value for status in Status]


def test_help_imports_nothing_heavy():
    run("--help")
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, phonoscope.cli.main; print(sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    heavy = {"numpy", "av", "pyarrow", "duckdb", "pydantic", "ibis", "scipy", "fsspec", "uvicorn"}
    assert heavy.isdisjoint(ast.literal_eval(loaded.stdout))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "check"),
        (["check"], "FILE"),
        (["check", "--ful", "x.mp3"], "--full"),
        (["check", "x.mp3", "--time-limit"], "--time-limit"),
        (["sql", "x", "select 1", "extra"], "extra"),
        (["--debug"], "--help"),
        (["check", "x.mp3", "--fail-on", "music"], "music"),
        (["check", "x.mp3", "--workers", "0"], "--workers"),
        (["scan", "x"], "--into"),
        (["sql", "no-such-catalogue", "select 1"], "no-such-catalogue"),
        (["report", "no-such-catalogue"], "no-such-catalogue"),
        (["serve", "no-such-catalogue"], "no-such-catalogue"),
        (["compact", "no-such-catalogue"], "no-such-catalogue"),
        (["share", "no-such-catalogue"], "no-such-catalogue"),
        (["demo", "--music", "no-such-folder"], "no-such-folder"),
        (["report", "no-such-catalogue", "--to", "report.pdf"], "--format"),
        (["report", "no-such-catalogue", "--fail-on", "claim"], "--claims"),
        (["report", "x", "--claims", "shipped", "--compare", "y"], "--compare"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_to_do(tmp_path, arguments, says):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_is_not_valid_is_named():
    done = run("check", "x.mp3", PHONOSCOPE_WORKERS="many")
    assert done.returncode == 2
    assert "PHONOSCOPE_WORKERS" in done.stderr
    assert "many" in done.stderr


@pytest.mark.parametrize("share", ["0", "0.6", "-1"])
def test_an_invalid_share_of_false_alarms_is_status_2(share):
    done = run("check", "x.mp3", "--false-alarms", share)
    assert done.returncode == 2
    assert "false" in done.stderr
    assert share in done.stderr


def test_a_bug_shows_no_traceback_unless_asked_for(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import phonoscope.cli.version as v\ndef fail(): raise ZeroDivisionError('by zero')\n"
        "v._ffmpeg = fail\n"
    )
    path = f"{tmp_path}:{ROOT}"
    quiet = run("version", PYTHONPATH=path)
    assert quiet.returncode == Status.FAULT
    assert "ZeroDivisionError: by zero" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    for loud in (
        run("--debug", "version", PYTHONPATH=path),
        run("version", PYTHONPATH=path, PHONOSCOPE_DEBUG="1"),
    ):
        assert loud.returncode == Status.FAULT
        assert "Traceback" in loud.stderr


def test_a_missing_extra_is_named(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['uvicorn'] = None\n")
    done = run("serve", "x", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert done.returncode == 2
    assert "pip install 'phonoscope[web]'" in done.stderr


def test_version_prints_what_is_running():
    assert run("--version").stdout == f"phonoscope {_version()}\n"
    assert f"phonoscope    {_version()}" in run("version").stdout


def _version():
    from importlib.metadata import version

    return version("phonoscope")


def test_help_on_a_terminal_is_plain_text():
    printed, status = run_on_terminal("--help")
    assert status == 0
    assert "\x1b" not in printed


def test_serve_listens_only_on_this_machine_by_default():
    assert serve.serve.__kwdefaults__["host"] == "127.0.0.1"
