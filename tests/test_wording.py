"""The wording of every message in one place: whole sentences, plain words, a fresh template."""

import re

import pytest

from tests.helpers.program import ROOT
from tools.messages import catalog, document
from tools.plain_words import found, phrases

TEMPLATE = ROOT / "phonoscope" / "locale" / "phonoscope.pot"


@pytest.fixture(scope="module")
def messages():
    """Each message once. Not while tests are collected: every worker would read all of them."""
    ids = [message.id for message in catalog() if message.id]
    return sorted({text for one in ids for text in ([one] if isinstance(one, str) else one)})


def test_the_template_for_translators_has_every_message():
    assert TEMPLATE.read_text(encoding="utf-8") == document()


def test_there_are_messages_of_every_face(messages):
    assert len(messages) > 1000


def test_no_message_has_a_phrase_that_nobody_says(messages):
    wrong = [(m, p.instead) for m in messages for p in phrases() if p.pattern.search(m)]
    assert wrong == []


def test_placeholders_have_names(messages):
    assert [m for m in messages if re.search(r"\{\d*\}|%[sd]", m)] == []


def test_no_message_is_two_texts_with_blanks_between(messages):
    assert [m for m in messages if m != m.strip() or "  " in re.sub(r"\n *", "\n", m)] == []


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("What it is, is told from its columns.", True),
        ("It is no chart.", True),
        ("The format is detected automatically.", False),
        ("There is no chart in it.", False),
    ],
)
def test_a_phrase_that_nobody_says_is_found(tmp_path, text, is_wrong):
    page = tmp_path / "page.md"
    page.write_text(f"{text}\n`told` is code\n")
    assert bool(list(found(page))) == is_wrong
