"""The signer: a certificate chain and its private key, checked before anything is written."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from phonoscope.disclosure.c2pa_library import EXTRA
from phonoscope.errors import MissingExtraError, UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.text import day

_READ_BYTES = 1 << 20
_RSA = ("ps256", "ps384", "ps512")
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Signer:
    """A certificate chain with its private key."""

    certificates_pem: bytes
    """The signer's certificate, followed by its issuers'; PEM."""
    private_key_pem: bytes = field(repr=False)
    """Private key of the first certificate, PEM, not encrypted; never part of a message."""
    algorithm: str | None = None
    """es256, es384, es512, ps256, ps384, ps512 or ed25519; ``None`` chooses by the key."""

    @classmethod
    def of_files(cls, certificates: Path, key: Path, algorithm: str | None = None) -> Signer:
        """Read certificate chain and key from PEM files.

        Raises
        ------
        UsageError
            When one can't be read.
        """
        return cls(_content(certificates), _content(key), algorithm)

    def checked(self) -> tuple[str, bytes]:
        """Return the algorithm, and the key in the library's format (PKCS #8).

        Raises
        ------
        MissingExtraError
            When the extra isn't installed.
        UsageError
            When certificate or key can't be read, don't belong together, or the certificate isn't
            valid today.
        """
        if importlib.util.find_spec("cryptography") is None:
            raise MissingExtraError(EXTRA, gettext("Signing needs the package cryptography."))
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

        leaf = self._certificate()
        key = self._key()
        public = [
            owner.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            for owner in (leaf, key)
        ]
        if public[0] != public[1]:
            raise UsageError(
                gettext(
                    "The private key doesn't belong to the first certificate. The signer's own "
                    "certificate has to come first in the file."
                ),
                code="wrong-key",
            )
        now = datetime.now(UTC)
        if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
            raise UsageError(
                gettext(
                    "The certificate isn't valid today, only from {first} to {last}. Use a "
                    "current one.",
                    first=day(leaf.not_valid_before_utc),
                    last=day(leaf.not_valid_after_utc),
                ),
                code="certificate-not-valid-today",
            )
        pkcs8 = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return _algorithm(key, self.algorithm), pkcs8

    def _certificate(self) -> Any:
        from cryptography import x509  # noqa: PLC0415

        try:
            return x509.load_pem_x509_certificates(self.certificates_pem)[0]
        except ValueError:
            raise UsageError(
                gettext(
                    "The certificate can't be read. It has to be PEM (-----BEGIN CERTIFICATE-----)."
                ),
                code="invalid-certificate",
            ) from None

    def _key(self) -> Any:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            load_pem_private_key,
        )

        # No cause is chained, so that no part of a key ends up in a message or a log.
        try:
            return load_pem_private_key(self.private_key_pem, password=None)
        except TypeError:
            raise UsageError(
                gettext(
                    "The private key is encrypted. Decrypt it first: openssl pkey -in KEY -out "
                    "PLAIN"
                ),
                code="encrypted-key",
            ) from None
        except (ValueError, UnsupportedAlgorithm):
            raise UsageError(
                gettext(
                    "The private key can't be read. It has to be PEM (-----BEGIN PRIVATE KEY-----)."
                ),
                code="invalid-key",
            ) from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_READ_BYTES)
    except OSError as error:
        raise UsageError(
            gettext(
                "{file} can't be read: {reason}.",
                file=printable(str(path)),
                reason=str(error.strerror),
            ),
            code="unreadable-file",
        ) from error


def _algorithm(key: Any, asked: str | None) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415

    fits: tuple[str, ...] = ()
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        fits = _RSA
    elif isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        fits = (_CURVES[key.curve.name],)
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        fits = ("ed25519",)
    if not fits:
        raise UsageError(
            gettext(
                "C2PA can't sign with this kind of key. Use one on P-256, P-384 or P-521, an RSA "
                "key of at least 2048 bits, or Ed25519."
            ),
            code="unsupported-key",
        )
    if asked is not None and asked.lower() not in fits:
        raise UsageError(
            gettext(
                "This key can't sign with {algorithm}. Possible: {algorithms}.",
                algorithm=printable(asked),
                algorithms=", ".join(fits),
            ),
            code="wrong-algorithm",
        )
    return asked.lower() if asked else fits[0]
