"""The model card, rendered from the Markdown that the package ships."""

import pytest

from phonoscope.web import model_card
from tests.helpers.chromium import chromium, faults, opened, settled
from tests.helpers.served import serving

CARD = """# Model card

A *small* model. [Elsewhere](../decisions/a.md), [below](#dispute), [the web](https://example.org),
[a trap](javascript:alert(1)), ![a picture](https://example.org/x.png).

<img src=x onerror=alert(1)>

| Family | Found | A column that is much wider than any telephone, so that it is scrolled |
|---|--:|---|
| A | 97 % | `<b>` |

## Dispute

Write to the catalogue.
"""


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    path = tmp_path / "generated.md"
    path.write_text(CARD)
    monkeypatch.setattr(model_card, "_file", lambda: path)
    return path


@pytest.fixture
def page(judged_client, shipped):
    return judged_client.get("/model-card").text


def test_the_card_is_a_page(page):
    assert '<h1 id="model-card">Model card</h1>' in page
    assert '<h2 id="dispute">Dispute</h2>' in page
    assert '<th class="n">Found</th>' in page
    assert " style=" not in page


def test_links_lead_somewhere_and_nothing_is_loaded(page):
    assert '<a href="#dispute">below</a>' in page
    assert '<a href="https://example.org">the web</a>' in page
    assert "Elsewhere, " in page
    assert "decisions/a.md" not in page
    assert 'href="javascript' not in page
    assert "<img" not in page
    assert "a picture" in page
    assert "&lt;img src=x" in page


def test_the_page_of_a_recording_links_to_it(judged_client, weighed_id, shipped):
    text = judged_client.get(f"/recordings/{weighed_id('generated')}").text
    assert '<a href="/model-card#dispute">' in text
    assert text.count('<a href="/model-card">') == 2, "in the menu and in the panel"


def test_without_a_card_nothing_links_to_one(judged_client, weighed_id, shipped):
    shipped.unlink()
    answer = judged_client.get("/model-card")
    assert answer.status_code == 404
    assert 'data-code="no-model-card"' in answer.text
    text = judged_client.get(f"/recordings/{weighed_id('generated')}").text
    assert "/model-card" not in text


def test_the_shipped_card_says_how_to_dispute():
    if model_card.is_shipped():
        assert 'id="dispute"' in model_card.read_card()


@pytest.mark.browser
def test_the_card_is_legible_and_fits(judged, shipped):
    with (
        serving(judged) as address,
        chromium() as browser,
        opened(browser, f"{address}/model-card#dispute", width=360) as watched,
    ):
        settled(watched.page)
        assert faults(watched.page) == []
        assert watched.complaints == []
        assert [u for u in watched.requests if not u.startswith(address)] == []
