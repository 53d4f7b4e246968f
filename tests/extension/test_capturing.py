"""An exchange is kept once, when its answer has ended, without what we put into its prompt, and waits while the server is away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from extension.browsing import QUICK, Extension, until
from extension.conftest import FACT, QUESTION, Memory, Opened
from extension.sites import CHATGPT, CLAUDE, OWN, Site, write

pytestmark = pytest.mark.client

ANSWER = "It listens on 1884.\nAsk the operators before you change that."


def exchange(page: Page, prompt: str, answer: str) -> None:
    """Send a prompt and let the whole answer arrive."""
    page.evaluate("(answer) => void window.answers.push(answer)", answer)
    write(page, prompt)
    page.keyboard.press("Enter")
    until(lambda: page.evaluate("running === null && window.sent.length > 0"), "the answer to end")


def rest(page: Page) -> None:
    """Wait for longer than anything takes that the extension would still do."""
    page.wait_for_timeout(2 * QUICK["guess"])


def test_an_exchange_is_kept_once_when_its_answer_has_ended(
    paired: Extension, memory: Memory, visit: Opened, site: Site
) -> None:
    page, _ = visit(site)
    page.evaluate("window.pace = 60")
    exchange(page, QUESTION, ANSWER)
    until(lambda: len(memory.turns()) == 2, "the exchange to be kept")
    page.evaluate("show()")  # the same again, in new elements
    page.evaluate("window.answers = ['On 1884, as I said.']; window.regenerate()")
    until(lambda: len(memory.turns()) == 4, "the answer that was made anew")
    page.evaluate("window.visit('another', [{ role: 'user', text: 'Of old?' }, { role: 'assistant', text: 'Yes.' }])")
    rest(page)
    assert [(speaker, agent, text.replace("\n\n", "\n")) for speaker, agent, text, _ in memory.turns()] == [
        ("user", site.id, QUESTION), (site.id, site.id, ANSWER),
        ("user", site.id, QUESTION), (site.id, site.id, "On 1884, as I said."),
    ]  # fmt: skip
    (conversation,) = {session for *_, session in memory.turns()}
    assert conversation == page.evaluate("shape.ids[0]")


@pytest.mark.parametrize("bare", [False, True], ids=["with its fence", "where the site drops the fence"])
def test_what_was_inserted_is_not_captured(paired: Extension, memory: Memory, visit: Opened, bare: bool) -> None:
    paired.choose("chatgpt", insert="auto")
    page, _ = visit(CHATGPT)
    if bare:
        page.evaluate(STRIP)
        page.evaluate("window.shown = show; show = () => { window.shown(); window.strip() }")
    exchange(page, QUESTION, ANSWER)
    until(lambda: len(memory.turns()) == 2, "the exchange")
    page.evaluate(
        "window.pace = 60; window.answers = ['On 1884, as I said.']; window.regenerate()"
    )  # now the page is all that is known of the prompt
    until(lambda: len(memory.turns()) == 4, "the answer that was made anew")
    assert FACT in page.evaluate("window.sent")[0]
    assert [prompt for prompt, _ in memory.exchanges()] == [QUESTION, QUESTION]
    (told,) = [entry for entry in memory.post("stats-logs")["entries"] if entry["platform"] == "chatgpt"]
    assert (told["operation"], told["provider"], told["outcome"]) == ("context", "openai", "answered")


STRIP = """() => { window.strip = () => document.querySelectorAll('[data-message-author-role=user] div').forEach((element) => {
  element.textContent = element.textContent.replace(/<[^<>]*>/g, '');
}) }"""


def test_an_answer_that_is_left_is_not_kept_nor_taken_for_another(
    paired: Extension, memory: Memory, visit: Opened
) -> None:
    page, _ = visit(CLAUDE)
    page.evaluate("window.pace = 100")
    write(page, QUESTION)
    page.keyboard.press("Enter")
    until(lambda: page.evaluate("window.sent.length"), "the prompt to be sent")
    page.evaluate("window.visit('another', [{ role: 'user', text: 'Of old?' }, { role: 'assistant', text: 'Yes.' }])")
    rest(page)
    assert memory.turns() == []


def test_an_exchange_waits_while_the_server_is_away_and_is_delivered_once(
    paired: Extension, memory: Memory, visit: Opened
) -> None:
    page, _shown = visit(CHATGPT)
    memory.stop()
    exchange(page, QUESTION, ANSWER)
    until(lambda: [entry["prompt"] for entry in paired.state()["queue"]] == [QUESTION], "the exchange to wait")
    paired.page.reload()
    paired.page.get_by_text("Nothing answers at").wait_for()
    paired.page.locator("#queue li").wait_for()
    until(lambda: paired.badge() == "!", "the mark on the icon")
    memory.start()
    write(page, "Which port was that again, of the message broker?")  # the first call that succeeds delivers what waits
    until(lambda: len(memory.turns()) == 2 and not paired.state()["queue"], "the exchange to be delivered")
    paired.ask("deliver")
    rest(page)
    assert [(prompt, answer.split("\n")[0]) for prompt, answer in memory.exchanges()] == [
        (QUESTION, "It listens on 1884.")
    ]
    until(lambda: paired.badge() == "", "the icon without a mark")


def test_what_waits_can_be_forgotten_and_nothing_waits_where_that_is_off(
    paired: Extension, memory: Memory, visit: Opened
) -> None:
    page, _ = visit(CHATGPT)
    memory.stop()
    exchange(page, QUESTION, ANSWER)
    until(lambda: paired.state()["queue"], "the exchange to wait")
    paired.page.reload()
    paired.page.get_by_role("button", name="Forget the exchange of").click()
    until(lambda: not paired.state()["queue"], "it to be forgotten")
    paired.page.get_by_label("Let exchanges wait").uncheck()
    exchange(page, "And the port of the second broker?", "The same one.")
    (note,) = until(lambda: paired.state()["lost"], "that it was not kept")
    assert "Waiting is turned off" in note["why"]
    assert QUESTION not in str(paired.stored())
    assert "second broker" not in str(paired.stored())
    paired.page.reload()
    paired.page.get_by_role("heading", name="Not kept").wait_for()


def test_what_waits_has_an_end(paired: Extension, memory: Memory, visit: Opened) -> None:
    memory.stop()
    long = "word " * 180_000
    fill = """([count, at, prompt]) => chrome.storage.local.set({ queue: Array.from({ length: count }, (_, number) => ({
      id: `id-${number}`, at, site: "ChatGPT", body: { prompt: `${number} ${prompt}`, response: "", session: "s" } })) })"""
    week = "Date.now() - 8 * 86400000"
    paired.page.evaluate(fill, [3, paired.page.evaluate(week), "old"])
    paired.ask("deliver")
    assert paired.state()["queue"] == []
    assert [note["why"] for note in paired.state()["lost"]] == ["It waited for 7 days."] * 3
    paired.page.evaluate(fill, [5, paired.page.evaluate("Date.now()"), long])
    page, _ = visit(CHATGPT)
    exchange(page, QUESTION, ANSWER)
    until(lambda: paired.state()["queue"][-1]["prompt"] == QUESTION, "the newest to wait")
    assert len(paired.state()["queue"]) == 5
    assert paired.state()["lost"][-1]["why"] == "There was no more room for what waits."


def test_a_site_of_the_user_s_own_is_added_by_hand(paired: Extension, memory: Memory, visit: Opened) -> None:
    paired.page.reload()
    paired.page.get_by_label("Its address").fill("http://localhost:8091/some/page")
    paired.page.get_by_text("If it is not recognised").click()
    paired.page.get_by_label("A prompt that was sent").fill("div[")
    paired.page.get_by_role("button", name="Add").click()
    paired.page.get_by_text("is not a CSS selector").wait_for()
    paired.page.get_by_label("A prompt that was sent").fill("div.message.user")
    paired.page.get_by_role("button", name="Add").click()
    paired.page.get_by_text("Added.").wait_for()
    page, shown = visit(OWN)
    write(page, QUESTION)
    until(lambda: shown.text("chip"), "the chip")
    shown.click("chip")
    shown.click("insert")
    until(
        lambda: page.evaluate("held").endswith(QUESTION) and FACT in page.evaluate("held"), "the framework to have it"
    )
    page.evaluate("(answer) => void window.answers.push(answer)", ANSWER)
    page.locator("#controls button").click()
    until(lambda: len(memory.turns()) == 2, "the exchange to be kept")
    assert {agent for _, agent, _, _ in memory.turns()} == {OWN.id}
    paired.page.get_by_role("group", name="http://localhost:8091").get_by_role("button", name="Remove").click()
    until(lambda: not shown.there(), "the site to be let alone")
