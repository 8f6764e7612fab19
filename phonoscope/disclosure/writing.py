"""Write declarations into a file: a copy is labelled and compared, then replaces the file.

The comparison checks that the decoded samples are identical, that nothing else in the file has
changed, and that the declarations read back. Tags are written first and the signature last,
because any later edit breaks it. :mod:`.removal` takes labels away by the same way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from phonoscope.audio.container import MP4
from phonoscope.disclosure import aitags, c2pa, gb45438, iptc, sidecar
from phonoscope.disclosure.contradiction import contradicting
from phonoscope.disclosure.copy_beside import replace_file
from phonoscope.disclosure.declared_status import MACHINE_MAKING
from phonoscope.disclosure.edited_copy import Edit, edited, understood
from phonoscope.disclosure.fields import Field, values_of
from phonoscope.disclosure.gb45438 import Numbers
from phonoscope.disclosure.marked_file import (
    local,
    marks_of,
    named,
    not_removable,
    whole_reasons,
    without_marks,
)
from phonoscope.disclosure.model import Declaration
from phonoscope.disclosure.signer import Signer
from phonoscope.disclosure.tagging import place_of
from phonoscope.disclosure.tags import file_fields
from phonoscope.errors import LabelError, UsageError
from phonoscope.files import open_source, uri_of
from phonoscope.messages import gettext, sentences

SIGNABLE = ("mp3", "wav", "flac", MP4)
"""Containers that can hold a C2PA manifest, as the decoder names them."""


class Contradicting(StrEnum):
    """What to do with marks in a file that contradict a new label."""

    REFUSE = "refuse"
    """Don't label the file."""
    REMOVE = "remove"
    """Remove them."""
    KEEP = "keep"
    """Keep them, and name them."""


@dataclass(frozen=True)
class Labelling:
    """What to write."""

    declared: tuple[Declaration, ...]
    """What to declare: part, making, tool, producer, voice and time of each are written.

    If some have the name of a standard, these alone are written in that standard.
    """
    standards: tuple[str, ...] = (aitags.STANDARD,)
    """Some of :data:`~phonoscope.disclosure.marked_file.WRITABLE`."""
    numbers: Numbers = Numbers()
    """Other fields of GB 45438-2025. Empty ones keep what the file has from the same producer."""
    signer: Signer | None = None
    """The signer; C2PA needs one."""
    break_signature: bool = False
    """Whether writing tags may break an existing signature."""
    contradicting: Contradicting = Contradicting.REFUSE
    """What to do with marks of other standards that contradict what is declared."""

    def said(self, standard: str) -> tuple[Declaration, ...]:
        """Return what to declare in a standard."""
        return tuple(d for d in self.declared if d.standard == standard) or self.declared

    def texts(self) -> dict[str, str | None]:
        """Return the named texts to write.

        Raises
        ------
        UsageError
            When a standard can't express a declaration.
        """
        texts: dict[str, str | None] = {}
        if gb45438.STANDARD in self.standards:
            texts |= gb45438.texts_of(self.said(gb45438.STANDARD), self.numbers)
        if iptc.STANDARD in self.standards:
            texts |= iptc.texts_of(self.said(iptc.STANDARD))
        if aitags.STANDARD in self.standards:
            texts |= aitags.texts_of(self.said(aitags.STANDARD))
        if self.signs and self.signer is None:
            raise UsageError(
                gettext("A C2PA signature needs a signer. Give --certificate and --key."),
                code="no-signer",
            )
        return texts

    @property
    def signs(self) -> bool:
        """Whether a signed manifest is written."""
        return c2pa.STANDARD in self.standards


@dataclass(frozen=True)
class Written:
    """The result for one file."""

    file: Path
    places: tuple[str, ...]
    """Where the declarations are, or would be after a dry run: names of tags, or the sidecar."""
    changed: bool
    """Whether anything was written; false if the file already had all of it."""
    copied: tuple[str, ...] = ()
    """Texts of older tags that were copied into a new one, which would else hide them."""
    removed: tuple[str, ...] = ()
    """Standards whose contradicting marks were removed."""
    contradicting: tuple[Declaration, ...] = ()
    """Marks that still contradict what is declared now."""


