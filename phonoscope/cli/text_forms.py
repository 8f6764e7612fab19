"""Options that say how a text file is written, where Phonoscope can't see it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class DecimalSign(StrEnum):
    """What ``--decimal`` can be."""

    POINT = "."
    COMMA = ","


class DateOrder(StrEnum):
    """What ``--dates`` can be."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding of a CSV or JSON file, such as windows-1252.",
        show_default="detected",
    ),
]
Decimal = Annotated[
    DecimalSign | None,
    typer.Option(
        "--decimal",
        help="Decimal sign in a CSV file. The other sign then separates thousands.",
        show_default="detected in each column",
    ),
]
Dates = Annotated[
    DateOrder | None,
    typer.Option(
        "--dates",
        help="Order of day and month in dates such as 5/6/2024.",
        show_default="detected",
    ),
]
