"""Releases and artists by what their recordings show together."""

from __future__ import annotations

import shlex

from phonoscope.detector.generated import ORDINARY
from phonoscope.escape import printable
from phonoscope.findings.base import (
    LISTED_AT_MOST,
    Answer,
    Cell,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.questions.generated import TITLE as SHARE
from phonoscope.findings.shared.groups import is_weighed
from phonoscope.findings.shared.release_group import Group, Whole
from phonoscope.findings.shared.release_members import BASES
from phonoscope.findings.shared.release_statements import WORDS, says, too_few, trial_says
from phonoscope.findings.shared.release_verdicts import (
    ERROR,
    LEAST,
    SOME,
    WHOLE,
    Judged,
    judge_groups,
)
from phonoscope.findings.shared.shares import NO_VERDICTS
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import percent

_TITLES = {
    "release": gettext("Releases, the most remarkable first"),
    "artist": gettext("Artists, the most remarkable first"),
}
_COUNTED = {"release": gettext("Releases by verdict"), "artist": gettext("Artists by verdict")}
_COMPOSED = {
    "release": gettext("Releases by composition"),
    "artist": gettext("Artists by composition"),
}
_PARTS = (
    gettext("no track called generated"),
    gettext("up to half of the tracks"),
    gettext("more than half of the tracks"),
    gettext("all tracks"),
)


@finding(
    name="generated_releases",
    title="Releases and artists",
    question="Which releases and artists are machine-made, as a whole or in part?",
    needs={
        "verdicts": ("p_value", "model"),
        "recordings": ("tag_album", "tag_artist", "tag_label"),
        "tracks": ("album_id", "isrc_code"),
    },
    values={
        "LEAST": LEAST,
        "ERROR": percent(ERROR),
        "WHOLE": percent(WHOLE),
        "ORDINARY": percent(ORDINARY),
        "SOME": percent(SOME),
        "SHARE": SHARE,
    },
)
def generated_releases(catalogue: QuerySession) -> Answer:
    """Judge releases and artists by all their recordings.

    Method
    ------
    A release or an artist is judged when at least {LEAST} of its tracks are scored. A track is
    called generated when its p-value is at most the limit at which the detector's trial counted
    false alarms. How many false alarms fall on one release of human music follows a beta-binomial
    distribution: recordings that are mastered alike are also misjudged alike. Its mean and its
    correlation are the upper limits from human sources that the detector wasn't trained on
    (maximum likelihood). The chance is the share of human releases with as many tracks called. It
    is corrected for the number of releases, or artists, in this catalogue (Holm 1979), so that the
    chance of any wrong verdict is at most {ERROR}. A release is generated as a whole when, besides,
    at most {WHOLE} of its tracks show no sign, and otherwise in part. It is undecided when at most
    {ORDINARY} of human releases look like it, when {SOME} of its tracks are called, or when most of
    them are undecided. Releases of an artist are also judged one by one;
    one that is called generated makes the artist one who is generated in part. A release is what
    has one album id in a source, or else one album tag, label, year and folder. An artist is what
    has one artist id in a source, or else one name with one label or ISRC registrant.

    Caveats
    -------
    A verdict on a release doesn't say who made it, or whether that was declared. 'No sign found'
    doesn't mean that people made it. Kinds of human music that no source of the trial has may be
    misjudged as a whole. A compilation has many mastering chains. A hijacked page, or two artists
    with one name and one label, can put generated tracks under the name of a human artist. Tracks
    without a score are left out. These are single releases; “{SHARE}” estimates how much there is.
    """
    if not is_weighed(catalogue):
        return cannot_tell(NO_VERDICTS, "not-scored")
    judged = [judge_groups(catalogue, by, most=LISTED_AT_MOST) for by in _TITLES]
    some = [found for found in judged if found.tested]
    if not some:
        return cannot_tell(too_few(LEAST, judged[0].smaller), "no-values")
    trial = next(found.dependence for found in some if found.dependence)
    return Answer(
        headline=sentences(*(found.says() for found in some)),
        note=_note(some),
        certainty=trial_says(trial),
        figures=tuple(figure for found in some for figure in _figures(found)),
        tables=tuple(table for found in some for table in _tables(catalogue, found)),
        claim=_claim(some[0]),
    )


def _note(judged: list[Judged]) -> str:
    smaller = sum(found.smaller for found in judged)
    left_out = ngettext(
        "{n} release or artist has fewer than {least} scored tracks and is left out.",
        "{n} releases and artists have fewer than {least} scored tracks and are left out.",
        smaller,
        least=LEAST,
    )
    other_model = gettext(
        "The model of another version scored some or all recordings, but the trial is that of this "
        "version. Scan again into a new catalogue for numbers that match."
    )
    same = all(found.of_this_model for found in judged)
    return sentences(left_out if smaller else "", "" if same else other_model)


def _claim(judged: Judged) -> Message | str:
    called = judged.verdicts.get(Whole.GENERATED, 0)
    if not called or judged.by != "release":
        return ""
    return ngettext("{n} release generated as a whole", "{n} releases generated as a whole", called)


def _figures(judged: Judged) -> list[Figure]:
    return [
        Share(judged.verdicts.get(verdict, 0), judged.tested).figure(
            f"{judged.by}s_{verdict.value.replace('-', '_')}_share"
        )
        for verdict in Whole
    ]


def _tables(catalogue: QuerySession, judged: Judged) -> list[ResultTable]:
    by = judged.by
    shown = [g for g in judged.groups if g.called or g.verdict is not Whole.NO_SIGN_FOUND]
    some = sum(judged.composition[1:])
    command = f"phonoscope releases {shlex.quote(printable(str(catalogue.path)))} --by {by}"
    listed = ResultTable(
        f"generated_{by}s",
        _TITLES[by],
        _columns(by),
        tuple(_row(group, by) for group in shown),
        max(some, len(shown)),
        command,
    )
    return [_by_verdict(judged), _by_composition(judged), *([listed] if shown else [])]


def _by_verdict(judged: Judged) -> ResultTable:
    columns = (
        ResultColumn("verdict", gettext("Verdict"), "text"),
        ResultColumn("groups", gettext("Number")),
        ResultColumn("share", gettext("Share"), "share"),
        ResultColumn("low", gettext("At least"), "share"),
        ResultColumn("high", gettext("At most"), "share"),
    )
    rows = []
    for verdict in Whole:
        share = Share(judged.verdicts.get(verdict, 0), judged.tested)
        rows.append((WORDS[verdict.value], share.hits, share.value, *share.interval))
    name = f"{judged.by}s_by_verdict"
    return ResultTable(name, _COUNTED[judged.by], columns, tuple(rows))


def _by_composition(judged: Judged) -> ResultTable:
    columns = (
        ResultColumn("called", gettext("Called generated"), "text"),
        ResultColumn("groups", gettext("Number")),
    )
    rows = tuple(zip(_PARTS, judged.composition, strict=True))
    return ResultTable(f"{judged.by}s_by_composition", _COMPOSED[judged.by], columns, rows)


def _columns(by: str) -> tuple[ResultColumn, ...]:
    of_release = (ResultColumn("credit", gettext("Artist"), "text"),)
    of_artist = (
        ResultColumn("releases", gettext("Releases")),
        ResultColumn("releases_called", gettext("Releases called")),
    )
    return (
        ResultColumn("verdict", gettext("Verdict"), "text"),
        ResultColumn("name", gettext("Name"), "text"),
        *(of_release if by == "release" else of_artist),
        ResultColumn("tracks", gettext("Scored tracks")),
        ResultColumn("called", gettext("Called")),
        ResultColumn("expected", gettext("By chance"), "decimal"),
        ResultColumn("most", gettext("At most, in 99% of human releases")),
        ResultColumn("chance", gettext("Human releases like this, at most"), "share"),
        ResultColumn("chance_in_all", gettext("Chance in this catalogue"), "share"),
        ResultColumn("says", gettext("In words"), "text", on_page=False),
        ResultColumn("basis", gettext("Grouped by"), "text"),
        ResultColumn("source", gettext("Source"), "text", on_page=False),
        ResultColumn("source_id", gettext("Id"), "text", on_page=False),
        ResultColumn("recording_id", gettext("Recording"), "recording"),
    )


def _row(group: Group, by: str) -> tuple[Cell, ...]:
    return (
        WORDS[group.verdict.value],
        printable(group.name or ""),
        *(
            (printable(group.credit or ""),)
            if by == "release"
            else (group.releases, group.releases_called)
        ),
        group.tracks,
        group.called,
        group.expected,
        group.most,
        group.chance,
        group.chance_in_all,
        says(group),
        BASES[group.basis],
        group.source,
        group.source_id and printable(group.source_id),
        group.recording_id,
    )
