"""Real clients of models through a real `lore proxy`: what one conversation learns the next one is told, and every token is counted."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import pytest

from clients.agents import CLIENTS, Person
from clients.installed import LORE, TOOLS, environment, run
from clients.model import playing
from everlore.core.tokens import estimate
from models.loopback import Asked, Server, reply, serving
from surfaces.proxy.relaying import DIALECTS, KEY, injected

pytestmark = pytest.mark.client

FACT = "The tide broker of the lighthouse listens on port 18830."
QUESTION = "Which port does the tide broker of the lighthouse listen on?"
LATER = "Tell me the port of the tide broker"
ANSWER = "It is 18830."


@dataclass
class Proxied:
    """A running `lore proxy`: where it is, and the home whose memory it uses."""

    port: int
    home: Path

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rows(self, query: str) -> list[Any]:
        connection = apsw.Connection(str(self.home / "everlore.db"), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return list(connection.execute(query))
        finally:
            connection.close()

    def wait_for(self, *texts: str) -> None:
        """Wait until turns with these words are stored."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            stored = "\n".join(text for (text,) in self.rows("SELECT text FROM turn"))
            if all(text in stored for text in texts):
                return
            time.sleep(0.1)
        raise AssertionError(f"not stored: {texts}")


@contextmanager
def proxy(place: Path, upstream: str) -> Iterator[Proxied]:
    """Run `lore proxy` as a user does until the block ends, then end it in order."""
    home = place / "memory"
    more = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    environ = environment(
        place,
        EVERLORE_HOME=str(home),
        EVERLORE_MODEL="none",
        EVERLORE_START_DAEMON="0",
        EVERLORE_PROXY_WAIT_MS="20000",
        **more,
    )
    log = place / "proxy.log"
    with log.open("w+") as said:
        process = subprocess.Popen(
            [*LORE, "proxy", "--port", "0", "--upstream", upstream],
            cwd=place,
            env=environ,
            stdin=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            until = time.monotonic() + 60
            while (found := re.search(r"relays http://127\.0\.0\.1:(\d+) ", log.read_text())) is None:
                assert process.poll() is None and time.monotonic() < until, log.read_text()
                time.sleep(0.05)
            yield Proxied(int(found[1]), home)
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
    assert status == 0, log.read_text()
    assert KEY not in log.read_text()


def stats(place: Path, home: Path) -> dict[str, Any]:
    """Return what `lore stats` says in all."""
    environ = environment(place, EVERLORE_HOME=str(home), EVERLORE_MODEL="none", EVERLORE_START_DAEMON="0")
    status, output, errors = run([*LORE, "stats", "--json"], place, environ)
    assert status == 0, output + errors
    total: dict[str, Any] = json.loads(output)["total"]
    return total


def scripted(handler: Any, asked: Asked, server: Server) -> None:
    """Answer in the shape of the path, streamed when it is asked for, with the fact to the first question."""
    body = json.loads(asked.body)
    dialect = next(each for each in DIALECTS if each.path == asked.path)
    text = FACT if QUESTION in dialect.prompt(body) and LATER not in dialect.prompt(body) else ANSWER
    if body.get("stream"):
        reply(handler, 200, dialect.stream(text), Content_Type=dialect.kind)
    else:
        reply(handler, 200, dialect.whole(text), Content_Type="application/json")


def _openai_chat(root: str, prompt: str, place: Path, *, stream: bool = False) -> str:
    import openai

    with openai.OpenAI(base_url=f"{root}/v1", api_key=KEY) as client:
        messages: Any = [{"role": "user", "content": prompt}]
        if not stream:
            return client.chat.completions.create(model="gpt-5.4", messages=messages).choices[0].message.content or ""
        chunks = client.chat.completions.create(model="gpt-5.4", messages=messages, stream=True)
        return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def _openai_chat_streamed(root: str, prompt: str, place: Path) -> str:
    return _openai_chat(root, prompt, place, stream=True)


def _openai_responses(root: str, prompt: str, place: Path) -> str:
    import openai

    with openai.OpenAI(base_url=f"{root}/v1", api_key=KEY) as client:
        content: Any = [{"role": "user", "type": "message", "content": [{"type": "input_text", "text": prompt}]}]
        return client.responses.create(model="gpt-5.4", input=content).output_text


def _openai_responses_streamed(root: str, prompt: str, place: Path) -> str:
    import openai

    with openai.OpenAI(base_url=f"{root}/v1", api_key=KEY) as client:
        content: Any = [{"role": "user", "type": "message", "content": [{"type": "input_text", "text": prompt}]}]
        events = client.responses.create(model="gpt-5.4", input=content, stream=True)
        return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def _anthropic(root: str, prompt: str, place: Path) -> str:
    import anthropic

    with anthropic.Anthropic(base_url=root, api_key=KEY) as client:
        answer = client.messages.create(
            model="claude-sonnet-5", max_tokens=100, messages=[{"role": "user", "content": prompt}]
        )
        return "".join(block.text for block in answer.content if block.type == "text")


def _anthropic_streamed(root: str, prompt: str, place: Path) -> str:
    import anthropic

    with (
        anthropic.Anthropic(base_url=root, api_key=KEY) as client,
        client.messages.stream(
            model="claude-sonnet-5", max_tokens=100, messages=[{"role": "user", "content": prompt}]
        ) as stream,
    ):
        return "".join(stream.text_stream)


def _llm(root: str, prompt: str, place: Path) -> str:
    command = TOOLS / "llm" / "bin" / "llm"
    assert command.exists(), "llm is not installed; run: sh tools/clients/install.sh"
    user = place / "llm"
    user.mkdir(exist_ok=True)
    models = f'- model_id: tides\n  model_name: gpt-5.4\n  api_base: "{root}/v1"\n  api_key_name: tides\n'
    (user / "extra-openai-models.yaml").write_text(models)
    (user / "keys.json").write_text(json.dumps({"tides": KEY}))
    environ = environment(place, LLM_USER_PATH=str(user), NO_PROXY="127.0.0.1")
    status, output, errors = run([str(command), "-m", "tides", prompt], place, environ)
    assert status == 0, output + errors
    return output.strip()


SPEAKERS: list[Callable[[str, str, Path], str]] = [
    _openai_chat, _openai_chat_streamed, _openai_responses, _openai_responses_streamed, _anthropic, _anthropic_streamed, _llm,
]  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("speak", SPEAKERS, ids=lambda speak: speak.__name__.strip("_"))
def test_the_second_conversation_gets_what_the_first_one_learnt(
    tmp_path: Path, speak: Callable[[str, str, Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(scripted) as upstream:
        with proxy(tmp_path, upstream.url) as proxied:
            assert speak(proxied.root, QUESTION, tmp_path) == FACT
            proxied.wait_for(QUESTION, FACT)
            assert speak(proxied.root, LATER, tmp_path) == ANSWER
            proxied.wait_for(ANSWER)
        first, second = (asked.body.decode() for asked in upstream.asked)
        assert "everlore" not in first
        assert "<everlore-memory" in second and FACT in second
        assert all(KEY in str(asked.headers) for asked in upstream.asked)
        counted = proxied.rows("SELECT count(*), sum(tokens), sum(repeated), sum(input), sum(output) FROM ledger")
        assert counted[0][:3] == (2, injected(upstream.asked), 0)
        assert counted[0][3:] == (180, 14)
        told = stats(tmp_path, proxied.home)
        assert (told["injected"], told["repeated"]) == (injected(upstream.asked), 0)
        assert (told["input"], told["output"], told["counted"]) == (180, 14, 2)
        assert told["history"] == estimate(QUESTION) + estimate(FACT)
        assert told["saved"] == told["history"] - told["injected"]
        assert (told["items"], told["heard"]) == (1, 1)
    assert not [path for path in proxied.home.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


@dataclass
class Through:
    """Where a client finds its model: at the proxy."""

    root: str

    @property
    def url(self) -> str:
        return f"{self.root}/v1"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["opencode", "codex", "gemini-cli"])
def test_an_agent_is_told_in_its_second_session_what_it_learnt_in_its_first(tmp_path: Path, name: str) -> None:
    """With a tool between prompt and answer: what was told stays, is counted as repeated, and its titles are left alone."""
    project = tmp_path / "project"
    project.mkdir()
    person, client = Person(tmp_path, project), CLIENTS[name]
    with playing(FACT, client.ran("true"), ANSWER) as model, proxy(tmp_path, model.root) as proxied:
        through: Any = Through(proxied.root)
        for prompt, answer in ((QUESTION, FACT), (LATER, ANSWER)):
            command, environ = client.command(person, through, prompt)
            status, output, errors = run(command, project, environ, 200)
            assert status == 0, output[-2000:] + errors[-2000:]
            proxied.wait_for(prompt, answer)
        turns = proxied.rows("SELECT role, text FROM turn ORDER BY id")
    asked = model.requests
    parts = next(key for key in ("messages", "input", "contents") if key in asked[1])
    assert "everlore" not in json.dumps(asked[0])
    told = [message for message in asked[1][parts] if "<everlore-memory" in json.dumps(message)]
    assert [message["role"] for message in told] == ["user"] and FACT in json.dumps(told)
    assert asked[2][parts][: len(asked[1][parts])] == asked[1][parts], "the prefix has changed"
    said = [(role, text.strip('"')) for role, text in turns]  # opencode puts a prompt from its command line into quotes
    assert said == [("user", QUESTION), ("assistant", FACT), ("user", LATER), ("assistant", ANSWER)]
    rows = proxied.rows("SELECT tokens, repeated FROM ledger WHERE tokens > 0 ORDER BY id")
    bodies = [Asked("POST", "", {}, json.dumps(each).encode()) for each in asked]
    assert len(rows) == 2 and rows[1] == (rows[0][0], rows[0][0])
    assert sum(tokens for tokens, _ in rows) == injected(bodies)
    total = stats(tmp_path, proxied.home)
    assert (total["injected"], total["repeated"]) == (injected(bodies), rows[1][1])
