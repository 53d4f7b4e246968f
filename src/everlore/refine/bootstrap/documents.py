"""What people wrote about a project: its readme, the list of its documents, its decision records and its releases."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from everlore.core.types import Kind
from everlore.refine.bootstrap.markdown import Piece, headings, pieces
from everlore.refine.bootstrap.values import Doubts, Seed, bullets, cite, is_prose, plain, sentence

Read = Callable[[str], str | None]

_README = re.compile(r"(?:docs/)?readme(?:\.(?:md|markdown|rst|txt))?", re.IGNORECASE)
_RECORDS = re.compile(
    r"(?:^|/)(?:adrs?|decisions?|decision[-_]records?|architecture[-_]decisions?|rfcs?)/(?:[^/]+/)?[^/]*\d[^/]*\.(?:md|markdown|adoc)$",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(r"(?:^|/)docs?/.*\.(?:md|mdx|markdown)$|^[A-Z][\w-]+\.md$")
_NO_DOCUMENT = re.compile(
    r"(?:^|/)(?:readme|license|licence|changelog|changes|history|code_of_conduct|conduct|contributors|security|authors|claude|agents?|gemini)\b[^/]*$|"
    r"(?:^|/)(?:[a-z]{2}[-_][A-Z]{2}|zh|ja|ko|fr|de|es|pt|ru)/",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"(?:docs/)?(?:changelog|changes|history|releases?|news)(?:\.(?:md|markdown|rst|txt))?", re.IGNORECASE
)
_NUMBERED = re.compile(r"^(?:adr|rfc)?[-\s#:]*\d{1,5}\s*[.:)—–-]*\s*", re.IGNORECASE)
_STATUS = re.compile(
    r"\b(accepted|proposed|rejected|deprecated|superseded|draft|approved|withdrawn|implemented)\b", re.IGNORECASE
)
_DATED = re.compile(r"\bdate\W{1,8}(\d{4}-\d\d-\d\d)", re.IGNORECASE)
_DECISION = re.compile(
    r"^(?:the )?(?:decision|decision outcome|outcome|resolution|what we decided|proposal|solution)\W*$", re.IGNORECASE
)
_LED = re.compile(r"^(?:\*\*|__)?(?:decision|outcome)(?:\*\*|__)?\s*[.:](?:\*\*|__)?(?:\s+|$)", re.IGNORECASE)
_WHY = re.compile(r"^(?:context|problem|motivation|background|context and problem statement)\W*$", re.IGNORECASE)
_LED_WHY = re.compile(r"^(?:\*\*|__)?(?:context|problem|motivation)(?:\*\*|__)?\s*[.:](?:\*\*|__)?\s+", re.IGNORECASE)
_PAST = frozenset({"superseded", "deprecated", "rejected", "withdrawn"})
_VERSION = re.compile(
    r"(?:(?:release|version)\s+)?\[?v?(\d+\.\d+(?:\.\d+)?(?:[-.+]?\w+)*)\]?(?:.*?(\d{4}-\d\d-\d\d))?", re.IGNORECASE
)
_FRONT = re.compile(r"(title|description)\s*:\s*(\S.*)$")
_LEAD, _PARAGRAPH = 700, 900
_MOST_LINES, _MOST_RELEASES, _MOST_CHANGES = 40, 8, 5


def readme(files: Sequence[str], read: Read, doubts: Doubts) -> tuple[str, list[Piece]]:
    """Return the readme's path and its first paragraphs, none where there is no readme or it says nothing."""
    path = next((p for p in sorted(files, key=lambda p: (p.count("/"), p)) if _README.fullmatch(p)), None)
    text = read(path) if path else None
    if path is None or not text:
        return "", []
    found, length = list[Piece](), 0
    for piece in pieces(text):
        said = plain(piece.text)[:600]
        if found and piece.above != found[0].above:  # what the project is stands at the top, how to install it below
            break
        if piece.bullet or not is_prose(said, 6) or not doubts.passes(said, f"{path}:{piece.line}"):
            continue
        found.append(piece)
        length += len(said)
        if length >= _LEAD or len(found) == 3:
            break
    return path, found


def documents(name: str, files: Sequence[str], read: Read, doubts: Doubts) -> Iterator[Seed]:
    """Yield one page for each directory of documents: each of them in a line."""
    by_directory: dict[str, list[str]] = defaultdict(list)
    for path in files:
        if _DOCUMENT.search(path) and not _NO_DOCUMENT.search(path) and not _RECORDS.search(path):
            by_directory[path.rpartition("/")[0]].append(path)
    for directory, paths in sorted(by_directory.items()):
        lines, sources = [], []
        for path in paths:
            found = _document(path, read(path) or "", doubts)
            if found:
                lines.append(found[0])
                sources.append(found[1])
        if lines:
            shown, rest = lines[:_MOST_LINES], len(lines) - _MOST_LINES
            more = [f"and {rest} more"] if rest > 0 else []
            where = f"{directory}/" if directory else "the top directory"
            text = f"What is written about {name} in {where}:\n{bullets([*shown, *more])}"
            yield Seed(
                f"documents:{directory}", "page", f"{name}: documents in {where}", text, tuple(sources[:_MOST_LINES]), ("bootstrap", "docs"),
            )  # fmt: skip


