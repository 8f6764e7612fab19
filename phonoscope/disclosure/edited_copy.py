"""An edited copy of a file: tags, then the signature; proved to differ in nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from phonoscope.disclosure.copy_beside import copy_beside
from phonoscope.disclosure.fields import values_of
from phonoscope.disclosure.inventory import MANIFEST, Item, inventory, sound_digest, without
from phonoscope.disclosure.manifest import find_manifest
from phonoscope.disclosure.model import Declaration
from phonoscope.disclosure.older_texts import OlderText
from phonoscope.disclosure.signer import Signer
from phonoscope.disclosure.signing import sign
from phonoscope.disclosure.tagging import Texts, copied_items, older_texts, write_texts
from phonoscope.disclosure.tags import file_fields
from phonoscope.disclosure.unsigning import unsign
from phonoscope.errors import LabelError, PhonoscopeError
from phonoscope.escape import printable
from phonoscope.messages import Localised, gettext, sentences

_NAMES = {
    "TIT2": "title",
    "TPE1": "artist",
    "TALB": "album",
    "TDRC": "date",
    "TCON": "genre",
    "TRCK": "track",
    "COMM": "comment",
    "APIC": "cover",
}


@dataclass(frozen=True)
class Edit:
    """What to change in a file."""

    texts: Texts = field(default_factory=dict)
    """Value by name; ``None`` removes a text."""
    unsigns: bool = False
    """Whether an old manifest goes. A new one is then not its successor."""
    declared: tuple[Declaration, ...] = ()
    """What to sign."""
    signer: Signer | None = None
    """The signer; ``None`` if the copy isn't signed."""
    break_signature: bool = False
    """Whether editing tags may break an existing signature."""
    needs_id3: bool = False
    """Whether an mp3 has to get an ID3 tag, see :func:`~.tagging.write_texts`."""


@dataclass(frozen=True)
class EditedCopy:
    """A finished copy of a file, not yet compared with it."""

    path: Path
    file: BinaryIO
    container: str
    edit: Edit
    older: tuple[OlderText, ...]
    """Texts of older tags that were copied into a new one."""

    @property
    def copied(self) -> tuple[str, ...]:
        """Names of the copied texts: title, artist ..."""
        return tuple(_NAMES.get(t.frame, t.description or t.frame) for t in self.older)

    def prove(self) -> None:
        """Compare the copy with the file.

        Raises
        ------
        LabelError
            Unless it holds the texts, and everything else equals the file.
        """
        names = {*self.edit.texts}
        if self.edit.signer or self.edit.unsigns:
            names.add(MANIFEST)
        with understood():
            before = without(inventory(self.file, self.container), names)
            before += copied_items(self.file, self.container, self.older)
        with self.path.open("rb") as written:
            with understood():
                after = without(inventory(written, self.container), names)
            if not has_texts(written, self.edit.texts):
                raise LabelError(
                    gettext("The file wasn't changed: the new tags don't read back from the copy."),
                    code="not-read-back",
                )
            _check_same(before, after)
            if sound_digest(written) != sound_digest(self.file):
                raise LabelError(
                    gettext("The file wasn't changed: writing would change the decoded samples."),
                    code="samples-change",
                )


def _check_same(before: Counter[Item], after: Counter[Item]) -> None:
    differ = {item.place for item in (before - after) + (after - before)}
    if differ:
        raise LabelError(
            gettext(
                "The file wasn't changed: writing would also change {places}.",
                places=printable(", ".join(sorted(differ)[:5])),
            ),
            code="other-changes",
        )


@contextmanager
def edited(real: Path, file: BinaryIO, container: str, edit: Edit) -> Iterator[EditedCopy | None]:
    """Make an edited copy next to a file; it is removed afterwards unless it was renamed.

    Parameters
    ----------
    real
        The file.
    file
        The same, open; only read.
    container
        Its container as the decoder names it; one that takes these edits.
    edit
        What to change.

    Yields
    ------
    EditedCopy or None
        ``None`` if the file has all of it already.

    Raises
    ------
    LabelError
        When the file can't be edited safely.
    OSError
        When the copy can't be written.
    """
    signs = edit.signer is not None
    needs_id3 = signs or edit.needs_id3
    with understood():
        has = has_texts(file, edit.texts)
        older = (
            ()
            if has and not needs_id3
            else tuple(older_texts(file, container, edit.texts, needs_id3=needs_id3))
        )
    steps: list[Callable[[BinaryIO, Path, Path], None]] = []
    if not has or older:
        if not (signs or edit.unsigns or edit.break_signature):
            check_unsigned(file)
        steps.append(
            lambda f, _, to: write_texts(f, to, container, edit.texts, needs_id3=needs_id3)
        )
    if edit.unsigns and find_manifest(file) is not None:
        steps.append(lambda f, _, to: unsign(f, to, container))
    if edit.signer is not None:
        signer = edit.signer
        steps.append(lambda _, path, to: sign(path, to, edit.declared, signer))
    with ExitStack() as copies:
        path = real
        for step in steps:
            copy = copies.enter_context(copy_beside(real))
            with path.open("rb") as source, understood():
                step(source, path, copy)
            path = copy
        yield EditedCopy(path, file, container, edit, older) if steps else None


def check_unsigned(file: BinaryIO) -> None:
    """Raise if a file has a signature, which a change of its tags would break.

    Raises
    ------
    LabelError
        When it has one.
    """
    with understood():
        if find_manifest(file) is None:
            return
    raise LabelError(
        gettext(
            "The file has a C2PA signature, which any change of its tags breaks. Sign it again "
            "(--standard c2pa with --certificate and --key), write a sidecar (--standard sidecar), "
            "or accept an invalid signature (--break-signature)."
        ),
        code="signed",
    )


def has_texts(file: BinaryIO, texts: Texts) -> bool:
    """Whether a file holds each of these texts once, and none that has to be removed."""
    found = file_fields(file)[0]
    return all(
        [f.value for f in values_of(found, (name.lower(),))] == ([] if value is None else [value])
        for name, value in texts.items()
    )


@contextmanager
def understood() -> Iterator[None]:
    """Turn any exception of a tag library into an error for this file, which is unchanged."""
    try:
        yield
    except (OSError, MemoryError, PhonoscopeError):
        raise
    except Exception as error:
        # Untrusted bytes in another project's parser can raise anything; only this file fails.
        raise LabelError(
            sentences(
                gettext("The file wasn't changed, because its tags can't be edited safely."),
                _reason(error),
            ),
            code="unsafe-tags",
        ) from error


def _reason(error: Exception) -> str:
    message = error.args[0] if error.args else ""
    if isinstance(message, Localised):
        return message
    return gettext(
        "Reason: {reason}.", reason=printable(str(error).strip() or type(error).__name__)[:200]
    )
