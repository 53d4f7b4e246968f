"""Devin, formerly Windsurf: Claude's hooks, and Cascade's older ones, whose matter stands in `tool_info`."""

from __future__ import annotations

from collections.abc import Mapping

from everlore.sessions.clients import claude_code
from everlore.sessions.clients.client import Client, by_kind
from everlore.sessions.clients.payload import Payload, record, spoken, text, tool
from everlore.sessions.records import Event, EventKind

EVENTS: Mapping[str, EventKind] = {
    **claude_code.EVENTS, "preuserprompt": "prompt", "postwritecode": "tool_result", "postruncommand": "tool_result",
    "postmcptooluse": "tool_result", "postcascaderesponse": "answer",
}  # fmt: skip


def client(name: str) -> Client:
    """Return the client."""
    when = by_kind({"session_start": "start", "prompt": "prompt"}, EVENTS)
    return Client(name, EVENTS, parse, claude_code.shape, when)


def parse(event: Event, kind: EventKind, payload: Payload) -> list[Event]:
    """Read a payload of either age."""
    info = record(payload, "tool_info")
    if not info:
        return claude_code.parse(event, kind, payload)
    if kind in {"prompt", "answer"}:
        return spoken(event, kind, text(info, "user_prompt", "response"))
    command, path = text(info, "command_line"), text(info, "file_path")
    given = {"command": command} if command else {"file_path": path} if path else info.get("mcp_tool_arguments")
    name = "Shell" if command else "Edit" if path else text(info, "mcp_tool_name") or "tool"
    return tool(
        event, {"tool_name": name, "tool_input": given, "output": info.get("mcp_result", info.get("output", ""))}
    )
