"""The same stories through every surface: the same outcome, and the same code and field for the same mistake."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio.from_thread
import msgspec
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from everlore.app.app import App
from everlore.app.open import open_app
from everlore.app.operations import BY_NAME
from everlore.core.config import load
from everlore.core.errors import EverloreError
from everlore.surfaces.http.app import has_get
from everlore.surfaces.http.serve import Server
from scenarios import SCENARIOS, UNTYPED, Call, Json, play
from serving import ask, post, serving

STORIES = {**SCENARIOS, **UNTYPED}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[Json]]]:
    """What comes of a story in the application itself, each told once."""
    with open_app(load(tmp_path_factory.mktemp("app"), environ={})) as app:
        yield cache(lambda story: play(STORIES[story], through_app(app)))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


def through_app(app: App) -> Call:
    def call(operation: str, request: Json) -> Json:
        try:
            answer: Json = msgspec.to_builtins(app.call(operation, request))
        except EverloreError as error:
            return error.as_dict()
        return answer

    return call


def through_rest(server: Server) -> Call:
    return lambda operation, request: post(server, operation, request)[1]


def through_links(server: Server) -> Call:
    """Ask with GET where that can be, as a link would."""

    def call(operation: str, request: Json) -> Json:
        if not has_get(BY_NAME[operation]) or len(str(request)) > 10_000:
            return post(server, operation, request)[1]
        path = f"/api/v1/{operation}?{urlencode(request, doseq=True)}"
        answer: Json = json.loads(ask(server, "GET", path)[2])
        return answer

    return call


@contextmanager
def through_mcp(transport: Any, mode: str) -> Iterator[Call]:
    """Call tools with the official client, driven from this thread."""
    with anyio.from_thread.start_blocking_portal() as portal:
        client = Client(transport, mode=mode)
        with portal.wrap_async_context_manager(client):

            def call(operation: str, request: Json) -> Json:
                result = portal.call(client.call_tool, operation.replace("-", "_"), request)
                assert result.content, "there is always something to read"
                assert result.is_error == ("code" in result.structured_content)
                answer: Json = result.structured_content
                return answer

            yield call


def front(home: Path, **environ: str) -> Any:
    arguments = ["-P", "-m", "everlore.surfaces.mcp.front", "--profile", "full"]
    return stdio_client(
        StdioServerParameters(command=sys.executable, args=arguments, env={"EVERLORE_HOME": str(home), **environ})
    )


@pytest.fixture(scope="module", params=[through_rest, through_links])
def rest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    with serving(tmp_path_factory.mktemp("rest")) as server:
        yield request.param(server)


@pytest.mark.parametrize("story", SCENARIOS)
def test_over_rest(story: str, rest: Call, expected: Callable[[str], list[Json]]) -> None:
    assert play(STORIES[story], rest) == expected(story)


@pytest.mark.parametrize("story", UNTYPED)
def test_over_rest_with_wrong_kinds(story: str, server: Server, expected: Callable[[str], list[Json]]) -> None:
    assert play(STORIES[story], through_rest(server)) == expected(story)


@pytest.fixture(
    scope="module", params=["http, legacy", "http, modern", "stdio, legacy", "stdio, modern", "stdio, alone"]
)
def mcp(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    """Every way to our tools; `alone` is the front without a daemon."""
    transport, mode = request.param.split(", ")
    home = tmp_path_factory.mktemp("mcp")
    client_mode = "legacy" if mode == "legacy" else "auto"
    if mode == "alone":
        with through_mcp(front(home, EVERLORE_START_DAEMON="no"), client_mode) as call:
            yield call
    else:
        with serving(home) as server:
            to = f"{server.url}/mcp?profile=full" if transport == "http" else front(home)
            with through_mcp(to, client_mode) as call:
                yield call


@pytest.mark.parametrize("story", STORIES)
def test_over_mcp(story: str, mcp: Call, expected: Callable[[str], list[Json]]) -> None:
    assert play(STORIES[story], mcp) == expected(story)
