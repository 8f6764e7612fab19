"""The engine of many machines: the same work through PySpark's ``mapInArrow``.

Executors identify files where they read them. One shuffle brings equal recordings together, so
the same bytes in ten files are decoded once. Executors analyse them in worker processes of their
own, with the same time limits and crash isolation as on one machine, and write parts straight into
the catalogue. Parts are whole or missing and rows have keys, so a task that Spark runs twice does
no harm. Only receipts return to the driver.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import Outcome
from phonoscope.catalogue.store import open_store
from phonoscope.errors import CatalogueError, ErrorKind, PhonoscopeError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.progress import NoProgress
from phonoscope.scan.base import Receipt, ScanJob, file_row, outcomes_of
from phonoscope.scan.messages import Failure
from phonoscope.scan.pool import Pool
from phonoscope.scan.session import spark_session
from phonoscope.scan.sources import SourceFile
from phonoscope.scan.work import analyse_file, identify_file
from phonoscope.settings import Settings

SLICE_FILES = 200_000
"""Files that Spark gets at once, so that the driver's memory stays flat."""
TASK_FILES = 64
"""Files in a task: minutes of work, compared with seconds until a worker has started."""
FOLLOW_S = 2.0
"""How often progress is read from the catalogue, s."""

_FILE = "uri string, size_bytes long, mtime_ns long, error_kind string, error string"
_IDENTIFIED = f"{_FILE}, recording_id string, cpu_s double"
_RECEIPT = (
    "files long, examined long, duplicates long, unreadable string, audio_s double, cpu_s double, "
    "examined_again long"
)
_FILE_SCHEMA = pa.schema(
    [
        ("uri", pa.string()),
        ("size_bytes", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("error_kind", pa.string()),
        ("error", pa.string()),
    ]
)
Batches = Iterable[pa.RecordBatch]


@dataclass(frozen=True)
class Order:
    """What an executor has to know about a scan."""

    catalogue: str
    scan_id: str
    after: str
    """Newest batch of the catalogue when the scan began."""
    settings: Settings


class SparkEngine:
    """Runs a scan on the Spark cluster that pyspark finds, or on Spark in this process.

    See :func:`phonoscope.scan.session.spark_session` for the session. The executors need
    Phonoscope, and have to reach the files and the catalogue under the same names.
    """

    name = "spark"

    def run(self, job: ScanJob, files: Iterator[list[SourceFile]]) -> None:
        """See :meth:`phonoscope.scan.base.Engine.run`."""
        session, is_ours = spark_session(job.settings)
        order = Order(job.store.uri, job.scan_id, job.names.next(), job.settings)
        try:
            again = _again(session, job)
            every = itertools.chain.from_iterable(files)
            while group := list(itertools.islice(every, SLICE_FILES)):
                _run_slice(session, job, order, group, again)
        finally:
            if is_ours:
                session.stop()


def _again(session: Any, job: ScanJob) -> Any:
    """Return the recordings to analyse again; sent to Spark once in a scan."""
    from pyspark.sql import functions as f

    ids = pa.table({"recording_id": pa.array(job.again.to_list(), pa.string())})
    return session.createDataFrame(ids).withColumn("again", f.lit(True))


def _run_slice(
    session: Any, job: ScanJob, order: Order, files: list[SourceFile], again: Any
) -> None:
    receipts = _plan(session, job, order, files, again)
    tag = f"phonoscope-{job.scan_id}"

    def collect() -> list[Any]:
        session.addTag(tag)
        return list(receipts.collect())

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(collect)
        follower = _Follower(job)
        try:
            while not future.done():
                wait([future], FOLLOW_S)
                follower.look()
        except BaseException:
            session.interruptTag(tag)
            raise
        for row in _result(future):
            job.receipt += _receipt_of(row)


def _result(future: Future[list[Any]]) -> list[Any]:
    """Return the rows of a job; an error becomes one line instead of three tracebacks."""
    try:
        return future.result()
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        ours = "phonoscope.errors.CatalogueError: "
        for line in lines:
            if line.startswith(ours):
                raise CatalogueError(line.removeprefix(ours)) from error
        causes = [line for line in lines if _EXCEPTION_LINE.match(line)]
        reason = (causes or lines or [type(error).__name__])[0]
        message = gettext("The Spark job failed: {reason}", reason=printable(reason))
        raise PhonoscopeError(message, code="spark-job") from error


_EXCEPTION_LINE = re.compile(r"^[\w.]*(Error|Exception|Interrupt|Exit): ")


def _plan(session: Any, job: ScanJob, order: Order, files: list[SourceFile], again: Any) -> Any:
    from pyspark.sql import functions as f

    tasks = max(1, -(-len(files) // TASK_FILES))
    rows = pa.Table.from_pylist([file._asdict() for file in files], schema=_FILE_SCHEMA)
    identified = (
        session.createDataFrame(rows)
        .repartition(tasks)
        .mapInArrow(partial(_identify, order), _IDENTIFIED)
    )
    file = f.struct("uri", "size_bytes", "mtime_ns", "error_kind", "error")
    # A file that couldn't be identified is a group of its own, under its URI.
    recordings = identified.groupBy(
        f.coalesce("recording_id", "uri").alias("key"), "recording_id"
    ).agg(f.collect_list(file).alias("files"), f.sum("cpu_s").alias("cpu_s"))
    return (
        recordings.join(_known(session, job, order, again), "recording_id", "left")
        .join(again, "recording_id", "left")
        .select(
            *("recording_id", "files", "cpu_s"),
            f.col("known").isNotNull().alias("known"),
            f.col("again").isNotNull().alias("again"),
        )
        .repartition(tasks)
        .mapInArrow(partial(_examine, order), _RECEIPT)
    )


def _known(session: Any, job: ScanJob, order: Order, again: Any) -> Any:
    """Return the recordings that the catalogue has and that aren't to be analysed again.

    What an earlier slice of this scan analysed again is known. Executors read the ids.
    """
    from pyspark.sql import functions as f

    names = job.store.live_parts("recordings")
    ours = [name for name in names if _is_of(job, name)]
    before = _ids(session, order, [name for name in names if name not in {*ours}])
    ids = before.join(again, "recording_id", "left_anti").union(_ids(session, order, ours))
    return ids.distinct().withColumn("known", f.lit(True))


def _is_of(job: ScanJob, name: str) -> bool:
    """Whether this scan wrote a part."""
    return f"-{job.scan_id}-" in name


def _ids(session: Any, order: Order, names: list[str]) -> Any:
    parts = session.createDataFrame(pa.table({"name": pa.array(names, pa.string())}))
    return parts.mapInArrow(partial(_read_ids, order), "recording_id string")


def _read_ids(order: Order, batches: Batches) -> Iterator[pa.RecordBatch]:
    store = open_store(order.catalogue)
    for batch in batches:
        names = batch.column(0).to_pylist()
        yield from store.batches("recordings", names, ["recording_id"])


def _pool(settings: Settings) -> Pool:
    return Pool(1, time_limit_s=settings.file_time_limit_s, memory_mb=settings.worker_memory_mb)


def _call(pool: Pool, function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Call a function in the pool's only worker; return its value and processor time, s."""
    pool.submit(None, function, *arguments)
    while not (done := pool.wait(60.0)):
        pass
    return done[0].value, done[0].cpu_s


def _identify(order: Order, batches: Batches) -> Iterator[pa.RecordBatch]:
    with _pool(order.settings) as pool:
        for batch in batches:
            rows = [_identified(pool, row) for row in batch.to_pylist()]
            yield pa.RecordBatch.from_pylist(
                rows,
                schema=_FILE_SCHEMA.append(pa.field("recording_id", pa.string())).append(
                    pa.field("cpu_s", pa.float64())
                ),
            )


def _identified(pool: Pool, row: dict[str, Any]) -> dict[str, Any]:
    if row["error_kind"] is not None:
        return row | {"recording_id": None, "cpu_s": 0.0}
    found, cpu_s = _call(pool, identify_file, row["uri"])
    if isinstance(found, Failure):
        bad = {"error_kind": found.kind.value, "error": found.message}
        return row | bad | {"recording_id": None, "cpu_s": cpu_s}
    return row | {"recording_id": found, "cpu_s": cpu_s}


def _examine(order: Order, batches: Batches) -> Iterator[pa.RecordBatch]:
    """Analyse recordings and write them into the catalogue; yield one receipt."""
    store = open_store(order.catalogue)
    names = BatchNames(order.scan_id, order.after)
    job = ScanJob(store, order.scan_id, names, order.settings, NoProgress())
    waiting: list[Outcome] = []
    due_s = time.monotonic() + order.settings.batch_seconds
    with _pool(order.settings) as pool:
        for row in itertools.chain.from_iterable(batch.to_pylist() for batch in batches):
            outcomes, cpu_s = _examined(pool, row, order.settings.false_alarms)
            waiting += outcomes
            job.count(Receipt(cpu_s=cpu_s + row["cpu_s"]))
            job.count(Receipt.of(outcomes, again=row["again"] and not row["known"]))
            if len(waiting) >= order.settings.batch_files or time.monotonic() >= due_s:
                job.write(waiting)
                waiting = []
                due_s = time.monotonic() + order.settings.batch_seconds
        job.write(waiting)
    receipt = dataclasses.asdict(job.receipt)
    receipt["unreadable"] = json.dumps(job.receipt.unreadable)
    yield pa.RecordBatch.from_pylist([receipt])


def _examined(pool: Pool, row: dict[str, Any], false_alarms: float) -> tuple[list[Outcome], float]:
    files = [
        SourceFile(**{**file, "error_kind": file["error_kind"] and ErrorKind(file["error_kind"])})
        for file in row["files"]
    ]
    recording_id = row["recording_id"]
    if recording_id is None:
        return [Outcome(file_row(file, None, file.error_kind, file.error)) for file in files], 0.0
    if row["known"]:
        return [Outcome(file_row(file, recording_id)) for file in files], 0.0
    first = files[0]
    file = (first.uri, recording_id, first.size_bytes, first.mtime_ns)
    found, cpu_s = _call(pool, analyse_file, *file, false_alarms)
    return outcomes_of(recording_id, files, found), cpu_s


def _receipt_of(row: Any) -> Receipt:
    fields = row.asDict()
    kinds = json.loads(fields.pop("unreadable"))
    unreadable = Counter({ErrorKind(kind): count for kind, count in kinds.items()})
    return Receipt(**fields, unreadable=unreadable)


class _Follower:
    """Reports progress from the parts that executors have written."""

    def __init__(self, job: ScanJob) -> None:
        self._job = job
        self.seen = set(job.store.live_parts("files"))

    def look(self) -> None:
        """Report the parts of this scan that are new since the last call."""
        place = self._job.store.place
        for name in self._job.store.live_parts("files"):
            if name in self.seen or not _is_of(self._job, name):
                continue
            self.seen.add(name)
            # A compaction may have removed it; then only the progress is too low.
            with suppress(FileNotFoundError):
                files = pq.read_table(
                    f"files/{name}", columns=["error_kind"], filesystem=place.arrow()
                )
                bad = files.num_rows - files["error_kind"].null_count
                self._job.progress.advance(
                    files.num_rows, audio_s=self._audio_s(name), unreadable=bad
                )

    def _audio_s(self, name: str) -> float:
        with suppress(FileNotFoundError):
            durations = pq.read_table(
                f"recordings/{name}",
                columns=["duration_s"],
                filesystem=self._job.store.place.arrow(),
            )
            return float(sum(durations["duration_s"].drop_null().to_pylist()))
        return 0.0
