"""Charts as static SVG: drawn here once, so that a page needs no script to show them."""

from __future__ import annotations

import json
import re
from functools import lru_cache

from phonoscope.findings.base import Chart

_REFERENCE = re.compile(r'((?:\bid="|url\(#|href="#))')
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*?>')


def draw(chart: Chart, name: str) -> tuple[str, str]:
    """Return a chart as two SVG elements, wide and narrow.

    Parameters
    ----------
    chart
        What to draw.
    name
        Unique on the page; keeps the identifiers of two charts apart.

    Returns
    -------
    wide, narrow
        SVG markup; everything in it that came from outside was escaped by Vega.
    """
    return (
        _as_svg(json.dumps(chart.spec), chart.alt, f"{name}-wide"),
        _as_svg(json.dumps(chart.narrow), chart.alt, f"{name}-narrow"),
    )


# A served page that is loaded again shows mostly the same charts.
@lru_cache(maxsize=128)
def _as_svg(spec: str, alt: str, name: str) -> str:
    import vl_convert  # noqa: PLC0415  (heavy: carries a JavaScript engine)

    svg = vl_convert.vegalite_to_svg(spec, vl_version="6.1", allowed_base_urls=[])
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
