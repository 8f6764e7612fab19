"""In the pseudo-locale, no page shows English text, and longer text fits."""

import pytest

from phonoscope.dossier.content import dossier_of
from phonoscope.dossier.page import html
from phonoscope.language import PSEUDO, current
from phonoscope.web.app import create_app
from tests.helpers.catalogues import MemoryCatalogue
from tests.helpers.chromium import chromium, opened, settled, sideways_at
from tests.helpers.copied import copied_catalogue
from tests.helpers.judged import judged_catalogue
from tests.helpers.pseudo import untranslated
from tests.helpers.served import TestClient, catalogue_of, make_files, serving

pytestmark = pytest.mark.browser

WIDTHS = (390, 800, 1440)
READ = """() => {
  // tests/findings/test_findings_translated.py reads the findings.
  const data = "[translate=no], .finding, .untold, .contents, .claims,"
    + "code, pre, kbd, script, style";
  const names = ["aria-label", "aria-description", "aria-valuetext",
    "title", "placeholder", "alt"];
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest(data)) found.push(node.textContent);
  }
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest(data)) continue;
    for (const name of names) found.push(e.getAttribute(name) || "");
  }
  return found.map((text) => text.trim()).filter(Boolean);
}"""
"""Everything that a person reads or hears on a page, without names and other data."""


@pytest.fixture(scope="module", autouse=True)
def pseudo_locale():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHONOSCOPE_LANGUAGE", PSEUDO)
        current.cache_clear()
        yield
    current.cache_clear()


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def faults(watched, url):
    """What of a page stays English, and at which widths it scrolls sideways."""
    watched.turn_to(url, WIDTHS[0])
    page = watched.page
    settled(page)
    page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
    english = {text: words for text in page.evaluate(READ) if (words := untranslated(text))}
    wide = {width: pixels for width in WIDTHS if (pixels := sideways_at(page, width))}
    return english | wide


def ids_of(client):
    listed = client.get("/api/recordings", params={"size": 200}).json()["recordings"]
    return {row["file"].rsplit("/", 1)[-1].partition(".")[0]: row["recording_id"] for row in listed}


def visited(browser, catalogue, addresses):
    with (
        TestClient(create_app(catalogue, music=["/tmp"]), base_url="http://localhost") as client,
        serving(catalogue) as address,
        opened(browser) as watched,
    ):
        paths = addresses(ids_of(client))
        found = {path: faults(watched, f"{address}{path}") for path in paths}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_pages_of_scored_recordings(browser, tmp_path_factory):
    catalogue = judged_catalogue(tmp_path_factory.mktemp("judged"))
    names = ("generated", "unknown family", "partly", "undecided", "declared only", "ten hours",
             "whole only", "unweighed", "comb")  # fmt: skip

    def addresses(ids):
        yield from ("/", "/recordings", "/recordings?size=3", "/recordings?q=nothing-like-it")
        yield from ("/recordings?verdict=generated&size=3", "/tracks", "/releases", "/search?q=wav")
        yield from ("/model-card", "/copies", f"/recordings/{ids['comb']}/spectrum")
        yield from (f"/recordings/{ids[name]}" for name in names)

    visited(browser, catalogue, addresses)


def test_pages_of_copies(browser, tmp_path_factory):
    catalogue = copied_catalogue(tmp_path_factory.mktemp("copied"))

    def addresses(ids):
        group, *_ = catalogue.copies(search=False)
        one, other, third = (member.recording_id for member in group.members[:3])
        catalogue.decisions.record(one, other, "same")
        yield from ("/copies", f"/copies?recording={one}", "/copies?page=9", f"/recordings/{one}")
        yield f"/copies/{one}/{other}?decided={'-'.join(sorted((one, other)))}"
        yield f"/copies/{one}/{third}"
        catalogue.decisions.record(one, third, "different")
        yield f"/copies?decided={'-'.join(sorted((one, third)))}"

    visited(browser, catalogue, addresses)


def test_pages_of_files(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    catalogue = catalogue_of(make_files(folder))
    (folder / "soon gone.wav").unlink()

    def addresses(ids):
        yield from ("/recordings?error=any", f"/recordings/{ids['soon gone']}")
        yield from (f"/recordings/{ids['machine']}", f"/recordings/{ids['apple']}")
        # Error pages.
        yield from ("/nothing", f"/recordings/{'0' * 32}", "/recordings?size=0&sort=x")
        yield from (f"/copies/{ids['apple']}/{ids['apple']}", "/copies?page=0")
        yield f"/recordings/{ids['soon gone']}/spectrum"

    visited(browser, catalogue, addresses)


def test_pages_of_an_empty_catalogue(browser):
    visited(browser, MemoryCatalogue(), lambda ids: ("/", "/recordings", "/copies"))


def test_dossiers(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dossiers")
    (folder / "copied").mkdir()
    copied = copied_catalogue(folder / "copied")
    judged = judged_catalogue(folder)
    group, *_ = copied.copies(search=False)
    pages = [(copied, group.members[0].recording_id), (judged, str(folder / "partly.wav"))]
    with opened(browser) as watched:
        for number, (catalogue, recording) in enumerate(pages):
            to = folder / f"{number}.html"
            to.write_text(html(dossier_of(catalogue, recording)), encoding="utf-8")
            assert faults(watched, to.as_uri()) == {}
