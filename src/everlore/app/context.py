"""What an agent is told without asking: when a session starts, at a prompt, and again after its context was compacted.

What is told is history: it stands between two fences, dated and cited, quoted line by line, and nothing in it can end the
fence. Nothing is told twice in a session, what the session itself said is not told back to it, and at a prompt only what
`recall.speaking` finds worth saying is told, with the lines around it as far as the budget goes. As long as the topic stays what it
was, only what answers better than what was told already is told.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from everlore.app.echoes import without_echoes
from everlore.app.freshness import Mark, marks, without_drifted
from everlore.app.ledger.queue import Injected
from everlore.app.search import caveats_of, search
from everlore.app.steering import orders_in
from everlore.app.tree import Standard, holding
from everlore.core.cite import END, FENCE, NOTICE, unfenced
from everlore.core.clock import to_datetime, to_iso
from everlore.core.quote import quote
from everlore.core.shorten import shorten
from everlore.core.tokens import estimate
from everlore.core.types import Namespace
from everlore.memory.belief import caveat, since
from everlore.memory.changes import may_see
from everlore.recall.asked import past_named
from everlore.recall.candidates import Candidate, Ranked
from everlore.recall.gather import Meaning, Scope
from everlore.recall.question import read_question
from everlore.recall.recipes import RECIPES
from everlore.recall.slice import cut_to_budget
from everlore.recall.speaking import Said, is_order, shift, worth_saying
from everlore.recall.words import STOP_WORDS, root, roots
from everlore.store.sight import EVERYTHING, Sight, limits

if TYPE_CHECKING:
    from everlore.core.config import Config
    from everlore.store.contract import Row, Unit

START_TOKENS = 1_500
PROMPT_TOKENS = 500
READ_TOKENS = 300
HANDOFF_TOKENS = 1_100
_PROMPT_ITEMS = 4
_LONGEST = 400
_RULES = 8
_SAID = 4
_TITLES = 8
_RANKED_RULES = 48
"""Rules that are read and ranked by the task before the first of them are told."""
_REPEATED = 0.25
_LOOKED = 10
_MOST_OTHERS = 500
_LIGHT = frozenset(root(word) for word in STOP_WORDS)
_READ_ITEMS, _READ_LOOKED = 4, 24
_COMMON = frozenset({
    "__init__.py", "__main__.py", "main.py", "index.js", "index.ts", "index.tsx", "index.html", "main.go", "main.rs", "mod.rs", "lib.rs",
    "readme.md", "setup.py", "utils.py", "types.ts", "conftest.py", "makefile", "dockerfile", "package.json", "pyproject.toml",
})  # fmt: skip
"""Names that many directories have: alone they tell no file."""
_BEFORE = 4
"""Prompts of a session that tell what its topic was."""
_AROUND, _REACH = 2, 6
"""Lines told on each side of a turn that is told, and how far away they may stand where tools printed between."""
_STANDS_FOR = 3
"""Turns between the output of a tool and the line that is told in its place, at most."""
_BESIDE = 500
"""Characters of a line that is told beside another: a longer one is left out rather than cut."""


@dataclass(slots=True)
class Block:
    """What is being told: sections in order, while they fit, and the ids of what they hold; what is known is left out."""

    budget: int
    known: frozenset[str] = frozenset()
    sections: list[str] = field(default_factory=list)
    items: list[Injected] = field(default_factory=list)
    spoken: list[tuple[Injected, str]] = field(default_factory=list)
    tokens: int = 0

    def add(
        self, text: str, *items: str, memory: bool = False, why: str = "", revision: int | None = None, beside: Iterable[str] = ()
    ) -> bool:  # fmt: skip
        """Add a section if it fits the budget and is not known; return whether there is room for more.

        What stands `beside` its items was told with it and costs nothing more.
        """
        if self.known.issuperset(items):
            return True
        cost = estimate(text) + 1
        if self.tokens + cost > self.budget:
            return False
        self.sections.append(unfenced(text))
        self.tokens += cost
        about = [Injected(item, revision, cost // len(items), why=why, memory=memory) for item in dict.fromkeys(items)]
        self.items += [*about, *(Injected(item, why=f"beside {items[0]}") for item in beside)]
        self.spoken += [(item, self.sections[-1]) for item in about]
        return True

    def render(self, namespace: str, now: int) -> str | None:
        """Return the whole block between its fences, or None when there is nothing to tell."""
        if not self.items:
            return None
        head = f'<{FENCE} project="{namespace}" date="{(to_iso(now) or "")[:10]}">'
        return "\n".join([head, NOTICE, *self.sections, END])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A handoff that may be told: under which item that is noted, what to say of where it comes from, and its text."""

    item: str
    origin: str
    text: str


