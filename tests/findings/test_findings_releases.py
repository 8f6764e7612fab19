"""Verdicts on releases and artists: how tracks are grouped, counted and judged."""

import numpy as np
import pytest
from scipy import stats

from phonoscope.detector import rates as rates_module
from phonoscope.detector.dependence import dependence
from phonoscope.detector.rates import Counted, Rates
from phonoscope.errors import UsageError
from phonoscope.findings.base import QuerySession
from phonoscope.findings.questions.generated_releases import generated_releases
from phonoscope.findings.report import as_html
from phonoscope.findings.shared import shares
from phonoscope.findings.shared.release_group import Whole
from phonoscope.findings.shared.release_statements import says
from phonoscope.findings.shared.release_verdicts import (
    ERROR,
    LEAST,
    PARTS,
    adjusted,
    judge_groups,
)
from tests.helpers.catalogues import MODEL, MemoryCatalogue, file_row, verdict_row

EDGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
CALLED, ORDINARY = 1e-6, 0.6
"""p-values of a track that is called generated, and of one without a sign."""


def trial(sources=200, correlated=0.05, seed=1):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.diff([0, *EDGES, 1]) * (1 - correlated) / correlated, sources)
    counts = [rng.multinomial(20, row) for row in shares]
    human = [Counted(str(i), tuple(map(int, row))) for i, row in enumerate(counts)]
    return Rates(EDGES, tuple(human), (Counted("f", (90, 3, 3, 2, 1, 1, 0)),))


TRIAL = trial()


@pytest.fixture(autouse=True)
def rates(monkeypatch):
    monkeypatch.setattr(rates_module, "detector_rates", lambda: TRIAL)
    monkeypatch.setattr(shares, "current_model", lambda: MODEL)


class Built:
    """A catalogue that is put together release by release."""

    def __init__(self):
        self.rows = {name: [] for name in ("recordings", "files", "verdicts", "tracks", "albums",
                                           "artists", "track_artists")}  # fmt: skip

    def recording(self, p_value, folder="a", **tags):
        ident = f"{len(self.rows['recordings']):032x}"
        said = {f"tag_{name}": value for name, value in tags.items()}
        self.rows["recordings"].append({"recording_id": ident, "duration_s": 100.0} | said)
        self.rows["files"].append(file_row(f"/music/{folder}/{ident}.flac", ident))
        scored = {"p_value": p_value, "model": MODEL}
        self.rows["verdicts"].append(verdict_row(ident) | scored)
        return ident

    def tagged(self, p_values, folder, album, artist="Anna", label="Big", date="2024"):
        return [
            self.recording(p, folder, title=f"Song {i}", album=album, artist=artist, label=label,
                           date=date)
            for i, p in enumerate(p_values)
        ]  # fmt: skip

    def listed(self, p_values, source, album_id, artist_id=None, **track):
        """Recordings that a source names by file."""
        found = []
        for p in p_values:
            ident = self.recording(p)
            row = {"source": source, "track_id": f"t{ident}", "album_id": album_id, "name": "x"}
            file = self.rows["files"][-1]["uri"]
            self.rows["tracks"].append(row | {"file": file} | track)
            if artist_id:
                credit = {"source": source, "track_id": f"t{ident}", "artist_id": artist_id}
                self.rows["track_artists"].append(credit)
            found.append(ident)
        return found

    def catalogue(self):
        return MemoryCatalogue(**self.rows)


def by_name(judged):
    return {group.name: group for group in judged.groups}


# ---- groups ------------------------------------------------------------------------------


def test_a_release_of_tagged_files_needs_one_folder_and_one_label_and_year():
    made = Built()
    made.tagged([ORDINARY] * 4, "one", "Greatest Hits", "Anna")
    made.tagged([ORDINARY] * 5, "two", "Greatest Hits", "Bert")
    made.tagged([ORDINARY] * 6, "two", "Greatest Hits", "Carl", label="Other")
    made.tagged([ORDINARY] * 7, "two", "Greatest Hits", "Dora", date="1999-03")
    made.tagged([ORDINARY] * 8, "two", " ", "Emil")
    found = judge_groups(made.catalogue())
    sizes = {group.credit: group.tracks for group in found.groups}
    assert sizes == {"Anna": 4, "Bert": 5, "Carl": 6, "Dora": 7}
    assert {group.basis for group in found.groups} == {"folder-and-tags"}
    assert found.tested == 4


def test_albums_of_different_sources_stay_apart_and_ids_win_over_tags():
    made = Built()
    made.listed([ORDINARY] * 4, "one", "7")
    made.listed([ORDINARY] * 5, "two", "7", album_name="Seven")
    found = judge_groups(made.catalogue())
    assert {(g.source, g.source_id, g.tracks) for g in found.groups} == {
        ("one", "7", 4),
        ("two", "7", 5),
    }
    assert {g.basis for g in found.groups} == {"album-id"}


