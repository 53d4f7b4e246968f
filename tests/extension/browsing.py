"""A Chromium that runs the extension, and eyes for what it shows inside its closed shadow root."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright

from web.browsing import executable

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "extension"
QUICK = {"pause": 80, "settle": 250, "guess": 600, "open": 700, "typed": 500, "answered": 1500, "hold": 3000}
"""Milliseconds that the tests wait in place of the real ones; nothing else of the extension is changed for them."""


@contextmanager
def installed(playwright: Playwright, place: Path) -> Iterator[BrowserContext]:
    """A browser with the extension in it, until the block ends."""
    extension = place / "extension"
    shutil.copytree(SOURCE, extension)
    adapters = json.loads((extension / "adapters.json").read_text())
    adapters["timing"] = QUICK
    (extension / "adapters.json").write_text(json.dumps(adapters))
    context = playwright.chromium.launch_persistent_context(
        place / "profile", executable_path=executable(), headless=False, ignore_default_args=["--disable-extensions"],
        args=["--headless=new", "--no-sandbox", "--disable-gpu", f"--disable-extensions-except={extension}", f"--load-extension={extension}"],
    )  # fmt: skip
    try:
        context.set_default_timeout(8_000)
        yield context
    finally:
        context.close()


def until(look: Callable[[], Any], what: str, seconds: float = 8) -> Any:
    """Return what `look` finds as soon as that is something."""
    end = monotonic() + seconds
    while monotonic() < end:
        if found := look():
            return found
        sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


class Extension:
    """The extension as its user has it: its pages, and what is kept in the browser."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        worker = context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
        self.base = worker.url.rsplit("/", 1)[0]
        options = f"{self.base}/pages/options.html"
        opened = until(
            lambda: [page for page in context.pages if page.url == options] or self._breathe(), "the options page"
        )
        self.page = opened[0]
        self.page.wait_for_load_state()

    def _breathe(self) -> None:
        self.context.pages[0].wait_for_timeout(50)  # the driver tells of new pages only while it is asked something

    def ask(self, kind: str, **message: Any) -> Any:
        """Say to the background what the options page says."""
        asked = {"kind": kind, **message}
        return self.page.evaluate("(message) => chrome.runtime.sendMessage(message)", asked)

    def state(self) -> Any:
        return self.ask("state")["answer"]

    def choose(self, site: str, **choice: Any) -> None:
        assert self.ask("choose", id=site, choice=choice)["ok"]

    def stored(self) -> Any:
        return self.page.evaluate("chrome.storage.local.get(null)")

    def reset(self) -> None:
        """Make it as it is when it is new."""
        self.page.evaluate("chrome.storage.local.clear()")
        self.choose("chatgpt", on=True)  # which registers the scripts of all sites anew
        self.page.goto(f"{self.base}/pages/options.html")
        self.page.get_by_text("Not paired").wait_for()

    def badge(self) -> str:
        return str(self.page.evaluate("chrome.action.getBadgeText({})"))


class Shown:
    """What the extension shows on a page, seen as the browser's own tools see it: the page itself cannot."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._tools = page.context.new_cdp_session(page)
        self._worlds: list[int] = []
        self._tools.on("Runtime.executionContextCreated", self._world)
        self._tools.send("Runtime.enable")

    def _world(self, event: Any) -> None:
        if event["context"]["origin"].startswith("chrome-extension:"):
            self._worlds.append(event["context"]["id"])

    def awake(self) -> bool:
        """Tell whether the script of the extension, where there is one, listens to the page by now."""
        asked = "everlore.page.hooks.length > 0"
        return not self._worlds or all(
            self._tools.send("Runtime.evaluate", {"expression": asked, "contextId": world})["result"].get("value")
            for world in self._worlds
        )

    def _root(self) -> Any:
        document = self._tools.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        host = _first(document, lambda node: node["nodeName"] == "EVERLORE-CHIP")
        return host["shadowRoots"][0] if host else None

    def there(self) -> bool:
        return self._root() is not None

    def text(self, name: str) -> str:
        """The text of what has a class; "" where it is not there or not to be seen."""
        root = self._root()
        found = _first(root, lambda node: name in _attribute(node, "class").split()) if root else None
        return _text(found) if found and self._box(found) else ""

    def click(self, name: str) -> None:
        """Press a button with the mouse."""
        found = until(
            lambda: self._root() and _first(self._root(), lambda node: _attribute(node, "class") == name), name
        )
        left, top, _, _, right, bottom, *_ = until(lambda: self._box(found), f"{name} to be seen")
        self.page.mouse.click((left + right) / 2, (top + bottom) / 2)

    def _box(self, node: Any) -> Any:
        try:
            box = self._tools.send("DOM.getBoxModel", {"backendNodeId": node["backendNodeId"]})["model"]
        except Exception:
            return None
        return box["border"] if box["width"] and box["height"] else None

    def roles(self) -> list[tuple[str, str]]:
        """Role and name of all that tools for the blind find on the page."""
        tree = self._tools.send("Accessibility.getFullAXTree")["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]


def _attribute(node: Any, name: str) -> str:
    given = node.get("attributes", [])
    return dict(zip(given[::2], given[1::2], strict=True)).get(name, "")


def _first(node: Any, fits: Callable[[Any], bool]) -> Any:
    if fits(node):
        return node
    for child in [*node.get("children", []), *node.get("shadowRoots", [])]:
        if found := _first(child, fits):
            return found
    return None


def _text(node: Any) -> str:
    if node["nodeName"] == "#text":
        return str(node["nodeValue"])
    return "".join(map(_text, node.get("children", [])))
