"""Claude Code's transcripts: one line an entry, a message's blocks spread over several lines of one message id.

What is kept is what people and agents said, and what tools did, with their results. Entries of sidechains belong to a
session of their own below the one that started them, and so do the files of subagents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.core.shorten import shorten
from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import iso, joined, read_output
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import (
    LONGEST_OUTPUT,
    Chunk,
    Source,
    State,
    chunked,
    objects,
    remember_call,
    under,
)


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read a transcript from a position on."""
    start = dict(state)
    if "agent" not in start and path.name.startswith("agent-"):
        start["agent"] = path.stem
    yield from chunked(objects(path, position), start, position, take)


def take(entry: dict[str, Any], state: State) -> list[Event]:
    """Return what one entry says."""
    kind = entry.get("type")
    session = entry.get("sessionId")
    if (
        kind not in {"user", "assistant"}
        or not isinstance(session, str)
        or entry.get("isMeta")
        or entry.get("teamName")
    ):
        return []
    agent = state.get("agent") or (entry.get("agentId") or "sidechain" if entry.get("isSidechain") else None)
    event = Event(
        "claude-code", f"{session}/{agent}" if agent else session, "other", str(kind), at=iso(str(entry.get("timestamp", ""))),
        key=f"uuid:{entry.get('uuid')}", cwd=entry.get("cwd") or None, branch=entry.get("gitBranch") or None, parent=session if agent else None,
    )  # fmt: skip
    message = entry.get("message")
    if not isinstance(message, Mapping):
        return []
    if entry.get("isCompactSummary"):
        summary = joined(message.get("content"))[:4_000]
        return [replace(event, kind="compaction", name="compact", detail={"summary": summary})]
    if kind == "assistant":
        return _answered(event, message, state)
    if isinstance(entry.get("promptId"), str):
        state["prompt"] = entry["promptId"]
    return _asked(event, message, state)


def _answered(event: Event, message: Mapping[str, Any], state: State) -> list[Event]:
    """Return what an agent said; its calls wait for their results."""
    content = message.get("content")
    model = message.get("model")
    for block in content if isinstance(content, list) else ():
        if isinstance(block, Mapping) and block.get("type") == "tool_use" and isinstance(block.get("id"), str):
            detail = tool_detail(str(block.get("name") or "tool"), block.get("input"))
            remember_call(state, block["id"], detail)
    text = said(joined(content))
    return [replace(event, kind="answer", text=text, detail={"model": model} if model else {})] if text else []


def _asked(event: Event, message: Mapping[str, Any], state: State) -> list[Event]:
    """Return what a person said, and what came of tools."""
    content = message.get("content")
    blocks = [block for block in content if isinstance(block, Mapping)] if isinstance(content, list) else []
    found = [_result(event, block, state) for block in blocks if block.get("type") == "tool_result"]
    if not found and (text := said(joined(content))):
        prompt = state.pop("prompt", None)
        found.append(replace(event, kind="prompt", text=text, key=f"prompt:{prompt}" if prompt else event.key))
    return found


def _result(event: Event, block: Mapping[str, Any], state: State) -> Event:
    call = str(block.get("tool_use_id") or "")
    detail = state.get("calls", {}).pop(call, None) or {"tool": "tool"}
    output, bad, code = read_output(block.get("content"))
    failed = bool(block.get("is_error")) or bad
    detail = {**detail, "call": call, **({"exit": code} if code is not None else {})}
    return replace(
        event, kind="tool_failure" if failed else "tool_result", text=shorten(output, LONGEST_OUTPUT), key=f"result:{call}", detail=detail,
    )  # fmt: skip


SOURCE = Source(
    "claude-code",
    lambda environ, home: [under(environ, "CLAUDE_CONFIG_DIR", home, ".claude") / "projects"],
    ("*/*.jsonl", "*/*/subagents/agent-*.jsonl"),
    read,
    lambda head: b'"sessionId"' in head and b'"uuid"' in head,
)
