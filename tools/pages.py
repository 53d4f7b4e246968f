"""Take the pictures of docs/guides/web.md anew: every page, on a desk and a phone, in the light and the dark.

    python tools/pages.py

The home is the one of the tests, without the conversations that may lie beside the checkout.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from serving import serving  # noqa: E402
from web import filled  # noqa: E402
from web.browsing import SIZES, THEMES, chromium  # noqa: E402
from web.shown import call, memory  # noqa: E402

_ELSEWHERE = """([here, there]) => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) node.data = node.data.replaceAll(here, there);
}"""
"""Says where a home usually is instead of where it was for the pictures."""

IMAGES = ROOT / "docs" / "images" / "web"


def main() -> None:
    """Fill a home, serve it, and take the pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    filled.DATA = Path("nowhere")
    with TemporaryDirectory() as place:
        home = Path(place) / "home"
        filled.fill(home)
        with (
            serving(home, model="none", vault="off") as server,
            sync_playwright() as playwright,
            chromium(playwright) as browser,
        ):
            site = f"{server.url}/web"
            for name, path in pages(site).items():
                for size, view in SIZES.items():
                    for theme in THEMES:
                        window = browser.new_context(viewport=view, color_scheme=theme)
                        page = window.new_page()
                        page.goto(f"{site}{path}")
                        page.locator("#graph:not([data-ready])").wait_for(state="detached")
                        page.wait_for_timeout(700)
                        page.evaluate(_ELSEWHERE, [str(home), "~/.local/share/everlore"])
                        page.screenshot(path=IMAGES / f"{name}-{size}-{theme}.jpg", type="jpeg", quality=68)
                        window.close()


def pages(site: str) -> dict[str, str]:
    """The addresses of what is shown, by the name of its picture."""
    session = next(
        each["id"] for each in call(site, "sessions", namespace="pierlight", limit=40)["sessions"]
        if call(site, "session", id=each["id"])["learnt"]
    )  # fmt: skip
    return {
        "home": "/", "project": "/p/pierlight", "memory": f"/m/{memory(site, 'When deploys run')}", "search": f"/search?q={quote('broker cert')}",
        "session": f"/s/{session}", "sessions": "/sessions", "handoffs": "/handoffs",
        "graph": "/graph?namespace=pierlight", "timeline": "/timeline", "review": "/review",
        "costs": "/costs", "costs-log": "/costs/log", "journal": "/journal", "doctor": "/doctor", "settings": "/settings",
    }  # fmt: skip


if __name__ == "__main__":
    main()
