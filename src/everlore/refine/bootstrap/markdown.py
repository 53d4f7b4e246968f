"""Markdown read line by line, as far as its headings, paragraphs and lists go; what stands in code is none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from everlore.refine.bootstrap.values import plain, slug

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"(=+|-+)\s*$")
_FENCE = re.compile(r"\s*(```+|~~~+)")
_BULLET = re.compile(r"(\s*)(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(.*)")
_BREAK = re.compile(r"[|>]|-{3,}|\*{3,}|={3,}|<|!\[|\[!\[|\[[^\]]+\]:")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its depth from 1, its words, the line it stands on from 1, and its anchor, which is its own in the file."""

    depth: int
    words: str
    line: int
    slug: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph or an entry of a list: its text, with what a list nests below it on lines of their own, where it begins, and the headings above it."""

    text: str
    line: int
    above: tuple[str, ...]
    bullet: bool = False
    slug: str = ""


def headings(text: str) -> list[Heading]:
    """Return the headings of a text in order; two of the same words get different anchors."""
    found, seen = list[Heading](), dict[str, int]()
    lines = text.split("\n")
    for number, line in _outside_code(lines):
        depth, words = 0, ""
        if m := _HEADING.match(line):
            depth, words = len(m[1]), m[2]
        elif number < len(lines) and line.strip() and (m := _UNDERLINE.match(lines[number])) and not _BREAK.match(line):
            depth, words = (1 if m[1][0] == "=" else 2), line.strip()
            if depth == 2 and (len(m[1]) < 3 or _BULLET.match(line)):
                continue
        name = slug(words)
        if depth and name:
            times = seen.get(name, 0)
            seen[name] = times + 1
            found.append(Heading(depth, plain(words), number, f"{name}-{times}" if times else name))
    return found


def section(text: str, name: str) -> str | None:
    """Return what stands under the heading with this anchor, with the heading, down to the next of its depth or above it."""
    found = headings(text)
    at = next((n for n, each in enumerate(found) if each.slug == name), None)
    if at is None:
        return None
    end = next((each.line - 1 for each in found[at + 1 :] if each.depth <= found[at].depth), None)
    return "\n".join(text.split("\n")[found[at].line - 1 : end])


def pieces(text: str) -> Iterator[Piece]:
    """Yield paragraphs and entries of lists; an entry takes in what is indented below it."""
    marks = {each.line: each for each in headings(text)}
    above: list[Heading] = []
    said, begun, bullet, indent = list[str](), 0, False, 0
    lines = text.split("\n")
    inside = dict(_outside_code(lines))
    for number in range(1, len(lines) + 2):
        line = inside.get(number, "") if number <= len(lines) else ""
        new = _BULLET.match(line)
        nested = new is not None and bullet and bool(said) and len(new[1]) > indent
        ends = (
            not line.strip() or number in marks or (new and not nested) or (not bullet and _BREAK.match(line.lstrip()))
        )
        if ends and said:
            yield Piece(
                " ".join(said).replace(" \n", "\n"),
                begun,
                tuple(each.words for each in above),
                bullet,
                above[-1].slug if above else "",
            )
            said = []
        if number in marks:
            above = [each for each in above if each.depth < marks[number].depth] + [marks[number]]
        elif new:
            if nested:
                said.append("\n- " + new[2].strip())
            else:
                said, begun, bullet, indent = [new[2].strip()], number, True, len(new[1])
        elif line.strip() and not ends and not (_UNDERLINE.match(line) and number - 1 in marks):
            if not said:
                begun, bullet = number, False
            said.append(line.strip())


def _outside_code(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are in no fenced block nor front matter, with their numbers from 1."""
    fence, start = "", 0
    if lines and lines[0].strip() == "---":
        start = next((n for n, line in enumerate(lines[1:200], 2) if line.strip() == "---"), 0)
    for number, line in enumerate(lines, 1):
        if number <= start:
            continue
        m = _FENCE.match(line)
        if m and (not fence or m[1].startswith(fence)):
            fence = "" if fence else m[1][:3]
        elif not fence:
            yield number, line
