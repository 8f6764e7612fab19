"""Packages from outside: what each hook adds, and what a faulty one does not break."""

import json
import subprocess
import sys

import pytest

import phonoscope as ps
from phonoscope.plugins import BUILT_IN, Hooks
from tests.helpers.plugins import ROOT, phonoscope, python, write_plugin
from tests.helpers.sounds import noise, write
from tests.helpers.sources import write_csv

EXAMPLE = ROOT / "examples" / "phonoscope-sped-up"
TITLES = ("Song", "Song (Sped Up)", "Song - slowed + reverb", "Sped", "Slow Hands")

FEATURE = """
from dataclasses import dataclass
from phonoscope.columns import column
from phonoscope.features.base import Feature
from phonoscope.plugins import hookimpl

@dataclass(frozen=True)
class Mean:
    plain_mean: float = column("Mean of all samples.")

class Meter:
    def __init__(self, stream): self.total, self.count = 0.0, 0
    def update(self, block):
        self.total += float(block.samples.sum()); self.count += block.samples.size
    def result(self): return Mean(self.total / self.count)

@hookimpl
def phonoscope_features():
    return [Feature(name="plain", result=Mean, start=Meter)]
"""
STANDARD = """
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.plugins import hookimpl

def declarations(fields):
    for field in fields:
        if field.value == "Made by Robots":
            yield Declaration(
                standard="robots", part=Part.WHOLE, making=Making.GENERATED, tool=None,
                producer=None, place=field.place, value=field.value,
            )

@hookimpl
def phonoscope_disclosure_standards():
    return [declarations]
"""
COMMAND = """
from phonoscope.cli.command import Command
from phonoscope.plugins import hookimpl

def hello(name: str) -> int:
    "Greet someone."
    print(f"Hello, {name}")
    return 0

@hookimpl
def phonoscope_commands():
    return [Command("hello", hello)]
"""
PAGE = """
from fastapi import APIRouter
from phonoscope.plugins import hookimpl

router = APIRouter()

@router.get("/hello")
def hello() -> dict[str, str]:
    return {"hello": "world"}

@hookimpl
def phonoscope_web_routers():
    return [router]
"""


@pytest.fixture(scope="session")
def titled(tmp_path_factory):
    """A catalogue of five tracks."""
    folder = tmp_path_factory.mktemp("titled")
    rows = [(f"t{n}", title, 180_000) for n, title in enumerate(TITLES)]
    write_csv(folder / "tracks.csv", [("track_id", "name", "duration_ms"), *rows])
    ps.open_catalogue(folder / "catalogue", create=True).ingest(folder / "tracks.csv")
    return folder / "catalogue"


@pytest.fixture
def installed(tmp_path):
    """A folder in which pip has installed the example."""
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    subprocess.run([*pip, *offline, str(EXAMPLE)], check=True, timeout=120)
    return target


def findings_of(folder, catalogue, to, **variables):
    """Findings by name, of a report that was written where these plugins are installed."""
    made = phonoscope(folder, "report", str(catalogue), "--to", str(to), "--quiet", **variables)
    assert made.returncode == 0, made.stderr
    return {finding["name"]: finding for finding in json.loads(to.read_text())["findings"]}


def test_the_example_adds_a_finding(installed, titled, tmp_path):
    found = findings_of(installed, titled, tmp_path / "report.json")
    figures = {f["name"]: f for f in found["sped_up"]["figures"]}
    assert figures["sped_up_share"]["value"] == 2 / 5
    assert figures["sped_up_share"]["n"] == 5
    assert found["sped_up"]["caveats"]
    assert "concentration" in found, "the built-in findings are there too"


def test_plugins_can_be_left_out(installed, titled, tmp_path):
    write_plugin(installed, "broken", FAULTY["import"])
    found = findings_of(installed, titled, tmp_path / "report.json", PHONOSCOPE_PLUGINS="0")
    assert "sped_up" not in found
    assert "concentration" in found


