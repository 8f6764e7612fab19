"""How the user wants a source to be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from phonoscope.encodings import encoding_named
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext


@dataclass(frozen=True)
class SourceOptions:
    """What the user says of a source, in addition to where it is."""

    mapping: Mapping[str, str] | None = None
    """Field by column of a CSV file."""
    constants: Mapping[str, str] | None = None
    """Values for all rows of a chart, by field; ``None`` where nobody says it is a chart."""
    id_from: tuple[str, ...] = ()
    """Fields whose text makes the id of a track; see :mod:`.convert.derived_ids`."""
    only: Collection[str] | None = None
    """Names of the formats that the command reads; ``None`` for all."""
    command: str = "ingest"
    """What reads it: ``ingest``, ``charts``, ``plays``, or ``artists`` for a list of artists. A
    refusal gives advice for it."""
    catalogue: str = "CATALOGUE"
    """The catalogue as the user named it, for a command that a refusal shows."""
    encoding: str | None = None
    """Python's name of the encoding of text files; detected without."""
    decimal: str | None = None
    """The decimal sign, ``.`` or ``,``; detected for each column without."""
    dates: str | None = None
    """Which comes first in dates such as 5/6/2024: ``dmy`` or ``mdy``; detected without."""

    def __post_init__(self) -> None:
        """Check what a file can be written like.

        Raises
        ------
        UsageError
            When there is no such encoding, decimal sign or order.
        """
        if self.encoding is not None:
            name = encoding_named(self.encoding)
            if name is None:
                raise UsageError(
                    gettext(
                        "There is no encoding '{name}'. Examples are utf-8, windows-1252, "
                        "windows-1251, shift_jis and gb18030.",
                        name=printable(self.encoding[:60]),
                    ),
                    code="unknown-encoding",
                )
            object.__setattr__(self, "encoding", name)
        if self.decimal not in (None, ".", ","):
            raise UsageError(
                gettext("The decimal sign is a point or a comma."), code="unknown-decimal-sign"
            )
        if self.dates not in (None, "dmy", "mdy"):
            raise UsageError(
                gettext("The order of a date is dmy or mdy."), code="unknown-date-order"
            )
