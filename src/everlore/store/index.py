"""The derived half of the store: passages, their full-text rows and the frequency of each term.

Passages get consecutive ids along their session or revision, so that the text around a passage is found beside it.
Nothing here is truth: `rebuild` makes the same rows again, with the same passage ids where the cut is the same.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from everlore.core.clock import to_datetime
from everlore.core.compounds import parts
from everlore.core.cut import cut
from everlore.core.marks import marks
from everlore.core.types import Memory, Namespace, Revision
from everlore.store import namespaces, sight
from everlore.store.contract import Unit

OLD = "old"
MEMORY_COLUMNS = len(fields(Memory))
_LONGEST_WORD = 1000
_ENDLESS = re.compile(rf"\S{{{_LONGEST_WORD}}}")


@dataclass(frozen=True, slots=True)
class Piece:
    """One passage on its line: `id` is None until it is stored; `whole` and `pieces` are the size of what it is cut from."""

    id: int | None
    owner: int
    start: int
    length: int
    body: str
    speaker: str
    day: str
    role: str | None = None
    whole: int = 0
    pieces: int = 1

    @property
    def indexed(self) -> str:
        """What the full-text index reads of the body: the body, and what its words hold beside themselves.

        Words that nobody writes are cut, since the index would cut them without saying so.
        """
        body = self.body if len(self.body) < _LONGEST_WORD else _ENDLESS.sub(r"\g<0> ", self.body)
        return f"{body}\n{split}" if (split := parts(self.body)) else body


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a line of passages belongs: the row id of its namespace, and the words of the scope column."""

    namespace: int
    words: str


def day_words(ms: int | None) -> str:
    """Return the date written out as people write it ("08 May 2023"), so that words of a date can match; "" for None."""
    return "" if ms is None else to_datetime(ms).strftime("%d %B %Y")


def turn_pieces(
    turn: int, text: str, caption: str | None, speaker: str, role: str | None, time: int | None
) -> list[Piece]:
    """Return the passages of one turn; a caption belongs to the last of them."""
    day, places = day_words(time), cut(text)
    size, count = len(text), len(places)
    pieces = [
        Piece(None, turn, at, length, text[at : at + length], speaker, day, role, size, count) for at, length in places
    ]
    if caption:
        pieces[-1] = replace(pieces[-1], body=f"{pieces[-1].body}\n{caption}")
    return pieces


