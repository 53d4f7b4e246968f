"""Whether what is derived agrees with its truth: journal chain, passages, full-text rows, term frequencies, vectors.

Nothing is trusted: passages are cut again, terms are counted again, and the full-text index is asked which rows it
holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from everlore.core.types import Revision
from everlore.store import index, journal
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
    expected, terms = _expected(unit, progress)
    stored = {(row[1], row[2], row[3], row[4]): row[0] for row in unit.stream("passages_all")}
    checked["passages"] = len(expected)
    problems += [("passage", f"missing for {_owner(key)}") for key in list(expected - stored.keys())[:_SHOWN]]
    problems += [("passage", f"left over for {_owner(key)}") for key in list(stored.keys() - expected)[:_SHOWN]]
    words = {row[0] for row in unit.stream("words_ids")}
    checked["full-text rows"] = len(words)
    ids = set(stored.values())
    problems += [("full text", f"passage {p} is not indexed") for p in list(ids - words)[:_SHOWN]]
    problems += [("full text", f"row {p} belongs to no passage") for p in list(words - ids)[:_SHOWN]]
    progress("checking terms", 0, 0)
    known: dict[str, int] = dict(unit.stream("terms_all"))
    checked["terms"] = len(terms)
    wrong = [term for term in known.keys() | terms.keys() if known.get(term, 0) != terms.get(term, 0)]
    problems += [
        ("terms", f"{term!r} is counted {known.get(term, 0)} times, not {terms.get(term, 0)}")
        for term in sorted(wrong)[:_SHOWN]
    ]
    orphans = unit.value("vector_orphans")
    if orphans:
        problems.append(("vectors", f"{orphans} vectors belong to no passage"))
    return checked, problems


def _expected(
    unit: Unit, progress: Callable[[str, int, int], None]
) -> tuple[set[tuple[int | None, int | None, int, int]], Counter[str]]:
    keys: set[tuple[int | None, int | None, int, int]] = set()
    terms: Counter[str] = Counter()
    sessions = unit.rows("session_ids")
    for done, (session,) in enumerate(sessions, 1):
        for piece in index.session_pieces(unit, session):
            keys.add((piece.owner, None, piece.start, piece.length))
            terms.update(set(unit.stems(piece.spoken)))
        if done % 50 == 0:
            progress("checking turns", done, len(sessions))
    for row in unit.rows("memories_all"):
        memory = index.memory_from(row)
        for revision in (Revision(*r) for r in unit.rows("revisions_of", memory=memory.id)):
            if index.is_hidden(memory, revision):
                continue
            for piece in index.revision_pieces(revision):
                keys.add((None, piece.owner, piece.start, piece.length))
                terms.update(set(unit.stems(piece.spoken)))
    return keys, terms


def _owner(key: tuple[int | None, int | None, int, int]) -> str:
    turn, revision, start, _ = key
    return f"{'turn' if turn is not None else 'revision'} {turn if turn is not None else revision} at {start}"
