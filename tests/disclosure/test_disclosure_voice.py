"""What the owner of a voice allows, in words, and licences read from strangers' texts."""

import re
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.disclosure.voice import Use, VoiceRow, refusal, voice_of

NOW = datetime(2026, 1, 2, 3, 4)
FIELDS = {"voice_id": "anna", "owner": "Anna Ek", "uses": "covers"}


def licence(**changes):
    return voice_of(FIELDS | changes, NOW)


def refused(*licences, use="covers", commercial=False, on=date(2026, 6, 1)):
    return refusal("anna", licences, use=use, commercial=commercial, on=on)


@pytest.mark.parametrize(
    ("licences", "asked", "why"),
    [
        ([], {}, "there is no licence of a voice 'anna'"),
        ([licence()], {}, None),
        ([licence()], {"use": "original-songs"}, "allows covers, not original songs"),
        ([licence()], {"commercial": True}, "allows covers, but not commercially"),
        ([licence(commercial="yes")], {"commercial": True}, None),
        ([licence(uses="none")], {}, "the owner of voice 'anna', Anna Ek, allows no use of it"),
        ([licence(valid_until="2026-05-31")], {}, "ended on 2026-05-31"),
        ([licence(valid_until="2026-06-01")], {}, None),
        ([licence(valid_from="2026-06-02")], {}, "begins on 2026-06-02"),
        ([licence(valid_until="2025-01-01"), licence(valid_from="2026-01-01")], {}, None),
        ([licence(), licence(uses="none", valid_from="2026-05-01")], {}, "allows no use"),
        ([licence(uses="covers"), licence(uses="original-songs", commercial="yes")],
         {"commercial": True}, "but not commercially"),
        ([licence(name="Anna")], {"use": "original-songs"}, "voice 'anna' (Anna), Anna Ek,"),
    ],
)  # fmt: skip
def test_a_use_is_refused_with_the_reason(licences, asked, why):
    said = refused(*licences, **asked)
    assert (said is None) if why is None else (why in said)


@given(
    st.lists(
        st.builds(
            VoiceRow, st.just("anna"), st.none(), st.just("O"),
            st.sets(st.sampled_from(Use)).map(tuple), st.booleans(), st.none(), st.none(),
            st.none() | st.dates(), st.none() | st.dates(), st.just(NOW),
        ),
        max_size=4,
    ),
    st.sampled_from(Use), st.booleans(), st.dates(),
)  # fmt: skip
def test_it_is_allowed_only_by_a_valid_licence_that_says_so(licences, use, commercial, on):
    valid = [
        one
        for one in licences
        if (one.valid_from or date.min) <= on <= (one.valid_until or date.max)
    ]
    allowed = any(use in one.uses and (one.commercial or not commercial) for one in valid)
    allowed = allowed and all(one.uses for one in valid)
    assert (refused(*licences, use=use, commercial=commercial, on=on) is None) == allowed


def test_a_licence_is_read_from_texts():
    made = licence(uses="Original-Songs; covers", royalty_share="50 %", valid_from="2026-01-01")
    assert made.uses == ("covers", "original-songs")
    assert made.royalty_share == 0.5
    assert made.valid_from == date(2026, 1, 1)
    assert licence(royalty_share="0.25").royalty_share == 0.25


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"voice_id": " "}, "voice_id is missing"),
        ({"owner": ""}, "owner is missing"),
        ({"uses": "covers none"}, "uses are covers, original-songs, or none alone"),
        ({"uses": "karaoke\x1b[2J"}, r"not 'karaoke\x1b[2j'"),
        ({"commercial": "maybe"}, "commercial is yes or no"),
        ({"royalty_share": "1.5"}, "a share from 0 to 1"),
        ({"royalty_share": "nan"}, "a share from 0 to 1"),
        ({"royalty_share": "50"}, "a share from 0 to 1"),
        ({"valid_until": "31.12.2027"}, "a day such as 2026-11-21"),
        ({"valid_from": "2026-02-02", "valid_until": "2026-02-01"}, "before it begins"),
        ({"evidence": "x" * 501}, "longer than 500"),
        ({"name": "\ud800"}, "not valid text"),
    ],
)
def test_what_is_no_licence_is_refused_in_words(changes, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        licence(**changes)