def test_an_artist_needs_more_than_a_name():
    made = Built()
    made.tagged([ORDINARY] * 4, "a", "A", "Nova", label="First")
    made.tagged([ORDINARY] * 5, "b", "B", "NOVA", label="first")
    made.tagged([ORDINARY] * 6, "c", "C", "Nova", label="Second")
    made.tagged([ORDINARY] * 7, "d", "D", "Nova", label=None)
    made.tagged([ORDINARY] * 8, "e", "E", "Various Artists", label="Second")
    for i in range(4):
        made.recording(ORDINARY, "f", title=str(i), artist="Nova", isrc=f"USABC24{i:05}")
    found = judge_groups(made.catalogue(), "artist")
    sizes = sorted((group.basis, group.tracks) for group in found.groups)
    assert sizes == [("name-and-isrc", 4), ("name-and-label", 6), ("name-and-label", 9)]


def test_artists_of_a_source_are_those_that_it_credits():
    made = Built()
    made.rows["artists"] += [{"source": "one", "artist_id": "a1", "name": "Nova"},
                             {"source": "two", "artist_id": "a1", "name": "Nova"}]  # fmt: skip
    made.listed([ORDINARY] * 4, "one", "7", "a1")
    made.listed([ORDINARY] * 5, "two", "8", "a1")
    made.listed([ORDINARY] * 6, "three", "9", artist_names="Nova", label="Big")
    made.listed([ORDINARY] * 7, "three", "9", artist_names="Nova")
    found = judge_groups(made.catalogue(), "artist")
    assert {(g.source, g.basis, g.tracks) for g in found.groups} == {
        ("one", "artist-id", 4),
        ("two", "artist-id", 5),
        ("three", "name-and-label", 6),
    }


def test_several_recordings_of_a_track_count_once_as_the_most_human():
    made = Built()
    made.tagged([CALLED] * 6, "a", "A")
    made.tagged([CALLED, CALLED, CALLED, 0.4, 0.02, CALLED], "a", "A")
    (group,) = judge_groups(made.catalogue()).groups
    assert (group.tracks, group.called, group.unusual) == (6, 4, 5)


def test_small_groups_and_tracks_without_a_score_have_no_verdict():
    made = Built()
    made.tagged([CALLED] * (LEAST - 1), "a", "A")
    made.tagged([ORDINARY] * LEAST + [None, float("nan")], "b", "B")
    found = judge_groups(made.catalogue())
    assert (found.tested, found.smaller) == (1, 1)
    assert found.groups[0].tracks == LEAST


# ---- verdicts ----------------------------------------------------------------------------


def crowd(made, albums, seed=2):
    """Human albums, whose p-values are uniform."""
    rng = np.random.default_rng(seed)
    for i in range(albums):
        made.tagged(rng.uniform(0.0011, 1, 10).tolist(), f"h{i}", f"Album {i}", f"Human {i}")


def test_verdicts_follow_from_the_counts():
    made = Built()
    crowd(made, 40)
    made.tagged([CALLED] * 22 + [0.02] * 4, "robot", "Robot", "Bot", "Tiny")
    made.tagged([CALLED] * 9 + [ORDINARY] * 9, "half", "Half", "Duo", "Tiny")
    made.tagged([CALLED] + [ORDINARY] * 11, "once", "Once", "One", "Tiny")
    found = judge_groups(made.catalogue())
    groups = by_name(found)
    assert groups["Robot"].verdict is Whole.GENERATED
    assert groups["Half"].verdict is Whole.MIXED
    assert groups["Once"].verdict is Whole.UNDECIDED
    assert [group.name for group in found.groups[:2]] == ["Robot", "Half"]
    assert sum(found.verdicts.values()) == found.tested == 43
    assert found.verdicts[Whole.GENERATED] == 1
    robot = groups["Robot"]
    assert (robot.tracks, robot.called, robot.unusual) == (26, 22, 26)
    assert robot.expected == pytest.approx(0.026)
    assert dict(zip(PARTS, found.composition, strict=True)) == {
        "none": 40, "up-to-half": 2, "most": 1, "all": 0
    }  # fmt: skip


def test_the_chance_is_the_upper_limit_of_a_beta_binomial_and_holm_corrects_it():
    made = Built()
    crowd(made, 30)
    made.tagged([CALLED] * 8 + [ORDINARY] * 4, "x", "X", "Y", "Z")
    (group, *_) = judge_groups(made.catalogue()).groups
    limits = dependence(TRIAL)
    possible = np.linspace(1e-6, limits.highest_correlation, 400)
    a = limits.highest_share * (1 - possible) / possible
    b = (1 - limits.highest_share) * (1 - possible) / possible
    expected = stats.betabinom(12, a, b).sf(7).max()
    assert group.chance == pytest.approx(expected, rel=1e-3)
    assert group.chance_in_all == pytest.approx(31 * group.chance, rel=1e-9)


