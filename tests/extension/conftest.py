"""The extension in a browser, paired with a real server on a home of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import apsw
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from everlore.surfaces.http.serve import Server
from everlore.surfaces.http.tokens import Tokens
from extension.browsing import Extension, Shown, installed, until
from extension.sites import SITES, Site, serve
from serving import post, serving

FACT = "The message broker listens on port 1884"
QUESTION = "Which port does the message broker listen on?"


TURNS = "SELECT turn.speaker, session.agent, turn.text, session.external FROM turn JOIN session ON session.id = turn.session ORDER BY turn.id"


class Memory:
    """A server that can go away and come back on the same port, and what it has kept."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = 0
        self.token = Tokens(home).create("browser")
        self._running = ExitStack()
        self.start()

    def start(self) -> None:
        self.server: Server = self._running.enter_context(
            serving(self.home, port=self.port, model="none", namespace="home")
        )
        self.port = self.server.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._running.close()
        self._running = ExitStack()

    def post(self, operation: str, **fields: Any) -> Any:
        status, answer = post(self.server, operation, fields, {"Authorization": f"Bearer {self.token}"})
        assert status == 200, answer
        return answer

    def turns(self) -> list[tuple[str, str, str, str]]:
        """All that was captured, oldest first: who said it, where, what, and in which conversation."""
        database = apsw.Connection(str(self.home / "everlore.db"), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return list(database.execute(TURNS))
        finally:
            database.close()

    def exchanges(self) -> list[tuple[str, str]]:
        """Prompts and their answers, oldest first."""
        said = [text for _, _, text, _ in self.turns()]
        return list(zip(said[::2], said[1::2], strict=True))


@pytest.fixture(scope="module")
def browser_with_extension(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """The browser; once for each process of the tests."""
    with installed(playwright, tmp_path_factory.mktemp("browser")) as context:
        yield context


@pytest.fixture(scope="module")
def installed_extension(browser_with_extension: BrowserContext) -> Extension:
    return Extension(browser_with_extension)


@pytest.fixture
def extension(installed_extension: Extension) -> Extension:
    """The extension as it is when it is new."""
    installed_extension.reset()
    return installed_extension


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """A server with one fact in it."""
    found = Memory(tmp_path / "home")
    found.post("remember", text=FACT, namespace="home")
    yield found
    found.stop()


@pytest.fixture
def paired(extension: Extension, memory: Memory) -> Extension:
    """The extension, paired with that server."""
    answer = extension.ask("pair", server=memory.url, token=memory.token)
    assert answer["ok"], answer
    return extension


class Opened:
    """Opens pages of sites; they are closed when a test ends."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.pages: list[Page] = []

    def __call__(
        self, site: Site, extra: str = "", body: str | None = None, path: str | None = None
    ) -> tuple[Page, Shown]:
        serve(self.context, site, extra, body)
        page = self.context.new_page()
        self.pages.append(page)
        page.goto(path or site.start)
        shown = Shown(page)
        until(shown.awake, "the script to listen")
        return page, shown


@pytest.fixture
def visit(browser_with_extension: BrowserContext) -> Iterator[Opened]:
    opened = Opened(browser_with_extension)
    yield opened
    for page in opened.pages:
        page.close()


@pytest.fixture(params=SITES, ids=lambda site: site.id)
def site(request: pytest.FixtureRequest) -> Site:
    return request.param
