"""What memory would add is shown beside the editor and inserted when the person wants it, on every kind of editor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from extension.browsing import QUICK, Extension, until
from extension.conftest import FACT, QUESTION, Memory, Opened
from extension.sites import CHATGPT, CLAUDE, GEMINI, Site, write

pytestmark = pytest.mark.client


def test_it_shows_what_fits_and_inserts_it_on_a_click(
    paired: Extension, memory: Memory, visit: Opened, site: Site
) -> None:
    page, shown = visit(site)
    write(page, QUESTION)
    until(lambda: shown.text("chip").startswith("1 note, "), "the chip")
    shown.click("chip")
    assert FACT in until(lambda: shown.text("said"), "what would be told")
    shown.click("insert")
    until(lambda: shown.text("chip").startswith("Inserted 1 note"), "that it was inserted")
    page.keyboard.press("Enter")
    (sent,) = until(lambda: page.evaluate("window.sent"), "the prompt to be sent")
    assert sent.startswith("<everlore-memory")
    assert f"> {FACT}" in sent
    assert sent.endswith(f"</everlore-memory>\n\n{QUESTION}")


def test_where_the_person_allows_it_it_is_inserted_on_sending_and_never_where_nothing_fits(
    paired: Extension, memory: Memory, visit: Opened, site: Site
) -> None:
    paired.choose(site.id, insert="auto")
    page, _shown = visit(site)
    write(page, "How do I poach an egg so that it stays whole?")
    page.keyboard.press("Enter")
    (plain,) = until(lambda: page.evaluate("window.sent"), "the first prompt to be sent")
    assert plain == "How do I poach an egg so that it stays whole?"
    until(lambda: page.evaluate("running === null"), "the answer to end")
    write(page, QUESTION)
    page.locator("#controls button").click()  # at once: before it was asked at a pause
    _, told = until(lambda: len(sent := page.evaluate("window.sent")) == 2 and sent, "the second prompt to be sent")
    assert told.count("<everlore-memory") == told.count(FACT) == 1
    assert told.endswith(QUESTION)
    assert until(lambda: paired.state()["last"], "what the popup says of it")["count"] == 1


def test_a_server_that_is_away_does_not_hold_a_prompt(paired: Extension, memory: Memory, visit: Opened) -> None:
    paired.choose("chatgpt", insert="auto")
    page, _shown = visit(CHATGPT)
    memory.stop()
    write(page, QUESTION)
    page.keyboard.press("Enter")
    until(lambda: page.evaluate("window.sent") == [QUESTION], "the prompt to be sent as it is")


def test_the_keyboard_does_it_all_and_it_has_names_for_those_who_cannot_see(
    paired: Extension, memory: Memory, visit: Opened
) -> None:
    page, shown = visit(CLAUDE)
    write(page, QUESTION)
    page.keyboard.press("Alt+m")  # before the pause: it is asked for now
    until(lambda: shown.text("said"), "the panel")
    roles = shown.roles()
    assert ("dialog", "What memory would add") in roles
    assert {name for role, name in roles if role == "button"} >= {"Insert", "Not now", "Never on this site", "Close"}
    page.keyboard.press("Escape")
    assert not shown.text("said")
    page.keyboard.type(" ")  # the editor has the keyboard again
    page.keyboard.press("Alt+m")
    until(lambda: shown.text("said"), "the panel once more")
    page.keyboard.press("Enter")
    until(lambda: shown.text("chip").startswith("Inserted"), "that it was inserted")
    assert FACT in page.inner_text("#editor")
    assert "status" in {role for role, _ in shown.roles()}


def test_never_on_this_site_takes_everything_off_the_page(paired: Extension, memory: Memory, visit: Opened) -> None:
    page, shown = visit(CHATGPT)
    write(page, QUESTION)
    until(lambda: shown.text("chip"), "the chip")
    shown.click("chip")
    shown.click("never")
    until(lambda: not shown.there(), "the chip to be gone")
    assert [site["on"] for site in paired.state()["sites"] if site["id"] == "chatgpt"] == [False]
    registered = paired.page.evaluate("chrome.scripting.getRegisteredContentScripts()")
    assert not [script for script in registered if "https://chatgpt.com/*" in script["matches"]]


def test_not_now_is_for_this_prompt_only(paired: Extension, memory: Memory, visit: Opened) -> None:
    page, shown = visit(GEMINI)
    write(page, QUESTION)
    until(lambda: shown.text("chip"), "the chip")
    shown.click("chip")
    shown.click("later")
    assert not shown.text("chip")
    page.keyboard.type(" And on which host?")
    until(lambda: shown.text("chip"), "the chip for another prompt")


def test_a_memory_is_text_and_never_markup_and_a_page_has_no_say(
    paired: Extension, memory: Memory, visit: Opened
) -> None:
    attack = "The message broker port is <img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    memory.post("remember", text=attack, namespace="home")
    page, shown = visit(CHATGPT)
    write(page, "Which port does the message broker use?")
    until(lambda: shown.text("chip"), "the chip")
    page.evaluate(FORGED)
    assert not shown.text("said")
    assert "everlore" not in page.inner_text("#editor")
    assert page.evaluate("document.querySelector('everlore-chip').shadowRoot") is None
    shown.click("chip")
    until(lambda: "<img src=x onerror=" in shown.text("told"), "the attack as text")
    assert page.title() == "chatgpt"


FORGED = """() => {
  const key = (code, key, more) => new KeyboardEvent("keydown", { code, key, bubbles: true, composed: true, ...more });
  const editor = document.querySelector("#editor"), host = document.querySelector("everlore-chip");
  editor.dispatchEvent(key("KeyM", "m", { altKey: true }));
  for (const target of [host, editor, document.elementFromPoint(innerWidth * 0.85, innerHeight - 60)]) target?.click();
  host.dispatchEvent(key("Enter", "Enter"));
}"""


def test_nothing_is_sent_of_a_site_that_is_off(paired: Extension, visit: Opened) -> None:
    with listening() as (url, asked):
        assert paired.ask("pair", server=url, token="any")["ok"]
        paired.choose("chatgpt", on=False)
        asked.clear()
        page, shown = visit(CHATGPT)
        write(page, QUESTION)
        page.keyboard.press("Enter")
        until(lambda: page.evaluate("running === null"), "the answer to end")
        page.wait_for_timeout(2 * QUICK["guess"])
        assert (asked, shown.there()) == ([], False)
        paired.choose("chatgpt", on=True)  # the page that is open works from here on
        write(page, QUESTION)
        until(lambda: asked, "what is asked once it is on")


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server that notes what it is asked, and tells nothing."""
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            asked.append(self.path)
            self.do_GET()

        def do_GET(self) -> None:
            told = {"status": "ok", "items": [], "tokens": 0, "reason": "nothing", "block": None, "injection": "none"}
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
