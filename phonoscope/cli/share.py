"""``phonoscope share``: the estimated share of machine-made recordings."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.table import write_aligned, write_tabs
from phonoscope.cli.terminal import data, message, wrapped, write, write_json
from phonoscope.messages import gettext, ngettext, sentences

if TYPE_CHECKING:
    from phonoscope.api import Catalogue
    from phonoscope.findings.shared.shares import Shares

EXAMPLES = """\b
Examples:
  phonoscope share my-catalogue
  phonoscope share my-catalogue --by month
  phonoscope share my-catalogue --by label --json | jq '.groups[] | select(.low > 0.5)'
"""
INTERRUPTED = gettext("Nothing was changed.")
LISTED = 50
"""Groups that are listed unless ``--most`` is given; JSON has all."""
_HEADING = (
    gettext("group"),
    gettext("scored"),
    gettext("flagged"),
    gettext("share %"),
    gettext("from %"),
    gettext("to %"),
    gettext("remark"),
)


def share(
    catalogue: CatalogueArgument,
    *,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="WHAT",
            help="Estimate per month, year, label, artist, album, genre or a column of recordings.",
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            "--most",
            min=1,
            metavar="N",
            help="Groups to list: the largest, or the latest months and years.",
            show_default=f"{LISTED}, all with --json",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Estimate the share of machine-made recordings.

    The estimate corrects for recordings that the detector misses and for human music that it
    flags. It comes with a 95% interval, which is wide for small groups. After 'calibrate', false
    alarms are counted on the catalogue's own human recordings. docs/share-json.md lists the JSON
    fields.
    """
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    found = opened.share_generated(by)
    if as_json:
        write_json(found.to_json(most))
        return Status.DONE
    if by is None or not found.answered:
        write(wrapped(sentences(found.says(), _false_alarms(opened)), indent=0))
        return Status.DONE
    _list(found, most or LISTED, quiet, _false_alarms(opened))
    return Status.DONE


def _false_alarms(opened: Catalogue) -> str:
    """Return what a calibration of the catalogue changes, or why it isn't used."""
    known = opened.false_alarms()
    own = gettext("The estimate uses these false alarms, and not those of the model's evaluation.")
    return sentences(known.says, own) if known.says else known.ignored


def _list(found: Shares, most: int, quiet: bool, false_alarms: str) -> None:
    """Write one line per group to stdout, and the estimate for the whole to stderr."""
    rows = [
        (
            gettext("(unknown)") if row.group is None else data(row.group),
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
        said = sentences(found.says(), false_alarms, _left_out(left_out))
        message(wrapped(said, indent=0))


def _left_out(groups: int) -> str:
    if not groups:
        return ""
    return ngettext(
        "{n} more group is not listed; see --most.",
        "{n} more groups are not listed; see --most.",
        groups,
    )
