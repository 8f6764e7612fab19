"""Replaces accounts and addresses with hashes that need a key, or keeps them as written.

The key is outside the catalogue: in memory for one ingest, or in a file of the user. Anyone who has
the key can find out who an account is by trying ids. Anyone else only sees which plays are of the
same account.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

KEY_BYTES = 32
KEY_IS_GONE = gettext(
    "Without --key the key that hides accounts isn't stored, so plays read now can't be matched "
    "with the accounts of earlier ones."
)
"""Why an ingest of plays without a stored key starts over."""
_LEAST_TEXT, _MOST_TEXT = 32, 4096
"""Bytes of a key file."""
_HASH_BYTES = 12
_KEPT = 1 << 20
"""Most hashes that are remembered, so that most accounts are hashed only once."""
_ADDRESS = b"ip\0"
_V4 = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3})\.(\d{1,3}|x|\*)(/\d{1,2})?", re.ASCII)
_V6_PREFIX = 48


class Pseudonyms:
    """Replaces accounts and addresses.

    Parameters
    ----------
    key
        Key of the hashes; ``None`` keeps accounts as written.
    is_stable
        Whether a later ingest can have the same key.
    """

    def __init__(self, key: bytes | None, *, is_stable: bool) -> None:
        self._key = key
        self.is_stable = is_stable
        """Whether a later ingest can have the same key, so that an interrupted one can resume."""
        self._default = ""
        self._accounts: dict[str, str] = {}
        self._addresses: dict[str, str] = {}

    @classmethod
    def drawn(cls) -> Pseudonyms:
        """Return pseudonyms whose key is drawn now and never stored."""
        return cls(secrets.token_bytes(KEY_BYTES), is_stable=False)

    @classmethod
    def none(cls) -> Pseudonyms:
        """Return pseudonyms that hide nothing."""
        return cls(None, is_stable=True)

    @classmethod
    def of_file(cls, path: str | os.PathLike[str]) -> Pseudonyms:
        """Return pseudonyms whose key is in a file, which is made if it doesn't exist.

        Raises
        ------
        UsageError
            When it can't be read or made, others can read it, or it is too short or too long.
        """
        file = Path(path)
        shown = printable(str(file))
        try:
            text = _made(file) or _read(file, shown)
        except OSError as error:
            raise UsageError(
                gettext(
                    "The key {file} can't be used: {reason}.",
                    file=shown,
                    reason=error.strerror or type(error).__name__,
                ),
                code="key-unusable",
            ) from error
        text = text.strip()
        if not _LEAST_TEXT <= len(text) <= _MOST_TEXT:
            raise UsageError(
                gettext(
                    "The key {file} has {n} bytes; a key has {least} to {most}. Name a file that "
                    "doesn't exist yet, and Phonoscope makes one.",
                    file=shown,
                    n=len(text),
                    least=_LEAST_TEXT,
                    most=_MOST_TEXT,
                ),
                code="key-length",
            )
        return cls(blake2b(text, digest_size=KEY_BYTES).digest(), is_stable=True)

    def with_default(self, account: str) -> Pseudonyms:
        """Return pseudonyms with the same key that take empty cells for one account, if any."""
        found = Pseudonyms(self._key, is_stable=self.is_stable)
        found._default = account
        return found

    @property
    def mark(self) -> str:
        """Text that differs when the key does and reveals nothing about it."""
        if self._key is None:
            return "none"
        return self._hash(b"mark\0") if self.is_stable else "drawn"

    def account(self, name: str) -> str:
        """Return the pseudonym of an account."""
        if self._key is None:
            return name
        found = self._accounts.get(name)
        if found is None:
            # More accounts than are remembered only cost time.
            if len(self._accounts) >= _KEPT:
                self._accounts.clear()
            found = self._accounts[name] = self._hash(name.encode())
        return found

    def address(self, address: str) -> str:
        """Return the pseudonym of an address's network: 24 bits of IPv4, 48 of IPv6."""
        found = self._addresses.get(address)
        if found is None:
            if len(self._addresses) >= _KEPT:
                self._addresses.clear()
            prefix = prefix_of(address)
            found = prefix if self._key is None else self._hash(_ADDRESS + prefix.encode())
            self._addresses[address] = found
        return found

    def accounts(self, names: pa.Array) -> pa.Array:
        """Return the pseudonyms of accounts; empty cells stay empty, or get the default."""
        if self._default:
            names = pc.fill_null(names, self._default)
        coded = pc.dictionary_encode(names)
        hidden = pa.array([self.account(n) for n in coded.dictionary.to_pylist()], pa.string())
        return pc.take(hidden, coded.indices)

    def addresses(self, addresses: pa.Array) -> pa.Array:
        """Return the pseudonyms of addresses; empty cells stay empty."""
        coded = pc.dictionary_encode(addresses)
        hidden = pa.array([self.address(a) for a in coded.dictionary.to_pylist()], pa.string())
        return pc.take(hidden, coded.indices)

    def _hash(self, content: bytes) -> str:
        return blake2b(content, key=self._key or b"", digest_size=_HASH_BYTES).hexdigest()


def prefix_of(address: str) -> str:
    """Return the network of an address; other text is returned unchanged."""
    found = _V4.fullmatch(address)
    if found:
        return f"{found[1]}.0/24"
    try:
        host = ipaddress.IPv6Interface(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.IPv6Network((int(host.ip), _V6_PREFIX), strict=False))


def _made(file: Path) -> bytes | None:
    """Make a key file that only its owner can read; ``None`` when the file exists."""
    text = secrets.token_hex(KEY_BYTES).encode()
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return None
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(text + b"\n")
        opened.flush()
        os.fsync(opened.fileno())
    return text


def _read(file: Path, shown: str) -> bytes:
    if not file.is_file():
        raise UsageError(gettext("The key {file} isn't a file.", file=shown), code="key-not-a-file")
    if os.name != "nt" and file.stat().st_mode & 0o077:
        raise UsageError(
            gettext(
                "Other users can read the key {file}. Protect it with chmod 600, or make another.",
                file=shown,
            ),
            code="key-readable",
        )
    with file.open("rb") as opened:
        return opened.read(_MOST_TEXT + 2)
