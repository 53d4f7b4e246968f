"""What context would tell with a prompt, and what spoke for and against each candidate; nothing of it reaches the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.ledger.queue import Conversation, told_to
from everlore.app.prompting import home_of
from everlore.app.scope import where
from everlore.app.search import search
from everlore.app.steering import orders_in
from everlore.app.telling.prompt import at_prompt, manner
from everlore.core.shorten import shorten
from everlore.core.tokens import estimate
from everlore.recall.gather import Scope
from everlore.recall.recipes import RECIPES
from everlore.recall.withhold import confidence
from everlore.sessions.boilerplate import said

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.recall.candidates import Ranked

_SHOWN = 300
_LONGEST_QUERY = 10_000


def explain(app: App, caller: Caller, request: requests.ContextExplain) -> answers.ContextExplained:
    """Show the block for a prompt and how each candidate was judged."""
    now = app.clock()
    client = request.client or (caller.surface if caller.actor == "person" else caller.actor)
    conversation = Conversation(client, request.session) if request.session else None
    query = said(request.prompt)[:_LONGEST_QUERY]
    meaning = app.vectors.question(query) if query and app.vectors else None
    with app.read() as unit:
        seen = sight(unit, caller)
        node = where(app, unit, request.namespace, request.cwd, seen) or home_of(app, unit, request.cwd, seen)
        if node is None:
            return answers.ContextExplained(
                block=None, tokens=0, confidence=0.0, withheld=True, candidates=[], others=[]
            )
        row = unit.one("session_of_client", client=client, external=request.session) if request.session else None
        told = told_to(unit, app.uses, conversation)
        block = at_prompt(
            unit, query, node, now, session=row[0] if row else None, told=set(told), meaning=meaning, seen=seen,
            budget=request.budget, limit=request.limit, withhold=app.config.withhold_drifted, manner=manner(app.config),
            first=conversation is not None and not told,
        )  # fmt: skip
        scope = Scope(node.id, above=node.lineage[:-1], sight=seen, now=now, layer=2, home=node.lineage)
        found = search(unit, query, scope, RECIPES["default"], meaning, now)
    text = block.render(node.path, now)
    held = {item.item: item.why for item in block.items}
    session = str(row[0]) if row else None
    ranked = found.ranked[: request.candidates]
    candidates = [_weighed(item, held, told, session, silent=text is None) for item in ranked]
    shown = {item.candidate.item for item in ranked}
    return answers.ContextExplained(
        block=text, tokens=estimate(text or ""), confidence=round(confidence(found.evidence), 4), withheld=text is None,
        candidates=candidates, others=[f"{item}: {why or 'told'}" for item, why in held.items() if item not in shown],
    )  # fmt: skip


def _weighed(
    item: Ranked, held: dict[str, str], told: dict[str, int | None], session: str | None, *, silent: bool
) -> answers.Weighed:
    candidate = item.candidate
    steers = orders_in(candidate.text, scanned=candidate.scanned, role=candidate.role)
    text = f"kept back: {steers}" if steers else shorten(" ".join(candidate.text.split()), _SHOWN)
    return answers.Weighed(
        id=candidate.item, kind=candidate.kind or "turn", text=text,
        score=round(item.score, 4), parts={name: round(value, 4) for name, value in item.parts.items()},
        covered=round(item.covered, 4), told=candidate.item in held,
        why=f"it tries to steer its reader: {steers}" if steers else _why(item, held, told, session, silent=silent),
    )  # fmt: skip


def _why(item: Ranked, held: dict[str, str], told: dict[str, int | None], session: str | None, *, silent: bool) -> str:
    candidate = item.candidate
    if candidate.item in held:
        return held[candidate.item] or "told"
    if candidate.item in told:
        return "the conversation was told it before"
    if session is not None and candidate.session == session:
        return "the conversation said it itself"
    if candidate.role == "tool":
        return "a tool said it"
    return (
        "nothing was worth telling"
        if silent
        else f"held back: {item.covered:.0%} of the prompt is in it, or others came first"
    )
