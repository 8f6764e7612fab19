"""Spark: the same rows as on one machine, with the same guards."""

import os
import sys

import pytest

from phonoscope.api import open_catalogue
from phonoscope.errors import (
    CatalogueError,
    ErrorKind,
    MissingExtraError,
    PhonoscopeError,
    UsageError,
)
from phonoscope.scan import spark
from phonoscope.scan.session import spark_session
from phonoscope.scan.sources import SourceFile
from phonoscope.settings import Settings
from tests.helpers import tasks
from tests.helpers.progress import Recorded
from tests.helpers.sounds import noise, sine, write

SETTINGS = Settings(workers=2, file_time_limit_s=20, batch_files=4)


def rows(catalogue, query):
    return catalogue.sql(query).read_all().to_pylist()


def test_without_pyspark_the_extra_is_named(tmp_path, monkeypatch):
    write(tmp_path / "a.wav", noise(0.1))
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(MissingExtraError) as refused:
        open_catalogue(tmp_path / "c", create=True).scan(tmp_path / "a.wav", engine="spark")
    assert refused.value.extra == "spark"
    assert "phonoscope[spark]" in refused.value.message


@pytest.mark.spark
@pytest.mark.parametrize("home", [None, "/nowhere"])
def test_without_java_its_version_is_named(tmp_path, monkeypatch, home):
    write(tmp_path / "a.wav", noise(0.1))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if home:
        monkeypatch.setenv("JAVA_HOME", home)
    with pytest.raises(UsageError) as refused:
        open_catalogue(tmp_path / "c", create=True).scan(tmp_path / "a.wav", engine="spark")
    assert refused.value.code == "no-java"
    assert home is None or home in refused.value.message


def test_what_went_wrong_in_a_job_is_one_line():
    class Failed:
        def __init__(self, text):
            self.text = text

        def result(self):
            raise RuntimeError(self.text)

    trace = "An exception was thrown\nTraceback (most recent call last):\n  File x\n"
    full = f"{trace}phonoscope.errors.CatalogueError: the catalogue is full\n\n\tat java.base/x\n"
    with pytest.raises(CatalogueError, match=r"^the catalogue is full$"):
        spark._result(Failed(full))
    with pytest.raises(PhonoscopeError) as failed:
        spark._result(Failed(f"{trace}ModuleNotFoundError: No module named 'x'\n\tat java"))
    assert failed.value.code == "spark-job"
    assert failed.value.message.endswith("ModuleNotFoundError: No module named 'x'")


def order(catalogue, **changes):
    settings = SETTINGS.model_copy(update=changes)
    return spark.Order(catalogue._store.uri, "aaaaaaaaaaaa", "", settings)


def batches(files):
    import pyarrow as pa

    rows = [file._asdict() for file in files]
    return [pa.RecordBatch.from_pylist(rows, schema=spark._FILE_SCHEMA)]


def test_a_task_guards_itself_against_hanging_and_crashing_files(tmp_path, monkeypatch):
    """What Spark runs on an executor, run here without Spark."""
    music = tmp_path / "music"
    music.mkdir()
    for number, name in enumerate(["hang", "crash", "fine"]):
        write(music / f"{name}.wav", noise(0.2, seed=number))
    monkeypatch.setattr(spark, "analyse_file", tasks.misbehaving_examination)
    catalogue = open_catalogue(tmp_path / "catalogue", create=True)
    what = order(catalogue, file_time_limit_s=3, false_alarms=0.02)
    files = [
        SourceFile(str(path), path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(music.iterdir())
    ]
    bad = SourceFile("/fifo", None, None, ErrorKind.NOT_A_FILE, "a FIFO")
    identified = list(spark._identify(what, batches([*files, bad])))
    found = identified[0].to_pylist()
    assert [len(row["recording_id"] or "") for row in found] == [32, 32, 32, 0]
    groups = [
        {
            "recording_id": row["recording_id"],
            "files": [{name: row[name] for name in SourceFile._fields}],
            "cpu_s": row["cpu_s"],
            "known": False,
            "again": False,
        }
        for row in found
    ]
    import pyarrow as pa

    (receipt,) = spark._examine(what, [pa.RecordBatch.from_pylist(groups)])
    done = spark._receipt_of(Row(receipt.to_pylist()[0]))
    assert (done.files, done.examined) == (4, 1)
    assert done.unreadable == {
        ErrorKind.CRASHED: 1,
        ErrorKind.TIME_LIMIT: 1,
        ErrorKind.NOT_A_FILE: 1,
    }
    assert len(rows(catalogue, "from files")) == 4
    assert len(rows(catalogue, "from recordings")) == 1
    assert rows(catalogue, "select false_alarms a from verdicts") == [{"a": 0.02}]


class Row:
    def __init__(self, fields):
        self._fields = fields

    def asDict(self):
        return dict(self._fields)


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.timeout(600)
# pyspark leaves sockets to its gateway for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_spark_gives_the_same_rows_as_this_machine(tmp_path, monkeypatch):
    music = tmp_path / "music"
    music.mkdir()
    for number in range(9):
        write(music / f"{number}.wav", noise(0.2, seed=number))
    write(music / "long.ogg", sine(3.0), form="ogg-vorbis")
    (music / "copy.wav").write_bytes((music / "1.wav").read_bytes())
    (music / "text.mp3").write_text("no sound")
    os.mkfifo(music / "pipe.mp3")
    odd = os.path.join(os.fsencode(music), b"\xff\n'.wav")
    with open(odd, "wb") as file:
        file.write((music / "2.wav").read_bytes())
    monkeypatch.setattr(spark, "TASK_FILES", 6)
    monkeypatch.setattr(spark, "SLICE_FILES", 12)
    here, there = (
        open_catalogue(tmp_path / "here", create=True),
        open_catalogue(tmp_path / "there", create=True),
    )
    progress = Recorded()
    local = here.scan(music, settings=SETTINGS)
    cluster = there.scan(music, engine="spark", settings=SETTINGS, progress=progress)
    for name in ("listed", "examined", "duplicates", "unreadable", "unreadable_kinds"):
        assert getattr(local, name) == getattr(cluster, name), name
    assert cluster.audio_s == pytest.approx(local.audio_s)
    assert cluster.cpu_s > 0
    assert progress.total == progress.done == 14
    for table in ("files", "recordings", "verdicts", "segments", "declared", "statements"):
        query = f"select * exclude (scan_id, batch) from {table} order by all"
        assert rows(here, query) == rows(there, query)
    assert rows(there, "select engine, state from scans") == [{"engine": "spark", "state": "done"}]
    # Known recordings at new places are not decoded again, and a session is used as it is.
    from pyspark.sql import SparkSession

    session, is_ours = spark_session(SETTINGS)
    assert is_ours
    try:
        (music / "moved").mkdir()
        (music / "3.wav").rename(music / "moved" / "3.wav")
        again = there.scan(music, engine="spark", settings=SETTINGS)
        assert (again.examined, again.duplicates, again.unchanged) == (0, 1, 12)
        assert SparkSession.getActiveSession() is session
    finally:
        session.stop()
