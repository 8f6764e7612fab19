"""Templates, stylesheet and script of the findings, shared by the report and the served pages."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from phonoscope.findings.base import Found, ResultTable
from phonoscope.findings.claim import Standing, figure_text
from phonoscope.findings.comparison import CAVEATS, METHOD, Comparison, pair_cells
from phonoscope.findings.csv_export import address, checked_sheet, sheet_of
from phonoscope.findings.page.template_messages import MESSAGES, shown
from phonoscope.findings.plots.svg import draw
from phonoscope.text import count, number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment


def asset(name: str) -> str:
    """Return the text of a file of this package, e.g. ``style.css``."""
    return files(__package__).joinpath(name).read_text("utf-8")


def cell(value: Any, form: str) -> str:
    """Return a cell of a table of numbers as a person reads it."""
    if value is None:
        return "\u2013"
    if form == "count":
        return count(int(value))
    if form == "share":
        return percent(float(value))
    return number(float(value), 2) if form == "decimal" else str(value)


def csv_address(table: ResultTable) -> str:
    """Return where a page finds a table as CSV: in the page itself."""
    return address(sheet_of(table))


@cache
def environment() -> Environment:
    """Return the Jinja environment: everything is escaped unless a template says it is markup."""
    import jinja2  # noqa: PLC0415  (only pages need it)

    made = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    made.filters.update(
        cell=cell,
        count_words=count,
        csv_address=csv_address,
        data_address=address,
        checked_sheet=checked_sheet,
        figure_text=figure_text,
        pair_cells=pair_cells,
    )
    made.globals.update(MESSAGES)
    made.globals.update(standings=tuple(Standing), compared=METHOD, compared_caveats=CAVEATS)
    return made


def drawn(found: Sequence[Found]) -> dict[str, tuple[str, str]]:
    """Return the charts of findings as SVG, wide and narrow, by name of the finding."""
    return {
        item.finding.name: draw(item.answer.chart, item.finding.name)
        for item in found
        if item.answer.chart
    }


def drawn_beside(comparison: Comparison) -> dict[str, tuple[str, str]]:
    """Return the charts that both catalogues have, for half the width, by name of the finding."""
    made = {}
    for item in comparison.beside:
        one, other = item.one.answer.chart, item.other.answer.chart
        if one is not None and other is not None:
            name = item.finding.name
            made[name] = (draw(one, f"{name}-one")[1], draw(other, f"{name}-other")[1])
    return made
