"""Templates, stylesheet and script of the findings, shared by the report and ``serve``."""

from __future__ import annotations

import logging
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from phonoscope.findings.amounts import NONE, figure_text
from phonoscope.findings.base import Found, ResultTable
from phonoscope.findings.claim import STANDINGS, Checked, Standing
from phonoscope.findings.comparison import CAVEATS, COUNTED, METHOD, Comparison, pair_cells
from phonoscope.findings.csv_export import address, checked_sheet, sheet_of
from phonoscope.findings.page.template_messages import MESSAGES, shown
from phonoscope.findings.plots.svg import draw
from phonoscope.language import current
from phonoscope.messages import Localised
from phonoscope.text import count, number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

_log = logging.getLogger(__name__)
_SHORT_ID = 8
"""Digits of a recording's id that are shown; they are unique in most catalogues."""


def asset(name: str) -> str:
    """Return the text of a file of this package, e.g. ``style.css``."""
    return files(__package__).joinpath(name).read_text("utf-8")


def cell(value: Any, form: str) -> str:
    """Return a cell of a table of numbers as a person reads it."""
    if value is None:
        return NONE
    if form == "count":
        return count(int(value))
    if form == "share":
        return percent(float(value))
    if form == "decimal":
        return number(float(value), 2)
    if form == "recording":
        return str(value)[:_SHORT_ID]
    return value if isinstance(value, str) else str(value)


def is_data(value: Any) -> bool:
    """Return whether a cell is data of the catalogue, which no language translates."""
    return isinstance(value, str) and not isinstance(value, Localised)


def by_standing(checks: Sequence[Checked]) -> dict[str, list[Checked]]:
    """Return claims by the name of their standing."""
    return {
        standing.name: [check for check in checks if check.standing is standing]
        for standing in Standing
    }


def language_tag() -> str:
    """Return the language of the process as HTML names it, e.g. ``pt-BR``."""
    return current().code.replace("_", "-")


def csv_address(table: ResultTable) -> str:
    """Return a table as a ``data:`` address of CSV, which is in the page itself."""
    return address(sheet_of(table))


@cache
def environment() -> Environment:
    """Return the Jinja environment: it escapes everything that isn't marked as markup."""
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
        by_standing=by_standing,
        cell=cell,
        count_words=count,
        csv_address=csv_address,
        data_address=address,
        checked_sheet=checked_sheet,
        figure_text=figure_text,
        pair_cells=pair_cells,
    )
    made.globals.update(MESSAGES)
    made.tests.update(data=is_data)
    made.globals.update(
        compared=METHOD,
        compared_caveats=CAVEATS,
        counted_tables=COUNTED,
        language_tag=language_tag,
        standings=STANDINGS,
    )
    return made


def drawn(found: Sequence[Found]) -> dict[str, tuple[str, str]]:
    """Return the plots of findings as SVG, wide and narrow, by name of the finding.

    One that can't be drawn is left out; its numbers are in the finding's tables.
    """
    made = {}
    for item in found:
        if item.answer.chart:
            try:
                made[item.finding.name] = draw(item.answer.chart, item.finding.name)
            except Exception as error:
                # Rows from anyone, in another project's renderer: it can raise anything.
                _log.warning("plot %s failed: %s", item.finding.name, type(error).__name__)
    return made


def drawn_pairs(comparison: Comparison) -> dict[str, tuple[str, str]]:
    """Return the plots that both catalogues have, for half the width, by name of the finding."""
    made = {}
    for item in comparison.findings:
        one, other = item.one.answer.chart, item.other.answer.chart
        if one is not None and other is not None:
            name = item.finding.name
            made[name] = (draw(one, f"{name}-one")[1], draw(other, f"{name}-other")[1])
    return made