def at_start(
    unit: Unit,
    namespace: Namespace,
    waiting: Waiting | None,
    now: int,
    *,
    told: Iterable[str] = (),
    seen: Sight = EVERYTHING,
    budget: int = START_TOKENS,
    withhold: bool = False,
    task: str = "",
) -> Block:
    """Return what a session is told at its start: the handoff, the standards that hold there, the rules of the project, and what else is remembered.

    Of rules that stand as high as one another, those come first that speak of the `task`, as far as anything tells of it.
    """
    block = Block(budget, known=frozenset(told))
    _hand_over(block, waiting)
    within = {"nodes": json.dumps(namespace.lineage), "now": now, **limits(unit, seen)}
    standards = _standards(block, unit, namespace, now, seen)
    rules, fresh = _rules(unit, namespace, now, seen, standards, withhold=withhold)
    rules = _by_task(rules, task)[:_RULES]
    _list(
        block,
        "\nRules and conventions:",
        (_line(row, now, fresh.get(row[0])) for row in rules),
        [row[0] for row in rules],
        "a rule of the project",
        memory=True,
    )
    match = Scope(namespace.id, ("turn",), sight=seen).match('marks : "standing"')
    newest = [row[0] for row in unit.rows("match_newest", match=match, limit=_SAID)]
    said = [
        row for row in unit.rows("turns_of_passages", passages=json.dumps(newest)) if not orders_in(row[1], role=row[4])
    ]
    _list(
        block,
        "\nSaid by people in earlier sessions:",
        (_said(row) for row in said),
        [row[0] for row in said],
        "a rule that somebody said",
    )
    _index(block, unit, namespace, within, {*standards, *(row[0] for row in rules)})
    return block


def _standards(block: Block, unit: Unit, namespace: Namespace, now: int, seen: Sight) -> set[str]:
    """Tell the standards that hold in a namespace, and return the ids of all of them."""
    held = (each for each in holding(unit, namespace, seen, now) if not _steers(each))
    found = {each.memory.uid: each for each in held}  # one memory may stand under two names
    lines = (_standard(each, now) for each in found.values())
    _list(block, "\nStandards:", lines, list(found), "a standard that holds here", memory=True)
    return set(found)


def _rules(
    unit: Unit, namespace: Namespace, now: int, seen: Sight, but: set[str], *, withhold: bool
) -> tuple[list[Row], dict[str, Mark]]:
    """Return what stands as a rule in a namespace, but for some, and whether the code of each is as it was."""
    within = {"nodes": json.dumps(namespace.lineage), "now": now, **limits(unit, seen)}
    rows = unit.rows("memories_standing", **within, limit=_RANKED_RULES + len(but))
    fresh = marks(unit, (row[0] for row in rows))
    old = {uid for uid, mark in fresh.items() if withhold and mark.state != "fresh"}
    return [row for row in rows if row[0] not in but and row[0] not in old and not _orders(row)], fresh


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
    _hand_over(block, waiting)
    if first:
        _always(block, unit, namespace, now, seen, withhold=withhold)
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


