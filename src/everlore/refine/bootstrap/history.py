"""What git's log tells: who worked where, which files change most, what was reverted, and what had to be mended again and again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from everlore.refine.bootstrap.values import Doubts, Limits, Progress, Seed, bullets, cite, is_prose, plain
from everlore.refine.repository import NoAnswer, Repository

_FORMAT = "%x01%H%x02%ct%x02%aN%x02%s%x02%b%x03"
_HASH = re.compile(r"[0-9a-f]{40,64}")
_PREFIX = re.compile(r"(?P<type>[a-z]{2,12})(?:\((?P<scope>[^()]{1,40})\))?(?P<breaking>!)?:\s+\S")
_FIX = re.compile(r"(?:fix(?:es|ed)?|hot-?fix|bugfix|repair|mend)\b", re.IGNORECASE)
_REVERT = re.compile(r"revert(?:s|ed)?:?\s+[\"“]?(?P<what>.+?)[\"”]?$", re.IGNORECASE)
_REVERTED = re.compile(r"This reverts commit ([0-9a-f]{7,64})")
_AGAIN = re.compile(r"^(?:reapply|reland|revert\s+[\"“]revert)", re.IGNORECASE)
_TRAILER = re.compile(
    r"^(?:[A-Z][\w-]*-by|Change-Id|Closes|Fixes|Refs?|Signed|Cc|Link|Differential Revision|This reverts commit|\(cherry)[: ].*$|^.*This reverts commit.*$",
    re.MULTILINE,
)
_DULL = re.compile(
    r"^(?:merge|bump|release|version|wip|typo|format|lint|chore|update (?:changelog|dependenc|lock)|v?\d+\.\d+|regenerate|prepare|start )",
    re.IGNORECASE,
)
_MOST_BODY, _MOST_FILES = 3_000, 400
_REVERTS, _MENDED, _FEWEST_FIXES = 20, 6, 4
_TELLING = frozenset({"feat", "perf", "refactor"})


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit that is no merge; `at` in Unix seconds."""

    hash: str
    at: int
    author: str
    subject: str
    body: str
    files: tuple[str, ...]

    @property
    def short(self) -> str:
        """The digits by which it is cited."""
        return self.hash[:12]

    @property
    def day(self) -> str:
        """The day it was made, in UTC."""
        return day(self.at)


@dataclass(slots=True)
class History:
    """The commits, newest first, and the tags of releases; not `whole` where reading was stopped."""

    commits: list[Commit] = field(default_factory=list)
    tags: list[tuple[str, str, int]] = field(default_factory=list)
    whole: bool = True


def day(at: int) -> str:
    """Return the day of Unix seconds in UTC."""
    return datetime.fromtimestamp(max(0, min(at, 253402300799)), UTC).strftime("%Y-%m-%d")


def read(repository: Repository, limits: Limits, progress: Progress) -> History:
    """Return the history of what is checked out; empty where there is none."""
    found = History()
    if repository.head() is None:
        return found
    since = [f"--since={limits.since}"] if limits.since is not None else []
    said = repository.stream(
        "log", "HEAD", "-z", f"--max-count={limits.commits + 1}", "--no-merges", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-show-signature",
        "--name-only", f"--format={_FORMAT}", *since, seconds=limits.seconds, most=limits.bytes,
    )  # fmt: skip
    try:
        for record in _records(said):
            if len(found.commits) == limits.commits:
                found.whole = False
                break
            if commit := _commit(record):
                found.commits.append(commit)
                if len(found.commits) % 500 == 0:
                    progress("reading history", len(found.commits), 0)
    except NoAnswer:
        found.whole = False
    said_tags = repository.ask(
        "for-each-ref",
        "refs/tags",
        "--count=200",
        "--sort=-creatordate",
        "--format=%(refname:short)%09%(creatordate:unix)%09%(objectname)%09%(*objectname)",
    )
    for line in said_tags.splitlines():
        name, at, own, peeled = (*line.split("\t"), "", "", "")[:4]
        if at.isdigit() and re.fullmatch(r"[\w./+-]{1,60}", name):
            found.tags.append((name, (peeled or own)[:12], int(at)))
    return found


def _records(said: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for piece in said:
        *whole, rest = (rest + piece).split(b"\x01")
        yield from (each.decode("utf-8", "replace") for each in whole if each)
    if rest:
        yield rest.decode("utf-8", "replace")


def _commit(record: str) -> Commit | None:
    head, _, names = record.partition("\x03")
    parts = head.split("\x02")
    if len(parts) != 5 or not _HASH.fullmatch(parts[0]) or not parts[1].isdigit():
        return None
    files = tuple(name for name in (each.lstrip("\n") for each in names.split("\0")) if name)[:_MOST_FILES]
    return Commit(parts[0], int(parts[1]), plain(parts[2])[:60], plain(parts[3])[:200], parts[4][:_MOST_BODY], files)


def kind_of(commit: Commit) -> str:
    """Return the conventional prefix of a commit, `fix` where it says so in other words, else nothing."""
    m = _PREFIX.match(commit.subject)
    return m["type"] if m else "fix" if _FIX.match(commit.subject) else ""


def hot(
    commits: Sequence[Commit], known: Callable[[str], bool], fewest: int = 3, most: int = 5
) -> list[tuple[str, int]]:
    """Return the files that were changed most often, of those that are there."""
    counts = Counter(path for commit in commits if len(commit.files) <= 40 for path in commit.files if known(path))
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [(path, number) for path, number in ranked[:most] if number >= fewest]


def people(commits: Sequence[Commit], most: int = 3) -> list[tuple[str, int]]:
    """Return who made most of some commits, with how many."""
    counts = Counter(commit.author for commit in commits if commit.author and "[bot]" not in commit.author)
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:most]


