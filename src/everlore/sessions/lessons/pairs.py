"""From commands that failed to what made them work: the same command failed, and later succeeded after another was run.

What was mended in files is a matter of the code, which keeps it; what had to be installed, set or fetched is a matter of the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from everlore.sessions.handoff import Said
from everlore.sessions.handoff.commands import Run, error_lines, output, runs

_SPLIT = re.compile(r"\s*(?:&&|;|\n)\s*")
_LOOKS = re.compile(
    r"^(?:cd|ls|cat|head|tail|grep|rg|echo|pwd|which|find|sed -n|ps|sleep|true|curl|lsof|journalctl|tree|wc"
    r"|git (?:status|diff|log|show|fetch|branch|add|commit|push|switch|checkout|stash))\b"
)
_ERROR = re.compile(r"\b(?:ERR[A-Z_]*|FATAL|[Ee]rror|fatal)\b|\bERR_\w+")
_WRITES = re.compile(
    r"\b(?:mkdir|touch|cp|mv|rm|sed -i|tee|patch|alembic|git (?:apply|revert|checkout|reset))\b|[^-=]>\s*[\w./]"
)
_WORDS = re.compile(r"[\w./@:-]+")
_WITHIN = 8
"""Turns that may lie between the failure and the success."""
_LONGEST_COMMAND, _LONGEST_ERROR = 160, 200


@dataclass(frozen=True, slots=True)
class Pair:
    """A command that failed with an error, what was done then, and the run that succeeded."""

    failed: Run
    error: str
    cure: str
    passed: Run
    between: tuple[Said, ...]


def pairs(turns: Sequence[Said]) -> Iterator[Pair]:
    """Yield failures that another command, or the same one run otherwise, cured; none that an edit of files did."""
    found = runs(turns)
    place = {turn.position: number for number, turn in enumerate(turns)}
    for number, run in enumerate(found):
        if not run.failed or run.tests:
            continue
        later = [
            each for each in found[number + 1 :] if place[each.turn.position] - place[run.turn.position] <= _WITHIN
        ]
        passed = next((each for each in later if not each.failed and _same(run.command, each.command)), None)
        if passed is None:
            continue
        first, last = place[run.turn.position], place[passed.turn.position]
        if any(turn.detail.get("writes") for turn in turns[first:last]):
            continue
        between = [each for each in later if each.turn.position < passed.turn.position and not each.failed]
        cure = _cure(run, passed, between)
        error = next(filter(_ERROR.search, output(run).splitlines()), "") or "; ".join(error_lines(run))
        if cure and error and not _WRITES.search(cure):
            yield Pair(
                run, error[:_LONGEST_ERROR], cure[:_LONGEST_COMMAND], passed, tuple(each.turn for each in between)
            )


def told(pair: Pair) -> str:
    """Return a pair as one statement."""
    command = " ".join(pair.failed.command.split())[:_LONGEST_COMMAND]
    return f"`{command}` failed with `{' '.join(pair.error.split())}`; what helped: `{' '.join(pair.cure.split())}`"


def _cure(run: Run, passed: Run, between: Sequence[Run]) -> str:
    """Return what made the difference: commands run in between, else how the command that passed differs."""
    if passed.command != run.command:
        return passed.command
    pieces = [piece for each in between for piece in _SPLIT.split(each.command)]
    if any(_LOOKS.match(piece) is None for piece in pieces):
        return " && ".join(
            dict.fromkeys(
                each.command for each in between if any(not _LOOKS.match(p) for p in _SPLIT.split(each.command))
            )
        )
    return ""


def _same(failed: str, later: str) -> bool:
    """Tell whether a later command is the one that failed, with something before it or added to it."""
    if failed == later:
        return True
    last = _SPLIT.split(failed)[-1]
    words, more = _WORDS.findall(last), _WORDS.findall(later)
    return (
        len(words) >= 2
        and len(later) < 3 * len(failed) + 60
        and [word for word in more if word in set(words)][-len(words) :] == words
    )
