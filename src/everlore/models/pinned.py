"""HTTP that connects only to addresses that were judged: a name is resolved once for each connection, and that answer is used.

The check sits where the connection is made. So it holds for redirects and for every new connection alike, and there is no
time between looking a name up and using it in which it could change. The host stays in `Host` and in TLS. Where the
environment names a proxy, it is the proxy that looks names up: then only what the URL itself says can be judged.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import httpcore2
import httpx2

from everlore.core.urls import Local, Resolve, is_literal, judged, read, resolved

MOST_BYTES = 16 << 20
"""The most that is read of one answer of a language model."""


class _Judged(httpcore2.NetworkBackend):
    """Connections to judged addresses alone; each address of a host is tried in turn."""

    def __init__(self, secure: bool, local: Local, resolve: Resolve, field: str) -> None:
        self._secure, self._local, self._resolve, self._field = secure, local, resolve, field
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers; raise `Denied` where one of them may not be spoken to."""
        try:
            addresses = judged(
                host, port, local=self._local, secure=self._secure, resolve=self._resolve, field=self._field
            )
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} has no address: {error.strerror or error}") from error
        failure: Exception = httpcore2.ConnectError(f"{host} cannot be reached")
        for address in addresses:
            try:
                return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class _JudgedAsync(httpcore2.AsyncNetworkBackend):
    """The same where the caller is asynchronous, as the SDKs of language models are."""

    def __init__(self, secure: bool, local: Local, resolve: Resolve, field: str) -> None:
        self._secure, self._local, self._resolve, self._field = secure, local, resolve, field
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address that answers; raise `Denied` where one of them may not be spoken to."""
        from anyio import to_thread  # what is not asynchronous does without

        look = partial(
            judged, host, port, local=self._local, secure=self._secure, resolve=self._resolve, field=self._field
        )
        try:
            addresses = await to_thread.run_sync(look)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} has no address: {error.strerror or error}") from error
        failure: Exception = httpcore2.ConnectError(f"{host} cannot be reached")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class _OneSchemeAsync(httpx2.AsyncHTTPTransport):
    def __init__(self, backend: httpcore2.AsyncNetworkBackend, context: ssl.SSLContext, **pool: Any) -> None:  # noqa: ANN401
        super().__init__(verify=context)
        self._pool = httpcore2.AsyncConnectionPool(ssl_context=context, network_backend=backend, **pool)


class JudgedTransport(httpx2.AsyncBaseTransport):
    """Requests as they are, to judged addresses only, and answers as they come; `pool` goes to the pools of connections."""

    def __init__(self, local: Local, resolve: Resolve, field: str, **pool: Any) -> None:  # noqa: ANN401
        context = httpx2.create_ssl_context()  # takes 30 ms, and a client is opened for each request
        self._schemes = {
            s: _OneSchemeAsync(_JudgedAsync(s == "https", local, resolve, field), context, **pool)
            for s in ("http", "https")
        }

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        return await self._schemes[request.url.scheme].handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._schemes.values():
            await transport.aclose()


class _AsyncTransport(JudgedTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"  # what is packed may be of any size when it is unpacked
        answer = await super().handle_async_request(request)
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            await answer.aclose()
            raise httpx2.ReadError("the answer is packed, which was not asked for", request=request)
        answer.stream = _Bounded(answer.stream)
        return answer


class _Bounded(httpx2.AsyncByteStream):
    """An answer of which no more is read than any has to say."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - a response's stream is of either sort to its type
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._stream:
            read += len(piece)
            if read > MOST_BYTES:
                raise httpx2.ReadError(f"the answer is larger than {MOST_BYTES:,} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class _OneScheme(httpx2.HTTPTransport):
    def __init__(self, backend: httpcore2.NetworkBackend) -> None:
        super().__init__()
        self._pool = httpcore2.ConnectionPool(ssl_context=httpx2.create_ssl_context(), network_backend=backend)


class _Transport(httpx2.BaseTransport):
    """One transport a scheme, as plain HTTP has fewer addresses to go to than HTTPS."""

    def __init__(self, local: Local, resolve: Resolve, field: str) -> None:
        self._schemes = {s: _OneScheme(_Judged(s == "https", local, resolve, field)) for s in ("http", "https")}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._schemes[request.url.scheme].handle_request(request)

    def close(self) -> None:
        for transport in self._schemes.values():
            transport.close()


class PinnedClient(httpx2.Client):
    """A client whose requests go to judged addresses only; any other raises `Denied` or `InvalidInput`.

    `local` says how far from public an address may be, `field` names the setting in errors. With `trust_env` the proxies
    of the environment are used. `more` goes to the client as it is.
    """

    def __init__(self, *, local: Local, field: str, resolve: Resolve = resolved, **more: Any) -> None:  # noqa: ANN401
        self._judged = _Transport(local, resolve, field)

        def judge(request: httpx2.Request) -> None:
            scheme, host, port = read(str(request.url), field=field)
            if is_literal(host):
                judged(host, port, local=local, secure=scheme == "https", field=field)

        super().__init__(event_hooks={"request": [judge]}, **more)

    def _init_transport(self, *_: Any, **__: Any) -> httpx2.BaseTransport:  # noqa: ANN401
        # Given as `transport` it would switch the environment's proxies off, and given as a mount NO_PROXY would pass it by.
        return self._judged


class AsyncPinnedClient(httpx2.AsyncClient):
    """`PinnedClient` for callers that are asynchronous."""

    def __init__(self, *, local: Local, field: str, resolve: Resolve = resolved, **more: Any) -> None:  # noqa: ANN401
        self._judged = _AsyncTransport(local, resolve, field)

        async def judge(request: httpx2.Request) -> None:
            scheme, host, port = read(str(request.url), field=field)
            if is_literal(host):
                judged(host, port, local=local, secure=scheme == "https", field=field)

        super().__init__(event_hooks={"request": [judge]}, **more)

    def _init_transport(self, *_: Any, **__: Any) -> httpx2.AsyncBaseTransport:  # noqa: ANN401
        return self._judged
