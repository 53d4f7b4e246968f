"""A prompt on its way to a model, by whatever program: what to tell with it, and the exchange once it is answered.

The conversation is known by the program's name for itself and its own id of it, as with hooks; what it was told is in the
ledger under these. Nothing is written before the model is asked, and what is captured passes the same door as what hooks tell.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from everlore.app import answers, requests
from everlore.app.authority import sight
from everlore.app.caller import Caller
from everlore.app.capturing import Places, store
from everlore.app.ledger.queue import Conversation, Injection, told_to
from everlore.app.scope import where
from everlore.app.telling.block import Block
from everlore.app.telling.prompt import at_prompt, manner
from everlore.core import ids
from everlore.core.errors import Denied, InvalidInput
from everlore.core.tokens import estimate
from everlore.guard.redact import label
from everlore.models.llm import rates
from everlore.sessions.boilerplate import said
from everlore.sessions.place import locate
from everlore.sessions.records import Event
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.core.types import Namespace
    from everlore.store.contract import Unit
    from everlore.store.sight import Sight

_LONGEST_QUERY = 10_000


def context_for(app: App, caller: Caller, request: requests.Context) -> answers.Contexted:
    """Say what a model should be told with a prompt, and note in the ledger that it was."""
    started, now = time.perf_counter(), app.clock()
    client = _client(request, caller)
    session = label(request.session) if request.session else None
    conversation = Conversation(client, session) if session else None
    query = said(request.prompt)[:_LONGEST_QUERY]
    meaning = app.vectors.question(query) if query and app.vectors else None
    with app.read() as unit:
        seen = sight(unit, caller)
        node = where(app, unit, request.namespace, request.cwd, seen) or home_of(app, unit, request.cwd, seen)
        row = unit.one("session_of_client", client=client, external=session) if session else None
        told = {*told_to(unit, app.uses, conversation), *request.told}
        block = Block(request.budget)
        if node is not None:
            block = at_prompt(
                unit, query, node, now, session=row[0] if row else None, told=told, meaning=meaning, seen=seen,
                budget=request.budget, limit=request.limit, withhold=app.config.withhold_drifted, manner=manner(app.config),
                first=conversation is not None and not told,
            )  # fmt: skip
    path = node.path if node else None
    text = block.render(path or "", now)
    tokens = estimate(text) if text else 0
    uid = ids.fresh(now)
    if not request.dry_run:
        app.uses.add(Injection(
            uid, now, caller.surface, "context", path, tuple(block.items), tokens + request.repeated,
            round((time.perf_counter() - started) * 1000, 3), withheld=text is None, conversation=conversation,
            platform=_named(request.platform), provider=_named(request.provider), model=_named(request.model), repeated=request.repeated,
        ))  # fmt: skip
    silent = f"nothing relevant in {path}" if path else "nothing is kept for this project yet"
    items = [
        answers.InjectedItem(
            id=item.item, kind="memory" if item.memory else "turn", revision=item.revision, text=section.strip(),
            why=item.why, tokens=item.tokens,
        )
        for item, section in block.spoken
    ]  # fmt: skip
    return answers.Contexted(
        prompt=f"{text}\n\n{request.prompt}" if text else request.prompt, block=text, items=items, tokens=tokens,
        injection=uid, withheld=text is None, reason="told" if text else silent,
    )  # fmt: skip


def capture(app: App, caller: Caller, request: requests.Capture) -> answers.CapturedExchange:
    """Keep an exchange as turns of its session, each once however often it is told."""
    now, client = app.clock(), _client(request, caller)
    prompt, response = said(request.prompt), said(request.response)
    if not prompt:
        raise InvalidInput("nothing is left of the prompt without what was told with it", field="prompt")
    digest = blake2b(f"{prompt}\0{response}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    session = label(request.session) if request.session else f"exchange:{digest}"
    about = {
        "model": request.model, "provider": request.provider, "platform": request.platform, "url": request.source_url,
        "tags": request.tags,
    }  # fmt: skip
    shared: dict[str, Any] = {
        "client": client, "session": session, "name": "capture", "at": now, "cwd": request.cwd,
        "detail": {name: value for name, value in about.items() if value},
    }  # fmt: skip
    events = [Event(kind="prompt", text=prompt, key=f"prompt:{digest}", **shared)]
    if response:
        events.append(Event(kind="answer", text=response, key=f"answer:{digest}", **shared))
    with app.read() as unit:
        seen = sight(unit, caller)
        if not seen.all:
            _must_see(unit, seen, client, session, request.namespace)
    done = store(
        app, events, channel="hook", also=lambda unit: _count(app, unit, client, seen, request),
        places=Places(app.config.namespace, request.namespace),
    )  # fmt: skip
    findings = [answers.Finding(kind=kind, count=count) for kind, count in sorted(done.findings.items())]
    return answers.CapturedExchange(
        session=session,
        turns=done.turns,
        known=done.known,
        ignored=done.ignored,
        findings=findings,
        used=list(done.used),
    )


def _must_see(unit: Unit, seen: Sight, client: str, session: str, namespace: str | None) -> None:
    """Raise `NotFound` or `Denied` where a caller may not know of the namespace that it names, or of that of the conversation."""
    there = namespaces.find(unit, namespace) if namespace else None
    if there and namespace and not seen.knows(there):
        namespaces.require(unit, namespace, seen)
    row = unit.one("session_of_client", client=client, external=session)
    if row is not None and not seen.covers(namespaces.by_id(unit, row[2])):
        raise Denied("this conversation is another's", field="session", hint="leave the session out, or name your own")


def _count(app: App, unit: Unit, client: str, seen: Sight, request: requests.Capture) -> None:
    """Write what the provider counted to the row of the injection that this exchange was told with."""
    row = unit.one("ledger_by_uid", uid=request.injection) if request.injection else None
    if row is not None and not seen.all:
        told_in = namespaces.find(unit, row[6]) if row[6] else None
        if told_in is None or not seen.covers(told_in):
            return
    if row is None or (row[2] is not None and (row[1], row[2]) != (client, label(request.session or ""))):
        return  # an id of another conversation says nothing of this one
    provider, model = _named(request.provider) or row[3], _named(request.model) or row[4]
    known = rates.of(app.config.home, provider, model) or rates.UNKNOWN
    unit.run(
        "ledger_usage", uid=request.injection, provider=_named(request.provider), model=_named(request.model), platform=_named(request.platform),
        input=request.input_tokens, cached=request.cached_tokens, cache_written=request.cache_written_tokens,
        output=request.output_tokens, outcome="answered" if request.response else "no answer", **asdict(known),
    )  # fmt: skip


def _named(text: str | None) -> str | None:
    """Return a name that a program gave, without a secret that may be in it."""
    return label(text) if text else None


def _client(request: requests.Context | requests.Capture, caller: Caller) -> str:
    given = request.client or request.platform or (caller.surface if caller.actor == "person" else caller.actor)
    return label(given)


def home_of(app: App, unit: Unit, cwd: str | None, seen: Sight) -> Namespace | None:
    """Return the workspace in which programs without a project work; None while nothing is kept there.

    A directory that is a project of which nothing is known yet gets nothing: what was kept in others is not for it.
    """
    place = locate(cwd) if cwd else None
    if place is not None and (place.repository or place.named):
        return None
    found = namespaces.find(unit, app.config.namespace)
    return found if found and seen.knows(found) else None
