"""A whole agent loop: opencode, driven by a scripted model, stores a fact in one session and recalls it in the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clients.installed import LORE, environment, program, run
from clients.model import Model, scripted
from everlore.surfaces.mcp.rendering import NOTICE
from serving import serving

pytestmark = pytest.mark.client

FACT = "The lighthouse build needs protoc 27"


def configuration(model: Model, home: Path, remote: str) -> dict[str, Any]:
    local = {
        "type": "local",
        "command": [*LORE, "mcp"],
        "environment": {"EVERLORE_HOME": str(home), "EVERLORE_PORT": "0"},
    }
    models = {"script": {"name": "Script", "tool_call": True, "limit": {"context": 100_000, "output": 4_000}}}
    options = {"baseURL": model.url, "apiKey": "none"}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "Scripted", "options": options, "models": models}
    return {
        "provider": {"scripted": provider},
        "model": "scripted/script",
        "small_model": "scripted/script",
        "enabled_providers": ["scripted"],
        "mcp": {"everlore": {"type": "remote", "url": remote} if remote else local},
        "autoupdate": False,
        "share": "disabled",
    }


def session(place: Path, home: Path, prompt: str, tool: str, arguments: dict[str, Any], remote: str = "") -> Model:
    """Run one session of opencode, with a home of its own, in which the model calls one tool."""
    place.mkdir()
    with scripted(tool, arguments) as model:
        (place / "opencode.json").write_text(json.dumps(configuration(model, home, remote)))
        quiet = {
            f"OPENCODE_DISABLE_{what}": "1"
            for what in ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS")
        }
        command = [program("opencode"), "run", "--model", "scripted/script", prompt]
        status, output, errors = run(command, place, environment(place, **quiet))
    assert status == 0, output[-2000:] + errors[-4000:]
    assert model.requests, "the model was never asked: " + output[-2000:] + errors[-4000:]
    offered = [tool["function"]["name"] for tool in model.requests[0]["tools"]]
    assert any(name.endswith(tool) for name in offered), f"{tool} was not offered among {offered}"
    return model


@pytest.mark.timeout(300)
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_what_one_session_remembers_the_next_recalls(tmp_path: Path, transport: str) -> None:
    home = tmp_path / "memory"
    with serving(home) as server:
        remote = f"{server.url}/mcp" if transport == "http" else ""
        first = session(tmp_path / "one", home, "Remember what the build needs.", "remember", {"text": FACT}, remote)
        assert "kept" in first.results()
        question = {"query": "what does the lighthouse build need"}
        second = session(tmp_path / "two", home, "What does the build need?", "recall", question, remote)
    told = second.results()
    assert f"> {FACT}" in told
    assert NOTICE in told
    assert FACT not in json.dumps(second.requests[0]["messages"]), "it was known before it was recalled"