def _always(block: Block, unit: Unit, namespace: Namespace, now: int, seen: Sight, *, withhold: bool) -> None:
    """Tell the standards that hold and what is in layer 0, in at most half of the room that is left."""
    room, block.budget = block.budget, block.tokens + (block.budget - block.tokens) // 2
    standards = _standards(block, unit, namespace, now, seen)
    rules, fresh = _rules(unit, namespace, now, seen, standards, withhold=withhold)
    always = [row for row in rules if row[8] == 0]
    lines = (_line(row, now, fresh.get(row[0])) for row in always)
    _list(block, "\nRules:", lines, [row[0] for row in always], "in layer 0, which is always told", memory=True)
    block.budget = room


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
            (_date(candidate.time), _name(candidate.kind or candidate.speaker), *caveats, f"id {candidate.item}")
        )
        head = f"\n[{about}{_changed(fresh.get(candidate.item))}]"
        excerpt = _Excerpt(whys[candidate.item], head, shorten(piece.text, 2 * _LONGEST))
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
                line = f"{_name(row[3])}: {row[5]}"
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


def at_read(
    unit: Unit,
    path: str,
    namespace: Namespace,
    now: int,
    *,
    told: Iterable[str],
    seen: Sight = EVERYTHING,
    budget: int = READ_TOKENS,
    withhold: bool = False,
) -> Block:
    """Return what is known about a file that is read, named by its path below the project's root: what is anchored there first, then what names it."""
    block = Block(budget, known=frozenset(told))
    nodes = json.dumps(namespace.lineage)
    anchored = [row[0] for row in unit.rows("memories_anchored_at", path=path, nodes=nodes, limit=_READ_LOOKED)]
    named = [uid for uid in naming(unit, path, namespace, seen, now) if uid not in anchored]
    fresh = marks(unit, [*anchored, *named])
    lead = f"\nKnown about {_name(path.rpartition('/')[2])}:"
    for uid in [*anchored, *named]:
        mark = fresh.get(uid)
        row = unit.one("memory_told", uid=uid, now=now)
        old = withhold and mark is not None and mark.state != "fresh"
        if row is None or old or not may_see(unit, uid, seen) or _orders(row):
            continue
        if sum(item.why != "" for item in block.items) == _READ_ITEMS:
            break
        why = "anchored to the file that is read" if uid in anchored else "names the file that is read"
        line = _line(row, now, mark, always=True)
        block.add(f"{lead}\n{line}" if not block.items else line, uid, memory=True, why=why, revision=row[8])
    return block


def naming(unit: Unit, path: str, namespace: Namespace, seen: Sight, now: int) -> list[str]:
    """Return the memories that name a file, by its whole path or by as much of its end as tells it from others, newest first."""
    parts = path.split("/")
    telling = parts[-1:] if parts[-1].lower() not in _COMMON else parts[-2:]
    words = " ".join(re.findall(r"\w+", " ".join(telling)))
    if not words or (len(telling) == 1 and telling[0].lower() in _COMMON):
        return []
    scope = Scope(namespace.id, ("memory",), above=namespace.lineage[:-1], sight=seen, now=now)
    match = scope.match(f'- {{scope marks}} : ("{words}")')
    passages = [row[0] for row in unit.rows("match_newest", match=match, limit=_READ_LOOKED)]
    end = "/".join(telling).lower()
    rows = unit.rows("passage_sources", ids=json.dumps(passages)) if passages else []
    named = re.compile(rf"(?<![\w.-]){re.escape(end)}(?![\w-])")
    return list(
        dict.fromkeys(row[12] for row in rows if row[12] and row[29] <= 2 and named.search(str(row[19]).lower()))
    )


def _by_task(rules: Sequence[Row], task: str) -> list[Row]:
    """Return rules by how much of a task they speak of, those of layer 0 before the others; ties keep their order."""
    words = set(roots(task)) - _LIGHT
    said = {row[0]: words & set(roots(f"{row[2] or ''} {row[3]}")) for row in rules if words}
    if not said:
        return list(rules)
    counts = Counter(word for found in said.values() for word in found)
    return sorted(rules, key=lambda row: (row[8] != 0, -sum(1 / counts[word] for word in said[row[0]])))


