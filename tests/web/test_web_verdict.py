"""How a verdict reads on the page of a recording, and in the list."""

import dataclasses
import math
import re
from html import unescape
from itertools import pairwise

import pytest

from phonoscope.detector import shipped
from phonoscope.detector.alteration import ALTERATIONS
from phonoscope.detector.disagreement import DISAGREE
from phonoscope.detector.generated import (
    VOICE_NOT_MEASURED,
    Band,
    Verdict,
    detected_band,
    judge,
)
from phonoscope.detector.model import model
from phonoscope.detector.shipped import family_precision
from phonoscope.findings.questions.verdicts import WORDS
from phonoscope.view.environment import served_style
from phonoscope.view.lines import line_strip, lines_on_spectrogram
from phonoscope.view.p_value_scale import p_value_scale
from phonoscope.view.verdict import likelihood, look_alikes, verdict_fields
from phonoscope.web.app import create_app
from tests.helpers.catalogues import MemoryCatalogue, file_row, recording_rows, verdict_row
from tests.helpers.judged import HOSTILE, LINES_HZ, MODEL, SUNO, WEIGHED, weighed
from tests.helpers.served import TestClient


def section(page, name):
    """The words of one section of a page, and its markup."""
    markup = re.search(rf'<section [^>]*aria-labelledby="{name}-h">.*?</section>', page, re.S)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split()), markup


@pytest.fixture
def page_of(judged_client, weighed_id):
    return lambda name: judged_client.get(f"/recordings/{weighed_id(name)}").text


def fields(page):
    """The values of what was detected, by the names of their fields."""
    _, markup = section(page, "detected")
    found = re.findall(r'<dd data-field="([\w-]+)">(.*?)</dd>', markup, re.S)
    return {name: " ".join(unescape(re.sub(r"<[^>]+>", " ", v)).split()) for name, v in found}


@pytest.mark.parametrize(
    ("name", "band", "look_alikes"),
    [
        ("generated", "generated", "2 of 10,000"),
        ("partly", "partly-generated", "310 of 10,000"),
        ("undecided", "undecided", "210 of 10,000"),
        ("no sign", "no-sign-found", "6,200 of 10,000"),
    ],
)
def test_each_band_has_its_words_sign_and_numbers(page_of, name, band, look_alikes):
    page = page_of(name)
    verdict, markup = section(page, "verdict")
    assert WORDS[band] in verdict
    assert f'class="verdict band-{band}" data-basis="detected"' in markup
    assert markup.count('<svg class="sign"') == 1
    detected = fields(page)
    assert detected["look-alikes"].startswith(look_alikes)
    assert detected["probability"] == likelihood(WEIGHED[name].p_generated)
    assert {"10 of 10,000", "0.10%"} <= set(
        re.findall(r"[\d.]+%|\d+ of [\d,]+\d", detected["false-alarms"])
    )
    assert detected["model"].startswith(MODEL)
    assert VOICE_NOT_MEASURED in unescape(detected["voice"])
    assert not re.search(r"\d", detected["voice"])
    assert f'class="detected band-{band}"' in section(page, "detected")[1]


def test_signs_differ_without_colour(page_of):
    signs = {
        name: re.search(r'<svg class="sign".*?</svg>', page_of(name), re.S)[0]
        for name in ("generated", "partly", "undecided", "no sign", "declared only")
    }
    assert len(set(signs.values())) == 5


def test_a_verdict_by_declaration_alone_has_its_own_sign_words_and_colour(judged_client):
    page = judged_client.get("/recordings").text
    kinds = set(re.findall('<span class="band band-([a-z-]+)">', page))
    assert {"generated", "declared-generated"} <= kinds
    assert WORDS["declared-generated"] != WORDS["generated"]
    style = served_style()
    (declared,) = re.findall(r"band-declared-generated,[^{]*{ --band: ([^;]+);", style)
    (generated,) = re.findall(r"^\.band-generated,[^{]*{ --band: ([^;]+);", style, re.M)
    assert declared != generated


