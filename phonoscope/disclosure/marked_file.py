"""A file on this machine with its marks, as writing and removing labels need it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from phonoscope.audio.decode import Decoder
from phonoscope.disclosure import aitags, c2pa, gb45438, iptc, sidecar
from phonoscope.disclosure.edited_copy import Edit
from phonoscope.disclosure.model import Declaration, sentence
from phonoscope.disclosure.read import read_marks
from phonoscope.errors import LabelError
from phonoscope.escape import printable
from phonoscope.files import local_path, uri_of
from phonoscope.messages import gettext, sentences

WRITABLE = (
    aitags.STANDARD,
    gb45438.STANDARD,
    iptc.STANDARD,
    c2pa.STANDARD,
    sidecar.STANDARD,
)
"""Standards that can be written and removed."""

NAMES: Mapping[str, tuple[str, ...]] = {
    aitags.STANDARD: (*aitags.NAMES, *aitags.GENERATED_NAMES),
    gb45438.STANDARD: (gb45438.NAME, "XmpKvBase64"),
    iptc.STANDARD: (iptc.NAME, *iptc.OTHER_NAMES),
}
"""Names of the texts that each standard can have in a file."""

_MOST_NAMED = 5


def local(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file on this machine, with links followed.

    Raises
    ------
    LabelError
        When it is on another machine.
    """
    found = local_path(uri_of(path))
    if found is None:
        raise LabelError(
            gettext("Only files on this machine can be labelled, not remote ones."), code="remote"
        )
    return Path(os.path.realpath(found))


def marks_of(file: BinaryIO) -> tuple[str, tuple[Declaration, ...]]:
    """Return the container of a file, as the decoder names it, and the marks in the file itself.

    Raises
    ------
    UnreadableError
        When it can't be read.
    """
    with Decoder(file) as decoder:
        container, tags = decoder.stream.container, decoder.tags
    return container, read_marks(file, tags)[1]


def without_marks(edit: Edit, standards: Sequence[str]) -> Edit:
    """Return an edit that also removes the marks of some standards from the file itself."""
    removed = {name: None for standard in standards for name in NAMES.get(standard, ())}
    unsigns = edit.unsigns or c2pa.STANDARD in standards
    return replace(edit, texts={**removed, **edit.texts}, unsigns=unsigns)


def named(marks: Sequence[Declaration]) -> str:
    """Return marks in words: what each says, its standard and its place."""
    return sentences(
        *(
            gettext(
                "{standard} says '{mark}' in {place}.",
                standard=mark.standard,
                mark=sentence(mark).rstrip("."),
                place=printable(mark.place),
            )
            for mark in marks[:_MOST_NAMED]
        )
    )


def not_removable(marks: Sequence[Declaration]) -> LabelError:
    """Return the error of marks in places that this package doesn't edit."""
    return LabelError(
        sentences(
            gettext("The file wasn't changed, because marks in it can't be removed here."),
            named(marks),
            gettext("Remove them with a program that edits these places, such as ExifTool."),
        ),
        code="not-removable",
    )


@contextmanager
def whole_reasons() -> Iterator[None]:
    """Turn errors of the system into errors for this file, without names of temporary files."""
    try:
        yield
    except MemoryError as error:
        raise LabelError(
            gettext("The file wasn't changed, because reading it needs too much memory."),
            code="memory-limit",
        ) from error
    except PermissionError as error:
        raise LabelError(
            gettext("The file wasn't changed: you don't have permission to write in its folder."),
            code="not-permitted",
        ) from error
    except OSError as error:
        raise LabelError(
            gettext(
                "The file can't be written: {reason}.",
                reason=printable(error.strerror or type(error).__name__),
            ),
            code="io",
        ) from error
