"""The heading of a CSV file: its delimiter, its columns, and what stands before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from phonoscope.delimited import delimiter_of, said_delimiter
from phonoscope.ingest.readers.csv_rows import RowReader
from phonoscope.ingest.readers.quotes import is_open
from phonoscope.ingest.readers.text_blocks import MAX_LINE
from phonoscope.ingest.readers.utf8_stream import decoded

_LOOKED_AT = 30
"""Lines near the start in which a heading is looked for."""
_SAMPLED_ROWS = 20
_COMMENT = "#"
_NUMBER = re.compile(r"\s*[+-]?[0-9][0-9.,:%/ -]*\s*")


class HeadingTooLongError(Exception):
    """The first lines are longer than any row may be."""


@dataclass(frozen=True)
class Heading:
    """What a CSV file begins with."""

    delimiter: str
    columns: tuple[str, ...]
    """Names, all different: a repeated one has a number."""
    begin: int
    """Where it begins, bytes of UTF-8."""
    end: int
    """Where the rows after it begin."""
    rows: Sequence[Sequence[str]]
    """The first of them."""


def heading_of(start: bytes, *, may_have_notes: bool) -> Heading:
    """Return the heading of a file.

    Blank lines, comments (``#``), a line that states the delimiter (``sep=;``) and notes, which
    have text in one cell only, can stand before it.

    Parameters
    ----------
    start
        The first bytes, more than a row can have, or all.
    may_have_notes
        Whether a line with one cell before others is a note.

    Raises
    ------
    HeadingTooLongError
        When a heading is too long to read.
    """
    lines = start.splitlines(keepends=True)
    if lines and len(lines[0]) > MAX_LINE:
        raise HeadingTooLongError
    passed, said = 0, None
    while passed < len(lines) and not decoded(lines[passed]).strip():
        passed += 1
    if passed < len(lines) and (said := said_delimiter(decoded(lines[passed]))):
        passed += 1
    looked_at = [decoded(line).rstrip("\r\n") for line in lines[passed : passed + _LOOKED_AT]]
    passed += _first_line(looked_at, said, may_have_notes)
    delimiter = said or delimiter_of(decoded(lines[passed]) if passed < len(lines) else "")
    reader = RowReader(lines[passed:], delimiter, None)
    row = next(iter(reader), None)
    before = sum(map(len, lines[:passed]))
    columns = () if row is None else _unlike(row.cells)
    end = before + reader.passed
    rows = [row.cells for row in islice(reader, _SAMPLED_ROWS)]
    return Heading(delimiter, columns, before, end, rows)


def _first_line(lines: Sequence[str], said: str | None, may_have_notes: bool) -> int:
    """Return which line the heading begins in."""
    at = _after_comments(lines, said)
    if (
        not may_have_notes
        or at == len(lines)
        or is_open(lines[at], said or delimiter_of(lines[at]))
    ):
        return at
    filled = [_filled(line, said) for line in lines]
    if filled[at] == 1:
        # A table of one column has no line with more.
        return next((later for later in range(at, len(lines)) if filled[later] > 1), at)
    # A sentence with commas, then a table: its heading has as many cells as its first row.
    if at + 2 >= len(lines):
        return at
    said = said or delimiter_of(lines[at + 1])
    first, second, third = (_cells(line, said) for line in lines[at : at + 3])
    is_heading = not any(_NUMBER.fullmatch(cell) for cell in second)
    return at + 1 if is_heading and len(first) < len(second) == len(third) else at


def _after_comments(lines: Sequence[str], said: str | None) -> int:
    at = 0
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith(_COMMENT)):
        at += 1
    last = at - 1
    if not at or at == len(lines) or not lines[last].startswith(_COMMENT):
        return 0 if at == len(lines) else at
    # "#,title,artist" and "#id,name" are headings: the next line has as many cells, and numbers.
    following = _cells(lines[at], said)
    is_data = any(_NUMBER.fullmatch(cell) for cell in following)
    is_heading = is_data and len(following) > 1
    return last if is_heading and len(_cells(lines[last], said)) == len(following) else at


def _cells(line: str, said: str | None) -> list[str]:
    delimiter = said or delimiter_of(line)
    row = next(iter(RowReader([line.encode("utf-8", "surrogatepass")], delimiter, None)), None)
    return row.cells if row else []


def _filled(line: str, said: str | None) -> int:
    return sum(bool(cell.strip()) for cell in _cells(line, said))


def _unlike(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that are all different; empty ones stay."""
    number_of: Counter[str] = Counter()
    found: dict[str, None] = {}
    listed = []
    for name in names:
        number_of[name] += 1
        unlike = f"{name} ({number_of[name]})" if name in found else name
        found[unlike] = None
        listed.append(unlike if name else name)
    return tuple(listed)
