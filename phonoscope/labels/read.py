"""Read every mark and the few tags of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from phonoscope.labels.model import Declaration, Tags


def read_marks(
    file: BinaryIO, text_tags: Mapping[str, str]
) -> tuple[Tags, tuple[Declaration, ...]]:
    """Return the tags of a file and everything it declares.

    Parameters
    ----------
    file
        Open binary file, at any position; only read.
    text_tags
        Tags the decoder already read, names in lower case.
    """
    return Tags(title=text_tags.get("title"), artist=text_tags.get("artist")), ()
