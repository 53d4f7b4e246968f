"""What hooks tell: into the spool at once, out of it into the store in batches, and the answer that the client may print.

A delivery is acknowledged when the spool has it on the disk; whatever may befall the store after that, it is stored once.
Everything but the delivery itself may fail: then the client is told nothing, which is the answer it gets most of the time.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.app import answers, handoffs, requests
from everlore.app.authority import sight_of
from everlore.app.caller import Caller
from everlore.app.capturing import Places, Stored, ask_to_mine, store
from everlore.app.ledger.queue import Conversation, Injection, told_to
from everlore.app.telling.prompt import at_prompt, manner
from everlore.app.telling.read import at_read
from everlore.app.telling.start import at_start
from everlore.core import ids
from everlore.core.errors import EverloreError, StoreBusy, StoreUnavailable
from everlore.core.tokens import estimate
from everlore.guard.tree import redact_tree
from everlore.sessions import projects, spool
from everlore.sessions.clients import client_of
from everlore.sessions.clients.client import Client
from everlore.sessions.place import locate
from everlore.sessions.records import Event
from everlore.store import namespaces

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.core.types import Namespace
    from everlore.store.contract import Row, Unit

_BATCH = 200
_PATIENCE = 0.15
"""Seconds that an answer waits for what was told before it to be stored."""
_RECENT_MS = 3_600_000
"""How long after an event the state of the work tree still tells of it."""
_LONGEST_QUERY = 10_000
_ENDING = frozenset({"session_end", "compaction"})
_ENDED = frozenset({"session_end", "turn_end"})
_CALLS = frozenset({"tool_call", "tool_result"})
_OCCASIONS = {"start": "session start", "prompt": "prompt", "compacted": "compaction", "read": "read"}


def hook(app: App, caller: Caller, request: requests.Hook) -> answers.Hooked:
    """Take one event in, and answer what its client is to print."""
    client = client_of(request.client, request.environ)
    payload, _ = redact_tree(_parsed(request.payload or ""))
    delivery = {
        "key": request.key if request.key and spool.is_key(request.key) else spool.key(), "client": client.name, "event": request.event,
        "at": request.at if request.at is not None else app.clock(), "cwd": request.cwd, "env": dict(request.environ), "payload": payload,
    }  # fmt: skip
    moment = client.speaks(request.event, payload)
    at_work = moment == "prompt" and _is_at_work(app, delivery)
    try:
        stored = spool.put(str(app.config.home), delivery)
    except OSError:
        stored = False
    told = None
    if moment == "read":
        with suppress(EverloreError):
            told = _told_of_file(app, delivery) if app.config.tell_at_reads else None
    elif moment and (moment != "prompt" or app.config.tell_at_prompts):
        try:
            told = _told(app, client, delivery, moment, at_work=at_work)
        except EverloreError:
            told = None
    app.drain(0)
    return answers.Hooked(output=client.answer(request.event, told), stored=stored)


def drain(app: App, caller: Caller, request: requests.Drain) -> answers.Drained:
    """Store everything that waits."""
    total, aside = drain_spool(app)
    waiting = len(spool.names(str(app.config.home)))
    return answers.Drained(turns=total.turns, known=total.known, ignored=total.ignored, aside=aside, waiting=waiting)


def drain_spool(app: App, seconds: float | None = None) -> tuple[Stored, int]:
    """Store what waits in the spool, in batches, until nothing waits or the time is over; raise `EverloreError`.

    Returns what became of it and how many deliveries were set aside. Where another process drains, nothing is done.
    """
    home, counts, aside = str(app.config.home), Counter[str](), 0
    until = None if seconds is None else time.monotonic() + seconds
    lock = spool.lock(home) if spool.names(home) else None
    if lock is None:
        return Stored(0, 0, 0, 0), 0
    places = Places(app.config.namespace)
    try:
        app.uses.flush(app.store)  # what sessions were told decides what they claim
        while (names := spool.names(home)[:_BATCH]) and (until is None or time.monotonic() < until):
            try:
                parts = [_store(app, home, names, places)]
            except (StoreBusy, StoreUnavailable):
                raise
            except Exception:  # noqa: BLE001 - one of them cannot be stored, which must not hold up the others
                parts, bad = _one_by_one(app, home, names, places)
                aside += bad
            for part in parts:
                counts.update(sessions=part.sessions, turns=part.turns, known=part.known, ignored=part.ignored)
    finally:
        os.close(lock)
    return Stored(counts["sessions"], counts["turns"], counts["known"], counts["ignored"]), aside


def _one_by_one(app: App, home: str, names: Sequence[str], places: Places) -> tuple[list[Stored], int]:
    parts, bad = [], 0
    for name in names:
        try:
            parts.append(_store(app, home, [name], places))
        except (StoreBusy, StoreUnavailable):
            raise
        except Exception:  # noqa: BLE001 - kept for a person to look at
            spool.set_aside(home, name)
            bad += 1
    return parts, bad


def _store(app: App, home: str, names: Sequence[str], places: Places) -> Stored:
    """Store some deliveries in one transaction and take them out of the spool."""
    deliveries = [found for name in names if (found := spool.read(home, name)) is not None]
    events = [event for delivery in deliveries for event in events_of(delivery)]
    now = app.clock()
    ending = [event for event in events if event.kind in _ENDING and now - (event.at or 0) < _RECENT_MS]
    seen = {event.session: handoffs.look(event.client, event.cwd, event.transcript) for event in ending}
    now = app.clock()
    stored = store(
        app, events, channel="hook", also=ask_to_mine if any(event.kind in _ENDED for event in events) else None,
        after=handoffs.after(seen, now), places=places, now=now,
    )  # fmt: skip
    spool.remove(home, names)
    return stored


def events_of(delivery: Mapping[str, Any]) -> list[Event]:
    """Return what a delivery says, each event with a time."""
    client = client_of(delivery["client"], delivery.get("env") or {})
    payload = delivery.get("payload")
    events = client.read(
        delivery["event"],
        payload if isinstance(payload, dict) else {},
        delivery.get("env") or {},
        delivery.get("cwd") or "",
    )
    at = delivery.get("at")
    at = at if isinstance(at, int) else None
    return [replace(event, at=at) if event.at is None else event for event in events]


def _parsed(payload: str) -> dict[str, Any]:
    try:
        found = json.loads(payload) if payload.strip() else {}
    except (ValueError, RecursionError):
        found = payload
    return found if isinstance(found, dict) else {"text": found}


def _told(app: App, client: Client, delivery: Mapping[str, Any], moment: str, *, at_work: bool) -> str | None:
    """Return the block that a session is told now, and note that it was.

    What came before is stored first, as there may be a handoff in it, unless this session was at work already. If that takes
    too long, the store is busy, and nothing is written to it here.
    """
    started, now = time.perf_counter(), app.clock()
    events = events_of(delivery)
    if not events:
        return None
    first = events[0]
    settled = not at_work and app.drain(_PATIENCE)
    with app.read() as unit:
        row = unit.one("session_of_client", client=first.client, external=first.session)
        namespace = _namespace(app, unit, row, first)
        if namespace is None:
            return None
        session = row[0] if row else None
        conversation = Conversation(first.client, first.session)
        told = told_to(unit, app.uses, conversation)
    fresh = not (told or at_work)
    if settled and (moment == "start" or (moment == "prompt" and fresh)):
        with suppress(StoreBusy):
            handoffs.ensure(app, namespace.path, session=session)
    query = (
        next((event.text for event in events if event.kind == "prompt"), "")[:_LONGEST_QUERY]
        if moment == "prompt"
        else ""
    )
    meaning = app.vectors.question(query) if query and app.vectors else None
    withhold, how = app.config.withhold_drifted, manner(app.config)
    with app.read() as unit:
        seen = sight_of(unit, first.client)
        if moment == "compacted" and row is not None:
            block = at_start(unit, namespace, handoffs.so_far(unit, row[0]), now, seen=seen, withhold=withhold)
        elif moment == "prompt" and not fresh:
            block = at_prompt(
                unit, query, namespace, now, session=session, told=told, meaning=meaning, seen=seen, withhold=withhold, manner=how,
            )  # fmt: skip
        else:
            waiting = handoffs.waiting(unit, namespace, first.client, session, now)
            if moment == "start":
                task = f"{_branch(first.cwd)} {waiting.text if waiting else ''}"
                block = at_start(unit, namespace, waiting, now, told=told, seen=seen, withhold=withhold, task=task)
            else:
                block = at_prompt(
                    unit,
                    query,
                    namespace,
                    now,
                    session=session,
                    told=told,
                    meaning=meaning,
                    waiting=waiting,
                    seen=seen,
                    withhold=withhold,
                    manner=how,
                    first=True,
                )
    text = block.render(namespace.path, now)
    took = (time.perf_counter() - started) * 1000
    app.uses.add(Injection(
        ids.fresh(now), now, "hooks", _OCCASIONS[moment], namespace.path, tuple(block.items), estimate(text or ""), round(took, 3),
        withheld=text is None, conversation=conversation,
    ))  # fmt: skip
    return text


def _told_of_file(app: App, delivery: Mapping[str, Any]) -> str | None:
    """Return what is known about the file that a tool reads, and note that it was told; nothing is waited for."""
    started, now = time.perf_counter(), app.clock()
    event = next((event for event in events_of(delivery) if event.kind in _CALLS), None)
    paths = [] if event is None or event.detail.get("writes") else event.detail.get("paths") or []
    place = locate(event.cwd) if event is not None and event.cwd and paths else None
    if event is None or place is None or not (path := _below(place.root, event.cwd or "", str(paths[0]))):
        return None
    conversation = Conversation(event.client, event.session)
    with app.read() as unit:
        row = unit.one("session_of_client", client=event.client, external=event.session)
        namespace = _namespace(app, unit, row, event)
        if namespace is None:
            return None
        block = at_read(
            unit, path, namespace, now, told=told_to(unit, app.uses, conversation), seen=sight_of(unit, event.client),
            withhold=app.config.withhold_drifted,
        )  # fmt: skip
    text = block.render(namespace.path, now)
    if text:  # most reads are of files that nothing is known about: they are no answers that withhold
        took = (time.perf_counter() - started) * 1000
        app.uses.add(Injection(
            ids.fresh(now), now, "hooks", "read", namespace.path, tuple(block.items), estimate(text), round(took, 3), withheld=False,
            conversation=conversation,
        ))  # fmt: skip
    return text


def _branch(cwd: str | None) -> str:
    """Return the branch that a work tree is on, with spaces between its words; "" where none is told by a file at its root."""
    place = locate(cwd) if cwd else None
    try:
        head = (place.root / ".git" / "HEAD").read_text("utf-8") if place and place.repository else ""
    except (OSError, UnicodeDecodeError):  # of a linked work tree it lies elsewhere
        return ""
    return re.sub(r"[^\w]+", " ", head.partition("refs/heads/")[2][:200])


def _below(root: Path, cwd: str, path: str) -> str:
    """Return the path of a file below a project's root, with slashes; "" where it lies elsewhere."""
    found = os.path.normpath(os.path.join(cwd, path))  # noqa: PTH118 - a name, which is not looked up
    try:
        return Path(found).relative_to(root).as_posix()
    except ValueError:
        return ""


def _is_at_work(app: App, delivery: Mapping[str, Any]) -> bool:
    """Tell whether something that the session of a delivery said or did is stored; to be asked before the delivery itself is."""
    with suppress(EverloreError), app.read() as unit:
        for event in events_of(delivery)[:1]:
            row = unit.one("session_of_client", client=event.client, external=event.session)
            return row is not None and bool(unit.value("turn_last_position", session=row[0]) >= 0)
    return False


def _namespace(app: App, unit: Unit, row: Row | None, event: Event) -> Namespace | None:
    """Return where a session belongs, without making anything."""
    if row is not None:
        return namespaces.by_id(unit, row[2])
    place = locate(event.cwd) if event.cwd else None
    return projects.known(unit, place, app.config.namespace) if place else None
