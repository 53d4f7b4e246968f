"""Plain logs of chats: lines that say who speaks, and those below them that go on.

One of four shapes is found by a first look over the whole file: lines with a time (`[2026-03-02 09:00] Ana: text`, WhatsApp,
IRC), IRC's `<ana> text`, Markdown with a heading or bold name for each turn (`## User`, `**Assistant:** text`), and
`Ana: text`. Whether the day or the month stands first is told by the file's own dates: by one above 12, else by AM and PM.

A dated log is one session for each day, any other one session. A turn's id is made of what it says, so that a log that
has grown, or lost its beginning, is known again. Zip files and directories are read too, each file in them a log.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import IO

from everlore.core.clock import to_iso
from everlore.core.errors import InvalidInput
from everlore.sessions.readers import exports, fields, stamps
from everlore.sessions.records import MAX_TURN, BadLine, Record, TurnRecord

SUFFIXES = frozenset({".txt", ".log", ".md", ".markdown", ".text"})
_USERS = frozenset({"user", "you", "human", "me", "prompt"})
_MODELS = frozenset({
    "assistant", "ai", "bot", "model", "response", "chatgpt", "gpt", "gpt-4", "gpt-4o", "gpt-5", "claude", "gemini", "copilot", "github copilot",
    "cursor", "codex", "grok", "deepseek", "mistral", "llama",
})  # fmt: skip
_ROLES = {**dict.fromkeys(_USERS, "user"), **dict.fromkeys(_MODELS, "assistant"), "system": "system", "tool": "tool"}
_LEVELS = frozenset({"trace", "debug", "info", "notice", "warn", "warning", "error", "fatal", "critical"})
_NOBODY = _LEVELS | frozenset({"note", "todo", "example", "step", "fix", "file", "date", "subject", "from", "to"})
"""What stands before a colon and is no name."""
_ANGLED = re.compile(r"<[@+%~& ]?(?P<name>[^<>\s]{1,60})>(?:\s+(?P<text>.*))?$")
_ACTION = re.compile(r"\*\s+(?P<name>[^\s*]{1,60})\s+(?P<text>.+)$")
_TABBED = re.compile(r"[@+%~& ]?(?P<name>[^\s<>-][^\s<>]{0,59})\t(?P<text>.*)$")
_NAMED = re.compile(r"(?P<name>[^\W\d_][\w .'’()&+-]{0,39}?):(?:\s+(?P<text>.*))?$")
_FREE = re.compile(r"~?\s?(?P<name>[^:<>*\t]{1,60}): (?P<text>.*)$|~?\s?(?P<name_>[^:<>*\t]{1,60}):$")
"""Behind a time anything may be a name."""
_MARKED = re.compile(
    r"\s{0,3}(?P<head>#{1,6}\s+)?(?P<bold>[*_]{2,3})?[^\w\s]{0,3}\s?(?P<name>[A-Za-z][\w. -]{0,20}?)\s?(?P<colon>:?)(?:[*_]{2,3})?(?P<colon_>:?)"
    r"(?:\s+[(—–-]\s?(?P<time>[\d.:/, TZ+-]{8,30}(?:[ap]m)?)\)?|\s+(?P<text>\S.*))?\s*$",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})(.*)$")
_RULE = re.compile(r"\s*\n(?:-{3,}|\*{3,}|_{3,})\s*\Z")
_LEFT_OUT = frozenset(
    {"<media omitted>", "<medien ausgeschlossen>", "image omitted", "video omitted", "audio omitted", "sticker omitted"}
)
_MOST_NAMES = 10_000
_NEARLY_ALL = 0.6


@dataclass(slots=True)
class _Survey:
    """What a first look over a log tells: how many lines of each shape, who speaks, and which dates it has."""

    lines: int = 0
    stamped: int = 0
    angled: int = 0
    marked: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    dates: stamps.Order = field(default_factory=stamps.Order)

    @property
    def shape(self) -> str | None:
        """The shape of the log; None when it is none."""
        roles = {_ROLES[name] for name in self.marked}
        if {"user", "assistant"} <= roles:
            return "marked"
        if self.stamped:
            return "stamped"
        if self.angled:
            return "angled"
        return "named" if self.speakers else None

    @property
    def speakers(self) -> frozenset[str]:
        """Who speaks in a log of `Ana: text`: who does so twice or is a role, anybody where nearly all lines are such."""
        nearly_all = self.names.total() >= _NEARLY_ALL * self.lines
        return frozenset(
            name for name, count in self.names.items() if nearly_all or count > 1 or name.lower() in _ROLES
        )

    @property
    def sure(self) -> bool:
        """Whether no other kind of text looks like this."""
        several = (
            self.names.total() >= _NEARLY_ALL * self.lines and len(self.names) > 1 and max(self.names.values()) > 1
        )
        return (
            self.shape == "marked"
            or self.stamped + self.angled > self.lines // 4
            or (self.shape == "named" and several)
        )


def read(path: Path) -> Iterator[Record]:
    """Yield the turns of a log, or of every log of a directory or zip file."""
    with exports.opened(path) as files:
        names = sorted(name for name in files.names if PurePosixPath(name).suffix.lower() in SUFFIXES)
        names = names if path.is_dir() or exports.is_zip(path) else list(files.names)
        if not names:
            raise InvalidInput(f"{path.name} holds no log of a chat", field="path")
        for name in names:
            stem = path.stem if len(names) == 1 else str(PurePosixPath(name).with_suffix(""))
            yield from _log(files, name, stem[:300])


def looks(head: bytes, *, markdown: bool = False) -> bool:
    """Tell whether a file that begins so is a log of a chat, and of Markdown whether it is no page."""
    survey = _survey(_text(line) for line in head.split(b"\n"))
    return survey.shape == "marked" if markdown else survey.sure


def _log(files: exports.Files, name: str, stem: str) -> Iterator[Record]:
    with files.open(name) as file:
        survey = _survey(_lines(file))
    if survey.shape is None:
        yield BadLine(name, InvalidInput(f"{name}: no line of it says who speaks", field="path"))
        return
    with files.open(name) as file:
        yield from _Talk(name, stem, survey).turns(_lines(file))


def _lines(file: IO[bytes]) -> Iterator[str]:
    while line := file.readline(MAX_TURN * 4):
        yield _text(line)


def _text(line: bytes) -> str:
    """Return a line of a log, of which not every one is UTF-8, without the marks that only tell how to show it."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    return text.rstrip("\r\n").lstrip("\ufeff\u200e\u200f\u202a\u202b")


