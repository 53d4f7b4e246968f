"""A week with the vault: first pages from this repository, sessions compiled, pages edited by hand, and all of it from files alone.

The database is deleted at the end and made again from the vault; what is recalled of the memories is the same.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from clocks import Clock
from everlore.app import handoffs
from everlore.app.app import App
from everlore.app.capturing import store
from everlore.app.open import open_app
from everlore.app.worker import drain
from everlore.bench.handoff import said
from everlore.bench.lessons import SHIPPED
from everlore.core.config import Config
from everlore.core.types import KINDS
from everlore.sessions.records import Event
from everlore.vault import tree
from everlore.vault.page import parse

REPOSITORY = Path(__file__).parents[2]
HOUR = 3_600_000
WEEK = 7 * 24 * HOUR
QUESTIONS = (
    "why is SQLite used through apsw", "how are the tests run", "which SQLite setting is used for durability", "what is in the vault package",
    "which port does the gateway listen on", "when do backups run", "how do we deploy", "which database holds the queue",
    "what was decided about front matter", "who may look at the spool",
)  # fmt: skip

BY_HAND = ("which port does the gateway listen on", "when do backups run")


def capture(app: App, session: Any, began: int) -> None:
    """Have a client tell a session that begins at some time, to its end."""
    turns = said(session["turns"])
    first = next(turn.time for turn in turns if turn.time)
    events = [
        Event(
            "claude-code", session["session"], turn.event, turn.event or "", at=began + (turn.time or first) - first, text=turn.text,
            key=f"uuid:{turn.uid}", detail=turn.detail,
        )
        for turn in turns
    ]  # fmt: skip
    events.append(Event("claude-code", session["session"], "session_end", "SessionEnd", at=events[-1].at, key="end"))
    store(app, events, channel="hook", after=handoffs.after({}, app.clock()))


def recalled(app: App, questions: tuple[str, ...]) -> dict[str, list[tuple[str, str]]]:
    """Return what is recalled of memories, with their ids; turns are not in files."""
    found = {}
    for question in questions:
        answer: Any = app.call("recall", {"query": question, "kinds": list(KINDS), "budget": 4000})
        found[question] = [(item.id, item.text) for item in answer.items]
    return found


def test_a_week(config: Config, clock: Clock) -> None:
    root = config.vault_root
    sessions = json.loads((SHIPPED / "sessions.json").read_text("utf-8"))
    with open_app(config, clock=clock) as app:
        first: Any = app.call("bootstrap", {"path": str(REPOSITORY), "namespace": "acme/everlore"})
        assert len(first.seeds) > 20
        assert first.unresolved == []
        for session in sessions:
            capture(app, session, clock.now)
            drain(app)
            clock.advance(days=7 / len(sessions))
        compiled: Any = app.call("list", {"kind": "page", "tag": "session", "limit": 100})
        assert len(compiled.memories) == len(sessions)
        waiting: Any = app.call("review", {"limit": 200})
        lessons = [each for each in waiting.proposals if each.operation == "remember"]
        assert len(lessons) > 30
        for lesson in lessons[::2]:
            app.call("review-approve", {"ids": [lesson.id]})
        app.call("remember", {"text": "The gateway listens on port 8080.", "title": "Gateway", "namespace": "acme/web"})
        app.call("remember", {"text": "Backups run at night.", "namespace": "acme/web", "kind": "procedure"})
        drain(app)

        by_hand(app, root)
        done: Any = app.call("vault-sync", {})
        assert (len(done.revised), len(done.made), len(done.archived), len(done.moved)) == (2, 1, 1, 1)
        assert done.problems == []
        history = subprocess.run(["git", "log", "--format=%s"], cwd=root, capture_output=True, text=True, check=True)
        assert len(history.stdout.splitlines()) > len(sessions)
        assert (
            subprocess.run(["git", "status", "--short"], cwd=root, capture_output=True, text=True, check=True).stdout
            == ""
        )
        before = recalled(app, QUESTIONS)
        assert any("port 9443" in text for _, text in before["which port does the gateway listen on"])
        assert any("at noon" in text for _, text in before["when do backups run"])
        files = {path: tree.read(root, path) for path in tree.scan(root)}
        active: Any = app.call("status", {})

    for path in config.home.glob("everlore.db*"):
        path.unlink()
    with open_app(config, clock=clock) as app:
        rebuilt: Any = app.call("rebuild", {"from_vault": True})
        assert rebuilt.restored == len(files)
        again: Any = app.call("status", {})
        assert {state: again.memories.get(state, 0) for state in ("active", "superseded")} == {
            state: active.memories.get(state, 0) for state in ("active", "superseded")
        }
        after = recalled(app, QUESTIONS)
        for (
            question,
            found,
        ) in before.items():  # how rare a word is counts turns too, so answers nearly alike may change places
            assert found[0] in after[question][:3], question
            assert len(set(found) & set(after[question])) >= 0.7 * len(found), question
        for question in BY_HAND:
            assert after[question][0] == before[question][0], question
        assert {path: tree.read(root, path) for path in tree.scan(root)} == files
        verified: Any = app.call("verify", {})
        assert verified.ok


def by_hand(app: App, root: Path) -> None:
    """Edit two pages, write one, move one and delete one, as a person does in an editor."""
    gateway = root / "acme/web/fact/gateway.md"
    gateway.write_text(gateway.read_text("utf-8").replace("8080", "9443"), "utf-8")
    backups = root / "acme/web/procedure/backups-run-at-night.md"
    backups.write_text(
        backups.read_text("utf-8").replace("layer: 2", "layer: 1 # for everybody").replace("at night", "at noon"),
        "utf-8",
    )
    (root / "acme/web/decision").mkdir(exist_ok=True)
    (root / "acme/web/decision/Queue in the database.md").write_text(
        "The queue lives in PostgreSQL, with LISTEN and NOTIFY.\n", "utf-8"
    )
    pages = sorted((root / "acme/everlore/decision").glob("*.md"))
    (root / "acme/docs/decision").mkdir(parents=True)
    pages[0].rename(root / "acme/docs/decision" / pages[0].name)
    assert parse(pages[1].read_bytes()).fields["kind"] == "decision"
    pages[1].unlink()
