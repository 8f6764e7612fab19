"""Read all marks and the main tags of a file."""

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
from phonoscope.messages import gettext, sentences

MOST_DECLARATIONS = 100
"""Further marks in one file are ignored."""

MOST_OF_A_MESSAGE = 100_000
"""Most declarations that are read from one DDEX message."""

_XML = (b"<", "<".encode("utf-16-le"), "<".encode("utf-16-be"))
_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe \t\r\n"

_TAG_NAMES = ("title", "artist", "album", "label", "isrc", "date", "genre")


@dataclass(frozen=True)
class Labels:
    """The tags and declarations of one file."""

    uri: str
    """The file, as :func:`~phonoscope.files.uri_of` names it."""
    tags: Tags
    declared: tuple[Declaration, ...]


def read_labels(path: str | os.PathLike[str]) -> Labels:
    """Return the tags of a file, and all declarations in it and in its sidecar.

    The sound isn't decoded. The file can also be a DDEX message: the place of each declaration
    then names the recording or release.

    Parameters
    ----------
    path
        Local path or URI.

    Raises
    ------
    UnreadableError
        When it can't be read, or is neither audio nor a DDEX message.
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
    """Yield the declarations of a DDEX message; the place names the recording or release."""
    file.seek(0)
    try:
        for about, declared in itertools.islice(ddex.declarations(file), MOST_OF_A_MESSAGE):
            named = f"ISRC {about.isrc}" if about.isrc else about.reference or "not named"
            yield dataclasses.replace(declared, place=shown_value(f"{declared.place} of {named}"))
    except SourceError as error:
        raise UnreadableError(
            ErrorKind.NOT_AUDIO,
            sentences(
                gettext("The file is neither audio nor a valid DDEX message."), error.message
            ),
        ) from error


def read_marks(
    file: BinaryIO, text_tags: Mapping[str, str], *, trust: Path | None = None
) -> tuple[Tags, tuple[Declaration, ...]]:
    """Return the tags of a file and all its declarations.

    Parameters
    ----------
    file
        Open binary file, at any position; only read.
    text_tags
        Tags that the decoder already read, names in lower case. They are needed for containers
        that :mod:`phonoscope.disclosure.tags` doesn't read (matroska, RIFF LIST INFO ...).
    trust
        PEM file of certificates whose signatures are trusted; ``None`` takes the one in the
        settings.

    Returns
    -------
    tags
        With :attr:`Tags.error` set if some couldn't be read.
    declared
        C2PA first, then in the order of :func:`standards`. The same mark in two places counts
        once.
    """
    own, error = file_fields(file)
    fields = [*own, *_decoders_fields(text_tags, own, damaged=error is not None)]
    signed, failed = _signed(file, fields, trust)
    error = "; ".join(filter(None, (error, failed)))[:500] or None
    return _tags(fields, error), _declared(signed, fields)


def _signed(
    file: BinaryIO, fields: Sequence[Field], trust: Path | None
) -> tuple[list[Declaration], str | None]:
    """Return the declarations of a signed manifest, and the error of the search for one."""
    try:
        marks = c2pa.declarations(file, fields, trust=trust)
        return list(itertools.islice(marks, MOST_DECLARATIONS)), None
    except MemoryError:
        return [], "C2PA: damaged (needs too much memory)"
    except Exception as error:
        # Untrusted bytes, as with tags: the recording is analysed all the same.
        return [], f"C2PA: damaged ({printable(str(error).strip() or type(error).__name__)[:120]})"


def _decoders_fields(
    text_tags: Mapping[str, str], own: Sequence[Field], *, damaged: bool
) -> list[Field]:
    """Return the decoder's tags that aren't among the file's own.

    The decoder joins the values of a tag that occurs more than once with semicolons. Of a damaged
    tag, it can take in bytes behind the value.
    """
    known = {part.strip() for found in own for part in (found.value, *found.value.split(";"))}
    last = max((found.tag for found in own), default=0) + 1
    found = (
        dataclasses.replace(field(name, value, f"container tag {name}"), tag=last)
        for name, value in text_tags.items()
    )
    more = [f for f in found if not {part.strip() for part in f.value.split(";")} <= known]
    if damaged:
        starts: dict[str, tuple[str, ...]] = {}
        for each in own:
            if each.value:
                starts[each.name] = (*starts.get(each.name, ())[:100], each.value)
        more = [f for f in more if not f.value.startswith(starts.get(f.name, ()))]
    return more


def _tags(fields: Sequence[Field], error: str | None) -> Tags:
    """Return the main tags, each from the first of the file's tags that has it."""
    said: dict[str, list[str]] = {}
    tag_of: dict[str, int] = {}
    for found in sorted(fields, key=lambda each: each.tag):
        if found.name in _TAG_NAMES and (value := shown_value(found.value)):
            values = said.setdefault(found.name, [])
            counts = found.tag == tag_of.setdefault(found.name, found.tag)
            if counts and value not in values and len(values) < 10:
                values.append(value)
    # A file can have a date in several frames; the first one is the recording's.
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
