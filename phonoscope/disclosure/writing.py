"""Write declarations into a file: a copy is labelled and compared, then replaces the file.

The comparison checks that the decoded samples are identical, that nothing else in the file has
changed, and that the declarations read back. Tags are written first and the signature last,
because any later edit breaks it.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from phonoscope.atomic import put_in_place, temporary_beside
from phonoscope.audio.decode import Decoder
from phonoscope.disclosure import aitags, c2pa, gb45438, iptc, sidecar
from phonoscope.disclosure.fields import values_of
from phonoscope.disclosure.gb45438 import Numbers
from phonoscope.disclosure.inventory import MANIFEST, Item, inventory, sound_digest, without
from phonoscope.disclosure.manifest import find_manifest
from phonoscope.disclosure.model import Declaration
from phonoscope.disclosure.signer import Signer
from phonoscope.disclosure.signing import sign
from phonoscope.disclosure.tagging import WRITERS, Texts, write_texts
from phonoscope.disclosure.tags import file_fields
from phonoscope.errors import LabelError, PhonoscopeError, UsageError
from phonoscope.escape import printable
from phonoscope.files import identify_source, local_path, open_source, uri_of
from phonoscope.messages import Localised, gettext, sentences

WRITABLE = (
    aitags.STANDARD,
    gb45438.STANDARD,
    iptc.STANDARD,
    c2pa.STANDARD,
    sidecar.STANDARD,
)
"""Standards that can be written."""

SIGNABLE = ("mp3", "wav", "flac", "mov,mp4,m4a,3gp,3g2,mj2")
"""Containers that can hold a C2PA manifest, as the decoder names them."""


@dataclass(frozen=True)
class Labelling:
    """What to write."""

    declared: tuple[Declaration, ...]
    """What to declare: part, making, tool, producer, voice and time of each are written."""
    standards: tuple[str, ...] = (aitags.STANDARD,)
    """Some of :data:`WRITABLE`."""
    numbers: Numbers = Numbers()
    """Other fields of GB 45438-2025."""
    signer: Signer | None = None
    """The signer; C2PA needs one."""
    break_signature: bool = False
    """Whether writing tags may break an existing signature."""

    def texts(self) -> dict[str, str | None]:
        """Return the named texts to write.

        Raises
        ------
        UsageError
            When a standard can't express a declaration.
        """
        texts: dict[str, str | None] = {}
        if gb45438.STANDARD in self.standards:
            texts |= gb45438.texts_of(self.declared, self.numbers)
        if iptc.STANDARD in self.standards:
            texts |= iptc.texts_of(self.declared)
        if aitags.STANDARD in self.standards:
            texts |= aitags.texts_of(self.declared)
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
        When the file can't hold it and no sidecar is wanted, or something else in the file would
        change. The file is unchanged.
    UnreadableError
        When the file can't be read.
    """
    texts = labelling.texts()
    real = _local(path)
    in_sidecar = sidecar.STANDARD in labelling.standards
    changed, places = _written_in(real, labelling, texts, dry_run=dry_run, optional=in_sidecar)
    if in_sidecar:
        # Last, because it holds the hash of the finished file.
        changed = _write_sidecar(real, labelling.declared, dry_run=dry_run) or changed
        places.append(sidecar.sidecar_of(real).name)
    return Written(real, tuple(places), changed)


def _written_in(
    real: Path, labelling: Labelling, texts: Texts, *, dry_run: bool, optional: bool
) -> tuple[bool, list[str]]:
    """Write into the file itself; return whether that changed the file, and the places."""
    container = _container(real)
    fits = (not texts or container in WRITERS) and (not labelling.signs or container in SIGNABLE)
    if not fits and not optional:
        raise LabelError(_no_place(container), code="no-place")
    if not fits or not (texts or labelling.signs):
        return False, []
    changed = _write_marks(real, container, labelling, texts, dry_run=dry_run)
    named = [name for name, value in texts.items() if value is not None]
    return changed, [*named, *(["C2PA manifest"] if labelling.signs else [])]


def _no_place(container: str) -> str:
    if container not in WRITERS:
        return gettext(
            "Files of the kind {container} can't hold these marks. Write a sidecar instead "
            "(--standard sidecar).",
            container=container,
        )
    return gettext(
        "Files of the kind {container} can't hold a C2PA signature. Write a sidecar instead "
        "(--standard sidecar).",
        container=container,
    )


