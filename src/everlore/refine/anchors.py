"""What a memory's text speaks of in a repository, and whether that is still as it was: pure, but for reading files.

An anchor is a path and a spot in it: a symbol (`@name`, with the block that defines it), a line (`:3`, wherever it stands
by now), a heading (`#slug`, with its first paragraph), or the whole file (nothing). A text that cites sources is anchored to
these; any other to the files that it names, and in a file to the symbols in backticks that are defined there, if there are any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from everlore.refine.bootstrap.headers import extension
from everlore.refine.bootstrap.markdown import headings, section
from everlore.refine.bootstrap.values import cited, split
from everlore.refine.repository import Repository

VERSION = 1
"""Of the rules by which texts are read for what they speak of; a higher one has all of them read again."""

MOST = 64
"""Anchors of one memory."""

_LARGEST = 2 << 20
_FILES, _SYMBOLS = 16, 24
"""Files and symbols that are looked for in one text that cites no sources."""
_LONGEST_BLOCK = 3_000
_PATH = re.compile(
    r"(?<![\w/.@-])(?:\./)?((?:[\w@+-][\w.@+-]*/)*[\w@+.-]*[\w+-]\.\w{1,12}|(?:[\w@+-][\w.@+-]*/)+[\w.@+-]*\w)(?![\w/])"
)
_QUOTED = re.compile(r"`([^`\n]{1,200})`")
_SYMBOL = re.compile(r"(?:[\w$]+(?:\.|::|#))*([A-Za-z_$][\w$]{2,})(?:\(.*\))?!?")
_PYTHON = r"^(?P<indent>[ \t]*)(?:async\s+)?(?:def|class)\s+{name}\b|^{name}\s*(?::[^=\n]+)?=[^=]"
_BRACED = (
    r"^(?P<indent>[ \t]*)(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([^)\n]*\))?|open|override|"
    r"suspend|data|sealed|unsafe|const|declare|virtual|inline|extern)[ \t]+)*(?:(?:function\*?|class|interface|type|enum|struct|trait|fn|func|fun|"
    r"record|object|mod|namespace|macro_rules!|let|var|val|const|static|union|module|def)[ \t]+(?:\([^)\n]*\)[ \t]*)?{name}\b|"
    r"(?:[\w<>\[\],.?*&:]+[ \t]+)*{name}[ \t]*(?:<[^<>\n]*>)?\([^;\n]*$)"
)
_NO_DEFINITION = re.compile(r"^\s*(?:return|if|for|while|throw|await|yield|else|case|new|raise|import|from|assert)\b")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place that a text speaks of, and the hash of what stands there."""

    path: str
    spot: str
    digest: bytes


def anchors(text: str, repository: Repository, files: Sequence[str]) -> list[Anchor]:
    """Return what a text is about in a repository that holds `files`."""
    found, seen = list[Anchor](), set[tuple[str, str]]()
    for path, spot in _named(text, repository, files):
        if (path, spot) in seen or len(found) == MOST:
            continue
        seen.add((path, spot))
        body = content(repository, path)
        value = digest(body, spot) if body is not None else None
        if value is not None:
            found.append(Anchor(path, spot, value))
    return found


def content(repository: Repository, path: str) -> str | None:
    """Return a file as it stands there now; None where there is none, or one too large to be spoken of."""
    text = repository.text(path, _LARGEST)
    return None if text is None or len(text) >= _LARGEST else text


def digest(text: str, spot: str) -> bytes | None:
    """Return the hash of what stands at a spot of a file; None where nothing does."""
    lines = text.split("\n")
    if spot.startswith(":"):
        number = int(spot[1:])
        return _hash([lines[number - 1].strip()]) if 0 < number <= len(lines) and lines[number - 1].strip() else None
    if spot.startswith("#"):
        told = section(text, spot[1:])
        return _hash(_lead(told)) if told is not None else None
    if spot.startswith("@"):
        block = definition(text, spot[1:])
        return _hash(block) if block is not None else None
    return _hash(lines)


def holds(text: str, spot: str, was: bytes) -> bool:
    """Tell whether what stood at a spot still stands there; a line may have moved, a heading may not have another text below it."""
    return was in _lines(text) if spot.startswith(":") else digest(text, spot) == was


def is_there(text: str, spot: str) -> bool:
    """Tell whether a file still has such a spot, whatever it says."""
    if spot.startswith("@"):
        return definition(text, spot[1:]) is not None
    return not spot.startswith("#") or any(each.slug == spot[1:] for each in headings(text))


def definition(text: str, name: str) -> list[str] | None:
    """Return the lines that define a symbol in a file of any of the common languages; of `Type.member` the member in the type."""
    lines = text.split("\n")
    for part in re.split(r"\.|::|#", name):
        block = _block(lines, part)
        if block is None:
            return None
        lines = block
    return lines


def _block(lines: Sequence[str], name: str) -> list[str] | None:
    whole = "\n".join(lines)
    escaped = re.escape(name)
    for pattern, end in ((_PYTHON, _indented), (_BRACED, _braced)):
        for m in re.finditer(pattern.replace("{name}", escaped), whole, re.MULTILINE):
            at = whole.count("\n", 0, m.start())
            if not _NO_DEFINITION.match(lines[at]) and (block := end(lines, at)):
                return block
    return None


