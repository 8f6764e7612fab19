"""Versions: which parts a catalogue consists of, one whole list after each change.

A change writes new parts first and then the next file ``_versions/<number>.json``, which lists
every part that counts. That file is made only if there is none of its number, so of two writers one
succeeds and the other starts from the new list. A reader keeps one list from start to end and never
sees half a change (docs/decisions/one-version.md).

Because a list is whole, what all changes write together grows with the square of their number.
Compactions make the list short again.

A part that a change replaces stays on disk until a compaction removes it, for those who still read
an earlier version. The list can be made again from the parts, because a compacted part names
those that it replaces.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from phonoscope.catalogue.parts import SUFFIX, sort_parts
from phonoscope.catalogue.storage import Storage
from phonoscope.errors import CatalogueError
from phonoscope.messages import gettext, ngettext

_log = logging.getLogger(__name__)

FOLDER = "_versions"
"""Folder in the catalogue. The names of tables don't begin like this."""
_SHAPE = "phonoscope-versions/1"
_ENDING = ".json"
_KEPT = 16
"""Versions that stay: who has listed them may still open one, and a damaged one needs the one
before."""
_TRIES = 300
_LONGEST_WAIT_S = 0.1

Names = Mapping[str, Collection[str]]
"""Names of parts, by table."""


@dataclass(frozen=True)
class Version:
    """The parts of a catalogue at one moment."""

    number: int = 0
    """Counts the changes; 0 when no change was recorded."""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the parts that count, by table, oldest first."""
    replaced: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Parts on disk that no longer count, by table, with the time they were replaced, in seconds
    since 1970 UTC."""

    def live(self, table: str) -> list[str]:
        """Return the parts of a table that count, oldest first."""
        return list(self.parts.get(table, ()))

    def changed(self, added: Names, removed: Names, forgotten: Names) -> Version:
        """Return the next version; see :meth:`Versions.change`.

        Examples
        --------
        >>> one = Version().changed({"files": ["1-a.parquet", "2-b.parquet"]}, {}, {})
        >>> two = one.changed({"files": ["3-compact.parquet"]}, {"files": one.live("files")}, {})
        >>> two.number, two.live("files"), sorted(two.replaced["files"])
        (2, ['3-compact.parquet'], ['1-a.parquet', '2-b.parquet'])
        """
        now_s = time.time()
        parts: dict[str, tuple[str, ...]] = {}
        replaced: dict[str, dict[str, float]] = {}
        for table in sorted({*self.parts, *self.replaced, *added, *removed}):
            gone = {*removed.get(table, ())}
            new = {*added.get(table, ())}
            parts[table] = tuple(sorted(({*self.parts.get(table, ())} | new) - gone))
            before = {**dict.fromkeys(gone, now_s), **self.replaced.get(table, {})}
            dropped = {*forgotten.get(table, ()), *new} - gone
            replaced[table] = {n: at_s for n, at_s in before.items() if n not in dropped}
        return Version(self.number + 1, _filled(parts), _filled(replaced))

    def to_bytes(self) -> bytes:
        """Return the content of the version's file."""
        shape = {"format": _SHAPE, "parts": self.parts, "replaced": self.replaced}
        return json.dumps(shape, indent=0).encode()


def _filled(by_table: dict[str, Any]) -> dict[str, Any]:
    return {table: names for table, names in by_table.items() if names}


