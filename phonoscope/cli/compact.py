"""``phonoscope compact``: merge a catalogue's parts."""

from __future__ import annotations

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.terminal import message, safe, write_json

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

    path = person_path(catalogue)
    api.open_catalogue(path, create=False).compact()
    if as_json:
        write_json({"catalogue": path})
    elif not quiet:
        message(f"Compacted {safe(path)}.")
    return Status.DONE