def _hand_over(block: Block, waiting: Waiting | None) -> None:
    if waiting is not None:
        block.add(f"\n{waiting.origin}\n{quote(waiting.text)}", waiting.item, why="handed over")


def _is_worth(item: Ranked, session: int | None, asked: set[str]) -> bool:
    """Tell whether an item may be said unasked: something else than the prompt is in it, and it was not this session that said it."""
    candidate = item.candidate
    if session is not None and candidate.session == str(session):
        return False
    if candidate.kind is not None:  # a yes or no is asked in the very words of the answer
        return True
    words = set(candidate.text.lower().split())
    return len(words - asked) > _REPEATED * len(words)


def _index(block: Block, unit: Unit, namespace: Namespace, within: dict[str, Any], shown: set[str]) -> None:
    counts = unit.rows("memories_by_kind", **within)
    if not counts:
        return
    kinds = ", ".join(f"{number} {kind}" for kind, number in counts)
    rows = [
        row
        for row in unit.rows("memories_newest", **within, limit=_TITLES + len(shown))
        if row[0] not in shown and not _orders(row)
    ]
    titles = [
        f"- {_date(row[4])} {row[1]}: {shorten(_first(row), 100)} (id {row[0]}{_caveat(row, within['now'], ', ')})"
        for row in rows[:_TITLES]
    ]
    if titles:
        lead = f"\nAlso remembered about {namespace.path}: {kinds}; ask `recall` for them. The newest:"
        block.add("\n".join([lead, *titles]), *(row[0] for row in rows[:_TITLES]), why="among the newest")


def _list(
    block: Block, lead: str, lines: Iterable[str], items: Sequence[str], why: str, *, memory: bool = False
) -> None:
    """Add lines under a heading, as many as fit."""
    for line, item in zip(lines, items, strict=True):
        if not block.add(f"{lead}\n{line}" if lead else line, item, memory=memory, why=why):
            return
        lead = ""


def _steers(standard: Standard) -> str:
    said = standard.revision
    return orders_in(f"{said.title or ''}\n{said.text}")


def _standard(standard: Standard, now: int) -> str:
    memory, said = standard.memory, standard.revision
    row = (
        f"{memory.kind}, {_name(standard.name)}",
        said.title,
        said.text,
        since(said),
        0,
        said.valid_from,
        said.valid_until,
    )
    return _line((memory.uid, *row), now)


def _orders(row: Row) -> str:
    return orders_in(f"{row[2] or ''}\n{row[3]}", scanned=row[5])


def _changed(mark: Mark | None) -> str:
    """Return what to say of a memory of which the code has changed."""
    return "" if mark is None or mark.state == "fresh" else f" · {mark.text}"


def _line(row: Row, now: int, mark: Mark | None = None, *, always: bool = False) -> str:
    """Return a memory as it is told; `always` tells of a fresh one that it is."""
    text = f"{row[2]}\n{row[3]}" if row[2] and not row[3].startswith(row[2]) else row[3]
    about = f"{_date(row[4])} · {row[1]}{_caveat(row, now, ' · ')} · id {row[0]}{f' · {mark.text}' if mark and always else _changed(mark)}"
    return f"[{about}]\n{quote(shorten(text, _LONGEST))}"


def _caveat(row: Row, now: int, lead: str) -> str:
    said = caveat(row[6], row[7], now)
    return lead + said if said else ""


def _said(row: Row) -> str:
    return f"[{_date(row[3])} · {_name(row[2])} · id {row[0]}]\n{quote(shorten(row[1], _LONGEST))}"


def _first(row: Row) -> str:
    return " ".join((row[2] or row[3]).split())


def _date(ms: int | None) -> str:
    return (to_iso(ms) or "undated")[:10]


def _name(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c in " ._-")[:40]
