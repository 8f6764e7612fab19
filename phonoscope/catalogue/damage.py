"""Damaged parts: found when reading fails, and named.

Nothing is checked beforehand, which would read everything twice. When a database, Arrow or the
system can't read, :func:`reason_for` looks for the part that is the cause.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from phonoscope.catalogue.storage import Storage
from phonoscope.errors import CatalogueError, DamagedCatalogueError
from phonoscope.lazy import LazyModule
from phonoscope.messages import gettext, sentences

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq
else:
    duckdb = LazyModule("duckdb")
    pa, pq = LazyModule("pyarrow"), LazyModule("pyarrow.parquet")


class _Version(Protocol):
    @property
    def parts(self) -> Mapping[str, Sequence[str]]:
        """Return the parts that count, by table."""


class Opened(Protocol):
    """An opened catalogue, as :class:`.store.Store`."""

    place: Storage

    def version(self) -> _Version:
        """Return which parts count."""


_opened: weakref.WeakSet[Any] = weakref.WeakSet()
_found: set[tuple[str, str]] = set()
"""Catalogue and name of every part that was damaged when it was last looked at."""
_BATCH_ROWS = 1 << 14


def watch(store: Opened) -> None:
    """Count a catalogue among those of :func:`opened`."""
    _opened.add(store)


def opened() -> list[Opened]:
    """Return every catalogue that is open in this process: for a command, those that it reads."""
    return list(_opened)


def reason_for(error: BaseException, stores: Sequence[Opened]) -> CatalogueError | None:
    """Return the damage to a catalogue that an error comes from, or ``None``.

    Parameters
    ----------
    error
        What a database, Arrow or the system raised while catalogues were read.
    stores
        The catalogues that were read; another one's damage isn't the reason.

    Returns
    -------
    CatalogueError or None
        Names the part (``damaged-part``, ``missing-part``), or says that a compaction removed
        parts that were still read (``compacted-meanwhile``).
    """
    if not _may_come_from_a_part(error):
        return None
    for one in stores:
        try:
            found = damage_in(one.place, one.version().parts)
        except CatalogueError as another:
            return another
        if found is not None:
            return found
    named = _PART.findall(f"{error} {getattr(error, 'filename', '')}")
    for one in stores:
        if any(name not in one.place.names(table) for table, name in named):
            return _removed(one.place)
    return None


_PART = re.compile(r"(\w+)/([^/\s\"']+\.parquet)")
"""Table and name of a part in an error."""


def _may_come_from_a_part(error: BaseException) -> bool:
    unlike = (
        duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException,
        duckdb.ConstraintException, duckdb.PermissionException, duckdb.OutOfMemoryException,
        duckdb.InterruptException, duckdb.ConversionException, duckdb.OutOfRangeException,
        duckdb.NotImplementedException, duckdb.TypeMismatchException,
    )  # fmt: skip
    if isinstance(error, duckdb.Error):
        return not isinstance(error, unlike)
    if isinstance(error, OSError):
        # One that names a file of its own explains itself.
        return error.filename is None or str(error.filename).endswith(".parquet")
    return isinstance(error, pa.ArrowException)


def damage_in(place: Storage, parts: Mapping[str, Iterable[str]]) -> DamagedCatalogueError | None:
    """Return which of some parts, by table, is damaged: the first one that is found, if any.

    Their ends are looked at first, because most damage is there; then everything is read.
    """
    files = [f"{table}/{name}" for table, names in parts.items() for name in names]
    # One that was found before is probably the cause again.
    files.sort(key=lambda file: (place.uri, file) not in _found)
    for check in (_check_end, _check_all):
        for file in files:
            try:
                check(place, file)
            except FileNotFoundError:
                return _missing(place, file)
            except (OSError, ValueError, pa.ArrowException):
                _found.add((place.uri, file))
                return _damaged(place, file)
    return None


def _check_end(place: Storage, file: str) -> None:
    """Read what the end of a part says, and whether the part is as long as that."""
    with _opened_part(place, file) as part:
        footer = part.metadata
        if footer.num_row_groups == 0:
            return
        group = footer.row_group(footer.num_row_groups - 1)
        last = group.column(group.num_columns - 1)
        if last.total_compressed_size < 0 or group.num_rows < 0:
            raise ValueError(file)


def _check_all(place: Storage, file: str) -> None:
    with _opened_part(place, file) as part:
        for batch in part.iter_batches(_BATCH_ROWS):
            batch.validate(full=True)


def _opened_part(place: Storage, file: str) -> Any:
    return pq.ParquetFile(file, filesystem=place.arrow(), page_checksum_verification=True)


def _damaged(place: Storage, file: str) -> DamagedCatalogueError:
    wrong = gettext(
        "The catalogue {catalogue} is damaged: {file} is not a whole Parquet file.",
        catalogue=place.name,
        file=file,
    )
    return DamagedCatalogueError(sentences(wrong, _ADVICE), file=file, code="damaged-part")


def _missing(place: Storage, file: str) -> DamagedCatalogueError:
    wrong = gettext(
        "The catalogue {catalogue} is damaged: {file} is missing.",
        catalogue=place.name,
        file=file,
    )
    return DamagedCatalogueError(sentences(wrong, _ADVICE), file=file, code="missing-part")


_ADVICE = gettext(
    "Restore it from a copy. Without a copy, remove it and the folder _versions; the catalogue is "
    "then what is left."
)


def _removed(place: Storage) -> CatalogueError:
    message = gettext(
        "A compaction of {catalogue} removed parts that were still read. Nothing is lost. Run the "
        "command again.",
        catalogue=place.name,
    )
    return CatalogueError(message, code="compacted-meanwhile")


def raised(place: Storage, table: str, names: Iterable[str], error: Exception) -> Exception:
    """Return what to raise for an error while parts of a table are opened."""
    return damage_in(place, {table: names}) or error


def guarded(
    place: Storage, table: str, names: Iterable[str], batches: Iterator[Any]
) -> Iterator[Any]:
    """Yield what is read from parts; an error names the damaged part.

    Raises
    ------
    DamagedCatalogueError
        When one is damaged.
    """
    try:
        yield from batches
    except (OSError, ValueError, pa.ArrowException) as error:
        raise raised(place, table, names, error) from error
