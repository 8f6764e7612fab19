"""The year of a date as it is written."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_YEAR = "(?P<year>1[89][0-9]{2}|20[0-9]{2})"
_REST = "(?:$|[^0-9]|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:$|[^0-9]))"
_FORM = rf"^\s*{_YEAR}{_REST}"


def years_of(dates: pa.Array) -> pa.Array:
    """Return the years of dates.

    Parameters
    ----------
    dates
        Text that begins with a year from 1800 to 2099. After the year comes nothing, a sign other
        than a digit, or month and day: ``2024``, ``2024-05-17``, ``20240517``.

    Returns
    -------
    pyarrow.Array
        int64; empty where there is no such year.
    """
    # Many rows share few dates.
    once = dates.dictionary_encode()
    found = pc.struct_field(pc.extract_regex(once.dictionary, _FORM), "year")
    return pc.take(pc.cast(found, pa.int64()), once.indices)
