"""The MCP server over streamable HTTP, on the official SDK.

It keeps no sessions: each request is answered as JSON on its own, so any protocol version the SDK speaks works, a
restart of the daemon is not noticed, and nothing is held for a client that left. Importing this module imports the SDK.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import mcp_types as types
import msgspec
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError

from everlore import __version__
from everlore.app.caller import Caller
from everlore.core.errors import EverloreError
from everlore.surfaces.mcp import catalogue, protocol
from everlore.surfaces.mcp.front import described

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from everlore.app.answers import Answer

log = logging.getLogger("everlore.mcp")

Run = Callable[[str, dict[str, Any], Caller], Awaitable["Answer"]]
Listed = Callable[[str, str], None]


def manager(run: Run, max_body: int, listed: Listed | None = None) -> StreamableHTTPSessionManager:
    """Return what answers the requests; its `run()` has to be entered first. Host and Origin are checked before it."""
    return StreamableHTTPSessionManager(
        build(run, listed), json_response=True, stateless=True, max_request_body_size=max_body
    )


def build(run: Run, listed: Listed | None = None) -> Server[Any]:
    """Return the server whose tools are operations, run by `run(operation, arguments, caller)`.

    `listed(client, text)` is told of each list of tools that was given, with what a model reads of it.

    Results are made for the newest version; the SDK leaves out of them what older ones do not know.
    """

    async def list_tools(context: ServerRequestContext[Any], params: types.PaginatedRequestParams) -> dict[str, Any]:
        asked = {"cursor": params.cursor}
        if listed is not None:
            listed(_actor(context), described(_tools(_profile(context)), catalogue.instructions()))
        with _Translated():
            return protocol.stamped(protocol.listed(_tools(_profile(context)), asked, modern=True))

    async def call_tool(context: ServerRequestContext[Any], params: types.CallToolRequestParams) -> dict[str, Any]:
        with _Translated():
            asked = {"name": params.name, "arguments": params.arguments}
            operation, arguments = protocol.called(asked, _names(_profile(context)))
        try:
            answer = await run(operation, arguments, Caller(_actor(context), "mcp"))
        except EverloreError as error:
            return protocol.stamped(protocol.failure(error.as_dict()))
        except Exception:
            # The SDK would send the exception's text to the client.
            log.exception("%s failed", operation)
            return protocol.stamped(protocol.failure(protocol.INTERNAL))
        return protocol.stamped(protocol.result(operation, msgspec.to_builtins(answer)))

    server: Server[Any] = Server(
        "everlore",
        title="Everlore",
        version=__version__,
        instructions=catalogue.instructions(),
        get_tool_input_schema=lambda name: None,
    )
    server.middleware.clear()
    server.add_request_handler("tools/list", types.PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", types.CallToolRequestParams, call_tool)
    return server


class _Translated:
    """Turn our protocol errors into the SDK's."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, protocol.ProtocolError):
            body = error.body()
            raise MCPError(body["code"], body["message"], body["data"]) from None


@cache
def _tools(profile: str) -> list[dict[str, Any]]:
    return catalogue.tools(profile)


@cache
def _names(profile: str) -> frozenset[str]:
    return frozenset(tool["name"] for tool in _tools(profile))


def _profile(context: ServerRequestContext[Any]) -> str:
    """Return the profile in the URL, which the endpoint has checked; in-memory clients have none."""
    return context.request.query_params.get("profile", "default") if context.request is not None else "default"


def _actor(context: ServerRequestContext[Any]) -> str:
    """Return the client's own name where it gives one; without sessions only the newer versions repeat it."""
    told = (context.meta or {}).get(protocol.CLIENT_KEY)
    name = told.get("name") if isinstance(told, dict) else None
    return name[:80] if isinstance(name, str) and name.isprintable() and name else "agent"