def test_a_disagreement_is_the_headline(page_of):
    for name, kind in (("disagrees", "generated"), ("declared only", "declared-generated")):
        verdict, markup = section(page_of(name), "verdict")
        assert 'class="verdict band-disagrees"' in markup
        (headline,) = re.findall('<h2 id="verdict-h">.*?</svg>(.*?)</h2>', markup, re.S)
        assert headline == DISAGREE
        assert WORDS[kind] in verdict
    assert DISAGREE not in page_of("generated")


def test_lines_that_decide_are_drawn_where_they_are(page_of):
    page = page_of("generated")
    (strip,) = re.findall('<figure class="line-strip".*?</figure>', page, re.S)
    drawn = [float(x) for x in re.findall(r'<line x1="([\d.]+)%"', strip)]
    assert drawn == pytest.approx([100 * hz / 8_000 for hz in LINES_HZ], abs=0.001)
    assert [f"{hz:,.0f}" in strip for hz in LINES_HZ] == [True] * 4
    (picture,) = re.findall('<svg class="lines".*?</figure>', page, re.S)
    # The axis of the spectrogram is logarithmic, from 40 Hz at its foot.
    expected = [100 * math.log(8_000 / hz) / math.log(8_000 / 40) for hz in sorted(LINES_HZ)[::-1]]
    across = [float(y) for y in re.findall(r'class="across"[^>]*y1="([\d.]+)%"', picture)]
    assert across == pytest.approx(expected, abs=0.001)
    for name in ("undecided", "no sign", "unweighed"):
        assert 'class="line-strip"' not in page_of(name)


@pytest.mark.parametrize("lines_hz", [LINES_HZ, [5_512.5 + 20 * i for i in range(6)], [100.0]])
def test_labels_of_lines_do_not_overlap(lines_hz):
    strip = line_strip(lines_hz, 8_000.0)
    for row in range(strip.rows):
        places = [m.percent for m in strip.marks if m.row == row]
        assert all(b - a >= 25 for a, b in pairwise(places))
    labels = [m.label_percent for m in lines_on_spectrogram(lines_hz, 8_000.0)]
    assert all(b - a >= 6 for a, b in pairwise(labels))


def test_stretches_are_drawn_under_the_timeline_and_in_words(page_of):
    page = page_of("partly")
    drawn = r'<rect class="(called|ordinary|unusual)" x="([\d.]+)%" width="([\d.]+)%"'
    bars = re.findall(drawn, page)
    assert [(k, float(x), float(w)) for k, x, w in bars] == [
        ("ordinary", 0.0, 37.5), ("called", 37.5, 37.5), ("ordinary", 75.0, 25.0),
    ]  # fmt: skip
    assert "0:15 to 0:30" in section(page, "verdict")[0]
    assert "stretch-bars" not in page_of("generated")


def test_what_is_too_altered_says_so_and_accuses_nobody(page_of):
    verdict, markup = section(page_of("altered"), "verdict")
    assert 'data-verdict="undecided"' in markup
    assert ALTERATIONS["pitch-or-tempo"] in verdict
    assert "family" not in fields(page_of("altered"))


def test_verdicts_of_another_model_are_marked(judged_client, page_of, weighed_id):
    page = page_of("generated")
    assert MODEL in re.search('<p class="other-model">(.*?)</p>', page)[1]
    assert '<p class="other-model">' not in page_of("comb")
    rows = judged_client.get("/api/recordings").json()["recordings"]
    known = {row["file"].rsplit("/", 1)[-1]: row["of_this_model"] for row in rows}
    assert (known["generated.wav"], known["comb.wav"], known["unweighed.wav"]) == (
        False, True, None,
    )  # fmt: skip
    listed = judged_client.get("/recordings").text
    assert listed.count('class="sub other-model"') == list(known.values()).count(False)
    one = judged_client.get(f"/api/recordings/{weighed_id('generated')}").json()
    assert one["of_this_model"] is False


