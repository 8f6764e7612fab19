"""Rebuild the recordings that the shipped detector was trained on from where they are published.

    python -m bench.restore_recordings docs/model-cards/generated-recordings.csv FOLDER
        [--git-url https://github.com/{source}.git] [--excerpts FOLDER]

Packages come from Debian (``apt-get download``, no root needed), the rest from public
repositories. A file counts only if its hash is the listed one. The list that training reads,
``FOLDER/recordings.csv``, names the files that were found; what is missing is printed. Excerpts of
pages that weren't packaged or committed (``excerpt:`` in the list) can't be fetched; ``--excerpts``
is where they are, if you have them.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

DEBIAN, EXCERPT = "debian:", "excerpt:"
Record = dict[str, str]


def digest(data: bytes) -> str:
    """Return the hash that the list gives: 16 digits of SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def of_package(package: str, records: list[Record]) -> Iterator[tuple[Record, bytes]]:
    """Unpack a Debian package and yield the files listed."""
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(
            ["apt-get", "download", "-qq", package], check=False, cwd=folder
        ).returncode:
            return
        (deb,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg", "-x", deb, f"{folder}/unpacked"], check=True)
        root = Path(folder, "unpacked").resolve()
        for record in records:
            file = (root / record["path"]).resolve()
            if file.is_relative_to(root) and file.is_file():
                yield record, file.read_bytes()


def of_repository(url: str, records: list[Record]) -> Iterator[tuple[Record, bytes]]:
    """Fetch a repository without its files, and then the files listed."""
    with tempfile.TemporaryDirectory() as folder:
        clone = ["git", "clone", "-q", "--bare", "--filter=blob:none", url, folder]
        if subprocess.run(clone, check=False).returncode:
            return
        for record in records:
            name = f"{record['commit'] or 'HEAD'}:{record['path']}"
            found = subprocess.run(
                ["git", "--git-dir", folder, "cat-file", "blob", name],
                check=False,
                capture_output=True,
            )
            if found.returncode == 0:
                yield record, found.stdout


def of_excerpts(folder: Path, records: list[Record]) -> Iterator[tuple[Record, bytes]]:
    """Take excerpts from a folder."""
    for record in records:
        file = folder / record["path"].removeprefix(EXCERPT)
        if file.is_file():
            yield record, file.read_bytes()


def restore(records: list[Record], out: Path, git_url: str, excerpts: Path | None) -> list[Record]:
    """Write the files that can be found; return their records, with ``file`` added."""
    by_source = defaultdict(list)
    for record in records:
        kind = EXCERPT if record["path"].startswith(EXCERPT) else ""
        by_source[kind + record["source"]].append(record)
    found = []
    for source, some in sorted(by_source.items()):
        if source.startswith(EXCERPT):
            files = of_excerpts(excerpts, some) if excerpts else iter(())
        elif source.startswith(DEBIAN):
            files = of_package(source.removeprefix(DEBIAN), some)
        else:
            files = of_repository(git_url.format(source=source), some)
        for record, data in files:
            if digest(data) != record["sha256"]:
                continue
            name = f"{record['sha256']}{Path(record['path']).suffix}"
            (out / name).write_bytes(data)
            found.append({**record, "file": name})
    return found


def main() -> None:
    """Restore what can be found and write its list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--git-url", default="https://github.com/{source}.git")
    parser.add_argument("--excerpts", type=Path)
    asked = parser.parse_args()
    with asked.list.open(newline="", encoding="utf-8") as lines:
        records = list(csv.DictReader(lines))
    asked.folder.mkdir(parents=True, exist_ok=True)
    found = restore(records, asked.folder, asked.git_url, asked.excerpts)
    with (asked.folder / "recordings.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, [*records[0], "file"])
        writer.writeheader()
        writer.writerows(found)
    there = {record["sha256"] for record in found}
    for record in records:
        if record["sha256"] not in there:
            print(f"missing: {record['source']} {record['path']}", file=sys.stderr)
    print(f"{len(found)} of {len(records)} recordings")


if __name__ == "__main__":
    main()
