"""What memory would add is shown beside the editor and inserted when the person wants it, on every kind of editor."""

from __future__ import annotations

import pytest

from extension.browsing import Extension, until
from extension.conftest import FACT, QUESTION, Memory, Opened
from extension.sites import Site, write

pytestmark = pytest.mark.client


def test_it_shows_what_fits_and_inserts_it_on_a_click(paired: Extension, memory: Memory, visit: Opened, site: Site) -> None:
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
