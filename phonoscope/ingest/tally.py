"""Counts of rows read, kept and rejected, and whether they add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from phonoscope.errors import PhonoscopeError
from phonoscope.ingest.base import Chunk, EmptiedCells
from phonoscope.ingest.summary import TableCount
from phonoscope.messages import gettext


class Tally:
    """Counts what is read, kept and rejected, each where it happens."""

    def __init__(self) -> None:
        self._read: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._reasons: dict[str, Counter[str]] = {}
        self._emptied: dict[str, dict[tuple[str, str], EmptiedCells]] = {}

    @classmethod
    def of(cls, tables: Mapping[str, TableCount]) -> Self:
        """Return a tally that begins with the counts of :meth:`tables`."""
        tally = cls()
        for name, count in tables.items():
            tally._read[name], tally._kept[name] = count.read, count.kept
            tally._reasons[name] = Counter(count.reasons)
            tally._emptied[name] = {(e.column, e.reason): e for e in count.emptied}
        return tally

    def add(self, chunk: Chunk) -> None:
        """Count a chunk."""
        self._read[chunk.source_table] += chunk.read
        self._kept[chunk.source_table] += chunk.kept
        reasons = self._reasons.setdefault(chunk.source_table, Counter())
        reasons.update(reject.reason for reject in chunk.rejects)
        emptied = self._emptied.setdefault(chunk.source_table, {})
        for each in chunk.emptied:
            key = each.column, each.reason
            before = emptied.get(key)
            emptied[key] = each if before is None else _more(before, each.count)

    def read_by_table(self) -> dict[str, int]:
        """Return rows read by table of the source."""
        return dict(self._read)

    @property
    def read(self) -> int:
        """Rows read."""
        return self._read.total()

    @property
    def kept(self) -> int:
        """Rows kept."""
        return self._kept.total()

    @property
    def rejected(self) -> int:
        """Rows rejected."""
        return self.reasons().total()

    def reasons(self) -> Counter[str]:
        """Return rejected rows by reason."""
        return sum(self._reasons.values(), Counter())

    def emptied(self) -> list[EmptiedCells]:
        """Return the cells that can't be read, the most frequent column and reason first."""
        found = [each for one in self._emptied.values() for each in one.values()]
        return sorted(found, key=lambda each: -each.count)

    def tables(self) -> dict[str, TableCount]:
        """Return the counts of each table of the source."""
        return {
            name: TableCount(
                self._read[name],
                self._kept[name],
                reasons.total(),
                dict(reasons.most_common()),
                list(self._emptied.get(name, {}).values()),
            )
            for name, reasons in self._reasons.items()
        }

    def check(self, written: Mapping[str, int]) -> None:
        """Check that no row got lost between reading and writing.

        Raises
        ------
        PhonoscopeError
            When the counts don't add up, which is a fault of Phonoscope.
        """
        adds_up = all(t.read == t.kept + t.rejected for t in self.tables().values())
        if not adds_up or written.get("rejects", 0) != self.rejected:
            raise PhonoscopeError(
                gettext(
                    "A fault in Phonoscope, please report it: {read} rows were read, but {kept} "
                    "kept and {rejected} rejected.",
                    read=self.read,
                    kept=self.kept,
                    rejected=self.rejected,
                ),
                code="rows-lost",
            )


def _more(emptied: EmptiedCells, count: int) -> EmptiedCells:
    return replace(emptied, count=emptied.count + count)
