"""All that bears on a question in one budget: the slice, what its project's playbook says, and what was said in sessions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from everlore.app import answers, requests
from everlore.app.caller import Caller
from everlore.app.compiling import PLAYBOOK
from everlore.app.slicing import continuity
from everlore.app.slicing.gathered import Ask, Gathered
from everlore.app.slicing.picks import Pick
from everlore.app.slicing.slicing import asked, conversation_of, fit, gather_told, gone, item, note, sectioned
from everlore.app.steering import orders_in
from everlore.core.shorten import shorten
from everlore.core.tokens import estimate
from everlore.memory.changes import head_of, memory_of

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.store.contract import Unit

_PLAYBOOK_SHARE = 0.25
"""Of the budget, what the playbook takes at most, cut in the middle where it is longer."""


def assemble(app: App, caller: Caller, request: requests.ContextAssemble) -> answers.Assembled:
    """Put together all that bears on a question."""
    started = time.perf_counter()
    conversation = conversation_of(caller, request.client, request.session)
    as_slice = msgspec.convert(msgspec.structs.asdict(request), requests.Slice)
    with app.read() as unit:
        ask = asked(app, unit, caller, as_slice)
        if ask is None:
            return answers.Assembled(
                text="", tokens=0, budget=request.budget, namespace=None, sections=[], resolved=[], playbook=None, turns=[], withheld=True,
                injection=None,
            )  # fmt: skip
        told, out = gather_told(app, unit, ask, conversation)
        everything = [*_playbook(unit, ask, out), *out.picks]
        picks, _ = continuity.news(everything, told)
        picks = [*picks, *continuity.resolved(unit, told, ask)]
    made = fit(picks, ask.node, ask.now, request.task, request.budget, "markdown")
    injection = note(app, caller, "context-assemble", ask.node, made, started, conversation, out)
    shown = [pick for pick in made.picks if pick.kind != "turn" and pick.cause != PLAYBOOK]
    book = next((pick.id for pick in made.picks if pick.cause == PLAYBOOK), None)
    return answers.Assembled(
        text=made.text, tokens=made.tokens, budget=request.budget, namespace=ask.node.path, sections=sectioned(shown), resolved=gone(shown),
        playbook=book, turns=[item(pick) for pick in made.picks if pick.kind == "turn"], withheld=out.withheld, injection=injection,
        quarantined=out.quarantined, drifted=out.drifted,
    )  # fmt: skip


def _playbook(unit: Unit, ask: Ask, out: Gathered) -> list[Pick]:
    """Return the page that says how work is done in the project, where it has one; it stands there whatever is asked."""
    uid = unit.value("page_tagged", source=f"{PLAYBOOK}:{ask.node.uid}", namespace=ask.node.id)
    if uid is None:
        return []
    memory = memory_of(unit, uid, ask.seen)
    head = head_of(unit, memory)
    if why := orders_in(head.text):
        out.quarantined.append(answers.Quarantined(id=uid, kind="memory", why=why))
        return []
    most = int(ask.budget * _PLAYBOOK_SHARE)
    text = shorten(head.text, 4 * most)
    while estimate(text) > most and len(text) > 80:
        text = shorten(head.text, len(text) * 3 // 4)
    out.picks = [pick for pick in out.picks if pick.id != uid]
    return [
        Pick(uid, head.number, "page", "procedures", None, text, head.recorded, ask.node.path, "how work is done here", PLAYBOOK, standing=True,
             layer=memory.layer)
    ]  # fmt: skip
