"""What waits for a decision: edited, approved once, rejected for good, without secrets, and by nobody under a borrowed name."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from clocks import Clock
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import Conflict, Denied, EverloreError, NotFound

PERSON = Caller("person", "cli")
ROBIN = Caller("robin", "mcp")
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.fixture(autouse=True)
def _rules(app: App) -> None:
    for effect in ("create", "revise", "archive", "supersede"):
        app.call("policy-set", {"effect": effect, "decision": "approve", "who": "name:robin"}, PERSON)


def waiting(app: App, name: str, request: dict[str, Any], caller: Caller = ROBIN) -> str:
    with pytest.raises(EverloreError) as waits:
        app.call(name, request, caller)
    assert waits.value.code == "awaiting_approval", waits.value
    return str(waits.value.as_dict()["proposal"])


def keep(app: App, text: str, **more: Any) -> str:
    return str(app.call("remember", {"text": text, **more}, PERSON).id)


def approve(app: App, uid: str, caller: Caller = PERSON) -> str:
    return str(app.call("review-approve", {"ids": [uid]}, caller).decided[0].state)


def state(app: App, uid: str) -> str:
    return str(app.call("review-show", {"id": uid}, PERSON).proposal.state)


def texts(app: App) -> list[str]:
    return sorted(memory.text for memory in app.call("list", {}, PERSON).memories)


def test_what_was_edited_is_what_is_written_and_earlier_approvals_are_gone(app: App):
    app.call("policy-set", {"effect": "create", "decision": "approve", "who": "name:robin", "approvals": 2}, PERSON)
    app.call("agent-register", {"name": "anna", "origin": "person"}, PERSON)
    uid = waiting(app, "remember", {"text": "The pier is closed on Monday", "title": "Pier"})
    assert approve(app, uid, Caller("anna", "cli")) == "waiting"
    shown = app.call("review-edit", {"id": uid, "text": "The pier is closed on Tuesday", "title": "Piers"}, PERSON)
    assert (shown.proposal.approvals, shown.request["text"]) == ([], "The pier is closed on Tuesday")
    assert approve(app, uid) == "waiting"
    assert approve(app, uid, Caller("anna", "cli")) == "approved"
    memory = app.call("list", {}, PERSON).memories[0]
    assert (memory.text, memory.title, memory.owner) == ("The pier is closed on Tuesday", "Piers", "robin")


def test_who_asked_may_take_it_back_and_a_bystander_may_not(app: App):
    uid = waiting(app, "remember", {"text": "The pier is closed"})
    with pytest.raises((Denied, NotFound)):
        app.call("review-reject", {"ids": [uid]}, Caller("wren", "mcp"))
    with pytest.raises((Denied, NotFound)):
        app.call("review-edit", {"id": uid, "text": "The pier is open"}, Caller("wren", "mcp"))
    app.call("review-reject", {"ids": [uid]}, ROBIN)
    assert (state(app, uid), texts(app)) == ("rejected", [])
    with pytest.raises(Conflict):
        approve(app, uid)
    assert waiting(app, "remember", {"text": "The pier is closed"}) != uid, "who asks may ask again"


def test_the_same_request_waits_once(app: App):
    first = waiting(app, "remember", {"text": "The pier is closed"})
    assert waiting(app, "remember", {"text": "The pier is closed"}) == first
    assert waiting(app, "remember", {"text": "The pier is closed"}, Caller("wren", "mcp", origin="model")) != first


def test_what_a_curator_found_and_a_person_rejected_does_not_come_back(app: App, clock: Clock):
    old = keep(app, "The office closes at six")
    app.call("set", {"id": old, "namespace": "acme"}, PERSON)
    new = keep(app, "The office closes at seven", namespace="acme")
    if app.call("get", {"id": old}).memory.state == "superseded":
        app.call("restore", {"id": old}, PERSON)
    assert app.call("get", {"id": new}).memory.state == "active"
    before = app.call("review", {"origin": "curator"}, PERSON).proposals
    app.call("curate", {}, PERSON)
    found = app.call("review", {"origin": "curator"}, PERSON).proposals
    assert found != before, "the curator finds the two closing times"
    app.call("review-reject", {"ids": [one.id for one in found]}, PERSON)
    with app.write() as unit:  # as a new version of its rules would have it read everything again
        for row in unit.rows("memories_all"):
            unit.run("curated_put", memory=row[0], digest=b"", version=0)
    app.call("curate", {}, PERSON)
    assert app.call("review", {"origin": "curator"}, PERSON).proposals == []


def test_approvers_at_the_same_time_carry_it_out_once(app: App, config: Config, clock: Clock):
    for name in ("anna", "bert", "cleo", "dora"):
        app.call("agent-register", {"name": name, "origin": "person"}, PERSON)
    for number in range(5):
        uid = waiting(app, "remember", {"text": f"Pier {'abcde'[number] * 6} is closed"})
        ended: list[str] = []
        gate = threading.Barrier(4)

        def decide(name: str, uid: str = uid, gate: threading.Barrier = gate, ended: list[str] = ended) -> None:
            with open_app(Config(config.home, start_daemon=False), clock=clock) as own:
                own.call("status", {})
                gate.wait()
                try:
                    ended.append(approve(own, uid, Caller(name, "cli")))
                except EverloreError as error:
                    ended.append(error.code)

        threads = [threading.Thread(target=decide, args=(name,)) for name in ("anna", "bert", "cleo", "dora")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(ended) == ["approved", "conflict", "conflict", "conflict"]
        assert len(texts(app)) == number + 1
    assert app.call("verify", {}).ok


def test_no_proposal_holds_a_secret(app: App, config: Config):
    uid = waiting(
        app,
        "remember",
        {"text": f"The token is {TOKEN}", "title": f"On {TOKEN}", "reason": f"for {TOKEN}", "tags": [TOKEN]},
    )
    app.call("review-edit", {"id": uid, "text": f"The new token is {TOKEN}"}, PERSON)
    with app.read() as unit:
        row = unit.one("proposal_by_uid", uid=uid)
    assert TOKEN not in repr(row)
    assert "redacted" in row[4]
    approve(app, uid)
    app.close()
    assert not [path.name for path in config.home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_what_changed_meanwhile_is_said_and_the_proposal_waits_on(app: App):
    kept = keep(app, "The pier is closed")
    revise = waiting(app, "revise", {"id": kept, "text": "The pier is open"})
    forget = waiting(app, "forget", {"id": kept})
    app.call("forget", {"id": kept}, PERSON)
    for uid in (revise, forget):
        with pytest.raises(Conflict) as refused:
            approve(app, uid)
        assert "archived" in refused.value.message
        assert state(app, uid) == "waiting"
    decided = app.call("review-approve", {"ids": [revise, forget]}, PERSON).decided
    assert [(one.state, bool(one.detail)) for one in decided] == [("failed", True)] * 2
    app.call("restore", {"id": kept}, PERSON)
    assert approve(app, revise) == "approved"
    assert texts(app) == ["The pier is open"]


def test_an_approved_undo_undoes_what_was_last_when_it_was_asked_for(app: App):
    first = keep(app, "The pier is closed")
    uid = waiting(app, "undo", {})
    keep(app, "The weir is open since Monday")
    approve(app, uid)
    assert texts(app) == ["The weir is open since Monday"]
    assert app.call("get", {"id": first}).memory.state == "withdrawn"


def test_a_phrase_means_the_day_on_which_it_was_said(app: App, clock: Clock):
    uid = waiting(app, "remember", {"text": "The pier is closed", "valid_from": "yesterday", "valid_until": "tomorrow"})
    clock.advance(days=30)
    approve(app, uid)
    memory = app.call("list", {}).memories[0]
    assert (memory.valid_from[:10], memory.valid_until[:10]) == ("2026-03-01", "2026-03-03")


def test_what_is_to_be_private_is_shown_to_its_owner_and_to_people_only(app: App):
    app.call("agent-register", {"name": "umpire", "role": "reviewer"}, PERSON)
    uid = waiting(app, "remember", {"text": "A private word", "visibility": "private"})
    for caller, seen in (
        (ROBIN, True),
        (PERSON, True),
        (Caller("umpire", "mcp"), False),
        (Caller("wren", "mcp"), False),
    ):
        assert ([one.id for one in app.call("review", {}, caller).proposals] == [uid]) is seen, caller


def test_what_is_to_lie_at_a_place_that_is_not_there_yet_is_hidden_from_other_places(app: App):
    keep(app, "Something", namespace="acme/web")
    app.call("agent-register", {"name": "wren", "role": "reviewer", "place": "acme/web"}, PERSON)
    waiting(app, "remember", {"text": "Of the api alone", "namespace": "acme/api"})
    assert app.call("review", {}, Caller("wren", "mcp")).proposals == []


def test_undoing_feedback_takes_the_use_and_the_proposal_back(app: App):
    uid = keep(app, "The pier is closed", tier="short")
    before = app.call("get", {"id": uid})
    for verdict in ("helpful", "wrong"):
        operation = app.call("feedback", {"id": uid, "verdict": verdict, "note": "so it is"}, PERSON).operation
        waits = len(app.call("review", {}, PERSON).proposals)
        assert (app.call("get", {"id": uid}).memory.uses, waits) == ((1, 0) if verdict == "helpful" else (0, 1))
        undone = app.call("undo", {"operation": operation}, PERSON)
        assert app.call("get", {"id": uid}) == before
        assert app.call("review", {}, PERSON).proposals == []
        app.call("undo", {"operation": undone.operation}, PERSON)
        assert len(app.call("review", {}, PERSON).proposals) == waits
        app.call("undo", {"operation": operation}, PERSON)
    assert app.call("verify", {}).ok


EVERY_SETTING = {
    "tags": ["a", "b"], "layer": 0, "tier": "mid", "namespace": "acme/api", "visibility": "team", "importance": 0.1, "pinned": True,
    "valid_from": "2020-01-01", "valid_until": "2030-01-01", "kind": "page",
}  # fmt: skip
STORY: dict[str, Any] = {
    "set": lambda app, ids: app.call("set", {"id": ids[0], **EVERY_SETTING}).operation,
    "set an end": lambda app, ids: app.call("set", {"id": ids[0], "expires": "2030-01-01"}).operation,
    "set a span": lambda app, ids: app.call("set", {"id": ids[0], "ttl": 60}).operation,
    "merge": lambda app, ids: app.call("merge", {"ids": ids[1:], "into": ids[0]}).operation,
    "supersede": lambda app, ids: app.call("supersede", {"id": ids[0], "by": ids[1]}).operation,
    "consolidate": lambda app, ids: app.call("consolidate", {"ids": ids, "title": "All"}).operation,
    "agent-register": lambda app, ids: app.call("agent-register", {"name": "anna", "origin": "person", "role": "x"}).operation,
    "agent-register again": lambda app, ids: app.call("agent-register", {"name": "robin", "origin": "model"}).operation,
    "agent-retire": lambda app, ids: app.call("agent-retire", {"name": "robin"}).operation,
    "policy-set": lambda app, ids: app.call("policy-set", {"effect": "any", "decision": "deny", "who": "name:robin"}).operation,
    "policy-set again": lambda app, ids: app.call("policy-set", {"effect": "create", "decision": "deny", "who": "name:robin"}).operation,
    "policy-drop": lambda app, ids: app.call("policy-drop", {"id": app.call("policy", {}).rules[0].id}).operation,
    "review-reject": lambda app, ids: app.call("review-reject", {"ids": [waiting(app, "forget", {"id": ids[0]})]}).decided[0].operation,
    "review-approve": lambda app, ids: app.call("review-approve", {"ids": [waiting(app, "forget", {"id": ids[0]})]}).decided[0].operation,
}  # fmt: skip


def visible(app: App, path: Path) -> tuple[Any, ...]:
    """Return everything that undo has to bring back."""
    import json

    app.call("export", {"path": str(path)})
    found = list(map(json.loads, path.read_text().splitlines()))
    path.unlink()
    for line in found:
        for revision in line.get("revisions", []):
            del revision["beliefs"]
    kept = [
        line for line in found
        if not (line.get("object") == "link" and line["recorded_until"]) and line.get("state") != "withdrawn" and line.get("object") != "namespace"
    ]  # fmt: skip
    return kept, app.call("agents", {}).agents, sorted(map(repr, app.call("policy", {}).rules))


@pytest.mark.parametrize("name", STORY)
def test_undo_brings_back_what_was_and_undoing_that_what_came(app: App, tmp_path: Path, name: str):
    app.call("agent-register", {"name": "robin"}, PERSON)
    ids = [
        keep(app, text, namespace="acme/web", tags=["old"], tier="short")
        for text in ("Herons nest by the weir", "Otters sleep at noon", "A badger digs")
    ]
    path = tmp_path / "all.jsonl"
    before = visible(app, path)
    operation = STORY[name](app, ids)
    after = visible(app, path)
    assert (after != before) == (name != "review-reject")
    undone = app.call("undo", {"operation": operation}, PERSON)
    assert visible(app, path) == before
    app.call("undo", {"operation": undone.operation}, PERSON)
    assert visible(app, path) == after
    verified = app.call("verify", {})
    assert verified.ok, verified.problems


def test_a_limit_counts_only_what_is_seen(app: App):
    app.call("agent-register", {"name": "robin", "place": "acme"}, PERSON)
    seen = [
        waiting(app, "remember", {"text": f"Pier {n} is {colour}", "namespace": "acme"})
        for n, colour in enumerate(("red", "blue"))
    ]
    app.call("policy-set", {"effect": "create", "decision": "approve", "who": "name:anna"}, PERSON)
    for place in ("north", "south", "west"):
        waiting(app, "remember", {"text": f"The {place} wall leaks", "namespace": "globex"}, Caller("anna", "mcp"))
    inbox = app.call("review", {"limit": 2}, ROBIN)
    assert [one.id for one in inbox.proposals] == seen[::-1]
    assert (inbox.waiting, app.call("review", {"limit": 2}, PERSON).waiting) == (2, 5)
    rejected = app.call("review", {"state": "rejected"}, ROBIN)
    assert (rejected.proposals, rejected.waiting) == ([], 2), "what waits is told whatever is listed"
