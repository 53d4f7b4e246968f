"""Where memories would lie better, and what they are: suggestions with a reason each; nothing here writes.

other project   the text names another project of the workspace and not its own
thin            a node below a project that holds next to nothing, whose memories would lie better one level up
kind            the wording says what sort of knowledge it is, and it is kept as another
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from everlore.core.types import Namespace
from everlore.refine.findings import Finding
from everlore.refine.lint import Note

FEW = 2
"""Memories up to which a node holds next to nothing."""
_PROJECT = 2
_SHORTEST = 4
_LONGEST = 300
_WORDINGS = (
    (
        "decision",
        re.compile(r"\s*(?:we|i|the team|it was) (?:have )?(?:decided|agreed|chose|settled on)\b", re.IGNORECASE),
    ),
    ("convention", re.compile(r"\s*(?:always|never|do not|don't|you must|all \w+ must)\b", re.IGNORECASE)),
    ("preference", re.compile(r"\s*(?:i|we|[A-Z]\w+) (?:prefers?|likes?|dislikes?|would rather)\b")),
    ("question", re.compile(r"[^.!?]*\?\s*$")),
)
_OPEN = frozenset({"fact"})
"""The kind that is given where nobody thought of one; another one was chosen."""


def misplaced(notes: Iterable[Note], nodes: Mapping[int, Namespace]) -> Iterator[Finding]:
    """Yield memories that name one other project of their workspace, and nothing of their own."""
    projects = [node for node in nodes.values() if len(node.lineage) == _PROJECT]
    for note in notes:
        node = nodes[note.memory.namespace]
        own = {segment.casefold() for segment in node.path.split("/")}
        said = f"{note.head.title or ''}\n{note.head.text}"
        named = [each for each in projects if each.lineage[0] == node.lineage[0] and _names(said, _last(each))]
        others = [each for each in named if _last(each).casefold() not in own]
        if len(others) == 1 and len(named) == 1 and not any(_names(said, name) for name in own):
            yield _set(
                note, {"namespace": others[0].path}, f"it speaks of {others[0].path} and lies in {node.path}", 0.6
            )


def thin(notes: Sequence[Note], nodes: Mapping[int, Namespace], busy: Iterable[int]) -> Iterator[Finding]:
    """Yield what lies at nodes below a project that hold next to nothing; `busy` are nodes with sessions or nodes below them."""
    count: dict[int, list[Note]] = {}
    for note in notes:
        count.setdefault(note.memory.namespace, []).append(note)
    passed = set(busy)
    for place, held in count.items():
        node = nodes[place]
        if len(node.lineage) > _PROJECT and len(held) <= FEW and place not in passed:
            above = node.path.rpartition("/")[0]
            for note in held:
                yield _set(note, {"namespace": above}, f"{node.path} holds {len(held)} in all", 0.4)


def misjudged(notes: Iterable[Note]) -> Iterator[Finding]:
    """Yield facts whose wording is that of another kind."""
    for note in notes:
        if note.memory.kind in _OPEN and len(note.head.text) <= _LONGEST:
            kind = next((kind for kind, wording in _WORDINGS if wording.match(note.head.text)), None)
            if kind:
                yield _set(note, {"kind": kind}, f"it reads like a {kind}", 0.6)


def _set(note: Note, change: dict[str, str], reason: str, confidence: float) -> Finding:
    uid = note.memory.uid
    sort = "kind" if "kind" in change else "place"
    return Finding(sort, "revise", "set", {"id": uid, **change}, (uid,), reason, confidence=confidence)


def _last(node: Namespace) -> str:
    return node.path.rpartition("/")[2]


def _names(said: str, name: str) -> bool:
    """Tell whether a text has a name as a word of its own; a name as short as a common word proves nothing."""
    return (
        len(name) >= _SHORTEST and re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w-])", said, re.IGNORECASE) is not None
    )
