"""Pairing says what went wrong in words, the self-check says which site has changed, and every field has a name."""

from __future__ import annotations

import pytest

from everlore.surfaces.http.tokens import Tokens
from extension.browsing import Extension, until
from extension.conftest import QUESTION, Memory, Opened
from extension.sites import CHATGPT, write

pytestmark = pytest.mark.client


def test_pairing_says_what_is_wrong(extension: Extension, memory: Memory) -> None:
    page = extension.page
    page.get_by_text("Not paired").wait_for()

    def pair(server: str, token: str, said: str) -> None:
        page.get_by_label("Address", exact=True).fill(server)
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Pair").click()
        page.locator("#said").get_by_text(said).wait_for()

    pair(memory.url, "", "Give a token")
    pair(memory.url, "wrong", "does not know this token")
    pair("http://example.org", memory.token, "must begin with https://")
    pair("http://127.0.0.1:1", memory.token, "Nothing answers at http://127.0.0.1:1. Start it with: lore serve")
    assert not extension.state()["paired"]
    pair(memory.url, memory.token, "Paired.")
    assert memory.token not in page.content()
    assert "token" not in extension.state()


def test_a_token_that_is_taken_back_is_told_and_what_is_said_waits_for_another(
    paired: Extension, memory: Memory, visit: Opened
) -> None:
    Tokens(memory.home).revoke("browser")
    page, _shown = visit(CHATGPT)
    write(page, QUESTION)
    page.keyboard.press("Enter")
    until(lambda: paired.state()["queue"], "the exchange to wait")
    assert "does not know this token" in paired.state()["trouble"]["why"]
    another = Tokens(memory.home).create("browser")
    assert paired.ask("pair", server=memory.url, token=another)["ok"]
    until(lambda: len(memory.turns()) == 2, "the exchange to be delivered")


def test_a_site_that_has_changed_is_told_and_left_alone(paired: Extension, memory: Memory, visit: Opened) -> None:
    page, shown = visit(CHATGPT, body="<!doctype html><title>new</title><p>Everything is new here.</p>")
    until(lambda: paired.state()["health"].get("chatgpt", {}).get("editor"), "that the editor is missing")
    until(lambda: paired.badge() == "!", "the mark on the icon")
    paired.page.reload()
    paired.page.get_by_text("chatgpt.com: the editor was not found; nothing is shown or kept there (since ").wait_for()
    assert (page.inner_text("body"), shown.there()) == ("Everything is new here.", False)
    visit(CHATGPT)
    until(lambda: paired.state()["health"] == {"chatgpt": {}}, "that it is found again")
    until(lambda: paired.badge() == "", "the icon without a mark")


def test_messages_that_do_not_fit_are_not_answered_and_a_page_cannot_pair(paired: Extension, visit: Opened) -> None:
    for kind, fields in (("pair", {"server": 1, "token": "t"}), ("tell", {}), ("key", {"key": "x"}), ("nothing", {})):
        assert paired.page.evaluate(SAY, {"kind": kind, **fields}) is None, kind
    page, _ = visit(CHATGPT)
    assert page.evaluate("typeof chrome === 'undefined' || !chrome.runtime?.sendMessage")


SAY = "(message) => chrome.runtime.sendMessage(message).then((answer) => answer ?? null, () => null)"


def test_every_field_has_a_name_and_the_popup_says_how_it_is(paired: Extension) -> None:
    for name in ("options", "popup"):
        page = paired.context.new_page()
        page.goto(f"{paired.base}/pages/{name}.html")
        page.locator("#sites fieldset" if name == "options" else "#status p").first.wait_for()
        unnamed = "[...document.querySelectorAll('input, textarea, select')].filter((one) => !one.labels.length && !one.ariaLabel).length"
        assert page.evaluate(unnamed) == 0
        if name == "popup":
            assert page.get_by_role("link", name="Open memory").get_attribute("href").endswith("/web/")
            assert page.locator("#status").inner_text() == "Paired."
        page.close()
