"""The state of an unfinished ingest, stored so that the same command resumes it.

One small file for each origin, written after each batch and removed at the end. A batch that it
doesn't name is incomplete: its parts are removed and its rows read again. A catalogue on a remote
store gets no such file, because there nobody knows whether another process still writes.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, BinaryIO

from phonoscope.catalogue.parts import SUFFIX, scan_of
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import Store
from phonoscope.errors import CatalogueError, SourceError, UnreadableError
from phonoscope.files import local_path, shown, stat_source
from phonoscope.ingest.base import EmptiedCells, Position
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.readers.folder import files_in
from phonoscope.ingest.summary import TableCount
from phonoscope.messages import gettext

FOLDER = "_unfinished"
"""Folder in the catalogue. The names of tables don't begin like this."""
CHANGED = {
    "source": gettext("The source has changed since the last run."),
    "name": gettext("The last run gave it another name (--as)."),
    "id_from": gettext("The last run derived ids from other fields (--id-from)."),
    "mapping": gettext("The last run mapped its columns differently (--map)."),
    "forms": gettext("The last run had another --encoding, --decimal or --dates."),
    "format": gettext("The last run read it as another format."),
    "version": gettext("Another version of Phonoscope did the last run."),
    "rows": gettext("The tables of a catalogue have other columns now."),
    "accounts": gettext("The last run hid its accounts with another key (--key)."),
}
"""Why an ingest can't resume, by what has changed."""
_SIDE_FILES = ("-wal", "-journal")
"""What SQLite writes before it changes the file itself."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of an ingest when its last batch was written."""

    fingerprint: Mapping[str, str]
    """What must be the same for another ingest to resume; see :func:`fingerprint_of`."""
    scan_id: str
    started_utc: datetime
    batch: str
    """The last complete batch."""
    position: Position | None
    """Where reading can begin again; ``None`` at the start."""
    before: Mapping[str, TableCount]
    """Rows read before that place, by table of the source."""
    passed: int
    """Chunks written since that place."""
    tables: Mapping[str, TableCount]
    """All rows read, by table of the source."""
    written: Mapping[str, int]
    """Rows written, by table of the catalogue."""

    @property
    def next_row(self) -> int:
        """Number of the next row, counted over all tables."""
        return 1 + sum(count.read for count in self.tables.values())


