"""The ASGI application: a thin layer of routes over the registry.

A route reads the request, hands it to `Calls` and writes the answer; it knows no operation by name. Reads may also be
asked with GET, their fields as query parameters, unless they write a file: a link or an image in a web page can make a
browser send a GET, so a GET must never do anything.
"""

from __future__ import annotations

import logging
import os
from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from everlore import __version__
from everlore.app.caller import Caller
from everlore.app.operations import BY_NAME, BY_ROUTE, Operation
from everlore.app.requests import Request as Fields
from everlore.app.schema import flat, list_fields
from everlore.core.errors import InvalidInput, NotFound, StoreUnavailable
from everlore.surfaces.http.calls import Calls
from everlore.surfaces.http.errors import response, unknown_path, wrong_method, wrong_type
from everlore.surfaces.http.guard import Door, Guard
from everlore.surfaces.http.mcp import Mcp
from everlore.surfaces.http.places import Below, WebUi
from everlore.surfaces.http.reading import query, read_body
from everlore.surfaces.http.sending import sent
from everlore.surfaces.web import site

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from everlore.app.app import App

SURFACES = frozenset({"cli", "mcp", "hooks"})

AFTER_STOP = "whether it was done is not known; look before repeating it"

log = logging.getLogger("everlore.http")


def build(app: App, calls: Calls, door: Door) -> Starlette:
    """Return the ASGI application that serves `app` to whom the door lets in."""
    mcp = Mcp(calls)
    pages, events = site.routes(calls)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await mcp.close()

    routes = [
        Route("/health", Endpoint(_health)),
        Route("/api/v1/openapi.json", Endpoint(_openapi)),
        Route("/api/v1/{operation:path}", Endpoint(_operation)),
        Route("/mcp", mcp),
        *pages,
    ]
    own = WebUi(app.config) if app.config.web_ui_dir else None
    if own is None:
        routes.append(Route("/", RedirectResponse("web/", 303)))
    asgi = Starlette(
        routes=routes,
        middleware=[Middleware(Below, base=app.config.base_path), Middleware(Guard, door=door)],
        lifespan=lifespan,
    )
    asgi.router.redirect_slashes = False
    asgi.router.default = own or Endpoint(_nothing)
    asgi.state.calls = calls
    asgi.state.events = events
    return asgi


class Endpoint:
    """An ASGI endpoint that answers requests by `handle`, and every failure with the one envelope.

    What is unexpected is logged, not shown. Starlette's own wrappers cost more than they give here.
    """

    def __init__(self, handle: Callable[[Request], Awaitable[Response]]) -> None:
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        request = Request(scope, receive)
        try:
            answer = await self._handle(request)
        except ClientDisconnect:
            return
        except CancelledError:
            # The server is told to stop and has waited long enough.
            answer = response(StoreUnavailable("the server stopped before this ended", hint=AFTER_STOP))
        except Exception as error:
            answer = response(error)
            if answer.status_code == 500:
                log.exception("%s %s failed", request.method, request.url.path)
        await answer(scope, receive, send)


def allow(request: Request, *methods: str) -> None:
    """Raise `RefusedError` unless the request has one of `methods`; who may GET may also HEAD."""
    allowed = [*methods, "HEAD"] if "GET" in methods else methods
    if request.method not in allowed:
        raise wrong_method(request.method, ", ".join(allowed))


@cache
def has_get(operation: Operation) -> bool:
    """Tell whether `operation` may be asked with GET."""
    return operation.effect == "read" and not operation.writes_file


def caller(request: Request) -> Caller:
    """Return who asks: our own front and command line say for whom they ask, and the front its own id, in headers."""
    surface = request.headers.get("everlore-surface", "")
    actor = "".join(c for c in request.headers.get("everlore-actor", "") if c.isprintable())[:80].strip()
    session = request.headers.get("everlore-session", "")
    known = surface == "mcp" and len(session) == _SESSION and set(session) <= _HEX
    return Caller(actor or "person", surface if surface in SURFACES else "http", session=session if known else "")


_SESSION, _HEX = 16, frozenset("0123456789abcdef")


_repeatable = cache(list_fields)


@cache
def _texts(request: type[Fields]) -> frozenset[str]:
    """Return the fields of `request` that take any text; in the others the word null would be read as no value."""
    found = flat(request)["properties"].items()
    return frozenset(name for name, field in found if field.get("type") == "string" and "enum" not in field)


async def _operation(request: Request) -> Response:
    name = request.path_params["operation"]
    operation = BY_NAME.get(name) or BY_ROUTE.get(name)
    if operation is None:
        raise NotFound(
            f"there is no operation {name[:80]!r}", field="operation", hint=f"operations are: {', '.join(BY_NAME)}"
        )
    allow(request, *(("GET", "POST") if has_get(operation) else ("POST",)))
    calls: Calls = request.app.state.calls
    if request.method == "POST":
        query(request, known=frozenset())
        body = await read_body(request)
        kind = request.headers.get("content-type", "")
        if body and kind.partition(";")[0].strip().lower() != "application/json":
            raise wrong_type(kind)
        answer = await calls.run(operation.name, body, caller(request))
    else:
        fields = query(request, _repeatable(operation.request), frozenset(operation.request.__struct_fields__))
        for field in fields.keys() - _texts(operation.request):
            if str(fields[field]).lower() == "null":
                raise InvalidInput(f"{field}: null is not a value", field=field, hint="leave the parameter out")
        answer = await calls.run(operation.name, fields, caller(request), text=True)
    return sent(request, msgspec.json.encode(answer), "application/json", keep=request.method != "POST")


async def _health(request: Request) -> Response:
    allow(request, "GET")
    query(request, known=frozenset())
    known = {"version": __version__, "pid": os.getpid()} if request.scope.get("everlore.trusted", True) else {}
    return Response(msgspec.json.encode({"status": "ok", **known}), media_type="application/json")


async def _openapi(request: Request) -> Response:
    allow(request, "GET")
    query(request, known=frozenset())
    return sent(request, _document(), "application/json", keep=True)


@cache
def _document() -> bytes:
    from everlore.surfaces.http.openapi import document

    return msgspec.json.encode(document())


async def _nothing(request: Request) -> Response:
    raise unknown_path(request.url.path)
