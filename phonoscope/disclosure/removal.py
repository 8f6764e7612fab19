"""Take labels away: from a proved copy of a file, by standard, and from its sidecar."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phonoscope.disclosure import sidecar
from phonoscope.disclosure.copy_beside import replace_file
from phonoscope.disclosure.edited_copy import Edit, edited
from phonoscope.disclosure.marked_file import (
    WRITABLE,
    local,
    marks_of,
    not_removable,
    whole_reasons,
    without_marks,
)
from phonoscope.disclosure.model import Declaration
from phonoscope.disclosure.tagging import EDITABLE
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.files import open_source, uri_of
from phonoscope.messages import gettext


@dataclass(frozen=True)
class Removed:
    """The result for one file."""

    file: Path
    removed: tuple[Declaration, ...]
    """Marks that were removed, or would be without a dry run."""
    left: tuple[Declaration, ...]
    """Marks of other standards, which stay."""


def remove_label(
    path: str | os.PathLike[str],
    standards: Sequence[str],
    *,
    dry_run: bool = False,
    break_signature: bool = False,
) -> Removed:
    """Remove the marks of some standards from one file and its sidecar.

    The audio, every other tag, permissions and times stay, as with
    :func:`~phonoscope.disclosure.writing.write_label`.

    Parameters
    ----------
    path
        A file on this machine.
    standards
        Some of :data:`~phonoscope.disclosure.marked_file.WRITABLE`.
    dry_run
        Do everything except replacing the file.
    break_signature
        Whether removing tags may break a signature that stays.

    Raises
    ------
    UsageError
        When a standard isn't known.
    LabelError
        When a mark can't be removed, or something else would change. The file is unchanged.
    UnreadableError
        When the file can't be read.
    """
    if unknown := [name for name in standards if name not in WRITABLE]:
        raise UsageError(
            gettext(
                "Labels of the standard {name} can't be removed. Possible are {names}.",
                name=printable(unknown[0]),
                names=", ".join(WRITABLE),
            ),
            code="unknown-standard",
        )
    real = local(path)
    with whole_reasons():
        in_file, left = _from_file(real, standards, dry_run=dry_run, breaks=break_signature)
        in_sidecar = tuple(sidecar.declarations(uri_of(real)))
        if sidecar.STANDARD not in standards:
            return Removed(real, in_file, (*left, *in_sidecar))
        if in_sidecar and not dry_run:
            sidecar.sidecar_of(real).unlink(missing_ok=True)
    return Removed(real, (*in_file, *in_sidecar), left)


def _from_file(
    real: Path, standards: Sequence[str], *, dry_run: bool, breaks: bool
) -> tuple[tuple[Declaration, ...], tuple[Declaration, ...]]:
    """Remove marks from the file itself; return those, and the ones that stay."""
    with open_source(uri_of(real)) as file:
        container, marks = marks_of(file)
        meant = tuple(mark for mark in marks if mark.standard in standards)
        left = tuple(mark for mark in marks if mark.standard not in standards)
        if meant and container not in EDITABLE:
            raise not_removable(meant)
        if not meant:
            return (), left
        bound = sidecar.is_bound(real)
        edit = without_marks(Edit(break_signature=breaks), standards)
        with edited(real, file, container, edit) as copy:
            with (copy.path if copy else real).open("rb") as written:
                stay = tuple(m for m in marks_of(written)[1] if m.standard in standards)
            if stay or copy is None:
                raise not_removable(stay or meant)
            copy.prove()
            if not dry_run:
                replace_file(real, copy.path)
    if bound and not dry_run:
        sidecar.bind(real)
    return meant, left
