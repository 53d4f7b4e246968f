"""Search for a person: words as they are typed and what is near in meaning, with filters, and nothing withheld.

What a person looks at is put before no model, so that nothing of it is counted in the ledger.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from everlore.app import answers, knowledge, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.core.clock import to_iso, to_ms
from everlore.core.shorten import shorten
from everlore.core.types import Kind
from everlore.recall.gather import Scope
from everlore.recall.typed import Hit, Typed, find_typed, marks, read_typed, snippet
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit

_READ, _READ_FILTERED = 120, 1_000
"""Passages that are looked at: more where filters, which the index does not know, will take some away."""

_WHOLE = 3
"""Words from which on a model is asked: what is near to one or two words is mostly noise, and costs every keystroke."""


def search(app: App, caller: Caller, request: requests.Search) -> answers.SearchHits:
    """Return what has the words, best first; without any the newest."""
    started = time.perf_counter()
    query = request.query or ""
    if not query.strip():
        return _newest(app, caller, request, started)
    known = app.instant(request.recorded_as_of, "recorded_as_of")
    moment = app.instant(request.as_of, "as_of")
    moment = known if moment is None else moment
    since, until = app.instant(request.since, "since", edge="start"), app.instant(request.until, "until")
    vectors = None if request.words_only or query.count(" ") + 1 < _WHOLE else app.vectors
    meaning = vectors.question(query) if vectors else None
    with app.read() as unit:
        seen = sight(unit, caller)
        named = [*request.namespaces, *([request.namespace] if request.namespace else [])]
        nodes = [namespaces.require(unit, name, seen) for name in named]
        places = [] if any(namespaces.covers_everything(unit, node) for node in nodes) else [node.id for node in nodes]
        scope = Scope(
            None, tuple(request.kinds), moment, None if moment is None else moment + 1, (), seen, known, app.clock()
        )
        filtered = any((request.tag, request.layer is not None, request.tier, since, until))
        most = max(_READ_FILTERED if filtered else _READ, request.offset + request.limit + 1)
        typed = read_typed(unit, query)
        hits = find_typed(unit, typed, scope, places, meaning, most, request.state)
        hits = [hit for hit in hits if _in_time(hit, since, until)]
        about = _about(unit, hits if filtered else hits[request.offset : request.offset + request.limit + 1])
        kept = [hit for hit in hits if _is_meant(about.get(hit.item), request)] if filtered else hits
        page = kept[request.offset : request.offset + request.limit]
        shown = [_hit(hit, about[hit.item], typed, explain=request.explain) for hit in page if hit.item in about]
    more = len(kept) > request.offset + request.limit
    return answers.SearchHits(
        hits=shown, next=request.offset + request.limit if more else None, completions=list(typed.completions),
        milliseconds=_took(started),
    )  # fmt: skip


def _took(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def _about(unit: Unit, hits: list[Hit]) -> dict[str, Row]:
    """Return what is kept beside the text of each hit."""
    ids = json.dumps([hit.item for hit in hits])
    rows = [*unit.rows("hits_memories", ids=ids), *unit.rows("hits_turns", ids=ids)]
    return {row[0]: row for row in rows}


def _time(row: Row) -> int | None:
    """Return when a turn was said, or a memory became true, or was written where that is not known."""
    found: int | None = row[8] if row[12] is None else row[23] if row[21] is None else row[21]
    return found


def _in_time(hit: Hit, since: int | None, until: int | None) -> bool:
    at = _time(hit.row)
    if since is None and until is None:
        return True
    return at is not None and (since is None or at >= since) and (until is None or at <= until)


def _is_meant(row: Row | None, request: requests.Search) -> bool:
    """Tell whether a hit has the tag, layer and tier that are asked for, which only memories have."""
    if row is None:
        return False
    asked = request.tag is not None or request.layer is not None or request.tier is not None
    if len(row) < 8:
        return not asked
    tags = json.loads(row[4])
    return (
        (request.tag is None or request.tag in tags)
        and (request.layer is None or row[6] == request.layer)
        and (request.tier is None or row[5] == request.tier)
    )


def _hit(hit: Hit, about: Row, typed: Typed, *, explain: bool) -> answers.SearchHit:
    row = hit.row
    turn = row[12] is None
    text, where = snippet(row[9] if turn else row[19], typed)
    shared: dict[str, Any] = {
        "id": hit.item, "snippet": text, "marks": where, "namespace": about[1], "time": to_iso(_time(row)), "score": hit.score,
        "why": hit.parts if explain else None,
    }  # fmt: skip
    if turn:
        return answers.SearchHit(
            **shared, kind="turn", title=None, speaker=about[4], session=about[2], position=about[3]
        )
    title = row[18]
    return answers.SearchHit(
        **shared, kind=about[2], title=title, title_marks=marks(title, typed) if title else [], state=about[3], tags=json.loads(about[4]),
        tier=about[5], layer=about[6], pinned=bool(about[7]),
    )  # fmt: skip


def _newest(app: App, caller: Caller, request: requests.Search, started: float) -> answers.SearchHits:
    """Return the newest memories that pass the filters, where nothing is typed; of another moment those held true then."""
    kinds: list[Kind] = [kind for kind in request.kinds if kind != "turn" and kind != "memory"]
    named = [*request.namespaces, *([request.namespace] if request.namespace else [])]
    since, until = app.instant(request.since, "since", edge="start"), app.instant(request.until, "until")
    found = knowledge.list_memories(app, caller, requests.List(
        namespace=named[0] if len(named) == 1 else None, kind=kinds[0] if len(kinds) == 1 else None, state=request.state, tag=request.tag,
        layer=request.layer, tier=request.tier, as_of=request.as_of, recorded_as_of=request.recorded_as_of,
        limit=1000 if since or until else min(1000, request.offset + request.limit + 1),
    )).memories  # fmt: skip
    within = [each for each in found if _between(each.valid_from or each.updated, since, until)]
    hits = [
        answers.SearchHit(
            id=each.id, kind=each.kind, title=each.title or shorten(each.text, 100), snippet="", marks=[], namespace=each.namespace,
            time=each.valid_from or each.updated, score=0.0, state=each.state, tags=each.tags, tier=each.tier, layer=each.layer, pinned=each.pinned,
        )
        for each in within[request.offset : request.offset + request.limit]
    ]  # fmt: skip
    more = len(within) > request.offset + request.limit
    return answers.SearchHits(
        hits=hits, next=request.offset + request.limit if more else None, completions=[], milliseconds=_took(started)
    )


def _between(time: str, since: int | None, until: int | None) -> bool:
    at = to_ms(datetime.fromisoformat(time))
    return (since is None or at >= since) and (until is None or at <= until)
