"""Texts that would act if they could: they show, and do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import EverloreError
from everlore.surfaces.web.markdown import render
from serving import serving
from web.hostile import PAYLOADS

PERSON = Caller("person", "cli")


class Reader(HTMLParser):
    """What a fragment of HTML consists of."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_markdown_becomes_harmless_elements_alone(payload: str) -> None:
    reader = Reader()
    reader.feed(str(render(payload, "", "acme")))
    for tag, attributes in reader.found:
        assert tag in {
            "a", "blockquote", "br", "code", "del", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "span",
            "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
        }, (tag, payload)  # fmt: skip
        assert attributes.keys() <= {
            "href",
            "class",
            "title",
            "rel",
            "dir",
            "start",
            "tabindex",
            "role",
            "aria-label",
        }, attributes
        if href := attributes.get("href"):
            parts = urlsplit(href)
            assert parts.scheme in ("http", "https", "mailto", "") and (
                parts.scheme or href.startswith(("/web/", "/", "#", "b", "x"))
            ), href


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A home in which every payload stands wherever text can stand, and the addresses of what holds it."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    with open_app(Config(home, model="none", durability="normal", start_daemon=False)) as app:
        paths = _fill(app)
    with serving(home, model="none", vault="off") as server:
        yield f"{server.url}/web", paths


def _fill(app: App) -> list[str]:
    def call(operation: str, caller: Caller = PERSON, **fields: Any) -> Any:
        try:
            return app.call(operation, fields, caller)
        except EverloreError:
            return None  # what cannot get in cannot do harm

    call("policy-set", effect="revise", who="origin:agent", decision="approve")
    every, paths = "\n\n".join(PAYLOADS), []
    whole = call("remember", text=every, title="All of it", namespace="acme/web")
    assert whole is not None
    for number, payload in enumerate(PAYLOADS):
        kept = call(
            "remember", text=f"{number} {payload}", title=payload[:280], tags=[payload[:60]], namespace="acme/web"
        )
        call("entity-add", name=payload[:280], namespace="acme/web")
        if kept is not None:
            call("feedback", id=kept.id, verdict="helpful", note=payload[:900])
            call("graph-link", source=kept.id, target=payload[:280], namespace="acme/web")
            if number % 14 == 0:
                paths.append(f"/m/{kept.id}")
                call(
                    "revise",
                    Caller(f"agent {payload[:40]}", "mcp"),
                    id=kept.id,
                    text=f"{payload}\n\n{number} again",
                    reason=payload[:900],
                )
                call("revise", id=kept.id, text=f"{number} twice {payload}", reason=payload[:900])
        if number % 6 == 0:
            call("remember", text=f"Something at {number}.", namespace=f"acme/{payload[:40]}")
            call("handoff-begin", text=payload, namespace=f"acme/h{number}")
            call(
                "capture",
                prompt=payload,
                response=payload,
                namespace="acme/web",
                session=payload[:150],
                client=payload[:40],
                platform=payload[:40],
                model=payload[:60],
                source_url="https://ok.example",
            )
            call(
                "context",
                prompt=f"{number} {payload[:200]}",
                namespace="acme/web",
                client=payload[:40],
                platform=payload[:40],
                provider=payload[:40],
                model=payload[:60],
                session=payload[:100],
            )
    turns = "\n\n".join(f"{payload} {number}" for number, payload in enumerate(PAYLOADS))
    call("capture", prompt=turns, response=turns, namespace="acme/web", session="all")
    long = call(
        "remember", text="<script>window.__ran=1</script> word " * 26_000, title="Very long", namespace="acme/web"
    )
    wide = call(
        "remember",
        text="|a|b|\n|-|-|\n" + "|<b onclick=window.__ran=1>|x|\n" * 20_000,
        title="Very wide",
        namespace="acme/web",
    )
    app.uses.flush(app.store)
    sessions = app.call("sessions", {"namespace": "acme", "limit": 40}, PERSON).sessions
    projects = [each.namespace for each in app.call("projects", {"limit": 60}, PERSON).projects]
    proposals = [each.id for each in app.call("review", {"limit": 6}, PERSON).proposals]
    return [
        *paths, *(f"/m/{each.id}" for each in (whole, long, wide) if each), f"/m/{whole.id}/edit", *(f"/s/{quote(each.id)}" for each in sessions[:12]),
        *(f"/p/{quote(each, safe='')}" for each in projects[:10]), *(f"/review/{each}" for each in proposals), "/", "/projects", "/search?q=ran&explain=1", "/search", "/sessions",
        "/handoffs", "/timeline?what=all", "/timeline?entity=" + quote(PAYLOADS[0][:280]), "/graph?namespace=acme", "/graph?id=" + quote(PAYLOADS[3][:280]), "/review", "/costs", "/costs/log?days=30",
        "/journal", "/settings", *(f"/{page}={quote(payload)}" for payload in PAYLOADS[:60:9] for page in ("search?q", "new?title", "go?name", "journal?actor", "graph?id", "p/x?kind", "timeline?since")),
    ]  # fmt: skip


@pytest.mark.client
@pytest.mark.timeout(180)
def test_nothing_acts_on_any_page(hostile_site: tuple[str, list[str]], browser: Browser) -> None:
    site, paths = hostile_site
    origin = site.removesuffix("/web")
    window = browser.new_context(viewport={"width": 1280, "height": 860})
    window.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => { (window.__broken ??= []).push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`); });"
    )
    page: Page = window.new_page()
    wrong: list[str] = []
    page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(f"an error: {error}"))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((origin, "data:")) else wrong.append(f"a request: {request.url}")
        ),
    )
    look = """() => ({
      ran: window.__ran, broken: window.__broken ?? [],
      odd: [...document.querySelectorAll("main script, main iframe, main object, main embed, main base, main meta, main link, main style, main template, main math, main video, main audio, main portal, main marquee")].map((each) => each.outerHTML.slice(0, 120)),
      acting: [...document.querySelectorAll("*")].filter((each) => [...each.attributes].some((one) => /^on|^hx-on|^data-hx/i.test(one.name) || /^\\s*(javascript|vbscript|data):/i.test(one.value))).map((each) => each.outerHTML.slice(0, 160)),
    })"""
    try:
        for path in paths:
            page.goto(f"{site}{path}", wait_until="domcontentloaded")
            page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
            found = page.evaluate(look)
            if found["ran"] or found["broken"] or found["odd"] or found["acting"]:
                wrong.append(f"{path}: {found}")
    finally:
        window.close()
    assert not wrong, "\n".join(wrong[:20])


def test_what_is_hostile_is_still_there_to_be_read(hostile_site: tuple[str, list[str]]) -> None:
    import urllib.request

    site, paths = hostile_site
    whole = next(path for path in paths if path.endswith("/edit")).removesuffix("/edit")
    with urllib.request.urlopen(f"{site}{whole}/text", timeout=20) as answer:
        assert (
            answer.headers["Content-Type"].startswith("text/plain")
            and b"<script>window.__ran=1</script>" in answer.read()
        )
    with urllib.request.urlopen(f"{site}{whole}", timeout=20) as answer:
        assert b"&lt;script&gt;window.__ran=1&lt;/script&gt;" in answer.read()