def test_the_version_names_plugins(installed):
    made = phonoscope(installed, "version", "--json")
    assert json.loads(made.stdout)["plugin sped-up"] == "0.1.0"


def test_a_feature_becomes_a_column(tmp_path):
    folder = write_plugin(tmp_path / "site", "plain_plugin", FEATURE)
    sound = write(tmp_path / "sound.wav", noise(1.0) + 0.25)
    made = phonoscope(folder, "scan", str(sound), "--into", str(tmp_path / "c"))
    assert made.returncode == 0, made.stderr
    asked = phonoscope(
        folder, "sql", str(tmp_path / "c"), "select plain_mean from recordings", "--json"
    )
    assert json.loads(asked.stdout)["plain_mean"] == pytest.approx(0.25, abs=0.01)
    # Without the plugin the catalogue opens as before.
    asked = phonoscope(
        tmp_path, "sql", str(tmp_path / "c"), "select count(*) n from recordings", "--json"
    )
    assert json.loads(asked.stdout)["n"] == 1


def test_a_standard_reads_tags(tmp_path):
    folder = write_plugin(tmp_path / "site", "robots", STANDARD)
    sound = write(tmp_path / "sound.mp3", noise(1.0), form="mp3", tags={"album": "Made by Robots"})
    made = phonoscope(folder, "label", "read", str(sound), "--json")
    assert len(json.loads(made.stdout)["declared"]) == 1, made.stderr
    made = phonoscope(folder, "label", "read", str(sound), "--json", PHONOSCOPE_PLUGINS="0")
    assert json.loads(made.stdout)["declared"] == []


def test_a_command_is_run_and_listed(tmp_path):
    folder = write_plugin(tmp_path, "greeter", COMMAND)
    assert phonoscope(folder, "hello", "you").stdout == "Hello, you\n"
    assert "hello" in phonoscope(folder, "--help").stdout


def test_a_page_is_served_behind_the_guard(tmp_path, titled):
    folder = write_plugin(tmp_path, "pages", PAGE)
    code = (
        "import sys, phonoscope as ps\n"
        "from starlette.testclient import TestClient\n"
        "from phonoscope.web.app import create_app\n"
        "with TestClient(create_app(ps.open_catalogue(sys.argv[1])),\n"
        "                base_url='http://localhost:8765') as client:\n"
        "    print(client.get('/hello').json()['hello'])\n"
        "    print(client.get('/hello', headers={'host': 'evil.example'}).status_code)\n"
    )
    made = python(folder, code, str(titled))
    assert made.stdout.split() == ["world", "400"], made.stderr


HEAD = "from phonoscope.plugins import hookimpl\n@hookimpl\n"
FAULTY = {
    "import": "raise RuntimeError('broken at import')",
    "raises": HEAD + "def phonoscope_findings(): 1 / 0",
    "not-a-list": HEAD + "def phonoscope_findings(): return 7",
    "no-such-hook": HEAD + "def phonoscope_no_such_hook(): return []",
    "same-name": HEAD + "def phonoscope_findings():\n"
    "    from phonoscope.findings.questions.genres import genres\n"
    "    return [genres]",
}


@pytest.mark.parametrize("source", FAULTY.values(), ids=FAULTY)
def test_a_faulty_plugin_is_named(tmp_path, titled, source):
    folder = write_plugin(tmp_path / "site", "faulty", source)
    made = phonoscope(folder, "report", str(titled), "--to", str(tmp_path / "r.json"), "--json")
    assert made.returncode == 2
    assert "plugin" in made.stderr
    assert "PHONOSCOPE_PLUGINS=0" in made.stderr
    assert "Traceback" not in made.stderr
    assert not made.stdout


def test_every_hook_has_a_built_in_plugin():
    assert set(BUILT_IN) == {name for name in vars(Hooks) if name.startswith("phonoscope_")}