class Versions:
    """The versions of a catalogue.

    Parameters
    ----------
    place
        The catalogue's folder.
    """

    def __init__(self, place: Storage) -> None:
        self._place = place
        self._last: tuple[str, bytes, Version] | None = None
        self._said_missing = False

    def newest(self) -> Version:
        """Return the newest version; one listed from the parts where its file is damaged or gone.

        Raises
        ------
        CatalogueError
            When the catalogue can't be read.
        """
        for _ in range(_TRIES):
            files = self._files()
            if not files:
                return listed(self._place)
            content = self._place.read(f"{FOLDER}/{files[-1]}")
            if content is None:
                # Newer ones have taken its place since.
                continue
            # Its name isn't enough: a copy of the catalogue may have been restored.
            if self._last is not None and self._last[:2] == (files[-1], content):
                return self._last[2]
            found = _parsed(files[-1], content) or self._listed_again(files)
            self._last = files[-1], content, found
            return found
        raise _changes_too_often(self._place)

    def change(
        self,
        added: Names,
        removed: Names | None = None,
        forgotten: Names | None = None,
    ) -> Version:
        """Make a change that counts as a whole, or not at all.

        Parameters
        ----------
        added
            Parts that count from now on; they have to be on disk.
        removed
            Parts that no longer count.
        forgotten
            Replaced parts that are no longer on disk.

        Raises
        ------
        CatalogueError
            When another process has replaced one of the removed parts (``compacted-meanwhile``),
            or the change can't be written. Nothing is lost.
        """
        removed = removed or {}
        for attempt in range(_TRIES):
            before = self.newest()
            _check_none_is_gone(self._place, before, removed)
            after = before.changed(added, removed, forgotten or {})
            if self._wrote(before, after, added, removed):
                return after
            longest_s = min(_LONGEST_WAIT_S, 0.002 * 2**attempt)
            time.sleep(random.uniform(0, longest_s))  # noqa: S311 - only keeps writers apart
        raise _changes_too_often(self._place)

    def begin(self) -> None:
        """Record that a new catalogue has no parts, unless another process just did."""
        self._place.create(_file_of(1), Version().to_bytes())

    def begin_with_parts(self) -> None:
        """Record the parts of a catalogue of an earlier format, unless another process just did.

        Versions that an interrupted attempt left behind are out of date.
        """
        # Before the parts are listed: another process may begin and then add to them.
        number = 1 + max(map(_number_of, self._files()), default=0)
        self._place.create(_file_of(number), listed(self._place).to_bytes())

    def say_missing(self) -> None:
        """Say, once, that there should be versions and are none."""
        if not self._said_missing:
            _log.warning(
                "the list of a catalogue's parts (%s) is missing; it is made again from the parts",
                FOLDER,
            )
        self._said_missing = True

    def _wrote(self, before: Version, after: Version, added: Names, removed: Names) -> bool:
        """Write a version, unless another writer was faster."""
        if not self._place.create(_file_of(after.number), after.to_bytes()):
            return False
        files = self._files()
        if before.number and f"{before.number:012d}{_ENDING}" not in files:
            # Out of date by so many versions that this number had been there and was removed.
            newest = self.newest()
            return all({*names} <= {*newest.live(table)} for table, names in added.items()) and all(
                {*names}.isdisjoint(newest.live(table)) for table, names in removed.items()
            )
        for name in files[:-_KEPT]:
            with suppress(CatalogueError):
                self._place.remove(f"{FOLDER}/{name}")
        return True

    def _files(self) -> list[str]:
        """Return the names of the versions' files, oldest first."""
        return [name for name in self._place.names(FOLDER) if _number_of(name)]

    def _listed_again(self, files: list[str]) -> Version:
        """Return a version in place of the newest one, whose file is damaged."""
        _log.warning(
            "the list of the catalogue's parts (%s/%s) is damaged; it is made again from the parts",
            FOLDER, files[-1],
        )  # fmt: skip
        found = listed(self._place)
        before = next(filter(None, map(self._read, reversed(files[:-1]))), Version())
        parts = {
            table: tuple(name for name in names if name not in before.replaced.get(table, {}))
            for table, names in found.parts.items()
        }
        replaced = {
            table: {**found.replaced.get(table, {}), **before.replaced.get(table, {})}
            for table in {*found.replaced, *before.replaced}
        }
        return Version(_number_of(files[-1]), _filled(parts), _filled(replaced))

    def _read(self, name: str) -> Version | None:
        content = self._place.read(f"{FOLDER}/{name}")
        return None if content is None else _parsed(name, content)


def listed(place: Storage) -> Version:
    """Return which parts count according to the parts themselves, as before there were versions."""
    from phonoscope.catalogue.schema.tables import tables  # noqa: PLC0415  (imports all features)

    now_s = time.time()
    sorted_parts = {name: sort_parts(place, table) for name, table in tables().items()}
    return Version(
        0,
        {name: tuple(live) for name, (live, _) in sorted_parts.items() if live},
        {name: dict.fromkeys(dead, now_s) for name, (_, dead) in sorted_parts.items() if dead},
    )


def _parsed(name: str, content: bytes) -> Version | None:
    """Return the version in a file, or ``None`` when the file is damaged."""
    try:
        found = json.loads(content)
        if found["format"] != _SHAPE:
            return None
        parts = {table: tuple(map(_part, names)) for table, names in found["parts"].items()}
        replaced = {
            table: {_part(name): float(at_s) for name, at_s in names.items()}
            for table, names in found["replaced"].items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return Version(_number_of(name), parts, replaced)


def _part(name: str) -> str:
    """Return a part's name if it is one: it never leads out of the folder of its table."""
    if not name.endswith(SUFFIX) or name.startswith((".", "_")) or not {*"/\\\0"}.isdisjoint(name):
        raise ValueError(name)
    return name


def _number_of(name: str) -> int:
    digits = name.removesuffix(_ENDING)
    return int(digits) if name.endswith(_ENDING) and digits.isascii() and digits.isdigit() else 0


def _file_of(number: int) -> str:
    return f"{FOLDER}/{number:012d}{_ENDING}"


def _check_none_is_gone(place: Storage, version: Version, removed: Names) -> None:
    for table, names in removed.items():
        if gone := {*names} - {*version.live(table)}:
            message = ngettext(
                "Another process replaced {n} part of '{table}' in {catalogue} at the same time. "
                "Nothing is lost. Run the command again.",
                "Another process replaced {n} parts of '{table}' in {catalogue} at the same time. "
                "Nothing is lost. Run the command again.",
                len(gone),
                catalogue=place.name,
                table=table,
            )
            raise CatalogueError(message, code="compacted-meanwhile")


def _changes_too_often(place: Storage) -> CatalogueError:
    message = gettext(
        "Too many processes write to {catalogue} at the same time. Nothing is lost. Run the "
        "command again.",
        catalogue=place.name,
    )
    return CatalogueError(message, code="changing")


def newest_name(version: Version) -> str:
    """Return the newest name of any part, or empty text."""
    names: list[Iterable[str]] = [*version.parts.values(), *version.replaced.values()]
    return max((name for some in names for name in some), default="")
