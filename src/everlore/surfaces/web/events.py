"""What is new, told to open pages as server-sent events, so that they show it without being asked to.

One task looks once a second while anybody listens, and tells all: an event `changed` for what the journal or the ledger
gained. It says that something is new, not what: pages ask for what they show.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

PAUSE = 1.0
BREATH = 15.0
"""Seconds between looks, and after which a line is sent all the same, so that a closed connection is noticed."""

_CHANGED = b"event: changed\ndata: changed\n\n"

MOST = 64
"""Listeners at a time; one more is told to come back later."""


class Events:
    """Those who listen, and the task that looks for them; `look` returns something that differs when something is new."""

    def __init__(self, look: Callable[[], Awaitable[object]]) -> None:
        self._look = look
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._task: asyncio.Task[None] | None = None

    def join(self) -> asyncio.Queue[str | None] | None:
        """Return a place to listen at, to be left again with `leave`; None where there is no room."""
        if len(self._listeners) >= MOST:
            return None
        queue: asyncio.Queue[str | None] = asyncio.Queue(4)
        self._listeners.add(queue)
        if self._task is None:
            self._task = asyncio.create_task(self._watch())
        return queue

    def leave(self, queue: asyncio.Queue[str | None]) -> None:
        """Listen no more."""
        self._listeners.discard(queue)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    async def told(self, queue: asyncio.Queue[str | None], since: str) -> AsyncIterator[bytes]:
        """Yield what to send to one who listens, until the server ends; `since` is what was newest when their page was made."""
        yield b"retry: 3000\n\n"
        if since and since != await self._look():
            yield _CHANGED
        while True:
            try:
                told = await asyncio.wait_for(queue.get(), BREATH)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if told is None:
                return
            yield _CHANGED

    def close(self) -> None:
        """End every stream; a server that is told to stop must not wait for them."""
        for queue in self._listeners:
            self._tell(queue, None)

    async def _watch(self) -> None:
        before = await self._look()
        while True:
            await asyncio.sleep(PAUSE)
            now = await self._look()
            if now is not None and now != before:
                before = now
                for queue in self._listeners:
                    self._tell(queue, "changed")

    @staticmethod
    def _tell(queue: asyncio.Queue[str | None], what: str | None) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(what)
