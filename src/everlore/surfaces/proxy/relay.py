"""The ASGI application: what comes in goes to its upstream, and what comes back goes to the client, byte for byte as it arrives.

Only the body of a request may change on its way, where memory has something to tell; the answer never does. When the client
goes away the upstream is left at once. An upstream that cannot be reached is told in the words of the client's interface.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import Response

from everlore.core.errors import EverloreError, NotFound
from everlore.core.urls import resolved
from everlore.models.pinned import JudgedTransport
from everlore.surfaces.http.errors import RefusedError, response
from everlore.surfaces.http.guard import Door, Guard
from everlore.surfaces.proxy import headers as heads
from everlore.surfaces.proxy.memory import Exchange, Memory
from everlore.surfaces.proxy.recording import LARGEST, Recorder, Relayed
from everlore.surfaces.proxy.shape import Shape
from everlore.surfaces.proxy.shapes import shape_of
from everlore.surfaces.proxy.upstreams import Upstream, Upstreams

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from everlore.core.urls import Local

LARGEST_BODY = 64 << 20
"""The bytes of a request that memory reads; a larger one is relayed as it comes."""
CONNECT = 10.0
"""Seconds to wait for a connection; for an answer a client waits as long as it likes."""
_IDLE = 30.0
_NEAR = ("localhost", "127.0.0.1", "[::1]")

log = logging.getLogger("everlore.proxy")


class Wire(httpx2.AsyncClient):
    """A client that sends what it is given to judged addresses, by the environment's proxies where they are for those."""

    def __init__(self, local: Local) -> None:
        self._judged = JudgedTransport(
            local, resolved, "upstream", max_connections=None, max_keepalive_connections=64, keepalive_expiry=_IDLE
        )
        near = {f"all://{host}": None for host in _NEAR}
        super().__init__(mounts=near, timeout=httpx2.Timeout(None, connect=CONNECT), follow_redirects=False)

    def _init_transport(self, *_: Any, **__: Any) -> httpx2.AsyncBaseTransport:  # noqa: ANN401
        return self._judged


class Relay:
    """An ASGI endpoint that relays every request."""

    def __init__(self, memory: Memory, recorder: Recorder, upstreams: Upstreams, wire: Wire) -> None:
        self._memory = memory
        self._recorder = recorder
        self._upstreams = upstreams
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http":
            return
        raw_path = scope.get("raw_path") or scope["path"].encode()
        shape = shape_of(scope["path"]) if scope["method"] == "POST" else None
        path = raw_path.decode("latin-1")
        upstream = self._upstreams.of(scope["path"], shape.provider if shape else "", Headers(scope=scope))
        if upstream is None or not path.startswith("/"):
            hint = "end the base URL in /v1 for OpenAI, in nothing for the others; --upstream URL takes every path"
            await response(RefusedError(NotFound(f"no provider has {path[:100]!r}", hint=hint), 404))(
                scope, receive, send
            )
            return
        inbox = Inbox(receive)
        try:
            await Passage(self, shape, upstream, scope, inbox, send).run(path)
        except _GoneError:
            return
        finally:
            inbox.close()


class _GoneError(Exception):
    """The client has gone."""


class Inbox:
    """What a client sends: its body, and later the news that it has gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._more = True
        self._whole = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    async def read(self, most: int) -> tuple[bytes, bool]:
        """Return the body up to a little more than `most` bytes, and whether that is all; raise `_GoneError`."""
        pieces, size = [], 0
        while self._more and size <= most:
            piece = await self._piece()
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces), not self._more

    async def rest(self) -> AsyncIterator[bytes]:
        """Yield what was not read yet."""
        while self._more:
            yield await self._piece()

    async def _piece(self) -> bytes:
        message: Message = await self._receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        self._more = message.get("more_body", False)
        if not self._more:
            self._whole.set()
        body: bytes = message.get("body", b"")
        return body

    def watch(self) -> asyncio.Task[None]:
        """Return a task that ends when the client has gone after it has sent its body."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._gone())
        return self._watch

    async def _gone(self) -> None:
        await self._whole.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def close(self) -> None:
        """Stop to watch."""
        if self._watch is not None:
            self._watch.cancel()


