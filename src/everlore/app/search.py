"""The handler of recall: visibility into the query, one snapshot, candidates from every arm, rank, withhold, cut, cite."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.freshness import Mark, marks, without_drifted
from everlore.app.ledger.queue import Conversation, Injected, Injection
from everlore.app.scope import where
from everlore.app.steering import without_orders
from everlore.core import ids
from everlore.core.clock import to_datetime, to_iso
from everlore.core.errors import InvalidInput
from everlore.core.types import Namespace
from everlore.memory.belief import caveat
from everlore.memory.changes import may_see
from everlore.recall.asked import past_named, read_asked
from everlore.recall.blend import blend
from everlore.recall.candidates import Ranked
from everlore.recall.gather import Gathered, Meaning, Scope, gather, surround
from everlore.recall.question import Question, read_question
from everlore.recall.rank import rank
from everlore.recall.recipes import RECIPES, Recipe
from everlore.recall.slice import Piece
from everlore.recall.values import order_by_time
from everlore.recall.withhold import Evidence, confidence, should_withhold, weigh
from everlore.store.namespaces import by_id, covers_everything
from everlore.store.sight import Sight

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_SHOWN = 60
"""Items that are read with the text around them: enough to order by time and to fill any answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: the items in order, none where nothing is relevant, and what speaks for an answer."""

    question: Question
    gathered: Gathered
    evidence: Evidence
    ranked: list[Ranked]


def recall(app: App, caller: Caller, request: requests.Recall) -> answers.Recalled:
    """Answer a question with cited lines, or withhold; where that is switched on, a model is asked for other words first."""
    found = _recall(app, caller, request)
    if found.withheld and app.config.query_expansion and app.config.llm_provider:
        from everlore.app.asking import more_words  # a model's library is loaded for nobody else

        if query := more_words(app, request.query):
            return _recall(app, caller, msgspec.structs.replace(request, query=query))
    return found


def _recall(app: App, caller: Caller, request: requests.Recall) -> answers.Recalled:
    started = time.perf_counter()
    recipe = _recipe(request.recipe or app.config.recipe)
    known = app.instant(request.recorded_as_of, "recorded_as_of")
    moment = app.instant(request.as_of, "as_of")
    moment = known if moment is None else moment
    meaning = app.vectors.question(request.query) if recipe.meaning and app.vectors else None
    with app.read() as unit:
        now = app.clock() if moment is None else moment
        seen = sight(unit, caller)
        for node in _nodes(app, unit, request, seen):
            scope = _scope(unit, node, request, moment, known, seen, app.clock(), recipe)
            found = search(unit, request.query, scope, recipe, meaning, now)
            if found.ranked:
                break
        ranked, drifted = without_drifted(unit, found.ranked) if app.config.withhold_drifted else (found.ranked, [])
        pieces, kept_back = without_orders(ranked, request.limit, request.budget)
        told = marks(unit, (piece.ranked.candidate.item for piece in pieces if piece.ranked.candidate.kind))
        at = now if moment is None else None
        items = [_item(unit, piece, seen, told, at, explain=request.explain) for piece in pieces]
    tokens = sum(piece.tokens for piece in pieces)
    took = (time.perf_counter() - started) * 1000
    injected = tuple(
        Injected(item.id, item.source.revision, piece.tokens, why="recalled", memory=item.kind == "memory")
        for item, piece in zip(items, pieces, strict=True)
    )
    at = app.clock()
    app.uses.add(Injection(
        ids.fresh(at), at, caller.surface, "recall", request.namespace, injected, tokens, round(took, 3), withheld=not items,
        conversation=Conversation(caller.actor, f"{caller.surface}:{caller.session}") if caller.session else None,
        steering=tuple((held.id, held.why) for held in kept_back if held.kind == "memory"),
    ))  # fmt: skip
    explain = _explain(found, recipe, took) if request.explain else None
    return answers.Recalled(
        items=items, tokens=tokens, withheld=not found.ranked, explain=explain, quarantined=kept_back, drifted=drifted
    )


def search(
    unit: Unit, query: str, scope: Scope, recipe: Recipe, meaning: Meaning | None, now: int, *, withholding: bool = True
) -> Found:
    """Find what is relevant to a question, in one snapshot; `now` is the moment it is asked about.

    Without `withholding` the best that there is comes back, relevant or not: who asks then judges it by the evidence.
    """
    question = read_question(query)
    gathered = gather(unit, question, scope, recipe, meaning)
    evidence = weigh(question, gathered.candidates, gathered.vocabulary)
    withheld = withholding and should_withhold(evidence)
    ranked = [] if withheld else rank(question, gathered.candidates, gathered.vocabulary, recipe)
    ranked = [*surround(unit, ranked[:_SHOWN]), *ranked[_SHOWN:]]
    if recipe.blend:
        ranked = blend(ranked, recipe.blend, now)
    if recipe.by_time:
        asked = read_asked(query, to_datetime(now))
        ranked = order_by_time(question, ranked, gathered.candidates, asked=asked)
    ranked.sort(key=lambda item: item.candidate.repeats)  # behind what it was made from, in order otherwise
    return Found(question, gathered, evidence, ranked)


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise InvalidInput(f"there is no recipe {name!r}", field="recipe", hint=f"recipes are: {', '.join(RECIPES)}")
    return RECIPES[name]


def _nodes(app: App, unit: Unit, request: requests.Recall, seen: Sight) -> list[Namespace | None]:
    """Return where to look, in order: in the namespace named, else in the project asked from and then everywhere."""
    node = where(app, unit, request.namespace, request.cwd, seen)
    return [node] if request.namespace or node is None else [node, None]


def _scope(
    unit: Unit,
    node: Namespace | None,
    request: requests.Recall,
    moment: int | None,
    known: int | None,
    seen: Sight,
    now: int,
    recipe: Recipe,
) -> Scope:
    until = None if moment is None else moment + 1
    whole = node is None or covers_everything(unit, node)
    place, above = (None, ()) if whole or node is None else (node.id, node.lineage[:-1])
    past = past_named(request.query, to_datetime(now)) if moment is None and recipe.by_time else None
    home = node.lineage if node else ()
    return Scope(place, tuple(request.kinds), moment, until, above, seen, known, now, past=past, home=home)


def _item(
    unit: Unit, piece: Piece, seen: Sight, told: Mapping[str, Mark], now: int | None, *, explain: bool
) -> answers.Item:
    candidate, ranked = piece.ranked.candidate, piece.ranked
    why = {"score": round(ranked.score, 4), **{k: round(v, 4) for k, v in ranked.parts.items()}} if explain else None
    shared: dict[str, Any] = {
        "id": candidate.item, "text": piece.text, "time": to_iso(candidate.time), "score": round(ranked.score, 4), "why": why,
    }  # fmt: skip
    if candidate.kind is None:
        row = unit.one("turn_by_uid", uid=candidate.item)
        assert row is not None
        source = answers.Source(session=row[10], turn=row[3])
        return answers.Item(**shared, kind="turn", speaker=candidate.speaker, source=source, namespace=row[11])
    row = unit.one("memory_source", uid=candidate.item, number=candidate.revision)
    assert row is not None
    said = seen.all or (row[4] is not None and seen.covers(by_id(unit, row[4])))
    source = answers.Source(
        session=row[3] if said else None, turn=row[2] if said else None, memory=candidate.item, revision=candidate.revision
    )  # fmt: skip
    caveats = [] if now is None else caveats_of(unit, candidate.item, row[5], row[6], seen, now)
    links = unit.rows("links_from", uid=candidate.item, kind="supersedes")
    mark = told.get(candidate.item)
    replaced = [link[0] for link in links if may_see(unit, link[0], seen)]
    return answers.Item(
        **shared, kind="memory", speaker=None, source=source, namespace=row[0], title=row[1], memory_kind=candidate.kind,
        supersedes=replaced[0] if replaced else None,
        caveats=caveats,
        freshness=mark.text if mark and mark.revision == candidate.revision else None,
    )  # fmt: skip


def caveats_of(
    unit: Unit, uid: str, valid_from: int | None, valid_until: int | None, seen: Sight, now: int
) -> list[str]:
    """Return what speaks against a memory: that it is not true now, and each active memory that contradicts it, as far as that is seen."""
    against = [other for (other,) in unit.rows("contradicting", uid=uid, now=now) if may_see(unit, other, seen)]
    said = caveat(valid_from, valid_until, now)
    return [*([said] if said else ()), *(f"contradicted by {other}" for other in against)]


def _explain(found: Found, recipe: Recipe, took: float) -> dict[str, Any]:
    question = found.question
    return {
        "recipe": recipe.name,
        "terms": [term.word for term in question.terms],
        "kinds": sorted(question.kinds),
        "names": list(question.names),
        "identifiers": list(question.identifiers),
        "arms": dict(found.gathered.arms),
        "candidates": len(found.gathered.candidates),
        "confidence": round(confidence(found.evidence), 4),
        "milliseconds": round(took, 2),
    }
