"""What looking for a C2PA manifest costs, as a ratio to opening a file and reading its tags.

    python bench/manifests.py MUSIC_FOLDER [--rounds 200]

Each file is opened and its tags are read; then its container is walked for a manifest. Medians
over rounds, files in the page cache. `read_ms` is for a file that has one, the whole library
behind it: signed by Phonoscope, read with its signature checked, so it grows with the file.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from phonoscope.disclosure.manifest import find_manifest
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.read import read_marks
from phonoscope.disclosure.signer import Signer
from phonoscope.disclosure.signing import sign
from phonoscope.disclosure.tags import file_fields
from phonoscope.errors import UsageError


def throwaway() -> Signer:
    """Return a signer that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [(NameOID.ORGANIZATION_NAME, "Bench"), (NameOID.COMMON_NAME, "Bench")]
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    now = dt.datetime.now(dt.UTC)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False
        )
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Signer(certificate.public_bytes(serialization.Encoding.PEM), pem)


def median_ms(what: Callable[[], object], rounds: int) -> float:
    """Return the median time of a call, ms."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        taken.append(time.perf_counter() - began)
    return 1e3 * statistics.median(taken)


def opened(path: Path, ask: Callable[..., object], *more: object) -> Callable[[], object]:
    """Return a call that opens a file and asks it something."""

    def call() -> object:
        with path.open("rb") as file:
            return ask(file, *more)

    return call


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=200)
    asked = parser.parse_args()
    signer = throwaway()
    said = Declaration("c2pa", Part.WHOLE, Making.GENERATED, None, None, "", "")
    print("file_mb  tags_ms  find_ms  ratio  read_ms  file")
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(p for p in asked.folder.rglob("*") if p.is_file()):
            tags = median_ms(opened(path, file_fields), asked.rounds)
            find = median_ms(opened(path, find_manifest), asked.rounds)
            signed = Path(folder) / "signed"
            try:
                sign(path, signed, [said], signer)
                read = f"{median_ms(opened(signed, read_marks, {}), 5):7.1f}"
            except UsageError:
                read = "      -"
            size = path.stat().st_size / 1e6
            print(f"{size:7.1f} {tags:8.3f} {find:8.3f} {find / tags:6.2f}  {read}  {path.name}")


if __name__ == "__main__":
    main()
