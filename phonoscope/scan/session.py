"""A Spark session: the one that is there, or one that is started."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

from phonoscope.errors import MissingExtraError, UsageError
from phonoscope.settings import Settings


def spark_session(settings: Settings) -> tuple[Any, bool]:
    """Return a Spark session and whether it was started here.

    An active session is used as it is. Else one is started: on ``SPARK_MASTER`` where it is set,
    on this machine's cores where not.

    Raises
    ------
    MissingExtraError
        When pyspark is not installed.
    UsageError
        When there is no Java, or Spark does not start.
    """
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise MissingExtraError("spark", "the engine 'spark'") from error
    if (active := SparkSession.getActiveSession()) is not None:
        return active, False
    _check_java()
    master = os.environ.get("SPARK_MASTER", "")
    if not master and "PYSPARK_GATEWAY_PORT" not in os.environ:
        master = f"local[{settings.workers}]"
    builder: Any = SparkSession.builder
    builder = builder.appName("phonoscope").config("spark.ui.showConsoleProgress", "false")
    if master:
        builder = builder.master(master)
    if master.startswith("local"):
        # Nothing has to be found by name or reached from outside; no port shows a page.
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.ui.enabled", "false")
        builder = builder.config("spark.log.level", "ERROR")
        # The Python that runs here, and what it imports, is what the tasks must run with.
        builder = builder.config("spark.executorEnv.PYTHONPATH", os.pathsep.join(sys.path))
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    try:
        return builder.getOrCreate(), True
    except Exception as error:
        raise UsageError(
            f"Spark could not be started (it needs Java 17 or newer; master {master!r}): {error}"
        ) from error


def _check_java() -> None:
    if "SPARK_REMOTE" in os.environ:
        return
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=os.path.join(home, "bin") if home else None) is None:
        raise UsageError(
            "the engine 'spark' needs Java 17 or newer, and no java was found"
            + (f" in JAVA_HOME, {home}" if home else "; install openjdk-17-jre-headless")
        )
