"""The list of files that couldn't be analysed."""

from __future__ import annotations

from functools import cache

from phonoscope.findings.questions.unreadable import REASONS
from phonoscope.messages import Localised, gettext, ngettext
from phonoscope.view.lists.kind import ListColumn, ListKind


def _counted(n: int) -> Localised:
    return ngettext("{n} unreadable file", "{n} unreadable files", n)


@cache
def unreadable() -> ListKind:
    """Return the list of unreadable files."""
    words = {kind.value: reason for kind, reason in REASONS.items()}
    return ListKind(
        name="unreadable",
        title=gettext("Unreadable files"),
        counted=_counted,
        search_label=gettext("Search file"),
        rows="(SELECT * FROM files WHERE error_kind IS NOT NULL) f",
        key=("f.uri",),
        sort="file",
        empty=gettext("Every scanned file could be read."),
        columns=(
            ListColumn("file", gettext("File"), "f.uri", "file", searched=True),
            ListColumn("error_kind", gettext("Reason"), "f.error_kind", facet=True, words=words),
            ListColumn("size_bytes", gettext("Size"), "f.size_bytes", "bytes"),
            ListColumn("error", gettext("Details"), "f.error", "error"),
        ),
    )
