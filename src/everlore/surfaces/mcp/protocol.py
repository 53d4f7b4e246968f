"""The part of MCP that our SDK server and our stdio front must agree on, in the standard library alone.

An operation's failure is a result with `isError`, so that the model sees it and can mend its call; a message that is no
proper request, or names no tool, is a JSON-RPC error. `JSONRPC` is this surface's one table from error codes.
"""

from __future__ import annotations

from typing import Any

from everlore import __version__
from everlore.surfaces.mcp.rendering import NOTICE, QUOTING, render

Json = dict[str, Any]

HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = ("2026-07-28",)
"""Protocol versions: those agreed in `initialize`, and those that each request names in its `_meta`."""

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
CLIENT_KEY = "io.modelcontextprotocol/clientInfo"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
UNSUPPORTED_VERSION = -32022

JSONRPC = {
    "error": INTERNAL_ERROR,
    "invalid_input": INVALID_PARAMS,
    "not_found": INVALID_PARAMS,
    "denied": -32003,
    "awaiting_approval": -32012,
    "conflict": -32004,
    "store_busy": -32005,
    "store_unavailable": -32006,
    "store_full": -32007,
    "store_corrupt": -32008,
    "wrong_key": -32009,
    "newer_schema": -32010,
    "model_unavailable": -32011,
    "model_failed": -32013,
    "budget_spent": -32014,
}

INTERNAL = {"error": "something went wrong inside Everlore", "code": "error", "hint": "see the log of lore serve"}
"""What is told of an error that is not ours to explain; its details go to the log."""

LIST_TTL_MS = 3_600_000
SERVER_INFO = {"name": "everlore", "title": "Everlore", "version": __version__}
CAPABILITIES: Json = {"tools": {"listChanged": False}}

PROFILES = ("default", "full")


class ProtocolError(Exception):
    """A message that gets a JSON-RPC error for an answer: `error` as every surface prints it, and the code's number."""

    def __init__(self, error: Json, number: int | None = None) -> None:
        super().__init__(error["error"])
        self.error = error
        self.number = JSONRPC[error["code"]] if number is None else number

    def body(self) -> Json:
        """Return the `error` member of the JSON-RPC answer."""
        rest = {name: value for name, value in self.error.items() if name != "error" and value}
        return {"code": self.number, "message": self.error["error"], "data": rest}


def operation_name(tool: str) -> str:
    """Return the name of the operation behind a tool."""
    return tool.replace("_", "-")


def initialized(params: Json, instructions: str) -> Json:
    """Return the answer to `initialize`, in the version asked for or else the newest that has a handshake."""
    asked = params.get("protocolVersion")
    if not isinstance(asked, str):
        raise invalid("protocolVersion must be text", "protocolVersion")
    version = asked if asked in HANDSHAKE else HANDSHAKE[-1]
    return {
        "protocolVersion": version,
        "capabilities": CAPABILITIES,
        "serverInfo": SERVER_INFO,
        "instructions": instructions,
    }


def discovered(instructions: str) -> Json:
    """Return the answer to `server/discover`."""
    found = {"supportedVersions": list(MODERN), "capabilities": CAPABILITIES, "instructions": instructions}
    return {**found, "ttlMs": LIST_TTL_MS, "cacheScope": "public"}


def listed(tools: list[Json], params: Json, *, modern: bool) -> Json:
    """Return the answer to `tools/list`: everything on one page."""
    if params.get("cursor") is not None:
        raise invalid("there is no such page: all tools are on the first one", "cursor")
    return {"tools": tools, "ttlMs": LIST_TTL_MS, "cacheScope": "public"} if modern else {"tools": tools}


def called(params: Json, names: frozenset[str]) -> tuple[str, Json]:
    """Return the operation and the arguments of a `tools/call`; raise `ProtocolError` if it names no tool of ours."""
    name, arguments = params.get("name"), params.get("arguments")
    if not isinstance(name, str):
        raise invalid("a tool call needs the tool's name", "name")
    if name not in names:
        error = {"error": f"unknown tool: {name[:80]!r}", "code": "not_found", "field": "name"}
        raise ProtocolError({**error, "hint": f"tools are: {', '.join(sorted(names))}; the full profile has more"})
    if arguments is not None and not isinstance(arguments, dict):
        raise invalid("arguments must be an object", "arguments")
    return operation_name(name), arguments or {}


def modern(params: Json) -> bool:
    """Tell whether a request speaks for itself; raise `ProtocolError` if it does so wrongly."""
    meta = params.get("_meta")
    if not isinstance(meta, dict) or VERSION_KEY not in meta:
        return False
    version = meta[VERSION_KEY]
    if not isinstance(version, str) or not isinstance(meta.get(CAPABILITIES_KEY), dict):
        raise invalid(f"_meta must hold {VERSION_KEY} and {CAPABILITIES_KEY}", "_meta")
    if version not in MODERN:
        raise VersionError(version)
    return True


class VersionError(ProtocolError):
    """The request speaks a version of the protocol that we do not."""

    def __init__(self, version: str) -> None:
        super().__init__({"error": "Unsupported protocol version", "code": "invalid_input"}, UNSUPPORTED_VERSION)
        self.version = version

    def body(self) -> Json:
        """Return the `error` member, with the data that the protocol prescribes."""
        data = {"supported": list(MODERN), "requested": self.version[:80]}
        return {"code": self.number, "message": self.error["error"], "data": data}


def invalid(message: str, field: str) -> ProtocolError:
    """Return the error for wrong parameters."""
    return ProtocolError({"error": message, "code": "invalid_input", "field": field})


def result(operation: str, answer: Json) -> Json:
    """Return the tool result for an operation's answer: a text to read and the answer itself, marked as quotation."""
    structured = {"notice": NOTICE, **answer} if operation in QUOTING else answer
    content = [{"type": "text", "text": render(operation, answer)}]
    return {"content": content, "structuredContent": structured, "isError": False}


def failure(error: Json) -> Json:
    """Return the tool result for an error as `EverloreError.as_dict` spells it."""
    lines = [
        f"error: {error.get('error', 'unknown')}",
        *(f"{k}: {error[k]}" for k in ("hint", "field", "proposal", "code") if error.get(k)),
    ]
    return {"content": [{"type": "text", "text": "\n".join(lines)}], "structuredContent": error, "isError": True}


def stamped(answer: Json) -> Json:
    """Return a result as a request of the newer versions expects it: complete, and naming who answered."""
    return {"resultType": "complete", **answer, "_meta": {SERVER_KEY: SERVER_INFO}}
