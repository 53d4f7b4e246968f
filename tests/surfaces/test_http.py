"""REST over a real socket: the routes, the one error envelope, and who may talk to the server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from everlore import __version__
from everlore.app.operations import OPERATIONS
from everlore.core.errors import CODES
from everlore.surfaces.http.errors import STATUS
from everlore.surfaces.http.reading import MAX_BODY
from everlore.surfaces.http.serve import Server
from serving import TYPE, ask, post, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("home")) as server:
        yield server


def refusal(server: Server, method: str, path: str, **more: object) -> tuple[int, dict[str, str]]:
    status, _, body = ask(server, method, path, **more)  # type: ignore[arg-type]
    return status, json.loads(body)


def test_health_tells_version_and_process(server: Server) -> None:
    status, _, body = ask(server, "GET", "/health")
    assert status == 200
    assert json.loads(body)["version"] == __version__


def test_a_statement_is_remembered_and_recalled_with_its_source(server: Server) -> None:
    _, kept = post(server, "remember", {"text": "The wiki moved to port 9000", "namespace": "rest"})
    status, found = post(server, "recall", {"query": "where is the wiki", "namespace": "rest"})
    assert (status, found["withheld"]) == (200, False)
    assert found["items"][0]["source"] == {"session": None, "turn": None, "memory": kept["id"], "revision": 1}


def test_reads_can_be_asked_with_get_and_repeated_parameters(server: Server) -> None:
    post(server, "remember", {"text": "Parameters may repeat", "namespace": "getting", "kind": "convention"})
    fields = "query=which%20parameters%20repeat&namespace=getting&limit=3&kinds=convention&kinds=fact&explain=true"
    status, _, body = ask(server, "GET", f"/api/v1/recall?{fields}")
    answer = json.loads(body)
    assert status == 200
    assert answer["items"][0]["text"] == "Parameters may repeat"
    assert answer["explain"]


def test_head_is_get_without_a_body(server: Server) -> None:
    status, _, body = ask(server, "HEAD", "/api/v1/status")
    assert (status, body) == (200, b"")


def test_an_operation_without_fields_needs_no_body(server: Server) -> None:
    assert ask(server, "POST", "/api/v1/status")[0] == 200


@pytest.mark.parametrize(
    "operation", [o.name for o in OPERATIONS if o.effect != "read"] + ["export", "backup", "bench"]
)
def test_what_does_something_has_no_get(server: Server, operation: str) -> None:
    status, headers, body = ask(server, "GET", f"/api/v1/{operation}?path=x&text=x&id=x")
    assert (status, headers["Allow"]) == (405, "POST")
    assert json.loads(body)["code"] == "invalid_input"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/", 404, "not_found"),
        ("GET", "/api/v1/recall/", 404, "not_found"),
        ("POST", "/api/v1/no-such-operation", 404, "not_found"),
        ("DELETE", "/api/v1/recall", 405, "invalid_input"),
        ("OPTIONS", "/api/v1/recall", 405, "invalid_input"),
        ("POST", "/health", 405, "invalid_input"),
        ("GET", "/health?verbose=1", 400, "invalid_input"),
        ("GET", "/api/v1/openapi.json?x", 400, "invalid_input"),
        ("GET", "/api/v1/recall?query=x&colour=red", 400, "invalid_input"),
        ("GET", "/api/v1/recall?query=x&query=y", 400, "invalid_input"),
        ("GET", "/api/v1/recall?query=%ff", 400, "invalid_input"),
        ("GET", "/api/v1/recall?query=x&limit=ten", 400, "invalid_input"),
        ("GET", "/api/v1/recall", 400, "invalid_input"),
        ("GET", f"/api/v1/recall?query={'x' * 10_001}", 400, "invalid_input"),
        ("GET", f"/api/v1/recall?query={'x' * 300_000}", 400, "invalid_input"),
        ("POST", "/api/v1/recall?query=x", 400, "invalid_input"),
        ("GET", "/api/v1/get?id=nosuchid", 404, "not_found"),
        ("GET", "/mcp", 405, "invalid_input"),
        ("POST", "/mcp?profile=huge", 400, "invalid_input"),
    ],
)
def test_every_refusal_has_the_one_envelope(server: Server, method: str, path: str, status: int, code: str) -> None:
    got, error = refusal(server, method, path)
    assert (got, error["code"]) == (status, code)
    assert error["error"]
    assert set(error) <= {"error", "code", "hint", "field"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b"\xff\xfe", "body"),
        (b'"\\ud800"', "body"),
        (b'{"query": NaN}', "body"),
        (b'{"query": "x", "limit": 1e999}', "body"),
        (b"[" * 100_000, "body"),
        (b'{"query": "a\\u0000b"}', "query"),
        (b'{"query": 1}', "query"),
        (b'{"query": "x", "limit": 1.5}', "limit"),
        (b'{"query": "x", "kinds": ["turn", "rumour"]}', "kinds[1]"),
    ],
)
def test_a_body_that_is_no_request_is_refused_by_field(server: Server, body: bytes, field: str) -> None:
    status, error = refusal(server, "POST", "/api/v1/recall", body=body, headers=TYPE)
    assert (status, error["code"], error["field"]) == (400, "invalid_input", field)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_a_body_that_is_not_called_json_is_refused(server: Server, kind: str) -> None:
    status, error = refusal(server, "POST", "/api/v1/recall", body=b'{"query":"x"}', headers={"Content-Type": kind})
    assert (status, error["field"]) == (415, "content-type")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_may_say_its_charset(server: Server, kind: str) -> None:
    status, _, _ = ask(server, "POST", "/api/v1/recall", b'{"query":"x"}', {"Content-Type": kind})
    assert status == 200


@pytest.mark.parametrize("path", ["/api/v1/remember", "/mcp"])
def test_ten_megabytes_are_refused_and_the_sender_reads_why(server: Server, path: str) -> None:
    body = json.dumps({"text": "x" * 10_000_000}).encode()
    status, error = refusal(server, "POST", path, body=body, headers=TYPE)
    assert (status, error["code"], error["field"]) == (413, "invalid_input", "body")


def test_a_body_without_a_length_is_bounded_too(server: Server) -> None:
    host, port = server.listener.getsockname()
    chunk = b"x" * 65536
    with socket.create_connection((host, port), timeout=30) as connection:
        head = "POST /api/v1/remember HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        connection.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
        for _ in range(MAX_BODY // len(chunk) + 2):
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_garbage_on_the_socket_ends_the_connection_and_not_the_server(server: Server) -> None:
    host, port = server.listener.getsockname()
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(b"\x00\xff\x16\x03 nonsense\r\n\r\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"invalid_input"' in body
    assert ask(server, "GET", "/health")[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]", ":", "[", ""])
def test_a_rebound_name_is_refused(server: Server, host: str) -> None:
    status, error = refusal(server, "GET", "/api/v1/list", headers={"Host": host})
    assert (status, error["code"], error["field"]) == (403, "denied", "host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:7411"])
def test_names_of_this_machine_are_let_in(server: Server, host: str) -> None:
    assert ask(server, "GET", "/health", headers={"Host": host})[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "file://", "http://localhost.evil.example"])
@pytest.mark.parametrize("path", ["/api/v1/list", "/mcp"])
def test_another_sites_page_is_refused(server: Server, origin: str, path: str) -> None:
    status, error = refusal(server, "POST", path, body=b"{}", headers={**TYPE, "Origin": origin})
    assert (status, error["code"], error["field"]) == (403, "denied", "origin")


def test_a_page_of_another_server_of_this_machine_is_refused(server: Server) -> None:
    port = server.listener.getsockname()[1]
    own = f"127.0.0.1:{port}"
    for origin in ("http://127.0.0.1", "http://127.0.0.1:1", f"http://localhost:{port}"):
        status, error = refusal(server, "POST", "/api/v1/undo", headers={"Host": own, "Origin": origin})
        assert (status, error["code"], error["field"]) == (403, "denied", "origin")
    assert ask(server, "GET", "/api/v1/list", headers={"Host": own, "Origin": f"http://{own}"})[0] == 200


def test_a_link_from_another_site_is_refused(server: Server) -> None:
    status, error = refusal(server, "GET", "/api/v1/list", headers={"Sec-Fetch-Site": "cross-site"})
    assert (status, error["code"]) == (403, "denied")


def test_what_goes_wrong_inside_is_not_shown(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import everlore.app.upkeep

    def fail(*_: object) -> None:
        raise RuntimeError("the details")

    monkeypatch.setattr(everlore.app.upkeep, "status", fail)
    status, error = refusal(server, "POST", "/api/v1/status")
    assert (status, error["code"]) == (500, "error")
    assert "the details" not in str(error)
    assert "the details" in caplog.text


def test_every_error_code_has_its_status() -> None:
    assert set(STATUS) == {"error", *CODES}


def test_who_asks_is_written_in_the_journal(server: Server) -> None:
    caller = {"Everlore-Actor": "some-agent", "Everlore-Surface": "mcp"}
    _, kept = post(server, "remember", {"text": "Said by an agent", "namespace": "who"}, caller)
    _, chain = post(server, "history", {"id": kept["id"]})
    assert chain["revisions"][0]["actor"] == "some-agent"


def test_recall_is_answered_while_long_operations_wait(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event, Thread

    import everlore.app.upkeep

    go = Event()
    verify = everlore.app.upkeep.verify

    def slow(*arguments: object) -> object:
        assert go.wait(20)
        return verify(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(everlore.app.upkeep, "verify", slow)
    answers: list[int] = []
    waiting = [Thread(target=lambda: answers.append(post(server, "verify", {})[0])) for _ in range(8)]
    for thread in waiting:
        thread.start()
    assert post(server, "recall", {"query": "anything"})[0] == 200
    assert answers == []
    go.set()
    for thread in waiting:
        thread.join()
    assert answers == [200] * 8


def test_a_token_is_asked_of_everybody_but_health(tmp_path: Path) -> None:
    token = "a" * 20
    with serving(tmp_path, token=token) as server:
        for given in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": token},
            {"Authorization": f"Basic {token}"},
        ):
            status, headers, body = ask(server, "GET", "/api/v1/list", headers=given)
            assert (status, headers["WWW-Authenticate"], json.loads(body)["code"]) == (401, "Bearer", "denied")
            assert ask(server, "POST", "/mcp", b"{}", {**TYPE, **given})[0] == 401
        assert ask(server, "GET", "/api/v1/list", headers={"Authorization": f"Bearer {token}"})[0] == 200
        assert json.loads(ask(server, "GET", "/health")[2]) == {"status": "ok"}
        assert "pid" in json.loads(ask(server, "GET", "/health", headers={"Authorization": f"bearer {token}"})[2])
