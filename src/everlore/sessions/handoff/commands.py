"""Commands that were run: which failed, which were run again since, and what they said.

A run is replaced by a later one of the same program that covers it: the same targets, some above them, or none at all. So a
test that failed and then passed with its whole file is no failure any more, and a file that fails anew stands for the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from everlore.sessions.handoff.turns import Said

_SPLIT = re.compile(r"\s*(?:&&|\|\||;|\n)\s*")
_LEAD = re.compile(
    r"^(?:(?:sudo|time|env|nohup|npx|pnpm exec|yarn|uv run|poetry run|pipenv run|bundle exec|python3? -m|just|\w+=\S+|cd \S+)\s+)+"
)
_CHECKS = re.compile(r"^(?:grep|rg|diff|test|\[|ls|which|find|pgrep|lsof|cmp|command)\b")
_FAILED = re.compile(
    r"^(?:FAILED\b.*|FAIL\b.*|--- FAIL.*|ERROR\b.*|E\s{2,}.*|error(?:\[\w+\])?:.*|Error:.*|fatal:.*|panic:.*|\S*(?:Error|Exception)\b.*"
    r"|.*\b(?:error|failed|not found|cannot|refused|denied|undefined|Traceback)\b.*)$",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"^(?:FAILED|FAIL\b|--- FAIL|[●✕✗×] |ERROR\b|E\s{2,}|error|fatal|panic|CONFLICT\b|\S*(?:Error|Exception)\b|\S+: error\b)"
)
_SUMMARY = re.compile(r"^FAIL(?:\s+\S+(?:\s+\(?[\d.]+ ?m?s\)?)?)?$")
_TITLE = re.compile(r"^--- FAIL")
"""A line that only names what failed; the one after it says why."""
_RED = re.compile(
    r"^\d+ failed\b|\b[1-9]\d* (?:failed|errors?)\b(?!.*\b0 failed)|^FAILED\b|^--- FAIL|^npm ERR!", re.MULTILINE
)
_TEST = re.compile(
    r"\b(?:pytest|tox|nox|vitest|jest|mocha|go test|cargo (?:test|nextest)|rspec|phpunit|ctest|mvn|gradle|playwright|make test"
    r"|npm (?:run )?test|bun test|deno test)\b"
)
_TWO_WORDS = frozenset({
    "go", "cargo", "npm", "make", "git", "docker", "podman", "alembic", "kubectl", "terraform", "yarn", "pnpm", "bun", "helm",
    "docker-compose", "podman-compose", "systemctl",
})  # fmt: skip
_ASIDE = frozenset({
    "cd", "ls", "echo", "cat", "sleep", "tail", "head", "true", "set", "export", "source", "pwd", "mkdir", "which",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One command that was run, with what came of it."""

    turn: Said
    command: str
    program: str
    beside: frozenset[str]
    targets: tuple[str, ...]
    failed: bool

    @property
    def tests(self) -> bool:
        """Tell whether it ran tests."""
        return bool(_TEST.search(self.command))


def runs(turns: Iterable[Said]) -> list[Run]:
    """Return the commands that were run and came to an end, in order."""
    found = []
    for turn in turns:
        command = turn.detail.get("command")
        if turn.role == "tool" and turn.event != "tool_call" and isinstance(command, str) and command.strip():
            found.append(Run(turn, command, *_parts(command), _has_failed(turn, command)))
    return found


def still_failing(found: Sequence[Run]) -> Iterator[Run]:
    """Yield the runs that failed and that no later run covers, the newest first."""
    for number in range(len(found) - 1, -1, -1):
        run = found[number]
        if run.failed and not any(_covers(later, run) for later in found[number + 1 :]):
            yield run


def error_lines(run: Run, most: int = 2) -> list[str]:
    """Return the lines of a run's output that say best what is wrong."""
    lines = [line.strip() for line in output(run).splitlines() if line.strip()]
    strong = [number for number, line in enumerate(lines) if _STRONG.match(line)]
    chosen = [number for number in strong if not _SUMMARY.match(lines[number])] or strong
    if chosen and _TITLE.match(lines[chosen[-1]]):
        chosen = list(range(chosen[-1], min(chosen[-1] + most, len(lines))))
    if not chosen:
        weak = [number for number, line in enumerate(lines) if _FAILED.match(line)] or [len(lines) - 1]
        chosen = [weak[0] - 1, *weak] if len(weak) < most and weak[0] > 0 else weak
    return list(dict.fromkeys(lines[number] for number in chosen[-most:] if lines))


def output(run: Run) -> str:
    """Return what a run printed, without the call that stands before it in the turn."""
    text, command = run.turn.text, run.command
    at = text.find(command[:200])
    return text[at + len(command) :] if 0 <= at < 300 else text


def _has_failed(turn: Said, command: str) -> bool:
    code = turn.detail.get("exit")
    if isinstance(code, int) and code != 0:
        return not (code == 1 and _CHECKS.match(_LEAD.sub("", command)))
    if turn.event == "tool_failure":
        return True
    return bool(_TEST.search(command) and _RED.search(turn.text))


def _parts(command: str) -> tuple[str, frozenset[str], tuple[str, ...]]:
    """Return the program that a command is about, all that it runs, and what the one is run on: a test, else the last."""
    pieces = [_head(piece) for piece in _SPLIT.split(command) if piece]
    pieces = [piece for piece in pieces if piece[0] and piece[0].split()[0] not in _ASIDE] or pieces or [(command, ())]
    about = next((piece for piece in reversed(pieces) if _TEST.search(piece[0])), pieces[-1])
    return about[0], frozenset(program for program, _ in pieces), about[1]


def _head(piece: str) -> tuple[str, tuple[str, ...]]:
    words = _LEAD.sub("", piece.partition("|")[0].strip()).split()
    if not words:
        return "", ()
    keep = 2 if words[0] in _TWO_WORDS else 1
    rest = tuple(
        word for word in words[keep:] if not word.startswith("-") and ("/" in word or "." in word or "::" in word)
    )
    return " ".join(words[:keep]), rest


def _covers(later: Run, earlier: Run) -> bool:
    """Tell whether a later run says anew what an earlier one said."""
    if earlier.program not in later.beside:
        return False
    if not _TEST.search(earlier.command):
        return later.command == earlier.command or not later.failed or later.targets == earlier.targets
    if later.command == earlier.command or not later.targets:
        return True
    return bool(earlier.targets) and all(
        any(_is_within(target, above) for above in later.targets) for target in earlier.targets
    )


def _is_within(target: str, above: str) -> bool:
    above = above.rstrip("/.") or "."
    return target == above or above in {".", "./"} or target.startswith((f"{above}/", f"{above}::", f"{above}["))


_SOON = 200
"""Runs after a failure among which the one that covers it is looked for."""


def mended(found: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    """Yield the runs that failed, each with the first later one that covers it and succeeded; a command once, its last failure."""
    last: dict[str, tuple[Run, Run]] = {}
    for number, run in enumerate(found):
        if not run.failed:
            continue
        soon = found[number + 1 : number + 1 + _SOON]
        if (later := next((each for each in soon if not each.failed and _covers(each, run)), None)) is not None:
            last[run.command] = (run, later)
    yield from last.values()
