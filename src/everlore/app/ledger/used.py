"""Whether what was told was of use: looked for in the answer, when it is kept, and written in the same transaction.

An item of the conversation is *cited* when its id stands in the answer. It is *echoed* when the answer holds a rare run of its
words: three content words in a row that stand in no prompt of the conversation's last ones and in no other item that it was
told, or two different values or identifiers (with a digit, an underscore, a capital inside, six characters or more; a number of
four or more) of which the same is true. Content words are those of three letters or more that are not among the frequent
ones. An echo is a sign and no proof: an agent may have found the same in a file. On the development conversations no answer of 125
echoed a turn or lesson of a later session (625 pairs), none of 82 right answers one of the five nearest turns of other sessions (410),
and 48 of these 82 their source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from everlore.sessions.records import Event
    from everlore.store.contract import Unit

RUN = 3
VALUES = 2
_ENTRIES = 40
"""How many of the conversation's newest answers are looked at."""
_PROMPTS = 4
_LONGEST = 200_000
_PIECES = re.compile(r"[\w./:-]*\w")
_WORDS = re.compile(r"[^\W_]+")
_FREQUENT = frozenset((  # noqa: SIM905 - as a list they would be unreadable
    "the and for that this with was are not but you your have has had from they were will would can could should what when which who how "
    "why all any its our their them then than there here into onto over under out about after before been being did does done just like "
    "more most much some such only also very too yes one two get got use used using make made need needs want now new see let may"
).split())  # fmt: skip


def mark(unit: Unit, events: Sequence[Event]) -> list[str]:
    """Look in the answers of a batch for what their conversations were told, and return the ids of what was used."""
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    for event in events:
        if event.kind in ("prompt", "answer") and event.text:
            kinds = said.setdefault((event.client, event.session), {"prompt": [], "answer": []})
            kinds[event.kind].append(event.text)
    latest = {(event.client, event.session): event.at for event in events if event.kind == "answer"}
    used: list[str] = []
    for conversation, kinds in said.items():
        if kinds["answer"]:
            used += _mark(
                unit, conversation, kinds["prompt"], "\n".join(kinds["answer"])[:_LONGEST], latest[conversation]
            )
    return list(dict.fromkeys(used))


def _mark(unit: Unit, conversation: tuple[str, str], prompts: list[str], answer: str, at: int | None) -> list[str]:
    about = {"client": conversation[0], "external": conversation[1]}
    told = unit.rows("told_unused", **about, at=1 << 62 if at is None else at, limit=_ENTRIES)
    if not told:
        return []
    prompts = prompts + [text for (text,) in unit.rows("said_by_user", **about, limit=_PROMPTS)]
    found = found_in(answer, prompts, {item: text for _, _, item, _, text in told})
    unit.many("ledger_item_used", (
        {"entry": entry, "place": place, "used": found[item]} for entry, place, item, _, _ in told if item in found
    ))  # fmt: skip
    return [item for _, _, item, _, _ in told if item in found]


def found_in(answer: str, prompts: Iterable[str], items: dict[str, str]) -> dict[str, str]:
    """Return which items an answer cites or echoes: id to `cited` or `echoed`. `items` are ids with their texts."""
    found = {uid: "cited" for uid in items if len(uid) > _SHORTEST and uid in answer}
    asked = "\n".join(prompts)
    marks = {uid: (_runs(text), _values(text)) for uid, text in items.items()}
    shared = Counter(mark for runs, values in marks.values() for mark in (*runs, *values))
    said, known = (_runs(answer), _values(answer)), (_runs(asked), _values(asked))
    for uid, (runs, values) in marks.items():
        if uid not in found:
            own = [run for run in runs & said[0] - known[0] if shared[run] == 1]
            few = [value for value in values & said[1] - known[1] if shared[value] == 1]
            if own or len(few) >= VALUES:
                found[uid] = "echoed"
    return found


_SHORTEST = 7
"""An id that is shorter, such as a client's own `q1`, may stand in an answer for another reason."""


def _runs(text: str) -> set[str]:
    words = [word for word in map(str.casefold, _WORDS.findall(text)) if len(word) > 2 and word not in _FREQUENT]
    return {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def _values(text: str) -> set[str]:
    return {piece.casefold() for piece in _PIECES.findall(text) if _is_value(piece.strip(".:-/"))}


def _is_value(piece: str) -> bool:
    if piece.isdigit():
        return len(piece) >= 4
    inside = any(before.islower() and after.isupper() for before, after in pairwise(piece))
    return len(piece) >= 6 and (inside or "_" in piece or any(map(str.isdigit, piece)))