class Passage:
    """One request on its way there and back."""

    def __init__(
        self, relay: Relay, shape: Shape | None, upstream: Upstream, scope: Scope, inbox: Inbox, send: Send
    ) -> None:
        self._memory, self._recorder, self._wire = relay._memory, relay._recorder, relay._wire
        self._shape, self._upstream = shape, upstream
        self._scope, self._inbox, self._send = scope, inbox, send
        self._exchange: Exchange | None = None
        self._copy: list[bytes] = []
        self._size = 0
        self._begun = self._cut = False

    async def run(self, path: str) -> None:
        """Relay the request and its answer; raise `_GoneError` when the client goes away."""
        job = asyncio.create_task(self._back(await self._request(path)))
        try:
            await asyncio.wait({job, self._inbox.watch()}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not job.done():
                job.cancel()
        with suppress(asyncio.CancelledError):
            await job

    async def _request(self, path: str) -> httpx2.Request:
        """Return the request for the upstream, with what memory has to tell."""
        scope, given = self._scope, self._scope["headers"]
        query: bytes = scope.get("query_string", b"")
        body, whole = await self._inbox.read(0 if self._shape is None else LARGEST_BODY)
        stream: httpx2.AsyncByteStream = _Rest(body, self._inbox)
        length = None
        if whole:
            body = await self._with_memory(body, path, query)
            stream, length = httpx2.ByteStream(body), len(body) if _has_body(given) else None
        readable = self._exchange is not None and self._exchange.silent != "off"
        url = self._upstream.url(path, query)
        sent = heads.forwarded(given, self._upstream.netloc.encode(), length, readable=readable)
        if not whole and not any(name == b"content-length" for name, _ in sent):
            sent.append((b"transfer-encoding", b"chunked"))
        target = url.split("/", 3)[3] if url.count("/") > 2 else ""
        return httpx2.Request(
            scope["method"], f"{self._upstream.scheme}://{self._upstream.netloc}/", headers=sent, stream=stream,
            extensions={"target": f"/{target}".encode("latin-1")},
        )  # fmt: skip

    async def _with_memory(self, body: bytes, path: str, query: bytes) -> bytes:
        shape, given = self._shape, Headers(scope=self._scope)
        if shape is None or given.get("content-encoding", "identity").lower() != "identity":
            return body
        wish = heads.wish(given)
        self._exchange = Exchange(
            shape, self._upstream.provider or ("ollama" if shape.provider == "ollama" else "compatible"), wish,
            heads.key_of(self._scope["headers"], query), silent="" if wish.memory else "off",
        )  # fmt: skip
        return await self._memory.take_part(self._exchange, path, body)

    async def _back(self, request: httpx2.Request) -> None:
        """Send the request, relay the answer, and have the exchange recorded."""
        answer: httpx2.Response | None = None
        whole = False
        try:
            answer = await self._wire.send(request, stream=True)
            await self._relay(answer)
            whole = True
        except asyncio.CancelledError:
            self._cut = True
            raise
        except (httpx2.HTTPError, httpx2.InvalidURL, EverloreError) as error:
            await self._failed(error)
        finally:
            self._record(answer, whole)
            if answer is not None:
                await answer.aclose()

    async def _relay(self, answer: httpx2.Response) -> None:
        raw = heads.returned(answer.headers.raw)
        self._begun = True
        await self._send({"type": "http.response.start", "status": answer.status_code, "headers": raw})
        counts = self._exchange is not None and answer.status_code < 400
        async for piece in answer.aiter_raw():
            if counts and self._exchange is not None:
                if not self._copy:
                    self._memory.answered(self._exchange, piece)
                self._keep(piece)
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= LARGEST:
            self._copy.append(piece)

    async def _failed(self, error: Exception) -> None:
        """Tell the client that there is no answer; where one has begun, break it off, so that it is not taken for whole."""
        log.warning("no answer from %s: %s", self._upstream.netloc, _kind(error))
        if self._begun:
            return
        said = f"Everlore's proxy got no answer from {self._upstream.scheme}://{self._upstream.netloc}: {_kind(error)}"
        hint = "check the network and the upstream's address (lore proxy --upstream URL)"
        plain = {"error": {"message": said, "hint": hint}}
        body = self._shape.error(f"{said}; hint: {hint}") if self._shape is not None else plain
        await Response(msgspec.json.encode(body), 502, {}, "application/json")(
            self._scope, self._inbox._receive, self._send
        )

    def _record(self, answer: httpx2.Response | None, whole: bool) -> None:
        """Have the exchange recorded, unless the upstream refused it or was not reached: then nothing was told."""
        exchange = self._exchange
        if exchange is None:
            return
        if not self._copy:
            self._memory.failed(exchange)
        if answer.status_code >= 400 if answer is not None else not self._cut:
            return
        head = answer.headers if answer else httpx2.Headers()
        self._recorder.put(Relayed(
            exchange, b"".join(self._copy), head.get("content-type", ""), head.get("content-encoding", ""), whole
        ))  # fmt: skip


class _Rest(httpx2.AsyncByteStream):
    """A body that goes on as it comes."""

    def __init__(self, begun: bytes, inbox: Inbox) -> None:
        self._begun = begun
        self._inbox = inbox

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._begun:
            yield self._begun
        async for piece in self._inbox.rest():
            yield piece


def _has_body(headers: heads.Raw) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in headers)


def _kind(error: Exception) -> str:
    """Return what went wrong with an upstream, in words that quote nothing of the request."""
    if isinstance(error, EverloreError):
        return f"{error.message} ({error.hint})" if error.hint else error.message
    for kind, words in _KINDS:
        if isinstance(error, kind):
            return words
    return type(error).__name__


_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (httpx2.ConnectTimeout, f"no connection within {CONNECT:.0f} s"),
    (httpx2.ConnectError, "it cannot be reached"),
    (httpx2.ProxyError, "the HTTP proxy of the environment refused"),
    (httpx2.NetworkError, "the connection broke"),
    (httpx2.ProtocolError, "the connection was closed, or what came is no HTTP"),
)


def build(
    memory: Memory, recorder: Recorder, upstreams: Upstreams, local: Local, *, host: str = "127.0.0.1"
) -> Starlette:
    """Return the application, for clients on `host`."""
    for noisy in ("httpx2", "httpcore2"):  # they would write addresses, and some clients put their key into these
        logging.getLogger(noisy).setLevel(logging.WARNING)
    wire = Wire(local)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await wire.aclose()

    asgi = Starlette(middleware=[Middleware(Guard, door=Door(host))], lifespan=lifespan)
    asgi.router.redirect_slashes = False
    asgi.router.default = Relay(memory, recorder, upstreams, wire)
    return asgi