def test_a_human_artist_with_one_generated_album_is_shown_as_that():
    made = Built()
    rng = np.random.default_rng(4)
    for i in range(6):
        made.tagged(rng.uniform(0.2, 1, 10).tolist(), f"a{i}", f"Album {i}")
    made.tagged([CALLED] * 10, "slop", "Slop")
    (artist,) = judge_groups(made.catalogue(), "artist").groups
    assert artist.verdict is Whole.MIXED
    assert (artist.tracks, artist.called) == (70, 10)
    assert (artist.releases, artist.releases_called) == (7, 1)
    assert artist.recording_id in {f"{i:032x}" for i in range(60, 70)}
    found = by_name(judge_groups(made.catalogue()))
    assert found["Slop"].verdict is Whole.GENERATED
    assert {found[f"Album {i}"].verdict for i in range(6)} == {Whole.NO_SIGN_FOUND}


def test_an_album_counts_for_its_artist_even_if_all_tracks_together_would_not():
    made = Built()
    for i in range(300):
        made.tagged([ORDINARY] * 10, f"a{i}", f"Album {i}")
    made.tagged([CALLED] * 7, "slop", "Slop")
    (artist,) = judge_groups(made.catalogue(), "artist").groups
    assert artist.chance > ERROR
    assert (artist.verdict, artist.releases_called) == (Whole.MIXED, 1)


def test_with_a_trial_of_few_sources_nothing_is_called(monkeypatch):
    monkeypatch.setattr(rates_module, "detector_rates", lambda: trial(sources=15))
    made = Built()
    made.tagged([CALLED] * 26, "a", "A")
    found = judge_groups(made.catalogue())
    assert found.groups[0].verdict is Whole.UNDECIDED
    assert not found.dependence.is_known


@pytest.mark.parametrize("seed", range(3))
def test_human_releases_are_called_as_rarely_as_is_said(seed):
    """5,000 human releases, as alike as those of the trial: no more than 1% have more than most."""
    rng = np.random.default_rng(seed)
    limits = dependence(TRIAL)
    correlated = 0.05
    a = EDGES[0] * (1 - correlated) / correlated
    n = rng.integers(5, 27, 5000)
    share = rng.beta(a, (1 - correlated) / correlated - a, n.size)
    k = rng.binomial(n, share)
    assert (k > limits.most(n)).mean() <= 0.01
    assert (adjusted(limits.at_least(k, n), np.ones_like(n)) > ERROR).all()


# ---- one recording, and the finding ---------------------------------------------------------


def test_the_groups_of_one_recording_are_those_of_the_whole_catalogue():
    made = Built()
    crowd(made, 20)
    robots = made.tagged([CALLED] * 9, "robot", "Robot", "Bot", "Tiny")
    with QuerySession(made.catalogue()) as session:
        for by in ("release", "artist"):
            one = judge_groups(session, by, of=robots[4])
            every = judge_groups(session, by)
            assert [g.tracks for g in one.groups] == [9]
            assert one.groups[0] in every.groups
            assert one.tested == every.tested
        assert judge_groups(session, of="f" * 32).groups == ()


def test_without_scores_or_with_another_grouping_there_is_no_answer():
    assert judge_groups(MemoryCatalogue()).why
    assert generated_releases.answer(MemoryCatalogue()).reason == "not-scored"
    made = Built()
    made.tagged([CALLED], "a", "A")
    assert generated_releases.answer(made.catalogue()).reason == "no-values"
    with pytest.raises(UsageError) as raised:
        judge_groups(MemoryCatalogue(), "mood")
    assert raised.value.code == "unknown-grouping"


def test_the_statement_has_the_numbers():
    made = Built()
    crowd(made, 20)
    made.tagged([CALLED] * 22 + [0.02] * 4, "robot", "Robot", "Bot", "Tiny")
    (group, *_) = judge_groups(made.catalogue()).groups
    said = says(group)
    for shown in ("22 of 26", "0.03", f"{group.most} of 26", "99%"):
        assert shown in said


def test_the_finding_lists_what_stands_out_and_links_to_recordings():
    made = Built()
    crowd(made, 20)
    made.tagged([CALLED] * 22 + [0.02] * 4, "robot", "<b>Robot", "Bot", "Tiny")
    catalogue = made.catalogue()
    answer = generated_releases.answer(catalogue)
    figures = {figure.name: figure for figure in answer.figures}
    assert figures["releases_generated_share"].value == pytest.approx(1 / 21)
    assert figures["releases_generated_share"].n == 21
    assert figures["artists_generated_share"].interval is not None
    tables = {table.name: table for table in answer.tables}
    first = tables["generated_releases"].rows[0]
    names = [column.name for column in tables["generated_releases"].columns]
    row = dict(zip(names, first, strict=True))
    assert (row["tracks"], row["called"]) == (26, 22)
    assert len(row["recording_id"]) == 32
    assert sum(n for _, n in tables["releases_by_composition"].rows) == 21
    page = as_html(catalogue)
    assert "<b>Robot" not in page
    assert row["recording_id"][:8] in page
    assert f'href="/recordings/{row["recording_id"]}"' not in page
