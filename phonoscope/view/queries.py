"""All queries that pages send to the catalogue."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from os import PathLike
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from phonoscope.catalogue.locations import Locations, locations_of
from phonoscope.catalogue.music_folders import MusicFolders, music_folders
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.errors import CatalogueError
from phonoscope.findings.base import Chart, Found, QuerySession, find
from phonoscope.findings.page import drawn
from phonoscope.findings.plots.svg import draw
from phonoscope.findings.report import name_of
from phonoscope.findings.shared.release_verdicts import Judged, judge_groups
from phonoscope.messages import gettext

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir
    import pyarrow as pa

    from phonoscope.view.statement import Statement

LISTS = 2
"""Threads that read lists: a slow search doesn't hold the others up."""
TALLIES = 256
"""Counts to keep; each is at most nine short rows."""
EXPORTED_ROWS = 20_000
"""Rows of an export in memory at one time."""

Row = dict[str, Any]
TableOf: TypeAlias = "Callable[[str], ir.Table]"
AnswerT = TypeVar("AnswerT")


class Decisions(Protocol):
    """Decisions about copies."""

    def record(self, one: str, other: str, decision: str) -> None:
        """Record whether two recordings are the same."""


@runtime_checkable
class Decided(Protocol):
    """A catalogue that stores decisions about copies."""

    @property
    def decisions(self) -> Decisions:
        """The decisions."""

    def copies_searched(self) -> datetime | None:
        """Return the time of the last search for copies, UTC; ``None`` before the first."""


@runtime_checkable
class Stated(Protocol):
    """A catalogue that shows whether it has changed."""

    def state(self) -> object:
        """Return a value that changes when rows are added or replaced."""