def test_the_precision_of_a_family_is_shown_with_its_interval(monkeypatch):
    assert family_precision("a family without a name", model().name) is None
    facts = {**model().facts, "family_precision": {"Suno": [65, 68]}}
    changed = dataclasses.replace(model(), facts=facts)
    monkeypatch.setattr(shipped, "model", lambda: changed)
    judged = dataclasses.replace(judge((), WEIGHED["generated"]), model=changed.name)
    (family,) = (f for f in verdict_fields(judged) if f.name == "family")
    assert {"65", "68", "88%", "98.5%"} <= set(re.findall(r"[\d.]+%?", family.note))
    assert family_precision("Suno", MODEL) is None
    assert family_precision("another", changed.name) is None


def test_a_family_is_named_only_where_something_was_detected(page_of):
    generated = fields(page_of("generated"))["family"]
    assert "Suno" in generated
    assert "91.0%" in generated
    assert "Suno" in fields(page_of("partly"))["family"]
    assert "Suno" not in fields(page_of("unknown family"))["family"]
    for name in ("undecided", "no sign", "declared only"):
        assert "family" not in fields(page_of(name))


def test_beyond_what_could_be_counted_nothing_is_counted(page_of):
    detected, markup = section(page_of("unknown family"), "detected")
    found = fields(page_of("unknown family"))
    assert found["look-alikes"].startswith(look_alikes(3e-9))
    assert len(found["look-alikes"]) > len(look_alikes(3e-9)), "a note says that it's extrapolated"
    assert found["probability"] == likelihood(1.0) != "100%"
    assert "100%" not in detected
    # An arrow at the end of the scale, not a diamond on it.
    assert markup.count('class="here" d="M-11') == 1


def test_a_mark_never_hides_what_was_detected(page_of):
    page = page_of("declared only")
    verdict, markup = section(page, "verdict")
    assert WORDS["declared-generated"] in verdict
    assert f">{WORDS['generated']}" not in markup
    assert 'data-basis="declared" data-verdict="declared-generated"' in markup
    assert "band-generated" not in markup
    assert "Suno" in section(page, "declared")[0]
    detected, markup = section(page, "detected")
    assert WORDS["no-sign-found"] in detected
    assert "band-no-sign-found" in markup
    found = fields(page)
    assert (found["probability"], found["look-alikes"]) == ("12%", "3,400 of 10,000")
    assert "Suno" not in detected
    assert "12%" not in section(page, "declared")[0]


def test_the_sound_alone_is_undecided_or_ordinary_under_a_mark():
    for name, band in (("undecided", Band.UNDECIDED), ("no sign", Band.NO_SIGN_FOUND)):
        marked = judge((SUNO,), WEIGHED[name])
        assert (marked.verdict, marked.basis) == (Band.GENERATED, "declared")
        assert detected_band(marked) is band is judge((), WEIGHED[name]).verdict
    detected = judge((SUNO,), WEIGHED["generated"])
    assert (detected.basis, detected_band(detected)) == ("detected", Band.GENERATED)


def test_what_was_not_weighed_shows_no_number(page_of):
    detected, markup = section(page_of("unweighed"), "detected")
    assert WORDS["undecided"] in detected
    assert fields(page_of("unweighed")) == {}
    assert not re.search(r"\d", detected)
    assert 'class="scale"' not in markup
    assert verdict_fields(Verdict(Band.UNDECIDED, "none", "Undecided.")) == []


def test_undecided_just_over_the_target_does_not_read_as_the_target(page_of):
    at_target = look_alikes(0.001, 0.001)
    assert at_target == "10 of 10,000"
    just_over = fields(page_of("just over"))["look-alikes"]
    assert just_over != at_target
    assert just_over.endswith(at_target)
    assert look_alikes(0.0001) == "1 of 10,000"
    assert look_alikes(0.99996) == "9,999 of 10,000"


