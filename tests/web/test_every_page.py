"""What holds of every page: nothing for axe to find, no sideways scrolling on a phone, no request elsewhere, errors as pages."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page

from everlore.surfaces.web.site import PAGES
from serving import serving
from web.shown import shown

AXE = Path(__file__).parents[2] / ".tools/npm/node_modules/axe-core/axe.min.js"
Visit = Callable[..., Page]

RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}"""


@pytest.mark.client
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(site: str, visit: Visit, size: str, theme: str) -> None:
    script = AXE.read_text("utf-8")
    wrong: list[str] = []
    page = visit(f"{site}/", size=size, theme=theme)
    for path in shown(site):
        page.goto(f"{site}{path}")
        for awaited in ("#graph:not([data-ready])", "#findings[hx-get]"):
            page.locator(awaited).wait_for(state="detached")
        page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
        page.evaluate(script)
        wrong += [f"{path} {each}" for each in page.evaluate(RUN)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{path} scrolls sideways")
    assert not wrong, "\n".join(wrong)


def ask(
    site: str, method: str, path: str, headers: dict[str, str] | None = None, body: str | None = None
) -> tuple[int, Any, str]:
    parts = urlsplit(site)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request(method, f"{parts.path}{path}", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def test_every_page_comes_whole_under_one_strict_policy(site: str) -> None:
    for path in shown(site):
        status, headers, body = ask(site, "GET", path)
        assert status == 200, (path, status)
        assert "<style" not in body and " style=" not in body and "<script>" not in body and " onclick" not in body, (
            path
        )
        policy = headers["Content-Security-Policy"]
        assert (
            "default-src 'none'" in policy and "unsafe" not in policy and headers["X-Content-Type-Options"] == "nosniff"
        )
        assert body.count("<h1") == 1, path


def test_an_error_is_a_page_with_its_status_and_never_a_traceback(site: str) -> None:
    bad = ("nothing", "%22%3E%3Cscript%3E", "%00", "..%2f..%2fetc", "%ff", "a" * 3000, quote("ø" * 300))
    for page in PAGES:
        for each in bad:
            path = page.path.replace("{id}", each).replace("{namespace:path}", each).replace("{position:int}", "7")
            method = page.methods[0]
            status, _, body = ask(
                site, method, path, {"Sec-Fetch-Site": "same-origin"}, "" if method == "POST" else None
            )
            assert status < 500 and "Traceback" not in body, (method, path, status, body[-400:])
    for query in (
        "?limit=-1&days=zzz",
        "?since=never&until=%00",
        "?before=nothing",
        "?as_of=32-13-2026",
        "?namespace=" + "x" * 900,
        "?layer=9&tier=x&state=y",
    ):
        for page in PAGES:
            if page.methods[0] == "GET" and "{" not in page.path:
                status, _, body = ask(site, "GET", page.path + query)
                assert status < 500 and "Traceback" not in body, (page.path, query, status)


def test_what_changes_something_is_never_a_get_and_needs_a_page_of_ours(site: str) -> None:
    posts = [page.path for page in PAGES if page.methods == ("POST",)]
    assert posts
    for path in posts:
        path = path.replace("{id}", "x")
        assert ask(site, "GET", path)[0] in (405, 404), path
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert ask(site, "POST", path, form, "a=1")[0] == 403, path
        assert ask(site, "POST", path, {**form, "Origin": "http://evil.example"}, "a=1")[0] == 403, path
        assert ask(site, "POST", path, {**form, "Sec-Fetch-Site": "cross-site"}, "a=1")[0] == 403, path
        assert ask(site, "POST", path, {**form, "Sec-Fetch-Site": "same-site"}, "a=1")[0] == 403, path


def test_an_empty_home_has_every_page_too_and_says_what_to_do(tmp_path: Path) -> None:
    with serving(tmp_path / "home", model="none", vault="off") as server:
        site = f"{server.url}/web"
        for page in PAGES:
            if page.methods[0] == "GET" and "{" not in page.path:
                status, _, body = ask(site, "GET", page.path)
                assert status in ((404,) if page.path == "/go" else (200,)), (page.path, status)
                assert ("Traceback" not in body and "<h1" in body) or page.path == "/graph/data", page.path
        assert "lore install" in ask(site, "GET", "/")[2]
