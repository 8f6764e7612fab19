"""Trusted roots: certificates from which a trusted signer's certificate descends.

None is trusted by default, because neither Phonoscope nor the C2PA library has a list. To trust the
C2PA's list or your own, name a PEM file in ``PHONOSCOPE_TRUST``, or as ``trust`` in the settings.
"""

from __future__ import annotations

import functools
from pathlib import Path

from phonoscope.disclosure.chosen import chosen_file
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.settings import TRUST_BYTES


def trusted_roots(path: Path | None) -> str:
    """Return the PEM text of the trusted certificates; empty if none are trusted.

    Raises
    ------
    UsageError
        When the file can't be read or has no certificate.
    """
    if path is None:
        return ""
    try:
        with path.open("rb") as file:
            text = file.read(TRUST_BYTES).decode("ascii", "replace")
    except OSError as error:
        raise UsageError(
            gettext(
                "The trusted certificates in {file} can't be read: {reason}.",
                file=printable(str(path)),
                reason=str(error.strerror),
            ),
            code="unreadable-file",
        ) from error
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise UsageError(
            gettext(
                "{file} has no certificate in PEM (-----BEGIN CERTIFICATE-----).",
                file=printable(str(path)),
            ),
            code="no-certificate",
        )
    return text


@functools.cache
def default_trust() -> Path | None:
    """Return the file of trusted certificates in the settings; read once per process."""
    return chosen_file("trust")
