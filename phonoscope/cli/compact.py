"""``phonoscope compact``: merge a catalogue's parts."""

from __future__ import annotations

import dataclasses

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.terminal import message, write_json
from phonoscope.text import counted

EXAMPLES = """\b
Examples:
  phonoscope compact my-catalogue
"""
INTERRUPTED = "The catalogue holds the same rows as before; unmerged parts are merged next time."


def compact(catalogue: CatalogueArgument, as_json: AsJson = False, quiet: Quiet = False) -> Status:
    """Merge the many small parts that scans left into few large ones.

    The rows stay the same; queries get faster. Readers may go on reading meanwhile.
    """
    from phonoscope import api

    merged = api.open_catalogue(person_path(catalogue), create=False).compact()
    if as_json:
        write_json(dataclasses.asdict(merged), "phonoscope-compact/1")
    elif not quiet:
        parts = counted(merged.parts_before, "part")
        message(
            f"{parts} became {merged.parts_after:,}; {merged.files_removed:,} old ones removed."
        )
    return Status.DONE
