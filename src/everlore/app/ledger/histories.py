"""How many tokens the sessions have that remembered text comes from: what it would have taken to send them instead.

The turns of a session are counted once, in their order, and what was counted is kept, so that only new turns are counted
later. Nothing is assumed: what comes from no session has no history, and an answer to nobody that is known to be one
conversation has none either, for nobody can say whether that conversation had been told of the session before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from everlore.core.tokens import estimate

if TYPE_CHECKING:
    from everlore.store.contract import Unit

Told = tuple[str, int | None]
"""An item with its revision; None for a turn."""


@dataclass(slots=True)
class Sessions:
    """Which session an item comes from, of whom each is, and the tokens of each as far as they were counted.

    `fresh` are those of which turns were counted now, each with the position of the last.
    """

    of: dict[Told, int] = field(default_factory=dict)
    whose: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    tokens: dict[int, int] = field(default_factory=dict)
    fresh: dict[int, int] = field(default_factory=dict)


def measure(unit: Unit, items: Iterable[str]) -> Sessions:
    """Find the sessions that items come from and count their turns."""
    found = Sessions()
    for uid, revision, session, client, external in unit.rows("sources_of", items=json.dumps(sorted(items))):
        found.of[uid, revision] = session
        found.of[uid, None] = session  # the newest comes last
        found.whose[session] = (client, external)
    for session in found.whose:
        _count(unit, session, found)
    return found


def _count(unit: Unit, session: int, found: Sessions) -> None:
    position, tokens = unit.one("session_tokens", session=session) or (-1, 0)
    for at, text, caption in unit.stream("session_said_since", session=session, position=position):
        tokens += estimate(text) + (estimate(caption) if caption else 0)
        found.fresh[session] = at
    found.tokens[session] = tokens


def note(unit: Unit, entry: int, conversation: tuple[str, str], told: Sequence[Told], sessions: Sessions) -> None:
    """Write the history of an entry: that of sessions which the conversation was told nothing of before and is not itself."""
    named = {sessions.of[each] for each in told if each in sessions.of}
    named = {session for session in named if sessions.whose[session] != conversation}
    if not named:
        return
    counted = {session for (session,) in unit.rows("sources_counted", client=conversation[0], external=conversation[1])}
    new = sorted(named - counted)
    unit.many("ledger_source_insert", ({"entry": entry, "session": s, "tokens": sessions.tokens[s]} for s in new))
    unit.run("ledger_set_history", entry=entry, history=sum(sessions.tokens[s] for s in new))


def keep(unit: Unit, sessions: Sessions) -> None:
    """Keep how far the sessions were counted."""
    unit.many("session_tokens_put", (
        {"session": session, "position": position, "tokens": sessions.tokens[session]} for session, position in sessions.fresh.items()
    ))  # fmt: skip
