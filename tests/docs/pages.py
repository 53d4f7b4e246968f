"""The written pages of the repository, and the code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")


def pages() -> list[Path]:
    """Return every page of Markdown that people read, without the sample's."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name(page: Path) -> str:
    """Return the path of a page as people write it."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return [body for kind, body in _FENCE.findall(page.read_text("utf-8")) if kind == language]


def commands(page: Path) -> list[str]:
    """Return every `lore ...` that a page shows in a block for a shell or within a line."""
    text = page.read_text("utf-8")
    lines = [line for kind in ("sh", "console") for body in blocks(page, kind) for line in body.splitlines()]
    spans = _SPAN.findall(_FENCE.sub("", text))
    shown = [line.removeprefix("$ ").rpartition("| ")[2] for line in lines] + spans
    return [line for line in shown if line.startswith("lore ")]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))
