"""A real Chromium, the system's own, driven through the pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

SIZES = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
THEMES = ("light", "dark")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str:
    """Where Chromium is."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise AssertionError("Chromium is missing: tools/clients/chromium.sh installs it")


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser until the block ends."""
    browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox", "--disable-gpu"])
    try:
        yield browser
    finally:
        browser.close()
