"""Templates filled: one environment, and what every template may use.

Everything that is put into a template is escaped there, unless it comes from `markdown.render` or is a template's own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from everlore import __version__
from everlore.surfaces.web import markdown
from everlore.surfaces.web.files import load

TEMPLATES = Path(__file__).parent / "templates"


def fill(template: str, values: Mapping[str, Any], *, block: str = "") -> str:
    """Return a template filled, or one block of it; `parts` in it are the macros that several pages use."""
    templates = environment()
    found = templates.get_template(template)
    whole = {**values, "parts": templates.get_template("parts.html").make_module(dict(values))}
    if not block:
        return found.render(whole)
    context = found.new_context(whole)
    return "".join(found.blocks[block.replace("-", "_")](context))


@cache
def environment() -> Environment:
    """The environment of all templates."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        plain=markdown.plain, ago=ago, day=day, moment=moment, count=count, money=money, short=short, name=name_of,
        marked=marked, coded=coded, query=query, tokens=count,
    )  # fmt: skip
    made.globals.update(version=__version__, static=_static, diff=diff, markdown=markdown.render, quoted=quote)
    return made


def _static(name: str) -> str:
    """Return the address of a file below /web/static, with what its content hashes to, so that it may be kept for ever."""
    return f"static/{name}?{load(name).digest}"


def parse(time: str) -> datetime:
    """Return an answer's time."""
    return datetime.fromisoformat(time).astimezone(UTC)


def ago(time: str | None) -> Markup:
    """Return how long ago a time is, as a `time` element that says the time itself too."""
    if not time:
        return Markup("")
    then = parse(time)
    seconds = (datetime.now(UTC) - then).total_seconds()
    text = day(time)
    for limit, unit, word in ((90, 1, "just now"), (5400, 60, "min"), (129600, 3600, "h"), (1209600, 86400, "days")):
        if 0 <= seconds < limit:
            text = word if unit == 1 else f"{round(seconds / unit)} {word} ago"
            break
    return Markup('<time datetime="{}" title="{}">{}</time>').format(time, moment(time), text)


def day(time: str | None) -> str:
    """Return the day of a time, such as 2026-03-02; empty where there is none."""
    return parse(time).strftime("%Y-%m-%d") if time else ""


def moment(time: str | None) -> str:
    """Return a time to the minute, in UTC; empty where there is none."""
    return parse(time).strftime("%Y-%m-%d %H:%M UTC") if time else ""


def count(number: float | None) -> str:
    """Return a number with its thousands apart; a dash where it is not known."""
    return "–" if number is None else f"{number:,.0f}"


def money(dollars: float | None) -> str:
    """Return US dollars; a dash where they are not known."""
    if dollars is None:
        return "–"
    sign = "-" if dollars < 0 else ""
    return f"{sign}${abs(dollars):,.2f}" if abs(dollars) >= 0.1 or dollars == 0 else f"{sign}${abs(dollars):,.4f}"


def short(text: str | None, length: int = 160) -> str:
    """Return the beginning of a text on one line, cut at a word."""
    line = " ".join((text or "")[: length * 4].split())
    if len(line) > length:
        line = f"{line[:length].rsplit(' ', 1)[0][:length]}…"
    return markdown.plain(line)


def name_of(memory: Any) -> str:  # noqa: ANN401 - any answer with a title and a text
    """Return what a memory is called: its title, else how it begins."""
    return short(memory.title or memory.text, 110)


def marked(text: str, ranges: Iterable[Iterable[int]]) -> Markup:
    """Return a text with marks around the ranges, given as start and end."""
    pieces, at = [], 0
    for start, end in ranges:
        pieces += [Markup("{}<mark>{}</mark>").format(markdown.plain(text[at:start]), markdown.plain(text[start:end]))]
        at = end
    return Markup("").join([*pieces, markdown.plain(text[at:])])


def coded(text: str) -> Markup:
    """Return a sentence of ours in which what stands in backticks is code."""
    pieces = markdown.plain(text).split("`")
    if len(pieces) % 2 == 0:
        return escape(markdown.plain(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else piece for place, piece in enumerate(pieces)
    )


def query(given: Mapping[str, Any], **changed: object) -> str:
    """Return a query string of what is given with some of it changed; what is empty is left out."""
    whole = {**given, **changed}
    return urlencode({name: value for name, value in whole.items() if value not in (None, "", False)}, doseq=True)


def diff(before: str, after: str) -> list[tuple[str, str]]:
    """Return the lines of two texts with what became of each: "same", "out" or "in"; of what is the same only what is near."""
    old, new = before.splitlines(), after.splitlines()
    found: list[tuple[str, str]] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=len(old) > 2000).get_grouped_opcodes(3):
        if found:
            found.append(("gap", "…"))
        for what, a, b, c, d in group:
            if what == "equal":
                found += [("same", line) for line in old[a:b]]
                continue
            found += [("out", line) for line in old[a:b]] + [("in", line) for line in new[c:d]]
    return found
