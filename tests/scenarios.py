"""What operations do, as data: each scenario is a story that has to go the same way through every surface.

A step names an operation and its request, and says what comes of it: fields of the answer, words the answer holds,
or the code and field of an error. `{0.id}` in a request is the `id` in the answer of step 0. Scenarios keep to their own
namespace, so that any number of them, in any order, can share a store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Call = Callable[[str, Json], Json]
"""Runs an operation: returns its answer as JSON, or an error as `{"error", "code", "hint"?, "field"?}`."""


@dataclass(frozen=True)
class Step:
    """One operation and what has to come of it."""

    operation: str
    request: Json = field(default_factory=dict)
    answer: Json = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    error: str = ""
    field: str = ""


SCENARIOS: dict[str, list[Step]] = {
    "a handoff is offered, claimed once, taken back and offered again": [
        Step("handoff-begin", {"text": "The worker is not migrated yet", "namespace": "relay/web"}, holds=("offered",)),
        Step("handoff", {"namespace": "relay/web"}, holds=("The worker is not migrated yet",)),
        Step("handoff", {"namespace": "relay/web"}, holds=("offered",)),
        Step("handoff-accept", {"namespace": "relay/web"}, holds=("claimed",)),
        Step("handoff-accept", {"id": "{0.handoff.id}"}, error="conflict", field="id"),
        Step("handoff", {"namespace": "relay/web"}, {"handoffs": []}),
        Step("handoff-reopen", {"id": "{0.handoff.id}", "reason": "not done"}, holds=("offered",)),
        Step("handoff-begin", {"text": "The worker is migrated", "namespace": "relay/web"}, holds=("offered",)),
        Step("handoff-list", {"namespace": "relay"}, holds=("superseded", "offered")),
        Step("handoff-cancel", {"id": "{7.handoff.id}"}, holds=("cancelled",)),
        Step("undo", {"operation": "{9.operation}"}),
        Step("handoff", {"namespace": "relay/web"}, holds=("The worker is migrated",)),
        Step("handoff", {"id": "nobody"}, error="not_found", field="id"),
    ],
    "what a hook tells is a session with its turns": [
        Step(
            "hook",
            {
                "client": "codex",
                "event": "UserPromptSubmit",
                "cwd": "/nowhere/told",
                "payload": '{"session_id": "told-1", "turn_id": "t1", "prompt": "Repair the tide gauge"}',
            },
            {"output": "", "stored": True},
        ),
        Step("drain", {}, {"aside": 0, "waiting": 0}),
        Step("sessions", {"client": "codex"}, holds=("told-1", "Repair the tide gauge")),
        Step("transcripts-search", {"query": "repair the tide gauge"}, holds=("Repair the tide gauge",)),
    ],
    "mining says what it cannot read": [
        Step("mine", {"clients": ["abacus"]}, error="not_found", field="clients"),
        Step("mine", {"paths": ["/nowhere/at/all.jsonl"]}, error="not_found", field="paths"),
    ],
    "a statement is kept, found and shown": [
        Step(
            "remember",
            {"text": "The staging database listens on port 6380", "namespace": "kept/db"},
            {"outcome": "kept"},
        ),
        Step(
            "recall",
            {"query": "which port has the staging database", "namespace": "kept"},
            {"withheld": False},
            holds=("port 6380",),
        ),
        Step("get", {"id": "{0.id}"}, holds=("port 6380", "kept/db")),
        Step("list", {"namespace": "kept"}, {"total": 1, "next": None}),
    ],
    "the same again does not grow the store": [
        Step("remember", {"text": "Deploys need two reviews", "namespace": "again"}, {"outcome": "kept"}),
        Step("remember", {"text": "Deploys need two reviews", "namespace": "again"}, {"outcome": "merged"}),
        Step("check-duplicate", {"text": "Deploys need two reviews", "namespace": "again"}, {"outcome": "merged"}),
        Step("list", {"namespace": "again"}, {"total": 1}),
    ],
    "a revision goes on top and the old text stays": [
        Step(
            "remember", {"text": "Releases happen on Tuesday", "namespace": "chain"}, {"outcome": "kept", "revision": 1}
        ),
        Step("revise", {"id": "{0.id}", "text": "Releases happen on Thursday", "reason": "moved"}, {"revision": 2}),
        Step("history", {"id": "{0.id}"}, {"state": "active"}, holds=("Tuesday", "Thursday")),
        Step("get", {"id": "{0.id}"}, holds=("Thursday",), lacks=("Tuesday",)),
    ],
    "what is forgotten can be had back": [
        Step("remember", {"text": "The mascot is a heron", "namespace": "bird"}, {"outcome": "kept"}),
        Step("forget", {"id": "{0.id}"}, {"state": "archived"}),
        Step("list", {"namespace": "bird"}, {"total": 0}),
        Step("restore", {"id": "{0.id}"}, {"state": "active"}),
        Step("list", {"namespace": "bird"}, {"total": 1}),
    ],
    "an operation is undone once": [
        Step("remember", {"text": "Lunch is at noon", "namespace": "noon"}, {"outcome": "kept"}),
        Step("undo", {"operation": "{0.operation}"}, {"name": "remember"}),
        Step("list", {"namespace": "noon"}, {"total": 0}),
        Step("undo", {"operation": "{0.operation}"}, error="conflict", field="operation"),
    ],
    "every field of a statement comes back": [
        Step(
            "remember",
            {
                "text": "Use tabs in Makefiles",
                "title": "Tabs",
                "kind": "convention",
                "namespace": "every/field",
                "tags": ["make", "style"],
                "importance": 0.75,
                "layer": 1,
                "tier": "mid",
                "valid_from": "2026-03-02",
                "valid_until": "2027-03-02T09:00:00Z",
                "pinned": True,
                "reason": "agreed",
            },
            {"outcome": "kept"},
        ),
        Step(
            "get",
            {"id": "{0.id}"},
            holds=('"title":"Tabs"', '"layer":1', '"importance":0.75', '"pinned":true', "2026-03-02"),
        ),
        Step("timeline", {"namespace": "every", "since": "2026-03-01", "until": "2026-03-04"}, holds=("Tabs",)),
        Step("list", {"namespace": "every", "kind": "convention", "tag": "make", "limit": 1}, {"total": 1}),
    ],
    "text of any script is kept as it is": [
        Step(
            "remember",
            {"text": "Größe 三 — «naïve» 🦤\nsecond line\tend\u2028third", "namespace": "scripts"},
            {"outcome": "kept"},
        ),
        Step("get", {"id": "{0.id}"}, holds=("Größe 三 — «naïve» 🦤\\nsecond line\\tend\u2028third",)),
    ],
    "a page is known by its name and linked by what it says": [
        Step(
            "write-page",
            {"name": "Sluice", "text": "Opens at high water.", "namespace": "canal/locks"},
            {"outcome": "created"},
        ),
        Step(
            "write-page",
            {"name": "Lock keeper", "text": "Tends the [[sluice]] and the [[weir]].", "namespace": "canal/locks"},
            {"outcome": "created", "links": 1, "missing": ["weir"]},
        ),
        Step("read-page", {"name": "SLUICE", "namespace": "canal/locks"}, holds=("Opens at high water", "Lock keeper")),
        Step(
            "delete-page",
            {"name": "Sluice", "namespace": "canal/locks", "reason": "gone"},
            {"outcome": "archived", "applied": True},
        ),
        Step("read-page", {"name": "Sluice", "namespace": "canal/locks"}, error="not_found", field="name"),
        Step("undo", {"operation": "{3.operation}"}, {"name": "delete-page"}),
        Step("lint", {"namespace": "canal"}, {"proposed": 0}, holds=("weir",)),
        Step("reorg", {"namespace": "canal", "dry_run": True}, {"proposed": 0, "found": []}),
    ],
    "what is no project is neither renamed, moved nor purged": [
        Step("remember", {"text": "Barges pay by the ton", "namespace": "barge/toll"}, {"outcome": "kept"}),
        Step("rename-project", {"project": "barge/none", "name": "fees"}, error="not_found", field="namespace"),
        Step("rename-project", {"project": "barge/toll", "name": "a/b"}, error="invalid_input", field="name"),
        Step("move-project", {"project": "barge", "workspace": "towpath"}, error="invalid_input", field="project"),
        Step("merge-workspace", {"workspace": "barge", "into": "barge"}, error="invalid_input", field="into"),
        Step("purge-project", {"project": "barge"}, error="invalid_input", field="project"),
        Step("purge-session", {"session": "nobody"}, error="not_found", field="session"),
        Step("get", {"id": "{0.id}"}, holds=("barge/toll",)),
    ],
    "operators and SQL in a question are only words": [
        Step("remember", {"text": "Backups run at three", "namespace": "words"}, {"outcome": "kept"}),
        Step("recall", {"query": '"backups" OR NEAR(run*, 2) NOT ^three:', "namespace": "words"}, holds=("Backups",)),
        Step("recall", {"query": "backups'; DROP TABLE memory; --", "namespace": "words"}, holds=("Backups",)),
        Step("list", {"namespace": "words", "tag": "' OR 1=1 --"}, {"total": 0}),
        Step("get", {"id": "' OR 1=1 --"}, error="not_found", field="id"),
    ],
    "a namespace shows nothing of its neighbours, nor anything forgotten": [
        Step("remember", {"text": "Heron lives in the north pond", "namespace": "pond/north"}, {"outcome": "kept"}),
        Step("remember", {"text": "Otter lives in the south pond", "namespace": "pond/south"}, {"outcome": "kept"}),
        Step("remember", {"text": "Badger lives in the north pond", "namespace": "pond/north"}, {"outcome": "kept"}),
        Step("forget", {"id": "{2.id}"}, {"state": "archived"}),
        Step(
            "recall",
            {"query": "who lives in the pond", "namespace": "pond/north"},
            holds=("Heron",),
            lacks=("Otter", "Badger"),
        ),
        Step(
            "recall",
            {"query": "who lives in the pond", "namespace": "pond/south"},
            holds=("Otter",),
            lacks=("Heron", "Badger"),
        ),
        Step(
            "recall",
            {"query": "who lives in the pond", "namespace": "pond"},
            holds=("Heron", "Otter"),
            lacks=("Badger",),
        ),
        Step("list", {"namespace": "pond/south"}, {"total": 1}, holds=("Otter",)),
    ],
    "nothing relevant is an answer": [
        Step("remember", {"text": "The printer is on the second floor", "namespace": "none"}, {"outcome": "kept"}),
        Step(
            "recall",
            {"query": "how are photosynthetic bacteria cultured", "namespace": "none"},
            {"withheld": True, "items": []},
        ),
    ],
    "what is not there is said to be missing": [
        Step("get", {"id": "nosuchid"}, error="not_found", field="id"),
        Step("history", {"id": "nosuchid"}, error="not_found", field="id"),
        Step("revise", {"id": "nosuchid", "text": "x"}, error="not_found", field="id"),
        Step("forget", {"id": "nosuchid"}, error="not_found", field="id"),
        Step("restore", {"id": "nosuchid"}, error="not_found", field="id"),
        Step("undo", {"operation": "nosuchoperation"}, error="not_found", field="operation"),
        Step("recall", {"query": "x", "namespace": "no/such/place"}, error="not_found", field="namespace"),
    ],
    "a wrong field is named": [
        Step("remember", {"text": ""}, error="invalid_input", field="text"),
        Step("remember", {"text": "a\u0000b"}, error="invalid_input", field="text"),
        Step("remember", {"text": "x" * 1_000_001}, error="invalid_input", field="text"),
        Step("remember", {"text": "x", "namespace": "../up"}, error="invalid_input", field="namespace"),
        Step("remember", {"text": "x", "namespace": "a//b"}, error="invalid_input", field="namespace"),
        Step("remember", {"text": "x", "kind": "rumour"}, error="invalid_input", field="kind"),
        Step("remember", {"text": "x", "importance": 1.5}, error="invalid_input", field="importance"),
        Step("remember", {"text": "x", "valid_from": "when pigs fly"}, error="invalid_input", field="valid_from"),
        Step("recall", {"query": "x", "limit": 0}, error="invalid_input", field="limit"),
        Step("recall", {"query": "x", "as_of": "never ever"}, error="invalid_input", field="as_of"),
        Step("recall", {"query": "x", "recipe": "no-such"}, error="invalid_input", field="recipe"),
        Step("list", {"state": "lost"}, error="invalid_input", field="state"),
        Step("list", {"limit": 1001}, error="invalid_input", field="limit"),
        Step("timeline", {"since": "2026-13-45"}, error="invalid_input", field="since"),
    ],
}

UNTYPED: dict[str, list[Step]] = {
    "a field of the wrong kind is named": [
        Step("remember", {}, error="invalid_input", field="text"),
        Step("remember", {"text": 7}, error="invalid_input", field="text"),
        Step("remember", {"text": None}, error="invalid_input", field="text"),
        Step("remember", {"text": "x", "tags": "one"}, error="invalid_input", field="tags"),
        Step("remember", {"text": "x", "tags": [1]}, error="invalid_input", field="tags[0]"),
        Step("remember", {"text": "x", "pinned": "yes"}, error="invalid_input", field="pinned"),
        Step("recall", {"query": ["x"]}, error="invalid_input", field="query"),
        Step("recall", {"query": "x", "limit": "ten"}, error="invalid_input", field="limit"),
        Step("recall", {"query": "x", "limit": 2.5}, error="invalid_input", field="limit"),
        Step("recall", {"query": "x", "explain": {}}, error="invalid_input", field="explain"),
    ],
    "a field nobody knows is named": [
        Step("remember", {"text": "x", "colour": "red"}, error="invalid_input", field="colour"),
        Step("recall", {"query": "x", "top_k": 3}, error="invalid_input", field="top_k"),
        Step("list", {"offset": 3}, error="invalid_input", field="offset"),
    ],
}
"""Stories that only a surface with typed input can tell; on a command line everything is text."""

_REFERENCE = re.compile(r"\{(\d+)\.([\w.]+)\}")
_ID = re.compile(r"\b[0-9a-hjkmnp-tv-z]{26}\b")
_TIME = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_VOLATILE = frozenset({"actor", "owner", "strength", "notice", "score", "similarity", "uses", "why"})


def play(steps: list[Step], call: Call) -> list[Json]:
    """Run the steps, assert what each says, and return what came of them in a form that surfaces can be compared by."""
    answers: list[Json] = []
    for number, step in enumerate(steps):
        request = _filled(step.request, answers)
        answer = call(step.operation, request)
        answers.append(answer)
        place = f"step {number}, {step.operation} {str(step.request)[:200]}: {str(answer)[:800]}"
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        assert answer.get("code", "") == step.error, place
        assert not step.error or answer.get("field", "") == step.field, place
        assert {name: answer.get(name) for name in step.answer} == step.answer, place
        assert all(word in text for word in step.holds), place
        assert not any(word in text for word in step.lacks), place
    return [_comparable(answer) for answer in answers]


def _within(answer: Json, path: str) -> Any:
    value: Any = answer
    for name in path.split("."):
        value = value[name]
    return value


def _filled(value: Any, answers: list[Json]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, answers) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, answers) for inner in value]
    if isinstance(value, str) and len(value) < 1000:
        return _REFERENCE.sub(lambda match: str(_within(answers[int(match[1])], match[2])), value)
    return value


def _comparable(answer: Json) -> Json:
    """Return the answer without what differs from run to run: ids by order of appearance, instants and scores."""
    seen: dict[str, str] = {}

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(inner) for name, inner in value.items() if name not in _VOLATILE}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        if isinstance(value, str):
            value = _ID.sub(lambda match: seen.setdefault(match[0], f"<id {len(seen)}>"), value)
            return _TIME.sub("<instant>", value)
        return value

    if answer.get("code"):
        return {"code": answer["code"], "field": answer.get("field", "")}
    found: Json = walk(answer)
    return found
