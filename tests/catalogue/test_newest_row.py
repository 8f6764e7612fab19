"""When a key may be in a table twice."""

import pytest

from phonoscope.catalogue.newest_row import may_repeat
from phonoscope.catalogue.parts import new_compacted_name, scan_of
from phonoscope.catalogue.schema.tables import tables

ONE, OTHER = (
    "0000000000000001-aaaaaaaaaaaa-1-1.parquet",
    "0000000000000002-bbbbbbbbbbbb-1-1.parquet",
)
COMPACT = new_compacted_name()
BOTH = frozenset({scan_of(ONE), scan_of(OTHER)})


@pytest.mark.parametrize(
    ("name", "parts", "ingests", "repeats"),
    [
        ("tracks", [], frozenset(), False),
        ("tracks", [ONE], frozenset(), False),
        ("tracks", [ONE, OTHER], frozenset(), True),
        ("tracks", [ONE, OTHER], frozenset({scan_of(ONE)}), True),
        ("tracks", [ONE, OTHER], BOTH, False),
        ("tracks", [COMPACT, ONE], frozenset({scan_of(ONE)}), False),
        ("files", [ONE], BOTH, False),
        ("files", [ONE, OTHER], BOTH, True),
        ("declared", [COMPACT, ONE], BOTH, True),
    ],
)
def test_a_key_may_repeat_only_between_parts_that_were_not_deduplicated(
    name, parts, ingests, repeats
):
    assert may_repeat(tables()[name], parts, ingests) is repeats
