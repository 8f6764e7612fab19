"""Similar names: planted ones are found, and honest ones are not."""

import random

import pyarrow as pa
import pytest

from phonoscope.findings.base import LISTED_AT_MOST, findings
from phonoscope.findings.questions.impersonation import SIMILARITIES
from phonoscope.findings.shared import lookalikes
from phonoscope.findings.shared.known_artists import NAMES, Artist
from phonoscope.findings.shared.lookalikes import COMMON, SHORTEST, Search
from phonoscope.linking.lookalikes import Likeness, likeness_of
from tests.helpers.catalogues import MemoryCatalogue, file_row, verdict_row
from tests.helpers.name_forms import all_forms

(ALIKE,) = (finding for finding in findings() if finding.name == "names")
KNOWN = {
    "a": ("Adele", 50_000_000),
    "m": ("Metallica", 30_000_000),
    "b": ("Beyonc\u00e9", 40_000_000),
    "w": ("The Weeknd", 60_000_000),
}


def artist(artist_id, name, followers=3, source="s", popularity=None):
    return {
        "source": source,
        "artist_id": artist_id,
        "name": name,
        "followers": followers,
        "popularity": popularity,
    }


def catalogue(others, **rows):
    known = [artist(artist_id, *about) for artist_id, about in KNOWN.items()]
    return MemoryCatalogue(artists=[*known, *others], **rows)


def listed(answer):
    if not answer.tables:
        return []
    (table,) = answer.tables
    return [dict(zip([c.name for c in table.columns], row, strict=True)) for row in table.rows]


def figures(answer):
    return {figure.name: figure.value for figure in answer.figures}


def test_what_was_planted_is_found_and_other_names_are_not():
    planted = {
        "\u0410dele": Likeness.LETTERS,
        "Metal\u200blica": Likeness.HIDDEN,
        "Metalica": Likeness.EDIT,
        "Beyonce": Likeness.MARKS,
        "The Weeknd Official": Likeness.WORDS,
        "ADELE": Likeness.SAME,
    }
    honest = ["Megadeth", "Adela", "The Week", "Metal", "Meta Lica Band 2", "Adele Adkins Quartet"]
    names = [*planted, *honest]
    answer = ALIKE.answer(catalogue([artist(f"x{i}", name) for i, name in enumerate(names)]))
    kinds = {text: kind for kind, text in SIMILARITIES.items()}
    found = {(row["name"], kinds[row["likeness"]]) for row in listed(answer)}
    shown = {name.replace("\u200b", "\\u200b"): kind for name, kind in planted.items()}
    assert found == set(shown.items())
    why = {kinds[row["likeness"]]: row["why"] for row in listed(answer)}
    assert why[Likeness.HIDDEN].startswith("U+200B; ")
    assert why[Likeness.LETTERS].startswith("CYRILLIC CAPITAL LETTER A")
    assert "2 of 6" in answer.headline
    assert figures(answer)["known_with_lookalikes_share"] == 1.0
    assert sum(figures(answer)[f"{kind.value}_pairs"] for kind in Likeness) == len(planted)


def test_reasons_are_told_apart_and_put_a_name_first():
    tracks = [
        {"source": "s", "track_id": f"t{i}", "declared_generated": i < 2 or None, "isrc_code": i}
        for i in range(4)
    ]
    credits = [
        {"source": "s", "track_id": f"t{i}", "artist_id": "fake", "release_year": 2025}
        for i in range(3)
    ]
    credits.append({"source": "s", "track_id": "t3", "artist_id": "m", "release_year": 1983})
    flagged = verdict_row("r", "generated", "detected", "x")
    answer = ALIKE.answer(
        catalogue(
            [artist("fake", "Metalica"), artist("poor", "Metallicaa", None)],
            tracks=tracks,
            track_artists=credits,
            recordings=[{"recording_id": "r", "tag_isrc": "AAAAA0000002"}],
            files=[file_row("/r.mp3", "r")],
            verdicts=[{**flagged, "p_value": 0.00001, "model": "m"}],
            machine_artists=[{"source": "l", "artist": "Metalica", "name": "metalica"}],
        )
    )
    first, second = listed(answer)
    assert first["name"] == "Metalica"
    assert all(
        part in first["why"] for part in ("2 of 3", "1 of 1", "3 f", "30,000,000", "2025", "1983")
    )
    assert (first["reasons"], first["tracks"], first["first"]) == (3, 3, "2025")
    assert (second["name"], second["reasons"], second["why"]) == ("Metallicaa", 0, "")


def test_who_is_nearly_as_known_or_of_another_source_is_no_imitator():
    others = [
        artist("1", "Metalica", 29_000_000),
        artist("2", "Beyonce", 3, source="other"),
        artist("3", "ADELE", 3, source="other"),
        artist("a", "Adele", 3, source="other"),
    ]
    assert listed(ALIKE.answer(catalogue(others))) == []


def test_charts_tell_who_is_known_and_a_rare_name_in_them_may_be_like_one():
    def entry(name, week):
        return {"source": "c", "chart": "x", "region": "r", "chart_date": f"2024-01-{week:02}",
                "rank": 1, "title": "t", "performer": name}  # fmt: skip

    rows = [entry("Metallica feat. B", week) for week in range(1, 21)]
    rows += [entry("Metal1ica", 21), entry("METALLICA", 22), entry("Nobody", 23)]
    answer = ALIKE.answer(MemoryCatalogue(chart_entries=rows))
    assert [(row["name"], row["known"]) for row in listed(answer)] == [("Metal1ica", "Metallica")]
    for rest, reason in ((rows[-1:], "no-values"), ([], "no-data")):
        assert ALIKE.answer(MemoryCatalogue(chart_entries=rest)).reason == reason


