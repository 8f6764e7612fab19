"""Outcomes and batches made without decoding anything."""

from __future__ import annotations

import dataclasses
import hashlib
import types
import typing
from enum import StrEnum

import numpy as np

from phonoscope.analysis import Analysis
from phonoscope.audio.stream import Decoded, Stream
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import FileRow, Outcome, rows_of
from phonoscope.columns import Statement, columns_in
from phonoscope.detector.generated import Band, Segment, Verdict, judge
from phonoscope.disclosure.model import Declaration, Making, Part, Tags
from phonoscope.errors import ErrorKind
from phonoscope.features.base import features

PLAIN = {str: "text", int: 7, float: 1.5, bool: True}


def recording_id_of(name):
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def value_of(annotation):
    """Any value that fits an annotation."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
    if typing.get_origin(annotation) is tuple:
        return (value_of(typing.get_args(annotation)[0]),) * 3
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return next(iter(annotation))
    return PLAIN[annotation]


def filled(declared):
    """A dataclass with any value in every field."""
    hints = typing.get_type_hints(declared)
    stored = {f.name: value_of(hints[f.name]) for f in columns_in(declared)}
    # What is not stored is for the verdict while a recording is examined, or arrays of a table.
    fields = [f for f in dataclasses.fields(declared) if f.default is dataclasses.MISSING]
    needed = [f.name for f in fields if f.default_factory is dataclasses.MISSING]
    arrays = {f.name: np.ones(3, np.int64) for f in fields if f.name not in needed}
    return declared(**dict.fromkeys(needed, None) | arrays | stored)


def stretches(*p_generated):
    """Stretches of 5 s, one after the other, with these probabilities."""
    return tuple(Segment(5.0 * i, 5.0 * i + 5.0, p) for i, p in enumerate(p_generated))


def detected(p_value, **changes):
    """The verdict of a recording that was weighed, at a thousandth of false alarms."""
    band = Band.GENERATED if p_value <= 0.001 else Band.NO_SIGN_FOUND
    made = Verdict(
        band,
        "detected",
        "Detected, or not.",
        p_generated=1 - p_value,
        p_value=p_value,
        false_alarms=0.001,
        model="detector 1 (abc)",
    )
    return dataclasses.replace(made, **changes)


def analysis(name, *, says=("It says something.",), marks=1, **changes):
    """The examination of a recording that does not exist."""
    declared = tuple(
        Declaration("ai-tags", Part.WHOLE, Making.GENERATED, "Suno", None, "TXXX:AI", f"mark {i}")
        for i in range(marks)
    )
    made = Analysis(
        file=f"/music/{name}.wav",
        recording_id=recording_id_of(name),
        size_bytes=1000,
        verdict=judge(declared),
        stream=filled(Stream),
        decoded=filled(Decoded),
        tags=Tags(title=f"Song {name}"),
        declared=declared,
        results={f.name: filled(f.result) for f in features()},
        evidence=tuple(
            Statement("bandwidth", text, 0.5, "or chance", {"cutoff_hz": 16000.0}) for text in says
        ),
    )
    return dataclasses.replace(made, **changes)


def file_of(name, *, mtime_ns=1, kind=None, error=None):
    return FileRow(f"/music/{name}.wav", 1000, mtime_ns, recording_id_of(name), kind, error)


def outcome(name, **changes):
    """A file that was read and examined."""
    return Outcome(file_of(name), analysis(name, **changes))


def bad_outcome(name, kind=ErrorKind.NOT_AUDIO):
    return Outcome(file_of(name, kind=kind, error="it is broken"))


def write_batch(store, *outcomes, scan_id="aaaaaaaaaaaa", names=None):
    """Write one batch; returns its name."""
    names = names or BatchNames(scan_id, store.newest_batch())
    batch = names.next()
    store.write(rows_of(outcomes, scan_id, batch), batch)
    return batch