def _document(path: str, text: str, doubts: Doubts) -> tuple[str, str] | None:
    """Return a document's line and its source: its title, and its first sentence if it is no repetition."""
    marks = headings(text[:20_000])
    ends = marks[1].line if len(marks) > 1 else 1 << 30
    lead = next(
        (p for p in pieces(text[:20_000]) if p.line < ends and not p.bullet and is_prose(plain(p.text), 5)), None
    )
    front = (
        {
            m[1]: (plain(m[2]).strip("'\""), n)
            for n, line in enumerate(text.split("\n")[:30], 1)
            if (m := _FRONT.match(line))
        }
        if text.startswith("---")
        else {}
    )
    own = marks[0].words if marks and marks[0].depth == 1 else path.rpartition("/")[2].rpartition(".")[0]
    title, at = front.get("title", (own, 0))
    title = title[:160]
    told = front["description"][0] if "description" in front else lead.text if lead else ""
    source = f"{path}:{at}" if at else f"{path}#{marks[0].slug}" if marks else f"{path}:{lead.line}" if lead else ""
    said = f"{title}: {sentence(told)}" if told else title
    if not source or not doubts.passes(said, source):
        return None
    return f"{said} {cite(source)}", source


def decisions(files: Sequence[str], read: Read, doubts: Doubts) -> Iterator[Seed]:
    """Yield what each decision record decided; one that holds no more is kept for explicit search only."""
    for path in files:
        if _RECORDS.search(path) and (text := read(path)):
            seed = _decision(path, text)
            if seed:
                yield seed


def _decision(path: str, text: str) -> Seed | None:
    marks = headings(text)
    title = _NUMBERED.sub("", marks[0].words).strip() if marks else ""
    found = list(pieces(text))
    told = _under(found, _DECISION, _LED)
    if not title or told is None:
        return None
    first, said = told
    status = _status(found, text)
    dated = _DATED.search(text[:2000])
    why = _under(found, _WHY, _LED_WHY)
    lines = [said]
    if why:
        lines.append(f"Context: {sentence(why[1], 300)}.")
    lines += [f"Status: {status}."] if status else []
    source = f"{path}:{first.line}"
    over = status.split(" ")[0] in _PAST
    since = (
        int(datetime.fromisoformat(dated[1]).replace(tzinfo=UTC).timestamp()) if dated and _is_date(dated[1]) else None
    )
    return Seed(
        f"decision:{path}", "decision", f"{title} ({status.split(' ')[0]})" if over else title, "\n".join([*lines, cite(source)]), (source,),
        ("bootstrap", "adr"), 0.4 if over else 0.7, 3 if over else None, since,
    )  # fmt: skip


def _is_date(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).year >= 1970
    except ValueError:
        return False


def _status(found: list[Piece], text: str) -> str:
    """Return a record's status, with what took its place, in one line."""
    told = next((p.text for p in found if p.above and p.above[-1].lower().strip(" :") == "status"), None)
    if told is None:
        line = re.search(r"^\W*status\W+(.{3,120})$", text[:3000], re.IGNORECASE | re.MULTILINE)
        told = line[1] if line else ""
    said = _STATUS.search(told)
    return f"{said[1].lower()} {plain(told[said.end() :]).strip(' .')[:80]}".strip() if said else ""


def _under(found: list[Piece], title: re.Pattern[str], lead: re.Pattern[str]) -> tuple[Piece, str] | None:
    """Return the first piece under a heading of this name, or the paragraph that a word of this sort leads, with the text of both and what follows."""
    for number, piece in enumerate(found):
        if piece.above and title.match(piece.above[-1]):
            taken = [p for p in found[number:] if p.above == piece.above]
        elif m := lead.match(piece.text):
            taken = [Piece(piece.text[m.end() :], piece.line, piece.above)]
            taken += [p for p in found[number + 1 : number + 6] if p.bullet]
        else:
            continue
        said = ""
        for each in taken:
            line = f"- {plain(each.text)}" if each.bullet else plain(each.text)
            if said and len(said) + len(line) > _PARAGRAPH:
                break
            said += ("\n" if said else "") + line[:_PARAGRAPH]
        return piece, said
    return None


def releases(name: str, files: Sequence[str], read: Read, doubts: Doubts) -> Seed | None:
    """Return the page of a project's latest releases, as its changelog tells them."""
    path = next((p for p in files if _CHANGES.fullmatch(p)), None)
    text = read(path) if path else None
    if not path or not text:
        return None
    found, sources = list[str](), list[str]()
    everything = list(pieces(text))
    for mark in headings(text):
        version = _VERSION.match(mark.words)
        if not version:
            continue
        own = [p for p in everything if mark.words in p.above and p.line > mark.line]
        said = [
            f"  - {told}" for p in own[:_MOST_CHANGES] if doubts.passes(told := sentence(p.text), f"{path}:{p.line}")
        ]
        source = f"{path}:{mark.line}"
        sources.append(source)
        more = f" and {len(own) - _MOST_CHANGES} more" if len(own) > _MOST_CHANGES else ""
        found.append(
            "\n".join([f"{version[1]}{f' of {version[2]}' if version[2] else ''}{more} {cite(source)}", *said])
        )
        if len(found) == _MOST_RELEASES:
            break
    if not found:
        return None
    kind: Kind = "page"
    text = f"The latest releases of {name}, newest first:\n{bullets(found)}"
    return Seed("releases", kind, f"{name}: releases", text, tuple(sources), ("bootstrap", "releases"))