def _survey(lines: Iterable[str]) -> _Survey:
    survey, fence = _Survey(), ""
    for line in lines:
        if not line.strip():
            continue
        survey.lines += 1
        fence = _fenced(fence, line)
        if fence:
            continue
        if mark := _marked(line):
            survey.marked[mark["name"].lower()] += 1
        if stamp := stamps.find(line):
            if _after(stamp.rest):
                survey.stamped += 1
                survey.dates.see(stamp)
        elif _ANGLED.match(line):
            survey.angled += 1
        elif (found := _NAMED.match(line)) and _is_name(found["name"]) and len(survey.names) < _MOST_NAMES:
            survey.names[found["name"]] += 1
    return survey


def _is_name(name: str) -> bool:
    return len(name.split()) <= 4 and name.lower() not in _NOBODY


def _marked(line: str) -> re.Match[str] | None:
    found = _MARKED.match(line)
    if not found or not (found["head"] or found["bold"]) or found["name"].lower() not in _ROLES:
        return None
    return found if found["colon"] or found["colon_"] or not found["text"] else None


def _after(rest: str) -> tuple[str, str] | None:
    """Return who speaks and what, behind a time."""
    for shape in (_ANGLED, _ACTION, _TABBED, _FREE):
        if found := shape.match(rest):
            given = found.groupdict()
            name, text = given["name"] or given.get("name_") or "", given["text"] or ""
            if not name.strip() or name.split()[0].strip("[]").lower() in _LEVELS:  # what a program logs
                return None
            return name.strip(), f"* {text}" if shape is _ACTION else text
    return None


