"""A sound with the traces of a decoder, from the command line, with the shipped weights.

The p-value depends on the weights, so the limits are set just above and below it.
"""

import re

import mutagen.flac
import pytest

from phonoscope.detector.detector import detector
from phonoscope.detector.rates import detector_rates
from tests.helpers.program import run, strict_json
from tests.helpers.sounds import noise, strided, write

RATE = 44_100
ORDINARY = ("no-sign-found", "undecided")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("weighed")


@pytest.fixture(scope="module")
def made(folder):
    """16 s with lines of a stride that never stop; weighed as one window."""
    return write(folder / "made.flac", strided(noise(16.0), RATE / 512, 0.3), form="flac-16")


@pytest.fixture(scope="module")
def plain(folder):
    return write(folder / "plain.flac", noise(16.0), form="flac-16")


@pytest.fixture(scope="module")
def found(made):
    return checked(made)


@pytest.fixture(scope="module")
def limits(found):
    """Shares of false alarms: one that is too strict to call it generated, and one that is not."""
    return f"{0.99 * found['p_value']:.4g}", f"{1.01 * found['p_value']:.4g}"


def checked(path, *arguments, **environment):
    done = run("check", "--json", path, *arguments, **environment)
    assert done.returncode == 0, done.stderr
    (found,) = strict_json(done.stdout)
    return found


def test_traces_of_a_decoder_are_called_generated_and_explained(found):
    assert (found["verdict"], found["basis"]) == ("generated", "detected")
    assert 0 < found["p_value"] <= found["false_alarms"] == 0.001
    assert found["p_generated"] > 0.5
    assert found["model"] == detector().name
    assert found["declared"] == []
    (said,) = [s for s in found["evidence"] if s["kind"] == "generated"]
    assert "human recordings" in said["says"]
    assert said["also"]
    assert said["numbers"]["p_value"] == found["p_value"]
    assert found["segments"][0]["start_s"] == 0.0
    assert found["segments"][-1]["end_s"] == pytest.approx(16.0, abs=0.01)


def test_the_same_noise_without_them_is_not(plain):
    found = checked(plain)
    assert found["verdict"] in ORDINARY
    assert found["basis"] == "detected"
    assert found["generator"] is None


def test_the_block_shows_what_the_verdict_rests_on(made, found):
    done = run("check", made)
    said = " ".join(done.stdout.split())
    assert done.stdout.startswith(f"{made}\n  generated\n")
    assert f"model {detector().name}" in said
    assert "over time 0:00" in said
    assert "0.10%" in said, "the limit"
    # The strength of the evidence, and the statement of the detector in full.
    assert re.search(r"●{5} 1\.00 generated: ", said)
    (statement,) = [s for s in found["evidence"] if s["kind"] == "generated"]
    assert " ".join(statement["also"].split()) in said


def test_false_alarms_decide_what_is_called_generated(made, found, limits):
    strict, lenient = (checked(made, "--false-alarms", limit) for limit in limits)
    assert strict["verdict"] in ORDINARY
    assert lenient["verdict"] == "generated"
    for asked, limit in zip((strict, lenient), limits, strict=True):
        assert asked["false_alarms"] == float(limit)
        # They move the limit, never what was measured.
        assert (asked["p_value"], asked["segments"]) == (found["p_value"], found["segments"])


def test_the_environment_sets_the_false_alarms_and_fail_on_follows(made, limits):
    for limit, status in zip(limits, (0, 1), strict=True):
        done = run("check", made, "--fail-on", "generated", PHONOSCOPE_FALSE_ALARMS=limit)
        assert done.returncode == status


@pytest.mark.slow
def test_a_scan_keeps_each_verdict_with_the_share_it_was_made_with(
    folder, made, plain, limits, tmp_path
):
    under, over = limits
    into = tmp_path / "catalogue"
    assert scanned(made, into, over)["examined"] == 1
    first = verdicts(into)
    assert first["made.flac"]["verdict"] == "generated"
    # Known bytes are not weighed again: only what is new is held to the other share.
    assert scanned(folder, into, under)["examined"] == 1
    both = verdicts(into)
    assert both["made.flac"] == first["made.flac"]
    assert both["plain.flac"]["false_alarms"] == float(under)
    # Into a new catalogue every recording is.
    again = tmp_path / "again"
    scanned(folder, again, under)
    assert verdicts(again)["made.flac"]["verdict"] in ORDINARY
    assert verdicts(again)["made.flac"]["p_value"] == first["made.flac"]["p_value"]


@pytest.mark.slow
def test_the_share_of_a_scanned_catalogue_rests_on_the_shipped_rates(folder, made, plain, tmp_path):
    scanned(folder, tmp_path / "catalogue", "0.001")
    done = run("share", tmp_path / "catalogue", "--json")
    assert done.returncode == 0, done.stderr
    (found,) = strict_json(done.stdout)
    assert found["rates"] == detector_rates().to_json()
    assert found["of_this_model"]
    assert found["overall"]["recordings"] == 2
    assert found["overall"]["flagged"] >= 1
    assert not found["overall"]["enough"]


def scanned(source, into, limit):
    done = run("scan", source, "--into", into, "--false-alarms", limit, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    (summary,) = strict_json(done.stdout)
    return summary


def verdicts(catalogue):
    query = (
        "select f.uri, v.verdict, v.p_value, v.false_alarms, v.model, "
        "(select count(*) from segments s where s.recording_id = f.recording_id) as stretches "
        "from files f join verdicts v using (recording_id)"
    )
    done = run("sql", catalogue, query, "--json")
    assert done.returncode == 0, done.stderr
    return {row["uri"].rsplit("/", 1)[-1]: row for row in strict_json(done.stdout)}


@pytest.fixture(scope="module")
def called_human(made, folder):
    """The same sound, in a file that says that people made it."""
    path = folder / "called human.flac"
    path.write_bytes(made.read_bytes())
    tags = mutagen.flac.FLAC(path)
    tags["AI_DISCLOSURE"] = "none"
    tags.save()
    return path


def test_declared_human_with_evidence_of_a_generator_is_said_and_neither_is_changed(
    called_human, found
):
    marked = checked(called_human)
    assert marked["disagreement"] == "declared-human-detected-machine"
    assert [mark["making"] for mark in marked["declared"]] == ["human"]
    assert (marked["verdict"], marked["basis"]) == (found["verdict"], found["basis"])
    assert marked["p_value"] == found["p_value"]
    assert found["disagreement"] is None
    block = run("check", called_human, "--fail-on", "disagreement")
    assert block.returncode == 1
    assert "\n  disagreement  " in block.stdout


def test_declared_machine_made_with_no_sign_is_a_disagreement(folder, plain):
    path = folder / "called generated.flac"
    path.write_bytes(plain.read_bytes())
    tags = mutagen.flac.FLAC(path)
    tags["AI_DISCLOSURE"] = "generated"
    tags.save()
    marked = checked(path)
    assert marked["p_value"] >= 0.1, "the weights no longer find this noise ordinary: take another"
    assert marked["disagreement"] == "declared-machine-no-sign-found"
    assert (marked["verdict"], marked["basis"]) == ("generated", "declared")
    both = run("check", path, plain, "--fail-on", "disagreement")
    assert both.returncode == 1
    assert both.stdout.count("\n  disagreement  ") == 1
