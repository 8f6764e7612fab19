"""``phonoscope compact``: merge the small files of a catalogue."""

from __future__ import annotations

import dataclasses

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.terminal import message, write_json
from phonoscope.messages import gettext, ngettext

EXAMPLES = """\b
Examples:
  phonoscope compact my-catalogue
"""
INTERRUPTED = gettext("Nothing is lost; the rest is merged next time.")


def compact(catalogue: CatalogueArgument, as_json: AsJson = False, quiet: Quiet = False) -> Status:
    """Merge small files of a catalogue to speed up queries.

    The rows stay the same. Others can read the catalogue meanwhile.
    """
    from phonoscope import api

    merged = api.open_catalogue(person_path(catalogue), create=False).compact()
    if as_json:
        write_json(dataclasses.asdict(merged), "phonoscope-compact/1")
    elif not quiet:
        message(
            ngettext(
                "{n} file was merged into {after}; {removed} old files were removed.",
                "{n} files were merged into {after}; {removed} old files were removed.",
                merged.parts_before,
                after=merged.parts_after,
                removed=merged.files_removed,
            )
        )
    return Status.DONE
