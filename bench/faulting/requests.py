"""Requests made from the server's own description and its routes: every answer is an answer.

Parameters are drawn from what the description allows, and from what it doesn't. No request may end
in a fault of ours (status 500), take long, or be answered with a status that isn't described.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

import phonoscope as ps
from bench.faulting import work
from bench.faulting.tally import Tally, numbered
from phonoscope.web.app import create_app
from tests.helpers.served import TestClient

LONGEST_S = 20.0
"""CPU-seconds of an answer."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
HOSTILE = (
    *("", " ", "0", "-1", "1", "2147483648", "9" * 400, "1e999", "NaN", "null", "[]", "{}", "true"),
    *(
        "'",
        '"',
        "' OR 1=1 --",
        "<script>",
        "%00",
        "\0",
        "\n",
        "\u202e",
        "é",
        "𝄞",
        "..",
        "../../etc",
    ),
    *(
        "/etc/passwd",
        "a" * 300,
        "f" * 32,
        "F" * 32,
        "0" * 33,
        "%",
        "%25%",
        "_",
        "\\",
        "x=y&z",
        "+1",
    ),
)
BODIES = (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"one": NaN}', b"[" * 5000, b"a" * 70_000)
_HEADERS: tuple[dict[str, str], ...] = (
    *({}, {}, {}, {"accept-language": "de"}, {"accept-language": "\xff;q=9"}, {"hx-request": "1"}),
    *({"range": "bytes=0-9"}, {"range": "bytes=-1"}, {"range": "bytes=9-0,1-"}, {"range": "x"}),
    *({"accept": "application/json"}, {"origin": "http://example.org"}, {"if-none-match": "*"}),
    *({"content-type": "text/plain"}, {"sec-fetch-site": "cross-site"}, {"host": "example.org"}),
    {"if-modified-since": "yesterday"},
)


def catalogue(folder: Path) -> ps.Catalogue:
    """Make a small catalogue with something in every kind of table, and one unreadable file."""
    folder.mkdir(parents=True, exist_ok=True)
    work.WORK["scan"].prepare(folder)
    (folder / "music" / "broken.mp3").write_bytes(b"not a sound")
    (folder / "music" / "twice.wav").write_bytes((folder / "music" / "00.wav").read_bytes() + b"\0")
    work.WORK["scan"].run(folder)
    work.write_tracks(folder)
    work.WORK["ingest"].run(folder)
    work.WORK["plays"].prepare(folder)
    work.WORK["plays"].run(folder)
    return ps.open_catalogue(work.catalogue(folder))


def ask(tries: int, folder: Path, seed: int = 1, seconds: float | None = None) -> Tally:
    """Send requests to an application in this process.

    Parameters
    ----------
    tries
        Requests.
    folder
        An empty folder.
    seed
        Of the requests.
    seconds
        Time after which no more are sent.
    """
    tally, drawn = Tally("requests"), random.Random(seed)
    found = catalogue(folder)
    ids = [row["recording_id"] for row in work.asked(folder, "SELECT recording_id FROM recordings")]
    app = create_app(found, music=[folder / "music"])
    described = app.openapi()["paths"]
    paths = sorted({*described, *(route.path for route in app.routes if hasattr(route, "path"))})
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        for number in numbered(tries, seconds):
            tally.tries += 1
            path = paths[number % len(paths)]
            method = "GET" if drawn.random() < 0.6 else drawn.choice(METHODS)
            operation = described.get(path, {}).get(method.lower(), {})
            asked = {
                "method": method,
                "url": _address(path, ids, drawn),
                "params": dict(_parameters(operation, ids, drawn)),
                "headers": drawn.choice(_HEADERS),
            }
            if method in {"POST", "PUT", "PATCH"}:
                asked["content"] = _body(ids, drawn)
            started = time.process_time()
            try:
                answer = client.request(**asked)
            except (ValueError, httpx.InvalidURL):
                # The client itself refuses to send it.
                continue
            except Exception as error:
                tally.failures.append(f"{asked}: {type(error).__name__}: {error}"[:500])
                continue
            tally.hits += answer.status_code < 400
            tally.failures += [f"{asked}: {what}"[:500] for what in _wrong(answer)]
            if (took_s := time.process_time() - started) > LONGEST_S:
                tally.failures.append(f"{asked}: took {took_s:.0f} s"[:500])
    return tally


def _wrong(answer: Any) -> Iterator[str]:
    status = str(answer.status_code)
    if answer.status_code >= 500 and answer.status_code != 503:
        yield f"status {status}: {answer.text[:200]}"
    if "Traceback" in answer.text:
        yield "shows a traceback"
    if answer.headers.get("content-type", "").startswith("application/json") and answer.content:
        said = json.loads(answer.content, parse_constant=_refuse)
        if answer.status_code >= 400 and said.get("format") != "phonoscope-error/1":
            yield f"status {status} in another shape: {answer.text[:200]}"


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} isn't JSON")


def _value(ids: list[Any], drawn: random.Random) -> str:
    return str(drawn.choice(ids)) if drawn.random() < 0.4 else drawn.choice(HOSTILE)


def _address(path: str, ids: list[Any], drawn: random.Random) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + quote(_value(ids, drawn), safe="/%") + rest.partition("}")[2]
    return path or "/"


def _parameters(
    operation: Mapping[str, Any], ids: list[Any], drawn: random.Random
) -> Iterator[tuple[str, str]]:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query" and drawn.random() < 0.4:
            schema, name = parameter["schema"], parameter["name"]
            values = schema.get("enum") or schema.get("pattern", "").strip("^()$?").split("|")
            if schema.get("type") == "integer":
                values = [schema["minimum"], schema["maximum"], schema["maximum"] + 1]
            yield name, str(drawn.choice(values)) if drawn.random() < 0.6 else _value(ids, drawn)
    # Pages aren't described; they share the names.
    for name in ("page", "size", "sort", "search", "recording", "one", "other", "at", "from"):
        if not operation and drawn.random() < 0.15:
            yield name, _value(ids, drawn)


def _body(ids: list[Any], drawn: random.Random) -> bytes:
    if drawn.random() < 0.5:
        return drawn.choice(BODIES)
    decision = drawn.choice(["same", "different", "open", "", 3, None, "\0"])
    body = {"one": _value(ids, drawn), "other": _value(ids, drawn), "decision": decision}
    if drawn.random() < 0.2:
        body.pop(drawn.choice(sorted(body)))
    return json.dumps(body).encode()