def test_plays_tell_who_is_known_where_nobody_has_followers():
    artists = [artist("m", "Metallica", None), artist("x", "Metalica", None),
               artist("y", "Megadeth", None), artist("z", "Megadeths", None)]  # fmt: skip
    plays = {"m": 5_000_000, "x": 2, "y": 3_000_000, "z": 2_000_000}
    tracks = [{"source": "s", "track_id": f"t{a}", "plays": n} for a, n in plays.items()]
    credits = [{"source": "s", "track_id": f"t{a}", "artist_id": a} for a in plays]
    made = MemoryCatalogue(artists=artists, tracks=tracks, track_artists=credits)
    (row,) = listed(ALIKE.answer(made))
    assert (row["name"], row["known"]) == ("Metalica", "Metallica")
    assert row["reasons"] == 1
    assert all(part in row["why"] for part in ("2 plays", "5,000,000"))


def test_a_common_name_is_counted_and_does_not_flood_the_list():
    crowd = [artist(f"c{i}", "Metallica", i) for i in range(COMMON + 1)]
    crowd += [artist(f"d{i}", "Adele Music", i) for i in range(5)]
    crowd.append(artist("e", "MetaIlica", 1))
    answer = ALIKE.answer(catalogue(crowd))
    assert figures(answer)["same_pairs"] == COMMON + 1
    assert figures(answer)["common_names"] == 1
    names = [row["name"] for row in listed(answer)]
    assert names == ["MetaIlica", "Adele Music", "Adele Music", "Adele Music"]


def test_hostile_names_are_compared_and_shown_in_one_line():
    names = ["<script>Metalica", "Metallica\n", "Metallic\u202ea", "\ufffd", "M" * 100_000]
    names += ["'; DROP TABLE artists; --", "\x1b[31mMetallica"]
    answer = ALIKE.answer(catalogue([artist(f"x{i}", name) for i, name in enumerate(names)]))
    for row in listed(answer):
        assert row["name"].isprintable()
        assert len(row["name"]) < 200
    assert len(listed(answer)) <= LISTED_AT_MOST


def test_one_pass_finds_what_comparing_all_pairs_finds():
    rng = random.Random(5)
    parts = ["ma", "ri", "to", "ne", "l", "II", "b"]
    made = ["".join(rng.choices(parts, k=rng.randint(3, 7))) for _ in range(120)]
    for name in made[:]:
        at = rng.randrange(len(name))
        made += [name[:at] + name[at + 1 :], name[:at] + rng.choice("lIo01a\u0430") + name[at:],
                 name[:at] + name[at : at + 2][::-1] + name[at + 2 :]]  # fmt: skip
    names = sorted(set(made))
    known = [Artist("s", f"k{i}", name, 10**7, None, 0) for i, name in enumerate(names[::2])]
    others = [Artist("s", f"o{i}", name, 1, None, 0) for i, name in enumerate(names)]
    search = Search(known)
    columns = {field.name: [getattr(one, field.name) for one in others] for field in NAMES}
    for start in range(0, len(others), 97):
        batch = {name: values[start : start + 97] for name, values in columns.items()}
        search.look(pa.RecordBatch.from_pydict(batch, schema=NAMES))
    forms = dict(zip(names, all_forms(names), strict=True))
    expected = dict.fromkeys(Likeness, 0)
    for one in known:
        for other in others:
            kind = likeness_of(one.name, forms[one.name], other.name, forms[other.name])
            numbered = kind is Likeness.EDIT and lookalikes._numbered(
                forms[one.name].plain, forms[other.name].plain
            )
            if kind and not numbered and len(forms[one.name].plain) >= SHORTEST[kind]:
                expected[kind] += 1
    assert expected[Likeness.EDIT] > 20
    assert expected[Likeness.LETTERS] > 2
    assert {kind: search.by_likeness[kind] for kind in Likeness} == expected


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_names_does_not_matter(order):
    crowd = [artist(f"c{i:02}", "Metallica", i % 3) for i in range(COMMON)]
    crowd += [artist(f"d{i:02}", "Adele Music", 0) for i in range(8)]
    answer = ALIKE.answer(catalogue(crowd[::order]))
    assert [row["artist_id"] for row in listed(answer)] == [
        "d00", "d01", "d02", "c00", "c03", "c06"
    ]  # fmt: skip


def test_names_that_are_listed_twice_have_no_order_and_need_none():
    """A catalogue from elsewhere can have one artist several times."""
    search = Search([Artist("s", "k", "Adele Adkins", 10**7, None, 0)])
    same = {"source": "s", "artist_id": "o", "name": "Adele Adkinz", "followers": 5}
    rows = [{**same, "popularity": popularity} for popularity in (1, 2)]
    batch = pa.RecordBatch.from_pylist(rows, schema=NAMES)
    search.look(batch)
    search.look(batch)
    assert {pair.other.name for pair in search.pairs()} == {"Adele Adkinz"}
