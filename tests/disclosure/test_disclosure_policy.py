"""Policies: what they ask for, and which rules a recording meets."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.policy import RuleStatus, findings, policy_of, read_policy, shipped
from phonoscope.errors import UsageError
from phonoscope.language import PSEUDO, language
from phonoscope.messages import localised
from tests.helpers.pseudo import untranslated

HEAD = """format = "phonoscope-policy/1"
name = "p"
says = "s"
source = "s"
date = "2026-11-21"
read = "2026-11-21"
"""


def rule(text: str) -> bytes:
    return f'{HEAD}[[rules]]\nname = "r"\nsays = "It is so."\n{text}\n'.encode()


def say(**words) -> Declaration:
    given = {
        "standard": "ai-tags",
        "part": Part.VOCALS,
        "making": Making.GENERATED,
        "tool": None,
        "producer": None,
        "place": "ID3 TXXX:AI_TOOL",
        "value": "v",
    }
    return Declaration(**{**given, **words})


def outcome(text: str, *declared: Declaration, detected: str | None = None) -> RuleStatus:
    (found,) = findings(policy_of(rule(text), "p"), declared, detected)
    return found.outcome


@pytest.mark.parametrize("name", shipped())
def test_the_shipped_ones_name_source_and_date(name):
    policy = read_policy(name)
    assert policy.name == name
    assert policy.source
    assert policy.date <= policy.read
    assert policy.note


def test_needs_one_declaration_that_fits_in_every_respect():
    text = 'needs = { part = ["vocals", "whole"], making = ["generated"], named = ["tool"] }'
    assert outcome(text) is RuleStatus.NOT_MET
    assert outcome(text, say(tool="T")) is RuleStatus.MET
    # Two declarations that each match half of it don't meet it.
    halves = say(part=Part.LYRICS, tool="T"), say()
    assert outcome(text, *halves) is RuleStatus.NOT_MET
    assert outcome(text, *halves, say(part=Part.WHOLE, tool="T")) is RuleStatus.MET


def test_forbids_any_declaration_that_fits():
    text = 'forbids = { signature = ["invalid"] }'
    assert outcome(text) is RuleStatus.MET
    assert outcome(text, say(), say(signature="invalid")) is RuleStatus.NOT_MET


def test_detected_sound_makes_a_rule_apply_but_cannot_meet_it():
    text = (
        'where.detected = ["generated"]\nwhere.declared = { making = ["human"] }\n'
        'needs = { making = ["generated", "assisted"] }'
    )
    human = say(making=Making.HUMAN)
    assert outcome(text, detected=None) is RuleStatus.UNKNOWN
    assert outcome(text, detected="no-sign-found") is RuleStatus.NOT_CONCERNED
    assert outcome(text, detected="generated") is RuleStatus.NOT_MET
    assert outcome(text, say(), detected="generated") is RuleStatus.MET
    # A declaration makes the rule apply, whether or not the sound was scored.
    assert outcome(text, human, detected=None) is RuleStatus.NOT_MET
    assert outcome(text, human, detected="no-sign-found") is RuleStatus.NOT_MET


def test_elements_of_the_chinese_standard():
    text = 'needs = { elements = ["ContentProducer", "ProduceID"] }'
    whole = '{"Label":"1","ContentProducer":"A","ProduceID":"7"}'
    assert outcome(text, say(standard="gb45438", value=whole)) is RuleStatus.MET
    assert outcome(text, say(standard="ai-tags", value=whole)) is RuleStatus.NOT_MET
    empty = whole.replace('"7"', '" "')
    assert outcome(text, say(standard="gb45438", value=empty)) is RuleStatus.NOT_MET


@given(
    declared=st.lists(
        st.builds(
            say,
            part=st.sampled_from(Part),
            making=st.sampled_from(Making),
            tool=st.none() | st.just("T"),
            standard=st.sampled_from(["c2pa", "gb45438", "iptc", "ai-tags"]),
        ),
        max_size=4,
    ),
    detected=st.sampled_from([None, "generated", "partly-generated", "undecided", "no-sign-found"]),
)
def test_more_declarations_never_break_a_need_and_order_does_not_matter(declared, detected):
    for name in shipped():
        policy = read_policy(name)
        for found, rule_ in zip(findings(policy, declared, detected), policy.rules, strict=True):
            for some in itertools.islice(itertools.permutations(declared), 6):
                again = {f.rule: f.outcome for f in findings(policy, some, detected)}
                assert again[found.rule] is found.outcome
            if found.outcome is RuleStatus.NOT_MET and rule_.needs:
                assert not any(rule_.needs.fits(d) for d in declared)


@pytest.mark.parametrize(
    ("text", "detected", "result"),
    [
        ('needs = { part = ["vocals"] }', None, "met"),
        ('needs = { part = ["lyrics"] }', None, "not-met"),
        ('forbids = { part = ["vocals"] }', None, "not-met"),
        ('where.detected = ["generated"]\nneeds = { part = ["vocals"] }', None, "unknown"),
        ('where.detected = ["generated"]\nneeds = { part = ["vocals"] }', "undecided",
         "not-concerned"),
        ('where.declared = { part = ["vocals"] }\nforbids = { part = ["lyrics"] }', None, "met"),
    ],
)  # fmt: skip
def test_every_outcome_comes_with_a_reason_that_can_be_translated(text, detected, result):
    (found,) = findings(policy_of(rule(text), "p"), [say()], detected)
    assert found.outcome == result
    assert untranslated(localised(found.because, language(PSEUDO))) == []


@pytest.mark.parametrize(
    ("content", "code", "key"),
    [
        (b"\xff", "not-toml", None),
        (b"x = [[[", "not-toml", None),
        (b"a = " + b"[" * 5_000, "not-toml", None),
        (b"x" * 300_000, "too-long", None),
        (HEAD.encode(), "invalid-policy", "rules"),
        (rule(""), "invalid-policy", "rules.0"),
        (rule("needs = {}"), "invalid-policy", "rules.0.needs"),
        (rule('needs = { part = ["drums"] }'), "invalid-policy", "rules.0.needs.part.0"),
        (rule('needs = { parts = ["vocals"] }'), "invalid-policy", "rules.0.needs.parts"),
        (HEAD.encode() + b'url = "javascript:x"\n', "invalid-policy", "url"),
    ],
)
def test_a_file_that_is_no_policy_is_refused(content, code, key):
    with pytest.raises(UsageError) as raised:
        policy_of(content, "mine.toml")
    assert raised.value.code == code
    assert raised.value.message.values["file"] == "mine.toml"
    assert raised.value.message.values.get("key") == key


def test_a_policy_may_leave_out_its_address():
    content = rule('needs = { part = ["vocals"] }').replace(b'url = ""', b"")
    assert policy_of(content, "mine.toml").url == ""


def test_a_policy_that_does_not_exist_is_refused_with_the_names_that_do(tmp_path):
    with pytest.raises(UsageError) as raised:
        read_policy(tmp_path / "none.toml")
    assert raised.value.code == "unreadable-policy"
    assert all(name in raised.value.message for name in shipped())
