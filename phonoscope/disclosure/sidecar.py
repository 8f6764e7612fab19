"""Declarations next to a file that can't hold them: ``song.wma.declared.json``.

A sidecar has the hash of the bytes that it was written for. Next to other bytes, it is still read,
and the place of each declaration says so: the file was changed, or the sidecar was moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from phonoscope.atomic import put_in_place
from phonoscope.disclosure.copy_beside import copy_beside
from phonoscope.disclosure.fields import shown_value, utc_of
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.files import identify_source, local_path, uri_of

STANDARD = "sidecar"
FORMAT = "phonoscope-declarations/1"
SUFFIX = ".declared.json"
MOST_BYTES = 1 << 18
"""A longer sidecar isn't read."""
MOST_ROWS = 100
OTHER_BYTES = "written for other bytes"
"""Ends the place of declarations in a sidecar whose hash isn't the file's."""

COLUMNS = ("part", "making", "tool", "producer", "voice", "declared_utc")
"""Keys of each declaration in a sidecar, and columns of a CSV file of declarations."""


def sidecar_of(path: Path) -> Path:
    """Return the path of a file's sidecar."""
    return path.with_name(path.name + SUFFIX)


def declarations(uri: str, recording_id: str | None = None) -> Iterator[Declaration]:
    """Yield the declarations in a file's sidecar.

    Parameters
    ----------
    uri
        The file, as :func:`~phonoscope.files.uri_of` names it. Only files on this machine have
        sidecars.
    recording_id
        Hash of the file's present bytes; without it, it is computed if there is a sidecar.
    """
    path = local_path(uri)
    if path is None:
        return
    sidecar = sidecar_of(path)
    try:
        if not sidecar.is_file():
            return
        with sidecar.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError):
        # The path isn't valid or not readable, which counts as no sidecar.
        return
    yield from _declared(content, sidecar.name, recording_id or identify_source(uri)[0])


def _declared(content: bytes, name: str, recording_id: str) -> Iterator[Declaration]:
    document = _document(content)
    if document is None:
        yield _unread(name, "damaged, too long, or not in the format that Phonoscope writes")
        return
    same = document.get("recording_id") == recording_id
    place = f"sidecar {name}" if same else f"sidecar {name}, {OTHER_BYTES}"
    rows = document["declarations"]
    for row in rows[:MOST_ROWS]:
        if not isinstance(row, Mapping):
            yield _unread(name, "a declaration in it isn't an object")
            continue
        yield from_row(row, place)


def _unread(name: str, why: str) -> Declaration:
    return Declaration(
        STANDARD,
        Part.UNSPECIFIED,
        Making.UNSPECIFIED,
        tool=None,
        producer=None,
        place=shown_value(f"sidecar {name}"),
        value=f"not read: {why}",
    )


def _document(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content) if len(content) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    return document if isinstance(document.get("declarations"), list) else None


def from_row(row: Mapping[str, Any], place: str) -> Declaration:
    """Return the declaration in a row with :data:`COLUMNS`; its value keeps unknown words."""

    def text(name: str) -> str | None:
        value = row.get(name)
        return shown_value(value) or None if isinstance(value, str) else None

    said = {name: row[name] for name in COLUMNS if row.get(name) is not None}
    return Declaration(
        standard=STANDARD,
        part=_known(Part, text("part")),
        making=_known(Making, text("making")),
        tool=text("tool"),
        producer=text("producer"),
        place=shown_value(place),
        value=shown_value(json.dumps(said, ensure_ascii=False, default=str)),
        voice=text("voice"),
        declared_utc=utc_of(text("declared_utc")),
    )


def _known(kind: Any, word: str | None) -> Any:
    return kind(word) if word in {str(member) for member in kind} else kind.UNSPECIFIED


def row_of(declared: Declaration) -> dict[str, str | None]:
    """Return a declaration as a row with :data:`COLUMNS`."""
    when = declared.declared_utc
    return {
        "part": declared.part.value,
        "making": declared.making.value,
        "tool": declared.tool,
        "producer": declared.producer,
        "voice": declared.voice,
        "declared_utc": f"{when.isoformat(timespec='seconds')}Z" if when else None,
    }


def content_for(path: Path, declared: Sequence[Declaration]) -> bytes:
    """Return the bytes of a file's sidecar, for the file's present bytes."""
    return content_of(declared, path.name, identify_source(uri_of(path))[0])


def write(path: Path, content: bytes) -> None:
    """Write a file's sidecar completely or not at all.

    Raises
    ------
    OSError
        When it can't be written. An older sidecar is unchanged.
    """
    target = sidecar_of(path)
    with copy_beside(target) as copy:
        copy.write_bytes(content)
        copy.chmod(path.stat().st_mode & 0o666)
        put_in_place(copy, target)


def is_bound(path: Path) -> bool:
    """Whether a file has a sidecar that was written for its present bytes."""
    document = _of_file(path)
    return document is not None and document.get("recording_id") == identify_source(uri_of(path))[0]


def bind(path: Path) -> None:
    """Say in a file's sidecar that it is for the file's present bytes."""
    document = _of_file(path)
    if document is not None:
        document["recording_id"] = identify_source(uri_of(path))[0]
        write(path, _encoded(document))


def _of_file(path: Path) -> dict[str, Any] | None:
    try:
        with sidecar_of(path).open("rb") as file:
            return _document(file.read(MOST_BYTES + 1))
    except OSError:
        return None


def content_of(declared: Sequence[Declaration], file_name: str, recording_id: str) -> bytes:
    """Return the bytes of a sidecar."""
    document = {
        "format": FORMAT,
        "file": shown_value(file_name),
        "recording_id": recording_id,
        "declarations": [row_of(d) for d in declared],
    }
    return _encoded(document)


def _encoded(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
