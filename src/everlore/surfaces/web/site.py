"""The pages as routes: a request read, its view run in a thread, its reply rendered and sent under one strict policy.

The list `PAGES` is the whole site. A view that changes something has POST among its methods; that such a request comes
from a page of ours and no other site's is checked by the server's guard before it comes here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from everlore.app.app import App
from everlore.core.errors import InvalidInput, NotFound
from everlore.surfaces.http.errors import explain, wrong_method
from everlore.surfaces.http.reading import read_body
from everlore.surfaces.http.sending import sent
from everlore.surfaces.web import files
from everlore.surfaces.web.asking import Ask, Moved, Reply, Sent, Shown, View
from everlore.surfaces.web.events import Events

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from everlore.surfaces.http.calls import Calls

log = logging.getLogger("everlore.web")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
MAX_FORM = 8 * 1024 * 1024
_SAID = "lore-said"
_THEMES = frozenset({"dark", "light"})


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its path below /web, its view as `module:function` below `pages`, and what it may be asked with."""

    path: str
    view: str
    methods: tuple[str, ...] = ("GET",)
    slow: bool = False

    def load(self) -> View:
        """Import and return the view."""
        module, function = self.view.split(":")
        found: View = getattr(import_module(f"everlore.surfaces.web.pages.{module}"), function)
        return found


_POST = ("POST",)
_BOTH = ("GET", "POST")
PAGES = (
    Page("/", "home:home"),
    Page("/told", "home:told"),
    Page("/undo", "home:undo", _POST),
    Page("/projects", "project:projects"),
    Page("/p/{namespace:path}", "project:show"),
    Page("/search", "search:search"),
    Page("/graph", "graph:graph"),
    Page("/graph/data", "graph:data"),
    Page("/graph/table", "graph:table"),
    Page("/health/{namespace:path}", "project:health"),
    Page("/timeline", "timeline:timeline"),
    Page("/review", "review:inbox"),
    Page("/review/decide", "review:decide", _POST),
    Page("/review/{id}", "review:show"),
    Page("/review/{id}/edit", "review:edit", _POST),
    Page("/costs", "costs:costs"),
    Page("/costs/log", "costs:log"),
    Page("/costs/days", "costs:days"),
    Page("/doctor", "doctor:doctor"),
    Page("/doctor/findings", "doctor:findings", slow=True),
    Page("/settings", "doctor:settings"),
    Page("/journal", "journal:journal"),
    Page("/journal/verify", "journal:verify", _POST, slow=True),
    Page("/new", "memory:new", _BOTH),
    Page("/go", "memory:go"),
    Page("/m/{id}", "memory:show"),
    Page("/m/{id}/text", "memory:text"),
    Page("/m/{id}/edit", "memory:edit", _BOTH),
    Page("/m/{id}/do", "memory:act", _POST),
    Page("/sessions", "session:sessions"),
    Page("/s/{id}", "session:show"),
    Page("/s/{id}/{position:int}", "session:turn"),
    Page("/handoffs", "handoffs:handoffs"),
    Page("/handoffs/{id}", "handoffs:act", _POST),
)


def routes(calls: Calls) -> tuple[list[BaseRoute], Events]:
    """Return the routes of the site, to be mounted at /web, and the events that its pages listen to."""
    events = Events(lambda: calls.perform(App.newest))
    found: list[BaseRoute] = [Route(page.path, _Endpoint(calls, page)) for page in PAGES]
    beside = [Route("/events", _Listening(events)), Route("/static/{name:path}", _File())]
    return [Mount("/web", routes=[*beside, *found, Route("/{path:path}", _Endpoint(calls, None))])], events


class _Endpoint:
    """One page as an ASGI endpoint; None stands for the page that is not there."""

    def __init__(self, calls: Calls, page: Page | None) -> None:
        self._calls = calls
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            if self._page is None:
                raise NotFound("there is no such page", hint="the menu leads to all there are")
            allowed = (*self._page.methods, "HEAD") if "GET" in self._page.methods else self._page.methods
            if request.method not in allowed:
                raise wrong_method(request.method, ", ".join(allowed))
            form = await _form(request) if request.method == "POST" else {}
            run = partial(_run, page=self._page, request=request, form=form)
            return await self._calls.perform(run, slow=self._page.slow)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is told in one way
            return await self._calls.perform(partial(_failed, request=request, error=error))