class CheckpointFile:
    """The file with the checkpoint of an origin; see :func:`locked_checkpoint`."""

    def __init__(self, store: Store, origin: str) -> None:
        self._store = store
        digest = blake2b(origin.encode(), digest_size=8).hexdigest()
        self._name, self.lock_name = f"{FOLDER}/{digest}.json", f"{FOLDER}/{digest}.lock"

    def keep(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint in place of the former one."""
        if not self._store.place.can_lock:
            return
        fields = dataclasses.asdict(checkpoint)
        text = json.dumps({**fields, "started_utc": checkpoint.started_utc.isoformat()})

        def fill(file: BinaryIO) -> None:
            file.write(text.encode())

        self._store.place.write(self._name, fill)

    def find(self, fingerprint: Mapping[str, str]) -> tuple[Checkpoint | None, str]:
        """Return where to resume; or ``None`` and why it can't, empty without a checkpoint."""
        text = self._store.place.read(self._name) if self._store.place.can_lock else None
        if text is None:
            return None, ""
        try:
            fields = json.loads(text)
            if "same" in fields:
                # The name of the fingerprint before version 0.2.
                return None, CHANGED["version"]
            found = _parsed(fields)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None, gettext("{file} is damaged.", file=f"{self._store.name}/{self._name}")
        if self._is_done(found.scan_id):
            return None, ""
        if not fingerprint["source"]:
            return None, gettext("Nothing shows whether the source has changed.")
        changed = next(
            (name for name in CHANGED if found.fingerprint.get(name) != fingerprint[name]), None
        )
        return (None, CHANGED[changed]) if changed else (found, "")

    def forget(self) -> None:
        """Remove the checkpoint, and temporary files of killed processes."""
        place = self._store.place
        if place.can_lock:
            place.remove(self._name)
            for name, _ in list(place.temporaries(FOLDER)):
                if name.endswith(f"-{self._name.rpartition('/')[2]}"):
                    place.remove(name)

    def _is_done(self, scan_id: str) -> bool:
        """Whether the process ended after its last row of ``ingests``, before this was removed."""
        parts = self._store.live_parts("ingests")
        rows = self._store.rows("ingests", parts, ["scan_id", "deduplicated"])
        return any(r["deduplicated"] and r["scan_id"] == scan_id for r in rows)


def _parsed(found: dict[str, Any]) -> Checkpoint:
    counts = {
        name: {table: _count(count) for table, count in found[name].items()}
        for name in ("before", "tables")
    }
    started_utc = datetime.fromisoformat(found["started_utc"])
    return Checkpoint(**{**found, **counts, "started_utc": started_utc})


def _count(found: dict[str, Any]) -> TableCount:
    return TableCount(
        **{**found, "emptied": [EmptiedCells(**each) for each in found.get("emptied", ())]}
    )


@contextmanager
def locked_checkpoint(store: Store, origin: str) -> Iterator[CheckpointFile]:
    """Give the checkpoint of an origin to one process at a time.

    Raises
    ------
    CatalogueError
        When another process reads the same source into this catalogue.
    """
    kept = CheckpointFile(store, origin)
    if not store.place.can_lock:
        yield kept
        return
    lock = store.place.lock(kept.lock_name)
    if lock is None:
        raise CatalogueError(
            gettext(
                "Another process is reading {source} into {catalogue}. Wait until it is done, or "
                "stop it.",
                source=shown(origin),
                catalogue=store.name,
            ),
            code="being-read",
        )
    with lock:
        try:
            yield kept
        finally:
            with suppress(CatalogueError):
                store.place.remove(kept.lock_name)


def remove_after(store: Store, scan_id: str, batch: str) -> None:
    """Let the parts no longer count that an ingest wrote after its last complete batch.

    Parts that never counted are removed at once; the others stay for those who read them.
    """
    removed = {}
    version = store.version()
    for name, table in tables().items():
        there = store.place.names(name) if table.ingested else ()
        late = [p for p in there if scan_of(p) == scan_id and p.removesuffix(SUFFIX) > batch]
        live, known = {*version.live(name)}, {*version.replaced.get(name, ())}
        removed[name] = [part for part in late if part in live]
        for part in late:
            if part not in live | known:
                store.place.remove(f"{name}/{part}")
    if any(removed.values()):
        store.change({}, removed)


def fingerprint_of(
    origin: str,
    *,
    name: str,
    source_format: str,
    mapping: str | None,
    version: str,
    accounts: str,
    options: SourceOptions,
) -> dict[str, str]:
    """Return what must be the same for an interrupted ingest to resume.

    Parameters
    ----------
    origin
        URI of the source.
    name, source_format, mapping, version
        As in table ``ingests``.
    accounts
        Differs when accounts are hidden with another key.
    options
        What else the user says of the source.
    """
    columns = [(t.name, t.key, str(t.schema)) for t in tables().values() if t.ingested]
    return {
        "source": _stamp(origin),
        "name": name,
        "format": source_format,
        "mapping": mapping or "",
        "version": version,
        "accounts": accounts,
        "id_from": ",".join(options.id_from),
        "forms": f"{options.encoding},{options.decimal},{options.dates}",
        "rows": _digest(columns),
    }


def _stamp(origin: str) -> str:
    """Return what changes with a source: sizes and times; empty when they're unknown."""
    local = local_path(origin)
    try:
        if local is None:
            told = stat_source(origin)
            return _digest(told) if told.size_bytes >= 0 and told.mtime_ns else ""
        sides = [local.with_name(local.name + side) for side in _SIDE_FILES]
        files = (
            files_in(local, shown(origin))
            if local.is_dir()
            else [local, *(side for side in sides if side.exists())]
        )
        return _digest([(os.fsencode(f), (s := f.stat()).st_size, s.st_mtime_ns) for f in files])
    except (OSError, SourceError, UnreadableError):
        return ""


def _digest(told: object) -> str:
    return blake2b(repr(told).encode(), digest_size=16).hexdigest()
