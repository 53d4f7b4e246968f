"""Who may talk to the server: checked before anything of a request is read.

A page in the user's browser must not reach a memory on loopback. A rebound DNS name shows in the Host header, another
site's script in Origin and Sec-Fetch-Site, and a plain form cannot send JSON; all are refused. What changes something
below /web, where forms are taken, must prove that it comes from a page of ours (docs/decisions/0025). The two ways in from
elsewhere are named: origins that the settings allow for the API, and browser extensions, which must have a token.

Where the server listens beyond loopback, or is told to, a token is asked of everybody: as a bearer, or from a browser as
the password of Basic. Then the Host header proves nothing, so it is not asked.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette._utils import get_route_path
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from everlore.core.errors import Denied
from everlore.surfaces.http.errors import RefusedError, no_token, response
from everlore.surfaces.http.tokens import Tokens

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
EXTENSIONS = frozenset({"chrome-extension", "moz-extension"})
READS = frozenset({"GET", "HEAD", "OPTIONS"})
_API = "/api/v1/"
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Max-Age": "600",
}


def is_loopback(host: str) -> bool:
    """Tell whether `host`, a name or an address, is this machine and nobody else's way in."""
    return host in LOOPBACK or host.startswith("127.")


@dataclass(frozen=True, slots=True)
class Door:
    """Who is let in: on which `host` the server listens, and whether a token is asked of everybody.

    `token` is the one of the settings or of this run, `tokens` are those made by `lore token`, and `origins` the other sites
    that may use the API from a browser.
    """

    host: str
    token: str = ""
    tokens: Tokens | None = None
    asks: bool = False
    origins: tuple[str, ...] = ()


class Guard:
    """ASGI middleware that lets a request through or answers for the application."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door
        self.hosts = LOOPBACK | {door.host}
        self.check_host = is_loopback(door.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), get_route_path(scope)
        try:
            origin = self._check(headers, scope["method"], path, scope)
        except RefusedError as refusal:
            await response(refusal, page="text/html" in headers.get("accept", ""))(scope, receive, send)
            return
        if origin is None:
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await Response(None, 204, {**_ALLOWED, **_to(origin)})(scope, receive, send)
        else:
            await self.app(scope, receive, _telling(send, origin))

    def _check(self, headers: Headers, method: str, path: str, scope: Scope) -> str | None:
        """Raise `RefusedError`, or return the other origin that the answer is for; None where it is for nobody elsewhere."""
        host = self._host(headers)
        trusted = self._knows(headers.get("authorization", ""))
        elsewhere = self._origin(headers, host, path, trusted=trusted or method == "OPTIONS")
        if elsewhere is None:
            self._fetched(headers, method, path)
        if self.door.asks:
            scope["everlore.trusted"] = trusted
            preflight = elsewhere is not None and method == "OPTIONS"
            if not trusted and path != "/health" and not preflight:
                raise no_token(browser="text/html" in headers.get("accept", ""))
        return elsewhere

    def _host(self, headers: Headers) -> str:
        given = headers.getlist("host")
        host = _name(f"//{given[0]}") if len(given) == 1 else ""
        if (self.check_host and host not in self.hosts) or len(given) > 1:
            raise _stranger("Host", ", ".join(given))
        return host

    def _origin(self, headers: Headers, host: str, path: str, *, trusted: bool) -> str | None:
        """Return the origin of a request from elsewhere that is let in; raise `RefusedError` for any other."""
        given = headers.getlist("origin")
        if not given:
            return None
        origin = given[0]
        own = bool(host) and _place(origin) == _place(f"//{headers['host']}")
        if len(given) == 1 and own and origin.partition("://")[0] in ("http", "https"):
            return None
        api = path.startswith(_API) or path == "/health"
        extension = origin.partition("://")[0] in EXTENSIONS
        if len(given) == 1 and api and ((extension and trusted) or origin in self.door.origins):
            return origin
        if len(given) == 1 and api and extension:
            raise no_token()
        raise _stranger("Origin", ", ".join(given))

    def _fetched(self, headers: Headers, method: str, path: str) -> None:
        """Hold a request to what the browser says of where it comes from."""
        site = headers.get("sec-fetch-site")
        if site in ("cross-site", "same-site"):
            shown = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
            if not (shown and method in ("GET", "HEAD") and not path.startswith(("/api/", "/mcp"))):
                raise _stranger("Sec-Fetch-Site", site)
        proven = site == "same-origin" or "origin" in headers
        if method not in READS and path.startswith("/web") and not proven:
            raise _stranger("Sec-Fetch-Site", site or "missing")

    def _knows(self, authorization: str) -> bool:
        """Tell whether a bearer, or the password of Basic, is a token of ours."""
        scheme, _, given = authorization.partition(" ")
        given = given.strip()
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
            except (binascii.Error, ValueError):
                return False
        elif scheme.lower() != "bearer":
            return False
        data = given.encode("utf-8", "replace")
        own = self.door.token.encode()
        if own and hmac.compare_digest(data, own):
            return True
        return self.door.tokens is not None and self.door.tokens.knows(data)


def _to(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _telling(send: Send, origin: str) -> Send:
    """Return a `send` whose answer may be read by scripts of an origin."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "etag, retry-after"
            headers.add_vary_header("Origin")
        await send(message)

    return sending


def _name(address: str) -> str:
    """Return the host in a URL or in `//host:port`; empty if there is none."""
    try:
        found = urlsplit(address)
        odd = found.username is not None or found.path or found.query or found.fragment
        return "" if odd else found.hostname or ""
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
