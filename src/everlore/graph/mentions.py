"""What a text mentions, found by rules: pages, URLs, code, paths, packages, people and quoted names.

Precision comes first: a word becomes a mention only where its form or the words around it leave little doubt, so that
sentence starts, everyday words and the noise of shells become none. Inside of fenced code only paths and packages count,
for every variable would be an entity. Each rule reads the text once and looks at a bounded number of characters from
any place, so that the time grows with the length of the text, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from everlore.graph.everyday import (
    BRANDS,
    DECORATORS,
    DIRECTORIES,
    DOMAINS,
    EXTENSIONS,
    FILES,
    NOISE,
    NOT_CODE,
    NOT_PEOPLE,
    PROSE,
    ROLE_ADDRESSES,
    SUFFIXES,
)

MentionKind = Literal["code", "path", "package", "person", "page", "name", "url"]
KINDS: tuple[str, ...] = get_args(MentionKind)
LONGEST = 120
"""Characters of the longest name that a rule finds."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where something is named: `start` and `end` are the characters of the text that name it."""

    name: str
    kind: MentionKind
    start: int
    end: int


Found = Iterator[tuple[str, MentionKind, int, int]]

_FENCE = re.compile(r"^[ \t]{0,3}(```|~~~).*$", re.MULTILINE)
_PAGE = re.compile(r"\[\[([^\[\]\n]{1,120})\]\]")
_URL = re.compile(r"\bhttps?://[^\s<>\"'`\[\]{}|\\^]{1,500}")
_TICKED = re.compile(r"(?<!`)`([^`\n]{1,120})`(?!`)")
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{2,60})[\"”“»]")
_TOKEN = re.compile(r"[^\s\"'`<>(){},;|“”«»]+(?:\(\))?")
_NAMING = re.compile(r"\b(?:called|named|codenamed?|code-named|dubbed|titled|entitled|known as)\W{0,3}$", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SNAKE = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+_{0,2}|__[a-z]+__")
_HUMPS = re.compile(r"[A-Z][a-z0-9]+|[A-Z]+(?![a-z])|[a-z][a-z0-9]*")
_SEGMENT = re.compile(r"[\w.@+\-\[\]]+")
_VERSIONED = re.compile(r"([a-z][a-z0-9_.\-]{1,60})(?:\[[a-z0-9,_\-]{1,60}\])?(?:==|>=|~=|<=|@\^?)v?\d[\w.\-]*")
_SCOPED = re.compile(r"(@[a-z0-9][a-z0-9_\-]{0,40}/[a-z0-9][a-z0-9_.\-]{0,60})(?:@[\w.\-^~]{1,30})?")
_PACKAGE = re.compile(
    r"[A-Za-z][A-Za-z0-9_.\-]{1,60}|@[a-z0-9\-]{1,40}/[a-z0-9_.\-]{1,60}|[a-z0-9.\-]{1,40}(?:/[\w.\-]{1,60}){1,4}"
)
_INSTALL = re.compile(
    r"\b(?:pip3?|pipx|uv|uv pip|poetry|npm|pnpm|yarn|bun|cargo|gem|brew|apt|apt-get|go|conda|dnf)[ \t]"
    r"(?:install|add|i|get)[ \t]((?:[^\s&;|`\"']{1,120}[ \t]?){1,20})"
)
_MODULE = r"([a-z_]\w{1,60})(?:\.\w{1,60}){0,6}"
_IMPORT = re.compile(
    rf"^[ \t]{{0,12}}(?:>>> )?(?:import {_MODULE}(?: as \w{{1,60}})?[ \t]*$|from {_MODULE} import \S)", re.MULTILINE
)
_EMAIL = re.compile(r"[A-Za-z0-9][\w.+\-]{0,60}@[A-Za-z0-9\-]{1,60}(?:\.[A-Za-z0-9\-]{2,30}){1,4}")
_HANDLE = re.compile(r"(?<![\w@/.`])@([a-z][a-z0-9\-_]{2,38})(?![\w/(@]|\.\w)")
_CAPITAL = r"[A-Z][a-zà-öø-ÿ]{1,20}(?:-[A-Z][a-zà-öø-ÿ]{1,20})?"
_FULL = rf"{_CAPITAL}(?: (?:{_CAPITAL}|[A-Z]\.|van|von|de|der|bin|al)){{0,3}}"
_TITLED = re.compile(rf"\b(?:Dr|Mr|Mrs|Ms|Prof|Herr|Frau)\.? ({_FULL})")
_SAYING = re.compile(
    rf"\b({_FULL}) (?:said|says|asked|asks|decided|prefers|suggested|suggests|agreed|approved|reviewed|wrote|told|proposed|thinks|insists|objected)\b"
)
_SIGNED = re.compile(
    r"^[ \t]{0,8}(?:[-*] )?(?:Author|Reviewer|Reviewed-by|Co-authored-by|Signed-off-by|Owner|Assignee|Assigned to|Maintainer|Contact"
    rf"|Reported by|Approved by)[ \t]?: ?({_FULL})",
    re.MULTILINE,
)
_ASKED = re.compile(
    rf"\b(?:[Aa]sk|[Pp]ing|[Tt]ell|[Aa]ssigned to|[Oo]wned by|[Rr]eviewed by|[Aa]pproved by|[Mm]aintained by) ({_FULL})\b"
)


def mentions(text: str) -> list[Mention]:
    """Return what a text mentions, in order; no two overlap."""
    prose, fenced = _split(text)
    found: list[Mention] = []
    for rule in _RULES:
        taken = [Mention(*each) for each in rule(prose)]
        found += taken
        prose = _blank(prose, taken)
    for rule in (_paths, _packages):
        taken = [Mention(*each) for each in rule(fenced)]
        found += taken
        fenced = _blank(fenced, taken)
    return sorted(found, key=lambda mention: mention.start)


def _split(text: str) -> tuple[str, str]:
    """Return the text outside of fenced code and that inside, each with the other's characters as blanks."""
    outside, inside, place, open_since = list[str](), list[str](), 0, -1
    fences = [*_FENCE.finditer(text), None]
    for fence in fences:
        end = fence.start() if fence else len(text)
        piece, blank = text[place:end], _hollow(text[place:end])
        code = open_since >= 0
        outside.append(blank if code else piece)
        inside.append(piece if code else blank)
        if fence:
            gap = _hollow(fence.group())
            outside.append(gap)
            inside.append(gap)
            place = fence.end()
            open_since = -1 if code else place
    return "".join(outside), "".join(inside)


def _hollow(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _blank(text: str, taken: list[Mention]) -> str:
    """Return the text with what was taken as characters that no rule knows."""
    parts, place = [], 0
    for mention in sorted(taken, key=lambda each: each.start):
        parts += [text[place : mention.start], "\x00" * (mention.end - mention.start)]
        place = max(place, mention.end)
    return "".join([*parts, text[place:]])


def _pages(text: str) -> Found:
    for match in _PAGE.finditer(text):
        name = " ".join(match[1].split("|")[0].split("#")[0].split())
        if any(letter.isalnum() for letter in name):
            yield name, "page", match.start(), match.end()


def _urls(text: str) -> Found:
    for match in _URL.finditer(text):
        name = match.group().rstrip(".,;:!?)*_")
        plain = name.split("?")[0].split("#")[0].rstrip("/")
        host = plain.split("/")[2] if plain.count("/") >= 2 else ""
        if "." in host and len(plain) <= LONGEST:
            yield plain, "url", match.start(), match.start() + len(name)


def _ticked(text: str) -> Found:
    for match in _TICKED.finditer(text):
        inner = match[1].strip()
        start = match.start(1) + match[1].find(inner) if inner else match.start(1)
        name, kind = inner.removesuffix("()").removesuffix("(…)"), None
        if not inner or inner.startswith("-") or " " in inner:
            continue
        if _is_scoped(name):
            yield name, "package", start, start + len(inner)
            continue
        if _is_path(name):
            kind = "path"
        elif _is_named_code(name):
            kind = "code"
        if kind == "path":
            yield name, "path", start, start + len(inner)
        elif kind == "code":
            yield name, "code", start, start + len(inner)


def _is_scoped(name: str) -> bool:
    return _SCOPED.fullmatch(name) is not None


def _is_named_code(name: str) -> bool:
    """Tell whether what stands between backticks is an identifier, which there may be a plain word too."""
    parts = re.split(r"\.|::|#|->", name)
    if not all(_WORD.fullmatch(part) for part in parts) or not 3 <= len(name) <= LONGEST:
        return False
    return len(parts) > 1 or (name.lower() not in NOISE and name not in NOT_CODE)


def _paths(text: str) -> Found:
    for match in _TOKEN.finditer(text):
        token = match.group().rstrip(".:!?*_]")
        lead = len(token) - len(token.lstrip("[*"))
        name = token[lead:]
        name = re.sub(r":\d{1,6}(?::\d{1,4})?$", "", name)
        if _is_path(name):
            yield name, "path", match.start() + lead, match.start() + lead + len(name)


def _is_path(name: str) -> bool:
    """Tell whether a word is the path of a file or directory."""
    if len(name) > LONGEST or len(name) < 3:
        return False
    if "/" not in name:
        stem, dot, extension = name.rpartition(".")
        plain = bool(stem) and re.fullmatch(r"[\w.\-]+", stem) is not None and not stem.replace(".", "").isdigit()
        return name in FILES or (bool(dot) and plain and extension in EXTENSIONS and not name.lower().endswith(BRANDS))
    rooted = name.startswith(("./", "../", "~/", "/"))
    parts = [part for part in name.removeprefix("~").split("/") if part not in ("", ".", "..")]
    if not parts or not all(_SEGMENT.fullmatch(part) for part in parts):
        return False
    if name.startswith(("/dev/", "/proc/", "/tmp/", "//")):  # noqa: S108 - a name in somebody's text
        return False
    stem, dot, extension = parts[-1].rpartition(".")
    if dot and stem and extension.lower() in EXTENSIONS and not extension.isdigit():
        return not (parts[0].count(".") and parts[0].rpartition(".")[2] in DOMAINS)
    if parts[-1] in FILES:
        return True
    if rooted:
        return len(parts) >= 2 and all(len(part) > 1 for part in parts)
    return parts[0] in DIRECTORIES and (len(parts) >= 2 or name.endswith("/")) and "." not in parts[0]


def _packages(text: str) -> Found:
    yield from ((m[1], "package", m.start(1), m.end(1)) for m in _SCOPED.finditer(text) if _begins(text, m.start()))
    for match in _VERSIONED.finditer(text):
        if _begins(text, match.start()) and not match[1].endswith(("-", ".")) and match[1] not in NOISE:
            yield match[1], "package", match.start(1), match.end(1)
    for match in _IMPORT.finditer(text):
        which = 1 if match[1] else 2
        yield match[which], "package", match.start(which), match.end(which)
    for match in _INSTALL.finditer(text):
        yield from _installed(match)


def _begins(text: str, place: int) -> bool:
    return place == 0 or not (text[place - 1].isalnum() or text[place - 1] in "@/._-\x00")


def _installed(match: re.Match[str]) -> Found:
    """Yield the packages that a command installs, up to the first word that is prose."""
    place, some = match.start(1), False
    for word in match[1].split(" "):
        start, bare = place, word.rstrip(".,:)!?")
        place += len(word) + 1
        if some and bare.startswith("-"):  # what follows an option may belong to it
            return
        if not bare or bare.startswith("-"):
            continue
        name = re.split(r"[=<>~!\[]|(?<=.)@", bare)[0]
        if name.lower() in PROSE or not _PACKAGE.fullmatch(name):
            return
        some = True
        if bare == name:  # one with a version has been found by it
            yield name, "package", start, start + len(name)
        if bare != word:
            return


def _emails(text: str) -> Found:
    for match in _EMAIL.finditer(text):
        name = match.group()
        if name.split("@")[0].lower() not in ROLE_ADDRESSES and _begins(text, match.start()):
            yield name, "person", match.start(), match.end()


def _codes(text: str) -> Found:
    for match in _TOKEN.finditer(text):
        token = match.group()
        bare = token.rstrip(".:!?*]")
        lead = len(bare) - len(bare.lstrip("[*&"))
        name = bare[lead:].removesuffix("()")
        if len(name) <= LONGEST and _is_code(name, called=bare.endswith("()")):
            yield name, "code", match.start() + lead, match.start() + len(bare)


def _is_code(name: str, *, called: bool) -> bool:
    """Tell whether a word in running text is an identifier by its form alone."""
    parts = re.split(r"\.|::", name)
    if not all(_WORD.fullmatch(part) for part in parts) or len(name) < 3:
        return False
    if called or "::" in name:
        return True
    if len(parts) > 1:
        return any("_" in part.strip("_") for part in parts) or (
            len(parts) >= 3 and all(part.islower() and len(part) > 1 for part in parts) and parts[-1] not in DOMAINS
        )
    if _SNAKE.fullmatch(name):
        return True
    return _is_camel(name)


def _is_camel(name: str) -> bool:
    humps = _HUMPS.findall(name)
    if len(humps) < 2 or "_" in name or name.lower().endswith(BRANDS) or name.isupper() or name[:-1].isupper():
        return False
    if name[0].islower():
        return len(humps[0]) > 1 and all(len(hump) > 1 for hump in humps[:2])
    return len(humps) >= 2 and humps[-1] in SUFFIXES and len(humps[0]) > 1


def _people(text: str) -> Found:
    for match in _HANDLE.finditer(text):
        if match[1] not in DECORATORS:
            yield "@" + match[1], "person", match.start(), match.end()
    for pattern in (_SIGNED, _TITLED, _ASKED, _SAYING):
        blank = list(pattern.finditer(text))
        for match in blank:
            name, start = _person(match)
            if name:
                yield name, "person", start, start + len(name)
        text = _blank(text, [Mention("", "person", m.start(1), m.end(1)) for m in blank])


def _person(match: re.Match[str]) -> tuple[str, int]:
    """Return the name that was found without what only stands before it, empty if nothing is left."""
    words, start = match[1].split(" "), match.start(1)
    while words and words[0] in NOT_PEOPLE:
        start += len(words.pop(0)) + 1
    while words and (words[-1] in NOT_PEOPLE or words[-1].islower()):
        words.pop()
    name = " ".join(words)
    return ("", 0) if any(word in NOT_PEOPLE for word in words) or len(name) < 3 else (name, start)


def _quoted(text: str) -> Found:
    for match in _QUOTED.finditer(text):
        name = match[1].strip()
        if match[1] != name or "\x00" in name:
            continue
        named = _NAMING.search(text[max(0, match.start() - 24) : match.start()]) is not None
        if _is_title(name) or (named and _is_label(name)):
            yield name, "name", match.start(1), match.end(1)


def _is_title(name: str) -> bool:
    """Tell whether what is quoted is written as a title: two to six words, all but small ones with a capital."""
    words = name.split()
    if not 2 <= len(words) <= 6 or not re.fullmatch(r"[\w'’&\-. ]+", name) or name.endswith("."):
        return False
    large = [word for word in words if word.lower() not in PROSE]
    return (
        words[0][0].isupper()
        and words[0] not in NOT_PEOPLE
        and len(large) >= 2
        and all(w[0].isupper() or w[0].isdigit() for w in large)
    )


def _is_label(name: str) -> bool:
    return len(name.split()) <= 3 and re.fullmatch(r"[\w\-' ]+", name) is not None and name.lower() not in PROSE


_RULES: tuple[Callable[[str], Found], ...] = (
    _pages, _urls, _ticked, _packages, _emails, _paths, _codes, _people, _quoted,
)  # fmt: skip
