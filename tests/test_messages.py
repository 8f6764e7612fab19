"""Messages: English everywhere, another language only where they are shown."""

import json
import pickle
import re

import duckdb
import pyarrow as pa
import pytest
from babel.numbers import format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st

from phonoscope import text
from phonoscope.escape import printable
from phonoscope.findings.page import environment
from phonoscope.findings.page.template_messages import gettext as in_template
from phonoscope.language import ENGLISH, PSEUDO, Language, language, pseudo
from phonoscope.messages import gettext, lines, localised, ngettext, sentences

XA = language(PSEUDO)
GERMAN = Language("de", "de")


def test_a_message_is_english_text_for_machines():
    message = ngettext("{n} row of {file}", "{n} rows of {file}", 1234, file="a.csv")
    expected = "1,234 rows of a.csv"
    assert message == expected
    assert json.loads(json.dumps(message)) == expected
    assert pa.array([message]).to_pylist() == [expected]
    assert duckdb.connect().execute("select ?", [message]).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    "message",
    [
        gettext("{share} of {file}", share=text.percent(0.034), file="ü"),
        sentences(gettext("One."), "", ngettext("{n} row", "{n} rows", 2)),
        lines([text.span(90), text.size(5e9)]),
        text.measured(-14.04, "LUFS", 1),
    ],
)
def test_a_message_crosses_processes_with_its_memory(message):
    again = pickle.loads(pickle.dumps(message))
    assert again == message
    assert localised(again, XA) == localised(message, XA) != message


def test_values_are_written_in_the_language_and_nested_messages_translated():
    inner = ngettext("{n} track", "{n} tracks", 1204)
    message = gettext(
        "{part} of {tracks} in {file}", part=text.percent(0.034), tracks=inner, file="a"
    )
    shown = localised(message, XA)
    assert "1.204" in shown
    assert "3,4" in shown
    assert "⟦a⟧" in shown
    assert not re.search("[A-Za-z]", shown.replace("⟦a⟧", ""))


def test_a_value_from_outside_is_harmless():
    message = gettext("The chunk {name} is cut off.", name="a\x1b[2J\u202e\n")
    assert message == printable(message)
    assert localised(message, XA) == printable(localised(message, XA))


def test_a_value_is_no_template():
    assert gettext("{file}: no bytes", file="{other}{0}") == "{other}{0}: no bytes"


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_english_numbers_are_those_of_cldr(value, decimals):
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    theirs = format_decimal(value, pattern, locale="en")
    ours = ENGLISH.decimal(value, decimals)
    assert float(ours.replace(",", "")) == pytest.approx(
        float(theirs.replace(",", "")), rel=1e-12, abs=10**-decimals
    )
    assert ours.count(",") == theirs.count(",")


@pytest.mark.parametrize("share", [0.0, 0.034, 0.5, 0.123, 1.0])
def test_english_percentages_are_those_of_cldr(share):
    assert ENGLISH.percent(share, 1) == format_percent(share, "#,##0.0%", locale="en")


def test_another_language_writes_quantities_its_own_way():
    assert localised(text.count(1204), GERMAN) == "1.204"
    assert localised(text.percent(0.034), GERMAN) == "3,4\u00a0%"
    assert localised(text.joined(["a", "b", "c"]), GERMAN) == "a, b und c"
    assert localised(text.measured(-14.04, "LUFS", 1), GERMAN) == "\u221214,0\u00a0LUFS"


@given(st.text(alphabet="abc {}x<b>&;", max_size=60))
def test_the_pseudo_locale_is_longer_and_keeps_placeholders(given_text):
    kept = re.findall(r"\{[^{}]*\}|<[^<>]+>", given_text)
    made = pseudo(given_text)
    assert re.findall(r"\{[^{}]*\}|<[^<>]+>", made) == kept


def test_the_pseudo_locale_adds_two_fifths():
    assert len(pseudo("a" * 100)) == pytest.approx(140, abs=4)


@pytest.mark.parametrize("code", ["xx", "../../etc", "C", "POSIX", "de"])
def test_a_language_that_is_not_shipped_is_none(code):
    assert language(code) is None


def test_templates_escape_values_and_print_messages_in_the_language():
    assert in_template("<b>{name}</b>", name="<i>") == "<b>&lt;i&gt;</b>"
    template = environment().from_string('{{ message }} {{ ngettext("{n} row", "{n} rows", 2) }}')
    assert template.render(message=gettext("<{n}>", n=1)) == "&lt;1&gt; 2 rows"
