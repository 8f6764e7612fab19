"""The comb in the mean spectrum: its teeth, where they stand highest, and what leaves it."""

import re

import numpy as np
import pytest

from phonoscope.web.comb import CLOSE_TEETH, Tooth, close_look, stands_out, teeth_of
from tests.helpers.judged import COMB_HZ

NOTABLE = {"comb_score": 40.0, "comb_tooth_db": 3.0, "comb_spacing_hz": 100.0}


def test_teeth_are_met_where_the_spectrum_rises():
    excess = np.zeros(4_000)
    for hz in (3_000, 3_100, 3_300):
        excess[hz // 5] = 6.0
    teeth = teeth_of(excess, 5.0, (3_000.0, 3_500.0), 100.0)
    assert [t.hz for t in teeth] == [3_000, 3_100, 3_200, 3_300, 3_400, 3_500]
    assert [t.is_met for t in teeth] == [True, True, False, True, False, False]
    assert teeth[0].rise_db == 6.0


def test_a_peak_half_way_makes_no_tooth():
    excess = np.zeros(4_000)
    excess[[3_000 // 5, 3_050 // 5, 2_950 // 5]] = 6.0
    (tooth,) = teeth_of(excess, 5.0, (2_990.0, 3_010.0), 100.0)
    assert not tooth.is_met


def test_the_close_look_is_where_teeth_stand_highest():
    teeth = [Tooth(100.0 * k, 5.0 if 40 <= k < 60 else 0.5) for k in range(30, 150)]
    looked = close_look(teeth)
    assert len(looked) == CLOSE_TEETH
    assert all(t.is_met for t in looked)
    # One loud partial does not draw it away.
    teeth[100] = Tooth(13_000.0, 60.0)
    assert all(t.hz < 6_000 for t in close_look(teeth))
    assert list(close_look(teeth[:8])) == []


def test_a_comb_of_low_teeth_is_not_put_into_words():
    assert stands_out(NOTABLE)
    assert not stands_out({**NOTABLE, "comb_tooth_db": 0.4})
    assert not stands_out({**NOTABLE, "comb_score": 5.0})
    assert not stands_out({})


@pytest.fixture
def part(judged_client, weighed_id):
    known = weighed_id("comb")
    return judged_client.get(f"/recordings/{known}/spectrum", headers={"hx-request": "true"}).text


def test_the_decoder_is_named_and_the_teeth_are_drawn(part):
    assert 'data-comb="decoder"' in part
    assert f"{COMB_HZ:.1f}\u00a0Hz" in part.split("</h3>")[1]
    assert "EnCodec 24 kHz" in part
    (close,) = re.findall('<div class="close">(.*?)</div>\n  <p', part, re.S)
    # Each tooth in the wide and in the narrow plot.
    assert close.count('aria-roledescription="point"') >= 2 * CLOSE_TEETH
    assert "var(--comb)" in part


def test_an_ordinary_codec_is_named_as_what_it_is(judged_client, weighed_id, monkeypatch):
    import dataclasses

    from phonoscope.web import recording

    known = recording.known_record

    def of_a_codec(request, recording_id):
        record = known(request, recording_id)
        results = dict(record.analysis.results)
        results["artefacts"] = dataclasses.replace(results["artefacts"], comb_codec="MP3 lines")
        analysis = dataclasses.replace(record.analysis, results=results)
        return dataclasses.replace(record, analysis=analysis)

    monkeypatch.setattr(recording, "known_record", of_a_codec)
    page = judged_client.get(f"/recordings/{weighed_id('comb')}/spectrum").text
    assert 'data-comb="codec"' in page
    assert "MP3 lines" in page
    assert "EnCodec" not in page


def test_no_comb_is_said(judged_client, weighed_id):
    page = judged_client.get(f"/recordings/{weighed_id('no sign')}/spectrum").text
    assert 'data-comb="none"' in page
    assert 'class="close"' not in page
