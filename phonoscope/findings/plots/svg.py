"""Plots as static SVG, so that a page needs no script to show them."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from textwrap import wrap
from typing import Any

from phonoscope.findings.base import Chart
from phonoscope.language import current
from phonoscope.messages import localised

_REFERENCE = re.compile(r'((?:\bid="|url\(#|href="#))')
_CHARACTER_PX = 6.6
"""Width of a character of an axis title, px, rather too wide than too narrow."""
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*?>')


def draw(chart: Chart, name: str) -> tuple[str, str]:
    """Return a plot as two SVG elements, wide and narrow, in the language of the process.

    Parameters
    ----------
    chart
        What to draw.
    name
        Unique on the page: the prefix of all identifiers in the SVG.

    Returns
    -------
    wide, narrow
        SVG markup; everything in it that came from outside was escaped by Vega.
    """
    alt, separators = localised(chart.alt), _separators()
    return (
        _as_svg(json.dumps(_translated(chart.spec, 0)), alt, f"{name}-wide", separators),
        _as_svg(json.dumps(_translated(chart.narrow, 0)), alt, f"{name}-narrow", separators),
    )


def _separators() -> tuple[str, str]:
    """Return the separators of thousands and of decimals in the language of the process."""
    thousands, *_, decimals = (c for c in current().decimal(1_234_567.5, 1) if not c.isdigit())
    return thousands, decimals


def _translated(part: Any, width: int) -> Any:
    """Return a part of a specification with every message in the language of the process.

    Titles below a plot that is ``width`` pixels wide are wrapped to fit.
    """
    if isinstance(part, str):
        return localised(part)
    if isinstance(part, list | tuple):
        return [_translated(value, width) for value in part]
    if not isinstance(part, dict):
        return part
    own = part.get("width", width)
    width = own if isinstance(own, int) else width
    translated = {name: _translated(value, width) for name, value in part.items()}
    axis = translated["x"].get("axis") if isinstance(translated.get("x"), dict) else None
    if width and axis and axis.get("title"):
        axis["title"] = wrap(axis["title"], int(width / _CHARACTER_PX))
    return translated


# A served page that is loaded again mostly shows the same plots.
@lru_cache(maxsize=128)
def _as_svg(spec: str, alt: str, name: str, separators: tuple[str, str]) -> str:
    import vl_convert  # noqa: PLC0415  (heavy: carries a JavaScript engine)

    thousands, decimals = separators
    numbers: Any = {
        "thousands": thousands,
        "decimal": decimals,
        "grouping": [3],
        "currency": ["", ""],
    }
    svg = vl_convert.vegalite_to_svg(
        spec, vl_version="6.1", allowed_base_urls=[], format_locale=numbers
    )
    size = _SIZE.match(svg)
    if size is None:
        raise ValueError("Vega drew no SVG")
    width, height = size.groups()
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="marks" role="img" '
        f'aria-labelledby="{name}-alt" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><title id="{name}-alt">{_text(alt)}</title>'
    )
    body = _REFERENCE.sub(lambda found: f"{found.group(1)}{name}-", svg[size.end() :])
    return head + body


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
