"""Read every mark and the few tags of a file."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from phonoscope.audio.decode import Decoder
from phonoscope.disclosure import c2pa, ddex, sidecar
from phonoscope.disclosure.fields import Field, field, shown_value
from phonoscope.disclosure.model import Declaration, Tags
from phonoscope.disclosure.standard import standards
from phonoscope.disclosure.tags import file_fields
from phonoscope.errors import ErrorKind, SourceError, UnreadableError
from phonoscope.escape import printable
from phonoscope.files import open_source, uri_of

MOST_DECLARATIONS = 100
"""More marks than this in one file are not kept."""

MOST_OF_A_MESSAGE = 100_000
"""Declarations of one DDEX message that are read at most."""

_XML = (b"<", "<".encode("utf-16-le"), "<".encode("utf-16-be"))
_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe \t\r\n"

_TAG_NAMES = ("title", "artist", "album", "label", "isrc", "date", "genre")


@dataclass(frozen=True)
class Labels:
    """What one file says of itself."""

    uri: str
    """The file, as :func:`~phonoscope.files.uri_of` names it."""
    tags: Tags
    declared: tuple[Declaration, ...]


def read_labels(path: str | os.PathLike[str]) -> Labels:
    """Return the tags of a file and everything that it, or a sidecar beside it, declares.

    No sound is decoded and nothing is concluded. A DDEX message is read as well: each of its
    declarations says which recording or release it is about.

    Parameters
    ----------
    path
        Local path or URI.

    Raises
    ------
    UnreadableError
        When it cannot be read, or is neither audio nor a DDEX message.
    """
    uri = uri_of(path)
    with open_source(uri) as file:
        file.seek(0)
        if file.read(64).lstrip(_BEFORE_XML).startswith(_XML):
            return Labels(uri, Tags(), tuple(_of_message(file)))
        with Decoder(file) as decoder:
            text_tags = decoder.tags
        tags, declared = read_marks(file, text_tags)
    return Labels(uri, tags, (*declared, *sidecar.declarations(uri)))


def _of_message(file: BinaryIO) -> Iterator[Declaration]:
    """Yield what a DDEX message declares; the place says of what."""
    file.seek(0)
    try:
        for about, declared in itertools.islice(ddex.declarations(file), MOST_OF_A_MESSAGE):
            named = f"ISRC {about.isrc}" if about.isrc else about.reference or "not named"
            yield dataclasses.replace(declared, place=shown_value(f"{declared.place} of {named}"))
    except SourceError as error:
        raise UnreadableError(ErrorKind.NOT_AUDIO, f"no audio, and {error}") from error


def read_marks(
    file: BinaryIO, text_tags: Mapping[str, str], *, trust: Path | None = None
) -> tuple[Tags, tuple[Declaration, ...]]:
    """Return the tags of a file and everything it declares.

    Parameters
    ----------
    file
        Open binary file, at any position; only read.
    text_tags
        Tags the decoder already read, names in lower case. They stand in for containers
        that :mod:`phonoscope.disclosure.tags` does not read (matroska, RIFF LIST INFO ...).
    trust
        PEM file of certificates whose signatures are trusted; ``None`` takes the one of the
        settings.

    Returns
    -------
    tags
        With :attr:`Tags.error` set when some could not be read.
    declared
        C2PA first, then in the order of :func:`standards`; the same mark in two places counts
        once.
    """
    fields, error = file_fields(file)
    names = {found.name for found in fields}
    more = _decoders_fields(text_tags, fields)
    # The decoder joins what the file repeats: a tag that the file shows itself is not taken twice.
    signed, failed = _signed(file, [*fields, *more], trust)
    error = "; ".join(filter(None, (error, failed)))[:500] or None
    tags = _tags([*fields, *(found for found in more if found.name not in names)], error)
    return tags, _declared(signed, [*fields, *more])


def _signed(
    file: BinaryIO, fields: Sequence[Field], trust: Path | None
) -> tuple[list[Declaration], str | None]:
    """Return what a signed manifest declares, and why it could not be looked for."""
    try:
        marks = c2pa.declarations(file, fields, trust=trust)
        return list(itertools.islice(marks, MOST_DECLARATIONS)), None
    except MemoryError:
        return [], "C2PA: damaged (needs too much memory)"
    except Exception as error:
        # Somebody else's bytes, as with tags: the recording can be examined all the same.
        return [], f"C2PA: damaged ({printable(str(error).strip() or type(error).__name__)[:120]})"


def _decoders_fields(text_tags: Mapping[str, str], seen: Sequence[Field]) -> list[Field]:
    """Return the decoder's tags whose values the file's own did not already show."""
    values = {found.value.strip() for found in seen}
    found = (field(name, value, f"container tag {name}") for name, value in text_tags.items())
    return [f for f in found if f.value.strip() not in values]


def _tags(fields: Sequence[Field], error: str | None) -> Tags:
    said: dict[str, list[str]] = {}
    for found in fields:
        if found.name in _TAG_NAMES and (value := shown_value(found.value)):
            values = said.setdefault(found.name, [])
            if value not in values and len(values) < 10:
                values.append(value)
    # A file may hold a date in several frames; the first, the recording's, is the one.
    joined = {
        name: values[0] if name == "date" else shown_value("; ".join(values))
        for name, values in said.items()
    }
    return dataclasses.replace(Tags(**joined), error=error)


def _declared(signed: Iterable[Declaration], fields: Sequence[Field]) -> tuple[Declaration, ...]:
    found: dict[tuple[object, ...], Declaration] = {}
    for mark in itertools.chain(signed, *(standard(fields) for standard in standards())):
        said = dataclasses.replace(mark, place="")
        found.setdefault(dataclasses.astuple(said), mark)
        if len(found) >= MOST_DECLARATIONS:
            break
    return tuple(found.values())