def _fenced(fence: str, line: str) -> str:
    """Return the fence within which the lines after this one stand; "" outside."""
    found = _FENCE.match(line)
    if not found:
        return fence
    if not fence:
        return found[1]
    return "" if found[1].startswith(fence) and not found[2].strip() else fence


class _Talk:
    """One log on its way in: the turn that is being read."""

    def __init__(self, where: str, stem: str, survey: _Survey) -> None:
        self._where, self._stem = where, stem
        self._shape, self._speakers, self._dates = survey.shape, survey.speakers, survey.dates
        names = {name.lower() for name in survey.names} | set(survey.marked)
        self._has_roles = bool(names & _USERS)
        self._day = stamps.day_in(stem)
        self._session = ""
        self._seen: Counter[str] = Counter()
        self._begin(None, None, "", 0)

    def turns(self, lines: Iterable[str]) -> Iterator[Record]:
        """Yield the turns, or a `BadLine` for one that cannot be stored."""
        fence = ""
        for number, line in enumerate(lines, 1):
            before, fence = fence, _fenced(fence, line) if self._shape in {"marked", "named"} else ""
            begun = None if before or fence else self._said(line)
            if begun is None:
                self._text.append(line)
                continue
            yield from self._end()
            self._begin(*begun, number)
        yield from self._end()

    def _begin(self, speaker: str | None, time: int | None, text: str, number: int) -> None:
        self._speaker, self._time, self._text, self._line = speaker, time, [text], number

    def _said(self, line: str) -> tuple[str | None, int | None, str] | None:
        """Return speaker, time and text of a line that begins a turn; no speaker when it is nobody's; None when it goes on."""
        if self._shape == "marked":
            mark = _marked(line)
            return (
                (mark["name"], stamps.instant(mark["time"] or "", self._dates, None), mark["text"] or "")
                if mark
                else None
            )
        if self._shape == "stamped":
            if day := stamps.day_line(line):
                self._day = day
                return None, None, ""
            if (stamp := stamps.find(line)) is None:
                return None
            said = _after(stamp.rest)
            return (said[0], stamp.instant(self._dates, self._day), said[1]) if said else (None, None, "")
        found = _ANGLED.match(line) if self._shape == "angled" else _NAMED.match(line)
        if not found or (self._shape == "named" and found["name"] not in self._speakers):
            return None
        return found["name"], None, found["text"] or ""

    def _end(self) -> Iterator[Record]:
        text = _RULE.sub("", "\n".join(self._text)).strip()
        if self._speaker is None or not text or text.lower().lstrip("\u200e") in _LEFT_OUT:
            return
        day = to_iso(self._time)
        session = f"{self._stem}/{day[:10]}" if day else self._stem
        if session != self._session:
            self._session, self._seen = session, Counter()
        identity = blake2b(
            f"{self._time}\n{self._speaker}\n{text}".encode("utf-8", "replace"), digest_size=8
        ).hexdigest()
        self._seen[identity] += 1
        repeated = f"-{self._seen[identity]}" if self._seen[identity] > 1 else ""
        role = _ROLES.get(self._speaker.lower()) if self._has_roles else None
        try:
            text = fields.body({"text": text}, "text")
            speaker = fields.text({"speaker": self._speaker}, "speaker")
        except InvalidInput as error:
            where = f"{self._where}, line {self._line}"
            yield BadLine(where, InvalidInput(f"{where}: {error.message}", field=error.field, hint=error.hint))
            return
        yield TurnRecord(session, identity + repeated, speaker, role, self._time, text)
