"""Reading what a slice may show: what stands in the project, what the question finds, what speaks of the files, and what is open.

Recall decides what is relevant: where it finds nothing, only what stands is shown, and what names a file that is open. Each item
says why it is there; what tries to steer its reader is kept back. Nothing here writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from everlore.app import answers
from everlore.app.freshness import marks, without_drifted
from everlore.app.handoffs import waiting
from everlore.app.search import search
from everlore.app.slicing.picks import Pick
from everlore.app.steering import orders_in, without_orders
from everlore.app.telling.echoes import without_echoes
from everlore.app.telling.read import naming
from everlore.app.tree import holding
from everlore.core.cite import name
from everlore.core.shorten import shorten
from everlore.core.types import Namespace
from everlore.memory.belief import caveat
from everlore.memory.changes import may_see
from everlore.recall.gather import Meaning, Scope
from everlore.recall.question import Question
from everlore.recall.recipes import Recipe
from everlore.recall.roles import role_of
from everlore.recall.speaking import is_order
from everlore.recall.words import root, tokens
from everlore.store.namespaces import by_id
from everlore.store.sight import Sight, limits

if TYPE_CHECKING:
    from everlore.recall.candidates import Ranked
    from everlore.store.contract import Row, Unit

_ALWAYS = (1 << 62) - 1
_RECALLED = 12
_LINKED, _LINKED_FROM = 4, 3
_DECISIONS, _QUESTIONS, _LOOKED_AT = 8, 5, 30
_FILES, _NAMED = 24, 8
_COVERED = 0.3
"""Of the question's weight, what an item holds at least; where a model read both, one as near in meaning as the best is let in too."""
_NEAR = 0.05
_BARE = 300
"""Characters of a question that holds nothing but itself."""
_TIES = {"supports": "support", "depends_on": "dependence", "contradicts": "contradiction"}
_STANDS = {"convention": "standing rule", "preference": "standing preference", "goal": "goal"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for, resolved: where, by whom, at which moment (Unix milliseconds; `at` is None for the present).

    `files` maps a path to what it is ("open", "changed"); `longest` is the most characters of one item.
    """

    node: Namespace
    seen: Sight
    now: int
    recipe: Recipe
    at: int | None = None
    query: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    roots: tuple[str, ...] = ()
    branch: str | None = None
    client: str = ""
    session: int | None = None
    start: bool = False
    budget: int = 1_500
    longest: int = 600
    withhold_drifted: bool = False


@dataclass(slots=True)
class Gathered:
    """The picks, each once, what stands first; whether a question was asked in vain; and what was kept back."""

    picks: list[Pick] = field(default_factory=list)
    withheld: bool = False
    quarantined: list[answers.Quarantined] = field(default_factory=list)
    drifted: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Cause:
    why: str
    word: str
    standing: bool = False


def gather(unit: Unit, ask: Ask, meaning: Meaning | None) -> Gathered:
    """Return what may be shown, in one snapshot."""
    out = Gathered()
    within = {"nodes": json.dumps(ask.node.lineage), "now": ask.now, **limits(unit, ask.seen)}
    causes = {uid: _Cause(why, "standing", standing=True) for uid, why in _standing(unit, ask, within)}
    for uid, why in _of_files(unit, ask, within):
        causes.setdefault(uid, _Cause(why, "file"))
    found = _recalled(unit, ask, meaning, out) if ask.query else []
    open_too = not ask.query or (ask.start and not out.withheld)
    if open_too and ask.at is None:
        for uid, why in _open(unit, ask, within):
            causes.setdefault(uid, _Cause(why, "latest"))
    for uid, why in _linked(unit, ask, [pick for pick in found if pick.memory][:_LINKED_FROM]):
        causes.setdefault(uid, _Cause(why, "linked"))
    handed = _handed(unit, ask) if open_too and ask.at is None else []
    read = _read(unit, ask, causes, out)
    known, texts = set[str](), set[str]()
    for pick in (*[p for p in read if p.standing], *handed, *[p for p in read if p.cause == "file"], *found, *read):
        if pick.id not in known and pick.text not in texts:
            known.add(pick.id)
            texts.add(pick.text)
            out.picks.append(pick)
    _mark(unit, ask, out)
    return out


def _standing(unit: Unit, ask: Ask, within: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what holds whatever is asked: the standards, layer 0, and the rules, preferences and goals."""
    if ask.at is not None:
        rows = unit.rows("slice_stood", **{**within, "at": ask.at}, limit=_limit(ask))
    else:
        for each in holding(unit, ask.node, ask.seen, ask.now):
            yield each.memory.uid, f"standard {name(each.name)}"
        rows = unit.rows("slice_standing", **within, limit=_limit(ask))
    yield from ((uid, "") for (uid,) in rows)


def _limit(ask: Ask) -> int:
    """Return how many standing items could fit at most."""
    return max(16, min(400, ask.budget // 30))


def _of_files(unit: Unit, ask: Ask, within: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the memories that are anchored to a file that is open or has changed."""
    wanted = {path: (given, how) for given, how in ask.files.items() for path in _spellings(given, ask.roots)}
    if not wanted or ask.at is not None:
        return
    nodes = {"nodes": json.dumps(_reach(unit, ask.node))}
    for uid, top, path, moved in unit.rows(
        "slice_files", **{**within, **nodes}, paths=json.dumps(list(wanted)), limit=_FILES
    ):
        for spelled in (path, moved):
            given, how = wanted.get(spelled, ("", ""))
            if given and (
                not given.startswith("/") or f"{top}/{spelled}" == given or _below(given, ask.roots) == spelled
            ):
                yield uid, f"names the {how} file {name(spelled, 80)}"
                break
    for given, how in list(ask.files.items())[:_NAMED]:
        path = _below(given, ask.roots) or given.removeprefix("./")
        if path.startswith("/"):
            continue  # a file of another place, whose name says nothing here
        for uid in naming(unit, path, ask.node, ask.seen, ask.now):
            yield uid, f"names the {how} file {name(path, 80)}"


def _spellings(given: str, roots: Sequence[str]) -> list[str]:
    """Return under which paths from the root of a work tree a file may be known."""
    if not given.startswith("/"):
        return [given.replace("\\", "/").removeprefix("./")]
    parts = given.strip("/").split("/")
    return list(
        dict.fromkeys([*filter(None, [_below(given, roots)]), *("/".join(parts[at:]) for at in range(len(parts)))])
    )


def _below(given: str, roots: Sequence[str]) -> str:
    return next((given.removeprefix(f"{top}/") for top in roots if given.startswith(f"{top}/")), "")


def _reach(unit: Unit, node: Namespace) -> list[int]:
    """Return the nodes at and below one, and those above it."""
    below = [row[0] for row in unit.rows("namespaces_below", pattern=f"% {node.id} %")]
    return [*node.lineage, *(each for each in below if each != node.id)]


def _open(unit: Unit, ask: Ask, within: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what was decided last, on the branch first, and the questions that are open."""
    nodes = {**within, "nodes": json.dumps(_reach(unit, ask.node))}
    rows = unit.rows("slice_latest", **nodes, kind="decision", limit=_LOOKED_AT)
    here = {row[0] for row in rows if ask.branch and row[1] == ask.branch and ask.seen.covers(by_id(unit, row[2]))}
    for uid, *_ in sorted(rows, key=lambda row: row[0] not in here)[:_DECISIONS]:
        yield uid, f"decided on branch {name(ask.branch, 80)}" if uid in here else "latest decision"
    for uid, *_ in unit.rows("slice_latest", **nodes, kind="question", limit=_QUESTIONS):
        yield uid, "open question"


def _handed(unit: Unit, ask: Ask) -> list[Pick]:
    """Return the handoff that waits, as an item."""
    if not ask.seen.covers(ask.node):
        return []
    waits = waiting(unit, ask.node, ask.client, ask.session, ask.now)
    if waits is None or orders_in(waits.text):
        return []
    row = unit.one("handoff_by_uid", uid=waits.item.partition(":")[2])
    assert row is not None
    return [
        Pick(
            waits.item, None, "handoff", "goals", None, shorten(waits.text, 3 * ask.longest), row[9], ask.node.path,
            f"left by the session of {name(row[4] or 'somebody')} before", "handoff", memory=False,
        )
    ]  # fmt: skip


def _recalled(unit: Unit, ask: Ask, meaning: Meaning | None, out: Gathered) -> list[Pick]:
    """Return what recall finds on the question, each with the words of it that it holds; nothing where nothing is relevant."""
    node = ask.node
    until = None if ask.at is None else ask.at + 1
    scope = Scope(
        node.id,
        since=ask.at,
        until=until,
        above=node.lineage[:-1],
        sight=ask.seen,
        now=ask.now,
        layer=2,
        home=node.lineage,
    )
    found = search(unit, ask.query, scope, ask.recipe, meaning, ask.now if ask.at is None else ask.at)
    out.withheld = not found.ranked
    best = max((item.candidate.maxsim or 0.0 for item in found.ranked), default=0.0)
    wanted = {term.root for term in found.question.terms}
    worth = [item for item in found.ranked if _is_worth(item, ask, best, wanted)][: 4 * _RECALLED]
    worth = without_echoes(unit, worth) if ask.at is None else worth
    if ask.withhold_drifted:
        worth, drifted = without_drifted(unit, worth)
        out.drifted += drifted
    pieces, kept_back = without_orders(worth, _RECALLED, None)
    out.quarantined += kept_back
    picks = [_found(unit, ask, found.question, piece.ranked) for piece in pieces]
    return [*(pick for pick in picks if pick.memory), *(pick for pick in picks if not pick.memory)]


def _is_worth(item: Ranked, ask: Ask, best: float, wanted: Set[str]) -> bool:
    """Tell whether an item may be shown: enough of the question is in it; a turn says something of it itself, and neither asks nor orders."""
    candidate = item.candidate
    if candidate.role == "tool" or (ask.session is not None and candidate.session == str(ask.session)):
        return False
    if candidate.kind is None and not item.reserved:
        own = wanted & {root(word) for word in tokens(candidate.text)}
        near = (candidate.maxsim or 0.0) >= max(best - _NEAR, _NEAR)
        if (
            _asks(candidate.text)
            or is_order(candidate.text, candidate.role)
            or not (len(own) >= min(2, len(wanted)) or near)
        ):
            return False
    return item.covered >= _COVERED or item.reserved or (candidate.maxsim or 0.0) >= max(best - _NEAR, _NEAR)


def _asks(text: str) -> bool:
    """Tell whether a text is a bare question, which tells nobody anything."""
    return len(text) <= _BARE and text.rstrip().endswith(("?", "？"))


def _found(unit: Unit, ask: Ask, question: Question, item: Ranked) -> Pick:
    candidate = item.candidate
    why = _matches(question, item)
    if candidate.kind is None:
        row = unit.one("turn_by_uid", uid=candidate.item)
        assert row is not None
        return Pick(
            candidate.item, None, "turn", "background", None, shorten(candidate.text, ask.longest), candidate.time, row[11], why, "recalled",
            speaker=name(candidate.speaker or candidate.role or "somebody"), memory=False,
        )  # fmt: skip
    row = unit.one("memory_source", uid=candidate.item, number=candidate.revision)
    assert row is not None
    caveats = () if ask.at is not None else _caveats(row[5], row[6], ask.now)
    return Pick(
        candidate.item, candidate.revision, candidate.kind, role_of(candidate.kind), None, shorten(candidate.text, ask.longest), candidate.time,
        row[0], why, "recalled", caveats=caveats,
    )  # fmt: skip


def _matches(question: Question, item: Ranked) -> str:
    """Return which words of the question an item holds, itself or beside it; else what brought it."""
    held = {root(word) for word in tokens(item.candidate.text)}
    if words := [term.word for term in question.terms if term.root in held]:
        return "matches: " + ", ".join(name(word, 24) for word in words[:4])
    beside = f"{item.candidate.previous} {item.candidate.following}"
    near = {root(word) for word in tokens(beside)}
    if words := [term.word for term in question.terms if term.root in near]:
        return "beside: " + ", ".join(name(word, 24) for word in words[:4])
    return "standing instruction" if item.reserved else "near in meaning"


def _linked(unit: Unit, ask: Ask, best: Sequence[Pick]) -> list[tuple[str, str]]:
    """Return what the best that was found rests on, supports, or contradicts."""
    found: dict[str, str] = {}
    for pick in best if ask.at is None else ():
        for _, kind, source, target, *_ in unit.rows("links_of", uid=pick.id):
            other = target if source == pick.id else source
            if kind in _TIES and may_see(unit, other, ask.seen):
                found.setdefault(other, f"linked to {pick.id} by {_TIES[kind]}")
    known = {pick.id for pick in best}
    return [(uid, why) for uid, why in found.items() if uid not in known][:_LINKED]


def _read(unit: Unit, ask: Ask, causes: Mapping[str, _Cause], out: Gathered) -> list[Pick]:
    """Return the memories that were named, in that order, as they are now or were at the moment asked about."""
    picks = []
    for row in unit.rows("slice_items", uids=json.dumps(list(causes))):
        said = row if ask.at is None else _then(unit, row, ask.at)
        if said is None or (ask.at is None and not _holds(row, ask.now)):
            continue
        if why := orders_in(f"{said[6] or ''}\n{said[7]}", scanned=row[11]):
            out.quarantined.append(answers.Quarantined(id=row[0], kind="memory", why=why))
            continue
        picks.append(_pick(unit, ask, said, causes[row[0]]))
    return picks


def _holds(row: Row, now: int) -> bool:
    ended = not row[12] and row[13] is not None and row[13] <= now
    return row[4] == "active" and row[3] < 3 and not ended and (row[10] is None or row[10] > now)


def _then(unit: Unit, row: Row, at: int) -> Row | None:
    held = unit.one("believed_of", memory=row[14], at=at, known=_ALWAYS)
    return (
        None if held is None else (row[0], held[2], *row[2:6], held[3], held[4], held[6], held[6], held[7], *row[11:])
    )


def _pick(unit: Unit, ask: Ask, row: Row, cause: _Cause) -> Pick:
    uid, revision, kind, layer, _, path, title, text, time, begins, ends, *_ = row
    why = cause.why or (f"layer 0 of {path}" if layer == 0 else f"{_STANDS[kind]} of {path}")
    caveats = () if ask.at is not None else _caveats(begins, ends, ask.now)
    return Pick(
        uid, revision, kind, role_of(kind), title, shorten(text, ask.longest), time, path, why, cause.word, standing=cause.standing,
        layer=layer, caveats=caveats,
    )  # fmt: skip


def _caveats(begins: int | None, ends: int | None, now: int) -> tuple[str, ...]:
    said = caveat(begins, ends, now)
    return (said,) if said else ()


def _mark(unit: Unit, ask: Ask, out: Gathered) -> None:
    """Say of each memory what contradicts it, and whether the code that it speaks of is as it was.

    Where the settings say so, those of which it is not are left out.
    """
    uids = [pick.id for pick in out.picks if pick.memory] if ask.at is None else []
    told = marks(unit, uids)
    against: dict[str, tuple[str, ...]] = {}
    for uid, other in unit.rows("slice_contradicted", uids=json.dumps(uids), now=ask.now) if uids else ():
        if may_see(unit, other, ask.seen):
            against[uid] = (*against.get(uid, ()), f"contradicted by {other}")
    marked = []
    for pick in out.picks:
        mark = told.get(pick.id)
        fits = mark is not None and mark.revision == pick.revision
        if fits and mark is not None and ask.withhold_drifted and mark.state != "fresh":
            out.drifted.append(pick.id)
            continue
        caveats = (*pick.caveats, *against.get(pick.id, ()))
        marked.append(
            replace(pick, caveats=caveats, freshness=mark.text if fits and mark is not None else None)
            if fits or caveats
            else pick
        )
    out.picks = marked
