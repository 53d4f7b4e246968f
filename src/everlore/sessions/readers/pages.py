"""What readers of Markdown have in common: which files there are, front matter, sections, and kinds by the word for them.

No symlink is followed, for what it leads to was not named. What Everlore itself wrote into a file of instructions is no
knowledge of its author's and is taken out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from everlore.core.clock import to_ms
from everlore.core.errors import InvalidInput
from everlore.core.types import KINDS
from everlore.sessions.readers import fields
from everlore.sessions.records import BadLine, LeftOut, MemoryRecord, Record

MAX_PAGE, MAX_TITLE, MAX_TAG, MAX_TAGS = 1_000_000, 300, 64, 32
LARGEST, MOST_FILES = 4_000_000, 100_000
"""Bytes of one page in a folder, and pages in one."""
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_OURS = re.compile(
    r"^<!-- everlore:(?:begin|start) -->[ \t]*$.*?^<!-- everlore:end -->[ \t]*$\n?|<everlore-memory\b.*?</everlore-memory>",
    re.MULTILINE | re.DOTALL,
)
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
_KINDS = {
    "decision": "decision decided adr choice design architecture",
    "convention": "convention rule rules feedback requirement constraint principle guideline standard policy style",
    "preference": "preference preferences user like dislike habit",
    "procedure": "procedure howto how-to technique method workflow step steps recipe runbook commands command setup build process tip",
    "failure": "failure problem problems issue bug error gotcha pitfall pitfalls incident postmortem lesson warning",
    "question": "question questions open-question unknown",
    "goal": "goal goals objective objectives milestone",
    "artifact": "artifact artifacts artefact artefacts deliverable",
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split()} | {kind: kind for kind in KINDS}


def kind_of(word: object, otherwise: str) -> str:
    """Return our kind for another tool's word for it."""
    plain = str(word or "").strip().casefold().replace("_", "-").replace(" ", "-")
    return _BY_WORD.get(plain) or _BY_WORD.get(plain.removesuffix("s"), otherwise)


def files(path: Path) -> Iterator[tuple[Path, str] | LeftOut]:
    """Yield each Markdown file with its place below `path`; hidden files and directories are left alone."""
    if path.is_file():
        if path.stat().st_size > LARGEST:
            raise InvalidInput(
                f"{path.name} is larger than {LARGEST // 1_000_000} MB", field="path", hint="cut it into pages"
            )
        yield path, path.name
        return
    number = 0
    for directory, below, names in os.walk(path):
        below[:] = sorted(each for each in below if not each.startswith(".") and each not in _PASSED_OVER)
        for name in sorted(names):
            if name.startswith(".") or not name.lower().endswith((".md", ".markdown")):
                continue
            file = Path(directory, name)
            where = file.relative_to(path).as_posix()
            number += 1
            if number > MOST_FILES:
                raise InvalidInput(
                    f"there are more than {MOST_FILES:,} pages in it", field="path", hint="import parts of it"
                )
            if file.is_symlink():
                yield LeftOut(where, "it is a symlink, which may lead anywhere; import what it leads to")
            elif not file.is_file():
                yield LeftOut(where, "it is no regular file")
            elif file.stat().st_size > LARGEST:
                yield LeftOut(where, f"it is larger than {LARGEST // 1_000_000} MB")
            else:
                yield file, where


def each(path: Path, take: Callable[[str, str], Iterable[Record]]) -> Iterator[Record]:
    """Yield what `take(text, where)` makes of each file; a `BadLine` for one that cannot be read."""
    for found in files(path):
        if isinstance(found, LeftOut):
            yield found
            continue
        file, where = found
        try:
            text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            if path.is_dir() and not text.strip():
                yield LeftOut(where, "it is empty")
                continue
            yield from list(take(_OURS.sub("", text), where))
        except UnicodeDecodeError as error:
            yield BadLine(where, InvalidInput(f"{where}: is not UTF-8 at byte {error.start}", field="text"))
        except OSError as error:
            yield BadLine(where, InvalidInput(f"{where}: cannot be read: {error.strerror}", field="path"))
        except InvalidInput as error:
            yield BadLine(where, InvalidInput(f"{where}: {error.message}", field=error.field, hint=error.hint))


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return the front matter of a page and the rest; raise `InvalidInput` where it is not YAML."""
    found = _FRONT.match(text)
    if not found:
        return {}, text
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        front = YAML(typ="safe").load(found.group(1))
    except (YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise InvalidInput(f"front matter is not valid YAML: {said}", field="front matter") from None
    return (front if isinstance(front, dict) else {}), text[found.end() :]


def plain(front: Mapping[str, Any], name: str, limit: int) -> str:
    """Return a plain value of the front matter as text; lists and maps, which may be of any size, are no such value."""
    value = front.get(name)
    if value is None or value == "":
        return ""
    if not isinstance(value, (str, int, float, date)):
        raise InvalidInput(f"{name}: expected a text, got {type(value).__name__}", field=name)
    return fields.text({name: str(value).strip()}, name, required=False, limit=limit)


def names(front: Mapping[str, Any], name: str, limit: int, most: int) -> list[str]:
    """Return a list of short texts of the front matter, which may be written as one text with commas."""
    given = front.get(name) or []
    given = given.split(",") if isinstance(given, str) else fields.items(given, name)
    if len(given) > most:
        raise InvalidInput(f"{name}: there are {len(given)}; the most is {most}", field=name)
    return [each for one in given if (each := plain({name: one}, name, limit).lstrip("#"))]


def moment(value: object, name: str) -> int | None:
    """Return Unix milliseconds of a date or time of the front matter; one without a zone counts as UTC."""
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, date):
        return to_ms(datetime(value.year, value.month, value.day))  # noqa: DTZ001 - a date without a zone counts as UTC
    return fields.instant(value, name)


def any_moment(value: object) -> int | None:
    """Return `moment`, None for what is no time: for fields that others write as they like."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return int(value * 1000) if 0 < value < 1e11 else int(value) if 0 < value < 1e14 else None
        return moment(value, "created")
    except InvalidInput:
        return None


def sections(text: str, deepest: int = 6) -> list[tuple[int, str, str]]:
    """Cut a text at its headings: level, heading and body of each; what stands before the first has level 0."""
    found: list[tuple[int, str, list[str]]] = [(0, "", [])]
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        elif (heading := _HEADING.match(line)) and len(heading[1]) <= deepest:
            found.append((len(heading[1]), heading[2], []))
            continue
        found[-1][2].append(line)
    return [(level, heading, "\n".join(lines).strip("\n")) for level, heading, lines in found]


def memory(text: str, title: str | None, kind: str, tags: Iterable[str] = (), **more: Any) -> MemoryRecord:  # noqa: ANN401
    """Return a memory within the bounds of what is kept; raise `InvalidInput` where the text is not."""
    body = fields.text({"text": text.strip()}, "text", limit=MAX_PAGE)
    short = " ".join(title.split())[:MAX_TITLE] if title else None
    kept = dict.fromkeys(tag[:MAX_TAG] for tag in (each.strip() for each in tags) if tag)
    return MemoryRecord(body, short or None, kind, tuple(kept)[:MAX_TAGS], more.pop("valid_from", None), None, **more)
