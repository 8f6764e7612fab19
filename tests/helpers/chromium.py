"""A real browser, and what it can be asked about a page."""

import contextlib

from playwright.sync_api import expect, sync_playwright

# A busy machine may take longer than the five seconds Playwright allows by itself.
expect.set_options(timeout=30_000)

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

FAINT_TEXT = """() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = (c) => {
    const [r, g, b] = c.map((v) => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const paperUnder = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim().slice(0, 40);
    if (!text) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (["TITLE", "SCRIPT", "STYLE", "OPTION", "TEXT"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    if (element.getAttribute("opacity") === "0") continue;
    const ink = parse(element.closest("svg") ? style.fill : style.color).slice(0, 3);
    const [a, b] = [light(ink), light(paperUnder(element))];
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${element.tagName} ${text}`);
  }
  return faint;
}"""
"""Visible text whose contrast with what lies under it is below 4.5 (WCAG 2.2, 1.4.3)."""


class Watched:
    """A page with everything it asked for and complained of."""

    def __init__(self, page):
        self.page = page
        self.requests = []
        self.complaints = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def turn_to(self, url, width):
        """Show another address as a new page would: a new page costs a second of processor time."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme="light")
        self.page.goto("about:blank")
        self.requests.clear()
        self.complaints.clear()
        self.page.goto(url)


LOADED = """() => {
  const waves = [...document.querySelectorAll(".wave[data-outline]")];
  const answered = (path) => performance.getEntriesByName(new URL(path, location).href).length;
  return document.readyState === "complete"
    && !document.querySelector(".later")
    && [...document.images].every((image) => image.complete || image.loading === "lazy")
    && waves.every((wave) => answered(wave.dataset.outline));
}"""
"""Whether everything that a page asks for after its HTML has come."""
DRAWN = "() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"


def settled(page):
    """Wait until a page has loaded what it asks for later, and has drawn it.

    Playwright's ``networkidle`` waits for half a second without any request, on each page.
    """
    page.wait_for_function(LOADED)
    page.evaluate(DRAWN)


@contextlib.contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def opened(browser, url=None, *, width=1280, scheme="light", **options):
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme, **options
    )
    # All findings of a catalogue take a busy machine longer than the 30 seconds of Playwright.
    page.set_default_navigation_timeout(120_000)
    try:
        watched = Watched(page)
        if url is not None:
            page.goto(url)
        yield watched
    finally:
        page.close()


def sideways_at(page, width):
    """How many pixels the page can be scrolled sideways when it is so many wide."""
    page.set_viewport_size({"width": width, "height": 900})
    return sideways(page)


def sideways(page):
    """How many pixels the page can be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def unnamed(page):
    """Focusable elements without a name."""
    return page.evaluate(
        """() => {
          const named = (e) =>
            e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length;
          const all = "a[href], button, input, select, summary, audio, [tabindex='0']";
          return [...document.querySelectorAll(all)]
            .filter((e) => e.type !== "hidden" && !named(e)).map((e) => e.outerHTML.slice(0, 80));
        }"""
    )


def faults(page, widths=(360, 1280)):
    """What is wrong with how a page looks, at widths in pixels and in both colour schemes."""
    found = [f"without a name: {each}" for each in unnamed(page)]
    for width in widths:
        if pixels := sideways_at(page, width):
            found.append(f"{width} px: scrolls {pixels} px sideways")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} px, {scheme}, faint: {text}" for text in page.evaluate(FAINT_TEXT)]
    return found
