"""Numbers as people and spreadsheets write them: with separators of thousands, or decimal commas.

``1,234.5``, ``1.234,5``, ``1 234,5``, ``1'234.5`` and ``12,34,567`` can be read in one way only.
``1,234`` can't: the other cells of its column decide, then those of other columns, then the
delimiter of the file. Where nothing decides, a cell stays unread, because a number that is wrong by
a thousand times is worse than none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

# Exponents have two digits at most: a larger one would overflow and is never a duration.
PLAIN = r"^[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?$"
"""Pattern of a number that can be converted as it stands."""
_LONGEST = 60
_BLANKS = " '\u00a0\u2009\u202f\u2019"
_OTHER = {",": ".", ".": ","}
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2007\u2008\u2009\u200a\u202f\u3000", " "),
        **dict.fromkeys("\u2019\u02bc\u2032\u00b4`", "'"),
        **dict.fromkeys("\u2212\u2010\u2011\u2013", "-"),
        **dict.fromkeys("\u066b\uff0c", ","),
        **{"\u066c": "'", "\uff0e": ".", "\uff05": "%", "\uff0b": "+"},
    }
)
_FORM = re.compile(r"([+-]?)([0-9.,' ]+?)([eE][+-]?[0-9]{1,2})? ?(%?)", re.ASCII)
_SPACED = re.compile(r"([0-9]{1,3})(?:([ '])[0-9]{3})(?:\2[0-9]{3})*([.,][0-9]+)?")
_GROUPED = {
    sign: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{3}})+|"
                     rf"[0-9]{{1,2}}(?:{re.escape(sign)}[0-9]{{2}})+{re.escape(sign)}[0-9]{{3}}")
    for sign in ",."
}  # fmt: skip
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5][0-9])(\.[0-9]{1,6})?", re.ASCII)


def _sure(sign: str) -> str:
    """Return the pattern of cells in which a sign is the decimal sign and nothing else."""
    point, group = re.escape(sign), re.escape(_OTHER[sign])
    return (
        rf"^[+-]?([0-9]*{point}([0-9]{{1,2}}|[0-9]{{4,}})|0[0-9]*{point}[0-9]+|[0-9]{{4,}}{point}[0-9]+"
        rf"|{point}[0-9]+|[0-9]{{1,3}}({group}[0-9]{{2,3}})+{point}[0-9]+"
        rf"|[0-9]{{1,3}}({group}[0-9]{{2,3}})*{group}[0-9]{{2,3}}{group}[0-9]{{3}}"
        rf"|[0-9]{{1,3}}([{_BLANKS}][0-9]{{3}})+{point}[0-9]+)([eE][+-]?[0-9]{{1,2}})? ?%?$"
    )


def _unsure(sign: str) -> str:
    return rf"^[+-]?[1-9][0-9]{{0,2}}{re.escape(sign)}[0-9]{{3}} ?%?$"


@dataclass(frozen=True)
class Evidence:
    """What the cells of a column say about the decimal sign."""

    comma: bool = False
    """Some cell can only be read with a decimal comma."""
    point: bool = False
    """Some cell can only be read with a decimal point."""
    unsure_comma: bool = False
    """Some cell has a comma before three digits, and could be read both ways."""
    unsure_point: bool = False
    is_fraction: bool = False
    """Some cell with such a point has other digits than zeros after it."""
    is_large: bool = False
    """Some cell has four digits or more and no separator."""

    @classmethod
    def of(cls, cells: pa.Array) -> Evidence:
        """Return the evidence of cells of text."""
        cells = pc.unique(cells)

        def some(pattern: str) -> bool:
            return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())

        if not some(r"[.,]"):
            return cls()
        return cls(
            some(_sure(",")),
            some(_sure(".")),
            some(_unsure(",")),
            some(_unsure(".")),
            some(r"^[+-]?[1-9][0-9]{0,2}\.([1-9]|0[1-9]|00[1-9])[0-9]{0,2}$"),
            some(r"^[+-]?[0-9]{4,}$"),
        )

    def __or__(self, other: Evidence) -> Evidence:
        """Join what two columns say."""
        return Evidence(self.comma or other.comma, self.point or other.point)


def decimal_of(
    column: Evidence, *, whole: bool, file: Evidence | None = None, delimiter: str = ""
) -> str | None:
    """Return the decimal sign of a column; ``None`` where nothing decides.

    Parameters
    ----------
    column
        What its cells say.
    whole
        Whether it has whole numbers, in which a fraction makes no sense.
    file
        What the cells of all columns say.
    delimiter
        What separates cells: spreadsheets write semicolons where the comma is the decimal sign.
    """
    if column.comma or column.point:
        return None if column.comma and column.point else "," if column.comma else "."
    if not (column.unsure_comma or column.unsure_point):
        return "."
    if column.unsure_comma and column.unsure_point:
        return None
    file = file or Evidence()
    of_file = None if file.comma == file.point else "," if file.comma else "."
    if whole:
        return _of_whole(column, of_file)
    if column.unsure_comma:
        return of_file or ("," if delimiter == ";" else None)
    return None if of_file == "," else "."


def _of_whole(column: Evidence, of_file: str | None) -> str | None:
    if column.unsure_comma:
        return None if of_file == "," else "."
    if column.is_fraction:
        return None if of_file == "." else ","
    return "." if column.is_large else of_file


def decimals_of(
    columns: Iterable[tuple[str, pa.Array, bool]], delimiter: str
) -> dict[str, str | None]:
    """Return the decimal signs of columns of one file, by name.

    Parameters
    ----------
    columns
        Name, cells of text, and whether they are whole numbers.
    delimiter
        See :func:`decimal_of`.
    """
    found = [(name, Evidence.of(cells), whole) for name, cells, whole in columns]
    file = Evidence()
    for _, evidence, _ in found:
        file |= evidence
    return {
        name: decimal_of(evidence, whole=whole, file=file, delimiter=delimiter)
        for name, evidence, whole in found
    }


def plain_numbers(
    cells: pa.Array, decimal: str | None, *, clock_ms: float | None = None, whole: bool = False
) -> pa.Array:
    """Return numbers as :data:`PLAIN` text; cells that aren't numbers stay as they are.

    Parameters
    ----------
    cells
        Text without blanks around it.
    decimal
        The decimal sign; ``None`` where cells that can be read in two ways aren't numbers.
    clock_ms
        Milliseconds of 1 in this column, if it has durations: ``3:45`` is then read too.
    whole
        Whether it has whole numbers, of which a percentage is none.
    """
    needs = pc.invert(pc.match_substring_regex(cells, PLAIN))
    if decimal != ".":
        needs = pc.or_(needs, pc.match_substring_regex(cells, _unsure(".")))
    if not pc.any(needs).as_py():
        return cells
    once = cells.dictionary_encode()
    texts = [
        None if cell is None else _plain(cell, decimal, clock_ms, whole)
        for cell in once.dictionary.to_pylist()
    ]
    return pc.take(pa.array(texts, pa.string()), once.indices)


def _plain(cell: str, decimal: str | None, clock_ms: float | None, whole: bool) -> str:
    if len(cell) > _LONGEST:
        return cell
    text = cell.translate(_SIGNS).strip()
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    clock = _CLOCK.fullmatch(text) if clock_ms else None
    if clock is not None:
        hours, minutes, seconds, more = clock.groups()
        whole_s = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        return repr((whole_s + float(more or 0)) * 1000 / (clock_ms or 1))
    form = _FORM.fullmatch(text)
    if form is None:
        return cell
    sign, body, exponent, percent = form.groups()
    number = _digits(body, decimal, bool(exponent))
    if number is None or (percent and whole):
        # Marked, so that a cell which can be read in two ways doesn't look like a plain number.
        return f"?{cell}"
    if percent:
        return repr(float(f"{sign}{number}{exponent or ''}") / 100)
    return f"{sign}{number}{exponent or ''}"


def _digits(body: str, decimal: str | None, has_exponent: bool) -> str | None:
    """Return digits with a decimal point; ``None`` where they can't be read in one way."""
    if " " in body or "'" in body:
        spaced = _SPACED.fullmatch(body)
        return spaced and body.replace(spaced[2], "").replace(",", ".")
    signs = {sign for sign in ",." if sign in body}
    if len(signs) == 2:
        return _with_both(body)
    if not signs:
        return body
    (sign,) = signs
    if body.count(sign) > 1:
        return body.replace(sign, "") if _GROUPED[sign].fullmatch(body) else None
    before, _, after = body.partition(sign)
    can_group = len(after) == 3 and 0 < len(before) <= 3 and before[0] != "0"
    if can_group and not has_exponent and decimal != sign:
        return None if decimal is None else before + after
    return f"{before}.{after}" if before or after else None


def _with_both(body: str) -> str | None:
    """Return digits that have a comma and a point: the later one is the decimal sign."""
    point = "," if body.rfind(",") > body.rfind(".") else "."
    before, _, after = body.partition(point)
    group = _OTHER[point]
    if not _GROUPED[group].fullmatch(before) or not after.isdecimal():
        return None
    return f"{before.replace(group, '')}.{after}"
