"""Policies: what they ask for, and what each rule comes to."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.disclosure.policy import RuleStatus, findings, policy_of, read_policy, shipped
from phonoscope.errors import UsageError

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
    # Two declarations that fit half each do not make a whole.
    halves = say(part=Part.LYRICS, tool="T"), say()
    assert outcome(text, *halves) is RuleStatus.NOT_MET
    assert outcome(text, *halves, say(part=Part.WHOLE, tool="T")) is RuleStatus.MET


def test_forbids_any_declaration_that_fits():
    text = 'forbids = { signature = ["invalid"] }'
    assert outcome(text) is RuleStatus.MET
    assert outcome(text, say(), say(signature="invalid")) is RuleStatus.NOT_MET


def test_what_is_heard_brings_a_recording_under_a_rule_but_cannot_meet_it():
    text = (
        'where.detected = ["generated"]\nwhere.declared = { making = ["human"] }\n'
        'needs = { making = ["generated", "assisted"] }'
    )
    human = say(making=Making.HUMAN)
    assert outcome(text, detected=None) is RuleStatus.UNKNOWN
    assert outcome(text, detected="no-sign-found") is RuleStatus.NOT_CONCERNED
    assert outcome(text, detected="generated") is RuleStatus.NOT_MET
    assert outcome(text, say(), detected="generated") is RuleStatus.MET
    # Declared suffices to be concerned, whether or not somebody has listened.
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
    ("content", "says"),
    [
        (b"\xff", "not TOML"),
        (b"x = [[[", "not TOML"),
        (b"a = " + b"[" * 5_000, "not TOML"),
        (b"x" * 300_000, "longer"),
        (HEAD.encode(), "rules"),
        (rule(""), "one of 'needs' and 'forbids'"),
        (rule("needs = {}"), "names nothing"),
        (rule('needs = { part = ["drums"] }'), "part"),
        (rule('needs = { parts = ["vocals"] }'), "parts"),
        (rule('needs = { part = ["vocals"] }').replace(b'url = ""', b""), None),
        (HEAD.replace("s", "s", 1).encode() + b'url = "javascript:x"\n', "url"),
    ],
)
def test_what_is_no_policy_is_said(content, says):
    if says is None:
        policy_of(content, "mine.toml")
        return
    with pytest.raises(UsageError, match=r"^mine") as raised:
        policy_of(content, "mine.toml")
    assert says in str(raised.value)


def test_a_policy_that_is_not_there_names_those_that_are(tmp_path):
    with pytest.raises(UsageError, match="china, eu"):
        read_policy(tmp_path / "none.toml")
