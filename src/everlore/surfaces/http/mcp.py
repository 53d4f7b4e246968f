"""MCP at `/mcp`, loaded when it is first asked for.

The SDK takes a second to import and some 35 MB to hold, so a daemon that serves only the command line and the stdio
front never loads it. The first request imports it in a thread, with the event loop free for others.
"""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import TYPE_CHECKING

from starlette.requests import Request

from everlore.core.errors import InvalidInput
from everlore.surfaces.http.errors import RefusedError, response, wrong_method
from everlore.surfaces.http.reading import MAX_BODY, query, read_body
from everlore.surfaces.mcp.protocol import PROFILES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from everlore.surfaces.http.calls import Calls


class Mcp:
    """The ASGI endpoint; `?profile=full` shows every tool."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._lock = asyncio.Lock()
        self._closing = asyncio.Event()
        self._inner: ASGIApp | None = None
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        request = Request(scope, receive)
        try:
            await _check(request)
        except (RefusedError, InvalidInput) as refusal:
            await response(refusal)(scope, receive, send)
            return
        async with self._lock:
            inner = self._inner = self._inner or await self._load()
        await inner(scope, receive, send)

    async def _load(self) -> ASGIApp:
        server = await asyncio.to_thread(_import)
        manager = server.manager(self._calls.run, MAX_BODY, self._calls.listed)
        ready = asyncio.Event()

        async def run() -> None:
            # The SDK's task group has to be entered and left by one task.
            async with manager.run():
                ready.set()
                await self._closing.wait()

        self._running = asyncio.create_task(run(), name="everlore-mcp")
        await ready.wait()
        handle: ASGIApp = manager.handle_request
        return handle

    async def close(self) -> None:
        """End what `/mcp` started."""
        self._closing.set()
        if self._running is not None:
            await self._running


async def _check(request: Request) -> None:
    # Without sessions there is no stream to open with GET and nothing to end with DELETE.
    if request.method != "POST":
        raise wrong_method(request.method, "POST")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY:
        await read_body(request)
    profile(request)


def profile(request: Request) -> str:
    """Return the profile that the URL asks for."""
    asked = query(request, known=frozenset({"profile"})).get("profile", PROFILES[0])
    if asked not in PROFILES:
        raise InvalidInput(
            f"unknown profile {asked[:80]!r}", field="profile", hint=f"profiles are: {', '.join(PROFILES)}"
        )
    return str(asked)


def _import() -> ModuleType:
    from everlore.surfaces.mcp import server

    return server
