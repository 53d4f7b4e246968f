"""Codex's rollouts, plain or compressed with zstd: what people typed is in `event_msg`, what agents said and did in items.

A prompt occurs as an event and as an item; the event is taken, for the item has wrappers around it. Instructions of
developers are nobody's words. A rollout that is compressed keeps the keys of its lines, for they are places in what it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import iso, joined
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import Chunk, Source, State, chunked, remember_call, result, under

_NAMED = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_HEAD = re.compile(r"(Exit code: -?\d+\n)(?:(?:Wall time|Total output lines): .*\n)*Output:\n")


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read a rollout from a position on."""
    start = dict(state)
    if "session" not in start and (found := _NAMED.search(path.name)):
        start["session"] = found[1]
    yield from chunked(path, position, start, take)


def take(entry: dict[str, Any], state: State, at: int) -> list[Event]:
    """Return what one entry says."""
    payload, kind = entry.get("payload"), entry.get("type")
    if not isinstance(payload, Mapping):
        return []
    if kind == "session_meta":
        _meet(payload, state)
        return []
    if kind == "turn_context":
        state["cwd"] = payload.get("cwd") or state.get("cwd")
        state["model"] = payload.get("model") or state.get("model")
        state["turn"] = payload.get("turn_id")
        return []
    if not state.get("session"):
        return []
    event = Event(
        "codex", state["session"], "other", str(payload.get("type") or kind), at=iso(str(entry.get("timestamp", ""))), key=f"line:{at}",
        cwd=state.get("cwd"), branch=state.get("branch"), parent=state.get("parent"), detail={"model": state["model"]} if state.get("model") else {},
    )  # fmt: skip
    if kind == "event_msg":
        return _message(event, payload, state)
    if kind == "response_item":
        return _item(event, payload, state)
    if kind == "compacted":
        summary = str(payload.get("message") or "")[:4_000]
        return [replace(event, kind="compaction", name="compacted", detail={"summary": summary})]
    return []


def _meet(payload: Mapping[str, Any], state: State) -> None:
    """Note what the first line says of the session."""
    if "met" in state:
        return  # a session that was forked repeats the first line of the other
    state["met"] = True
    state["session"] = str(payload.get("id") or state.get("session") or "")
    state["cwd"] = payload.get("cwd")
    git = payload.get("git")
    state["branch"] = git.get("branch") if isinstance(git, Mapping) else None
    source = payload.get("source")
    if isinstance(source, Mapping) and isinstance(source.get("subagent"), Mapping):
        spawned = source["subagent"].get("thread_spawn")
        state["parent"] = spawned.get("parent_thread_id") if isinstance(spawned, Mapping) else None


def _message(event: Event, payload: Mapping[str, Any], state: State) -> list[Event]:
    """Return a prompt, which older versions tell in one way, newer ones in another, and some in both.

    What agents say is taken from the items, which every version has.
    """
    item = payload.get("item")
    if payload.get("type") == "user_message" and isinstance(payload.get("message"), str):
        text = said(payload["message"])
    elif isinstance(item, Mapping) and payload.get("type") == "item_completed" and item.get("type") == "UserMessage":
        text = said(joined(item.get("content")))
    else:
        return []
    turn = state.get("turn")
    told = [turn, blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()]
    if not text or (turn and state.get("told") == told):
        return []
    first = turn and (state.get("told") or [None])[0] != turn
    state["told"] = told
    return [replace(event, kind="prompt", text=text, key=f"turn:{turn}:prompt" if first else event.key)]


def _item(event: Event, payload: Mapping[str, Any], state: State) -> list[Event]:
    kind = payload.get("type")
    if kind == "message" and payload.get("role") == "assistant":
        text = said(joined(payload.get("content")))
        return [replace(event, kind="answer", text=text)] if text else []
    call = str(payload.get("call_id") or payload.get("id") or "")
    if kind in {"function_call", "custom_tool_call", "local_shell_call"}:
        given = payload.get("arguments", payload.get("input", payload.get("action")))
        remember_call(state, call, tool_detail(str(payload.get("name") or "shell"), given))
        return []
    if kind in {"function_call_output", "custom_tool_call_output", "local_shell_call_output"}:
        return [result(event, call, _output(payload.get("output")), state)]
    return []


def _output(raw: object) -> object:
    """Return a tool's output without what Codex writes around it; its older form is JSON with the exit status beside."""
    if not isinstance(raw, str):
        return raw
    if raw.startswith('{"output":'):
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError):
            return raw
        return found if isinstance(found, dict) and found.keys() <= {"output", "metadata"} else raw
    return _HEAD.sub(r"\1", raw, count=1) if _HEAD.match(raw) else raw


def _looks(head: bytes) -> bool:
    try:
        return "payload" in json.loads(head.partition(b"\n")[0])
    except (ValueError, TypeError):
        return b'"session_meta"' in head


SOURCE = Source(
    "codex",
    lambda environ, home: [under(environ, "CODEX_HOME", home, ".codex")],
    (
        "sessions/*/*/*/rollout-*.jsonl",
        "sessions/*/*/*/rollout-*.jsonl.zst",
        "archived_sessions/rollout-*.jsonl",
        "archived_sessions/rollout-*.jsonl.zst",
    ),
    read,
    _looks,
)
