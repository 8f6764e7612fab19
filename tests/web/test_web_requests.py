"""Requests that no browser sends: long, late, doubled, broken off. None costs memory or threads."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import threading
import time

import pytest
import uvicorn

from phonoscope.api import open_catalogue
from phonoscope.cli.serve import host_names
from phonoscope.web.app import create_app
from phonoscope.web.connections import Connection
from phonoscope.web.guard import MOST_BYTES
from tests.helpers.catalogues import MemoryCatalogue
from tests.helpers.served import TestClient

POST = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PATHS = [b"/api/decisions", b"/copies/decisions"]


class Impatient(Connection):
    most_connections = 4
    request_limit_s = 0.5


@contextlib.contextmanager
def served(app, host="127.0.0.1"):
    config = uvicorn.Config(app, host=host, port=0, log_level="error", http=Impatient, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def port():
    with served(create_app(MemoryCatalogue(path="empty"))) as found:
        yield found


@pytest.fixture
def dial(port):
    with contextlib.ExitStack() as stack:

        def dialled():
            found = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            return found

        yield dialled
    time.sleep(0.05)


def until_closed(connection):
    found = b""
    with contextlib.suppress(ConnectionError):
        while some := connection.recv(65536):
            found += some
    return found


def status_of(answer):
    return int(re.match(rb"HTTP/1.1 (\d{3})", answer)[1])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
    ],
)
def test_a_request_with_two_lengths_is_refused_and_not_read(dial, path, headers):
    connection = dial()
    connection.sendall(POST % path + headers + b"\r\n")
    assert status_of(until_closed(connection)) == 400


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers", [b"Transfer-Encoding: chunked\r\n", b"Content-Length: 99999999999\r\n"]
)
def test_a_long_request_is_refused_whatever_its_headers_say(dial, path, headers):
    connection = dial()
    sent = 0
    with contextlib.suppress(ConnectionError):
        connection.sendall(POST % path + headers + b"\r\n")
        for _ in range(1000):
            connection.sendall(b"10000\r\n" + b"A" * 65536 + b"\r\n")
            sent += 65536
    with contextlib.suppress(ConnectionError):
        assert status_of(until_closed(connection) or b"HTTP/1.1 413") == 413
    # What the system's own buffers hold.
    assert sent < 20 << 20


def test_the_guard_counts_bytes_itself():
    """Also where another server hands over the request, without its lengths."""
    app, answers = create_app(MemoryCatalogue(path="empty")), []

    async def endless():
        nonlocal given
        given += 4096
        return {"type": "http.request", "body": b"a" * 4096, "more_body": True}

    async def send(message):
        answers.append(message)

    given = 0
    scope = {
        "type": "http", "method": "POST", "path": "/api/decisions",
        "headers": [(b"host", b"localhost")], "query_string": b"", "app": app,
    }  # fmt: skip
    asyncio.run(app(scope, endless, send))
    assert answers[0]["status"] == 413
    assert given <= MOST_BYTES + 4096
    assert b'"code": "too-long"' in answers[1]["body"]


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        POST % b"/api/decisions" + b"Content-Length: 50\r\n\r\n{",
        b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\nGET /",
    ],
)
def test_an_unfinished_request_is_closed_even_if_bytes_trickle_in(dial, begun):
    connection = dial()
    connection.sendall(begun)
    started = time.monotonic()
    with contextlib.suppress(ConnectionError):
        for _ in range(40):
            time.sleep(0.1)
            connection.sendall(b"x" if begun else b"")
            if not begun and time.monotonic() > started + 1:
                break
    until_closed(connection)
    assert time.monotonic() - started < 3.5


def test_connections_are_bounded_and_the_next_is_told_when_to_come_back(dial):
    taken = [dial() for _ in range(4)]
    time.sleep(0.1)
    answer = until_closed(dial())
    assert status_of(answer) == 503
    assert re.search(rb"retry-after: \d+", answer)
    for connection in taken:
        connection.close()
    time.sleep(0.1)
    again = dial()
    again.sendall(b"GET /api/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status_of(until_closed(again)) == 200


def test_a_client_that_hangs_up_leaves_no_traceback(dial, caplog, capfd):
    for path in PATHS:
        connection = dial()
        connection.sendall(POST % path + b"Content-Length: 900\r\n\r\n{")
        time.sleep(0.1)
        connection.close()
    time.sleep(0.3)
    assert "Traceback" not in caplog.text + "".join(capfd.readouterr())
    assert not caplog.records


@pytest.mark.parametrize(
    ("host", "asked", "status"),
    [
        ("127.0.0.2", "127.0.0.2", 200),
        ("127.0.0.2", "127.0.0.3", 400),
        ("0.0.0.0", "0.0.0.0", 200),
        ("0.0.0.0", "127.0.0.9", 200),
        ("0.0.0.0", socket.gethostname(), 200),
        ("0.0.0.0", "evil.example", 400),
        ("127.0.0.1", "127.0.0.2", 400),
    ],
)
def test_the_address_that_serve_prints_is_answered_and_no_foreign_name(host, asked, status):
    app = create_app(MemoryCatalogue(path="empty"), hosts=host_names(host))
    reached = "127.0.0.9" if asked == "127.0.0.9" else "127.0.0.1" if host == "0.0.0.0" else host
    with served(app, host) as port, socket.create_connection((reached, port)) as connection:
        head = f"GET /api/version HTTP/1.1\r\nHost: {asked}:{port}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        assert status_of(until_closed(connection)) == status


def test_a_name_that_is_not_ascii_is_known_as_browsers_send_it():
    assert "xn--mller-kva.example" in host_names("müller.example")
    assert host_names("::1")[0] == "[::1]"


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(MemoryCatalogue(path="empty")), base_url="http://localhost") as made:
        yield made


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/decisions", {"GET", "POST"}),
        ("DELETE", "/api/recordings", {"GET"}),
        ("GET", "/copies/decisions", {"POST"}),
        ("POST", "/", {"GET"}),
    ],
)
def test_a_method_that_an_address_does_not_have_is_answered_with_those_it_has(
    client, method, path, allowed
):
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].replace(" ", "").split(",")) == allowed


A, B = "a" * 32, "b" * 32


@pytest.mark.parametrize(
    "field",
    [
        {"page": "0"}, {"page": "000000"}, {"page": "-1"}, {"page": "1000001"}, {"page": "x"},
        {"size": "99"}, {"size": "0"}, {"size": "1e9"}, {"group": "٣"}, {"group": "0"},
        {"group": "1\r\nSet-Cookie: a=b"}, {"group": "1" * 10}, {"recording": "x"},
        {"recording": f"{A}\n"}, {"one": f"{A}\n"}, {"one": "../.."}, {"decision": "maybe"},
        {"decision": ""}, {"one": ""},
    ],
)  # fmt: skip
def test_a_form_is_checked_before_its_decision_is_kept(client, monkeypatch, field):
    monkeypatch.setattr(client.app.state.queries, "decide", lambda *_: pytest.fail("was kept"))
    form = {"one": A, "other": B, "decision": "same", "page": "2", "size": "10", "group": "3"}
    answer = client.post("/copies/decisions", data={**form, **field}, follow_redirects=False)
    assert answer.status_code == 422


def test_a_form_that_is_allowed_leads_back_to_its_group(client, monkeypatch):
    kept = []
    monkeypatch.setattr(
        client.app.state.queries, "decide", lambda *all_of_it: kept.append(all_of_it)
    )
    form = {"one": A, "other": B, "decision": "same", "page": "2", "size": "25", "group": "3"}
    answer = client.post("/copies/decisions", data=form, follow_redirects=False)
    assert kept == [(A, B, "same")]
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/copies?page=2&size=25&decided={A}-{B}#group-3"


def test_errors_are_described_as_they_are_answered(client):
    described = client.get("/api/openapi.json").json()
    body = described["components"]["schemas"]["ErrorBody"]
    assert "HTTPValidationError" not in described["components"]["schemas"]
    answers = {
        ("/api/recordings", "get"): client.get("/api/recordings?size=0"),
        ("/api/copies", "get"): client.get("/api/copies?page=0"),
        ("/api/decisions", "post"): client.post("/api/decisions", json={}),
        ("/api/recordings/{recording_id}", "get"): client.get("/api/recordings/x"),
        ("/api/version", "get"): client.get("/api/version", headers={"host": "evil.example"}),
    }
    answers["/api/decisions", "post", "foreign"] = client.post(
        "/api/decisions", json={}, headers={"sec-fetch-site": "cross-site"}
    )
    answers["/api/decisions", "post", "long"] = client.post(
        "/api/decisions", json={"one": "a" * 11_000}
    )
    assert sorted(a.status_code for a in answers.values()) == [400, 403, 404, 413, 422, 422, 422]
    for (path, method, *_), answer in answers.items():
        responses = described["paths"][path][method]["responses"]
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("/ErrorBody")
        assert set(answer.json()) == set(body["required"])
        assert answer.json()["format"] == body["properties"]["format"]["const"]


def test_a_catalogue_that_vanishes_is_not_an_empty_one(tmp_path):
    open_catalogue(tmp_path / "there", create=True)
    app = create_app(open_catalogue(tmp_path / "there"))
    pages = ["/", "/recordings", "/copies", "/api/findings", "/api/recordings", "/api/copies"]
    pages += [f"/recordings/{A}", f"/api/recordings/{A}", "/api/decisions"]
    with TestClient(app, base_url="http://localhost") as client:
        assert {client.get(page).status_code for page in pages} == {200, 404}
        (tmp_path / "there").rename(tmp_path / "away")
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == 503, page
            assert int(answer.headers["retry-after"]) > 0
            if page.startswith("/api"):
                assert answer.json()["code"] == "vanished"
        (tmp_path / "away").rename(tmp_path / "there")
        assert client.get("/api/recordings").status_code == 200
        # A folder with the same name that is none: an unmounted disk.
        shutil.rmtree(tmp_path / "there")
        os.mkdir(tmp_path / "there")
        assert client.get("/api/recordings").status_code == 503


@pytest.mark.parametrize("error", [RuntimeError("/secret/path"), ValueError("x"), KeyError("y")])
def test_a_bug_is_answered_in_words_and_not_with_a_traceback(client, monkeypatch, capfd, error):
    def broken(*_):
        raise error

    monkeypatch.setattr(client.app.state.queries, "findings", broken)
    page, api = client.get("/"), client.get("/api/findings")
    assert page.status_code == api.status_code == 500
    assert api.json()["code"] == "internal"
    assert "/secret" not in page.text + api.text
    assert page.headers["content-security-policy"]
    assert "Traceback" not in "".join(capfd.readouterr())
