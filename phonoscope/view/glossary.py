"""Terms that pages explain where they are used, from ``glossary.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from phonoscope.messages import Message


class Term(NamedTuple):
    """A term of the field with its meaning."""

    word: Message
    definition: Message


@cache
def terms() -> Mapping[str, Term]:
    """Return all terms by their keys."""
    listed = tomllib.loads(files(__package__).joinpath("glossary.toml").read_text("utf-8"))
    return {
        key: Term(_message(term["word"]), _message(term["definition"]))
        for key, term in listed.items()
    }


def word_of(key: str) -> Message:
    """Return the word for a term, for use in a sentence."""
    return terms()[key].word


def definition_of(key: str) -> Message:
    """Return what a term means, in one line."""
    return terms()[key].definition


def _message(text: str) -> Message:
    # tools/messages.py extracts the file, as Babel can't.
    return Message(text, "", 1, {})
