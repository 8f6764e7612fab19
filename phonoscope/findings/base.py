"""The door through which every finding about a catalogue enters.

A finding is a file in this package that ends in ``FINDING = Finding(...)``: a question, the
columns it needs, a function that asks the catalogue's tables, and what would mislead. It
aggregates in the database, with fixed bins, so that it works for 10^8 rows and gives the same
on every backend of Ibis; only the few numbers of the answer come here. :func:`findings`
discovers the file; the report, the page and the API show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

from phonoscope.catalogue.backend import materialise
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.catalogue.schema.metadata import DERIVED_COLUMNS
from phonoscope.files import printable
from phonoscope.interval import Interval, wilson
from phonoscope.plugins import collected, without_duplicates
from phonoscope.text import between, percent

if TYPE_CHECKING:
    from pathlib import Path

LISTED_AT_MOST = 200
"""Rows of a list in a report; the answer says how many there are and how to get them all."""

Cell = str | int | float | None


Tables: TypeAlias = CatalogueReader
"""What a finding needs of a catalogue."""


class QuerySession:
    """A catalogue that is asked several questions: what two of them need is computed once.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    source
        Of tables that hold several sources of metadata, show the rows of this one only.
    """

    def __init__(self, catalogue: Tables, source: str | None = None) -> None:
        self._catalogue = catalogue
        self._source = source
        self._kept: dict[Callable[[QuerySession], Any], tuple[Any, Callable[[], object]]] = {}

    @property
    def path(self) -> str | Path:
        """Where the catalogue lies."""
        return self._catalogue.path

    def table(self, name: str) -> Any:
        """Return an Ibis table by name."""
        found = self._catalogue.table(name)
        # A list of artists is a source of its own, and speaks of those of every other.
        if self._source is None or "source" not in found.columns or name == "machine_artists":
            return found
        return found.filter(found.source == self._source)

    @cached_property
    def outdated(self) -> list[str]:
        """Sources of which an earlier version of Phonoscope wrote rows: columns are missing there.

        See :data:`phonoscope.catalogue.schema.metadata.DERIVED_COLUMNS`.
        """
        ingests, tracks = self.table("ingests"), self.table("tracks")
        old = ingests.filter(ingests.state == "done", ingests.deduplicated.isnull())
        ids = old.scan_id.to_pyarrow().to_pylist()
        if not ids:
            return []
        rows = tracks.filter(tracks.scan_id.isin(ids))
        return sorted(set(rows.select("source").distinct().to_pyarrow()["source"].to_pylist()))

    def empty(self, table: str, column: str) -> int:
        """Return how many rows of a table have nothing in a column, exactly.

        A catalogue's files mostly say so at their ends; then no row is read.
        """
        told = getattr(self._catalogue, "empty_cells", None)
        if told is not None and self._source is None:
            count: int | None = told(table, column)
            if count is not None:
                return count
        rows = self.table(table)
        return int(rows.filter(rows[column].isnull()).count().to_pyarrow().as_py())

    def once(self, make: Callable[[QuerySession], Any]) -> Any:
        """Return the Ibis table that ``make`` describes, computed at most once."""
        if make not in self._kept:
            self._kept[make] = materialise(make(self))
        return self._kept[make][0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of what was kept."""
        for _, forget in self._kept.values():
            forget()
        self._kept.clear()


@dataclass(frozen=True)
class Figure:
    """One number of an answer, with what it rests on."""

    name: str
    """Stable name, e.g. ``"duration_median_s"``."""
    value: float | int | None
    unit: str
    """E.g. ``"s"``, ``"share"``, ``"recordings"``."""
    interval: Interval | None = None
    """95 % interval, taking the catalogue as a sample; ``None`` for a plain count."""
    of: int | None = None
    """Number of rows it rests on."""


@dataclass(frozen=True)
class ResultColumn:
    """One column of a table of numbers."""

    name: str
    title: str
    form: str = "count"
    """How a person reads it: count, share, text or decimal."""
    on_page: bool = True
    """Whether a page shows it; CSV and JSON always hold it."""


