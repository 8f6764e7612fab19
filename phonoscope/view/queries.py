"""The one place where pages ask the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from phonoscope.catalogue.locations import Locations, locations_of
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.errors import CatalogueError
from phonoscope.findings.base import Chart, Found, find
from phonoscope.findings.page import drawn
from phonoscope.findings.plots.svg import draw
from phonoscope.findings.report import name_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

Row = dict[str, Any]
TableOf: TypeAlias = "Callable[[str], ir.Table]"
AnswerT = TypeVar("AnswerT")


class Decisions(Protocol):
    """What people decided about copies."""

    def record(self, one: str, other: str, decision: str) -> None:
        """Record whether two recordings are the same."""


@runtime_checkable
class Decided(Protocol):
    """A catalogue that keeps what people decide about copies."""

    @property
    def decisions(self) -> Decisions:
        """What was decided."""

    def copies_searched(self) -> datetime | None:
        """Return when copies were last searched for, UTC; ``None`` when they never were."""


@runtime_checkable
class Stated(Protocol):
    """A catalogue that tells when it has changed."""

    def state(self) -> object:
        """Return what differs from before when rows were added or replaced."""


class Queries:
    """Asks and draws in three threads of its own.

    A catalogue keeps a connection for each thread that asks it, and pages are made in many
    threads. Findings and copies, which may take long, have their own, so that they do not hold
    up the rest. Tables are taken anew for each question, so that a page loaded again shows what a
    scan has added meanwhile; the findings are asked again only when something was.
    """

    def __init__(self, catalogue: CatalogueReader, *, full_paths: bool = False) -> None:
        self._catalogue = catalogue
        self._full_paths = full_paths
        self._rows = ThreadPoolExecutor(1, thread_name_prefix="rows")
        self._answered: tuple[object, tuple[Found, ...]] = (None, ())
        self._findings = ThreadPoolExecutor(1, thread_name_prefix="findings")
        self._copies = ThreadPoolExecutor(1, thread_name_prefix="copies")

    @property
    def name(self) -> str:
        """Name of the catalogue, safe to show."""
        return name_of(self._catalogue)

    def rows(self, question: Callable[[TableOf], ir.Table]) -> list[Row]:
        """Return the rows of an Ibis expression over the tables."""

        def ask() -> list[Row]:
            rows: list[Row] = question(self._catalogue.table).to_pyarrow().to_pylist()
            return rows

        return self._rows.submit(ask).result()

    def locations(self) -> Locations:
        """Return how to name files; a scan may have added a folder since the last page."""
        return self._rows.submit(locations_of, self._catalogue, full=self._full_paths).result()

    def findings(self) -> tuple[Found, ...]:
        """Ask every finding, or return what was answered when nothing was added since."""
        return self._findings.submit(self._found).result()

    def _found(self) -> tuple[Found, ...]:
        catalogue = self._catalogue
        state = catalogue.state() if isinstance(catalogue, Stated) else None
        if state is None or state != self._answered[0]:
            self._answered = (state, find(catalogue, full_paths=self._full_paths))
        return self._answered[1]

    def drawn(self, found: tuple[Found, ...]) -> dict[str, tuple[str, str]]:
        """Draw the charts of findings, by name of the finding."""
        return self._findings.submit(drawn, found).result()

    def draw(self, chart: Chart, name: str) -> tuple[str, str]:
        """Draw one chart, wide and narrow."""
        return self._rows.submit(draw, chart, name).result()

    def copies(self, question: Callable[[CatalogueReader], AnswerT]) -> AnswerT:
        """Return what the catalogue answers on copies."""
        return self._copies.submit(question, self._catalogue).result()

    def copies_searched(self) -> datetime | None:
        """Return when copies were last searched for, UTC; ``None`` when they never were."""
        keeps = self._catalogue
        if not isinstance(keeps, Decided):
            return None
        return self._copies.submit(keeps.copies_searched).result()

    def decide(self, one: str, other: str, decision: str) -> None:
        """Keep what a person says of two recordings: the one thing that pages write."""
        keeps = self._catalogue
        if not isinstance(keeps, Decided):
            raise CatalogueError("this catalogue keeps no decisions")
        self._copies.submit(keeps.decisions.record, one, other, decision).result()

    def close(self) -> None:
        """Answer no more."""
        for pool in (self._rows, self._findings, self._copies):
            pool.shutdown(wait=False, cancel_futures=True)


def rows_with(queries: Queries, name: str, recording_id: str) -> list[Row]:
    """Return the rows of a table of pairs in which a recording is one of the two."""

    def mine(table: TableOf) -> ir.Table:
        pair = table(name).pair
        return table(name).filter(
            pair.startswith(f"{recording_id}-") | pair.endswith(f"-{recording_id}")
        )

    return queries.rows(mine)
