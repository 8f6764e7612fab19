"""How objects look when they are printed, or end a notebook's cell."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import groupby

from phonoscope.escape import printable
from phonoscope.messages import localised

Row = tuple[str, str]
"""Label and text; consecutive rows of one label show it once."""


def summary_text(title: str, rows: Sequence[Row]) -> str:
    """Return a title and labelled rows as plain text.

    Examples
    --------
    >>> print(summary_text("song.mp3", [("verdict", "undecided"), ("evidence", "one")]))
    song.mp3
      verdict   undecided
      evidence  one
    """
    rows = [_shown(row) for row in rows]
    width = max((len(label) for label, _ in rows), default=0)
    lines = [localised(title)]
    for label, group in groupby(rows, key=lambda row: row[0]):
        for number, (_, text) in enumerate(group):
            lines.append(f"  {label if number == 0 else '':{width}}  {text}")
    return "\n".join(lines)


def summary_html(title: str, rows: Sequence[Row]) -> str:
    """Return them as HTML: escaped, without scripts, in the colours of the page around it.

    Examples
    --------
    >>> "<script>" in summary_html("a", [("verdict", "<script>")])
    False
    """
    cells = "".join(
        f'<tr><th scope="row" style="{_LABEL}">{html.escape(label)}</th>'
        f'<td style="{_CELL}">{"<br>".join(html.escape(text) for _, text in group)}</td></tr>'
        for label, group in groupby(map(_shown, rows), key=lambda row: row[0])
    )
    heading = html.escape(localised(title))
    return (
        f'<table style="{_TABLE}"><caption style="{_CAPTION}">{heading}</caption>'
        f"<tbody>{cells}</tbody></table>"
    )


def _shown(row: Row) -> Row:
    label, text = row
    return localised(label), printable(localised(text))


# It inherits all colours, so it is readable in light and dark notebooks.
_TABLE = "border-collapse:collapse;color:inherit;background:transparent"
_CAPTION = "text-align:left;font-weight:bold;caption-side:top;color:inherit"
_CELL = "text-align:left;vertical-align:top;padding:.15em .6em;color:inherit"
_LABEL = f"{_CELL};font-weight:normal;opacity:.75;white-space:nowrap"