@dataclass(frozen=True)
class ResultTable:
    """The numbers behind a chart, or a short list."""

    name: str
    title: str
    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int | None = None
    """Rows there are in all, when not all are listed."""
    rest: str = ""
    """Command that gets all of them."""

    @property
    def is_cut(self) -> bool:
        """Whether rows were left out."""
        return self.total is not None and self.total > len(self.rows)


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite chart in two widths, and its content in a sentence."""

    spec: Mapping[str, Any]
    narrow: Mapping[str, Any]
    """The same for a phone, so that its text stays readable."""
    alt: str


@dataclass(frozen=True)
class Answer:
    """What the catalogue answers."""

    headline: str
    """The finding in one sentence, with its number; or in words why there is none."""
    note: str = ""
    """What belongs to the headline but would burden it, e.g. how many rows have no value."""
    certainty: str = ""
    """How sure: an interval, or in what sense the number is exact."""
    figures: tuple[Figure, ...] = ()
    chart: Chart | None = None
    tables: tuple[ResultTable, ...] = ()
    claim: str = ""
    """The finding in a few words for the head of the page; empty when it is no headline."""
    answered: bool = True
    """Whether the data could answer at all."""


def cannot_tell(why: str) -> Answer:
    """Return the answer of a catalogue that cannot answer, saying why."""
    return Answer(headline=why, answered=False)


_OUTDATED = (
    "An earlier version of Phonoscope read {}, and kept less than this question needs: ingest it "
    "again."
)


@dataclass(frozen=True)
class Finding:
    """One question to a whole catalogue."""

    name: str
    title: str
    """Topic in one or two words."""
    question: str
    order: int
    """Place on the page."""
    needs: Mapping[str, tuple[str, ...]]
    """Columns it needs, by table."""
    ask: Callable[[QuerySession], Answer]
    method: str
    """How it was computed, with the paper where there is one."""
    misleads: str
    """What would make a reader believe something false."""

    def answer(self, catalogue: Tables) -> Answer:
        """Ask a catalogue; a catalogue without the columns cannot tell, which is no error."""
        if not isinstance(catalogue, QuerySession):
            with QuerySession(catalogue) as asked:
                return self.answer(asked)
        missing = [
            f"{table}.{column}"
            for table, columns in self.needs.items()
            for column in columns
            if column not in catalogue.table(table).columns
        ]
        if missing:
            return cannot_tell(f"This catalogue cannot tell: it holds no {', '.join(missing)}.")
        needed = {column for columns in self.needs.values() for column in columns}
        if needed & DERIVED_COLUMNS and catalogue.outdated:
            return cannot_tell(_OUTDATED.format(", ".join(map(printable, catalogue.outdated))))
        return self.ask(catalogue)


@dataclass(frozen=True)
class Found:
    """A finding with its answer."""

    finding: Finding
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of one finding in ``report --format json``."""
        answer = asdict(self.answer)
        chart = answer.pop("chart")
        for figure in answer["figures"]:
            low, high = figure.pop("interval") or (None, None)
            figure.update(low=low, high=high)
        return {
            "name": self.finding.name,
            "title": self.finding.title,
            "question": self.finding.question,
            **answer,
            "method": self.finding.method,
            "needs": {table: list(columns) for table, columns in self.finding.needs.items()},
            "misleads": self.finding.misleads,
            "vega_lite": chart["spec"] if chart else None,
        }


@cache
def findings() -> tuple[Finding, ...]:
    """Return every finding, in the order of the page."""
    known = collected("phonoscope_findings")
    without_duplicates("phonoscope_findings", (f.name for f in known))
    return tuple(sorted(known, key=lambda finding: finding.order))


class Progress(Protocol):
    """Is told how far the questions are."""

    def __call__(self, done: int, total: int, question: str) -> None:
        """Take in how many questions are answered, of how many, and the next one."""


def find(
    catalogue: Tables, source: str | None = None, progress: Progress | None = None
) -> tuple[Found, ...]:
    """Ask a catalogue every question; with ``source``, about one source of its metadata only."""
    found = []
    with QuerySession(catalogue, source) as asked:
        for done, finding in enumerate(findings()):
            if progress is not None:
                progress(done, len(findings()), finding.question)
            found.append(Found(finding, finding.answer(asked)))
    return tuple(found)


@dataclass(frozen=True)
class Share:
    """A share of rows, counted exactly, with its interval."""

    hits: int
    total: int
    interval: Interval = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interval", wilson(self.hits, self.total))

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.hits / self.total

    def figure(self, name: str) -> Figure:
        """Return the share as a figure."""
        return Figure(name, self.value, "share", self.interval, self.total)

    def __str__(self) -> str:
        return percent(self.value)

    def certainty(self) -> str:
        """Say how sure the share is."""
        low, high = between(*self.interval)
        return (
            f"{percent(self.value)} is exact for this catalogue. If it is a sample of something "
            f"larger, the share there lies between {low} and {high} (95% interval after Wilson, "
            f"n\u00a0=\u00a0{self.total:,})."
        )
