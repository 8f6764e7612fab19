"""Where work runs: on this machine, or on a Spark cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from phonoscope.errors import UsageError

if TYPE_CHECKING:
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.store import Store
    from phonoscope.scan.base import Engine
    from phonoscope.settings import Settings


def scan_engine(name: str) -> Engine:
    """Return where a scan runs, by its name.

    Raises
    ------
    UsageError
        When there is no such engine.
    """
    if name == "local":
        from phonoscope.scan.local import LocalEngine

        return LocalEngine()
    if name == "spark":
        from phonoscope.scan.spark import SparkEngine

        return SparkEngine()
    raise _no_engine(name)


OnEngine: TypeAlias = "Callable[[Store, CatalogueReader], CatalogueReader]"
"""Gives the tables of a catalogue as an engine reads them."""


@contextmanager
def readers_on(engine: str, settings: Settings) -> Iterator[OnEngine]:
    """Give what turns the tables of a catalogue into tables that an engine reads.

    Raises
    ------
    UsageError
        When there is no such engine, or Spark cannot be started.
    MissingExtraError
        When PySpark is asked for and not installed.
    """
    if engine == "local":
        yield lambda _, reader: reader
    elif engine == "spark":
        from phonoscope.scan.session import spark_session
        from phonoscope.scan.spark_tables import SparkTables

        session, is_ours = spark_session(settings)
        try:
            yield lambda store, reader: SparkTables(store, session, str(reader.path))
        finally:
            if is_ours:
                session.stop()
    else:
        raise _no_engine(engine)


def _no_engine(name: str) -> UsageError:
    return UsageError(f"there is no engine {name!r}; there are local and spark")
