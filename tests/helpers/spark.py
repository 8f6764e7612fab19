"""A Spark session for a few thousand rows."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from phonoscope.scan.session import spark_session
from phonoscope.settings import Settings

# A JVM that lives for a minute spends more on optimising its code than that saves.
os.environ.setdefault(
    "PYSPARK_SUBMIT_ARGS",
    "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell",
)


@contextlib.contextmanager
def small_session() -> Iterator[Any]:
    """Give a session of two workers in which a question is a few tasks, not the usual 200."""
    made, is_ours = spark_session(Settings(workers=2))
    made.conf.set("spark.sql.shuffle.partitions", "2")
    made.conf.set("spark.sql.codegen.wholeStage", "false")
    made.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    made.conf.set("spark.sql.adaptive.enabled", "false")
    yield made
    if is_ours:
        made.stop()
