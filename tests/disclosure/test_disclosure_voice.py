"""What the owner of a voice allows, and licences from untrusted texts."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.disclosure.voice import RefusalKind, Use, VoiceRow, refusal, voice_of
from phonoscope.errors import UsageError
from phonoscope.language import PSEUDO, language
from phonoscope.messages import localised
from tests.helpers.pseudo import untranslated

NOW = datetime(2026, 1, 2, 3, 4)
FIELDS = {"voice_id": "anna", "owner": "Anna Ek", "uses": "covers"}


def licence(**changes):
    return voice_of(FIELDS | changes, NOW)


def refused(*licences, use="covers", commercial=False, on=date(2026, 6, 1)):
    return refusal("anna", licences, use=use, commercial=commercial, on=on)


@pytest.mark.parametrize(
    ("licences", "asked", "kind"),
    [
        ([], {}, "no-licence"),
        ([licence()], {}, None),
        ([licence()], {"use": "original-songs"}, "other-use"),
        ([licence()], {"commercial": True}, "not-commercial"),
        ([licence(commercial="yes")], {"commercial": True}, None),
        ([licence(uses="none")], {}, "no-use"),
        ([licence(valid_until="2026-05-31")], {}, "ended"),
        ([licence(valid_until="2026-06-01")], {}, None),
        ([licence(valid_from="2026-06-02")], {}, "not-begun"),
        ([licence(valid_until="2025-01-01"), licence(valid_from="2026-01-01")], {}, None),
        ([licence(), licence(uses="none", valid_from="2026-05-01")], {}, "no-use"),
        ([licence(uses="covers"), licence(uses="original-songs", commercial="yes")],
         {"commercial": True}, "not-commercial"),
        ([licence(name="Anna")], {"use": "original-songs"}, "other-use"),
    ],
)  # fmt: skip
def test_a_use_is_refused_with_the_reason(licences, asked, kind):
    found = refused(*licences, **asked)
    assert (found.kind if found else None) == kind
    if found:
        assert untranslated(localised(found.message, language(PSEUDO))) == []
        assert "anna" in found.message
        assert not licences or "Anna Ek" in found.message


def test_a_refusal_names_the_day_on_which_a_licence_begins_or_ended():
    ended = refused(licence(valid_until="2026-05-31"))
    assert "31 May 2026" in ended.message
    coming = refused(licence(valid_from="2027-01-01"), licence(valid_from="2026-06-02"))
    assert coming.kind is RefusalKind.NOT_BEGUN
    assert "2 June 2026" in coming.message


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
    ("changes", "code", "field"),
    [
        ({"voice_id": " "}, "missing", "voice_id"),
        ({"owner": ""}, "missing", "owner"),
        ({"uses": "covers none"}, "unknown-use", "none"),
        ({"uses": "karaoke\x1b[2J"}, "unknown-use", r"karaoke\x1b[2j"),
        ({"commercial": "maybe"}, "not-yes-or-no", "commercial"),
        ({"royalty_share": "1.5"}, "not-a-share", "royalty_share"),
        ({"royalty_share": "nan"}, "not-a-share", "royalty_share"),
        ({"royalty_share": "50"}, "not-a-share", "royalty_share"),
        ({"valid_until": "31.12.2027"}, "not-a-day", "valid_until"),
        ({"valid_from": "2026-02-02", "valid_until": "2026-02-01"}, "ends-before-it-begins", ""),
        ({"evidence": "x" * 501}, "too-long", "evidence"),
        ({"name": "\ud800"}, "invalid-text", "name"),
    ],
)
def test_what_is_no_licence_is_refused_with_a_code_and_the_field(changes, code, field):
    with pytest.raises(UsageError) as raised:
        licence(**changes)
    assert raised.value.code == code
    assert field in raised.value.message
