"""Chats that look to the extension as the real sites do: the same addresses, the same kinds of editor, the same marks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route

SCRIPT = (Path(__file__).parent / "site.js").read_text()
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'none'"
"""As strict as the sites' own: what the extension shows must not need more."""


@dataclass(frozen=True, slots=True)
class Site:
    """One site: its id for the extension, where it is, which editor it has and what its button to send looks like."""

    id: str
    kind: str
    start: str
    editor: str
    send: str

    @property
    def origin(self) -> str:
        return "/".join(self.start.split("/")[:3])


RICH = 'contenteditable="true" role="textbox" aria-label="Prompt"'
CHATGPT = Site(
    "chatgpt", "chatgpt", "https://chatgpt.com/", f'<div id="editor" class="ProseMirror" {RICH}></div>',
    '<button data-testid="send-button" type="button">Send</button>',
)  # fmt: skip
CLAUDE = Site(
    "claude.ai", "claude", "https://claude.ai/new", f'<div id="editor" class="tiptap ProseMirror" {RICH}></div>',
    '<button aria-label="Send message" type="button">Send</button>',
)  # fmt: skip
GEMINI = Site(
    "gemini", "gemini", "https://gemini.google.com/app",
    f'<rich-textarea><div id="editor" class="ql-editor" {RICH}></div></rich-textarea>',
    '<button class="send-button" type="button" aria-label="Send message">Send</button>',
)  # fmt: skip
OWN = Site(
    "localhost:8091", "plain", "http://localhost:8091/", '<textarea id="editor" aria-label="Prompt"></textarea>',
    '<button aria-label="Send" type="button">Send</button>',
)  # fmt: skip
SITES = (CHATGPT, CLAUDE, GEMINI)


def html(site: Site, extra: str = "") -> str:
    send = site.send.replace('"', "&quot;")
    return (
        f'<!doctype html><html lang="en"><title>{site.kind}</title><body data-kind="{site.kind}"><main id="thread"></main>'
        f'<div id="composer"><form onsubmit="return false">{site.editor}'
        f'<div id="controls" data-send="{send}"></div></form></div>{extra}<script>{SCRIPT}</script></body></html>'
    )


def serve(context: BrowserContext, site: Site, extra: str = "", body: str | None = None) -> None:
    """Answer all requests for a site with its chat; nothing goes to the network."""
    page = body or html(site, extra)

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body=page, headers={"Content-Security-Policy": POLICY})

    context.unroute(f"{site.origin}/**")
    context.route(f"{site.origin}/**", answer)


def write(page: Page, text: str) -> None:
    """Type into the editor as a person does."""
    page.click("#editor")
    page.keyboard.insert_text(text)