def write_label(
    path: str | os.PathLike[str], labelling: Labelling, *, dry_run: bool = False
) -> Written:
    """Write declarations into one file.

    The audio, every other tag, permissions and times stay. Links are followed. The old file stays
    intact until the new one has been compared and replaces it.

    Parameters
    ----------
    path
        A file on this machine.
    labelling
        What to write.
    dry_run
        Do everything except replacing the file.

    Raises
    ------
    UsageError
        When a standard can't express a declaration.
    LabelError
        When the file can't hold it and no sidecar is wanted, something else in the file would
        change, marks in it contradict the declarations, or the copy can't be written. The file is
        unchanged.
    UnreadableError
        When the file can't be read.
    """
    labelling.texts()
    real = local(path)
    with whole_reasons(), open_source(uri_of(real)) as file:
        return _Work(real, file, labelling, dry_run=dry_run).done()


class _Work:
    """The work on one file that is being labelled."""

    def __init__(self, real: Path, file: BinaryIO, labelling: Labelling, *, dry_run: bool) -> None:
        self._real, self._file, self._labelling, self._dry_run = real, file, labelling, dry_run
        self._mode = labelling.contradicting
        self._container, marks = marks_of(file)
        found = (d for d in marks if d.standard not in self._replaced())
        self._found = (*found, *self._in_sidecar())

    def _replaced(self) -> set[str]:
        """Return the standards whose old marks go. An old manifest stays, as a part of the new."""
        return {*self._labelling.standards} - {c2pa.STANDARD}

    def _in_sidecar(self) -> Iterator[Declaration]:
        if sidecar.STANDARD not in self._labelling.standards:
            yield from sidecar.declarations(uri_of(self._real))

    def done(self) -> Written:
        """Label the file."""
        edit = self._edit()
        against = contradicting(self._labelling.declared, self._found)
        removed: tuple[str, ...] = ()
        if against and self._mode is Contradicting.REFUSE:
            raise _contradicted(against)
        if against and self._mode is Contradicting.REMOVE:
            removed = tuple(dict.fromkeys(d.standard for d in against))
            edit = without_marks(edit, removed)
        return self._written(edit, removed)

    def _edit(self) -> Edit:
        """Return what to change in the file itself: nothing if it has no place and needs none."""
        labelling = self._labelling
        texts = _texts_for(self._file, labelling)
        has_place = not texts or self._has_place()
        if not has_place or (labelling.signs and self._container not in SIGNABLE):
            if sidecar.STANDARD in labelling.standards:
                return Edit()
            raise LabelError(_no_place(self._container, signs=has_place), code="no-place")
        signed = labelling.said(c2pa.STANDARD) if labelling.signs else ()
        signer = labelling.signer if labelling.signs else None
        return Edit(texts, False, signed, signer, labelling.break_signature)

    def _has_place(self) -> bool:
        with understood():
            place = place_of(self._file, self._container, needs_id3=self._labelling.signs)
        return place is not None

    def _written(self, edit: Edit, removed: tuple[str, ...]) -> Written:
        try:
            return self._written_once(edit, removed)
        except LabelError as error:
            in_id3 = self._container != "mp3" or edit.needs_id3 or edit.signer
            if error.code != "samples-change" or in_id3:
                raise
        # A longer APEv2 tag: FFmpeg takes it for one more frame in some files.
        return self._written_once(replace(edit, needs_id3=True), removed)

    def _written_once(self, edit: Edit, removed: tuple[str, ...]) -> Written:
        bound = sidecar.is_bound(self._real)
        places = [name for name, value in edit.texts.items() if value is not None]
        places += ["C2PA manifest"] if edit.signer else []
        with edited(self._real, self._file, self._container, edit) as copy:
            against = self._left(copy.path if copy else self._real, removed)
            if copy is not None:
                copy.prove()
                if not self._dry_run:
                    replace_file(self._real, copy.path)
        changed = copy is not None
        if sidecar.STANDARD in self._labelling.standards:
            # Last, because it holds the hash of the finished file.
            changed = self._write_sidecar() or changed
            places.append(sidecar.sidecar_of(self._real).name)
        elif sidecar.STANDARD in removed:
            changed = True
            if not self._dry_run:
                sidecar.sidecar_of(self._real).unlink(missing_ok=True)
        elif bound and changed and not self._dry_run:
            # The sidecar is still about this recording.
            sidecar.bind(self._real)
        copied = copy.copied if copy else ()
        return Written(self._real, tuple(places), changed, copied, removed, against)

    def _left(self, path: Path, removed: Sequence[str]) -> tuple[Declaration, ...]:
        """Return the marks that contradict the label although it is written.

        Raises
        ------
        LabelError
            When they were to be removed or replaced.
        """
        with path.open("rb") as written:
            marks = marks_of(written)[1]
        kept = () if sidecar.STANDARD in removed else tuple(self._in_sidecar())
        left = contradicting(self._labelling.declared, (*marks, *kept))
        if left and self._mode is not Contradicting.KEEP:
            raise not_removable(left)
        return left

    def _write_sidecar(self) -> bool:
        path = sidecar.sidecar_of(self._real)
        content = sidecar.content_for(self._real, self._labelling.said(sidecar.STANDARD))
        if path.is_file() and path.read_bytes() == content:
            return False
        if not self._dry_run:
            sidecar.write(self._real, content)
        return True


