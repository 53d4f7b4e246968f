"""A home full of what a few weeks leave behind: the sample project, its sessions told to agents, changes, handoffs, proposals.

The development conversations go in too where they lie beside the checkout; nothing asks for what only they hold.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.open import open_app
from everlore.core.config import Config, load
from everlore.core.errors import AwaitingApproval

DATA = Path(__file__).parents[3] / "shared" / "data"
PROJECT = "pierlight"
AGENT = Caller("claude-code", "mcp")
PERSON = Caller("person", "cli")


def fill(home: Path) -> Config:
    """Fill a home and return its settings."""
    config = replace(load(home, environ={}), model="none")
    command = [sys.executable, "-m", "everlore", "demo", "--home", str(home)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "EVERLORE_HOME": str(home)})
    with open_app(config) as app:
        _conversations(app)
        _changes(app)
        _told(app)
        _waiting(app)
        _graph(app)
    return config


def _conversations(app: App) -> None:
    for path, namespace in ((DATA / "coding-dev", "tillmark"), (DATA / "locomo-dev.json", "friends")):
        if path.exists():
            app.call("import", {"path": str(path), "namespace": namespace}, PERSON)


def _changes(app: App) -> None:
    """One memory with a history, one that another replaced, one put away, one pinned, one long page."""
    kept = app.call("remember", {
        "text": "Deploys of pierlight run on Tuesdays at 10:00, from the release branch.", "title": "When deploys run",
        "kind": "decision", "namespace": PROJECT, "tags": ["deploy", "release"], "valid_from": "2026-08-01",
    }, PERSON)  # fmt: skip
    app.call(
        "revise",
        {
            "id": kept.id,
            "text": "Deploys of pierlight run on Thursdays at 10:00, from the release branch.\n\nMonday's boats are too full.",
            "reason": "the crew asked",
        },
        PERSON,
    )
    app.call(
        "revise",
        {
            "id": kept.id,
            "text": LATEST,
            "reason": "after lunch it is calm",
        },
        PERSON,
    )
    app.call("feedback", {"id": kept.id, "verdict": "helpful", "note": "right on time"}, AGENT)
    old = app.call(
        "remember",
        {"text": "The boards on the piers speak MQTT 3.1.", "namespace": PROJECT, "valid_from": "2026-06-01"},
        PERSON,
    )
    new = app.call(
        "remember",
        {"text": "The boards on the piers speak MQTT 5.", "namespace": PROJECT, "valid_from": "2026-09-20"},
        PERSON,
    )
    app.call("supersede", {"id": old.id, "by": new.id, "reason": "upgraded"}, PERSON)
    gone = app.call(
        "remember", {"text": "The staging broker is called heron-2.", "namespace": PROJECT, "kind": "fact"}, PERSON
    )
    app.call("forget", {"id": gone.id, "reason": "torn down"}, PERSON)
    pinned = app.call(
        "remember",
        {
            "text": "Never restart departd while a ferry is docking.",
            "namespace": PROJECT,
            "kind": "convention",
            "layer": 0,
        },
        PERSON,
    )
    app.call("set", {"id": pinned.id, "pinned": True}, PERSON)
    app.call("write-page", {"name": "runbooks/Broker outage", "namespace": PROJECT, "text": PAGE}, PERSON)


LATEST = """Deploys of pierlight run on Thursdays at 14:00, from the release branch.

Monday's boats are too full.

- tell the harbour office
- watch `departd` for ten minutes"""

PAGE = """# Broker outage

What to do when the broker on [[Harbour network]] does not answer. See [[When deploys run]].

## Steps

1. Look at `journalctl -u mosquitto`.
2. If the certificate has run out, **renew it** and restart.
3. Tell the harbour office.

| signal | means |
|:--|--:|
| no heartbeat for 60 s | board is cut off |
| heartbeat, no departures | departd is down |

> Nobody restarts a board by hand during the morning rush.

```sh
mosquitto_sub -t 'piers/#' -v
```
"""


def _told(app: App) -> None:
    for number, prompt in enumerate((
        "when do deploys of pierlight run?", "which HTTP port does departd serve on?", "a board rejects the certificate of the broker, why?",
        "may I restart departd now?", "what did we decide about arrival times?",
    )):  # fmt: skip
        session = f"conversation-{number % 2}"
        told = app.call(
            "context",
            {
                "prompt": prompt,
                "namespace": PROJECT,
                "session": session,
                "client": "claude-code",
                "platform": "cli",
                "provider": "anthropic",
                "model": "claude-sonnet-4-5",
            },
            AGENT,
        )
        app.call("capture", {
            "prompt": prompt, "response": "As was decided: see what is remembered.", "namespace": PROJECT, "session": session, "client": "claude-code",
            "provider": "anthropic", "model": "claude-sonnet-4-5", "input_tokens": 900, "output_tokens": 40,
            **({"injection": told.injection} if getattr(told, "injection", None) else {}),
        }, AGENT)  # fmt: skip


def _waiting(app: App) -> None:
    """Proposals that wait, and a handoff that nobody has claimed."""
    app.call(
        "policy-set", {"effect": "archive", "who": "origin:agent", "decision": "approve", "namespace": PROJECT}, PERSON
    )
    app.call(
        "policy-set", {"effect": "revise", "who": "origin:agent", "decision": "approve", "namespace": PROJECT}, PERSON
    )
    listed = app.call("list", {"namespace": PROJECT, "limit": 12}, PERSON).memories
    for memory in listed[3:6]:
        _try(app, "forget", {"id": memory.id, "reason": "seems to be over"})
    for memory in listed[6:9]:
        _try(
            app,
            "revise",
            {"id": memory.id, "text": memory.text + "\n\nChecked again by an agent.", "reason": "looked at it"},
        )
    app.call(
        "handoff-begin",
        {
            "namespace": PROJECT,
            "text": "The renewal of certificates is half done.\n\n- [ ] pier 4 and 5 are left\n- the script is in `tools/renew.sh`",
        },
        AGENT,
    )


def _try(app: App, operation: str, fields: dict[str, object]) -> None:
    with suppress(AwaitingApproval):
        app.call(operation, fields, AGENT)


def _graph(app: App) -> None:
    for name, kind in (
        ("departd", "code"),
        ("mosquitto", "package"),
        ("Harbour network", "concept"),
        ("Mira", "person"),
        ("pier 4", "name"),
    ):
        app.call("entity-add", {"name": name, "kind": kind, "namespace": PROJECT}, PERSON)
    for source, target, how in (
        ("departd", "mosquitto", "depends_on"),
        ("mosquitto", "Harbour network", "depends_on"),
        ("pier 4", "Harbour network", "related"),
        ("Mira", "departd", "related"),
    ):
        app.call(
            "graph-link",
            {"source": source, "target": target, "kind": how, "namespace": PROJECT, "valid_from": "2026-07-01"},
            PERSON,
        )
    for memory in app.call("list", {"namespace": PROJECT, "limit": 40}, PERSON).memories:
        app.call("graph-link", {"source": memory.id, "namespace": PROJECT}, PERSON)


if __name__ == "__main__":
    fill(Path(sys.argv[1]))
