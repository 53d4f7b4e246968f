"""A filled home, served, and a browser before it: once for each process of the tests; what a test changes it changes in a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from serving import serving
from web.browsing import SIZES, chromium
from web.filled import fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that is full; nobody changes it."""
    home = tmp_path_factory.mktemp("filled") / "home"
    fill(home)
    return home


@pytest.fixture(scope="session")
def site(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the pages of a copy of it, for tests that only look."""
    home = tmp_path_factory.mktemp("site") / "home"
    shutil.copytree(filled, home, ignore=shutil.ignore_patterns("daemon.*", "*.lock"))
    with serving(home, model="none") as server:
        yield f"{server.url}/web"


@pytest.fixture
def own_site(filled: Path, tmp_path: Path) -> Iterator[str]:
    """The same for a test that changes something."""
    shutil.copytree(filled, tmp_path / "home", ignore=shutil.ignore_patterns("daemon.*", "*.lock"))
    with serving(tmp_path / "home", model="none") as server:
        yield f"{server.url}/web"


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The browser."""
    with chromium(playwright) as found:
        yield found


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a window of its own: `visit(url, size="phone", theme="dark")`.

    A test fails at its end when a page said something on its console, had an error, or asked anything of another origin.
    """
    said: list[str] = []
    with ExitStack() as open_windows:

        def open_page(url: str, size: str = "desktop", theme: str = "light", scripts: bool = True) -> Page:
            window: BrowserContext = browser.new_context(
                viewport=SIZES[size], color_scheme=theme, has_touch=size == "phone", java_script_enabled=scripts
            )
            open_windows.callback(window.close)
            window.set_default_timeout(10_000)
            page = window.new_page()
            origin = "/".join(url.split("/")[:3])
            page.on(
                "console",
                lambda message: (
                    said.append(message.text)
                    if message.type in ("error", "warning") and "a status of 4" not in message.text
                    else None
                ),
            )
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on(
                "request",
                lambda request: None if request.url.startswith((origin, "data:")) else said.append(request.url),
            )
            page.goto(url)
            return page

        yield open_page
    assert not said, said
