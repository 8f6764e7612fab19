"""Write declarations into a file: a copy is labelled, proved, and only then takes its place.

Proved is that the decoded samples are the same, that nothing else beside the sound has changed,
and that the declarations read back. Tags come first and the signature last: any edit after it
breaks it.
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
    """What to declare; of each only what is made how, by which tool, producer, voice and when."""
    standards: tuple[str, ...] = (aitags.STANDARD,)
    """Of :data:`WRITABLE`."""
    numbers: Numbers = Numbers()
    """What GB 45438-2025 asks for besides."""
    signer: Signer | None = None
    """Who signs; C2PA needs one."""
    break_signature: bool = False
    """Whether a signature that is there may be broken by writing tags without signing anew."""

    def texts(self) -> dict[str, str | None]:
        """Return the named texts that say it.

        Raises
        ------
        UsageError
            When a standard cannot say it; names what to do.
        """
        texts: dict[str, str | None] = {}
        if gb45438.STANDARD in self.standards:
            texts |= gb45438.texts_of(self.declared, self.numbers)
        if iptc.STANDARD in self.standards:
            texts |= iptc.texts_of(self.declared)
        if aitags.STANDARD in self.standards:
            texts |= aitags.texts_of(self.declared)
        if self.signs and self.signer is None:
            raise UsageError("C2PA needs a signer: give --certificate and --key")
        return texts

    @property
    def signs(self) -> bool:
        """Whether a signed manifest is to be written."""
        return c2pa.STANDARD in self.standards


@dataclass(frozen=True)
class Written:
    """What came of one file."""

    file: Path
    places: tuple[str, ...]
    """Where the declarations are now, or with a dry run would be: names of tags, or the sidecar."""
    changed: bool
    """Whether anything had to be written; not when all of it was there already."""


def write_label(
    path: str | os.PathLike[str], labelling: Labelling, *, dry_run: bool = False
) -> Written:
    """Write declarations into one file.

    Its audio, every other tag, permissions and times stay. Links are followed. The old file is
    there, whole, until the new one has been proved and takes its place.

    Parameters
    ----------
    path
        A file of this machine.
    labelling
        What to write.
    dry_run
        Whether to do everything but to replace the file.

    Raises
    ------
    UsageError
        When a standard cannot say what is to be declared.
    LabelError
        When this file cannot hold it and no sidecar is wanted, or something else in it would
        change. It is as it was.
    UnreadableError
        When it cannot be read.
    """
    texts = labelling.texts()
    real = _local(path)
    in_sidecar = sidecar.STANDARD in labelling.standards
    changed, places = _written_in(real, labelling, texts, dry_run=dry_run, optional=in_sidecar)
    if in_sidecar:
        # Last, because it names the bytes that the file has then.
        changed = _write_sidecar(real, labelling.declared, dry_run=dry_run) or changed
        places.append(sidecar.sidecar_of(real).name)
    return Written(real, tuple(places), changed)


def _written_in(
    real: Path, labelling: Labelling, texts: Texts, *, dry_run: bool, optional: bool
) -> tuple[bool, list[str]]:
    """Write into the file itself; return whether that changed it, and the places."""
    container = _container(real)
    fits = (not texts or container in WRITERS) and (not labelling.signs or container in SIGNABLE)
    if not fits and not optional:
        what = "place for it" if container not in WRITERS else "place for a C2PA signature"
        raise LabelError(f"a {container} file has no {what}: write a sidecar (--standard sidecar)")
    if not fits or not (texts or labelling.signs):
        return False, []
    changed = _write_marks(real, container, labelling, texts, dry_run=dry_run)
    named = [name for name, value in texts.items() if value is not None]
    return changed, [*named, *(["C2PA manifest"] if labelling.signs else [])]


def _container(real: Path) -> str:
    with open_source(uri_of(real)) as file, Decoder(file) as decoder:
        return decoder.stream.container


def _local(path: str | os.PathLike[str]) -> Path:
    found = local_path(uri_of(path))
    if found is None:
        raise LabelError("labels are written into files of this machine only, not to an address")
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
    """Raise when a signature would be broken that nobody said may be."""
    if labelling.signs or labelling.break_signature or find_manifest(file) is None:
        return
    raise LabelError(
        "it carries a C2PA signature, which any change of its tags breaks: sign anew (--standard "
        "c2pa with --certificate and --key), write a sidecar, or say --break-signature"
    )


def _has(file: BinaryIO, texts: Texts) -> bool:
    """Whether a file holds these texts, each once, and none that is to be taken away."""
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
    """Raise unless a copy holds the texts, and is else what the file is."""
    with copy.open("rb") as written:
        with _understood():
            after = without(inventory(written, container), names)
        if not _has(written, texts):
            raise LabelError("not written: what was written does not read back")
        lost = {item.place for item in before - after}
        if changed := sorted(lost | {item.place for item in after - before}):
            raise LabelError(
                f"not written: {printable(', '.join(changed[:5]))} would change as well"
            )
        if sound_digest(written) != sound_digest(file):
            raise LabelError("not written: its decoded samples would change")


@contextmanager
def _understood() -> Iterator[None]:
    """Turn whatever a writer of tags raises into an error that says that nothing happened."""
    try:
        yield
    except (OSError, MemoryError, PhonoscopeError):
        raise
    except Exception as error:
        # Somebody else's bytes in somebody else's parser: nothing else than this file is concerned.
        why = printable(str(error).strip() or type(error).__name__)[:200]
        raise LabelError(f"not written: its tags cannot be edited safely: {why}") from error


def _copied(real: Path) -> AbstractContextManager[Path]:
    """Make an empty file beside another, which is gone afterwards unless it took its place.

    Its name ends like the other's, by which writers tell what it is; nobody else may read it yet.
    """
    name = f".{secrets.token_hex(8)}.phonoscope{real.suffix[:20]}"
    return temporary_beside(real, name, mode=0o600)


def _replace(real: Path, copy: Path) -> None:
    """Put a finished copy in the place of a file, with its owner, permissions and times."""
    status = real.stat()
    with suppress(PermissionError):
        os.chown(copy, status.st_uid, status.st_gid)
    shutil.copystat(real, copy)
    if copy.stat().st_size == status.st_size:
        # A scan and a backup tell a changed file by size and time: one of them has to differ.
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
