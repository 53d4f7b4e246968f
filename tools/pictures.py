"""Take the pictures of docs/guides/extension.md anew: the extension in Chromium, on a chat of the tests, with a server of its own.

python tools/pictures.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from extension.browsing import Extension, Shown, installed, until  # noqa: E402
from extension.conftest import Memory  # noqa: E402
from extension.sites import CHATGPT, serve, write  # noqa: E402

IMAGES = ROOT / "docs" / "images"
DECISIONS = (
    "Invoices are numbered per shop and year, never reused, because the auditors ask for gaps to be explained",
    "The invoice worker runs at 02:00 and takes the numbers in one transaction",
)
PROMPT = "How are invoices numbered, and when does the invoice worker run?"


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as place, sync_playwright() as playwright:
        memory = Memory(Path(place) / "home")
        try:
            with installed(playwright, Path(place)) as context:
                extension = Extension(context)
                for text in DECISIONS:
                    memory.post("remember", text=text, namespace="home", kind="decision")
                extension.ask("pair", server=memory.url, token=memory.token)
                serve(context, CHATGPT)
                page = context.new_page()
                page.set_viewport_size({"width": 760, "height": 420})
                page.goto(CHATGPT.start)
                page.evaluate(LOOKS)
                write(page, PROMPT)
                shown = Shown(page)
                until(lambda: shown.text("chip"), "the chip")
                shown.click("chip")
                until(lambda: shown.text("said"), "the panel")
                page.wait_for_timeout(300)
                page.screenshot(path=IMAGES / "extension-panel.png")
                options = extension.page
                options.set_viewport_size({"width": 760, "height": 900})
                options.reload()
                options.get_by_text("Paired with").wait_for()
                options.evaluate("document.querySelector('#server').value = 'http://127.0.0.1:7411'")
                options.evaluate("document.querySelector('#paired').textContent = 'Paired with http://127.0.0.1:7411.'")
                options.screenshot(path=IMAGES / "extension-options.png")
        finally:
            memory.stop()


LOOKS = """() => {
  document.body.style.cssText = "font: 15px system-ui, sans-serif";
  document.querySelector("#editor").style.cssText = "border: 1px solid #bbb; border-radius: 14px; padding: 4px 14px; min-height: 60px; outline: none";
}"""

if __name__ == "__main__":
    main()
