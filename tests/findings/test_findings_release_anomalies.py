"""Artist pages: a planted foreign release comes first, and what looks like one is named."""

import re

import pytest

from phonoscope.findings.base import LISTED_AT_MOST, findings
from phonoscope.findings.questions.release_anomalies import EXPLAINED
from phonoscope.findings.shared.releases import LEAST_RELEASES
from phonoscope.linking.isrc import numbers_of
from phonoscope.text import joined
from tests.helpers.catalogues import MemoryCatalogue, file_row, verdict_row

(PAGES,) = (finding for finding in findings() if finding.name == "pages")


def code(text):
    import pyarrow as pa

    return numbers_of(pa.array([text]))[0].as_py()


class Page:
    """Rows of one artist with a steady history, and of what is put on their page."""

    def __init__(self, artist_id, releases=15, label="Home Records", registrant="USHOM"):
        self.artist_id, self.label, self.registrant = artist_id, label, registrant
        self.tracks, self.credits, self.albums = [], [], []
        digits = "".join(filter(str.isdigit, artist_id))
        self.serial = 100 * int(digits or 999)
        digits = "".join(filter(str.isdigit, artist_id))
        self.serial = 100 * int(digits or 999)
        for at in range(releases):
            self.add(f"Song {at}", f"{2005 + at}-03-05")

    def add(self, title, date, *, label=None, registrant=None, markets=180, others=(), kind="album",
            album=None, **more):  # fmt: skip
        number = len(self.tracks)
        track_id, album_id = f"{self.artist_id}-t{number}", f"{self.artist_id}-r{number}"
        self.tracks.append(
            {
                "source": "s",
                "track_id": track_id,
                "name": title,
                "album_id": album_id,
                "label": label or self.label,
                "isrc_code": code(f"{registrant or self.registrant}24{self.serial + number:05}"),
                "release_date": date,
                "release_date_precision": "day",
                "market_count": markets,
                **more,
            }
        )
        self.albums.append(
            {"source": "s", "album_id": album_id, "name": album or title, "album_type": kind}
        )
        for artist in (self.artist_id, *others):
            self.credits.append({"source": "s", "track_id": track_id, "artist_id": artist})
        return track_id


def catalogue(pages, **rows):
    return MemoryCatalogue(
        tracks=[track for page in pages for track in page.tracks],
        track_artists=[credit for page in pages for credit in page.credits],
        albums=[album for page in pages for album in page.albums],
        artists=[{"source": "s", "artist_id": p.artist_id, "name": f"The {p.artist_id}"}
                 for p in pages],
        **rows,
    )  # fmt: skip


def crowd(count=60):
    return [Page(f"a{i:02}") for i in range(count)]


def listed(answer):
    if not answer.tables:
        return []
    (table,) = answer.tables
    return [dict(zip([c.name for c in table.columns], row, strict=True)) for row in table.rows]


def figures(answer):
    return {figure.name: figure for figure in answer.figures}


FOREIGN = {"label": "Quick Upload", "registrant": "QZZZZ"}


def test_a_foreign_release_is_listed_with_what_differs_and_its_base_rate():
    pages = crowd()
    track_id = pages[7].add("Midnight Rain 7", "2012-06-01", **FOREIGN, markets=1)
    answer = PAGES.answer(catalogue(pages))
    (row,) = listed(answer)
    assert (row["artist"], row["track_id"], row["perhaps"]) == ("The a07", track_id, "")
    label, registrant, markets = row["differs"].split("; ")
    assert "\u201cQuick Upload\u201d" in label
    assert "\u201chome records\u201d" in label
    assert "QZZZZ" in registrant
    assert "USHOM" in registrant
    for difference in (label, registrant, markets):
        assert re.findall(r"\d+", difference) == ["15", "16"]
    assert row["month"] == "2012-06"
    assert row["as_much"] == pytest.approx(1 / (60 * 15 + 1))
    found = figures(answer)
    assert (found["rare_release_share"].value, found["rare_release_share"].n) == (1 / 901, 901)
    assert (found["artists_with_rare_release_share"].value) == 1 / 60


def test_what_has_another_explanation_is_named_and_put_behind():
    pages = crowd(90)
    pages[0].add("Duet", "2011-06-01", **FOREIGN, others=["guest"])
    pages[1].add("Song 3", "2012-06-01", **FOREIGN, kind="compilation", album="Hits of Today")
    pages[2].add("Song 4 (2019 Remaster)", "2019-01-01", **FOREIGN)
    pages[3].add("Song 2 - Live", "2015-01-01", **FOREIGN)
    pages[4].add("New Sound", "2020-06-01", **FOREIGN)
    pages[50].add("Strange", "2012-06-01", **FOREIGN)
    rows = listed(PAGES.answer(catalogue(pages)))
    assert rows[0]["artist"] == "The a50"
    assert {row["artist"]: row["perhaps"] for row in rows} == {
        "The a50": "",
        "The a00": EXPLAINED["shared"],
        "The a01": joined([EXPLAINED["gathered"], EXPLAINED["again"]]),
        "The a02": EXPLAINED["again"],
        "The a03": EXPLAINED["again"],
        "The a04": EXPLAINED["newest"],
    }


