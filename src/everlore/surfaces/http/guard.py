"""Who may talk to the server: checked before anything of a request is read.

A page in the user's browser must not reach a memory on loopback. A rebound DNS name shows in the Host header, another
site's script in Origin and Sec-Fetch-Site, and a plain form cannot send JSON; all three are refused. Where the server
listens beyond loopback a token is required (see `serve`), and then the Host header proves nothing, so it is not asked.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from everlore.core.errors import Denied
from everlore.surfaces.http.errors import RefusedError, no_token, response

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_loopback(host: str) -> bool:
    """Tell whether `host`, a name or an address, is this machine and nobody else's way in."""
    return host in LOOPBACK or host.startswith("127.")


class Guard:
    """ASGI middleware that lets a request through or answers for the application."""

    def __init__(self, app: ASGIApp, host: str, token: str) -> None:
        self.app = app
        self.hosts = LOOPBACK | {host}
        self.check_host = is_loopback(host)
        self.token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self._check(Headers(scope=scope), scope["path"], scope)
        except RefusedError as refusal:
            await response(refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _check(self, headers: Headers, path: str, scope: Scope) -> None:
        host = _name(f"//{headers.get('host', '')}")
        if self.check_host and host not in self.hosts:
            raise _stranger("Host", headers.get("host", ""))
        origin = headers.get("origin")
        if origin is not None and (not host or _place(origin) != _place(f"//{headers.get('host', '')}")):
            raise _stranger("Origin", origin)
        if headers.get("sec-fetch-site") == "cross-site":
            raise _stranger("Sec-Fetch-Site", "cross-site")
        if self.token:
            scope["everlore.trusted"] = self._knows(headers.get("authorization", ""))
            if not scope["everlore.trusted"] and path != "/health":
                raise no_token()

    def _knows(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("utf-8", "replace"), self.token)


def _name(address: str) -> str:
    """Return the host in a URL or in `//host:port`; empty if there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _place(address: str) -> tuple[str, int | None]:
    """Return host and port of a URL or of `//host:port`; a port that schemes have by default counts as none."""
    try:
        port = urlsplit(address).port
    except ValueError:
        port = -1
    return _name(address), None if port in (80, 443) else port


def _stranger(header: str, value: str) -> RefusedError:
    error = Denied(
        f"{header} {value[:100]!r} is not this server's own",
        field=header.lower(),
        hint="use http://127.0.0.1 or localhost; other web pages may not read this memory",
    )
    return RefusedError(error, 403)
