"""The fields of a recording as a person reads them: stored columns, grouped, with units."""

from __future__ import annotations

from typing import Any, NamedTuple

from phonoscope.columns import columns_in
from phonoscope.escape import printable
from phonoscope.features.base import features
from phonoscope.text import clock, count, frequency, measured, number, percent, size
from phonoscope.view.record import Record

_UNITS = {
    "_hz": lambda v: frequency(v) if v >= 1_000 else measured(v, "Hz", 1),
    "_share": percent,
    "_lufs": lambda v: measured(v, "LUFS", 1),
    "_lu": lambda v: measured(v, "LU", 1),
    "_dbtp": lambda v: measured(v, "dBTP", 1),
    "_dbfs": lambda v: measured(v, "dBFS", 1),
    "_db": lambda v: measured(v, "dB", 1),
    "_bpm": lambda v: measured(v, "BPM", 1),
    "_bps": lambda v: measured(v / 1000, "kbit/s"),
    "_cents": lambda v: measured(v, "cents"),
    "_bytes": size,
    "_s": clock,
}
"""How a column is put into words, by the unit that its name ends in."""
_PRECISE = {"onset_rate_hz": lambda v: measured(v, "per second", 1)}
_SUFFIXES = {"hz", "lufs", "lu", "dbtp", "dbfs", "db", "bpm", "bps", "bytes", "s"}


class Field(NamedTuple):
    """One line of the table of fields."""

    label: str
    value: str
    doc: str
    """What the column means."""


class FieldGroup(NamedTuple):
    """Columns of one kind."""

    title: str
    fields: list[Field]


def fields_of(record: Record) -> list[FieldGroup]:
    """Return all stored columns, empty ones left out."""
    analysis = record.analysis
    groups = [
        FieldGroup("Tags, as written in the file", _fields(analysis.tags)),
        FieldGroup("Container and stream", _fields(analysis.stream)),
        FieldGroup("Decoded sound", _fields(analysis.decoded)),
    ]
    for feature in features():
        title = feature.name.replace("_", " ").capitalize()
        groups.append(FieldGroup(title, _fields(analysis.results[feature.name])))
    return [group for group in groups if group.fields]


def _fields(answer: Any) -> list[Field]:
    if answer is None:
        return []
    found = ((f, getattr(answer, f.name)) for f in columns_in(answer))
    return [
        Field(_label(f.name), in_words(f.name, value), f.metadata["doc"])
        for f, value in found
        if value is not None and not isinstance(value, list | tuple)
    ]


def in_words(column: str, value: Any) -> str:
    """Return a column's value with its unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return printable(value).replace("#", "\u266f") if column == "key" else printable(value)
    if column in _PRECISE:
        return _PRECISE[column](value)
    for ending, put in _UNITS.items():
        if column.endswith(ending):
            return str(put(value))
    return count(value) if isinstance(value, int) else number(value, 2)


def _label(column: str) -> str:
    words = column.split("_")
    if words[-1] in _SUFFIXES and len(words) > 1:
        words = words[:-1]
    return " ".join(words).capitalize()
