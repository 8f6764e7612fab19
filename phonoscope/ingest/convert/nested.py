"""Objects that hold objects, as APIs and dumps write them, into rows of the common tables.

An :class:`Entity` says where in an object the cells of a common table are. Objects within it, such
as its artists, are entities of their own: they are read, kept and rejected as separate rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import NoneType
from typing import Any, TypeAlias

import orjson
import pyarrow as pa

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.columns import Raw, chunk_of, kinds
from phonoscope.ingest.convert.nested_columns import LIST, Around, Objects, Shape
from phonoscope.ingest.pseudonyms import Pseudonyms
from phonoscope.ingest.readers.json_cells import column_of
from phonoscope.ingest.readers.json_file import JsonFile, JsonRecords, reasons_array, uncollected
from phonoscope.ingest.row_text import MAX_ROW_TEXT

Object: TypeAlias = Mapping[str, Any]
Where: TypeAlias = str | Callable[[Object], Any]
"""Keys joined by dots; after ``^`` in the object around this one. Or a function that computes the
cell, and raises ``TypeError`` when it finds a value of the wrong kind."""
MOST_INNER = 1 << 16
"""Inner objects that are handed on at once: one record can hold millions."""
_NOTHING: Object = {}


@dataclass(frozen=True)
class OfKey:
    """Computes a cell from the value of one key; ``None`` without a value."""

    key: str
    function: Callable[[Any], Any]

    def __call__(self, row: Object) -> Any:
        """Return the cell of an object."""
        return self.function(row.get(self.key))


@dataclass(frozen=True)
class Entity:
    """One kind of object."""

    name: str
    """Its name as a table of the source."""
    tables: Mapping[str, Mapping[str, Where]]
    """Where the cells are, by common table and column."""
    inner: Mapping[Where, Entity] | None = None
    """Entities within it, by where their list, or the only object, is."""
    in_seconds: bool = False
    """Whether ``duration_ms`` is stated in seconds."""
    accounts: str = ""
    """Columns of accounts, which are replaced by pseudonyms before anything else."""
    also: str = ""
    """Keys that computed cells read, separated by blanks."""
    hides: str = ""
    """Keys that a rejected row must not show."""

    def unread(self, file: JsonFile) -> list[str]:
        """Return the keys of a file's records that are not read."""
        where = [w for columns in self.tables.values() for w in columns.values()]
        paths = [w for w in where if isinstance(w, str)] + [
            w for w in self.inner or () if isinstance(w, str)
        ]
        read = {path.split(".")[0] for path in paths} | set(self.also.split())
        return sorted(key for key in file.keys if "." not in key and key not in read)


