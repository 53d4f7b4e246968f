"""Where the server answers: below a base path, with somebody's own front end at its root, to sites that are named."""

from __future__ import annotations

import mimetypes
import re
from html import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette._utils import get_route_path
from starlette.requests import Request

from everlore.core.errors import InvalidInput
from everlore.surfaces.http.errors import response, unknown_path, wrong_method
from everlore.surfaces.http.sending import sent

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from everlore.core.config import Config

_BASE = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_HEADERS = {"Referrer-Policy": "no-referrer", "Content-Security-Policy": "frame-ancestors 'self'"}
_HEAD = re.compile(rb"<head[^>]*>", re.IGNORECASE)


def named_origins(config: Config) -> tuple[str, ...]:
    """Return the sites whose scripts may use the API, such as http://localhost:3000; raise `InvalidInput` for what is no origin."""
    found = tuple(config.cors_allow_origin.replace(",", " ").split())
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != origin:
            hint = "name each as scheme://host:port, such as http://localhost:3000; all of them (*) is not to be had"
            raise InvalidInput(
                f"cors_allow_origin: {origin[:100]!r} is not an origin", field="cors_allow_origin", hint=hint
            )
    return found


def check_base(config: Config) -> None:
    """Raise `InvalidInput` unless the base path is empty or one."""
    base = config.base_path
    if base and (not _BASE.fullmatch(base) or ".." in base):
        hint = "give it with a slash before it and none behind, such as /memory"
        raise InvalidInput(f"base_path: {base[:100]!r} is not a path", field="base_path", hint=hint)


class Below:
    """ASGI middleware that serves everything below a base path too, so that addresses built from `root_path` begin with it.

    Without the prefix it answers as well: our own clients on this machine know nothing of it.
    """

    def __init__(self, app: ASGIApp, base: str) -> None:
        self.app = app
        self.base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if self.base and scope["type"] == "http":
            path = scope["path"]
            if path == self.base:
                scope = {**scope, "path": f"{path}/"}
            if scope["path"].startswith(f"{self.base}/"):
                scope = {**scope, "root_path": self.base}
        await self.app(scope, receive, send)


class WebUi:
    """Somebody's own front end: the files of a directory at the root of the server, `index.html` for every page of it.

    A path whose last part has an ending is a file or nothing; any other that a browser wants to show is a page. Nothing is
    sent from outside of the directory, and nothing whose name begins with a dot.
    """

    def __init__(self, config: Config) -> None:
        self._root = Path(config.web_ui_dir).expanduser().resolve()
        self._base = config.base_path
        if not (self._root / "index.html").is_file():
            hint = "give the directory that your front end was built into"
            raise InvalidInput(f"web_ui_dir: {self._root} has no index.html", field="web_ui_dir", hint=hint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send one file."""
        request = Request(scope, receive)
        path = get_route_path(scope)
        if path.startswith(("/api/", "/web/", "/mcp", "/health")):
            await response(unknown_path(request.url.path))(scope, receive, send)
            return
        if request.method not in ("GET", "HEAD"):
            await response(wrong_method(request.method, "GET, HEAD"))(scope, receive, send)
            return
        found = self._find(path)
        if found is None and not PurePosixPath(path).suffix and "/." not in path:
            found = self._root / "index.html"
        if found is None:
            await response(unknown_path(request.url.path))(scope, receive, send)
            return
        body = found.read_bytes()
        if found.name == "index.html" and self._base:
            body = _HEAD.sub(lambda head: head[0] + self._about(), body, count=1)
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        await sent(request, body, kind, headers=_HEADERS, keep=True)(scope, receive, send)

    def _find(self, path: str) -> Path | None:
        parts = [part for part in path.split("/") if part]
        if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        found = self._root.joinpath(*parts)
        try:
            real = found.resolve()
        except (OSError, ValueError):
            return None
        return real if real.is_relative_to(self._root) and real.is_file() else None

    def _about(self) -> bytes:
        base = escape(self._base, quote=True)
        return f'<base href="{base}/"><meta name="everlore-base-path" content="{base}">'.encode()
