"""Claude Code's transcripts: one line an entry, a message's blocks spread over several lines of one message id.

What is kept is what people and agents said, and what tools did, with their results. Each line with text is an answer of its
own: to join those of a message, its last would have to wait for a line that may never come. Entries of sidechains belong to
a session of their own below the one that started them, named as its hooks name it, and so do the files of subagents. What
was typed while the agent worked is an attachment. A fork begins with what was said in the other session, which has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from everlore.sessions.boilerplate import said
from everlore.sessions.clients.payload import iso, joined
from everlore.sessions.records import Event
from everlore.sessions.tools import tool_detail
from everlore.sessions.transcripts.source import Chunk, Source, State, chunked, last_line, remember_call, result, under

_TYPES = frozenset({"user", "assistant", "attachment"})


def read(path: Path, position: int, state: State) -> Iterator[Chunk]:
    """Read a transcript from a position on."""
    start = dict(state)
    if "agent" not in start and path.name.startswith("agent-"):
        start["agent"] = path.stem.removeprefix("agent-")
    yield from chunked(path, position, start, take)


def take(entry: dict[str, Any], state: State, at: int) -> list[Event]:
    """Return what one entry says."""
    kind, session = entry.get("type"), entry.get("sessionId")
    if kind not in _TYPES or not isinstance(session, str) or _is_of_others(entry):
        return []
    agent = state.get("agent") or (entry.get("agentId") or "sidechain" if entry.get("isSidechain") else None)
    event = Event(
        "claude-code", f"{session}/{agent}" if agent else session, "other", kind, at=iso(str(entry.get("timestamp", ""))),
        key=f"uuid:{entry.get('uuid') or at}", cwd=entry.get("cwd") or None, branch=entry.get("gitBranch") or None,
        parent=session if agent else None,
    )  # fmt: skip
    if kind == "attachment":
        return _queued(event, entry.get("attachment"))
    message = entry.get("message")
    if not isinstance(message, Mapping):
        return []
    if entry.get("isCompactSummary"):
        summary = joined(message.get("content"))[:4_000]
        return [replace(event, kind="compaction", name="compact", detail={"summary": summary})]
    if kind == "assistant":
        return _answered(event, message, state)
    return _asked(event, message, entry.get("promptId"), state)


def _is_of_others(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry was written by the client, by another agent of a team, or in the session forked from."""
    return bool(entry.get("isMeta") or entry.get("teamName") or isinstance(entry.get("forkedFrom"), Mapping))


def _queued(event: Event, attachment: object) -> list[Event]:
    """Return what was typed while the agent worked."""
    if not isinstance(attachment, Mapping) or attachment.get("type") != "queued_command" or attachment.get("isMeta"):
        return []
    origin = attachment.get("origin")
    if attachment.get("commandMode", "prompt") != "prompt":
        return []
    if isinstance(origin, Mapping) and origin.get("kind", "human") != "human":
        return []
    text = said(joined(attachment.get("prompt")))
    return [replace(event, kind="prompt", text=text)] if text else []


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


def _asked(event: Event, message: Mapping[str, Any], prompt: object, state: State) -> list[Event]:
    """Return what a person said, and what came of tools; of several texts of one prompt the first has its key."""
    content = message.get("content")
    blocks = [block for block in content if isinstance(block, Mapping)] if isinstance(content, list) else []
    found = [_result(event, block, state) for block in blocks if block.get("type") == "tool_result"]
    if not found and (text := said(joined(content))):
        first = isinstance(prompt, str) and state.get("prompt") != prompt
        state["prompt"] = prompt
        found.append(replace(event, kind="prompt", text=text, key=f"prompt:{prompt}" if first else event.key))
    return found


def _result(event: Event, block: Mapping[str, Any], state: State) -> Event:
    call = str(block.get("tool_use_id") or "")
    return result(event, call, block.get("content"), state, failed=bool(block.get("is_error")))


SOURCE = Source(
    "claude-code",
    lambda environ, home: [under(environ, "CLAUDE_CONFIG_DIR", home, ".claude") / "projects"],
    ("*/*.jsonl", "*/*/subagents/agent-*.jsonl"),
    read,
    lambda head: b'"sessionId"' in head and b'"uuid"' in head,
    lambda path, _: (last_line(path), {}),  # every line says whose it is
)