class EntityReader:
    """Reads objects of one kind; counts their inner objects as it goes."""

    def __init__(self, entity: Entity, pseudonyms: Pseudonyms) -> None:
        self._entity, self._pseudonyms = entity, pseudonyms
        self._read: Counter[str] = Counter()
        self._shape = _shape_of(entity)

    def chunks(self, file: JsonFile) -> Iterator[Chunk]:
        """Yield all of a file."""
        for records in file.chunks():
            yield from self.read(records)

    def read(self, records: JsonRecords) -> Iterator[Chunk]:
        """Yield records, and then the objects within them, as chunks."""
        texts, hidden = records.texts, self._entity.hides.split()

        def shown(at: int) -> object:
            if hidden:
                # Only parsed keys: broken JSON could name the person too.
                return _shown({k: v for k, v in records.rows[at].items() if k not in hidden})
            if not texts:
                return _shown(records.rows[at])
            return texts[at][:MAX_ROW_TEXT].decode(errors="backslashreplace")

        found = None
        if self._shape is not None and not records.reject_reasons:
            with uncollected():
                found = self._shape.read(records.rows)
        if found is not None:
            rows = Objects(found, records.rows.__getitem__, records.rows)
            chunks = self._at_once(self._entity, rows, None, shown)
        else:
            chunks = self._entity_chunks(
                self._entity, records.rows, None, dict(records.reject_reasons), shown
            )
        yield from (replace(first, begins=records.begins) for first in islice(chunks, 1))
        yield from chunks

    def _at_once(
        self,
        entity: Entity,
        rows: Objects,
        outer: Around | None,
        shown: Callable[[int], object],
    ) -> Iterator[Chunk]:
        """Yield objects of one shape, and the objects within them, as chunks."""
        reasons: dict[int, str] = {}
        columns = _NestedCells(rows, outer, reasons).tables(entity, self._pseudonyms)
        chunk = self._chunk(entity, len(rows), columns, reasons, shown)
        yield chunk
        gone = {reject.row - 1 - self._read[entity.name] + len(rows) for reject in chunk.rejects}
        kept = rows.without(gone) if entity.inner else rows
        for where, inner in (entity.inner or {}).items():
            found, holders = kept.inner(str(where).split("."))
            for begin in range(0, len(found), MOST_INNER):
                some = found.part(begin, min(begin + MOST_INNER, len(found)))
                within = holders[begin : begin + MOST_INNER]
                around = Around(kept, pa.array(within))
                yield from self._at_once(inner, some, around, _source_shown(some))

    def _entity_chunks(
        self,
        entity: Entity,
        rows: Sequence[Object],
        around: Sequence[Object] | None,
        reasons: dict[int, str],
        shown: Callable[[int], object],
    ) -> Iterator[Chunk]:
        with uncollected():
            tables = _Cells(rows, around, reasons).tables(entity, self._pseudonyms)
        chunk = self._chunk(entity, len(rows), tables, reasons, shown)
        yield chunk
        if entity.inner:
            first_row = self._read[entity.name] - len(rows) + 1
            gone = {reject.row - first_row for reject in chunk.rejects}
            kept = [row for at, row in enumerate(rows) if at not in gone] if gone else rows
            for where, inner in entity.inner.items():
                yield from self._inner_chunks(inner, where, kept)

    def _chunk(
        self,
        entity: Entity,
        length: int,
        tables: Mapping[str, Mapping[str, pa.Array]],
        reasons: Mapping[int, str],
        shown: Callable[[int], object],
    ) -> Chunk:
        first_row = self._read[entity.name] + 1
        self._read[entity.name] += length
        known = reasons_array(reasons, length)
        scales = {"duration_ms": 1000.0} if entity.in_seconds else {}
        return chunk_of(Raw(entity.name, first_row, length, tables, shown, known, scales))

    def _inner_chunks(
        self, inner: Entity, where: Where, around: Sequence[Object]
    ) -> Iterator[Chunk]:
        items: list[Any] = []
        outer: list[Object] = []
        for row, value in zip(around, _found(around, where), strict=True):
            if value is None:
                continue
            found = value if isinstance(value, list) else [value]
            for at in range(0, len(found), MOST_INNER):
                items += found[at : at + MOST_INNER]
                outer += [row] * (len(items) - len(outer))
                if len(items) >= MOST_INNER:
                    yield from self._of_items(inner, items, outer)
                    items, outer = [], []
        if items:
            yield from self._of_items(inner, items, outer)

    def _of_items(
        self, inner: Entity, items: Sequence[Any], outer: Sequence[Object]
    ) -> Iterator[Chunk]:
        rows: Sequence[Object] = items
        reasons: dict[int, str] = {}
        if set(map(type, items)) != {dict}:
            rows = [_as_object(item) for item in items]
            reasons = {
                at: _NO_OBJECT for at, item in enumerate(items) if not isinstance(item, _HOLDS)
            }
        yield from self._entity_chunks(inner, rows, outer, reasons, lambda at: _shown(items[at]))


_NO_OBJECT = "not a JSON object"
_HOLDS = (dict, str)


def _source_shown(objects: Objects) -> Callable[[int], object]:
    return lambda at: _shown(objects.source(at))


def _shown(item: object) -> str:
    try:
        return orjson.dumps(item).decode()
    except orjson.JSONEncodeError:
        return "too deep to show"


def _as_object(item: object) -> Object:
    """Return an item of a list as an object; a text becomes an object with a ``value``."""
    if isinstance(item, dict):
        return item
    return {"value": item} if isinstance(item, str) else _NOTHING


class _Cells:
    """Cells of some objects of one kind."""

    def __init__(
        self,
        rows: Sequence[Object],
        around: Sequence[Object] | None,
        reasons: dict[int, str],
    ) -> None:
        self._rows, self._around, self._reasons = rows, around, reasons
        self._paths: dict[str, list[Any]] = {}
        self._absent: dict[str, bool] = {}

    def tables(self, entity: Entity, pseudonyms: Pseudonyms) -> dict[str, dict[str, pa.Array]]:
        """Return the columns of every common table that an entity fills, accounts hidden."""
        hidden = entity.accounts.split()
        found = {
            table: {
                # A date of release can be there for its year only, which is derived from it.
                name: self._column(kinds(table).get(name, CellKind.TEXT), name, where)
                for name, where in columns.items()
            }
            for table, columns in entity.tables.items()
        }
        for columns in found.values():
            columns.update({n: pseudonyms.accounts(columns[n]) for n in hidden if n in columns})
        return found

    def _column(self, kind: CellKind, name: str, where: Where) -> pa.Array:
        if isinstance(where, OfKey) and self._is_absent(where.key):
            return pa.nulls(len(self._rows), pa.string())
        cells = self._computed(name, where) if callable(where) else self._at(where)
        array, wrong = column_of(kind, cells)
        for at in wrong:
            self._reasons.setdefault(at, f"{name} is not a single value")
        return array

    def _is_absent(self, key: str) -> bool:
        """Whether no object has a value of a key."""
        if key not in self._absent:
            self._absent[key] = set(map(type, self._at(key))) <= {NoneType}
        return self._absent[key]

    def _at(self, path: str) -> list[Any]:
        if path.startswith("^"):
            return _values(self._around or (), path[1:], self._reasons)
        holder, _, key = path.rpartition(".")
        if not holder:
            return [row.get(key) for row in self._rows]
        if holder not in self._paths:
            self._paths[holder] = _objects(self._at(holder), holder, self._reasons)
        return [held.get(key) for held in self._paths[holder]]

    def _computed(self, name: str, where: Callable[[Object], Any]) -> list[Any]:
        try:
            return [where(row) for row in self._rows]
        except (TypeError, AttributeError):
            return [self._one(name, where, at, row) for at, row in enumerate(self._rows)]

    def _one(self, name: str, where: Callable[[Object], Any], at: int, row: Object) -> Any:
        try:
            return where(row)
        except (TypeError, AttributeError):
            self._reasons.setdefault(at, f"{name} has an unexpected form")
            return None


