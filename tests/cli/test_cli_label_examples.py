"""Every example in the help of ``label`` and ``voices`` runs, in a folder with what it names."""

from __future__ import annotations

import shlex
import shutil

import pytest

from phonoscope.api import open_catalogue
from phonoscope.cli import (
    label,
    label_check,
    label_policies,
    label_read,
    label_remove,
    label_rights,
    label_write,
    main,
    voices,
)
from tests.helpers.certificates import Root
from tests.helpers.marked import blank

MODULES = (
    label,
    label_read,
    label_write,
    label_remove,
    label_check,
    label_policies,
    label_rights,
    voices,
)
POLICY = """format = "phonoscope-policy/1"
name = "ours"
says = "What we ask for"
source = "Our terms"
date = "2026-11-21"
read = "2026-11-21"

[[rules]]
name = "declared"
says = "Something is declared."
needs = { part = ["whole"] }
"""


def commands(module) -> list[list[str]]:
    """The commands of a help text, without what a shell does with their output."""
    lines = module.EXAMPLES.replace("\\\n", " ").splitlines()
    found = [shlex.split(line.split(" | ")[0].split(" > ")[0]) for line in lines]
    return [words[1:] for words in found if words[:1] == ["phonoscope"]]


EXAMPLES = [words for module in MODULES for words in commands(module)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with every file that an example names."""
    folder = tmp_path_factory.mktemp("examples")
    for kind in ("mp3", "flac", "wav", "m4a"):
        shutil.copy(blank(folder, kind), folder / f"song.{kind}")
    for name in ("album", "inbox"):
        (folder / name).mkdir()
        shutil.copy(folder / "song.mp3", folder / name)
    signer = Root.make().signer()
    (folder / "c.pem").write_bytes(signer.certificates_pem)
    (folder / "k.pem").write_bytes(signer.private_key_pem)
    (folder / "our-rules.toml").write_text(POLICY)
    (folder / "declared.csv").write_text("file,part,making\nsong.wav,whole,generated\n")
    (folder / "licences.csv").write_text("voice_id,owner,uses\ncara,Cara Ito,covers\n")
    catalogue = open_catalogue(folder / "my-catalogue", create=True)
    catalogue.licences.add("anna", owner="Anna Ek", uses=["covers"])
    return folder


@pytest.mark.parametrize("words", EXAMPLES, ids=" ".join)
def test_an_example_runs(prepared, tmp_path, monkeypatch, capsys, words):
    folder = tmp_path / "work"
    shutil.copytree(prepared, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PHONOSCOPE_WORKERS", "1")
    status = main.app(words, prog_name="phonoscope", standalone_mode=False)
    printed = capsys.readouterr()
    # An empty catalogue has nothing to print; 1 is what --fail-on asks for.
    assert status in ((0, 1) if "--fail-on" in words else (0,)), printed.err
    assert printed.out or "my-catalogue" in words


def test_every_command_has_an_example():
    shown = {tuple(words[: 2 if words[0] == "label" else 1]) for words in EXAMPLES}
    names = ("read", "write", "remove", "check", "policies", "rights")
    ours = {("label", name) for name in names}
    assert shown == {*ours, ("voices",)}
