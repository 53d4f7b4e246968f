"""What is told at a prompt, which is often nothing.

Nothing is told twice in a session, what the session itself said is not told back to it, and only what `recall.speaking` finds worth
saying is told, with the lines around it as far as the budget goes. As long as the topic stays what it was, only what answers better
than what was told already is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from everlore.app.freshness import marks, without_drifted
from everlore.app.search import caveats_of, search
from everlore.app.steering import orders_in
from everlore.app.telling.block import HANDOFF_TOKENS, LONGEST, Block, Waiting, day_of, hand_over, plain, since_changed
from everlore.app.telling.echoes import without_echoes
from everlore.app.telling.start import add_always
from everlore.core.clock import to_datetime
from everlore.core.quote import quote
from everlore.core.shorten import shorten
from everlore.core.tokens import estimate
from everlore.core.types import Namespace
from everlore.recall.asked import past_named
from everlore.recall.candidates import Candidate, Ranked
from everlore.recall.gather import Meaning, Scope
from everlore.recall.question import read_question
from everlore.recall.recipes import RECIPES
from everlore.recall.slice import cut_to_budget
from everlore.recall.speaking import Said, is_order, shift, worth_saying
from everlore.store.sight import EVERYTHING, Sight

if TYPE_CHECKING:
    from everlore.core.config import Config
    from everlore.store.contract import Row, Unit

PROMPT_TOKENS = 500
_PROMPT_ITEMS = 4
_REPEATED = 0.25
_LOOKED = 10
_MOST_OTHERS = 500
_BEFORE = 4
"""Prompts of a session that tell what its topic was."""
_AROUND, _REACH = 2, 6
"""Lines told on each side of a turn that is told, and how far away they may stand where tools printed between."""
_STANDS_FOR = 3
"""Turns between the output of a tool and the line that is told in its place, at most."""
_BESIDE = 500
"""Characters of a line that is told beside another: a longer one is left out rather than cut."""


@dataclass(frozen=True, slots=True)
class Manner:
    """When to speak at a prompt: the least chance that an item belongs to it, and how much of it has to be new for the topic to have shifted, 0 to 1 each."""

    bar: float = 0.5
    shift: float = 0.3


def manner(config: Config) -> Manner:
    """Return the manner that the settings ask for."""
    return Manner(config.tell_bar, config.tell_shift)


def at_prompt(
    unit: Unit,
    query: str,
    namespace: Namespace,
    now: int,
    *,
    session: int | None,
    told: Iterable[str],
    waiting: Waiting | None = None,
    meaning: Meaning | None = None,
    recipe: str = "default",
    seen: Sight = EVERYTHING,
    budget: int = PROMPT_TOKENS,
    limit: int = _PROMPT_ITEMS,
    withhold: bool = False,
    manner: Manner = Manner(),
    first: bool = False,
) -> Block:
    """Return what is worth saying about a prompt, which is often nothing; at the first of a conversation what always holds too."""
    known = frozenset(told)
    block = Block(budget + (HANDOFF_TOKENS if waiting else 0), known=known)
    hand_over(block, waiting)
    if first:
        add_always(block, unit, namespace, now, seen, withhold=withhold)
    if not query.strip():
        return block
    scope = Scope(namespace.id, above=namespace.lineage[:-1], sight=seen, now=now, layer=2, home=namespace.lineage)
    found = search(unit, query, scope, RECIPES[recipe], meaning, now, withholding=False)
    asked = set(query.lower().split())
    worth = [item for item in found.ranked if _is_worth(item, session, asked)][: 4 * _LOOKED]
    worth = without_drifted(unit, worth)[0] if withhold else worth
    worth = _holding(unit, worth[: 2 * _LOOKED], query, namespace, now)
    said = worth_saying(
        found.question, worth, found.gathered.vocabulary, found.evidence, most=max(limit, _LOOKED), bar=manner.bar
    )
    said = _spoken(unit, said, session, asked)
    said = _news(unit, said, found.question.text, session, known, manner)[:limit]
    _tell(block, unit, said, seen, now)
    return block


def _holding(unit: Unit, items: Sequence[Ranked], query: str, namespace: Namespace, now: int) -> list[Ranked]:
    """Return items without the memories that hold no more, unless the past is asked for, and those of another project."""
    past = past_named(query, to_datetime(now)) is not None
    others = _others(unit, items, query, namespace)
    times = {item.candidate.item: item.candidate.time or 0 for item in items}
    kept = []
    for item in items:
        candidate = item.candidate
        if candidate.kind is not None:
            row = unit.one("memory_source", uid=candidate.item, number=candidate.revision)
            if row is not None and row[6] is not None and row[6] <= now and not past:
                continue
            against = [other for (other,) in unit.rows("contradicting", uid=candidate.item, now=now)]
            if any(times.get(other, 0) > (candidate.time or 0) for other in against):
                continue
        if candidate.namespace != namespace.id and others and not others.isdisjoint(_names_in(candidate.text)):
            continue
        kept.append(item)
    return kept if past else without_echoes(unit, kept)


def _others(unit: Unit, items: Sequence[Ranked], query: str, namespace: Namespace) -> set[str]:
    """Return the names of the projects beside this one that a prompt does not name, where something from above was found."""
    above = set(namespace.lineage[:-1])
    if not any(item.candidate.namespace in above for item in items):
        return set()
    below = [row[0] for row in unit.rows("namespaces_below", pattern=f"% {namespace.lineage[-2]} %")]
    named = unit.rows("namespaces_named", ids=json.dumps(below[:_MOST_OTHERS]))
    own = set(namespace.path.lower().split("/"))
    depth = len(namespace.lineage) - 1
    names = {parts[depth].lower() for row in named if len(parts := row[2].split("/")) > depth}
    return names - own - _names_in(query)


def _spoken(unit: Unit, said: Sequence[Said], session: int | None, asked: set[str]) -> list[Said]:
    """Return what is said with the nearest line that somebody said in place of what a tool printed: output is never told unasked.

    Where an agent worked, an answer often stands in the output of a tool, and who ran it says beside it what was found.
    """
    found: dict[str, Said] = {}
    for each in said:
        candidate = each.ranked.candidate
        stood = each if candidate.role != "tool" else _beside_output(unit, each, session, asked)
        if stood is not None:
            found.setdefault(stood.ranked.candidate.item, stood)
    return list(found.values())


def _beside_output(unit: Unit, said: Said, session: int | None, asked: set[str]) -> Said | None:
    """Return the line nearest to the output of a tool, what came after it first; None where nothing near may be told."""
    output = said.ranked.candidate
    places = json.dumps([[int(output.session or 0), output.position]])
    rows = unit.rows("turns_around", places=places, reach=_STANDS_FOR, longest=_BESIDE)
    for row in sorted(rows, key=lambda row: (abs(row[1] - output.position), -row[1])):
        line = replace(
            output, item=row[2], position=row[1], speaker=row[3], role=row[4], text=row[5], length=len(row[5]), piece=0, pieces=1
        )  # fmt: skip
        item = replace(said.ranked, candidate=line)
        if (
            _is_worth(item, session, asked)
            and not is_order(line.text, line.role)
            and not orders_in(line.text, role=line.role)
        ):
            return replace(said, ranked=item, why=f"beside the output of a tool, {said.why}")
    return None


def _names_in(text: str) -> set[str]:
    return set(re.findall(r"[\w.-]+", text.lower()))


def _news(
    unit: Unit, said: Sequence[Said], query: str, session: int | None, known: frozenset[str], manner: Manner
) -> list[Said]:
    """Return what was not told yet; while the topic has not shifted, only what answers better than what was told."""
    if known and any(each.ranked.candidate.item in known for each in said) and session is not None:
        rows = unit.rows("prompts_last", session=session, limit=_BEFORE + 1)
        before = [read_question(text[:_BESIDE]) for (text,) in rows if text.strip() != query.strip()]
        if before and shift(read_question(query), before[:_BEFORE]) < manner.shift:
            first = next(place for place, each in enumerate(said) if each.ranked.candidate.item in known)
            said = said[:first]
    return [each for each in said if each.ranked.candidate.item not in known]


@dataclass(slots=True)
class _Excerpt:
    """What is told of one item: its head, its own lines, and the lines beside it by their distance, negative before it."""

    said: Said
    head: str
    text: str
    beside: dict[int, tuple[str, str]] = field(default_factory=dict)

    def written(self) -> str:
        own = quote(self.text)
        before = [quote(self.beside[at][1]) for at in sorted(self.beside) if at < 0]
        after = [quote(self.beside[at][1]) for at in sorted(self.beside) if at > 0]
        return "\n".join([self.head, *before, own, *after])


def _tell(block: Block, unit: Unit, said: Sequence[Said], seen: Sight, now: int) -> None:
    """Add what is said to a block, each item once, and what stands beside it while that fits."""
    whys = {each.ranked.candidate.item: each for each in said}
    fresh = marks(unit, (each.ranked.candidate.item for each in said if each.ranked.candidate.kind))
    left = block.budget - block.tokens
    excerpts: list[_Excerpt] = []
    lines = _lines_near(unit, said)
    near: set[str] = set()
    for piece in cut_to_budget([each.ranked for each in said], len(said), None):
        candidate = piece.ranked.candidate
        if candidate.item in near or orders_in(piece.text, scanned=candidate.scanned, role=candidate.role):
            continue
        row = candidate.kind and unit.one("memory_source", uid=candidate.item, number=candidate.revision)
        caveats = caveats_of(unit, candidate.item, row[5], row[6], seen, now) if row else ()
        about = " · ".join(
            (day_of(candidate.time), plain(candidate.kind or candidate.speaker), *caveats, f"id {candidate.item}")
        )
        head = f"\n[{about}{since_changed(fresh.get(candidate.item))}]"
        excerpt = _Excerpt(whys[candidate.item], head, shorten(piece.text, 2 * LONGEST))
        cost = estimate(excerpt.written()) + 1
        if cost <= left:
            excerpts.append(excerpt)
            near.update(row[2] for row in _all_beside(lines, excerpt))
            left -= cost
    _surround(lines, excerpts, left, block.known)
    for excerpt in excerpts:
        candidate = excerpt.said.ranked.candidate
        block.add(
            excerpt.written(), candidate.item, beside=[uid for uid, _ in excerpt.beside.values()], memory=candidate.kind is not None,
            why=excerpt.said.why, revision=candidate.revision,
        )  # fmt: skip


def _lines_near(unit: Unit, said: Sequence[Said]) -> dict[str, list[Row]]:
    """Return by session what was said near the turns whose answer may stand beside them."""
    turns = [each.ranked.candidate for each in said if not each.states and each.ranked.candidate.session]
    places = [[int(candidate.session or 0), candidate.position] for candidate in turns]
    found: dict[str, list[Row]] = {}
    if places:
        for row in unit.rows("turns_around", places=json.dumps(places), reach=_REACH, longest=_BESIDE):
            found.setdefault(str(row[0]), []).append(row)
    return found


def _all_beside(lines: Mapping[str, Sequence[Row]], excerpt: _Excerpt) -> list[Row]:
    """Return the lines that are told with an excerpt, as far as the budget goes."""
    candidate = excerpt.said.ranked.candidate
    if excerpt.said.states or candidate.session is None:
        return []
    own = lines.get(candidate.session, ())
    return [row for step in range(1, _AROUND + 1) for row in _beside(own, candidate, step)]


def _surround(
    lines: Mapping[str, Sequence[Row]], excerpts: Sequence[_Excerpt], left: int, known: frozenset[str]
) -> None:
    """Put the lines beside turns into their excerpts, the nearest first, each once, what tools printed left out."""
    turns = [
        (each, each.said.ranked.candidate)
        for each in excerpts
        if not each.said.states and each.said.ranked.candidate.session
    ]
    shown = {candidate.item for _, candidate in turns} | known
    for step in range(1, _AROUND + 1):
        for excerpt, candidate in turns:
            for row in _beside(lines.get(str(candidate.session), ()), candidate, step):
                line = f"{plain(row[3])}: {row[5]}"
                cost = estimate(line) + 2
                if row[2] in shown or cost > left or is_order(row[5], row[4]) or orders_in(row[5], role=row[4]):
                    continue
                shown.add(row[2])
                left -= cost
                excerpt.beside[row[1] - candidate.position] = row[2], line


def _beside(rows: Sequence[Row], candidate: Candidate, step: int) -> list[Row]:
    """Return the line so many steps before a turn and the one so many after it, as far as there are any."""
    before = sorted((row for row in rows if 0 < candidate.position - row[1] <= _REACH), key=lambda row: -row[1])
    after = sorted((row for row in rows if 0 < row[1] - candidate.position <= _REACH), key=lambda row: row[1])
    return [*before[step - 1 : step], *after[step - 1 : step]]


def _is_worth(item: Ranked, session: int | None, asked: set[str]) -> bool:
    """Tell whether an item may be said unasked: something else than the prompt is in it, and it was not this session that said it."""
    candidate = item.candidate
    if session is not None and candidate.session == str(session):
        return False
    if candidate.kind is not None:  # a yes or no is asked in the very words of the answer
        return True
    words = set(candidate.text.lower().split())
    return len(words - asked) > _REPEATED * len(words)
