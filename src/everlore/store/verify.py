"""Whether what is derived agrees with its truth: journal chain, tallies, passages, full-text rows, term frequencies, vectors.

Nothing is trusted: passages are cut again, words are counted again, and the full-text index is asked which rows it holds
and how many of them hold each word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from everlore.core.types import Revision
from everlore.store import index, journal, namespaces
from everlore.store.contract import Unit

Problem = tuple[str, str]
_SHOWN = 20


def verify_store(unit: Unit, progress: Callable[[str, int, int], None]) -> tuple[dict[str, int], list[Problem]]:
    """Return how many things of each sort were checked, and the problems as (what, detail)."""
    checked: dict[str, int] = {}
    problems: list[Problem] = [
        ("journal", f"entry {seq} does not follow from the one before") for seq in journal.broken_links(unit)[:_SHOWN]
    ]
    checked["journal"] = unit.value("count_journal")
    problems += [
        ("reference", f"row {row[1]} of {row[0]} refers to nothing") for row in unit.rows("foreign_key_problems")
    ]
    checked["namespaces"] = unit.value("count_namespaces")
    problems += [
        ("tally", f"{row[0]} is off by {row[1]} memories, {row[2]} sessions and {row[3]} turns")
        for row in unit.rows("tally_wrong")
    ]
    expected = _Expected(unit)
    expected.read(progress)
    stored = {(row[1], row[2], row[3], row[4]): row[0] for row in unit.stream("passages_all")}
    checked["passages"] = len(expected.keys)
    problems += [("passage", f"missing for {_owner(key)}") for key in list(expected.keys - stored.keys())[:_SHOWN]]
    problems += [("passage", f"left over for {_owner(key)}") for key in list(stored.keys() - expected.keys)[:_SHOWN]]
    words = {row[0] for row in unit.stream("words_ids")}
    checked["full-text rows"] = len(words)
    ids = set(stored.values())
    problems += [("full text", f"passage {p} is not indexed") for p in list(ids - words)[:_SHOWN]]
    problems += [("full text", f"row {p} belongs to no passage") for p in list(words - ids)[:_SHOWN]]
    progress("checking terms", 0, 0)
    unit.run("words_counted")
    for column, counts in expected.words.items():
        found: dict[str, int] = dict(unit.stream("words_in", column=column))
        problems += [("full text", f"{said} in column {column}") for said in _differences(found, counts)]
    checked["terms"] = len(expected.terms)
    problems += [("terms", said) for said in _differences(dict(unit.stream("terms_all")), expected.terms)]
    orphans = unit.value("vector_orphans")
    if orphans:
        problems.append(("vectors", f"{orphans} vectors belong to no passage"))
    return checked, problems


def _differences(found: dict[str, int], expected: Counter[str]) -> list[str]:
    wrong = [term for term in found.keys() | expected.keys() if found.get(term, 0) != expected.get(term, 0)]
    return [
        f"{term!r} is counted {found.get(term, 0)} times, not {expected.get(term, 0)}"
        for term in sorted(wrong)[:_SHOWN]
    ]


class _Expected:
    """What has to be derived from the truth: passages, and in how many of them each word stands, in all and by column."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._scopes: dict[str, list[str]] = {}
        self.keys: set[tuple[int | None, int | None, int, int]] = set()
        self.terms: Counter[str] = Counter()
        self.words: dict[str, Counter[str]] = {"scope": Counter(), "text": Counter()}

    def read(self, progress: Callable[[str, int, int], None]) -> None:
        """Read every turn and every revision."""
        unit = self._unit
        sessions = unit.rows("sessions_all")
        for done, row in enumerate(sessions, 1):
            scope = index.scope_of(namespaces.by_id(unit, row[2]), "turn")
            for piece in index.session_pieces(unit, row[0]):
                self._add(piece, (piece.owner, None, piece.start, piece.length), scope)
            if done % 50 == 0:
                progress("checking turns", done, len(sessions))
        for row in unit.rows("memories_all"):
            memory = index.memory_from(row)
            namespace = namespaces.by_id(unit, memory.namespace)
            for revision in (Revision(*r) for r in unit.rows("revisions_of", memory=memory.id)):
                if index.is_hidden(memory, revision):
                    continue
                scope = index.scope_of_revision(namespace, memory, revision)
                for piece in index.revision_pieces(revision):
                    self._add(piece, (None, piece.owner, piece.start, piece.length), scope)

    def _add(self, piece: index.Piece, key: tuple[int | None, int | None, int, int], scope: index.Scope) -> None:
        self.keys.add(key)
        if scope.words not in self._scopes:
            self._scopes[scope.words] = list(dict.fromkeys(self._unit.stems(scope.words)))
        text = set(self._unit.stems(piece.indexed))
        self.words["scope"].update(self._scopes[scope.words])
        self.words["text"].update(text)
        self.terms.update(text.union(self._unit.stems(f"{piece.speaker}\n{piece.day}")))


def _owner(key: tuple[int | None, int | None, int, int]) -> str:
    turn, revision, start, _ = key
    return f"{'turn' if turn is not None else 'revision'} {turn if turn is not None else revision} at {start}"
