"""Write the template of all messages for translators: ``python -m tools.messages > FILE.pot``.

Babel extracts the calls of ``gettext`` and ``ngettext`` in Python and of ``_`` and ``ngettext`` in
templates. The help of commands, the docstrings of findings, the descriptions of measured columns,
the table of rights and the glossary are messages too, and are read from where they are defined.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import typer
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from phonoscope.cli import help
from phonoscope.cli.main import app
from phonoscope.disclosure.rights import shipped_table
from phonoscope.findings.base import findings
from phonoscope.view.fields import column_messages
from phonoscope.view.glossary import terms

PACKAGE = Path(__file__).parent.parent / "phonoscope"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
_DATE = datetime(2026, 11, 30, tzinfo=UTC)
"""Fixed, so that the file changes only with its messages."""


def catalog() -> Catalog:
    """Return every message of Phonoscope."""
    made = Catalog(project="phonoscope", copyright_holder="", creation_date=_DATE, fuzzy=False)
    shipped = (_of_findings(), _of_commands(), _of_rights(), _of_terms(), column_messages())
    for message in chain(_called(), *shipped):
        made.add(message)
    return made


def _called() -> Iterator[Any]:
    for pattern, method in (("*.py", "python"), ("*.html", "jinja2")):
        for path in sorted(PACKAGE.rglob(pattern)):
            with path.open("rb") as file:
                for _, message, _, _ in extract(method, file, KEYWORDS):
                    yield message


def _of_findings() -> Iterator[str]:
    for finding in findings():
        for text in (finding.title, finding.question, finding.method, finding.caveats):
            yield getattr(text, "template", text)


def _of_terms() -> Iterator[str]:
    for term in terms().values():
        yield from (term.word.template, term.definition.template)


def _of_commands() -> Iterator[str]:
    yield from help.texts(typer.main.get_command(app))


def _of_rights() -> Iterator[str]:
    table = shipped_table()
    yield table.not_advice
    for kind in table.kinds.values():
        yield from (kind.holder, kind.evidence)
    for rule in table.rules.values():
        yield from (rule.says, rule.where)
    yield from (right.question for right in table.rights.values())
    yield from (use.says for use in table.uses.values())


def document() -> str:
    """Return the catalogue of messages in gettext's format, in order of the messages."""
    text = io.BytesIO()
    write_po(text, catalog(), no_location=True, sort_output=True, width=100)
    return text.getvalue().decode("utf-8")


if __name__ == "__main__":
    sys.stdout.write(document())
