"""The table of rights: complete, sourced, printed for people and as JSON."""

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from phonoscope.cli import label_rights as command
from phonoscope.cli.exits import guarded
from phonoscope.disclosure.rights import (
    CHECKED,
    NOT_ADVICE,
    USES,
    Kind,
    parse_rights,
    rights_of,
)
from phonoscope.errors import UsageError
from phonoscope.language import PSEUDO, current
from tests.helpers.pseudo import untranslated
from tools.messages import catalog

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def run():
    app = typer.Typer()
    app.command()(guarded(command.rights, interrupted=command.INTERRUPTED))
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("use", USES)
def test_every_use_has_questions_holders_and_what_to_keep(use):
    found = rights_of(use)
    kinds = [right.kind for right in found]
    assert len(set(kinds)) == len(kinds) >= 4
    order = [right.touched for right in found]
    assert order == sorted(order, reverse=True), "a right that is always touched comes first"
    assert order[0] == "yes"
    for right in found:
        assert "?" in right.question
        assert right.holder
        assert right.evidence
        for rule in right.rules:
            assert rule.source
            assert rule.where
            assert date(1970, 1, 1) < rule.since <= CHECKED


def test_what_each_use_surely_touches():
    def surely(use):
        return {right.kind for right in rights_of(use) if right.touched == "yes"}

    assert surely("cover") == {Kind.COMPOSITION, Kind.LYRICS, Kind.PERFORMANCE}
    assert {Kind.VOICE, Kind.COMPOSITION, Kind.TRAINING} < surely("cover-cloned-voice")
    assert Kind.VOICE in surely("original-cloned-voice")
    assert Kind.COMPOSITION not in surely("original-cloned-voice")
    for use in ("sped-up-copy", "sample", "remix"):
        assert {Kind.RECORDING, Kind.PERFORMANCE, Kind.COMPOSITION} <= surely(use)
        assert Kind.VOICE not in surely(use)
    assert surely("in-the-style-of") == {Kind.DISCLOSURE}
    assert Kind.TRAINING in surely("training")
    every = {right.kind for use in USES for right in rights_of(use)}
    assert every == set(Kind)


def test_a_use_that_is_not_known_is_refused(run):
    with pytest.raises(UsageError) as raised:
        rights_of("karaoke")
    assert raised.value.code == "unknown-use"
    refused = run("--use", "karaoke")
    assert refused.exit_code == 2
    assert "cover-cloned-voice" in refused.output


def test_it_prints_a_checklist_with_sources_that_is_no_advice(run):
    printed = " ".join(run("--use", "sample").output.split())
    assert NOT_ADVICE in printed
    assert printed.count("[ ] ") == len(rights_of("sample"))
    assert "Court of Justice, C-476/17 (Pelham), ECLI:EU:C:2019:624, 29 July 2019" in printed
    listed = run().output
    assert all(use in listed for use in USES)


def test_the_checklist_can_be_translated(run, monkeypatch):
    monkeypatch.setenv("PHONOSCOPE_LANGUAGE", PSEUDO)
    current.cache_clear()
    try:
        shown = [" ".join(run("--use", use).output.split()) for use in USES]
    finally:
        current.cache_clear()
    assert {word for text in shown for word in untranslated(text)} == set()


def test_every_text_of_the_table_is_extracted_for_translators():
    extracted = {message.id for message in catalog()}
    for use in USES:
        for right in rights_of(use):
            assert {right.question, right.holder, right.evidence} <= extracted
            assert all({rule.says, rule.where} <= extracted for rule in right.rules)
    assert {NOT_ADVICE, *USES.values()} <= extracted


def test_the_json_is_the_documented_one(run):
    found = json.loads(run("--use", "training", "--json").output)
    text = (DOCS / "rights.md").read_text("utf-8")
    right = found["rights"][0]
    names = {*found, *right, *right["rules"][0]}
    assert all(f"`{name}`" in text for name in names)
    assert all(f"`{use}`" in text for use in USES)
    lines = run("--json").output.splitlines()
    assert [json.loads(line)["use"] for line in lines] == list(USES)


SHIPPED = files("phonoscope.disclosure").joinpath("rights.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("line", "instead", "message"),
    [
        ('format = "phonoscope-rights/1"', 'format = "phonoscope-rights/2"', "format"),
        ('touched = "yes"', 'touched = "surely"', "touched"),
        ('where = "Tennessee"', 'where = ""', "where"),
        ('where = "Tennessee"', 'where = "Tennessee"\nurl = "https://x"', "url"),
        ('rules = ["arranged"]', 'rules = ["derranged"]', "derranged"),
        ('rules = ["arranged"]', "rules = []", r"\barranged"),
        ('  "composition-covered",\n', '  "composition-new-song",\n', "composition-covered"),
        ('  "composition-covered",\n', '  "lyrics-covered",\n', "uses.cover"),
        ("[kinds.voice]", "[kinds.larynx]", "larynx"),
        ("since = 2024-07-01", "since = 2024-07-32", "."),
    ],
)
def test_a_table_that_does_not_fit_together_is_refused(line, instead, message):
    assert line in SHIPPED
    uses = 2 if message == "composition-covered" else 1
    with pytest.raises(ValueError, match=message):
        parse_rights(SHIPPED.replace(line, instead, uses))
