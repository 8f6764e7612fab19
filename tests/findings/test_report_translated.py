"""Every text on the pages of a report is a message: nothing stays English in the pseudo-locale."""

import re
from html.parser import HTMLParser

import pytest

from phonoscope.findings.claims import claims_of
from phonoscope.findings.page import environment
from phonoscope.findings.plots.distribution import Bar
from phonoscope.findings.plots.histogram import histogram
from phonoscope.findings.plots.noun import TRACKS
from phonoscope.findings.plots.svg import draw
from phonoscope.findings.report import report_of
from phonoscope.language import current
from phonoscope.messages import gettext
from tests.helpers.catalogues import MemoryCatalogue, plausible
from tests.helpers.planted import planted
from tests.helpers.pseudo import PSEUDO_ENV, untranslated

CLAIMS = b"""format: phonoscope-claims/1
claims:
  - {id: a, says: Most are major., source: A, date: "2025",
     figure: tonality.major_share, at_least: 0.1}
  - {id: b, says: None is major., source: B, date: "2025",
     figure: tonality.major_share, at_most: 0, url: "https://example.org/", note: A note.}
  - {id: c, says: Unknown., source: C, date: "2025", figure: no.such, value: 1}
"""
UNSEEN = {"style", "script", "code", "pre", "svg"}
"""Elements whose text is code, or a plot: its texts are tested with the findings."""
SPOKEN = ("aria-label", "data-label", "data-is", "title", "alt")
"""Attributes that people hear or read."""
CODE = re.compile(r"\bU\+[0-9A-F]{4,6}\b")
"""A character by its code, which is the same in every language."""
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}


class Texts(HTMLParser):
    """Collects what a reader of a page sees, without what is marked as data."""

    def __init__(self):
        super().__init__()
        self.found, self.open = [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        hidden = tag in UNSEEN or given.get("translate") == "no"
        hidden = hidden or bool(self.open and self.open[-1])
        if tag not in VOID:
            self.open.append(hidden)
        if not hidden:
            self.found += [given[name] for name in SPOKEN if given.get(name)]

    def handle_endtag(self, tag):
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data):
        if data.strip() and not (self.open and self.open[-1]):
            self.found.append(" ".join(data.split()))


@pytest.fixture(autouse=True)
def pseudo(monkeypatch):
    """The pseudo-locale, as the language of this process."""
    for name, value in PSEUDO_ENV.items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    yield
    monkeypatch.undo()
    current.cache_clear()


def english(page):
    """Texts of a page with words that are neither messages nor data, and those words."""
    texts = Texts()
    texts.feed(page)
    assert not texts.open, "every element is closed"
    assert len(texts.found) > 20
    return {text: words for text in texts.found if (words := untranslated(CODE.sub("", text)))}


def test_the_report_is_translated():
    assert english(report_of(planted(), claims=claims_of(CLAIMS, "claims")).html()) == {}


def test_the_report_of_an_empty_catalogue_is_translated():
    assert english(report_of(MemoryCatalogue()).html()) == {}


def test_the_comparison_is_translated():
    one, other = planted(), plausible(60)
    one.path, other.path = "/a/2026", "/a/2025"
    made = report_of(one, other=other).html()
    assert english(made) == {}
    assert '<html lang="en-XA">' in made


TITLE = gettext("A title of an axis that is long enough to be wrapped in a narrow plot of 300 px")


def test_plots_are_drawn_in_the_language_and_their_titles_are_wrapped():
    bars = [Bar(0, 1, 12_000), Bar(1, 2, 8_000)]
    names = [gettext("first"), gettext("second")]
    chart = histogram(
        bars,
        names,
        noun=TRACKS,
        alt=gettext("Tracks"),
        x_title=TITLE,
        ticks=[],
        tick_label="datum.value",
    )
    _, narrow = draw(chart, "plot")
    drawn = re.findall(r">([^<>]+)<|aria-label=\"([^\"]+: [^\"]+)\"", narrow)
    texts = ["".join(found).strip() for found in drawn]
    assert [text for text in texts if untranslated(text)] == []
    assert any("12.000" in text for text in texts)
    assert not any(len(text) > 60 for text in texts)


def test_what_a_template_prints_without_a_message_is_found():
    page = environment().from_string("<p>{{ _('Rows') }}</p><p>Rows</p><b translate=no>data</b>")
    texts = Texts()
    texts.feed(page.render())
    assert [untranslated(text) for text in texts.found] == [[], ["Rows"]]
