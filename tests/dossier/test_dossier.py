"""The dossier: what it says, that it says the same twice, and that strangers' tags stay text."""

import dataclasses
import hashlib
import json
import re
import shlex
import subprocess
import sys
from datetime import UTC, date, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import mutagen.flac
import pytest

import phonoscope as ps
from phonoscope.catalogue.music_folders import note_scanned
from phonoscope.dossier.content import dossier_of
from phonoscope.dossier.page import html, steps
from phonoscope.errors import UsageError
from phonoscope.matching.recording.pairwise import Pair, swapped
from tests.helpers.catalogues import MemoryCatalogue, mark_row
from tests.helpers.chromium import chromium, faults, opened
from tests.helpers.copied import RATE_HZ, faster, later, tune
from tests.helpers.program import environment, run, strict_json
from tests.helpers.served import catalogue_of
from tests.helpers.sounds import noise, strided, write

DOCS = Path(__file__).resolve().parents[2] / "docs"
HOSTILE = "<script>alert(1)</script><img src=//evil.example/x>\"'&\u202e{{ 7*7 }}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A catalogue of a song, a copy of it, and one with traces that calls itself human."""
    made = tmp_path_factory.mktemp("dossier")
    (made / "music").mkdir()
    write(made / "music/song.flac", tune(1), RATE_HZ, "flac-16", tags={"title": "A song"})
    write(made / "music/fast.mp3", later(faster(tune(1))), RATE_HZ, "mp3", tags={"title": HOSTILE})
    human = made / "music/human.flac"
    write(human, strided(noise(20.0), 44_100 / 512, 0.3), form="flac-16", tags={"artist": HOSTILE})
    tags = mutagen.flac.FLAC(human)
    tags["AI_DISCLOSURE"], tags["AI_TOOL"], tags["title"] = "none", HOSTILE, HOSTILE
    tags.save()
    catalogue = ps.open_catalogue(made / "catalogue", create=True)
    catalogue.scan(made / "music")
    catalogue.copies()
    return made


@pytest.fixture(scope="module")
def catalogue(folder):
    return ps.open_catalogue(folder / "catalogue", create=False)


@pytest.fixture(scope="module")
def human(folder, catalogue):
    return dossier_of(catalogue, str(folder / "music/human.flac"))


def words(page):
    """What a person reads."""
    body = re.sub(r"<style>.*?</style>", " ", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


class Elements(HTMLParser):
    """Every element of a page, and every address and handler in it."""

    def __init__(self, page):
        super().__init__()
        self.names, self.addresses, self.handlers = set(), [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "action", "data", "poster", "srcset"):
                self.addresses.append(value)
            if name.startswith("on") or name == "style":
                self.handlers.append((tag, name))


def test_it_says_what_is_declared_and_detected_with_hashes_and_numbers(folder, human):
    page = html(human)
    read = words(page)
    data = (folder / "music/human.flac").read_bytes()
    assert hashlib.sha256(data).hexdigest() in read
    assert hashlib.blake2b(data, digest_size=16).hexdigest() in read
    for fact in (
        'data-declared="human"',
        'data-detected="generated"',
        'data-disagrees="declared-human-detected-machine"',
        'data-file="unchanged"',
    ):
        assert fact in page
    judged = human.analysis.verdict
    assert judged.model in read
    (shown,) = re.findall(rf'<td data-p-value="{judged.p_value}">([^<]+)</td>', page)
    number = float(shown.split()[-1])
    # A smaller one than a person can use is only said to be under it.
    assert number == pytest.approx(max(judged.p_value, 1e-6), rel=0.01)
    assert "about 10 of 10,000" in read, "false alarms that the scan accepted"
    (trial,) = re.findall('<p class="trial">(.*?)</p>', page, re.S)
    assert f"{human.rates.human:,}" in trial
    assert f"{human.rates.machine:,}" in trial
    for statement in human.analysis.evidence:
        assert statement.kind in read
    assert 'class="limits"' in page
    assert f"phonoscope dossier {human.record.recording_id} --in CATALOGUE" in read


def test_matches_are_told_from_either_side(folder, catalogue):
    song = dossier_of(catalogue, str(folder / "music/song.flac"))
    fast = dossier_of(catalogue, str(folder / "music/fast.mp3"))
    (there,), (back,) = song.matches, fast.matches
    assert there.is_copy
    assert back.is_copy
    assert (there.original, back.original) == ("this", "other")
    assert there.pair.speed == pytest.approx(1.1, abs=0.005)
    assert back.pair.speed == pytest.approx(1 / there.pair.speed)
    assert "10.0" in " ".join(there.differs)
    assert re.search(r"\b9\.\d", " ".join(back.differs))
    # The music of the copy begins after four seconds of another tune.
    assert back.pair.begin_s == pytest.approx(4.0, abs=1.5)
    assert there.aligned.other.begin_s == pytest.approx(back.pair.begin_s, abs=0.1)
    assert 'data-matches="1" data-copies="1"' in html(song)


def test_a_pair_swapped_twice_is_itself():
    pair = Pair("a", "b", 1.1, 1.2, 4.0, 1.0, 30.0, 0.9, 0.95, 3.0, 12.0)
    other = swapped(pair)
    assert (other.one, other.other) == ("b", "a")
    assert other.begin_s == pytest.approx(1.0 / 1.1 + 4.0)
    again = dataclasses.asdict(swapped(other))
    assert again == pytest.approx(dataclasses.asdict(pair))


def test_strangers_words_stay_words(human):
    page = html(human)
    found = Elements(page)
    assert not {"script", "img", "iframe", "object", "link", "form"} & found.names
    assert found.addresses == ["#content"]
    assert found.handlers == []
    assert "\u202e" not in page
    assert HOSTILE.replace("\u202e", "\\u202e") in words(page), "shown as it is written, not run"
    assert "default-src 'none'" in unescape(page)


PROGRAM = """
import sys
from phonoscope.api import open_catalogue
from phonoscope.dossier.content import dossier_of
from phonoscope.dossier.page import html
made = dossier_of(open_catalogue(sys.argv[1], create=False), sys.argv[2])
sys.stdout.buffer.write(html(made).encode())
"""


def test_the_same_catalogue_gives_the_same_bytes(folder, catalogue):
    song = str(folder / "music/song.flac")
    pages = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, catalogue.path, song],
            env=environment(PYTHONHASHSEED=seed, TZ=zone, LC_ALL=locale, LANG=locale),
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("99", "America/Lima", "C.UTF-8"))
    ]
    assert pages[0] == pages[1] == html(dossier_of(catalogue, song)).encode()
    year = datetime.now(UTC).year
    assert len(pages[0]) > 20_000
    # The only times in it are of the scan and of the files.
    times = set(re.findall(rf"{year}-\d\d-\d\d \d\d:\d\d:\d\d", pages[0].decode()))
    assert len(times) <= 3