def _indented(lines: Sequence[str], at: int) -> list[str] | None:
    """Return a block that goes on while lines are indented deeper, or while brackets are open."""
    if not re.match(r"\s*(?:async\s+)?(?:def|class)\b.*", lines[at]):
        return _closed(lines, at, "([{", ")]}")
    head = _closed(lines, at, "([{", ")]}")
    if not head[-1].rstrip().endswith(":") and ":" not in head[-1]:  # a def of another language
        return None
    indent, end = len(lines[at]) - len(lines[at].lstrip()), at + len(head)
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent):
        end += 1
    return _trimmed(lines[at:end])


def _braced(lines: Sequence[str], at: int) -> list[str] | None:
    """Return a block from its first line to the brace that closes it, or to `end` in Ruby, or to the end of the statement."""
    lead = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    if re.match(r"\s*(?:def|module|class)\b[^{]*$", lines[at]):
        end = next(
            (n for n in range(at + 1, min(len(lines), at + _LONGEST_BLOCK)) if lines[n].rstrip() == f"{lead}end"), None
        )
        if end is not None:
            return _trimmed(lines[at : end + 1])
    head = "".join(lines[at : at + 4])
    opens, stops = head.find("{"), head.find(";")
    if opens < 0 or (0 <= stops < opens):
        return _closed(lines, at, "([{", ")]}")
    return _closed(lines, at, "{", "}", opened=True)


def _closed(lines: Sequence[str], at: int, opening: str, closing: str, *, opened: bool = False) -> list[str]:
    """Return the lines from one on until all brackets are closed that were opened; `opened` waits for the first of them."""
    depth = 0
    for number in range(at, min(len(lines), at + _LONGEST_BLOCK)):
        for char in re.sub(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|//.*$|#\s.*$", "", lines[number]):
            if char in opening:
                depth, opened = depth + 1, False
            elif char in closing:
                depth -= 1
        if depth <= 0 and not opened:
            return _trimmed(lines[at : number + 1])
    return _trimmed(lines[at : at + _LONGEST_BLOCK])


def _trimmed(lines: Sequence[str]) -> list[str]:
    found = list(lines)
    while found and not found[-1].strip():
        found.pop()
    return found


def _named(text: str, repository: Repository, files: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the files and spots that a text names, those that there are."""
    known = _index(tuple(files))
    sources = [parts for source in cited(text) if (parts := split(source)) and parts[0] in known[0]]
    if sources:
        yield from ((path, f":{line}" if line else f"#{heading}") for path, line, heading, _ in sources)
        return
    symbols = [m[0] for said in _QUOTED.findall(text) if (m := _SYMBOL.fullmatch(said.strip()))][:_SYMBOLS]
    for path in _paths(text, known):
        body = content(repository, path)
        own = [spot for symbol in symbols if body and (spot := _defined(body, path, symbol))]
        yield from ((path, spot) for spot in own or [""])


def _defined(body: str, path: str, symbol: str) -> str:
    """Return the spot of a symbol in a file, nothing where it is not defined there."""
    bare = symbol.partition("(")[0].rstrip("!")
    if extension(path) in {"md", "txt", "json", "toml", "yaml", "yml", "lock", "csv"}:
        return ""
    for name in dict.fromkeys((bare, re.split(r"\.|::|#", bare)[-1])):
        if len(name) > 2 and definition(body, name) is not None:
            return f"@{name}"
    return ""


def _paths(text: str, known: tuple[frozenset[str], dict[str, str | None]]) -> Iterable[str]:
    """Return the files that a text names in full, or by an end that only one of them has."""
    whole, ends = known
    found = []
    for m in _PATH.finditer(text):
        said = m[1].rstrip(".")
        path = said if said in whole else ends.get(said)
        if path:
            found.append(path)
    return list(dict.fromkeys(found))[:_FILES]


@lru_cache(4)
def _index(files: tuple[str, ...]) -> tuple[frozenset[str], dict[str, str | None]]:
    """Return the paths, and by each end of a path the only one that has it, None where several have."""
    ends: dict[str, str | None] = {}
    for path in files:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            end = "/".join(parts[depth:])
            ends[end] = None if end in ends else path
    return frozenset(files), ends


@lru_cache(8)
def _lines(text: str) -> frozenset[bytes]:
    return frozenset(_hash([line.strip()]) for line in text.split("\n"))


def _lead(told: str) -> list[str]:
    """Return a heading with the first paragraph below it."""
    lines = told.split("\n")
    found = [lines[0].strip()]
    for line in lines[1:]:
        if line.strip():
            found.append(line.strip())
        elif len(found) > 1 and not re.fullmatch(r"[=-]+", found[-1]):
            break
    return found


def _hash(lines: Iterable[str]) -> bytes:
    return blake2b("\n".join(line.rstrip() for line in lines).encode("utf-8", "surrogatepass"), digest_size=16).digest()