def notable(commits: Sequence[Commit], doubts: Doubts, most: int = 5) -> list[Commit]:
    """Return commits worth telling of, newest first: what breaks, what is new, and what somebody explained at length."""
    ranked = []
    for place, commit in enumerate(commits):
        m = _PREFIX.match(commit.subject)
        explained = len(_TRAILER.sub("", commit.body).strip())
        worth = (
            4 * bool((m and m["breaking"]) or "BREAKING CHANGE" in commit.body)
            + 2 * bool(m and m["type"] in _TELLING)
            + min(explained, 400) / 200
        )
        if not _DULL.match(commit.subject) and is_prose(commit.subject) and not _REVERT.match(commit.subject):
            ranked.append((-worth, place, commit))
    chosen = sorted(sorted(ranked, key=lambda each: each[:2])[: 2 * most], key=lambda each: each[1])
    passed = [
        commit
        for *_, commit in sorted(chosen, key=lambda each: each[:2])
        if doubts.passes(commit.subject, commit.short)
    ]
    return sorted(passed[:most], key=lambda commit: -commit.at)


def line(commit: Commit) -> str:
    """Return a commit as an entry of a list."""
    return f"{commit.day} {commit.subject} {cite(commit.short)}"


def reverts(name: str, history: History, doubts: Doubts) -> Iterator[Seed]:
    """Yield what was taken back and stayed so, with the reason where one was given."""
    known = {commit.hash: commit for commit in history.commits}
    again = {_bare(commit.subject) for commit in history.commits if _AGAIN.match(commit.subject)}
    told = []
    for commit in history.commits:
        named, said = _REVERTED.search(commit.body), _REVERT.match(commit.subject)
        if not (named or (said and '"' in commit.subject)) or _AGAIN.match(commit.subject):
            continue
        old = next((c for h, c in known.items() if named and h.startswith(named[1])), None)
        what = old.subject if old else plain(said["what"]) if said else ""
        reason = " ".join(plain(_TRAILER.sub("", commit.body)).split())[:600]
        if not what or _bare(what) in again or not doubts.passes(f"{what}\n{reason}", commit.short):
            continue
        told.append((not is_prose(reason, 4), commit, old, what, reason if is_prose(reason, 4) else ""))
    for _, commit, old, what, reason in sorted(told, key=lambda each: (each[0], -each[1].at))[:_REVERTS]:
        sources = [commit.short, *([old.short] if old else [])]
        made = f" It was made {old.day} by {old.author}." if old else ""
        areas = sorted({path.rpartition("/")[0] or path for path in (old or commit).files})[:4]
        lines = [f"“{what}” was reverted on {commit.day} by {commit.author}.{made}"]
        lines += [f"Reason given: {reason}"] if reason else ["No reason was given."]
        lines += [f"It touched {', '.join(areas)}."] if areas else []
        yield Seed(
            f"revert:{commit.hash}", "failure", f"Reverted: {what}", "\n".join([*lines, cite(*sources)]), tuple(sources), ("bootstrap", "revert"),
            0.6 if reason else 0.4, None, commit.at, lasting=True,
        )  # fmt: skip


def _bare(subject: str) -> str:
    """Return what a commit is about without the words that take it back or do it again."""
    while m := re.match(r"(?:reapply|reland|revert)\s+[\"“]?(.*?)[\"”]?$", subject, re.IGNORECASE):
        subject = m[1]
    return subject.strip().lower()


def mended(name: str, history: History, known: Callable[[str], bool], doubts: Doubts) -> Iterator[Seed]:
    """Yield the files that were mended again and again, more than their share of changes tells."""
    fixes: dict[str, list[Commit]] = {}
    changes = Counter(path for commit in history.commits for path in commit.files)
    for commit in history.commits:
        if kind_of(commit) in {"fix", "hotfix", "bugfix"} and len(commit.files) <= 12:
            for path in commit.files:
                if known(path):
                    fixes.setdefault(path, []).append(commit)
    telling = [
        (path, own) for path, own in fixes.items() if len(own) >= _FEWEST_FIXES and 3 * len(own) >= changes[path]
    ]
    for path, own in sorted(telling, key=lambda each: (-len(each[1]), each[0]))[:_MENDED]:
        shown = [commit for commit in own[:8] if doubts.passes(commit.subject, commit.short)]
        text = f"{path} was mended {len(own)} times in {changes[path]} changes, last on {own[0].day}:\n{bullets(map(line, shown))}"
        yield Seed(
            f"mended:{path}", "failure", f"{name}: often mended, {path}", text, tuple(c.short for c in shown), ("bootstrap", "fixes"), 0.5, lasting=True,
        )  # fmt: skip
