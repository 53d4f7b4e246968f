"""Codex's rollouts, plain or compressed with zstd: what people typed is in `event_msg`, what agents said and did in items.

A prompt occurs as an event and as an item; the event is taken, for the item has wrappers around it. Instructions of
developers are nobody's words. Positions in a compressed file are those of what it holds.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from everlore.core.shorten import shorten
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import iso, joined, read_output
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import (
    LONGEST_LINE,
    LONGEST_OUTPUT,
    Chunk,
    Source,
    State,
    chunked,
    decode,
    objects,
    remember_call,
    under,
)


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read a rollout from a position on."""
    entries = _compressed(path, position) if path.suffix == ".zst" else objects(path, position)
    start = dict(state)
    if "session" not in start and (found := re.search(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", path.name)):
        start["session"] = found[1]
    yield from chunked(entries, start, position, take)


def take(entry: dict[str, Any], state: State) -> list[Event]:
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
    number = state["number"] = state.get("number", 0) + 1
    event = Event(
        "codex", state["session"], "other", str(payload.get("type") or kind), at=iso(str(entry.get("timestamp", ""))), key=f"line:{number}",
        cwd=state.get("cwd"), branch=state.get("branch"), parent=state.get("parent"), detail={"model": state["model"]} if state.get("model") else {},
    )  # fmt: skip
    if kind == "event_msg":
        return _message(event, payload, state)
    if kind == "response_item":
        return _item(event, payload, state)
    if kind == "compacted":
        return [
            replace(
                event,
                kind="compaction",
                name="compacted",
                detail={"summary": str(payload.get("message") or "")[:4_000]},
            )
        ]
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
    told = [state.get("turn"), text]
    if not text or state.get("told") == told:
        return []
    state["told"] = told
    turn = state.get("turn")
    return [replace(event, kind="prompt", text=text, key=f"turn:{turn}:prompt" if turn else event.key)]


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
        return [_result(event, call, payload.get("output"), state)]
    return []


def _result(event: Event, call: str, raw: object, state: State) -> Event:
    detail = dict(state.get("calls", {}).pop(call, None) or {"tool": "tool"})
    output, bad, code = read_output(raw)
    detail |= {"call": call, **({"exit": code} if code is not None else {})}
    return replace(
        event, kind="tool_failure" if bad or code else "tool_result", text=shorten(output, LONGEST_OUTPUT), key=f"result:{call}",
        detail={**event.detail, **detail},
    )  # fmt: skip


def _compressed(path: Path, position: int) -> Iterator[tuple[dict[str, Any] | None, int]]:
    import zstandard

    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        text = io.BufferedReader(reader, 1 << 20)  # type: ignore[type-var,unused-ignore]
        at = 0
        while line := text.readline(LONGEST_LINE):
            if not line.endswith(b"\n"):
                return
            at += len(line)
            if at <= position or line.isspace():
                continue
            try:
                found = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                found = None
            yield (found if isinstance(found, dict) else None), at


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
