"""Take the pictures of the README from the real product: ``python -m tools.pictures CATALOGUE``.

Starts ``phonoscope serve`` on a catalogue (that of ``phonoscope demo``), opens pages in Debian's
chromium and writes ``docs/pictures/NAME-SCHEME.png``, light and dark.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import phonoscope as ps

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
SCHEMES = ("light", "dark")
WIDTH, HEIGHT = 1280, 960
PORT = 8799
STARTS_WITHIN_S = 60
CHROMIUM = "/usr/bin/chromium"
_QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-sync", "--no-first-run"]
_MOST_TELLING = """
    select recording_id from verdicts where verdict = 'generated'
    order by p_value, recording_id limit 1
"""


def pages(catalogue: Path) -> dict[str, str]:
    """Return the address of each picture on the server, by its name."""
    opened = ps.open_catalogue(catalogue)
    found = opened.sql(_MOST_TELLING).read_all().to_pylist()
    if not found:
        sys.exit(f"{catalogue} holds no generated recording to show: run `make demo` first")
    return {"recording": f"/recordings/{found[0]['recording_id']}"}


@contextlib.contextmanager
def serving(catalogue: Path) -> Iterator[str]:
    """Serve a catalogue and yield the address."""
    command = [sys.executable, "-m", "phonoscope.cli.main", "serve", str(catalogue)]
    address = f"http://127.0.0.1:{PORT}"
    with subprocess.Popen([*command, "--port", str(PORT), "--quiet"]) as server:
        try:
            _wait(address)
            yield address
        finally:
            server.terminate()


def _wait(address: str) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while True:
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(address):
            return
        if time.monotonic() > until:
            sys.exit(f"{address} did not answer within {STARTS_WITHIN_S} s")
        time.sleep(0.2)


def photograph(browser: Browser, address: str, name: str) -> None:
    """Write the pictures of one page."""
    for scheme in SCHEMES:
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme, device_scale_factor=1
        )
        page.goto(address, wait_until="networkidle")
        page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
        page.close()


def main(catalogue: Path) -> None:
    """Write all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with serving(catalogue) as address, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        for name, path in pages(catalogue).items():
            photograph(browser, address + path, name)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
