"""The main job of each page, done as a person does it: on a desk and a phone, in the light and the dark, and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from web.shown import call, memory

Visit = Callable[..., Page]
EVERYWHERE = pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
pytestmark = pytest.mark.client


@EVERYWHERE
def test_home_leads_to_what_was_learnt_and_to_what_waits(site: str, visit: Visit, size: str, theme: str) -> None:
    page = visit(f"{site}/", size=size, theme=theme)
    page.get_by_role("link", name="When deploys run").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("When deploys run")
    page.go_back()
    page.get_by_text("for your decision").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review")


@EVERYWHERE
def test_a_project_shows_its_pages_as_a_tree_its_rules_and_how_it_is(
    site: str, visit: Visit, size: str, theme: str
) -> None:
    page = visit(f"{site}/p/pierlight", size=size, theme=theme)
    expect(page.get_by_role("heading", name="Told at every session's start")).to_be_visible()
    expect(page.get_by_text("runbooks", exact=True)).to_be_visible()
    expect(page.get_by_text("wait for review").first).to_be_visible()
    page.get_by_label("Kind").select_option("page")
    expect(page.locator("#pages").get_by_role("link", name="When deploys run")).to_have_count(0)
    page.locator("#pages").get_by_role("link", name="Broker outage").click()
    expect(page.locator("article")).to_contain_text("Look at journalctl -u mosquitto")


@EVERYWHERE
def test_a_memory_is_edited_archived_and_put_back(own_site: str, visit: Visit, size: str, theme: str) -> None:
    uid = memory(own_site, "When deploys run")
    page = visit(f"{own_site}/m/{uid}", size=size, theme=theme)
    expect(page.locator(".diff .in").first).to_contain_text("14:00")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Text, in Markdown").fill("Deploys of pierlight run on Fridays.")
    page.get_by_label("Why").fill("nobody works then")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("article")).to_have_text("Deploys of pierlight run on Fridays.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved as revision 4")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("article")).to_contain_text("Thursdays at 14:00")
    page.get_by_role("button", name="Archive").click()
    expect(page.locator(".state-archived")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".state-archived")).to_have_count(0)
    page.get_by_text("Change kind, place and more").click()
    page.get_by_label("Tags, with commas between").fill("deploy, friday")
    page.get_by_role("button", name="Change", exact=True).click()
    assert call(own_site, "get", id=uid)["memory"]["tags"] == ["deploy", "friday"]
    page.get_by_text("Something else is true now").click()
    page.get_by_label("What is true now").fill("Nothing is deployed any more.")
    page.get_by_role("button", name="Supersede").click()
    assert call(own_site, "get", id=uid)["memory"]["state"] == "superseded"


def test_two_who_edit_at_once_lose_nothing(own_site: str, visit: Visit) -> None:
    uid = memory(own_site, "When deploys run")
    page = visit(f"{own_site}/m/{uid}/edit")
    call(own_site, "revise", id=uid, text="Deploys wait for the harbour master.")
    page.get_by_label("Text, in Markdown").fill("Deploys run at night.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody changed it")
    expect(page.get_by_label("Text, in Markdown")).to_have_value("Deploys run at night.")
    page.get_by_role("button", name="Save").click()
    assert call(own_site, "get", id=uid)["memory"]["text"] == "Deploys run at night."


def test_something_new_is_kept_and_a_name_in_brackets_leads_to_it(own_site: str, visit: Visit) -> None:
    page = visit(f"{own_site}/m/{memory(own_site, 'runbooks/Broker outage')}")
    page.get_by_role("link", name="When deploys run").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("When deploys run")
    page.goto(f"{own_site}/new?namespace=pierlight&title=The%20spare%20board")
    page.get_by_label("What should be known").fill("The spare board is in the boathouse.")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status").first).to_contain_text("Kept")
    expect(page.get_by_role("heading", level=1)).to_have_text("The spare board")


@EVERYWHERE
def test_search_shows_more_with_every_letter(site: str, visit: Visit, size: str, theme: str) -> None:
    page = visit(f"{site}/search", size=size, theme=theme)
    page.get_by_label("What are you looking for?").press_sequentially("certif", delay=20)
    expect(page.locator("#hits mark").first).to_have_text("certificate")
    page.get_by_text("Filters").click()
    page.get_by_label("Kind").select_option("failure")
    expect(page.locator("#hits .kind").first).to_have_text("failure")
    page.get_by_label("Say why").check()
    expect(page.locator("#hits")).to_contain_text("how well the words fit")
    assert "q=certif" in page.url and "kind=failure" in page.url
    page.keyboard.press("Escape")
    page.locator("#hits a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("certificate")


@EVERYWHERE
def test_a_session_shows_what_was_said_told_and_learnt(site: str, visit: Visit, size: str, theme: str) -> None:
    page = visit(f"{site}/sessions?namespace=pierlight", size=size, theme=theme)
    page.get_by_role("link", name="when do deploys of pierlight run?").click()
    expect(page.locator(".role-user").first).to_contain_text("when do deploys of pierlight run?")
    page.locator(".told summary").first.click()
    expect(page.locator(".told").first).to_contain_text("When deploys run")


def test_a_memory_leads_down_to_the_turn_it_was_learnt_from(site: str, visit: Visit) -> None:
    learnt = [
        each
        for session in call(site, "sessions", namespace="pierlight", limit=50)["sessions"]
        for each in call(site, "session", id=session["id"])["learnt"]
    ]
    page = visit(f"{site}/m/{learnt[0]['id']}")
    page.get_by_role("link", name="this session").click()
    expect(page.locator(":target .learnt")).to_be_visible()


def test_a_handoff_is_taken_back_and_offered_again(own_site: str, visit: Visit) -> None:
    page = visit(f"{own_site}/handoffs?state=offered")
    page.get_by_role("button", name="Take back").click()
    page.get_by_role("button", name="Undo").click()
    assert call(own_site, "handoff-list", state="offered", namespace="pierlight")["handoffs"]


@EVERYWHERE
def test_the_graph_is_walked_with_the_keys_and_goes_back_in_time(
    site: str, visit: Visit, size: str, theme: str
) -> None:
    page = visit(f"{site}/graph?namespace=pierlight", size=size, theme=theme)
    page.locator("#graph[data-ready]").wait_for()
    page.locator("#graph").focus()
    page.keyboard.press("ArrowRight")
    chosen = page.locator("#chosen-node h2")
    first = chosen.inner_text()
    for arrow in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(arrow)
    expect(chosen).to_be_visible()
    assert first
    page.get_by_label("As of today").fill("0")
    expect(page.locator("#when-said")).not_to_have_text("today")
    page.get_by_role("link", name="Show the strongest links as a table").click()
    expect(page.locator("#table")).to_contain_text("depends on")


def test_the_graph_as_of_a_day_draws_the_links_that_were_in_force_then(own_site: str, visit: Visit) -> None:
    ends = {"source": "Mira", "target": "mosquitto", "namespace": "pierlight"}
    call(own_site, "graph-link", **ends, kind="supports", valid_from="2026-08-01", valid_until="2026-09-01")
    for day, drawn in (("2026-08-15", True), ("2026-09-15", False)):
        page = visit(f"{own_site}/graph?namespace=pierlight&as_of={day}")
        page.locator("#graph[data-ready]").wait_for()
        expect(page.locator("#when-said")).to_have_text(day)
        page.get_by_label("Find in the drawing").fill("Mira")
        page.keyboard.press("Enter")
        expect(page.locator("#chosen-node")).to_contain_text("related → departd")
        expect(page.locator("#chosen-node").get_by_text("supports →")).to_have_count(int(drawn))


def test_a_project_leads_to_what_waits_for_review_in_it(site: str, visit: Visit) -> None:
    page = visit(f"{site}/p/pierlight")
    page.get_by_role("main").get_by_role("link", name="Review", exact=True).click()
    expect(page.get_by_label("Project", exact=True)).to_have_value("pierlight")


@EVERYWHERE
def test_the_timeline_of_an_entity(site: str, visit: Visit, size: str, theme: str) -> None:
    page = visit(f"{site}/timeline", size=size, theme=theme)
    expect(page.locator("#events")).to_contain_text("became true")
    page.get_by_label("Entity").fill("departd")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#events")).to_contain_text("How its links came and went")


@EVERYWHERE
def test_proposals_are_read_approved_rejected_and_decided_several_at_once(
    own_site: str, visit: Visit, size: str, theme: str
) -> None:
    page = visit(f"{own_site}/review?effect=revise", size=size, theme=theme)
    expect(page.locator("article pre").first).to_contain_text("Checked again by an agent.")
    page.get_by_role("link", name="Edit first").first.click()
    page.get_by_label("Text", exact=True).fill("Read and mended by a person.")
    page.get_by_role("button", name="Keep this text").click()
    page.get_by_label("Text", exact=True).fill("Read and mended twice by a person.")
    page.get_by_role("button", name="Approve this text").click()
    expect(page.get_by_role("status").first).to_contain_text("1 approved")
    assert "Read and mended twice by a person." in [
        each["text"] for each in call(own_site, "list", namespace="pierlight")["memories"]
    ]
    page.goto(f"{own_site}/review?effect=archive")
    page.get_by_label("All on this page").check()
    page.get_by_label("Why, if rejected").fill("still true")
    page.get_by_role("button", name="Reject the chosen").click()
    expect(page.get_by_role("status").first).to_contain_text("3 rejected")
    assert not call(own_site, "review", effect="archive")["proposals"]


def test_the_inbox_is_worked_through_with_the_keys(own_site: str, visit: Visit) -> None:
    before = call(own_site, "review")["waiting"]
    page = visit(f"{own_site}/review")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("input[name=ids]:checked").count() == 1
    page.keyboard.press("r")
    expect(page.get_by_role("status").first).to_contain_text("1 rejected")
    assert call(own_site, "review")["waiting"] == before - 1


@EVERYWHERE
def test_costs_are_drawn_counted_and_explained(site: str, visit: Visit, size: str, theme: str) -> None:
    page = visit(f"{site}/costs", size=size, theme=theme)
    page.locator("#chart[data-ready] canvas").wait_for()
    page.get_by_text("How this is computed").click()
    expect(page.get_by_text("saved = history - ").first).to_be_visible()
    page.get_by_role("link", name="The log of all that was told, with why").click()
    page.locator("#entries summary").first.click()
    expect(page.locator("#entries details[open]").first).to_contain_text("By")


def test_the_journal_takes_a_change_back_and_verifies_itself(own_site: str, visit: Visit) -> None:
    uid = memory(own_site, "When deploys run")
    page = visit(f"{own_site}/journal?operation=revise&id={uid}")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("status").first).to_contain_text("Taken back: revise")
    assert "10:00" in call(own_site, "get", id=uid)["memory"]["text"]
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_text("All agrees")).to_be_visible()


@EVERYWHERE
def test_doctor_and_settings_say_how_it_is_set_up(site: str, visit: Visit, size: str, theme: str) -> None:
    page = visit(f"{site}/doctor", size=size, theme=theme)
    expect(page.locator("#findings")).to_contain_text("store")
    page.goto(f"{site}/settings")
    expect(page.get_by_role("cell", name="retention_days")).to_be_visible()
    expect(page.get_by_text("waits for approval").first).to_be_visible()


def test_the_pages_work_without_scripts(own_site: str, visit: Visit) -> None:
    uid = memory(own_site, "When deploys run")
    page = visit(f"{own_site}/", scripts=False)
    page.get_by_label("Search what is remembered").fill("broker")
    page.keyboard.press("Enter")
    page.locator("#hits a").first.click()
    page.goto(f"{own_site}/m/{uid}")
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Pinned")
    page.goto(f"{own_site}/graph?namespace=pierlight")
    page.get_by_role("link", name="Show the strongest links as a table").click()
    expect(page.locator("#table")).to_contain_text("depends on")
    page.goto(f"{own_site}/doctor")
    page.get_by_role("link", name="show what was found").click()
    expect(page.locator("#findings")).to_contain_text("store")


def test_what_was_written_is_not_lost_when_it_is_refused(own_site: str, visit: Visit) -> None:
    page = visit(f"{own_site}/m/{memory(own_site, 'When deploys run')}/edit")
    page.get_by_label("Text, in Markdown").fill("Deploys run at dawn.")
    page.get_by_label("True from").fill("the day after never")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("is not a time I can read")
    expect(page.get_by_label("Text, in Markdown")).to_have_value("Deploys run at dawn.")
    page.goto(f"{own_site}/new")
    page.get_by_label("What should be known").fill("The lamp is out.")
    page.get_by_label("True from").fill("the day after never")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_label("What should be known")).to_have_value("The lamp is out.")


def test_a_text_too_long_for_a_form_is_said_to_be_so(own_site: str, visit: Visit) -> None:
    uid = call(own_site, "remember", text="# head\n\n- item **b**\n\n" * 15_000, title="Long", namespace="pierlight")[
        "id"
    ]
    page = visit(f"{own_site}/m/{uid}/edit")
    expect(page.get_by_text("more than a page can let you edit well")).to_be_visible()