def _run(app: App, page: Page, request: Request, form: Mapping[str, list[str]]) -> Response:
    try:
        asked = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise InvalidInput("the address asks for more than 200 things", field="query") from None
    lists: dict[str, list[str]] = {}
    for name, value in asked:
        lists.setdefault(name, []).append(value)
    lists.update(form)
    ask = Ask(
        app,
        {name: str(value) for name, value in request.path_params.items()},
        dict(asked),
        {name: values[-1] for name, values in form.items()},
        lists,
        request.headers.get("hx-target", "").rpartition("#")[2] if "hx-request" in request.headers else "",
        request.url.path.removeprefix(_base(request)) + (f"?{request.url.query}" if request.url.query else ""),
    )
    newest = (
        "" if ask.part or request.method == "POST" else str(app.newest())
    )  # before the view, so that nothing is missed
    return _respond(request, ask, page.load()(ask), newest)


def _respond(request: Request, ask: Ask, reply: Reply, newest: str) -> Response:
    if isinstance(reply, Moved):
        return _moved(request, reply)
    if isinstance(reply, Sent):
        return sent(request, reply.body, reply.kind, headers=HEADERS)
    block = ask.part if ask.part in reply.parts else ""
    body = _page(request, reply, newest, block)
    answer = sent(
        request, body.encode("utf-8", "replace"), "text/html; charset=utf-8", status=reply.status, headers=HEADERS
    )
    if _SAID in request.cookies and not block:
        answer.delete_cookie(_SAID, path=f"{_base(request)}/web", httponly=True, samesite="strict")
    return answer


def _page(request: Request, reply: Shown, newest: str, block: str = "") -> str:
    from everlore.surfaces.web.rendering import fill

    theme = request.cookies.get("lore-theme", "")
    base = _base(request)
    common = {
        "base": base,
        "here": request.url.path.removeprefix(f"{base}/web"),
        "asked": dict(request.query_params),
        "newest": newest,
        "theme": theme if theme in _THEMES else "",
        **_told(request),
    }
    return fill(reply.template, {**common, **reply.values}, block=block)


def _moved(request: Request, reply: Moved) -> Response:
    """Send the browser on; what is to be said there goes with it in a cookie, so that no link can put words into a page."""
    place = f"{_base(request)}/web"
    answer = RedirectResponse(place + quote(reply.to, safe="/:?#[]@!$&'()*+,;=%~-._"), 303, HEADERS)
    if reply.said:
        told = urlencode({"said": reply.said[:300], "undo": reply.undo})
        answer.set_cookie(_SAID, quote(told), max_age=60, path=place, httponly=True, samesite="strict")
    return answer


def _told(request: Request) -> dict[str, str]:
    """Return what the page before had to say, and the operation that its button takes back."""
    told = dict(parse_qsl(unquote(request.cookies.get(_SAID, "")))) if request.method == "GET" else {}
    return {"said": told.get("said", ""), "undo": told.get("undo", "")}


def _failed(_: App, request: Request, error: Exception) -> Response:
    status, headers, shown = explain(error)
    if status == 500:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    reply = Shown("error.html", {"error": shown, "status": status})
    block = "alert" if "hx-request" in request.headers else ""
    return Response(_page(request, reply, "", block), status, {**HEADERS, **headers}, "text/html")


def _base(request: Request) -> str:
    """Return what stands before /web, without a slash at its end."""
    return str(request.scope.get("root_path", "")).removesuffix("/web").rstrip("/")


async def _form(request: Request) -> dict[str, list[str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request, MAX_FORM)
    if body and kind != "application/x-www-form-urlencoded":
        raise InvalidInput("a form is sent as application/x-www-form-urlencoded", field="content-type")
    found: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=5_000
        ):
            found.setdefault(name, []).append(value.replace("\r\n", "\n"))
    except ValueError:
        raise InvalidInput("the form is not well-formed UTF-8", field="form", hint="send it again") from None
    return found


class _Listening:
    """The events, as long as somebody listens."""

    def __init__(self, events: Events) -> None:
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is new until the client goes."""
        since = Request(scope).query_params.get("since", "")
        queue = self._events.join()
        if queue is None:
            await Response("too many open pages", 503, {**HEADERS, "Retry-After": "30"})(scope, receive, send)
            return
        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        try:
            stream = StreamingResponse(self._events.told(queue, since), headers=headers, media_type="text/event-stream")
            await stream(scope, receive, send)
        finally:
            self._events.leave(queue)


class _File:
    """The files below /web/static."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send one file."""
        request = Request(scope, receive)
        try:
            file = files.load(request.path_params["name"])
        except NotFound as error:
            await Response(error.message, 404, HEADERS)(scope, receive, send)
            return
        headers = {
            **HEADERS,
            "Cache-Control": "public, max-age=31536000, immutable",
            "ETag": f'"{file.digest}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            await Response(status_code=304, headers=headers)(scope, receive, send)
            return
        body = file.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            body = file.zipped
            headers["Content-Encoding"] = "gzip"
        await Response(body, headers=headers, media_type=file.kind)(scope, receive, send)
