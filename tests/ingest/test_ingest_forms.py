"""Numbers, dates, keys and ids in the ways that people and programs write them."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.api import open_sources
from phonoscope.ingest.convert.dates import order_of, read_date
from phonoscope.ingest.convert.numbers import PLAIN, decimals_of, plain_numbers
from phonoscope.ingest.convert.pitches import key_named, mode_named
from tests.helpers.sources import table, write_csv


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def numbers(cells, whole=False, delimiter=",", clock_ms=None):
    array = pa.array(cells)
    decimal = decimals_of([("x", array, whole)], delimiter)["x"]
    texts = plain_numbers(array, decimal, whole=whole, clock_ms=clock_ms)
    is_number = pa.compute.match_substring_regex(texts, PLAIN).to_pylist()
    return [float(t) if ok else None for t, ok in zip(texts.to_pylist(), is_number, strict=True)]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["390,470,936", "12"], [390_470_936, 12]),
        (["1.234.567", "12.345"], [1_234_567, 12_345]),
        (["12 345", "1\u202f234\u00a0567", "1'234", "1\u2019234"], [12_345, 1_234_567, 1234, 1234]),
        (["12,34,567", "12,345"], [1_234_567, 12_345]),
        (["12,345", "+7"], [12_345, 7]),
        (["12.345", "7"], [12_345, 7]),
        (["200000.0", "1.000"], [200_000, 1]),
        (["77.000", "1000"], [77, 1000]),
        # Seventy-seven or seventy-seven thousand: nothing decides.
        (["77.000", "5"], [None, 5]),
        (["1e5", "1,2,3", "1 2", "1_000", "", "5%"], [1e5, None, None, None, None, None]),
        (["\uff11\uff12\uff13", "\u0661\u0662"], [123, 12]),
    ],
)
def test_whole_numbers_with_separators(cells, values):
    assert numbers(cells, whole=True) == values


@pytest.mark.parametrize(
    ("cells", "delimiter", "values"),
    [
        (["0,751", "95,053", "120"], ",", [0.751, 95.053, 120]),
        (["0.751", "95.053", "1,234"], ",", [0.751, 95.053, 1234]),
        (["95,053", "120,123"], ";", [95.053, 120.123]),
        (["95,053", "120,123"], ",", [None, None]),
        (["0.5", "0,5", "1,234"], ",", [0.5, 0.5, None]),
        (["1.234,5", "\u22123,25", "1,5e-3", "1 234,5"], ",", [1234.5, -3.25, 0.0015, 1234.5]),
        (["1,234.5", "-3.25", "1.5E2", "1'234.5"], ",", [1234.5, -3.25, 150, 1234.5]),
        (["59%", "1,5 %"], ",", [0.59, 0.015]),
        (["..", ",", "1,,2", "1.2.3", "nan"], ",", [None] * 5),
    ],
)
def test_numbers_with_fractions(cells, delimiter, values):
    assert numbers(cells, delimiter=delimiter) == values


def test_clocks_are_durations_in_the_unit_of_their_column():
    cells = ["3:45", "1:02:03", "90:00", "0:00:01.5", "3:75", "200"]
    assert numbers(cells, clock_ms=1.0) == [225_000, 3_723_000, 5_400_000, 1500, None, 200]
    assert numbers(cells, clock_ms=1000.0)[0] == 225
    assert numbers(cells)[0] is None


@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=5),
    st.sampled_from([",", ".", " ", "'", "\u202f"]),
)
def test_grouped_by_the_library_and_read_again(values, sign):
    # A separator that shows itself twice leaves no doubt about the others.
    cells = [f"{value:,}".replace(",", sign) for value in [*values, 1_234_567]]
    assert numbers(cells, whole=True) == [*values, 1_234_567]


@given(st.text(max_size=70), st.sampled_from([",", ".", None]), st.booleans())
def test_any_text_is_a_number_or_stays_none(text, decimal, whole):
    (found,) = plain_numbers(pa.array([text]), decimal, whole=whole, clock_ms=1.0).to_pylist()
    assert found is not None


DAY = date(2024, 4, 26)
SERIAL = (DAY - date(1899, 12, 30)).days


@pytest.mark.parametrize(
    "text",
    [
        *("2024-04-26", "2024/4/26", "2024.04.26", "20240426", "2024-04-26T10:00:00Z"),
        *("2024-04-26 00:00:00", "26.04.2024", "4/26/2024", "26-4-2024", "04/26/2024 1:05 PM"),
        *("April 26, 2024", "Apr 26 2024", "26 Apr 2024", "26-Apr-2024", "26th of April 2024"),
        *("Fri, 26 Apr 2024", "2024 Apr 26", "26. April 2024", "26 avril 2024"),
        *("26 de abril de 2024", str(SERIAL), f"{SERIAL}.0", "1714089600", "1714089600000"),
    ],
)
def test_a_day_in_every_way_of_writing(text):
    assert read_date(text)[:3] == ("2024-04-26", "day", 2024)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1999-00-00", ("1999", "year", 1999)),
        ("1999-05-00", ("1999-05", "month", 1999)),
        ("1999.0", ("1999", "year", 1999)),
        ("05/1999", ("1999-05", "month", 1999)),
        ("May 1999", ("1999-05", "month", 1999)),
        ("0000-00-00", (None, None, None)),
        ("2019-02-30", ("2019-02-30", None, 2019)),
        ("2019-13-01", ("2019-13-01", None, 2019)),
        ("31/02/2019", ("31/02/2019", None, 2019)),
        ("1999?", ("1999?", None, 1999)),
        ("soon", ("soon", None, None)),
        ("7/7/2019", ("2019-07-07", "day", 2019)),
        ("x" * 5000, ("x" * 5000, None, None)),
    ],
)
def test_dates_that_are_less_than_a_day(text, expected):
    assert read_date(text)[:3] == expected


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_both_orders_are_read_as_they_are_written(day):
    for order, form in (("dmy", "%d/%m/%Y"), ("mdy", "%m/%d/%Y")):
        assert read_date(day.strftime(form), order).text == day.isoformat()
    found = read_date(f"{day.day}.{day.month}.{day.year}")
    assert found.is_unsure == (day.day <= 12 and day.day != day.month)


def test_the_order_is_what_the_column_shows():
    days = [DAY + timedelta(n) for n in range(-25, 25)]
    assert order_of(pa.array([d.strftime("%d/%m/%Y") for d in days])) == "dmy"
    assert order_of(pa.array([d.strftime("%m/%d/%Y") for d in days])) == "mdy"
    assert order_of(pa.array(["01/02/2024", None, "x"])) is None
    assert order_of(pa.array(["13/02/2024", "02/13/2024"])) is None


KEYS = {
    **{"Bb": (10, None), "B\u266d": (10, None), "F#m": (6, 0), "F\u266f minor": (6, 0)},
    **{"Db maj": (1, 1), "C#/Db": (1, None), "A flat minor": (8, 0), "Cb": (11, None)},
    **{"8A": (9, 0), "8B": (0, 1), "1m": (9, 0), "1d": (0, 1), "5A": (0, 0), "12B": (4, 1)},
    **{"H": (11, None), "G#-Moll": (8, 0), "X": None, "": None, "13A": None, "Bogus": None},
    **{"A Minor (8A)": (9, 0), "8A - A minor": (9, 0), "Am / 8A": (9, 0), "C#m/Dbm": (1, 0)},
    **{"C / 8A": None, "Am/A major": None, "C/D/E/F/G": None, "E dorian": (4, None)},
    **{"La mineur": (9, 0), "Si\u266d": (10, None), "Do di\u00e8se": (1, None), "Sol m": (7, 0)},
    **{"Fis-Moll": (6, 0), "As-Dur": (8, 1), "Es": (3, None), "B-Dur": (10, 1), "B minor": (11, 0)},
    **{"Asharpm": (10, 0), "A sharp": (10, None), "Cm7": None, "/": None, "(8A)": (9, 0)},
}


@pytest.mark.parametrize("text", KEYS)
def test_keys_by_name(text):
    assert key_named(text) == KEYS[text]


def test_a_key_tells_the_mode_that_its_own_column_leaves_open(tmp_path, catalogue):
    heading = "id,title,artist,Musical Key,Mode,BPM"
    cells = ["Am,", "8B,", "Am,Major", "A,minor", "C,", "Dm,?"]
    rows = [f"{n},t,u,{both},124" for n, both in enumerate(cells)]
    (tmp_path / "x.csv").write_text("\n".join([heading, *rows]))
    catalogue.ingest(tmp_path / "x.csv")
    assert sorted(table(catalogue, "features", "track_id", "key", "mode", "tempo_bpm")) == [
        ("0", 9, 0, 124.0),
        ("1", 0, 1, 124.0),
        ("2", 9, 1, 124.0),
        ("3", 9, 0, 124.0),
        ("4", 0, None, 124.0),
        ("5", 2, 0, 124.0),
    ]


def test_modes_by_name():
    found = [mode_named(text) for text in ("maj", "MIN", "M", "m", "Major.", "dorian", "")]
    assert found == [1, 0, 1, 0, 1, None, None]


def test_a_file_of_everything(tmp_path, catalogue):
    heading = ["id", "name", "plays", "duration_ms", "tempo", "danceability", "release_date", "key"]
    rows = [
        ["spotify:track:6SUAy45EiUMI7YmExYb0Bd", "A", "1.234", "3:45", "95,053", "0,7", "", "8A"],
        [
            *("https://open.spotify.com/track/7k4t7uLgtOxPwTpFmtJNTY?si=x", "B", "1.234.567", "1"),
            *("120", "0,5", "05/06/2024", "Bb"),
        ],
    ]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(";".join(row) for row in [heading, *rows]), encoding="utf-16")
    summary = catalogue.ingest(path)
    assert summary.rejected == 0
    assert summary.read_as["decimal"] == dict.fromkeys(("plays", "tempo_bpm", "danceability"), ",")
    assert [(e.column, e.reason, e.row, e.cell) for e in summary.emptied] == [
        ("release_date", "could be two days", 2, "05/06/2024")
    ]
    columns = ("track_id", "plays", "duration_ms", "release_date", "release_date_precision")
    assert table(catalogue, "tracks", *columns) == [
        ("6SUAy45EiUMI7YmExYb0Bd", 1234, 225_000, None, None),
        ("7k4t7uLgtOxPwTpFmtJNTY", 1_234_567, 1, "2024", "year"),
    ]
    features = ("tempo_bpm", "danceability", "key", "mode")
    assert table(catalogue, "features", *features) == [(95.053, 0.7, 9, 0), (120.0, 0.5, 10, None)]


def test_what_the_user_says_goes_before_what_the_file_shows(tmp_path, catalogue):
    path = tmp_path / "x.csv"
    path.write_bytes(
        'id,name,tempo,duration_ms,release_date\na,Ж,"1,234",1,05/06/2024\n'.encode("cp1251")
    )
    (job,) = open_sources(path, encoding="CP1251", decimal=",", dates="mdy")
    assert catalogue.ingest(job).emptied == []
    found = table(catalogue, "tracks", "name", "release_date")
    assert found == [("Ж", "2024-05-06")]
    assert table(catalogue, "features", "tempo_bpm") == [(1.234,)]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"encoding": "rot13"}, "unknown-encoding"),
        ({"encoding": "nothing"}, "unknown-encoding"),
        ({"decimal": ";"}, "unknown-decimal-sign"),
        ({"dates": "ymd"}, "unknown-date-order"),
    ],
)
def test_what_no_file_can_be_is_refused(tmp_path, said, code):
    path = write_csv(tmp_path / "x.csv", [["id", "name", "duration_ms"]])
    with pytest.raises(ps.UsageError) as refused:
        open_sources(path, **said)
    assert refused.value.code == code


def test_charts_take_days_in_any_order_and_no_rank_for_a_new_entry(tmp_path, catalogue):
    rows = [["rank", "title", "artist", "date", "last_week", "peak_pos", "weeks_on_chart"]]
    rows += [
        ["1", "A", "x", "12/31/2023", "-1", "1", "1"],
        ["2", "B", "x", "1/2/2024", "NEW", "2", "0"],
    ]
    (job,) = open_sources(write_csv(tmp_path / "x.csv", rows))
    assert catalogue.ingest(job).emptied == []
    columns = ("chart_date", "previous_rank", "peak_rank")
    assert table(catalogue, "chart_entries", *columns) == [
        ("2023-12-31", None, 1),
        ("2024-01-02", None, 2),
    ]


def test_times_before_1973_are_no_times(tmp_path, catalogue):
    rows = [["user", "track_id", "timestamp"], ["a", "t1", "44529"], ["a", "t2", "1638216900"]]
    summary = catalogue.ingest(write_csv(tmp_path / "x.csv", rows))
    assert summary.reasons == {"no listened_utc": 1}
    assert table(catalogue, "listens", "track_id") == [("t2",)]