class Indexer:
    """Writes full-text rows within one unit and adds up term frequencies, which `flush` writes once."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._terms: Counter[str] = Counter()

    def add(self, pieces: Sequence[Piece], scope: Scope, column: str) -> None:
        """Store passages of one line."""
        first = self._unit.value("passage_next_id")
        rows, words = [], []
        for passage, piece in enumerate(pieces, first):
            owner = {"namespace": scope.namespace, "turn": None, "revision": None, column: piece.owner}
            rows.append({"id": passage, "start": piece.start, "length": piece.length, **owner})
            columns = _columns(piece)
            words.append({"id": passage, "scope": scope.words, **columns})
            self._terms.update(set(self._unit.stems(_spoken(columns))))
        self._unit.many("passage_insert", rows)
        self._unit.many("words_insert", words)

    def bring(
        self, fresh: Sequence[Piece], stored: Sequence[Piece], scope: Scope, column: str, *, recount: bool = False
    ) -> None:
        """Make the stored passages of a line equal to `fresh`, keeping ids (and so vectors) where the cut is the same."""
        if [_place(piece) for piece in fresh] != [_place(piece) for piece in stored]:
            if recount:
                self._forget(stored)
            else:
                self.remove(stored)
            self.add(fresh, scope, column)
            return
        rows = [{"id": old.id, "scope": scope.words, **_columns(new)} for new, old in zip(fresh, stored, strict=True)]
        self._unit.many("words_replace", rows)
        if recount:
            for piece in fresh:
                self._count(piece, 1)

    def remove(self, pieces: Sequence[Piece]) -> None:
        """Take stored passages out of the index."""
        self._forget(pieces)
        for piece in pieces:
            self._count(piece, -1)

    def _forget(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self._unit.run("words_delete", id=piece.id)
            self._unit.run("passage_delete", id=piece.id)
            self._unit.run("vector_delete", passage=piece.id)

    def recount(self, before: Sequence[Piece], after: Sequence[Piece]) -> None:
        """Count the terms of pieces that stand where others stood."""
        for pieces, by in ((before, -1), (after, 1)):
            for piece in pieces:
                self._count(piece, by)

    def flush(self) -> None:
        """Write the term frequencies; a line of passages is not complete without it."""
        self._unit.many("term_add", ({"term": term, "df": df} for term, df in self._terms.items() if df))
        self._unit.many("term_drop", ({"term": term} for term, df in self._terms.items() if df < 0))
        self._terms.clear()

    def _count(self, piece: Piece, by: int) -> None:
        stems = set(self._unit.stems(_spoken(_columns(piece))))
        if by > 0:
            self._terms.update(stems)
        else:
            self._terms.subtract(stems)


def _place(piece: Piece) -> tuple[int, int, int]:
    return piece.owner, piece.start, piece.length


def _columns(piece: Piece) -> dict[str, str]:
    return {
        "marks": " ".join(marks(piece.body, role=piece.role, length=piece.whole, pieces=piece.pieces)),
        "text": piece.indexed,
        "speaker": piece.speaker,
        "date": piece.day,
    }


def _spoken(columns: dict[str, str]) -> str:
    """Return the words a term is counted in: who spoke, when, and what."""
    return f"{columns['speaker']}\n{columns['date']}\n{columns['text']}"


def scope_of(namespace: Namespace, *kinds: str, old: bool = False, visibility: str = "unit", owner: str = "") -> Scope:
    """Return the scope of a row: its node and every ancestor, who sees it, its kinds, and whether it is history."""
    words = [
        *(f"n{node}" for node in namespace.lineage), f"o{namespace.id}", *sight.words(namespace, visibility, owner),
        *(f"k{kind}" for kind in kinds), *([OLD] if old else []),
    ]  # fmt: skip
    return Scope(namespace.id, " ".join(words))


def scope_of_revision(namespace: Namespace, memory: Memory, revision: Revision) -> Scope:
    """Return the scope of a revision: only the head of an active memory is more than history."""
    old = memory.state != "active" or revision.number != memory.head
    return scope_of(namespace, "memory", memory.kind, old=old, visibility=memory.visibility, owner=memory.owner)


def append_turns(unit: Unit, indexer: Indexer, session: int, first: int, namespace: Namespace) -> None:
    """Index the turns of a session from position `first` on."""
    fresh = session_pieces(unit, session, first)
    indexer.add(fresh, scope_of(namespace, "turn"), "turn")


def reindex_session(unit: Unit, indexer: Indexer, session: int, namespace: Namespace) -> None:
    """Bring the index in line with the visible turns of a session."""
    indexer.bring(session_pieces(unit, session), _stored_session(unit, session), scope_of(namespace, "turn"), "turn")


def drop_session(unit: Unit, indexer: Indexer, session: int) -> None:
    """Take a session out of the index, before words of it change."""
    indexer.remove(_stored_session(unit, session))


def index_memory(
    unit: Unit, indexer: Indexer, memory: Memory, revisions: Sequence[Revision], *, recount: bool = False
) -> None:
    """Bring the index in line with a memory: its head is found by default, what it was before only in history.

    `recount` adds the terms of passages that are stored already, for a rebuild that cleared them.
    """
    namespace = namespaces.by_id(unit, memory.namespace)
    for revision in revisions:
        stored, node = _stored_revision(unit, revision)
        if is_hidden(memory, revision):
            indexer.remove(stored)
            continue
        if node not in {None, memory.namespace}:  # vectors know a passage's node by its id, so that it needs another
            indexer.remove(stored)
            stored = []
        scope = scope_of_revision(namespace, memory, revision)
        indexer.bring(revision_pieces(revision), stored, scope, "revision", recount=recount)


def redate(unit: Unit, before: Revision, after: Revision) -> None:
    """Count the words of a revision anew, whose day is another now; its rows are brought in line when it is indexed."""
    if unit.rows("passages_of_revision", revision=before.id):
        indexer = Indexer(unit)
        indexer.recount(revision_pieces(before), revision_pieces(after))
        indexer.flush()


def is_hidden(memory: Memory, revision: Revision) -> bool:
    """Return whether a revision is in no index: kept aside, taken back, or closed at the moment it was written."""
    return memory.state in {"held", "withdrawn", "purged"} or revision.recorded_until == revision.recorded


def rebuild(unit: Unit, progress: Callable[[int, int], None]) -> tuple[int, int]:
    """Make every derived row again; return the numbers of passages and terms."""
    for statement in (
        "derived_clear_words", "derived_clear_terms", "passages_drop_strays", "vectors_drop_strays", "tally_clear", "tally_fill",
    ):  # fmt: skip
        unit.run(statement)
    indexer = Indexer(unit)
    sessions = [(row[0], row[2]) for row in unit.rows("sessions_all")]
    memories = [memory_from(row) for row in unit.rows("memories_all")]
    total = len(sessions) + len(memories)
    for done, (session, node) in enumerate(sessions, 1):
        scope = scope_of(namespaces.by_id(unit, node), "turn")
        fresh, stored = session_pieces(unit, session), _stored_session(unit, session)
        indexer.bring(fresh, stored, scope, "turn", recount=True)
        progress(done, total)
    for done, memory in enumerate(memories, len(sessions) + 1):
        revisions = [Revision(*row) for row in unit.rows("revisions_of", memory=memory.id)]
        index_memory(unit, indexer, memory, revisions, recount=True)
        progress(done, total)
    indexer.flush()
    return unit.value("passage_count"), len(unit.rows("terms_all"))


def session_pieces(unit: Unit, session: int, first: int = 0, *, withdrawn: int = 0) -> list[Piece]:
    """Return the passages that the turns of a session cut into; withdrawn turns only when `withdrawn` is 1."""
    pieces = []
    for turn in unit.rows("turns_of_session", session=session, first=first, withdrawn=withdrawn):
        pieces += turn_pieces(turn[0], turn[8], turn[9], turn[5], turn[6], turn[7])
    return pieces


def revision_pieces(revision: Revision) -> list[Piece]:
    """Return the passages a revision cuts into; its title stands in front of each."""
    day = day_words(revision.valid_from if revision.valid_from is not None else revision.recorded)
    head = f"{revision.title}\n" if revision.title else ""
    return [
        Piece(None, revision.id, start, length, head + revision.text[start : start + length], "", day)
        for start, length in cut(revision.text)
    ]


def memory_from(row: Sequence[object]) -> Memory:
    """Return the memory a row of the memory statements spells."""
    values = list(row[:MEMORY_COLUMNS])
    values[8] = bool(values[8])
    values[9] = tuple(json.loads(str(values[9])))
    return Memory(*values)  # type: ignore[arg-type]  # column types are the schema's


def _stored_session(unit: Unit, session: int) -> list[Piece]:
    """Return the passages of a session that are stored, those of withdrawn turns too, as they were counted."""
    pieces = {_place(piece): piece for piece in session_pieces(unit, session, withdrawn=1)}
    stored = []
    for passage, turn, start, length in unit.rows("passages_of_session", session=session):
        piece = pieces.get((turn, start, length), Piece(None, turn, start, length, "", "", ""))
        stored.append(replace(piece, id=passage))
    return stored


def _stored_revision(unit: Unit, revision: Revision) -> tuple[list[Piece], int | None]:
    """Return the passages of a revision that are stored, and at which node; None where there are none."""
    pieces = {_place(piece): piece for piece in revision_pieces(revision)}
    rows = unit.rows("passages_of_revision", revision=revision.id)
    stored = [
        replace(
            pieces.get((revision.id, start, length), Piece(None, revision.id, start, length, "", "", "")), id=passage
        )
        for passage, start, length, _ in rows
    ]
    return stored, rows[0][3] if rows else None