def test_rows_in_another_order_give_the_same_bytes(folder):
    files = [str(folder / "music/human.flac"), str(folder / "music/song.flac")]
    forward, backward = catalogue_of(files), catalogue_of(files)
    more = mark_row("x", making="assisted") | {"place": "elsewhere"}
    for made in (forward, backward):
        rows = made.rows["declared"].to_pylist()
        made.rows["declared"] = [*rows, more | {"recording_id": rows[0]["recording_id"]}]
        for name in ("segments", "statements"):
            made.rows[name] = made.rows[name].to_pylist()
    for name in ("declared", "segments", "statements"):
        backward.rows[name] = backward.rows[name][::-1]
    assert html(dossier_of(forward, files[0])) == html(dossier_of(backward, files[0]))


def test_files_that_are_gone_or_changed_are_said_to_be(tmp_path):
    for name in ("kept.wav", "changed.wav", "gone.wav"):
        write(tmp_path / name, noise(1.0))
    catalogue = catalogue_of([str(tmp_path / n) for n in ("changed.wav", "gone.wav", "kept.wav")])
    catalogue.rows["scans"] = [{"scan_id": "x", "sources": [str(tmp_path)]}]
    note_scanned(catalogue.path, [tmp_path])
    (tmp_path / "changed.wav").write_bytes(b"something else")
    (tmp_path / "gone.wav").unlink()
    made = dossier_of(catalogue, str(tmp_path / "gone.wav"))
    assert [file.state for file in made.files] == ["changed", "unreachable", "unchanged"]
    assert made.sha256 == hashlib.sha256((tmp_path / "kept.wav").read_bytes()).hexdigest()
    (tmp_path / "kept.wav").unlink()
    lost = dossier_of(catalogue, made.record.recording_id)
    assert lost.sha256 is None
    read = words(html(lost))
    assert 'data-file="lost"' in html(lost)
    assert "sha256sum" not in read


def test_a_recording_is_named_in_any_way(folder, catalogue, human, tmp_path):
    identity = human.record.recording_id
    again = tmp_path / "same bytes.flac"
    again.write_bytes((folder / "music/human.flac").read_bytes())
    for name in (identity, identity[:6], str(again)):
        assert dossier_of(catalogue, name).record.recording_id == identity
    stranger = write(tmp_path / "stranger.wav", noise(0.5))
    for name, code in (
        (identity[:5], "no-such-recording"),
        ("0" * 32, "no-such-recording"),
        ("\x1b[2J", "no-such-recording"),
        (str(stranger), "not-scanned"),
    ):
        with pytest.raises(UsageError) as error:
            dossier_of(catalogue, name)
        assert error.value.code == code
        assert "\x1b" not in str(error.value)


