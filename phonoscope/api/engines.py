"""Where work runs: on this machine, or on a Spark cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.store import Store
    from phonoscope.scan.base import Engine
    from phonoscope.settings import Settings


def scan_engine(name: str) -> Engine:
    """Return the engine of a scan by its name.

    Raises
    ------
    UsageError
        When there is no such engine (``unknown-engine``).
    """
    if name == "local":
        from phonoscope.scan.local import LocalEngine

        return LocalEngine()
    if name == "spark":
        from phonoscope.scan.spark import SparkEngine

        return SparkEngine()
    raise _unknown(name)


OnEngine: TypeAlias = "Callable[[Store, CatalogueReader], CatalogueReader]"
"""Returns the tables of a catalogue as an engine reads them."""


@contextmanager
def readers_on(engine: str, settings: Settings) -> Iterator[OnEngine]:
    """Yield a function that turns the tables of a catalogue into an engine's tables.

    Raises
    ------
    UsageError
        When there is no such engine (``unknown-engine``), or Spark doesn't start.
    MissingExtraError
        When PySpark is needed and isn't installed.
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
        raise _unknown(engine)


def _unknown(name: str) -> UsageError:
    message = gettext(
        "There is no engine '{name}'. The engines are local and spark.", name=printable(name)
    )
    return UsageError(message, code="unknown-engine")
