"""The MCP Inspector's command line lists and calls our tools, over stdio and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.installed import LORE, environment, program, run
from everlore.surfaces.mcp import catalogue
from serving import serving

pytestmark = pytest.mark.client


@pytest.fixture(params=["stdio", "http"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """How the Inspector is told to reach our tools."""
    home = tmp_path / "home"
    with serving(home) as server:
        if request.param == "http":
            yield ["--transport", "http", "--server-url", f"{server.url}/mcp"]
        else:
            yield ["-e", f"EVERLORE_HOME={home}", "--", *LORE, "mcp"]


def inspect(target: list[str], place: Path, *arguments: str) -> Any:
    options = target[: target.index("--")] if "--" in target else target
    command = target[target.index("--") + 1 :] if "--" in target else []
    line = [program("mcp-inspector"), "--cli", *options, *command, *arguments]
    status, output, errors = run(line, place, environment(place))
    assert status == 0, output[-2000:] + errors[-2000:]
    return json.loads(output)


def test_it_lists_the_default_tools(target: list[str], tmp_path: Path) -> None:
    listed = inspect(target, tmp_path, "--method", "tools/list", "--strict")
    assert listed["tools"] == catalogue.tools()


def test_what_one_call_stores_the_next_recalls(target: list[str], tmp_path: Path) -> None:
    fact = "The release train leaves on Thursday"
    call = ("--method", "tools/call", "--tool-name")
    given = ("--tool-arg", f"text={fact}", "importance=0.7")
    kept = inspect(target, tmp_path, *call, "remember", *given)
    assert kept["structuredContent"]["outcome"] == "kept"
    found = inspect(
        target, tmp_path, *call, "recall", "--tool-arg", "query=when does the release train leave", "limit=3"
    )
    assert found["structuredContent"]["items"][0]["text"] == fact
    assert f"> {fact}" in found["content"][0]["text"]
