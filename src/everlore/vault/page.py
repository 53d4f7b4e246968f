"""A page: front matter and a text. `render` and `parse` are inverse, whatever the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from everlore.vault.frontmatter import Fields, Malformed, Value, emit, read, update

FENCE = "---\n"
_CONFLICT = ("<<<<<<< ", "=======", ">>>>>>> ")


@dataclass(frozen=True, slots=True)
class Page:
    """What a file says; `head` is its front matter as written."""

    fields: Fields
    text: str
    head: str = field(default="", compare=False)


def render(fields: Mapping[str, Value | None], text: str, before: Page | None = None) -> str:
    """Return the file of a page; over one that is there, only the lines of keys that changed are written anew.

    Raise `Malformed` where those cannot be.
    """
    if before is not None and before.head:
        head = update(before.head, before.fields, fields)
    else:
        head = "".join(emit(key, value) for key, value in fields.items() if value is not None)
    return f"{FENCE}{head}{FENCE}\n{text}\n"


def parse(data: bytes) -> Page:
    """Return the page in a file; raise `Malformed`, which says why there is none."""
    try:
        said = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"it is not valid UTF-8 at byte {error.start}") from None
    if "\0" in said:
        raise Malformed("it holds zero bytes")
    first = said.partition("\n")[0]
    if first.endswith("\r"):
        said = said.replace("\r\n", "\n")
    lines = said.split("\n")
    if all(any(line.startswith(mark) for line in lines) for mark in _CONFLICT):
        raise Malformed("it holds the marks of a merge that is not settled")
    if lines[0].rstrip() != "---":
        return Page({}, said.removesuffix("\n"))
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise Malformed("its front matter does not end: a line with --- is missing")
    head = "".join(line + "\n" for line in lines[1:end])
    body = "\n".join(lines[end + 1 :]).removeprefix("\n").removesuffix("\n")
    return Page(read(head), body, head)


def said_the_same(one: str, other: str) -> bool:
    """Tell whether two texts differ in nothing but what editors do to the ends of files and lines."""
    return one == other or one.rstrip().replace("\r\n", "\n") == other.rstrip().replace("\r\n", "\n")