class Queries:
    """Queries and draws in a few threads of its own.

    A catalogue has one connection per thread, and pages are made in many threads. Findings, copies
    and exports can take long, so each has its own thread and doesn't hold up the rest. Each query
    opens the tables again, so that a reloaded page shows what a scan has added. The findings are
    computed again only after a change.
    """

    def __init__(
        self,
        catalogue: CatalogueReader,
        *,
        full_paths: bool = False,
        music: Iterable[str | PathLike[str]] = (),
    ) -> None:
        self._catalogue = catalogue
        self._music = tuple(music)
        self._full_paths = full_paths
        self._rows = ThreadPoolExecutor(1, thread_name_prefix="rows")
        self._lists = ThreadPoolExecutor(LISTS, thread_name_prefix="lists")
        self._exports = ThreadPoolExecutor(1, thread_name_prefix="exports")
        self._tallies: OrderedDict[tuple[str, str], list[Row]] = OrderedDict()
        self._tallies_state: object = None
        self._tallies_lock = Lock()
        self._answered: tuple[object, tuple[Found, ...]] = (None, ())
        self._session: tuple[object, QuerySession] | None = None
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

    def select(self, statement: Statement) -> list[Row]:
        """Return the rows of a statement over the tables; see :mod:`phonoscope.view.lists`."""
        return self._lists.submit(self._selected, statement).result()

    def tally(self, statement: Statement) -> list[Row]:
        """Return the few rows of a statement that counts; once for each state of the catalogue.

        Counts don't depend on a page or an order, so turning pages doesn't count again.
        """
        state = self._catalogue.state() if isinstance(self._catalogue, Stated) else None
        if state is None:
            return self.select(statement)
        key = (statement.text, repr(sorted(statement.values.items())))
        with self._tallies_lock:
            if state != self._tallies_state:
                self._tallies_state = state
                self._tallies.clear()
            if key in self._tallies:
                self._tallies.move_to_end(key)
                return self._tallies[key]
        rows = self.select(statement)
        with self._tallies_lock:
            if state == self._tallies_state:
                self._tallies[key] = rows
                while len(self._tallies) > TALLIES:
                    self._tallies.popitem(last=False)
        return rows

    def _selected(self, statement: Statement) -> list[Row]:
        found = self._connection().sql(statement.text, params=statement.values)
        rows: list[Row] = found.to_arrow_table().to_pylist()
        return rows

    def export(self, statement: Statement, write: Callable[[pa.RecordBatchReader], None]) -> None:
        """Let a function write all rows of a statement, a batch at a time."""

        def exported() -> None:
            found = self._connection().sql(statement.text, params=statement.values)
            write(found.to_arrow_reader(EXPORTED_ROWS))

        self._exports.submit(exported).result()

    def _connection(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's connection, which has one view per table."""
        # Any table: all of them are opened together, in one state of the catalogue.
        backend: Any = self._catalogue.table("files").get_backend()
        connection: duckdb.DuckDBPyConnection = backend.con
        return connection

    def ask(self, question: Callable[[CatalogueReader], AnswerT]) -> AnswerT:
        """Return what a function that reads little returns for the catalogue."""
        return self._rows.submit(question, self._catalogue).result()

    def locations(self) -> Locations:
        """Return how to name files; a scan may have added a folder since the last page."""
        return self._rows.submit(locations_of, self._catalogue, full=self._full_paths).result()

    def music_folders(self) -> MusicFolders:
        """Return the folders whose files may be opened; a scan may have added one."""
        return self._rows.submit(music_folders, self._catalogue, self._music).result()

    def findings(self) -> tuple[Found, ...]:
        """Compute every finding, or return the last result if nothing has changed since."""
        return self._findings.submit(self._found).result()

    def _found(self) -> tuple[Found, ...]:
        catalogue = self._catalogue
        state = catalogue.state() if isinstance(catalogue, Stated) else None
        if state is None or state != self._answered[0]:
            self._answered = (state, find(catalogue, full_paths=self._full_paths))
        return self._answered[1]

    def groups(self, recording_id: str) -> tuple[Judged, ...]:
        """Judge the releases and the artists of a recording; empty if the catalogue can't tell."""
        return self._findings.submit(self._groups, recording_id).result()

    def _groups(self, recording_id: str) -> tuple[Judged, ...]:
        # All releases of the catalogue are counted once, and again only after a change.
        state = self._catalogue.state() if isinstance(self._catalogue, Stated) else object()
        if self._session is None or self._session[0] != state:
            if self._session is not None:
                self._session[1].__exit__()
            self._session = (state, QuerySession(self._catalogue, full_paths=self._full_paths))
        session = self._session[1]
        return tuple(judge_groups(session, by, of=recording_id) for by in ("release", "artist"))

    def drawn(self, found: tuple[Found, ...]) -> dict[str, tuple[str, str]]:
        """Draw the plots of findings, by name of the finding."""
        return self._findings.submit(drawn, found).result()

    def draw(self, chart: Chart, name: str) -> tuple[str, str]:
        """Draw one plot, wide and narrow."""
        return self._rows.submit(draw, chart, name).result()

    def copies(self, question: Callable[[CatalogueReader], AnswerT]) -> AnswerT:
        """Return what a function on copies returns for the catalogue."""
        return self._copies.submit(question, self._catalogue).result()

    def copies_searched(self) -> datetime | None:
        """Return the time of the last search for copies, UTC; ``None`` before the first."""
        keeps = self._catalogue
        if not isinstance(keeps, Decided):
            return None
        return self._copies.submit(keeps.copies_searched).result()

    def decide(self, one: str, other: str, decision: str) -> None:
        """Store a decision about two recordings: the only thing that pages write."""
        keeps = self._catalogue
        if not isinstance(keeps, Decided):
            message = gettext("This catalogue can't store decisions about copies.")
            raise CatalogueError(message, code="no-decisions")
        self._copies.submit(keeps.decisions.record, one, other, decision).result()

    def close(self) -> None:
        """Stop all threads."""
        for pool in (self._rows, self._lists, self._exports, self._findings, self._copies):
            pool.shutdown(wait=False, cancel_futures=True)


def rows_with(queries: Queries, name: str, recording_id: str) -> list[Row]:
    """Return the rows of a table of pairs that contain a recording."""

    def mine(table: TableOf) -> ir.Table:
        pair = table(name).pair
        return table(name).filter(
            pair.startswith(f"{recording_id}-") | pair.endswith(f"-{recording_id}")
        )

    return queries.rows(mine)
