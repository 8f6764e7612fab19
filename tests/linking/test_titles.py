"""Titles and artists: what is one recording's name, and what is another's."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.linking.chart_links import same_by_names
from phonoscope.linking.titles import artists_of, title_keys


def key(title):
    return title_keys(pa.array([title], pa.string()))[0].as_py()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Song", "\uff33\uff4f\uff4e\uff47"),
        ("Déjà Vu", "DEJA VU"),
        ("Straße", "STRASSE"),
        ("Пісня", "ПІСНЯ"),
        ("アイドル", "ｱｲﾄﾞﾙ"),
        ("Don't Stop", "Dont stop!"),
        ("Song", "Song - Remastered 2011"),
        ("Song", "Song (2011 Remaster)"),
        ("Song", "Song [Digitally Remastered]"),
        ("Song", "Song (feat. B & C)"),
        ("Song", "Song ft. B"),
        ("Song", "Song (with B)"),
        ("Rock & Roll", "Rock and Roll"),
        ("Song (Live)", "Song - live"),
    ],
)
def test_one_recording_written_twice(one, other):
    assert key(one) == key(other) is not None


VERSIONS = (
    "{} (Live)", "{} - Live at the BBC", "{} [Remix]", "{} (B Remix)", "{} (Acoustic)",
    "{} - Sped Up", "{} (Taylor's Version)", "{} (Live) (2011 Remaster)", "{} - Radio Edit",
    "{} (Live / Remastered)", "{} (ライブ)", "{} (ремикс)", "{} (feat. B) [Live]",
    "{} (with Strings)",
)  # fmt: skip
TITLES = st.text(min_size=1, max_size=30)


@pytest.mark.parametrize("version", VERSIONS)
@given(TITLES)
def test_another_version_is_never_the_studios(version, title):
    studio, other = key(title), key(version.format(title))
    assert studio is None or studio != other


def test_versions_differ_from_each_other():
    # Remastering a live recording makes no other one.
    keys = [key(version.format("Song")) for version in VERSIONS if "2011" not in version]
    assert len(set(keys)) == len(keys)


@given(TITLES)
def test_the_key_of_a_key_is_itself(title):
    once = key(title)
    assert once is None or key(once) == once


def test_letters_that_look_alike_are_not_one():
    assert key("が") != key("か")
    assert key("мой") != key("мои")
    assert key("!!!") is None
    assert key("(feat. B)") == "featb"


@pytest.mark.parametrize(
    ("one", "other", "by"),
    [
        (("The A & B", None), ("a feat. B", None), "title-artist"),
        (("A x B", None), ("B, A", None), "title-artist"),
        (("A Featuring B", None), ("A", "Song (feat. B)"), "title-artist"),
        (("A Featuring B", None), ("A", "Song"), "title-first-artist"),
        (("A Featuring B", None), ("A Featuring C", None), None),
        (("A Featuring B", None), ("B", None), None),
        (("Lil Nas X", None), ("Lil Nas", None), None),
        (("Earth, Wind & Fire", None), ("Earth Wind and Fire", None), None),
        (("宇多田ヒカル、B", None), ("宇多田ヒカル & B", None), "title-artist"),
        (("", None), ("", None), None),
    ],
)
def test_artists(one, other, by):
    assert same_by_names(artists_of(*one), artists_of(*other)) == by


@given(st.text(max_size=30), st.text(max_size=30))
def test_sameness_has_no_direction(one, other):
    first, second = artists_of(one), artists_of(other)
    assert same_by_names(first, second) == same_by_names(second, first)
