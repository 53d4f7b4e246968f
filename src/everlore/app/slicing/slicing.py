"""The operation `slice`: what an agent should know now, within a budget that always holds, and nothing twice in a conversation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from everlore.app import answers, requests
from everlore.app.authority import identify, must_not_be_denied, rules, sight
from everlore.app.caller import Caller
from everlore.app.curating import NAME as CURATOR
from everlore.app.ledger.queue import Conversation, Injected, Injection, told_to
from everlore.app.proposals import propose
from everlore.app.scope import project
from everlore.app.slicing import continuity
from everlore.app.slicing.cut import cut
from everlore.app.slicing.deltas import deltas
from everlore.app.slicing.gathered import Ask, Gathered, gather
from everlore.app.slicing.picks import RESOLVED, Pick
from everlore.app.slicing.text import HEADING, cost, write
from everlore.core import ids
from everlore.core.clock import to_iso
from everlore.core.errors import EverloreError
from everlore.core.tokens import estimate
from everlore.core.types import Namespace
from everlore.guard.policy import Requester, decide
from everlore.recall.recipes import RECIPES
from everlore.recall.roles import SHARES
from everlore.refine.findings import Finding
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_LONGEST, _SHORTEST = 800, 160
"""Characters of one item at most, whatever the budget; a small budget has half as many as its tokens."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What is put before the model: the items in the order of the text, the text itself, its tokens, and about those of each item."""

    picks: list[Pick]
    text: str
    tokens: int
    costs: list[int]


def slice_context(app: App, caller: Caller, request: requests.Slice) -> answers.Sliced:
    """Put together what an agent should know now, and show what should change; nothing is changed."""
    return _slice(app, caller, request)[0]


def propose_deltas(app: App, caller: Caller, request: requests.SlicePropose) -> answers.Sliced:
    """Put together a slice, and put what should change into the inbox, or carry it out where that is safe and asked for."""
    with app.read() as unit:
        node = project(app, unit, request.namespace, request.cwd, sight(unit, caller))
        if node is not None:
            must_not_be_denied(unit, caller, "revise", node)
    answer, found = _slice(app, caller, request)
    views = _bring(app, caller, found, answer.deltas, commit=request.commit_safe)
    return msgspec.structs.replace(answer, deltas=views)


def _slice(app: App, caller: Caller, request: requests.Slice) -> tuple[answers.Sliced, list[tuple[Finding, int]]]:
    """Return a slice and the changes that follow from it, each with where it belongs."""
    started = time.perf_counter()
    conversation = conversation_of(caller, request.client, request.session)
    with app.read() as unit:
        ask = asked(app, unit, caller, request)
        if ask is None:
            return _nothing(request), []
        told, out = gather_told(app, unit, ask, conversation)
        picks, repeated = continuity.news(out.picks, told)
        picks = [*picks, *continuity.resolved(unit, told, ask)]
        made = fit(picks, ask.node, ask.now if ask.at is None else ask.at, request.task, request.budget, request.format)
        found = [] if ask.at is not None else list(deltas(unit, made.picks, list(told), ask.seen))
        views = [_delta(unit, caller, finding, node) for finding, node in found]
    injection = note(app, caller, "slice", ask.node, made, started, conversation, out)
    answer = answers.Sliced(
        text=made.text, tokens=made.tokens, budget=request.budget, format=request.format, namespace=ask.node.path, sections=sectioned(made.picks),
        resolved=gone(made.picks), told=repeated, left_out=len(picks) - len(made.picks), withheld=out.withheld, injection=injection, deltas=views,
        quarantined=out.quarantined, drifted=out.drifted,
    )  # fmt: skip
    return answer, found


def conversation_of(caller: Caller, client: str | None, session: str | None) -> Conversation | None:
    """Return the conversation that an answer goes to, None where the request names none."""
    if session is None and caller.session:  # a connection of an agent's client is a conversation
        return Conversation(caller.actor, f"{caller.surface}:{caller.session}")
    return Conversation(client or caller.actor, session) if session else None


