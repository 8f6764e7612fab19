"""ISRCs as numbers: exact both ways, whatever way they are written."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.linking.isrc import COUNT, code_of, numbers_of

WELL_FORMED = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
codes = st.from_regex(WELL_FORMED, fullmatch=True)


@given(st.lists(codes, min_size=1))
def test_a_code_is_told_from_its_number(some):
    assert [code_of(n) for n in numbers_of(pa.array(some)).to_pylist()] == some


@given(codes)
def test_hyphens_spaces_and_case_are_ways_to_write_the_same(code):
    ways = [code, code.lower(), "-".join((code[:2], code[2:5], code[5:7], code[7:])), f" {code} "]
    assert len(set(numbers_of(pa.array(ways)).to_pylist())) == 1


@given(st.lists(st.none() | st.text(max_size=14) | codes))
def test_what_is_not_well_formed_is_minus_one(some):
    numbers = numbers_of(pa.array(some, pa.string())).to_pylist()
    for code, number in zip(some, numbers, strict=True):
        # Written out a second time, by a pattern instead of by tables of characters.
        plain = re.sub("[- ]", "", code or "")
        upper = "".join(c.upper() if c.isascii() else c for c in plain)
        assert (number is not None and number >= 0) == bool(WELL_FORMED.fullmatch(upper))
        assert (number is None) == (code is None)


def test_the_ends_of_the_range():
    assert numbers_of(pa.array(["AAAAA0000000", "ZZ9999999999"])).to_pylist() == [0, COUNT - 1]
    assert COUNT < 2**49
    for number in (-1, COUNT):
        with pytest.raises(ValueError, match=str(number)):
            code_of(number)


def test_a_slice_of_a_longer_column():
    long = pa.array(["USABC2512345", "GBXYZ0000001", None, "bad"])
    assert numbers_of(long.slice(1)).to_pylist() == numbers_of(long).to_pylist()[1:]
