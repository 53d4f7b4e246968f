"""What the readers of a repository give: seeds, each with its sources, and what was left out of them.

A source is `path:line`, `path#heading` or twelve digits of a commit. In a text it stands in square brackets at the end of a
line, so that whoever has the text alone can look it up: `[src/app.py:3]`, `[README.md#install; 0123456789ab]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from everlore.core.types import Kind
from everlore.guard.injection import scan

Progress = Callable[[str, int, int], None]

SENTENCE = 160
_TAGS = (
    "a|b|br|center|code|details|div|em|h[1-6]|i|img|li|p|picture|source|span|strong|sub|summary|sup|table|td|th|tr|ul"
)
_MARKUP = re.compile(
    r"!\[[^\[\]]*\](?:\([^()\s]*\))?|\[([^\[\]]*)\](?:\([^()\s]*(?:\s\"[^\"]*\")?\)|\[[^\[\]]*\])|"
    rf"</?(?:{_TAGS})\b[^<>]{{0,300}}>|<!--.*?-->|\{{@\w+ ([^{{}}]*)\}}"
)
_END = re.compile(r"(?<![\s.(][A-Za-z])(?<!e\.g)(?<!i\.e)(?<!etc)(?<!vs)[.!?](?=\s)|$")
_CITED = re.compile(r"(?:^|[ \t])\[([^\[\]\n]{3,2000})\]$", re.MULTILINE)
_SOURCE = re.compile(r"(?P<path>[^\[\]`\\:;#\"\n]+?)(?::(?P<line>\d+)|#(?P<heading>[\w-]+))|(?P<commit>[0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read and made; `since` is Unix seconds before which history is not looked at."""

    seeds: int = 300
    files: int = 6_000
    commits: int = 20_000
    bytes: int = 96 << 20
    since: int | None = None
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Seed:
    """One memory to be: `key` names it for good, so that a second reading finds it; `lasting` seeds outlive what they were read from.

    `since` is when it became true, in Unix seconds; a `layer` of None follows from the kind.
    """

    key: str
    kind: Kind
    title: str
    text: str
    sources: tuple[str, ...]
    tags: tuple[str, ...] = ()
    importance: float = 0.5
    layer: int | None = None
    since: int | None = None
    lasting: bool = False


@dataclass(slots=True)
class Doubts:
    """Pieces of text that try to steer their reader: where each stood, and why it is in no page."""

    held: list[tuple[str, str]] = field(default_factory=list)

    def passes(self, text: str, where: str) -> bool:
        """Tell whether a piece may stand in a page; note it where not."""
        found = scan(text)
        if found:
            self.held.append((where, "; ".join(finding.kind for finding in found)))
        return not found


def cite(*sources: str) -> str:
    """Return sources as they stand at the end of a line."""
    return f"[{'; '.join(dict.fromkeys(sources))}]"


def cited(text: str) -> list[str]:
    """Return the sources that a text names, in order, each once."""
    parts = (part.strip() for found in _CITED.findall(text) for part in found.split(";"))
    return list(dict.fromkeys(part for part in parts if _SOURCE.fullmatch(part)))


def split(source: str) -> tuple[str, str, str, str] | None:
    """Return the path, line, heading and commit that a source names, empty where it names none; None if it is no source."""
    found = _SOURCE.fullmatch(source)
    return (found["path"] or "", found["line"] or "", found["heading"] or "", found["commit"] or "") if found else None


def slug(heading: str) -> str:
    """Return the anchor of a Markdown heading."""
    return re.sub(r"[^\w-]+", "", "-".join(plain(heading).lower().split()))


def plain(text: str) -> str:
    """Return words without markup, on one line, with no square bracket that could pass for a source at the line's end."""
    said = " ".join(_MARKUP.sub(lambda m: m[1] or m[2] or "", text).replace("**", "").replace("__", "").split())
    return f"{said[:-1]})" if said.endswith("]") else said


def sentence(text: str, most: int = SENTENCE) -> str:
    """Return the first sentence of a text, without markup, cut at a word where it is too long."""
    said = plain(text)
    found = next((m for m in _END.finditer(said) if m.end() > 12), None)
    said = said[: found.start()] if found else said
    said = said if len(said) <= most else said[:most].rpartition(" ")[0].rstrip(",;:") + " …"
    return said.strip(" .:")


def is_prose(text: str, fewest: int = 3) -> bool:
    """Tell whether a line reads like a sentence rather than like code, a ruler or a list of names."""
    words = text.split()
    letters = sum(c.isalpha() or c.isspace() for c in text)
    return len(words) >= fewest and letters >= 0.7 * len(text) and not text.rstrip().endswith((";", "{", "}"))


def bullets(lines: Iterable[str]) -> str:
    """Return lines as a list."""
    return "\n".join(f"- {line}" for line in lines)