def asked(app: App, unit: Unit, caller: Caller, request: requests.Slice) -> Ask | None:
    """Return what a request asks for; None where its directory belongs to no project that is known. Raise `InvalidInput`."""
    seen = sight(unit, caller)
    node = project(app, unit, request.namespace, request.cwd, seen)
    if node is None:
        return None
    files = dict.fromkeys(request.changed_files, "changed") | dict.fromkeys(request.open_files, "open")
    if request.file:
        files[request.file] = "current"
    client = request.client or caller.actor
    own = unit.one("session_of_client", client=client, external=request.session) if request.session else None
    return Ask(
        node, seen, app.clock(), RECIPES[app.config.recipe], app.instant(request.as_of, "as_of"), (request.query or "").strip(), files,
        tuple(each.rstrip("/") for each in (request.repo, request.cwd) if each), request.branch, client, own[0] if own else None,
        request.task == "start", request.budget, min(_LONGEST, max(_SHORTEST, request.budget // 2)), app.config.withhold_drifted,
    )  # fmt: skip


def gather_told(app: App, unit: Unit, ask: Ask, conversation: Conversation | None) -> tuple[continuity.Told, Gathered]:
    """Return what a conversation was told before, and what may be shown now."""
    meaning = app.vectors.question(ask.query) if ask.query and ask.recipe.meaning and app.vectors else None
    return told_to(unit, app.uses, conversation), gather(unit, ask, meaning)


def fit(picks: Sequence[Pick], node: Namespace, moment: int, task: Any, budget: int, shape: str) -> Cut:  # noqa: ANN401 - a Task
    """Return what of some picks fits a budget, as text that is never longer than that."""
    date = (to_iso(moment) or "")[:10]
    costs: dict[str, int] = {}

    def costing(pick: Pick) -> int:
        if pick.id not in costs:
            costs[pick.id] = cost(pick, node.path, shape)
        return costs[pick.id]

    frame = estimate(write(picks[:1], node.path, date, shape)) - costing(picks[0]) if picks else 0
    chosen = cut(picks, SHARES[task], budget - frame, costing, HEADING)
    while True:
        text = write(chosen, node.path, date, shape)
        tokens = estimate(text)
        if tokens <= budget:
            return Cut(chosen, text, tokens, [costing(pick) for pick in chosen])
        chosen = chosen[:-1]


def sectioned(picks: Sequence[Pick]) -> list[answers.SliceSection]:
    """Return the items by role, in the order of the text."""
    by: dict[Any, list[answers.SliceItem]] = {}
    for pick in picks:
        if pick.kind != "resolved":
            by.setdefault(pick.role, []).append(item(pick))
    return [answers.SliceSection(role=role, items=items) for role, items in by.items()]


def item(pick: Pick) -> answers.SliceItem:
    """Return an item as it is answered."""
    return answers.SliceItem(
        id=pick.id, revision=pick.revision, kind=pick.kind, role=pick.role, title=pick.title, text=pick.text, time=to_iso(pick.time),
        namespace=pick.namespace, why=pick.reasons, standing=pick.standing, status="new" if pick.before is None else "changed",
        caveats=list(pick.caveats), freshness=pick.freshness,
    )  # fmt: skip


def gone(picks: Sequence[Pick]) -> list[answers.Resolved]:
    """Return what is told to hold no more."""
    return [
        answers.Resolved(id=pick.id, kind=pick.speaker.partition(" ")[0], why=pick.why, title=pick.text, by=pick.by)
        for pick in picks
        if pick.kind == "resolved"
    ]


def note(
    app: App, caller: Caller, operation: str, node: Namespace, made: Cut, started: float, conversation: Conversation | None, out: Gathered
) -> str | None:  # fmt: skip
    """Queue the row of the ledger; return its id, None where nothing was told."""
    uid = ids.fresh(app.clock())
    app.uses.add(
        Injection(
            uid, app.clock(), caller.surface, operation, node.path,
            tuple(
                Injected(
                    f"{RESOLVED}{pick.id}" if pick.kind == "resolved" else pick.id, pick.revision, spent, pick.role, pick.cause,
                    memory=pick.memory and pick.kind != "resolved",
                )
                for pick, spent in zip(made.picks, made.costs, strict=True)
            ),
            made.tokens, round((time.perf_counter() - started) * 1000, 3), withheld=not made.picks, conversation=conversation,
            steering=tuple((held.id, held.why) for held in out.quarantined if held.kind == "memory"),
        )
    )  # fmt: skip
    return uid if made.picks else None


def _nothing(request: requests.Slice) -> answers.Sliced:
    """Answer for a directory of which nothing is known."""
    return answers.Sliced(
        text="", tokens=0, budget=request.budget, format=request.format, namespace=None, sections=[], resolved=[], told=0, left_out=0,
        withheld=request.query is not None, injection=None,
    )  # fmt: skip


def _delta(unit: Unit, caller: Caller, finding: Finding, node: int) -> answers.Delta:
    """Return a change as it is answered; it is safe where it needs no judgement and policy lets both a curator and the caller do it."""
    lineage, known = namespaces.by_id(unit, node).lineage, rules(unit)
    verdict = decide(known, finding.effect, Requester(CURATOR, "curator"), lineage).verdict
    theirs = decide(known, finding.effect, identify(unit, caller).requester, lineage).verdict
    return answers.Delta(
        sort=finding.sort, effect=finding.effect, operation=finding.operation, request=dict(finding.payload), targets=list(finding.targets),  # type: ignore[arg-type]
        reason=finding.reason, confidence=finding.confidence, safe=verdict == theirs == "allow" and not finding.judgement,
        state="denied" if verdict == "deny" else "preview",
    )  # fmt: skip


def _bring(
    app: App, caller: Caller, found: Sequence[tuple[Finding, int]], views: Sequence[answers.Delta], *, commit: bool
) -> list[answers.Delta]:
    """Carry out what is safe, where that is asked for, in the curator's name; put the rest into the inbox."""
    done = []
    for (finding, node), view in zip(found, views, strict=True):
        if view.state == "denied":
            done.append(view)
        elif commit and view.safe:
            done.append(_carry_out(app, caller, view))
        else:
            done.append(_put(app, finding, node, view))
    return done


def _carry_out(app: App, caller: Caller, view: answers.Delta) -> answers.Delta:
    who = replace(caller, actor=CURATOR, surface="slice", origin="curator")
    try:
        answer = app.call(view.operation, view.request, who)
    except EverloreError:  # it has been done meanwhile, or waits for approval: either way it is not lost
        return view
    return msgspec.structs.replace(view, state="done", operation_id=getattr(answer, "operation", None))


def _put(app: App, finding: Finding, node: int, view: answers.Delta) -> answers.Delta:
    with app.write() as unit:
        uid = propose(
            unit, app.clock(), effect=finding.effect, operation=finding.operation, payload=finding.payload, namespace=node,
            targets=finding.targets, reason=finding.reason, origin="curator", actor=CURATOR, evidence=finding.evidence,
            confidence=finding.confidence,
        )  # fmt: skip
    return msgspec.structs.replace(view, state="waiting" if uid else "known", proposal=uid)
