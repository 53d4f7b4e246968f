"""Remembered Markdown as HTML that does nothing but show.

Raw HTML in a text is shown as the characters it is. What the parser makes is cleaned once more by nh3, against an error
in the parser. Pictures are links, since to fetch one would tell somebody that it was looked at; links lead out only when
they are clicked, say where to, and tell the place they lead to nothing. A very long text is shown as plain text: the
first part, with the way to the whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from functools import cache
from html import escape
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

LONGEST = 60_000
"""Characters of a text that are read as Markdown; a longer one is shown as plain text."""

SHOWN = 200_000
"""Characters of a plain text that a page shows; the whole is a link away."""

_MOST = {"[": 1_500, "|": 6_000, "`": 6_000, "*": 6_000}
"""How often a character may stand in a text that is read as Markdown: on some texts the parser is quadratic in them."""

_TAGS = {
    "a", "bdi", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "class", "title"}, "ol": {"start"}, "td": {"class"}, "th": {"class"}, "span": {"class", "title"},
    "div": {"class", "tabindex", "role", "aria-label"}, "p": {"dir"}, "li": {"dir"}, "blockquote": {"dir"}, "pre": {"dir", "tabindex"},
    "h1": {"dir"}, "h2": {"dir"}, "h3": {"dir"}, "h4": {"dir"}, "h5": {"dir"}, "h6": {"dir"},
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto"}
_LINK = re.compile(r"\[\[([^\[\]\n|#]{1,400})(?:#[^\[\]\n|]{0,200})?(?:\|([^\[\]\n]{1,400}))?\]\]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MARKS = {
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
}  # fmt: skip


def plain(text: str) -> str:
    """Return a text in which the characters that turn the direction of what follows are shown by name instead."""
    return _DIRECTION.sub(lambda found: f"[{_MARKS[found[0]]}]", text)


def render(text: str, base: str = "", namespace: str = "") -> Markup:
    """Return a text as HTML; `base` stands before our own addresses, `namespace` is where names of pages are looked up."""
    text = plain(text)
    if len(text) > LONGEST or any(text.count(mark) > most for mark, most in _MOST.items()):
        return Markup('<pre class="long" dir="auto" tabindex="0">{}</pre>').format(text[:SHOWN])
    made = _parser().render(text, {"base": base, "namespace": namespace})
    return Markup(nh3.clean(made, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=_REL))  # noqa: S704 - cleaned


_REL = "noopener noreferrer nofollow"


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 50}).enable(
        ["table", "strikethrough"]
    )
    parser.core.ruler.push("wikilinks", _wikilinks)
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _wikilinks(state: Any) -> None:  # noqa: ANN401 - the parser's own state
    """Make links of `[[name]]`, outside of code."""
    for token in state.tokens:
        if token.type != "inline" or "[[" not in token.content:
            continue
        children: list[Token] = []
        for child in token.children or []:
            children.extend(_split(child) if child.type == "text" and "[[" in child.content else [child])
        token.children = children


def _split(token: Token) -> list[Token]:
    found, at = [], 0
    for match in _LINK.finditer(token.content):
        found += [_text(token.content[at : match.start()]), _named(match[1].strip(), (match[2] or match[1]).strip())]
        at = match.end()
    return [*found, _text(token.content[at:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _named(name: str, shown: str) -> Token:
    return Token("wikilink", "", 0, content=shown, meta={"name": name})


_Env = MutableMapping[str, Any]


def _wikilink(_: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ANN401
    token = tokens[index]
    query = f"name={quote(token.meta['name'])}&from={quote(env['namespace'])}"
    return f'<a class="wikilink" href="{escape(env["base"])}/web/go?{escape(query)}">{escape(token.content)}</a>'


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ANN401
    token = tokens[index]
    source = str(token.attrGet("src") or "")
    said = token.content or source
    if not source.startswith(("http://", "https://")):
        return f'<span class="picture">picture: {escape(said[:200])}</span>'
    return (
        f'<a class="picture" href="{escape(source)}" title="{escape(source[:300])}">picture: {escape(said[:200])}</a>'
    )


def _link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ANN401
    href = str(tokens[index].attrGet("href") or "")
    tokens[index].attrSet("title", href[:300])
    return str(renderer.renderToken(tokens, index, options, env))


def _directed(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ANN401
    tokens[index].attrSet("dir", "auto")
    return str(renderer.renderToken(tokens, index, options, env))


def _heading(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ANN401
    """A heading stands one level lower than it is written: the highest is the page's own."""
    token = tokens[index]
    token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    if token.nesting == 1:
        token.attrSet("dir", "auto")
    return str(renderer.renderToken(tokens, index, options, env))


def _cell(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ANN401
    """A column's alignment is a class: the parser's own way is a style, which the pages' policy forbids."""
    token = tokens[index]
    style = str(token.attrs.pop("style", ""))
    if style.startswith("text-align:"):
        token.attrSet("class", style.removeprefix("text-align:"))
    return str(renderer.renderToken(tokens, index, options, env))


_WIDE = '<div class="wide" tabindex="0" role="region" aria-label="table">'
_RULES: dict[str, Callable[..., str]] = {
    "wikilink": _wikilink,
    "image": _image,
    "link_open": _link,
    "heading_open": _heading,
    "heading_close": _heading,
    "th_open": _cell,
    "td_open": _cell,
    "table_open": lambda *_: f"{_WIDE}<table>",
    "table_close": lambda *_: "</table></div>",
    **{f"{name}_open": _directed for name in ("paragraph", "list_item", "blockquote")},
}
