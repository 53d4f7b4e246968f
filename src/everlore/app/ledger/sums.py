"""What memory cost and saved, from the rows of the ledger: every sum is of what was measured, and what is not known is counted.

Tokens: what is saved is the history that was not sent, less what was sent in its place, less the descriptions of the tools,
less what models read and wrote for memory. Each stands once: what a conversation holds is sent again with each of its requests,
but the history would have been too, so that sending again is on neither side.

Money: the history at the rate of *cached* input, for a provider would have held it from the second request on, and what was told
at the full rate, or that of writing to the cache where it is higher: what is saved is rather too low than too high.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from everlore.app import answers, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.seen import may_see_turn
from everlore.core.clock import to_iso
from everlore.core.errors import InvalidInput, NotFound
from everlore.memory.changes import memory_of
from everlore.models.llm import rates
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Row, Unit
    from everlore.store.sight import Sight

_Kind = TypeVar("_Kind", bound=answers.Answer)
_DAY_MS = 86_400_000
_MICRO = 1_000_000
_PICO = _MICRO * _MICRO
_TIMES = frozenset({"day", "week"})
_COLUMN = {"day": 0, "week": 0, "operation": 0, "model": 1, "namespace": 2}
"""Where a row of sums has each of the keys."""

FORMULA = [
    "saved = history - (injected - repeated) - tools - ingestion, in tokens",
    "history: the stored turns of the sessions that told items come from, each session once for each conversation; 0 where that is not known of some, "
    "and savings are unknown where it is known of none",
    "saved money = history x cached rate - (injected - repeated) x the higher of input and cache-write rate, each at its entry's prices, "
    "- money of ingestion; where a provider has no cached rate its input rate counts",
    "ingestion: what models read and wrote for memory; what you ask them yourself is none",
    "repeated: sent again as the prefix of a conversation; the history would have been too, so it is on neither side",
]


def stats(app: App, caller: Caller, request: requests.Stats) -> answers.Spent:
    """Say what memory cost and saved, with the formula and what is not known."""
    with app.read() as unit:
        view = _View(app, unit, caller, request)
        total = (view.sums("") or [answers.LedgerSums(key="")])[0]
        ingestion = view.ingestion()
        half, most = view.latency(0.5, 0.95)
        return answers.Spent(
            **view.span, total=total, operations=view.sums("operation"), providers=view.sums("model"), namespaces=view.sums("namespace"),
            ingestion=ingestion, p50=half, p95=most, formula=FORMULA, unknown=_unknown(app, view, total), prices=view.prices(),
        )  # fmt: skip


def timeline(app: App, caller: Caller, request: requests.StatsTimeline) -> answers.SpentOver:
    """Say what memory cost and saved in each day or week."""
    with app.read() as unit:
        view = _View(app, unit, caller, request)
        return answers.SpentOver(**view.span, rows=view.sums(request.bucket), formula=FORMULA)


def providers(app: App, caller: Caller, request: requests.StatsProviders) -> answers.SpentOver:
    """Say what memory cost and saved with each provider and model."""
    with app.read() as unit:
        view = _View(app, unit, caller, request)
        return answers.SpentOver(**view.span, rows=view.sums("model"), formula=FORMULA)


def logs(app: App, caller: Caller, request: requests.StatsLogs) -> answers.LedgerPage:
    """List entries, newest first, each with what it held and why."""
    with app.read() as unit:
        view = _View(app, unit, caller, request)
        if request.before and unit.one("ledger_by_uid", uid=request.before) is None:
            raise NotFound(f"there is no entry {request.before}", field="before")
        rows = unit.rows("ledger_page", **view.within, before=request.before, limit=request.limit + 1)
        entries = [_entry(unit, row) for row in rows[: request.limit]]
        return answers.LedgerPage(entries=entries, next=entries[-1].id if len(rows) > request.limit else None)


def why(app: App, caller: Caller, request: requests.Why) -> answers.WhyTold:
    """Say why, when and how often an item was told, and whether it was of use; raise `NotFound`."""
    with app.read() as unit:
        seen = sight(unit, caller)
        turn = unit.one("turn_by_uid", uid=request.id)
        if turn is None:
            memory_of(unit, request.id, seen)
        elif not may_see_turn(unit, turn, seen):
            raise NotFound(f"there is no memory or turn {request.id}", field="id")
        rows = unit.rows("ledger_of_item", item=request.id, paths=_paths(unit, None, seen))
        verdicts = dict(Counter(row[1] for row in unit.rows("feedback_of", memory=request.id)))
    used = dict(Counter(row[11] for row in rows if row[11]))
    occasions = [_as(answers.Occasion, (row[0], to_iso(row[1]) or "", *row[2:])) for row in rows[: request.limit]]
    return answers.WhyTold(
        id=request.id, kind="turn" if turn else "memory", told=len(rows), first=to_iso(rows[-1][1]) if rows else None,
        last=to_iso(rows[0][1]) if rows else None, used=used, feedback=verdicts, occasions=occasions,
    )  # fmt: skip


class _View:
    """The rows that a caller asks for and may see."""

    def __init__(
        self,
        app: App,
        unit: Unit,
        caller: Caller,
        request: requests.Stats | requests.StatsTimeline | requests.StatsProviders | requests.StatsLogs,
    ) -> None:
        now, seen = app.clock(), sight(unit, caller)
        since = now - now % _DAY_MS - (request.days - 1) * _DAY_MS
        paths = _paths(unit, request.namespace, seen)
        self._unit = unit
        self._read: dict[str, list[Row]] = {}
        self.within: dict[str, Any] = {"since": since, "until": now + 1, "provider": request.provider, "paths": paths}
        self.span: dict[str, str] = {"since": to_iso(since) or "", "until": to_iso(now) or ""}
        self.whole = paths is None
        """Whether nothing is left out by its place: models are asked for no namespace in particular."""

    def sums(self, by: str) -> list[answers.LedgerSums]:
        """Return the sums by a key; of all rows under one empty key where `by` is empty."""
        found: dict[str | None, list[Any]] = {}
        for row in self._cells(by if by in _TIMES else ""):
            key = "" if not by else row[_COLUMN[by]]
            found[key] = _added(found[key], row[3:]) if key in found else list(row[3:])
        ingested = self._ingested(by)
        keys = [*found, *(key for key in ingested if key not in found)]
        ordered = sorted(keys, key=lambda key: (key is None, key or ""))
        return [_sums(key, found.get(key), ingested.get(key), told=self._tells(by)) for key in ordered]

    def _cells(self, by: str) -> list[Row]:
        if by not in self._read:
            self._read[by] = self._unit.rows("ledger_sums", by=by, **self.within)
        return self._read[by]

    def _tells(self, by: str) -> bool:
        return self.whole and by not in ("namespace", "operation")

    def _ingested(self, by: str) -> dict[str | None, tuple[int, int, int]]:
        if not self._tells(by):
            return {}
        within = {name: self.within[name] for name in ("since", "until", "provider")}
        if by:
            return {row[0]: row[1:] for row in self._unit.rows("ingestion_by", by=by, **within)}
        rows = self._unit.rows("ingestion", **within)
        return {"": (sum(r[2] + r[3] for r in rows), sum(r[5] for r in rows), sum(r[6] for r in rows))} if rows else {}

    def ingestion(self) -> list[answers.Ingested]:
        """Return what models were asked, by purpose; nothing where only a part of the tree is looked at."""
        if not self.whole:
            return []
        within = {name: self.within[name] for name in ("since", "until", "provider")}
        return [
            _as(answers.Ingested, (*row[:5], row[5] / _MICRO, row[6])) for row in self._unit.rows("ingestion", **within)
        ]

    def latency(self, *shares: float) -> list[float | None]:
        """Return for each share the milliseconds that this share of the answers took at most."""
        found = [float(row[0]) for row in self._unit.rows("ledger_latency", **self.within)]
        return [found[min(len(found) - 1, int(len(found) * share))] if found else None for share in shares]

    def looked(self) -> tuple[int, int]:
        """Return how many answers a person read at a terminal, and their tokens."""
        count, tokens = self._unit.one("ledger_looked", **self.within) or (0, 0)
        return count, tokens

    def prices(self) -> list[str]:
        """Return the versions of the tables of prices in these rows."""
        within = {name: self.within[name] for name in ("since", "until", "paths")}
        return [version for (version,) in self._unit.rows("ledger_prices", **within)]


def _paths(unit: Unit, namespace: str | None, seen: Sight) -> str | None:
    """Return the namespaces whose rows are seen, as a JSON list; None for all of them, with what belongs to none."""
    if namespace is None and (seen.all or not seen.place):
        return None
    pattern = "%"
    if namespace is not None:
        pattern = f"% {namespaces.require(unit, namespace, seen).id} %"
    nodes = [namespaces.by_id(unit, row[0]) for row in unit.rows("namespaces_in", pattern=pattern)]
    return json.dumps([node.path for node in nodes if seen.covers(node)])


def _added(sums: Sequence[Any], more: Sequence[Any]) -> list[Any]:
    """Return two rows of sums added up; what one of them does not know counts as nothing beside what the other does."""
    return [b if a is None else a if b is None else a + b for a, b in zip(sums, more, strict=True)]


def _sums(
    key: str | None, row: Sequence[Any] | None, ingested: Sequence[int] | None, *, told: bool
) -> answers.LedgerSums:
    found: list[Any] = (
        list(row) if row else [0, 0, 0, 0, None, 0, 0, 0, 0, 0, None, None, 0, None, None, None, None, *(0,) * 5]
    )
    injected, repeated, history, tools = found[2], found[3], found[4], found[6]
    tokens, money, unpriced = ingested or (0, 0, 0)
    saved = None if history is None and found[0] > found[1] else (history or 0) - (injected - repeated) - tools - tokens
    gained, cost = found[10], found[11]
    known = found[7] > 0
    saved_money = None
    if gained is not None or (not known and ingested and unpriced == 0):
        saved_money = ((gained or 0) - (cost or 0)) / _PICO - money / _MICRO
    return answers.LedgerSums(
        key=key or "", injections=found[0], withheld=found[1], injected=injected, repeated=repeated, history=history,
        history_unknown=found[5], tools=tools, ingestion=tokens if told else None, saved=saved, priced=found[7], unpriced=found[8],
        unpriced_tokens=found[9], history_money=None if gained is None else gained / _PICO, injected_money=None if cost is None else cost / _PICO,
        ingestion_money=money / _MICRO if told else None, ingestion_unpriced=unpriced, saved_money=saved_money, counted=found[12],
        input=found[13], cached=found[14], cache_written=found[15], output=found[16],
        items=found[17], heard=found[18], cited=found[19], echoed=found[20], feedback=found[21],
    )  # fmt: skip


def _unknown(app: App, view: _View, total: answers.LedgerSums) -> list[str]:
    """Say what these sums do not know."""
    said = []
    if total.history_unknown:
        what = "what they save is not known" if total.history is None else "it counts as 0"
        said.append(
            f"history of {total.history_unknown} of {total.injections - total.withheld} blocks: no session, or no conversation, is known; {what}"
        )
    looked, tokens = view.looked()
    if looked:
        said.append(
            f"what was read at a terminal, {looked} answers of {tokens:,} tokens, is in no sum: it was put before no model"
        )
    if total.unpriced:
        said.append(
            f"price of {total.unpriced} entries ({total.unpriced_tokens:,} tokens): nobody told the model, or the table does not have it; not in the money"
        )
    if total.ingestion_unpriced:
        said.append(f"price of {total.ingestion_unpriced} requests for ingestion; not in the money")
    if not view.whole:
        said.append("ingestion: models read for the whole store, not for a part of the tree; not subtracted here")
    if total.items > total.heard:
        said.append(
            f"use of {total.items - total.heard} of {total.items} items: no answer of their conversation is kept"
        )
    try:
        rates.read(app.config.home)
    except InvalidInput as error:
        said.append(f"your own prices: {error.message}")
    return said


def _entry(unit: Unit, row: Row) -> answers.LedgerEntry:
    items = [_as(answers.Told, item) for item in unit.rows("ledger_items_of", entry=row[0])]
    dollars = [None if rate is None else rate / _MICRO for rate in row[22:26]]
    values = (row[1], to_iso(row[2]) or "", *row[3:15], bool(row[15]), *row[16:22], *dollars, items)
    return _as(answers.LedgerEntry, values)


def _as(kind: type[_Kind], values: Sequence[Any]) -> _Kind:
    """Return an answer whose fields, in their order, have these values."""
    return kind(**dict(zip(kind.__struct_fields__, values, strict=True)))