def _contradicted(against: Sequence[Declaration]) -> LabelError:
    return LabelError(
        sentences(
            gettext("The file wasn't labelled, because marks in it contradict the label."),
            named(against),
            gettext(
                "Remove the marks (--contradicting remove), keep them (--contradicting keep), or "
                "write these standards too."
            ),
        ),
        code="contradicted",
    )


def _texts_for(file: BinaryIO, labelling: Labelling) -> dict[str, str | None]:
    """Return the texts to write into one file: other spellings in it get the same value."""
    texts = labelling.texts()
    fields = file_fields(file)[0]
    if gb45438.STANDARD in labelling.standards:
        said = labelling.said(gb45438.STANDARD)
        texts |= gb45438.texts_of(said, _numbers_for(fields, labelling, said))
    if iptc.STANDARD in labelling.standards:
        there = {f.name for f in fields}
        texts |= {n: texts[iptc.NAME] for n in iptc.OTHER_NAMES if n.lower() in there}
    if aitags.STANDARD in labelling.standards:
        texts |= _flags_for(fields, labelling.said(aitags.STANDARD))
    return texts


def _numbers_for(
    fields: Sequence[Field], labelling: Labelling, said: Sequence[Declaration]
) -> Numbers:
    """Return the numbers to write: those that are given, else those of the same producer."""
    producers = {d.producer for d in said}
    marks = [f.value for f in values_of(fields, (gb45438.NAME.lower(),))]
    read = [d.value for d in said if d.standard == gb45438.STANDARD]
    for mark in (*marks, *read):
        elements = gb45438.elements_of(mark)
        if elements.get("contentproducer") in producers:
            given = labelling.numbers
            return replace(
                given,
                produce_id=given.produce_id or elements.get("produceid", ""),
                propagator=given.propagator or elements.get("contentpropagator", ""),
                propagate_id=given.propagate_id or elements.get("propagateid", ""),
            )
    return labelling.numbers


def _flags_for(fields: Sequence[Field], said: Sequence[Declaration]) -> dict[str, str | None]:
    """Return the ``AI_GENERATED`` flags in a file that say otherwise, corrected."""
    is_generated = any(d.making in MACHINE_MAKING for d in said)
    return {
        name: "true" if is_generated else "false"
        for name in aitags.GENERATED_NAMES
        for found in values_of(fields, (name.lower(),))
        if aitags.is_true(found.value) is not is_generated
    }


def _no_place(container: str, *, signs: bool) -> str:
    if signs:
        return gettext(
            "Files of the kind {container} can't hold a C2PA signature. Write a sidecar instead "
            "(--standard sidecar).",
            container=container,
        )
    return gettext(
        "Files of the kind {container} can't hold these marks. Write a sidecar instead "
        "(--standard sidecar).",
        container=container,
    )