def test_a_new_deal_that_lasted_a_restless_artist_and_few_releases_are_not_listed():
    pages = crowd()
    for year in (2020, 2021):
        pages[0].add(f"Deal {year}", f"{year}-06-01", label="Major", registrant="USMAJ")
    restless = Page("restless", 0)
    for at in range(20):
        restless.add(f"R {at}", f"{2000 + at}-06-01", label=f"L{at}", registrant=f"GBA{at:02}")
    few = Page("few", LEAST_RELEASES - 2)
    few.add("Odd", "2006-06-01", **FOREIGN)
    answer = PAGES.answer(catalogue([*pages, restless, few]))
    assert listed(answer) == []
    assert figures(answer)["rare_release_share"].value == 0
    assert figures(answer)["differs_in_label_share"].value == 0


def test_an_album_is_one_release_however_many_tracks_it_has():
    pages = crowd()
    first = pages[0].add("One", "2012-06-01", **FOREIGN)
    for at in range(11):
        copy = dict(pages[0].tracks[-1], track_id=f"more{at}", name=f"More {at}")
        pages[0].tracks.append(copy)
        pages[0].credits.append({"source": "s", "track_id": f"more{at}", "artist_id": "a00"})
    (row,) = listed(PAGES.answer(catalogue(pages)))
    assert (row["tracks"], row["track_id"]) == (12, first)


def test_a_burst_after_silence_is_told():
    pages = crowd()
    page = Page("late", 0)
    for at in range(12):
        page.add(f"Early {at}", f"{2000 + at // 3}-{at % 3 + 1:02}-01")
    for at in range(3):
        page.add(f"Late {at}", "2020-05-01", label=f"Up {at}")
    rows = listed(PAGES.answer(catalogue([*pages, page])))
    bursts = {row["differs"].split("; ")[-1] for row in rows}
    assert [re.findall(r"\d+", burst) for burst in bursts] == [["17", "3"]]


def test_what_was_heard_stands_whatever_may_explain_the_rest():
    pages = crowd()
    odd = pages[3].add("Machine", "2020-06-01", **FOREIGN)
    pages[5].add("Newest", "2020-06-01", **FOREIGN)
    heard = [track["track_id"] for track in pages[3].tracks]
    codes = {track["track_id"]: track["isrc_code"] for track in pages[3].tracks}
    isrc = {odd: "QZZZZ2400315"} | {t: f"USHOM24{300 + i:05}" for i, t in enumerate(heard[:-1])}
    assert {t: code(text) for t, text in isrc.items()} == codes
    verdicts = [
        verdict_row(t, "x", "detected", "x")
        | {"p_value": 0.00001 if t == odd else 0.5, "model": "m"}
        for t in heard
    ]
    answer = PAGES.answer(
        catalogue(
            pages,
            recordings=[{"recording_id": t, "tag_isrc": isrc[t]} for t in heard],
            files=[file_row(f"/{t}.mp3", t) for t in heard],
            verdicts=verdicts,
            declared=[{"recording_id": odd, "making": "generated", "voice": "anna"}],
        )
    )
    first, second = listed(answer)
    assert (first["artist"], first["perhaps"]) == ("The a03", "")
    assert re.findall(r"\d+", first["differs"])[:3] == ["15", "15", "16"]
    assert (second["artist"], second["perhaps"]) == ("The a05", EXPLAINED["newest"])


def test_sources_without_credits_go_by_the_names_as_written():
    pages = crowd(20)
    pages[1].add("Odd", "2012-06-01", **FOREIGN)
    tracks = [
        {**track, "artist_names": f" {page.artist_id.upper()}"}
        for page in pages
        for track in page.tracks
    ]
    (row,) = listed(PAGES.answer(MemoryCatalogue(tracks=tracks)))
    assert row["artist"] == "a01"


def test_without_enough_it_says_so_and_hostile_text_stays_text():
    assert not PAGES.answer(MemoryCatalogue()).answered
    assert not PAGES.answer(catalogue([Page("a", 4)])).answered
    pages = crowd(20)
    pages[0].add("\x1b[31m<b>", "2012-06-01", label="'; DROP\u202e TABLE", registrant="QZZZZ")
    (row,) = listed(PAGES.answer(catalogue(pages)))
    assert all(value.isprintable() for value in row.values() if isinstance(value, str))


def test_the_list_is_bounded():
    pages = crowd(300)
    for page in pages:
        page.add("Odd", "2012-06-01", **FOREIGN)
    assert len(listed(PAGES.answer(catalogue(pages)))) <= LISTED_AT_MOST
