"""Roots that the user trusts: certificates from which a trusted signer's descends.

None is trusted by default: neither Phonoscope nor the C2PA library brings a list. Whoever
wants the list of the C2PA or of their own house names a PEM file: ``PHONOSCOPE_TRUST``, or
``trust`` in the settings.
"""

from __future__ import annotations

import functools
from pathlib import Path

from phonoscope.disclosure.chosen import chosen_file
from phonoscope.errors import UsageError
from phonoscope.settings import TRUST_BYTES


def trusted_roots(path: Path | None) -> str:
    """Return the PEM text of the trusted certificates; empty when none are trusted.

    Raises
    ------
    UsageError
        When the file cannot be read or holds no certificate.
    """
    if path is None:
        return ""
    try:
        with path.open("rb") as file:
            text = file.read(TRUST_BYTES).decode("ascii", "replace")
    except OSError as error:
        raise UsageError(f"the trusted certificates in {path} cannot be read: {error}") from error
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise UsageError(f"{path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")
    return text


@functools.cache
def default_trust() -> Path | None:
    """Return the file of trusted certificates that the settings name, once in a process."""
    return chosen_file("trust")
