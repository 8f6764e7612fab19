"""In the pseudo-locale, all that a person reads comes through messages."""

import re
import sys

import pytest

from phonoscope.cli import main
from phonoscope.cli.help import summary
from phonoscope.cli.reference import help_of
from phonoscope.language import current
from tests.helpers.commands import commands, known_words
from tests.helpers.pseudo import PSEUDO_ENV, untranslated
from tests.helpers.sounds import noise, sine, write
from tests.helpers.tunes import RATE, excerpt, sped, tune

NAMED = [pytest.param(name, command, id=" ".join(name) or "phonoscope")
         for name, command in commands()]  # fmt: skip
WIDTH = 80


@pytest.fixture
def pseudo_locale(monkeypatch):
    monkeypatch.setenv(*next(iter(PSEUDO_ENV.items())))
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.setenv("PHONOSCOPE_WORKERS", "1")
    current.cache_clear()
    yield
    current.cache_clear()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Music with a copy, a mark and a broken file, scanned in English."""
    folder = tmp_path_factory.mktemp("place")
    music = folder / "music"
    music.mkdir()
    write(music / "one.flac", tune(51, 30.0), RATE, "flac-16", tags={"title": "A title"})
    write(music / "copy.wav", sped(tune(51, 30.0), 11, 10), RATE)
    write(music / "short.wav", noise(2.0))
    tags = {"comment": "made with suno; https://suno.com/song/1"}
    write(music / "declared.mp3", sine(2.0), form="mp3", tags=tags)
    (music / "broken.mp3").write_text("not music")
    write(folder / "excerpt.wav", excerpt(tune(51, 30.0), 9.0, 10.0), RATE)
    assert ran("scan", music, "--into", folder / "c", "--quiet") == 3
    return folder


def ran(*arguments):
    before = sys.argv
    sys.argv = ["phonoscope", *map(str, arguments)]
    try:
        main.main()
    except SystemExit as end:
        return end.code
    finally:
        sys.argv = before


def without(text, words):
    """Return a text without some words, the longest first."""
    for word in sorted(words, key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", "", text)
    return text


@pytest.mark.parametrize(("name", "command"), NAMED)
@pytest.mark.usefixtures("pseudo_locale")
def test_help_is_translated_and_fits_the_terminal(name, command, monkeypatch, capsys):
    main.app([*name, "--help"], prog_name="phonoscope", standalone_mode=False)
    shown = capsys.readouterr().out
    text, _, examples = shown.partition("[Éẋåɱþļéš")
    assert examples or not command.epilog
    assert untranslated(without(text, known_words(command))) == []
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize(("name", "command"), NAMED)
def test_english_help_fits_the_terminal_and_cuts_nothing(name, command, monkeypatch):
    text = help_of(*name)
    assert "..." not in re.sub(r"\[?[A-Z]+\]?\.\.\.", "", text.replace("[ARGS]...", ""))
    assert len(summary(command)) <= 60
    for line in text.splitlines():
        assert len(line) <= 100, line


def test_english_help_lists_each_command_in_one_line(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    main.app(["--help"], prog_name="phonoscope", standalone_mode=False)
    shown = capsys.readouterr().out
    for name, command in commands():
        if len(name) == 1:
            assert re.search(rf"^  {name[0]} +{re.escape(summary(command))}$", shown, re.M)
    headings = re.findall(r"^(\w+):$", shown.split("Options:")[1].split("Exit status")[0], re.M)
    assert headings == ["Listen", "Catalogue", "Find", "Disclose", "Explore"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["chek"],
        ["check"],
        ["check", "--ful", "x"],
        ["check", "x", "--zzz"],
        ["check", "x", "--fail-on", "music"],
        ["check", "x", "--workers", "0"],
        ["check", "x", "--workers", "9999"],
        ["check", "x", "--workers", "many"],
        ["check", "x", "--time-limit"],
        ["check", "--json=3", "x"],
        ["copies", "x", "--same", "a"],
        ["scan", "x"],
        ["sql", "x", "select 1", "extra", "extra"],
        ["--debug"],
        ["report", "x", "--to", "report.pdf"],
        ["report", "x", "--to", "no/folder.html"],
        ["report", "x", "--whole"],
        ["report", "x", "--claims", "shipped", "--compare", "y"],
        ["sql", "x", "select 1", "--json", "--csv"],
        ["demo", "--music", "no-such-folder"],
        ["check", "x", "--false-alarms", "7"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("pseudo_locale")
def test_errors_of_usage_are_translated(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ran(*arguments) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert untranslated(error.removeprefix("phonoscope: ")) == []
    assert len(error.splitlines()) <= 3


@pytest.mark.usefixtures("pseudo_locale")
def test_a_table_on_a_terminal_is_translated_and_in_a_pipe_it_is_not(place, capsys, monkeypatch):
    """A pipe is read by programs, which must not depend on the language."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    assert ran("share", place / "c", "--by", "codec", "--quiet") == 0
    assert capsys.readouterr().out.split("\t")[0] == "group"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert ran("share", place / "c", "--by", "codec") == 0
    out, error = capsys.readouterr()
    assert untranslated(out + error) == []
    assert "⟦flac⟧" in out


@pytest.mark.usefixtures("pseudo_locale")
def test_results_are_translated(place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    for arguments, status in [
        (["scan", "music", "--into", "again"], 3),
        (["check", "music"], 3),
        (["check", "--full", "music"], 3),
        (["copies", "c"], 0),
        (["find", "excerpt.wav", "--in", "c"], 0),
        (["report", "c", "--to", "r.html"], 0),
        (["report", "c", "--to", "r.html", "--claims", "shipped"], 0),
        (["share", "c"], 0),
        (["sql", "c"], 0),
        (["version"], 0),
        (["compact", "c"], 0),
        (["completion", "bash", "--json"], 0),
    ]:
        assert ran(*arguments) == status
        out, error = capsys.readouterr()
        if "--json" not in arguments:
            found = untranslated(out + error)
            assert not found, (arguments, found, out + error)
