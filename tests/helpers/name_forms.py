"""Forms of names, by which they are compared."""

import pyarrow as pa

from phonoscope.linking.lookalikes import Forms, forms_of


def all_forms(names):
    """Return the forms of each name; ``None`` where it has none."""
    rows = forms_of(pa.array(names, pa.string())).to_pylist()
    return [Forms(**row) if all(row.values()) else None for row in rows]