class _NestedCells(_Cells):
    """Cells of objects of one shape."""

    def __init__(self, found: Objects, around: Around | None, reasons: dict[int, str]) -> None:
        super().__init__(_Rows(found) if found.rows is None else found.rows, None, reasons)
        self._objects, self._outer = found, around

    def _column(self, kind: CellKind, name: str, where: Where) -> pa.Array:
        if isinstance(where, str):
            objects = self._outer if where.startswith("^") else self._objects
            assert objects is not None
            return objects.column(where.removeprefix("^").split("."))
        if isinstance(where, OfKey) and where.function is names_of:
            found = self._objects.names([where.key, LIST, "name"])
            if found is not None:
                return found
        return super()._column(kind, name, where)


class _Rows(Sequence[Object]):
    """Objects as they were read, for cells that are computed one by one."""

    def __init__(self, found: Objects) -> None:
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, at: Any) -> Any:
        return self._found.source(at)

    def __iter__(self) -> Iterator[Object]:
        # Indexing a part of a list does not end where the part ends.
        return (self._found.source(at) for at in range(len(self)))


def _shape_of(entity: Entity) -> Shape | None:
    """Return the shape that most objects of an entity have; ``None`` if there is no such shape."""
    shape = Shape()
    fits = _add_to(shape, (), (), entity) and not shape.is_mixed
    return shape if fits else None


def _add_to(shape: Shape, here: tuple[str, ...], around: tuple[str, ...], entity: Entity) -> bool:
    for table, columns in entity.tables.items():
        for name, where in columns.items():
            kind = kinds(table).get(name, CellKind.TEXT)
            if entity.in_seconds and name == "duration_ms":
                return False
            if isinstance(where, str):
                place = around if where.startswith("^") else here
                if not shape.add((*place, *where.removeprefix("^").split(".")), kind):
                    return False
            elif (
                isinstance(where, OfKey)
                and where.function is names_of
                and not shape.add((*here, where.key, LIST, "name"), CellKind.TEXT)
            ):
                return False
    return all(
        _add_inner(shape, here, where, inner) for where, inner in (entity.inner or {}).items()
    )


def _add_inner(shape: Shape, here: tuple[str, ...], where: Where, inner: Entity) -> bool:
    if not isinstance(where, str) or any("value" in c.values() for c in inner.tables.values()):
        # An item may be text instead of an object.
        return False
    path = (*here, *where.split("."))
    return _add_to(shape, path if shape.is_object(path) else (*path, LIST), here, inner)


def _found(rows: Sequence[Object], where: Where) -> list[Any]:
    """Return inner objects; a list of one ``None`` where they have an unexpected form."""
    if isinstance(where, str):
        return _values(rows, where, {})
    found: list[Any] = []
    for row in rows:
        try:
            found.append(where(row))
        except (TypeError, AttributeError):
            found.append([None])
    return found


def _values(rows: Sequence[Object], path: str, reasons: dict[int, str]) -> list[Any]:
    held: Sequence[Object] = rows
    *holders, key = path.split(".")
    for holder in holders:
        held = _objects([row.get(holder) for row in held], holder, reasons)
    return [row.get(key) for row in held]


def _objects(cells: Sequence[Any], name: str, reasons: dict[int, str]) -> list[Object]:
    """Return objects; empty ones where a cell isn't an object."""
    if set(map(type, cells)) == {dict}:
        return list(cells)
    for at, cell in enumerate(cells):
        if cell is not None and not isinstance(cell, dict):
            reasons.setdefault(at, f"{name} is not an object")
    return [cell if isinstance(cell, dict) else _NOTHING for cell in cells]


def names_of(objects: Any, key: str = "name") -> str | None:
    """Return the names in a list of objects as one text; ``None`` without any.

    Raises
    ------
    TypeError, AttributeError
        When it isn't a list of objects.
    """
    if objects is None:
        return None
    names = [item.get(key) for item in _listed(objects)]
    return ", ".join(name for name in names if isinstance(name, str) and name) or None


def count_of(items: Any) -> int | None:
    """Return how many items a list has; ``None`` without a list."""
    return None if items is None else len(_listed(items))


def only_of(items: Any) -> Any:
    """Return the only item of a list; ``None`` when it has more or none."""
    return items[0] if items is not None and len(_listed(items)) == 1 else None


def _listed(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise TypeError("not a list")
    return items
