"""A Spark session: the active one, or a new one."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

from phonoscope.errors import MissingExtraError, UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.settings import Settings


def spark_session(settings: Settings) -> tuple[Any, bool]:
    """Return a Spark session and whether it was started here.

    An active session is used unchanged. Otherwise one is started: on ``SPARK_MASTER`` if that is
    set, else on this machine's cores.

    Raises
    ------
    MissingExtraError
        When PySpark isn't installed.
    UsageError
        When Java isn't found (``no-java``) or Spark doesn't start (``spark-start``).
    """
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise MissingExtraError("spark", gettext("The engine 'spark' needs PySpark.")) from error
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
        # No host names, no ports that others can reach, no page.
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.ui.enabled", "false")
        builder = builder.config("spark.log.level", "ERROR")
        # Tasks run with the same Python and the same imports.
        builder = builder.config("spark.executorEnv.PYTHONPATH", os.pathsep.join(sys.path))
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    try:
        return builder.getOrCreate(), True
    except Exception as error:
        message = gettext(
            "Spark doesn't start: {error}. It needs Java 17 or newer, and the master '{master}'.",
            error=printable(str(error)),
            master=printable(master),
        )
        raise UsageError(message, code="spark-start") from error


def _check_java() -> None:
    if "SPARK_REMOTE" in os.environ:
        return
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=os.path.join(home, "bin") if home else None) is not None:
        return
    if home:
        message = gettext(
            "The engine 'spark' needs Java 17 or newer, and JAVA_HOME ({home}) has none.",
            home=printable(home),
        )
    else:
        message = gettext(
            "The engine 'spark' needs Java 17 or newer, and none was found. Install it, for "
            "example the package openjdk-17-jre-headless."
        )
    raise UsageError(message, code="no-java")
