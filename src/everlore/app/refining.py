"""The operation `refine`: a language model reads what is new, and what it suggests waits in the inbox.

A piece of work is read in one snapshot, asked with no transaction open, and what came of it is written in one: proposals,
reasons, and the mark that says it was read. So a run that ends anywhere has lost nothing but the request under way, and one
over an unchanged store asks nobody. Whatever is wrong with the provider or the budget ends the run; what a model cannot do
with one text (refusal, truncation, another shape) counts against that text, which is left alone after a few times.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.app import answers, relating, requests, suggesting
from everlore.app.asking import Asker
from everlore.app.authority import identify, must_not_be_denied, rules, sight
from everlore.app.proposals import propose
from everlore.app.spending import GIVEN_UP
from everlore.app.suggesting import Found, Suggested, Work
from everlore.core.clock import to_iso
from everlore.core.errors import BudgetSpent, Conflict, EverloreError, ModelFailed
from everlore.guard.policy import Requester, decide
from everlore.models.llm import prices
from everlore.models.llm.values import ITEM_FAULTS, Usage
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.store.contract import Row, Unit

_BATCH = 20
_REQUESTS, _PAUSES_MS = 4, 60_000
"""How many requests one piece of work takes at most, retries and a correction, and how long the pauses between them are."""
_Find = Callable[["App", "Unit", int, int, str | None, str | None], Found]
_USES: tuple[_Find, ...] = (suggesting.lessons, suggesting.prose, relating.contradictions, relating.tags)
_REASON = 80
_WORDS = re.compile(r"^the (number|identifier|name) .* is not", re.DOTALL)
_LEASE = "refining"
"""The setting that says which run is at work, and until when it is so without a word of it."""


@dataclass(slots=True)
class _Run:
    """One run: what it was asked, and what came of it."""

    app: App
    caller: Caller
    asker: Asker
    request: requests.Refine
    read: Counter[str] = field(default_factory=Counter)
    proposed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    most: Usage = field(default_factory=Usage)
    begun: int = 0
    waiting: int = 0
    problem: EverloreError | None = None

    @property
    def over(self) -> bool:
        """Whether no more work is to be begun."""
        return self.problem is not None or self.begun >= self.request.limit


def refine(app: App, caller: Caller, request: requests.Refine) -> answers.Refined:
    """Read what is new, or say what that would cost; raise what keeps it from anything at all."""
    return run(app, caller, request)


def run(
    app: App, caller: Caller, request: requests.Refine, *, name: str = "", stop: threading.Event | None = None
) -> answers.Refined:
    """Do what `refine` does, as a part of the run `name` whose budget it shares; `stop` ends it at once."""
    started = time.monotonic()
    asker = Asker(app, run=name, stop=stop)
    with app.read() as unit:
        who = identify(unit, caller)
        node = namespaces.require(unit, request.namespace, sight(unit, caller)) if request.namespace else None
        if node is None and who.place and not who.sight.all:  # as the curator has it
            node, request = who.place, msgspec.structs.replace(request, namespace=who.place.path)
        must_not_be_denied(unit, caller, "create", node)
    this = _Run(app, caller, asker, request)
    if request.dry_run:
        _all(this)
    else:
        try:
            _hold(this)
            _all(this)
        finally:
            _let_go(this)
    spent = asker.meter.spent()
    if this.problem is not None and not this.read and not this.failed:
        raise this.problem
    return _told(this, spent, time.monotonic() - started)


def _told(this: _Run, spent: Row, seconds: float) -> answers.Refined:
    request, asker = this.request, this.asker
    most = this.most.sent + this.most.received
    cost = prices.money(asker.model.at, this.most) if request.dry_run else None if spent[3] else int(spent[2])
    return answers.Refined(
        model=asker.name, requests=this.begun if request.dry_run else spent[0], tokens=most if request.dry_run else spent[1],
        money=None if cost is None else cost / prices.MICRO, read=dict(sorted(this.read.items())),
        proposed=dict(sorted(this.proposed.items())), refused=dict(sorted(this.refused.items())),
        failed=dict(sorted(this.failed.items())), waiting=this.waiting,
        stopped=this.problem.message if this.problem else "the limit is reached" if this.waiting else None,
        seconds=round(seconds, 3),
    )  # fmt: skip


def _all(this: _Run) -> None:
    for find in _USES[:1] if this.request.session else _USES:
        if not this.waiting:
            _go(this, find)


def _hold(this: _Run) -> None:
    """Say that this run is at work; raise `Conflict` where another is, since both would pay for the same."""
    app, now = this.app, this.app.clock()
    with app.write() as unit:
        run, _, until = (unit.value("setting_get", name=_LEASE) or "").partition(" ")
        if run and run != this.asker.meter.run and int(until) > now:
            raise Conflict(
                "another run has the language model read already",
                hint=f"wait for it, at most until {to_iso(int(until))}",
            )
        lasts = _REQUESTS * app.config.llm_timeout * 1000 + _PAUSES_MS
        unit.run("setting_set", name=_LEASE, value=f"{this.asker.meter.run} {now + lasts}")


def _let_go(this: _Run) -> None:
    with suppress(EverloreError), this.app.write() as unit:
        run = (unit.value("setting_get", name=_LEASE) or "").partition(" ")[0]
        if run == this.asker.meter.run:
            unit.run("setting_set", name=_LEASE, value="")


def _go(this: _Run, find: _Find) -> None:
    """Go through all work of one use, some rows of the store at a time."""
    after = 0
    while True:
        batch = max(1, min(_BATCH, this.request.limit - this.begun + 1))
        with this.app.read() as unit:
            found = list(find(this.app, unit, after, batch, this.request.namespace, this.request.session))
        if not found:
            return
        for row, works in found:
            after = row
            _one_after_the_other(this, works)
        if this.waiting or this.problem:
            return  # what lies beyond is found when its turn comes


def _one_after_the_other(this: _Run, works: Sequence[Work]) -> None:
    for number, work in enumerate(works):
        if work.prompt is None:
            if not this.request.dry_run and not this.problem:
                _done(this, work, Suggested())
            continue
        if this.over:
            this.waiting += 1
            continue
        this.begun += 1
        if this.request.dry_run:
            this.most += this.asker.model.most(work.prompt, work.shape)
            this.read[work.purpose] += len(work.items)
        elif not _ask(this, work):
            this.waiting += sum(later.prompt is not None for later in works[number:])
            return
        this.caller.progress("refining", this.begun, 0)


def _ask(this: _Run, work: Work) -> bool:
    """Ask for one piece of work and keep what comes of it; return whether what follows it may be done."""
    assert work.prompt is not None
    _hold(this)
    try:
        value: Any = this.asker.ask(work.prompt, work.shape)[0]
    except (ModelFailed, BudgetSpent) as error:
        if isinstance(error, BudgetSpent) or error.outcome not in ITEM_FAULTS:
            this.problem = error
            return False
        this.failed[f"{work.purpose}: {error.outcome}"] += 1
        return _count_against(this, work, error.outcome)
    out = Suggested()
    try:
        with this.app.read() as unit:
            work.take(unit, value, out)
    except (ValueError, TypeError, LookupError, RecursionError):  # whatever a model says, the rest is read
        this.failed[f"{work.purpose}: unusable"] += 1
        return _count_against(this, work, "unusable")
    _done(this, work, out)
    this.read[work.purpose] += len(work.items)
    return True


def _count_against(this: _Run, work: Work, outcome: str) -> bool:
    """Note that the model failed at a text; return whether it did so too often, so that it is passed over."""
    passed = True
    with this.app.write() as unit:
        for item in work.items:
            row = unit.one("model_read", purpose=work.purpose, item=item.uid)
            same = row is not None and row[0] == item.digest
            attempts = (row[2] if row and same else 0) + 1
            passed = passed and attempts >= GIVEN_UP
            position = item.position if attempts >= GIVEN_UP else row[1] if row else -1
            _mark(this, unit, work.purpose, item, position, attempts, outcome)
    return passed


def _done(this: _Run, work: Work, out: Suggested) -> None:
    """Propose what came of an answer, and note that its items were read, in one transaction."""
    now = this.app.clock()
    by = Requester(this.asker.name, "model")
    with this.app.write() as unit:
        known = rules(unit)
        for one in out.proposals:
            if decide(known, one.effect, by, work.node.lineage).verdict == "deny":
                out.refused.append("policy denies it to models")
                continue
            made = propose(
                unit, now, effect=one.effect, operation=one.operation, payload=one.payload, namespace=work.node.id, targets=one.targets,
                reason=one.reason, origin=by.origin, actor=by.name, evidence=one.evidence, confidence=one.confidence,
            )  # fmt: skip
            this.proposed[one.sort] += made is not None
        for reason in out.refused:
            this.refused[reason[:_REASON]] += 1
            # without the words, for a purge would not find them here
            kept = _WORDS.sub(r"a \1 is not", reason)
            unit.run("model_refusal_put", purpose=work.purpose, item=work.items[0].uid, reason=kept, at=now)
        for item in work.items:
            _mark(this, unit, work.purpose, item, item.position, 0, "done")


def _mark(
    this: _Run, unit: Unit, purpose: str, item: suggesting.Item, position: int, attempts: int, outcome: str
) -> None:
    unit.run(
        "model_read_put", purpose=purpose, item=item.uid, digest=item.digest, position=position, attempts=attempts,
        outcome=outcome, at=this.app.clock(),
    )  # fmt: skip
