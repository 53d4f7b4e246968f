"""Who is let in, case by case: whatever is refused changes nothing, and nothing that only looks is refused to who may look."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from everlore.surfaces.http.serve import Server
from serving import ask, post, serving

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXT = {"Content-Type": "text/plain"}
MULTI = {"Content-Type": "multipart/form-data; boundary=x"}
BODY = b'{"text": "An intruder was here.", "namespace": "acme"}'
EXTENSION = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
REMEMBER, UNDO, NEW, DECIDE = "/api/v1/remember", "/web/undo", "/web/new", "/web/review/decide"


@dataclass(frozen=True)
class Case:
    """A request and what becomes of it; `{port}` in headers is the server's own, `{token}` one that it knows."""

    status: int
    method: str = "POST"
    path: str = REMEMBER
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = BODY


def _forms(status: int, **headers: str) -> list[Case]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return [
        Case(status, path=path, headers={**FORM, **given}, body=b"text=An+intruder") for path in (UNDO, NEW, DECIDE)
    ]


NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
CASES: list[Case] = [
    # names that are not this machine's, as a rebound DNS name sends them
    *(
        Case(403, headers={**JSON, "Host": host})
        for host in (
            "evil.example", "evil.example:{port}", "localhost.evil.example", "127.0.0.1.evil.example", "localhost.", "127.0.0.1.nip.io", "0.0.0.0:{port}", "[::ffff:127.0.0.1]:{port}",
            "127.1", "2130706433", "0x7f.1", "localhost@evil.example", "evil.example@localhost", "localhost#evil.example", "LOCALHOST.EVIL.EXAMPLE", "xn--localhost-", "localhost%00", "local host",
        )
    ),
    *(Case(403, "GET", "/web/", {"Host": host}, None) for host in ("evil.example", "192.168.0.7:{port}", "router.local")),
    *(Case(200, "GET", "/web/", {"Host": host}, None) for host in ("localhost:{port}", "LOCALHOST:{port}", "127.0.0.1:{port}", "[::1]:{port}", "localhost")),
    # scripts of other origins
    *(
        Case(403, headers={**JSON, "Origin": origin})
        for origin in (
            "http://evil.example", "https://evil.example", "null", "http://localhost", "https://localhost:1", "http://127.0.0.1:1", "http://localhost.:{port}", "http://localhost:{port}.evil.example",
            "http://localhost:{port}@evil.example", "http://evil.example:{port}", "file://", "ftp://127.0.0.1:{port}", "javascript://127.0.0.1:{port}", "http://127.0.0.1:{port}/path", "HTTP//127.0.0.1",
            "http://[::1", " ", "http://",
        )
    ),
    *(Case(403, "GET", "/api/v1/list", {"Origin": origin}, None) for origin in ("http://evil.example", "null", "http://localhost:1")),
    *(Case(403, headers={**JSON, "Sec-Fetch-Site": site}) for site in ("cross-site", "same-site")),
    *(Case(403, "GET", "/api/v1/list", {"Sec-Fetch-Site": site}, None) for site in ("cross-site", "same-site")),
    Case(403, "GET", "/api/v1/list", {**NAVIGATION}, None),
    Case(403, "GET", "/api/v1/export?path=x", {**NAVIGATION}, None),
    # forms of other sites at pages, and forms without proof that they come from one of ours
    *_forms(403, Origin="http://evil.example"), *_forms(403, Origin="null"), *_forms(403, Sec_Fetch_Site="cross-site"), *_forms(403, Sec_Fetch_Site="same-site"),
    *_forms(403, Sec_Fetch_Site="none"), *_forms(403), *_forms(403, Origin="http://127.0.0.1:1"), *_forms(403, Referer="http://127.0.0.1:{port}/web/"),
    *_forms(403, Origin=EXTENSION, Authorization="Bearer {token}"), *_forms(403, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document"),
    *_forms(403, Origin="http://evil.example", Sec_Fetch_Site="same-origin"),
    # what no form can send, and other kinds of body
    Case(415, headers=FORM), Case(415, headers=TEXT), Case(415, headers=MULTI), Case(415, headers={}),
    Case(415, headers={"Content-Type": "text/plain;application/json"}), Case(415, headers={"Content-Type": "application/json-seq"}),
    Case(400, path=NEW, headers={**JSON, "Sec-Fetch-Site": "same-origin"}), Case(400, path=NEW, headers={**TEXT, "Sec-Fetch-Site": "same-origin"}),
    # a GET changes nothing, whatever it says of itself
    *(Case(405, "GET", path, {"Sec-Fetch-Site": "same-origin"}, None) for path in (UNDO, DECIDE, "/web/m/x/do", "/web/journal/verify", "/web/handoffs/x")),
    *(Case(405, method, REMEMBER, {"X-HTTP-Method-Override": "POST"}, None) for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH")),
    Case(405, "GET", f"{REMEMBER}?text=An+intruder&_method=POST", {}, None), Case(405, "GET", "/api/v1/undo", {"X-Method-Override": "POST"}, None),
    Case(405, "PUT", NEW, {"Sec-Fetch-Site": "same-origin"}, b""), Case(405, "DELETE", "/web/m/x", {"Sec-Fetch-Site": "same-origin"}, None),
    # preflights: nobody is told that they may, but extensions, which need a token then
    *(Case(403, "OPTIONS", REMEMBER, {"Origin": origin, "Access-Control-Request-Method": "POST"}, None) for origin in ("http://evil.example", "null", "http://localhost:1")),
    Case(204, "OPTIONS", REMEMBER, {"Origin": EXTENSION, "Access-Control-Request-Method": "POST"}, None),
    Case(403, "OPTIONS", NEW, {"Origin": EXTENSION, "Access-Control-Request-Method": "POST"}, None),
    # a token opens nothing to another site
    *(Case(403, headers={**JSON, "Origin": "http://evil.example", "Authorization": auth}) for auth in ("Bearer {token}", "Basic {basic}")),
    Case(403, headers={**JSON, "Sec-Fetch-Site": "cross-site", "Authorization": "Basic {basic}"}),
    *(Case(401, headers={**JSON, "Origin": EXTENSION, "Authorization": auth}) for auth in ("", "Bearer", "Bearer wrong", "Bearer lore_", "Basic eDp5", "Digest {token}", "bearer{token}")),
    # following a link from elsewhere shows a page, and that is all
    *(Case(200, "GET", path, NAVIGATION, None) for path in ("/web/", "/web/search?q=x", "/web/new")),
    Case(403, "GET", "/web/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, None),
    Case(403, "GET", "/web/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, None),
    Case(403, "GET", "/web/events", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, None),
]  # fmt: skip

LET_IN: list[Case] = [
    Case(200, headers=JSON), Case(200, headers={**JSON, "Origin": "http://127.0.0.1:{port}"}), Case(200, headers={**JSON, "Sec-Fetch-Site": "same-origin"}),
    Case(200, headers={**JSON, "Origin": EXTENSION, "Authorization": "Bearer {token}", "Sec-Fetch-Site": "cross-site"}),
    Case(200, headers={**JSON, "Origin": "moz-extension://1-2-3", "Authorization": "Bearer {token}"}),
    Case(303, path=NEW, headers={**FORM, "Sec-Fetch-Site": "same-origin"}, body=b"text=A+page+of+ours+said+this"),
    Case(303, path=NEW, headers={**FORM, "Origin": "http://127.0.0.1:{port}"}, body=b"text=And+this+too"),
]  # fmt: skip


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server on loopback without a password, and a token that it knows."""
    from everlore.surfaces.http.tokens import Tokens

    home = tmp_path_factory.mktemp("guard") / "home"
    token = Tokens(home).create("a program")
    with serving(home, model="none", vault="off") as server:
        post(server, "remember", {"text": "The first thing.", "namespace": "acme"})
        yield server, token


def send(server: Server, token: str, case: Case) -> int:
    port = server.listener.getsockname()[1]
    basic = base64.b64encode(f"anybody:{token}".encode()).decode()
    headers = {name: value.format(port=port, token=token, basic=basic) for name, value in case.headers.items()}
    return ask(server, case.method, case.path, case.body, headers)[0]


def head(server: Server) -> Any:
    return post(server, "journal", {"limit": 1})[1]["head"]


def test_there_are_cases_enough() -> None:
    assert len(CASES) + len(LET_IN) >= 95


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.status} {case.method} {case.path} {json.dumps(case.headers)[:70]}"
)
def test_what_comes_from_elsewhere_changes_nothing(open_server: tuple[Server, str], case: Case) -> None:
    server, token = open_server
    before = head(server)
    status = send(server, token, case)
    assert status == case.status or (status == 400 and case.headers.get("Host")), status
    assert head(server) == before


@pytest.mark.parametrize("case", LET_IN, ids=range(len(LET_IN)))
def test_who_may_is_let_in(open_server: tuple[Server, str], case: Case) -> None:
    server, token = open_server
    assert send(server, token, case) == case.status


@pytest.mark.parametrize("twice", ["Host", "Origin"])
def test_a_header_that_stands_twice_is_refused(open_server: tuple[Server, str], twice: str) -> None:
    server, _ = open_server
    host, port = server.listener.getsockname()[:2]
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.putrequest("POST", REMEMBER, skip_host=True)
    for name, value in (
        ("Host", f"127.0.0.1:{port}"),
        ("Origin", f"http://127.0.0.1:{port}"),
        *JSON.items(),
        ("Content-Length", str(len(BODY))),
    ):
        connection.putheader(name, value)
    connection.putheader(twice, {"Host": "evil.example", "Origin": "http://evil.example"}[twice])
    connection.endheaders(BODY)
    assert connection.getresponse().status in (400, 403)
    connection.close()


def test_a_refused_extension_learns_only_that_it_needs_a_token(open_server: tuple[Server, str]) -> None:
    server, token = open_server
    status, headers, body = ask(server, "POST", REMEMBER, BODY, {**JSON, "Origin": EXTENSION})
    assert status == 401 and "Access-Control-Allow-Origin" not in headers and b"token" in body
    status, headers, _ = ask(
        server, "GET", "/api/v1/list", headers={"Origin": EXTENSION, "Authorization": f"Bearer {token}"}
    )
    assert status == 200 and headers["Access-Control-Allow-Origin"] == EXTENSION and "Origin" in headers["Vary"]


def test_named_origins_may_use_the_api_and_nothing_else(tmp_path: Path) -> None:
    with serving(
        tmp_path / "home", model="none", vault="off", cors_allow_origin="http://localhost:3000 https://app.example"
    ) as server:
        for origin in ("http://localhost:3000", "https://app.example"):
            status, headers, _ = ask(
                server, "OPTIONS", REMEMBER, None, {"Origin": origin, "Access-Control-Request-Method": "POST"}
            )
            assert (
                status == 204
                and headers["Access-Control-Allow-Origin"] == origin
                and "POST" in headers["Access-Control-Allow-Methods"]
            )
            status, headers, _ = ask(
                server, "POST", REMEMBER, BODY, {**JSON, "Origin": origin, "Sec-Fetch-Site": "cross-site"}
            )
            assert status == 200 and headers["Access-Control-Allow-Origin"] == origin
            assert ask(server, "POST", NEW, b"text=x", {**FORM, "Origin": origin})[0] == 403
        assert ask(server, "POST", REMEMBER, BODY, {**JSON, "Origin": "http://localhost:3001"})[0] == 403


@pytest.mark.parametrize("named", ["*", "localhost:3000", "http://a.example/path", "ftp://a.example", "http://"])
def test_what_is_no_origin_is_refused_at_the_start(tmp_path: Path, named: str) -> None:
    from everlore.core.errors import InvalidInput

    with pytest.raises(InvalidInput, match="cors_allow_origin"), serving(tmp_path / "home", cors_allow_origin=named):
        pass
