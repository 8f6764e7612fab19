"""Tables that people write as text: CSV with any usual delimiter.

Spreadsheets in most of Europe write semicolons, because their decimal sign is a comma.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

DELIMITERS = ",;\t|"
_SAID = re.compile(r'\s*"?sep=(.)"?;*,*\s*')


def said_delimiter(line: str) -> str | None:
    """Return the delimiter that a line of its own states, as spreadsheets do: ``sep=;``."""
    found = _SAID.fullmatch(line.rstrip("\r\n"))
    return found[1] if found else None


def delimiter_of(heading: str) -> str:
    r"""Return the delimiter that cuts a heading into the most cells.

    >>> delimiter_of("id;path\n")
    ';'
    """
    return max(DELIMITERS, key=lambda delimiter: _cell_count(heading, delimiter))


def _cell_count(heading: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([heading], delimiter=delimiter), []))
    except csv.Error:
        # A cell that is too long: the heading has another delimiter, or none.
        return 0


def delimited(text: str) -> tuple[str, str]:
    """Return a table without a line that states its delimiter, and the delimiter."""
    first, _, rest = text.partition("\n")
    said = said_delimiter(first)
    return (rest, said) if said else (text, delimiter_of(first))


def read_rows(text: str) -> Iterator[list[str]]:
    """Yield the rows of a table.

    Raises
    ------
    csv.Error
        When it isn't CSV.
    """
    table, delimiter = delimited(text)
    return csv.reader(io.StringIO(table, newline=""), delimiter=delimiter)
