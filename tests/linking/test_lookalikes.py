"""Names that look alike: their forms, and one edit against a computation of its own."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.findings.shared.lookalikes import and_shortened
from phonoscope.linking.lookalikes import (
    LONGEST,
    Likeness,
    forms_of,
    hidden_in,
    likeness_of,
    one_edit,
    strange_letters,
)
from tests.helpers.name_forms import all_forms

SMALL = st.text("abc", max_size=7)


def likeness(one, other):
    forms = all_forms([one, other])
    return likeness_of(one, forms[0], other, forms[1])


@pytest.mark.parametrize(
    ("other", "known", "expected"),
    [
        ("\u0410dele", "Adele", Likeness.LETTERS),
        ("AdeIe", "Adele", Likeness.LETTERS),
        ("Komilov", "Kornilov", Likeness.LETTERS),
        ("\u0410\u0412\u0412\u0410", "ABBA", Likeness.LETTERS),
        ("Ad\u200bele", "Adele", Likeness.HIDDEN),
        ("Adele\U000e0041", "Adele", Likeness.HIDDEN),
        ("\u3164Adele", "Adele", Likeness.HIDDEN),
        ("\uff21\uff44\uff45\uff4c\uff45", "Adele", Likeness.MARKS),
        ("\U0001d4d0\U0001d4ed\U0001d4ee\U0001d4f5\U0001d4ee", "Adele", Likeness.MARKS),
        ("Beyonce\u0301", "Beyonc\u00e9", Likeness.SAME),
        ("Beyonce", "Beyonc\u00e9", Likeness.MARKS),
        ("Tyler The Creator", "Tyler, The Creator", Likeness.MARKS),
        ("Simon and Garfunkel", "Simon & Garfunkel", Likeness.MARKS),
        ("ADELE ", "Adele", Likeness.SAME),
        ("Adele Official Music", "Adele", Likeness.WORDS),
        ("Weeknd", "The Weeknd", Likeness.WORDS),
        ("Adele feat. Nobody", "Adele", Likeness.WORDS),
        ("Metalica", "Metallica", Likeness.EDIT),
        ("Metallcia", "Metallica", Likeness.EDIT),
        ("Metalicca", "Metallica", None),
        ("Megadeth", "Metallica", None),
        ("The Band", "The", None),
    ],
)
def test_in_what_way_two_names_look_alike(other, known, expected):
    assert likeness(known, other) is expected
    assert likeness(other, known) is expected


def test_vowel_signs_are_letters_and_joiners_in_words_are_not_hidden():
    assert likeness("\u0915\u093f\u0936\u094b\u0930", "\u0915\u0936\u094b\u0930") is Likeness.EDIT
    assert hidden_in("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645") == []
    assert hidden_in("\u2764\ufe0f") == []
    assert hidden_in("Ad\u200cele") == ["\u200c"]


def test_it_says_what_stands_for_what():
    assert strange_letters("\u0410dele", "Adele") == ["CYRILLIC CAPITAL LETTER A like 'A'"]
    assert strange_letters("Komilov", "Kornilov") == ["LATIN SMALL LETTER M like 'rn'"]


def test_what_is_no_name_has_no_forms():
    names = ["", "!!!", "\u200b", "x" * (LONGEST + 1), None]
    assert forms_of(pa.array(names, pa.string())).column("plain").null_count == len(names)
    assert all_forms(["", "a"])[0] is None


def distance(one, other):
    """Optimal string alignment by the book: rows of a table."""
    rows = [[max(i, j) if not i * j else 0 for j in range(len(other) + 1)]
            for i in range(len(one) + 1)]  # fmt: skip
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(
                rows[i - 1][j] + 1,
                rows[i][j - 1] + 1,
                rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]),
            )
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(SMALL, SMALL)
def test_one_edit_is_what_the_table_says(one, other):
    assert one_edit(one, other) is (distance(one, other) == 1)
    if one_edit(one, other):
        texts, owners = and_shortened(pa.array([one, other]), np.array([0, 1]))
        of = [{t for t, o in zip(texts.to_pylist(), owners, strict=True) if o == n} for n in (0, 1)]
        assert of[0] & of[1]


@given(st.text(max_size=30))
def test_any_name_has_forms_or_none_and_is_like_itself(name):
    (made,) = all_forms([name])
    if made is not None:
        assert likeness_of(name, made, name, made) is Likeness.SAME
        decomposed = unicodedata.normalize("NFD", name)
        if len(decomposed) <= LONGEST:
            assert all_forms([decomposed]) == [made]
