"""``phonoscope share``: the estimated share of machine-made recordings."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.table import write_aligned, write_tabs
from phonoscope.cli.terminal import message, wrapped, write, write_json
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from phonoscope.findings.shared.shares import Shares

EXAMPLES = """\b
Examples:
  phonoscope share my-catalogue
  phonoscope share my-catalogue --by month
  phonoscope share my-catalogue --by label --json | jq '.groups[] | select(.low > 0.5)'
"""
INTERRUPTED = "Nothing was written; the catalogue is as it was."
LISTED = 50
"""Groups that are listed unless the user says how many; JSON has all."""
_HEADING = ("group", "weighed", "flagged", "share %", "from %", "to %", "remark")


def share(
    catalogue: CatalogueArgument,
    *,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="WHAT",
            help="Estimate each group: month, year, label, artist, album, genre, or a column of "
            "recordings such as codec.",
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            "--most",
            min=1,
            metavar="N",
            help="Groups to list: the largest, or of months and years the latest. "
            f"[default: {LISTED}; all with --json]",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Estimate how many recordings were made by machines, never by counting flags.

    The detector misses some and flags some human music. The estimate takes both out and comes
    with a 95 % interval, which is wide for small groups: that is said. docs/share-json.md
    documents the JSON.
    """
    from phonoscope import api

    found = api.open_catalogue(person_path(catalogue), create=False).share_generated(by)
    if as_json:
        write_json(found.to_json(most))
        return Status.DONE
    if by is None or not found.answered:
        write(wrapped(printable(found.says()), indent=0))
        return Status.DONE
    _list(found, most or LISTED, quiet)
    return Status.DONE


def _list(found: Shares, most: int, quiet: bool) -> None:
    """Write a line a group; what holds for all of them goes to stderr, so that it pipes."""
    rows = [
        (
            f"(no {found.by} known)" if row.group is None else row.group,
            row.recordings,
            row.flagged,
            None if row.share is None else round(100 * row.share, 2),
            round(100 * row.low, 2),
            round(100 * row.high, 2),
            row.remark,
        )
        for row in found.listed(most)
    ]
    if sys.stdout.isatty():
        write_aligned(_HEADING, [rows], shutil.get_terminal_size().columns)
    else:
        write_tabs(_HEADING, [rows])
    left_out = found.table.num_rows - len(rows)
    if not quiet:
        rest = f" {counted(left_out, 'more group')}: --most lists them." if left_out else ""
        message(wrapped(f"{found.says()}{rest}", indent=0))
