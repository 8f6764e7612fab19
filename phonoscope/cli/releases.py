"""``phonoscope releases``: verdicts on releases and artists."""

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
    from phonoscope.findings.shared.release_group import Group
    from phonoscope.findings.shared.release_verdicts import Judged

EXAMPLES = """\b
Examples:
  phonoscope releases my-catalogue
  phonoscope releases my-catalogue --by artist
  phonoscope releases my-catalogue --json | jq '.groups[] | select(.verdict == "generated")'
"""
INTERRUPTED = gettext("Nothing was changed.")
LISTED = 50
"""Groups that are listed unless ``--most`` is given; JSON has all."""
_HEADING = (
    gettext("verdict"),
    gettext("name"),
    gettext("tracks"),
    gettext("called"),
    gettext("by chance"),
    gettext("99% at most"),
    gettext("chance"),
    gettext("recording"),
)


def releases(
    catalogue: CatalogueArgument,
    *,
    by: Annotated[
        str,
        typer.Option("--by", metavar="WHAT", help="Judge each release, or each artist."),
    ] = "release",
    most: Annotated[
        int | None,
        typer.Option(
            "--most",
            min=1,
            metavar="N",
            help="Releases or artists to list, the most remarkable first.",
            show_default=f"{LISTED}, all with --json",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Judge releases and artists by all their recordings.

    False alarms come in groups: one mastering chain misleads the detector about a whole album. The
    verdicts take that into account, and the number of releases as well. 'by chance' is the expected
    number of false alarms, '99% at most' what nearly all human releases stay below, and 'chance'
    how likely any human release of this catalogue shows as much. docs/releases-json.md lists the
    JSON fields.
    """
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    found = opened.releases_generated(by, most=most if as_json else most or LISTED)
    if as_json:
        write_json(found.to_json())
        return Status.DONE
    if found.why or not found.tested:
        write(wrapped(found.says(), indent=0))
        return Status.DONE
    _list(found, quiet)
    return Status.DONE


def _list(found: Judged, quiet: bool) -> None:
    """Write one line per group to stdout, and what they show together to stderr."""
    rows = [_row(group) for group in found.groups]
    if sys.stdout.isatty():
        write_aligned(_HEADING, [rows], shutil.get_terminal_size().columns)
    else:
        write_tabs(_HEADING, [rows])
    if not quiet:
        left_out = _left_out(found.tested - len(rows))
        message(wrapped(sentences(found.says(), found.trial_says(), left_out), indent=0))


def _row(group: Group) -> tuple[object, ...]:
    return (
        group.verdict.value,
        gettext("(unknown)") if group.name is None else data(group.name),
        group.tracks,
        group.called,
        round(group.expected, 2),
        group.most,
        float(f"{group.chance_in_all:.2g}"),
        group.recording_id,
    )


def _left_out(groups: int) -> str:
    if not groups:
        return ""
    return ngettext(
        "{n} more is not listed; see --most.", "{n} more are not listed; see --most.", groups
    )