@pytest.mark.parametrize("target", [0.2, 0.05, 0.001, 1e-6])
def test_the_ruler_agrees_with_the_verdict(target):
    for p_value in (1.0, 0.3, 0.1, 0.099, 0.03, 0.0011, 0.001, 0.0009, 1e-7, 0.0):
        verdict = judge((), weighed(0.5, p_value), false_alarms=target)
        scale = p_value_scale(p_value, target)
        assert 0 <= scale.at <= 100
        assert sum(zone.width for zone in scale.zones) == pytest.approx(100.0, abs=0.01)
        # On a limit the place belongs to both sides.
        here = {z.band for z in scale.zones if z.left <= scale.at <= z.left + z.width + 1e-3}
        assert verdict.verdict in here
        assert all(0 <= tick.percent <= 100 for tick in scale.ticks)


def test_hostile_words_of_a_catalogue_are_escaped(page_of):
    page = page_of("hostile")
    assert "<img src=x" not in page
    assert "\u202e" not in page
    for name in ("verdict", "detected"):
        assert HOSTILE[:20] in section(page, name)[0]


def test_the_list_shows_filters_and_sorts_by_what_was_detected(judged_client):
    def rows(**filters):
        return judged_client.get("/api/recordings", params=filters).json()["recordings"]

    down = rows(sort="p_generated", order="down")
    shares = [row["p_generated"] for row in down]
    known = [p for p in shares if p is not None]
    assert known == sorted(known, reverse=True)
    named = {
        row["file"].rsplit("/", 1)[-1].removesuffix(".wav"): row["p_generated"] for row in down
    }
    # The shipped detector weighed one more.
    assert 0 < named.pop("comb") < 1
    assert named == {name: w and w.p_generated for name, w in WEIGHED.items()}
    assert shares[len(known) :] == [None] * (len(shares) - len(known))
    partly = [row["file"].rsplit("/", 1)[-1] for row in rows(verdict="partly-generated")]
    assert partly == ["partly.wav"]
    names = [row["file"] for row in rows()]
    assert names == sorted(names, key=str.lower)
    text = judged_client.get("/recordings", params={"verdict": "partly-generated"}).text
    assert 'class="band band-partly-generated"' in text
    # A percentage next to "no sign found" would read as its opposite.
    assert "%" not in text[text.index("<table") : text.index("</table>")]


def test_a_catalogue_from_before_detectors_is_shown():
    (row,) = recording_rows(1)
    known = row["recording_id"]
    catalogue = MemoryCatalogue(
        recordings=[row], files=[file_row("/gone.mp3", known)], verdicts=[verdict_row(known)]
    )
    with TestClient(create_app(catalogue), base_url="http://localhost") as client:
        page = client.get(f"/recordings/{known}").text
        assert 'data-segments="0"' in page
        assert "timeline.js" not in page
        assert 'id="timeline"' not in page
        assert fields(page) == {}
        assert client.get(f"/api/recordings/{known}").json()["segments"] == []
        assert client.get("/recordings", params={"sort": "p_generated"}).status_code == 200


def test_numbers_that_are_none_are_not_shown():
    (row,) = recording_rows(1)
    known = row["recording_id"]
    nan = float("nan")
    judged = {**verdict_row(known, basis="detected"), "p_value": nan, "p_generated": nan}
    catalogue = MemoryCatalogue(
        recordings=[row],
        files=[file_row("/gone.mp3", known)],
        verdicts=[judged],
        segments=[{"recording_id": known, "start_s": 0.0, "end_s": 5.0, "p_generated": nan}],
    )
    with TestClient(create_app(catalogue), base_url="http://localhost") as client:
        page = client.get(f"/recordings/{known}").text
        assert "nan" not in section(page, "detected")[0]
        assert 'data-segments="0"' in page