def test_one_beginning_of_two_and_a_file_that_could_not_be_read_are_refused():
    rows = [
        {"uri": f"/m/{i}.wav", "recording_id": f"abcdef{i:026x}", "size_bytes": 1, "mtime_ns": 0}
        for i in range(5)
    ]
    rows.append({"uri": "/m/bad.mp3", "error_kind": "empty", "error": "the file is empty"})
    catalogue = MemoryCatalogue(files=rows)
    for name, code, holds in (
        ("abcdef", "ambiguous", rows[0]["recording_id"]),
        (rows[0]["recording_id"], "not-analysed", rows[0]["recording_id"]),
        ("/m/bad.mp3", "unreadable", "the file is empty"),
    ):
        with pytest.raises(UsageError) as error:
            dossier_of(catalogue, name)
        assert error.value.code == code
        assert holds in str(error.value)


def test_voices_come_with_their_licences(folder):
    file = str(folder / "music/song.flac")
    catalogue = catalogue_of([file])
    (row,) = catalogue.rows["recordings"].to_pylist()
    mark = mark_row(row["recording_id"], making="converted-voice")
    said = {"part": "vocals", "voice": "ANNA", "declared_utc": datetime(2026, 1, 2)}
    catalogue.rows["declared"] = [mark | said, mark | {"voice": HOSTILE}]
    catalogue.rows["voices"] = [
        {"voice_id": "anna", "owner": HOSTILE, "uses": ["covers"], "commercial": True,
         "valid_until": date(2025, 12, 31)},
    ]  # fmt: skip
    page = html(dossier_of(catalogue, file))
    read = words(page)
    assert re.search(r"ANNA\b.*\b2 January 2026", read)
    (licences,) = re.findall('<div class="scroll licences">(.*?)</div>', page, re.S)
    assert {"covers", "31 December 2025", "ended"} <= set(re.findall(r">([^<>]+)<", licences))
    assert page.count('class="unlicensed"') == 1
    assert "script" not in Elements(page).names


def test_the_command_writes_the_page_or_its_json(folder, catalogue, human, tmp_path):
    identity = human.record.recording_id
    done = run("dossier", identity[:8], "--in", catalogue.path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"dossier-{identity[:12]}.html\n"
    assert (tmp_path / done.stdout.strip()).read_text("utf-8") == html(human)
    told = run("dossier", identity, "--in", catalogue.path, "--json", cwd=tmp_path)
    (shape,) = strict_json(told.stdout)
    assert shape["recording"]["disagreement"] == "declared-human-detected-machine"
    assert shape == json.loads(json.dumps(human.to_json()))
    assert len(list(tmp_path.iterdir())) == 1
    refused = run("dossier", "nothing", "--in", catalogue.path)
    assert refused.returncode == 2
    assert "nothing" in refused.stderr


def test_the_json_is_documented(folder, catalogue):
    shape = dossier_of(catalogue, str(folder / "music/song.flac")).to_json()
    text = (DOCS / "dossier.md").read_text("utf-8")
    top, match = text.partition("## A group of accounts")[0].split("A match:")
    assert re.findall(r"^\| `(\w+)` \|", top, re.M) == list(shape)
    assert re.findall(r"^\| `(\w+)` \|", match, re.M) == list(shape["matches"][0])


def test_the_commands_that_check_it_give_what_it_says(folder, catalogue):
    song = folder / "music/song.flac"
    told = {}
    for step in steps(dossier_of(catalogue, str(song))):
        given = [
            {"FILE": str(song), "CATALOGUE": catalogue.path}.get(word, word)
            for word in shlex.split(step.command)
        ]
        if given[0] == "phonoscope":
            done = run(*given[1:], cwd=folder)
        else:
            done = subprocess.run(given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (step, done.stderr)
        told[step.command.split(" FILE")[0]] = (step.expect, done.stdout)
    for command in ("b2sum -l 128", "sha256sum", "phonoscope version"):
        expected, printed = told[command]
        assert expected in printed
    (checked,) = (both for command, both in told.items() if "check --json" in command)
    assert checked[0].endswith(json.loads(checked[1])["model"])
    assert any("fast.mp3" in printed or "script" in printed for _, printed in told.values())


@pytest.mark.browser
def test_it_is_legible_and_fits_without_a_network(human, tmp_path):
    (tmp_path / "dossier.html").write_text(html(human), "utf-8")
    address = (tmp_path / "dossier.html").as_uri()
    with chromium() as browser, opened(browser, address, width=360) as watched:
        assert faults(watched.page) == []
        assert watched.complaints == []
        assert watched.requests == [address]
