"""The estimated share of machine-made recordings, corrected for the detector's error rates."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from phonoscope.detector.rates import Rates
from phonoscope.escape import printable
from phonoscope.findings.base import (
    LISTED_AT_MOST,
    Answer,
    Chart,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    Tables,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.interval_chart import Estimated, below_each_other, over_time
from phonoscope.findings.shared.dates import periods
from phonoscope.findings.shared.groups import PERIODS, counts, is_weighed, key_of, regrouped
from phonoscope.findings.shared.shares import (
    NO_VERDICTS,
    Row,
    Shares,
    rates_for,
    says,
    shares_of,
)
from phonoscope.interval import Interval
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import between, joined, p_value, percent

TITLE = gettext("Machine-made")
"""Title of this finding, which other findings mention."""
FEWEST_OF_FAMILY = 10
"""Recordings of a family of generators from which its own rate is given."""
NAMED = ("label", "artist")
"""Groups other than periods; the largest of each are listed."""
MOST_DRAWN, MOST_PERIODS = 12, 60
"""Groups that a plot draws one below the other, and periods that it draws side by side."""
_COLUMNS = (
    ResultColumn("group", gettext("Group"), "text"),
    ResultColumn("recordings", gettext("Scored")),
    ResultColumn("flagged", gettext("Flagged")),
    ResultColumn("share", gettext("Estimated share"), "share"),
    ResultColumn("low", gettext("At least"), "share"),
    ResultColumn("high", gettext("At most"), "share"),
    ResultColumn("remark", gettext("Remark"), "text"),
)
_TITLES = {
    None: gettext("Estimated share"),
    "month": gettext("Estimated share by month"),
    "year": gettext("Estimated share by year"),
    "label": gettext("Estimated share by label"),
    "artist": gettext("Estimated share by artist"),
}
_UNKNOWN = {
    "month": gettext("no month known"),
    "year": gettext("no year known"),
    "label": gettext("no label known"),
    "artist": gettext("no artist known"),
}


@finding(
    name="generated_share",
    title=TITLE,
    question="How much of the catalogue was made by machines?",
    needs={"verdicts": ("p_value", "model"), "recordings": ("tag_date", "tag_label", "tag_artist")},
)
def generated_share(catalogue: QuerySession) -> Answer:
    """Estimate the share of the whole, over time, and of the largest labels and artists.

    Method
    ------
    Recordings are counted by p-value. The true share follows from the flagged share, the share of
    human music that the detector flags and the share of machine-made music that it finds (Rogan &
    Gladen 1978), at each of several p-values. The interval includes how far these error rates
    differ between sources of human music and between families of generators that the detector
    wasn't trained on (Korn & Graubard 1998; Zou & Donner 2008). It contains what the intervals at
    all p-values have in common. A catalogue with a calibration uses the false alarms of its own
    human music. Column 'Flagged' counts at one of the p-values; verdicts of a scan may use another.
    Marks in files are not used. Months and years come from the date tag, if it states them.

    Caveats
    -------
    The error rates were measured on other music. A generator or a kind of human music that is
    unlike all in the trial can still mislead the estimate. Recordings of one artist
    or album are not independent: if few artists made many of the recordings, the interval is too
    narrow. Among many small groups, some stand out by chance. A date tag may give the date of the
    song and not of the recording.
    """
    if not is_weighed(catalogue):
        return cannot_tell(NO_VERDICTS, "not-scored")
    local = rates_for(catalogue)
    rates = local.rates
    dated = counts(catalogue, rates.edges, PERIODS)
    shares = shares_of(regrouped(dated, None), None, rates)
    overall = shares.overall
    if overall is None or overall.share is None:
        return cannot_tell(shares.says(), "no-values" if overall else "not-scored")
    groups = {by: shares_of(regrouped(dated, by), by, rates) for by in PERIODS}
    tables = [_table(found) for found in groups.values()]
    for by in NAMED:
        key = {"group": key_of(catalogue, by)}
        found = counts(catalogue, rates.edges, key, most=LISTED_AT_MOST)
        groups[by] = shares_of(found, by, rates)
        in_all = int(found["groups"][0].as_py())  # at least one: a recording was scored
        tables.append(_table(groups[by], in_all, _command(catalogue, by)))
    return Answer(
        headline=says(overall),
        note=sentences(_note(shares), local.says, local.ignored),
        certainty=_certainty(overall, rates),
        figures=_figures(overall, rates),
        chart=_chart(overall, groups),
        tables=(_table(shares), *(table for table in tables if len(table.rows) > 1)),
        claim=_claim(overall),
    )


def _claim(row: Row) -> Message | str:
    if row.share is None or not row.enough or not row.fits:
        return ""
    if row.low <= 0.0:
        return gettext("at most {share} machine-made", share=percent(row.high))
    return gettext("about {share} machine-made", share=percent(row.share))


def _note(shares: Shares) -> str:
    not_scored = ngettext(
        "{n} recording isn't scored, because it is too short or too quiet.",
        "{n} recordings aren't scored, because they are too short or too quiet.",
        shares.not_weighed,
    )
    other_model = gettext(
        "The model of another version scored some or all recordings, but the error rates are "
        "those of this version. Scan again into a new catalogue for numbers that match."
    )
    return sentences(
        not_scored if shares.not_weighed else "", "" if shares.of_this_model else other_model
    )


def _certainty(row: Row, rates: Rates) -> str:
    low, high = between(row.low, row.high)
    interval = gettext(
        "The 95% interval is {low} to {high} (n\u00a0=\u00a0{n}, {flagged} of them with a p-value "
        "of at most {threshold}).",
        low=low,
        high=high,
        n=row.recordings,
        flagged=row.flagged,
        threshold=p_value(rates.threshold),
    )
    return sentences(interval, _trial(rates), _families(rates))


def _trial(rates: Rates) -> str:
    counts = {
        "human_flagged": rates.human_flagged,
        "human": rates.human,
        "machine_found": rates.machine_found,
        "machine": rates.machine,
    }
    if rates.local:
        return gettext(
            "The false alarms are those of this catalogue: {human_flagged} of {human} recordings "
            "known to be human are flagged. In a trial, {machine_found} of {machine} machine-made "
            "recordings were flagged.",
            **counts,
        )
    return gettext(
        "The error rates come from a trial, in which the detector flagged {human_flagged} of "
        "{human} human recordings and {machine_found} of {machine} machine-made ones.",
        **counts,
    )


def _families(rates: Rates) -> str:
    """Say how unequally families are found; nothing if the trial tells too little about that."""
    found = rates.found_by_family(FEWEST_OF_FAMILY)
    if len(found) < 2:
        return ""
    return gettext(
        "Generators differ: it flagged {least} of the recordings of one and {most} of another.",
        least=percent(min(found.values())),
        most=percent(max(found.values())),
    )


def _figures(row: Row, rates: Rates) -> tuple[Figure, ...]:
    interval = Interval(row.low, row.high)
    return (
        Figure("generated_share", row.share, "share", interval, row.recordings),
        Share(rates.human_flagged, rates.human).figure("detector_false_alarm_share"),
        Share(rates.machine_found, rates.machine).figure("detector_found_share"),
    )


def _command(catalogue: Tables, by: str) -> str:
    return f"phonoscope share {shlex.quote(printable(str(catalogue.path)))} --by {by}"


def _label(row: Row, by: str | None) -> str:
    if by is None:
        return gettext("all recordings")
    return _UNKNOWN[by] if row.group is None else printable(str(row.group))


def _table(shares: Shares, in_all: int | None = None, command: str = "") -> ResultTable:
    """Return groups with their estimates."""
    by = shares.by
    rows = tuple(
        (_label(r, by), r.recordings, r.flagged, r.share, r.low, r.high, r.remark)
        for r in shares.rows
    )
    suffix = f"_by_{by}" if by else ""
    return ResultTable(f"generated_share{suffix}", _TITLES[by], _COLUMNS, rows, in_all, command)


def _chart(overall: Row, groups: Mapping[str, Shares]) -> Chart | None:
    """Return the plot over time where dates allow it, else by name."""
    for by in PERIODS:
        dated = [row for row in groups[by].rows if row.group is not None]
        # The months of a small part of the catalogue would not show its trend.
        known = sum(row.recordings for row in dated)
        course = periods(dated[0].group, dated[-1].group) if dated else []
        fits = len(course) <= MOST_PERIODS or by == "year"
        if len(dated) > 1 and fits and 2 * known >= overall.recordings:
            return _over_time(overall, dated, course[-MOST_PERIODS:], by)
    for by in NAMED:
        named = [row for row in groups[by].rows if row.group is not None]
        if len(named) > 1:
            return _by_name(overall, named[:MOST_DRAWN], by)
    return None


def _over_time(overall: Row, dated: Sequence[Row], course: Sequence[str], by: str) -> Chart:
    shown = [_estimated(row, by) for row in dated if row.group in set(course)]
    low, high = between(overall.low, overall.high)
    ends: dict[str, str | int] = {
        "first": course[0],
        "last": course[-1],
        "low": low,
        "high": high,
    }
    alt = (
        gettext(
            "Estimated share made by machines by month, {first} to {last}, with intervals. That "
            "of all recordings is {low} to {high}.",
            **ends,
        )
        if by == "month"
        else gettext(
            "Estimated share made by machines by year, {first} to {last}, with intervals. That of "
            "all recordings is {low} to {high}.",
            **ends,
        )
    )
    return over_time(shown, course, _estimated(overall, None), alt=alt)


def _by_name(overall: Row, named: Sequence[Row], by: str) -> Chart:
    shown = {_label(row, by): _estimated(row, by) for row in named}
    groups = joined([one.text for one in shown.values()])
    alt = (
        gettext("Estimated share made by machines by label. {groups}.", groups=groups)
        if by == "label"
        else gettext("Estimated share made by machines by artist. {groups}.", groups=groups)
    )
    return below_each_other([_estimated(overall, None), *shown.values()], alt=alt)


def _estimated(row: Row, by: str | None) -> Estimated:
    label, share = _label(row, by), row.share or 0.0
    low, high = between(row.low, row.high)
    estimate = ngettext(
        "{label}: {share} ({low} to {high}), {n} recording",
        "{label}: {share} ({low} to {high}), {n} recordings",
        row.recordings,
        label=label,
        share=percent(share),
        low=low,
        high=high,
    )
    remarked = gettext("{estimate}; {remark}", estimate=estimate, remark=row.remark)
    text = remarked if row.remark else estimate
    return Estimated(label, share, row.low, row.high, row.enough, text)
