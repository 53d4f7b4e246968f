"""The frame that all pages share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

Visit = Callable[..., Page]


@pytest.mark.client
def test_keys_lead_where_the_menu_does(site: str, visit: Visit) -> None:
    page = visit(f"{site}/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('[data-row]') !== null")


@pytest.mark.client
def test_the_theme_that_was_chosen_stays(site: str, visit: Visit) -> None:
    page = visit(f"{site}/")
    page.get_by_label("Dark or light").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.client
def test_what_is_new_shows_by_itself(own_site: str, visit: Visit) -> None:
    page = visit(f"{own_site}/")
    page.wait_for_timeout(500)
    page.request.post(
        f"{own_site.removesuffix('/web')}/api/v1/remember",
        data={"text": "The harbour closes at nine.", "namespace": "pierlight"},
    )
    page.get_by_text("The harbour closes at nine.").first.wait_for()
