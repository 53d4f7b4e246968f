"""What a terminal can show: its width, colour or none, text wrapped and cleaned, and plain tables.

Stored text is somebody else's: `clean` makes control characters visible, so that no memory can move the cursor, rewrite
the screen or set the clipboard. Where output is not a terminal, nothing is coloured, wrapped or cut.
"""

from __future__ import annotations

import os
import sys

from everlore.core.errors import EverloreError
from everlore.core.quote import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import IO, Any

MAX_WIDTH = 100
UNLIMITED = 1 << 30

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def colour_on(stream: IO[Any]) -> bool:
    """Tell whether `stream` is a terminal whose user wants colour (see no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def clean(text: str) -> str:
    """Return `text` with control characters made visible; line breaks and tabs stay."""
    return visible(text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(clean(text).split())


def date(iso: str | None) -> str:
    """Return an ISO time as `2026-03-02 09:15` in UTC, midnight as the date alone; empty for None."""
    if not iso:
        return ""
    return iso[:10] if iso[11:] == "00:00:00Z" else iso[:16].replace("T", " ")


class Page:
    """Where an answer is written for a person: `width` in columns, and whether to colour."""

    def __init__(self, width: int = UNLIMITED, *, colour: bool = False) -> None:
        self.width = width
        self.colour = colour

    @classmethod
    def of(cls, stream: IO[Any]) -> Page:
        """Return the page that `stream` is: as wide as its terminal, or without limit."""
        if not stream.isatty():
            return cls()
        return cls(min(_columns(stream), MAX_WIDTH), colour=colour_on(stream))

    def paint(self, text: str, *styles: str) -> str:
        """Return `text` in `styles`, if the page has colour."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def indented(self, text: str, indent: int = 4) -> str:
        """Return `text`, cleaned, wrapped to the page and indented; its own line breaks stay."""
        lead, room = " " * indent, max(self.width - indent, 20)
        pieces = (piece for line in clean(text).split("\n") for piece in _wrap(line, room))
        return "\n".join(lead + piece if piece else "" for piece in pieces)

    def cut(self, text: str, room: int) -> str:
        """Return `text` on one line of at most `room` columns."""
        text = one_line(text)
        return text if len(text) <= room else text[: max(room - 1, 1)] + "…"

    def facts(self, pairs: Iterable[tuple[str, object]]) -> str:
        """Return `name  value` lines, names aligned, without the pairs that have no value."""
        kept = [(name, str(value)) for name, value in pairs if value not in (None, "", [], {})]
        wide = max((len(name) for name, _ in kept), default=0)
        return "\n".join(f"{self.paint(name.ljust(wide), 'dim')}  {clean(value)}" for name, value in kept)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
        """Return rows in aligned columns under `head`; the last column is cut where the page ends."""
        cells = [[one_line(str("" if cell is None else cell)) for cell in row] for row in rows]
        wide = [max(len(cell) for cell in column) for column in zip(head, *cells, strict=True)]
        wide[-1] = max(self.width - sum(wide[:-1]) - 2 * (len(wide) - 1), 10)
        names = [name.ljust(size) for name, size in zip(head[:-1], wide, strict=False)]
        lines = [self.paint("  ".join([*names, head[-1]]), "dim")]
        for row in cells:
            ahead = (cell.ljust(size) for cell, size in zip(row[:-1], wide, strict=False))
            lines.append("  ".join([*ahead, self.cut(row[-1], wide[-1])]).rstrip())
        return "\n".join(lines)


def _wrap(line: str, room: int) -> list[str]:
    """Break a line at spaces; continuation lines keep the line's own indentation."""
    if len(line) <= room:
        return [line.rstrip()]
    lead = line[: len(line) - len(line.lstrip())][: room // 2]
    lines, here = [], lead
    for word in line.split():
        if here.strip() and len(here) + 1 + len(word) > room:
            lines.append(here)
            here = lead + word
        else:
            here = f"{here} {word}" if here.strip() else here + word
    return [*lines, here]


def emit(text: str | bytes) -> None:
    """Write data to standard output, whole or not at all."""
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EverloreError(f"cannot write the output: {error.strerror}") from error


def tell(text: str) -> None:
    """Write a message to standard error."""
    sys.stderr.flush()
    sys.stderr.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stderr.buffer.flush()


def _columns(stream: IO[Any]) -> int:
    if (given := os.environ.get("COLUMNS", "")).isdigit() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or MAX_WIDTH
    except (OSError, ValueError):
        return MAX_WIDTH
