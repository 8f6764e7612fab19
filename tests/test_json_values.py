"""One cleaner for JSON; there were two, and they disagreed."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

import numpy as np
import pytest

from phonoscope.json_values import json_value


class Kind(Enum):
    LOSSY = "lossy"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # The one of the commands raised for arrays, the other passed these four on as they were.
        (np.array([1.5, np.nan, np.inf]), [1.5, None, None]),
        ({3}, [3]),
        (b"\x00\xff", "00ff"),
        (date(2026, 1, 2), "2026-01-02"),
        (Decimal("1.50"), "1.50"),
        # The one said no zone, the other cut the microseconds off.
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 6), "2026-01-02T03:04:05.000006Z"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        # The one wrote the key "Kind.LOSSY".
        ({Kind.LOSSY: Kind.LOSSY}, {"lossy": "lossy"}),
        # On these the two agreed.
        ({1: (float("nan"), -float("inf"), 2.5)}, {"1": [None, None, 2.5]}),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        ([None, True, 3, "x"], [None, True, 3, "x"]),
    ],
)
def test_every_value_has_one_form(value, expected):
    assert json_value(value) == expected
    json.dumps(json_value(value), allow_nan=False)
