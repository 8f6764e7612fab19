"""The C2PA library (c2pa-python, over c2pa-rs), limited so that a hostile file can't abuse it.

It is native code that reads untrusted bytes. It gets no path, only a watched view of the open
file, which raises an error after too many bytes or too much time. It can't fetch anything
(manifests, revocation lists, identities). It is loaded only from its own package, because its
loader would first take a library of that name from the current folder.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import io
import json
import os
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from phonoscope.errors import MissingExtraError, PhonoscopeError
from phonoscope.escape import printable
from phonoscope.messages import gettext

EXTRA = "provenance"

_NEEDED = gettext("Reading and signing C2PA manifests needs the package c2pa-python.")

STORE_CHARACTERS = 8 << 20
"""A manifest store with more characters of JSON isn't parsed."""

LONGEST_S = 20.0
"""Seconds that reading one manifest may take, plus hashing the file at :data:`SLOWEST_BPS`."""

SLOWEST_BPS = 20e6
"""Bytes per second that a disk has to deliver; reading from a slower one times out."""

TOO_LONG = gettext("Checking the manifest took too long.")
TOO_MUCH = gettext("Checking the manifest read the file too often.")

_LIBRARIES = {"win32": "c2pa_c.dll", "darwin": "libc2pa_c.dylib"}
_LOADING = threading.Lock()

_OFFLINE: dict[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
    "core": {
        # A second safeguard, and no identities that would be looked up on the web.
        "allowed_network_hosts": [],
        "decode_identity_assertions": False,
        "max_decompressed_manifest_size_in_mb": 1,
    },
    "builder": {"thumbnail": {"enabled": False}},
}


class ManifestError(PhonoscopeError):
    """The library can't read or write a manifest; the message has the reason in one line."""


def load() -> ModuleType:
    """Return the library.

    Raises
    ------
    MissingExtraError
        When it isn't installed, or doesn't run on this machine.
    """
    with _LOADING:
        if "c2pa" in sys.modules:
            return sys.modules["c2pa"]
        spec = importlib.util.find_spec("c2pa")
        folders = (spec.submodule_search_locations if spec else None) or []
        name = _LIBRARIES.get(sys.platform, "libc2pa_c.so")
        own = next((p for f in folders if (p := Path(f) / "libs" / name).is_file()), None)
        if own is None:
            raise MissingExtraError(EXTRA, _NEEDED)
        before = os.environ.get("C2PA_LIBRARY_NAME")
        # Its loader looks in the current folder first; a full path prevents that.
        os.environ["C2PA_LIBRARY_NAME"] = str(own.resolve())
        try:
            return importlib.import_module("c2pa")
        except (ImportError, OSError, RuntimeError) as error:
            raise MissingExtraError(EXTRA, _NEEDED) from error
        finally:
            if before is None:
                del os.environ["C2PA_LIBRARY_NAME"]
            else:
                os.environ["C2PA_LIBRARY_NAME"] = before


def context(
    library: ModuleType, roots_pem: str = "", *, signing: bool = False, fetch: bool = False
) -> Any:
    """Return settings for one use of the library.

    Parameters
    ----------
    roots_pem
        Trusted certificates; empty for none.
    signing
        Whether a manifest is made. It is verified in its file, not before.
    fetch
        Only for the test that proves that a fetch would be noticed.
    """
    config = copy.deepcopy(_OFFLINE)
    if signing:
        config["verify"]["verify_after_sign"] = False
    if fetch:
        config["verify"]["remote_manifest_fetch"] = True
        del config["core"]["allowed_network_hosts"]
    if roots_pem:
        config["trust"] = {"user_anchors": roots_pem}
    return library.Context.from_dict(config)


def read_store(
    file: BinaryIO,
    media_type: str,
    roots_pem: str = "",
    *,
    manifest: bytes | None = None,
    fetch: bool = False,
) -> dict[str, Any]:
    """Return the manifest store of a file, checked, as the library's JSON.

    Parameters
    ----------
    file
        At any position; only read.
    media_type
        Its media type, e.g. 'audio/mpeg'.
    roots_pem
        Trusted certificates; empty for none.
    manifest
        The manifest store as it is in the file; with ``None`` the library searches for it.
    fetch
        Only for the test that proves that a fetch would be noticed.

    Raises
    ------
    MissingExtraError
        When the library isn't installed.
    ManifestError
        When it can't read the manifest within the limits of time, bytes and size.
    """
    library = load()
    view = Watched(file)
    try:
        with (
            context(library, roots_pem, fetch=fetch) as offline,
            library.Reader(media_type, view, manifest, offline) as reader,
        ):
            text = reader.json()
        if view.refused:
            # The library would call a file changed if it couldn't read it to the end.
            raise ManifestError(view.refused, code="too-much-reading")
        if len(text) > STORE_CHARACTERS:
            raise ManifestError(
                gettext(
                    "The manifest has more than {most} characters as JSON.", most=STORE_CHARACTERS
                ),
                code="too-long",
            )
        store = json.loads(text)
    except (library.C2paError, ValueError, RecursionError) as error:
        raise ManifestError(
            view.refused
            or gettext("The C2PA library can't read the manifest: {reason}.", reason=reason(error)),
            code="too-much-reading" if view.refused else "unreadable-manifest",
        ) from error
    if not isinstance(store, dict):
        raise ManifestError(
            gettext("The C2PA library returned something other than a manifest."),
            code="unreadable-manifest",
        )
    return store


def reason(error: Exception) -> str:
    """Return the text of a library's error in one short line."""
    return printable(str(error).strip() or type(error).__name__)[:200]


class Watched:
    """A read-only view of a file that raises an error after too many bytes or too much time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._left = 4 * size + (64 << 20)
        self._until = time.monotonic() + LONGEST_S + size / SLOWEST_BPS
        self.refused: str | None = None
        """Why reading was refused; ``None`` if it wasn't."""

    def readinto(self, buffer: memoryview) -> int:
        """Read into a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Read, unless a limit is reached."""
        if time.monotonic() > self._until:
            self.refused = TOO_LONG
        elif self._left < 0:
            self.refused = TOO_MUCH
        if self.refused:
            raise OSError(self.refused)
        data = self._file.read(size)
        # Every read counts as at least this many bytes, so that a million tiny reads end too.
        self._left -= max(len(data), 64)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def write(self, data: bytes) -> int:
        """Refuse: the file is only read."""
        raise io.UnsupportedOperation("read-only")

    def flush(self) -> None:
        """Do nothing."""
