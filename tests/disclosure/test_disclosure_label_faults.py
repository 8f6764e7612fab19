"""What can go wrong while a label is written: one file fails, nothing else, and nothing is left."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from phonoscope import atomic
from phonoscope.disclosure import marked_file
from phonoscope.disclosure.copy_beside import copy_beside, remove_remnants
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.read import read_labels
from phonoscope.disclosure.writing import Labelling, write_label
from phonoscope.errors import LabelError, UnreadableError
from tests.helpers.certificates import Root
from tests.helpers.marked import blank
from tests.helpers.sounds import sine, write

SAID = (Declaration("", Part.WHOLE, Making.GENERATED, "T", None, "", ""),)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "not-permitted"),
        (OSError(errno.EROFS, "Read-only file system"), "io"),
        (OSError(errno.ENOSPC, "No space left on device"), "io"),
    ],
)
def test_a_folder_that_cannot_be_written_is_an_error_of_the_file(
    tmp_path, monkeypatch, error, code
):
    path = blank(tmp_path, "mp3")
    content = path.read_bytes()
    real_open = os.open

    def refuses(name, flags, *more, **named):
        if flags & os.O_CREAT:
            error.filename = str(name)
            raise error
        return real_open(name, flags, *more, **named)

    monkeypatch.setattr(atomic.os, "open", refuses)
    for standards in (("ai-tags",), ("sidecar",)):
        with pytest.raises(LabelError) as raised:
            write_label(path, Labelling(SAID, standards))
        assert raised.value.code == code
        assert "phonoscope." not in raised.value.message
        assert ".mp3" not in raised.value.message
    assert path.read_bytes() == content


def test_too_little_memory_is_an_error_of_the_file(tmp_path, monkeypatch):
    path = blank(tmp_path, "m4a")

    def fails(_):
        raise MemoryError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(marked_file, "Decoder", fails)
    with pytest.raises(LabelError) as raised:
        write_label(path, Labelling(SAID))
    assert raised.value.code == "memory-limit"


def test_an_rf64_file_is_named_when_it_cannot_be_signed(tmp_path):
    path = write(tmp_path / "long.wav", sine(0.2, 44_100), 44_100, "rf64")
    content = path.read_bytes()
    with pytest.raises(LabelError) as raised:
        write_label(path, Labelling(SAID, ("ai-tags", "c2pa"), signer=Root.make().signer()))
    assert raised.value.code == "no-place"
    assert "RF64" in raised.value.message
    assert path.read_bytes() == content


@pytest.mark.parametrize("kind", ["flac", "ogg"])
def test_damaged_comments_are_an_error_that_does_not_name_the_copy(tmp_path, kind):
    path = blank(tmp_path, kind)
    data = path.read_bytes()
    at = data.index(b"\x03vorbis") + 7 if kind == "ogg" else data.index(b"reference lib") - 4
    path.write_bytes(data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :])
    content = path.read_bytes()
    with pytest.raises((LabelError, UnreadableError)) as raised:
        write_label(path, Labelling(SAID))
    assert ".phonoscope" not in str(raised.value)
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == [path.name]


# ---- copies that a kill leaves behind --------------------------------------------------------


def test_remnants_go_and_copies_in_use_stay(tmp_path):
    path = blank(tmp_path, "mp3")
    remnant = tmp_path / ".0123456789abcdef.phonoscope.mp3"
    others = [tmp_path / name for name in (".0123456789abcdef.mp3", ".x.phonoscope.mp3", "a.mp3")]
    for file in (remnant, *others):
        file.write_bytes(b"partly")
    link = tmp_path / ".fedcba9876543210.phonoscope.mp3"
    link.symlink_to(path)
    with copy_beside(path) as in_use:
        assert remove_remnants(tmp_path) == 1
        assert in_use.exists()
    assert not remnant.exists()
    assert all(file.exists() for file in (*others, link, path))
    assert remove_remnants(tmp_path / "nowhere") == 0


_STOPPED = """
import sys, time
from phonoscope.disclosure import edited_copy, writing
from phonoscope.cli import main
real = edited_copy.sound_digest
def slow(file):
    # In a worker, which leaves stdout to the command.
    print("compares", file=sys.stderr, flush=True)
    time.sleep(60)
    return real(file)
edited_copy.sound_digest = slow
sys.argv = ["phonoscope", "label", "write", sys.argv[1], "--what", "whole", "--quiet"]
from phonoscope.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("sent", "leaves"),
    [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGKILL, True)],
)
def test_only_a_kill_leaves_a_copy_and_the_next_label_removes_it(tmp_path, sent, leaves):
    path = blank(tmp_path, "flac")
    content = path.read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", _STOPPED, str(path)],
        stderr=subprocess.PIPE,
        # The worker is a copy of this process, with its slow function, if there is one thread.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    ) as process:
        assert process.stderr.readline() == b"compares\n"
        process.send_signal(sent)
        process.communicate(timeout=60)
    assert process.returncode == (130 if not leaves else -sent)
    assert path.read_bytes() == content
    assert (len(os.listdir(tmp_path)) == 2) is leaves
    assert remove_remnants(tmp_path) == int(leaves)
    assert os.listdir(tmp_path) == [path.name]


# ---- human parts in a signature --------------------------------------------------------------


def manifest_actions(path: Path) -> list[dict]:
    import c2pa

    types = {".mp3": "audio/mpeg", ".wav": "audio/wav", ".m4a": "audio/mp4", ".flac": "audio/flac"}
    with c2pa.Reader(types[path.suffix], io.BytesIO(path.read_bytes())) as reader:
        store = json.loads(reader.json())
    assert store["validation_state"] == "Valid"
    assertions = store["manifests"][store["active_manifest"]]["assertions"]
    return [
        action
        for assertion in assertions
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]


def part(which: Part, making: Making) -> Declaration:
    return Declaration("", which, making, "Tool 2", None, "", "")


@pytest.mark.parametrize("kind", ["mp3", "wav", "m4a", "flac"])
@pytest.mark.parametrize(
    ("declared", "created"),
    [
        ((part(Part.LYRICS, Making.HUMAN),), None),
        ((part(Part.VOCALS, Making.ASSISTED), part(Part.LYRICS, Making.HUMAN)), None),
        (
            (part(Part.LYRICS, Making.HUMAN), part(Part.VOCALS, Making.GENERATED)),
            "compositeWithTrainedAlgorithmicMedia",
        ),
        ((part(Part.WHOLE, Making.HUMAN),), "digitalCreation"),
        (
            (part(Part.VOCALS, Making.GENERATED), part(Part.WHOLE, Making.ASSISTED)),
            "algorithmicallyEnhanced",
        ),
    ],
)
def test_a_signature_says_no_more_than_was_declared(tmp_path, kind, declared, created):
    path = blank(tmp_path, kind)
    write_label(path, Labelling(declared, ("c2pa",), signer=Root.make().signer()))
    actions = manifest_actions(path)
    whole = [a["digitalSourceType"] for a in actions if a["action"] == "c2pa.created"]
    assert [uri.rpartition("/")[2] for uri in whole] == ([created] if created else [])
    assert actions[0]["action"] == ("c2pa.created" if created else "c2pa.opened")
    for action in actions:
        by_people = action.get("digitalSourceType", "").endswith(("humanEdits", "digitalCreation"))
        assert ("softwareAgent" in action) is ("digitalSourceType" in action and not by_people)
    read = {(d.part, d.making, d.tool) for d in read_labels(path).declared}
    assert read == {
        (d.part, d.making, None if d.making is Making.HUMAN else "Tool 2") for d in declared
    }
