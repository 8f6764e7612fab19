"""Names from a source, as few as a message can hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from phonoscope.escape import printable
from phonoscope.files import local_path
from phonoscope.messages import ngettext

MOST = 12
"""Names that a message lists."""
LONGEST = 40
"""Characters of a name that a message shows."""

_ENDINGS = re.compile(r"(\.(csv|tsv|txt|json|jsonl|ndjson|gz|bz2|xz|zst|zip))+$", re.IGNORECASE)


def plain_name(uri: str) -> str:
    """Return the name of a file without endings; text from outside.

    >>> plain_name("/music/regional-global-weekly-2026-07-02.csv.gz")
    'regional-global-weekly-2026-07-02'
    """
    local = local_path(uri)
    last = uri.rpartition("/")[2] if local is None else local.name
    return _ENDINGS.sub("", last)


def few(names: Sequence[str], most: int = MOST, longest: int = LONGEST) -> str:
    """Return names in one line: the first ones when there are many, each bounded.

    >>> few(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    listed = ", ".join(printable(name[:longest]) for name in names[:most])
    more = len(names) - most
    if more <= 0:
        return listed
    return ngettext("{names} and {n} more", "{names} and {n} more", more, names=listed)
