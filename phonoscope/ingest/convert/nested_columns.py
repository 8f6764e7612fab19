"""Objects of JSON as nested columns: thousands are converted at once, where all have one shape.

Arrow's conversion refuses a value of another type than the one expected. Then the objects are read
cell by cell (:mod:`.nested`), which also says what is wrong. Both ways give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.cells import LARGEST

Object: TypeAlias = Mapping[str, Any]
_TYPES = {
    **dict.fromkeys((CellKind.ID, CellKind.TEXT), pa.string()),
    CellKind.FLAG: pa.bool_(),
}
"""Types of cells; all others are whole numbers."""
LIST = "[]"
"""Ends the path of a list of objects, and begins that of a cell in them."""


class Shape:
    """Which keys of objects are read, and what is expected under them."""

    def __init__(self) -> None:
        self._inner: dict[str, Shape] = {}
        self._type: pa.DataType | None = None

    def add(self, path: Sequence[str], kind: CellKind) -> bool:
        """Add a cell; return whether it fits.

        A number with a fraction doesn't, because Arrow would also take true and false for one.
        """
        if path:
            return self._type is None and self._inner.setdefault(path[0], Shape()).add(
                path[1:], kind
            )
        wanted = _TYPES.get(kind, pa.int64())
        if kind is CellKind.REAL or self._inner or self._type not in (None, wanted):
            return False
        self._type = wanted
        return True

    def is_object(self, path: Sequence[str]) -> bool:
        """Whether cells of an object at a path are read."""
        shape: Shape | None = self
        for key in path:
            shape = shape._inner.get(key) if shape else None
        return shape is not None and bool(shape._inner) and LIST not in shape._inner

    def type(self) -> pa.DataType:
        """Return the type of the objects."""
        if self._type is not None:
            return self._type
        if LIST in self._inner:
            return pa.list_(self._inner[LIST].type())
        return pa.struct([(key, inner.type()) for key, inner in self._inner.items()])

    @property
    def is_mixed(self) -> bool:
        """Whether something is expected to be a list and an object."""
        return (LIST in self._inner and len(self._inner) > 1) or any(
            inner.is_mixed for inner in self._inner.values()
        )

    def read(self, rows: Sequence[Object]) -> pa.StructArray | None:
        """Return objects as one column; ``None`` where one has another shape."""
        try:
            found = pa.array(rows, self.type())
        except (pa.ArrowException, TypeError, OverflowError):
            return None
        return found if _is_sure(found, rows.__getitem__) else None


def _is_sure(array: pa.Array, given: Callable[[int], Any]) -> bool:
    """Whether it surely holds what was given, and the same is made of it cell by cell.

    Arrow also takes "" for a list, and [] for an object. No list may hold null in place of an
    object, and a number that is too large must be shown as it was written.
    """
    if pa.types.is_list(array.type):
        return _is_sure_list(array, given)
    if pa.types.is_struct(array.type):
        fields = array.flatten()
        empty = array.is_valid()
        for field in fields:
            empty = pc.and_not(empty, field.is_valid())
        return _are(dict, empty, given) and all(
            _is_sure(field, partial(_field, given, array.type[place].name))
            for place, field in enumerate(fields)
        )
    if pa.types.is_int64(array.type):
        least, most = pc.min_max(array).as_py().values()
        return least is None or (least >= -LARGEST and most <= LARGEST)
    return True


def _field(given: Callable[[int], Any], key: str, at: int) -> Any:
    return given(at)[key]


def _is_sure_list(array: pa.Array, given: Callable[[int], Any]) -> bool:
    items = array.flatten()
    if items.null_count or not _are(list, pc.equal(pc.list_value_length(array), 0), given):
        return False
    holders = np.asarray(pc.list_parent_indices(array), np.int64)

    def item(at: int) -> Any:
        holder = int(holders[at])
        return given(holder)[at - int(np.searchsorted(holders, holder))]

    return _is_sure(items, item)


def _are(type_: type, which: pa.Array, given: Callable[[int], Any]) -> bool:
    """Whether what was given at some places is of a type."""
    return all(type(given(at)) is type_ for at in pc.indices_nonzero(which).to_pylist())


@dataclass(frozen=True)
class Objects:
    """Some objects of one kind."""

    array: pa.StructArray
    source: Callable[[int], Any]
    """Returns one as it was read, for a list of what was rejected."""
    rows: Sequence[Object] | None = None
    """All of them as they were read, where there is such a list."""

    def __len__(self) -> int:
        return len(self.array)

    def column(self, path: Sequence[str]) -> pa.Array:
        """Return the cells at a path."""
        found = pc.struct_field(self.array, list(path))
        return found.cast(pa.int8()) if pa.types.is_boolean(found.type) else found

    def names(self, path: Sequence[str]) -> pa.Array | None:
        """Return the names in lists of objects, each list as one text; ``None`` if any is empty."""
        lists = pc.struct_field(self.array, list(path[: path.index(LIST)]))
        names = pc.struct_field(lists.flatten(), list(path[path.index(LIST) + 1 :]))
        if names.null_count or pc.any(pc.equal(names, "")).as_py():
            return None
        offsets = np.concatenate(([0], np.cumsum(pc.fill_null(pc.list_value_length(lists), 0))))
        joined = pc.binary_join(
            pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names), ", "
        )
        return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)

    def without(self, gone: set[int]) -> Objects:
        """Return the others."""
        if not gone:
            return self
        kept = np.array([at for at in range(len(self)) if at not in gone], np.int64)
        return Objects(self.array.take(pa.array(kept)), lambda at: self.source(int(kept[at])))

    def inner(self, path: Sequence[str]) -> tuple[Objects, NDArray[np.int64]]:
        """Return the objects at a path, which is that of a list or of one object.

        Returns
        -------
        objects
            The inner objects.
        outer
            In which object here each of them is.
        """
        found = pc.struct_field(self.array, list(path))
        if not pa.types.is_list(found.type):
            outer = np.flatnonzero(np.asarray(found.is_valid()))
            return Objects(
                found.take(pa.array(outer)), lambda at: _at(self.source(int(outer[at])), path)
            ), outer
        outer = np.asarray(pc.list_parent_indices(found), np.int64)

        def source(at: int) -> Any:
            holder = int(outer[at])
            return _at(self.source(holder), path)[at - int(np.searchsorted(outer, holder))]

        return Objects(cast("pa.StructArray", found.flatten()), source), outer

    def part(self, begin: int, end: int) -> Objects:
        """Return some of them."""
        return Objects(self.array.slice(begin, end - begin), lambda at: self.source(begin + at))


@dataclass(frozen=True)
class Around:
    """The objects around some others."""

    objects: Objects
    which: pa.Array
    """Which of them is around each of the others."""

    def column(self, path: Sequence[str]) -> pa.Array:
        """Return cells of theirs, one for each of the others; only these are copied."""
        return self.objects.column(path).take(self.which)


def _at(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value[key]
    return value
