"""A language model behind the server: asked from its threads, over HTTP and MCP, and never in the way of others."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import anyio.from_thread
import pytest
from mcp.client.client import Client
from mcp.types import Implementation

from models.speaking import hang, speaking
from serving import post, serving

QUESTION = {"question": "Which port does the gateway listen on?", "namespace": "acme/web"}
REPLY = {"sentences": [{"text": "It listens on port 8443.", "sources": ["S1"]}]}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKER_KEY", "k")


def test_answers_come_over_http_and_mcp(tmp_path: Path) -> None:
    with speaking("ollama", REPLY, REPLY) as speaker, serving(tmp_path / "home", **speaker.settings()) as server:
        post(server, "remember", {"text": "The gateway listens on port 8443.", "namespace": "acme/web"})
        status, said = post(server, "answer", QUESTION)
        assert (status, said["model"]) == (200, "ollama qwen3:4b") and said["text"].startswith(
            "It listens on port 8443. ["
        )
        with anyio.from_thread.start_blocking_portal() as portal:
            client = Client(f"{server.url}/mcp?profile=full", client_info=Implementation(name="robin", version="1"))
            with portal.wrap_async_context_manager(client):
                told = portal.call(client.call_tool, "answer", QUESTION).structured_content
        assert told["sentences"] == said["sentences"]


def test_a_model_that_hangs_keeps_nobody_else_waiting_and_is_told_with_its_name(tmp_path: Path) -> None:
    steps = [hang] * 12
    with speaking("ollama", *steps) as speaker, serving(tmp_path / "home", **speaker.settings(llm_timeout=1)) as server:
        post(server, "remember", {"text": "The gateway listens on port 8443.", "namespace": "acme/web"})
        answers: list[tuple[int, dict[str, str]]] = []
        asking = [threading.Thread(target=lambda: answers.append(post(server, "answer", QUESTION))) for _ in range(4)]
        for each in asking:
            each.start()
        while not speaker.asked:
            time.sleep(0.01)
        for _ in range(4):
            assert post(server, "recall", {"query": QUESTION["question"]})[1]["items"] and not answers
        for each in asking:
            each.join()
    assert {(status, said["code"]) for status, said in answers} == {(503, "model_failed")}
    assert {said["outcome"] for _, said in answers} <= {"timed out", "breaker open"}