def _container(real: Path) -> str:
    with open_source(uri_of(real)) as file, Decoder(file) as decoder:
        return decoder.stream.container


def _local(path: str | os.PathLike[str]) -> Path:
    found = local_path(uri_of(path))
    if found is None:
        raise LabelError(
            gettext("Only files on this machine can be labelled, not remote ones."), code="remote"
        )
    return Path(os.path.realpath(found))


def _write_marks(
    real: Path, container: str, labelling: Labelling, texts: Texts, *, dry_run: bool
) -> bool:
    with open_source(uri_of(real)) as file:
        has = _has(file, texts)
        if has and not labelling.signs:
            return False
        with _understood():
            _check_signature(file, labelling)
        names = {*texts, MANIFEST} if labelling.signs else {*texts}
        with _copied(real) as tagged, _copied(real) as signed:
            with _understood():
                before = without(inventory(file, container), names)
                if not has:
                    write_texts(file, tagged, container, texts)
                if labelling.signs and labelling.signer is not None:
                    sign(real if has else tagged, signed, labelling.declared, labelling.signer)
            copy = signed if labelling.signs else tagged
            _prove(file, before, copy, container=container, texts=texts, names=names)
            if not dry_run:
                _replace(real, copy)
    return True


def _check_signature(file: BinaryIO, labelling: Labelling) -> None:
    """Raise if writing would break a signature and that wasn't allowed."""
    if labelling.signs or labelling.break_signature or find_manifest(file) is None:
        return
    raise LabelError(
        gettext(
            "The file has a C2PA signature, which any change of its tags breaks. Sign it again "
            "(--standard c2pa with --certificate and --key), write a sidecar (--standard sidecar), "
            "or accept an invalid signature (--break-signature)."
        ),
        code="signed",
    )


def _has(file: BinaryIO, texts: Texts) -> bool:
    """Whether a file holds each of these texts once, and none that has to be removed."""
    found = file_fields(file)[0]
    return all(
        [f.value for f in values_of(found, (name.lower(),))] == ([] if value is None else [value])
        for name, value in texts.items()
    )


def _prove(
    file: BinaryIO,
    before: Counter[Item],
    copy: Path,
    *,
    container: str,
    texts: Texts,
    names: Set[str],
) -> None:
    """Raise unless a copy holds the texts and otherwise equals the file."""
    with copy.open("rb") as written:
        with _understood():
            after = without(inventory(written, container), names)
        if not _has(written, texts):
            raise LabelError(
                gettext("The file wasn't changed: the new tags don't read back from the copy."),
                code="not-read-back",
            )
        lost = {item.place for item in before - after}
        if changed := sorted(lost | {item.place for item in after - before}):
            raise LabelError(
                gettext(
                    "The file wasn't changed: writing would also change {places}.",
                    places=printable(", ".join(changed[:5])),
                ),
                code="other-changes",
            )
        if sound_digest(written) != sound_digest(file):
            raise LabelError(
                gettext("The file wasn't changed: writing would change the decoded samples."),
                code="samples-change",
            )


@contextmanager
def _understood() -> Iterator[None]:
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


def _copied(real: Path) -> AbstractContextManager[Path]:
    """Make an empty file next to another; it is removed afterwards unless it was renamed.

    It has the other's suffix, which writers go by. No one else may read it yet.
    """
    name = f".{secrets.token_hex(8)}.phonoscope{real.suffix[:20]}"
    return temporary_beside(real, name, mode=0o600)


def _replace(real: Path, copy: Path) -> None:
    """Replace a file with its finished copy, which gets its owner, permissions and times."""
    status = real.stat()
    with suppress(PermissionError):
        os.chown(copy, status.st_uid, status.st_gid)
    shutil.copystat(real, copy)
    if copy.stat().st_size == status.st_size:
        # Scans and backups detect changed files by size and time, so one of them has to differ.
        os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    put_in_place(copy, real)


def _write_sidecar(real: Path, declared: Sequence[Declaration], *, dry_run: bool) -> bool:
    path = sidecar.sidecar_of(real)
    content = sidecar.content_of(declared, real.name, identify_source(uri_of(real))[0])
    if path.is_file() and path.read_bytes() == content:
        return False
    if not dry_run:
        with _copied(path) as copy:
            copy.write_bytes(content)
            copy.chmod(real.stat().st_mode & 0o666)
            put_in_place(copy, path)
    return True
