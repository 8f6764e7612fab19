"""Derived columns: years of dates, and the sample of an id."""

import re
from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.linking.sample import NUMBERS, samples_of
from phonoscope.linking.years import years_of

texts = st.lists(st.none() | st.text(max_size=30))


def number_of(text):
    """The same in plain whole numbers, a second time."""
    hashed = 0xCBF29CE484222325
    for sign in [*reversed(text.encode()[-8:]), *[0] * 8][:8]:
        hashed = ((hashed ^ sign) * 0x100000001B3) % 2**64
    return (((hashed ^ (hashed >> 32)) * 0x9E3779B97F4A7C15) % 2**64) >> 54


@given(texts)
def test_a_sample_is_told_from_the_last_eight_bytes(ids):
    found = samples_of(pa.array(ids, pa.string())).to_pylist()
    assert found == [None if each is None else number_of(each) for each in ids]


def test_a_slice_has_the_same_samples():
    ids = pa.array(["a", None, "0123456789abcdef", "", "b"])
    assert samples_of(ids.slice(1, 3)).to_pylist() == samples_of(ids).to_pylist()[1:4]


def test_samples_are_alike_in_size_for_row_numbers_and_for_random_ids():
    count = 200_000
    for ids in (
        [str(i) for i in range(count)],
        [f"spotify:track:{i * 2654435761 % 62**8:022d}" for i in range(count)],
    ):
        sizes = Counter(samples_of(pa.array(ids)).to_pylist())
        assert set(sizes) <= set(range(NUMBERS))
        # Chi-squared over 1023 degrees of freedom: mean 1023, standard deviation 45.
        expected = count / NUMBERS
        chi2 = sum((sizes[k] - expected) ** 2 / expected for k in range(NUMBERS))
        assert chi2 < 1023 + 6 * 45


dates = st.one_of(
    st.dates().map(str),
    st.dates().map(lambda d: d.strftime("%Y%m%d")),
    st.from_regex(r"\s{0,2}[0-9]{2,5}([-/. ][0-9]{0,2}){0,2}", fullmatch=True),
    st.text(max_size=12),
    st.none(),
)


@given(st.lists(dates))
def test_years_are_those_that_dates_begin_with(some):
    for date, year in zip(some, years_of(pa.array(some, pa.string())).to_pylist(), strict=True):
        text = (date or "").lstrip(" \t\n\r\f\v")
        whole = re.match(r"[0-9]+", text)
        digits = whole.group() if whole else ""
        month_and_day = (
            len(digits) == 8 and 1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:]) <= 31
        )
        stands = len(digits) == 4 or month_and_day
        in_range = stands and 1800 <= int(digits[:4]) <= 2099
        assert year == (int(digits[:4]) if in_range else None)
