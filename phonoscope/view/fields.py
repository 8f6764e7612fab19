"""The stored columns of a recording, grouped and with units, as a page lists them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from phonoscope.audio.stream import Decoded, Stream
from phonoscope.columns import columns_in
from phonoscope.disclosure.model import Tags
from phonoscope.escape import printable
from phonoscope.features.base import features
from phonoscope.messages import Localised, Message, gettext
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
    "_cents": lambda v: measured(v, gettext("cents")),
    "_bytes": size,
    "_s": clock,
}
"""How to write a column's value, by the unit at the end of its name."""
_PRECISE = {"onset_rate_hz": lambda v: measured(v, gettext("per second"), 1)}
_ABBREVIATIONS = {"dc": "DC", "dfa": "DFA", "isrc": "ISRC"}
_SUFFIXES = {"hz", "lufs", "lu", "dbtp", "dbfs", "db", "bpm", "bps", "bytes", "s"}
_TAGS = gettext("Tags, as written in the file")
_STREAM = gettext("Container and stream")
_DECODED = gettext("Decoded sound")


class Field(NamedTuple):
    """One line of the table of fields."""

    label: str
    value: str
    """A message or quantity, or text from the file."""
    doc: str
    """What the column means."""


class FieldGroup(NamedTuple):
    """Columns that belong together."""

    title: str
    fields: list[Field]


def fields_of(record: Record) -> list[FieldGroup]:
    """Return all stored columns that have a value."""
    analysis = record.analysis
    groups = [
        FieldGroup(_TAGS, _fields(analysis.tags)),
        FieldGroup(_STREAM, _fields(analysis.stream)),
        FieldGroup(_DECODED, _fields(analysis.decoded)),
    ]
    for feature in features():
        groups.append(FieldGroup(_title(feature.name), _fields(analysis.results[feature.name])))
    return [group for group in groups if group.fields]


def column_messages() -> Iterator[str]:
    """Yield the titles, labels and descriptions of all columns, for translators."""
    for result in (Tags, Stream, Decoded, *(feature.result for feature in features())):
        for column in columns_in(result):
            yield from (_label(column.name).template, column.metadata["doc"])
    yield from (_title(feature.name).template for feature in features())


def _fields(answer: Any) -> list[Field]:
    if answer is None:
        return []
    found = ((f, getattr(answer, f.name)) for f in columns_in(answer))
    return [
        Field(_label(f.name), in_words(f.name, value), _message(f.metadata["doc"]))
        for f, value in found
        if value is not None and not isinstance(value, list | tuple)
    ]


def in_words(column: str, value: Any) -> str:
    """Return a column's value with its unit."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, str):
        return printable(value).replace("#", "\u266f") if column == "key" else printable(value)
    if column in _PRECISE:
        return _PRECISE[column](value)
    for ending, put in _UNITS.items():
        if column.endswith(ending):
            written: Localised = put(value)
            return written
    return count(value) if isinstance(value, int) else number(value, 2)


def _label(column: str) -> Message:
    words = column.split("_")
    if words[-1] in _SUFFIXES and len(words) > 1:
        words = words[:-1]
    written = " ".join(_ABBREVIATIONS.get(word, word) for word in words)
    return _message(written[:1].upper() + written[1:])


def _title(feature: str) -> Message:
    return _message(feature.replace("_", " ").capitalize())


def _message(text: str) -> Message:
    # The texts are those of the columns; tools/messages.py extracts them from there.
    return Message(text, "", 1, {})
