"""A server on this machine that speaks the wire formats of language models, and does what a test scripts, one step a request.

Anthropic's messages, and the chat completions of OpenAI, Gemini's compatible endpoint, Ollama and everybody else, each with
what is its own: where the key stands, how an answer of a shape is asked for, and how a refusal looks.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from everlore.models.llm.providers import Endpoint

from .loopback import Asked, Server, reply, serving

MODELS = {
    "anthropic": "claude-haiku-4-5", "openai": "gpt-4o-mini", "gemini": "gemini-2.5-flash", "ollama": "qwen3:4b",
    "compatible": "some/model",
}  # fmt: skip
PATHS = {
    "anthropic": "/v1/messages", "openai": "/v1/chat/completions", "gemini": "/v1beta/openai/chat/completions",
    "ollama": "/v1/chat/completions", "compatible": "/v1/chat/completions",
}  # fmt: skip
SENT, RECEIVED, CACHED = 200, 30, 50

Step = Callable[["Speaker", BaseHTTPRequestHandler, Asked, Server], None]


@dataclass
class Speaker:
    """One provider: what it does next, and what it was asked so far, as what a person would read of a request."""

    provider: str
    steps: list[Step | dict[str, Any] | Callable[[str], dict[str, Any]]] = field(default_factory=list)
    otherwise: Callable[[str], dict[str, Any]] | None = None
    asked: list[str] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
        body = json.loads(asked.body)
        assert asked.path == PATHS[self.provider]
        self.requests.append(asked)
        self.asked.append(_words(body))
        if not self.steps:
            assert self.otherwise, "nothing more was expected to be asked"
            say(self.otherwise(self.asked[-1]))(self, handler, asked, server)
            return
        step = self.steps.pop(0)
        if isinstance(step, dict):
            step = say(step)
        step(self, handler, asked, server)  # type: ignore[arg-type,call-arg]

    def endpoint(self, **more: Any) -> Endpoint:
        given = {"keys": ("SPEAKER_KEY",), "needs_key": True, "subscription": False, "local": "loopback", **more}
        return Endpoint(self.provider, MODELS[self.provider], self.url, "127.0.0.1", **given)

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return settings that name this server."""
        return {
            "llm_provider": self.provider, "llm_model": MODELS[self.provider], "llm_url": self.url, "llm_key_env": "SPEAKER_KEY",
            "llm_timeout": 5, **more,
        }  # fmt: skip


@contextmanager
def speaking(provider: str, *steps: Any, otherwise: Any = None) -> Iterator[Speaker]:
    """Run a provider that takes these steps."""
    speaker = Speaker(provider, list(steps), otherwise)
    with serving(speaker.answer) as server:
        ends = {"anthropic": "", "gemini": "/v1beta/openai"}
        speaker.url = server.url + ends.get(provider, "/v1")
        yield speaker


def say(value: Any, *, finish: str = "stop", text: str | None = None) -> Step:
    """Answer in the shape asked for; `text` instead of JSON is what a model says that does not."""

    def step(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
        body = json.loads(asked.body)
        said = json.dumps(value) if text is None else text
        make = _message if speaker.provider == "anthropic" else _completion
        _json(handler, 200, make(body, value, said, finish, plain=text is not None))

    return step


def refuse() -> Step:
    """Decline to answer, in the provider's way."""

    def step(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
        body = json.loads(asked.body)
        if speaker.provider == "anthropic":
            _json(handler, 200, {**_message(body, {}, "", "refusal", plain=True), "content": []})
        else:
            made = _completion(body, {}, "", "stop" if speaker.provider == "openai" else "content_filter", plain=True)
            if speaker.provider == "openai":
                made["choices"][0]["message"] |= {"content": None, "refusal": "I can't help with that."}
            _json(handler, 200, made)

    return step


def cut_short() -> Step:
    """Stop in the middle of the answer, because it is too long."""
    return say(None, finish="length", text='{"lessons": [{"text": "half of')


def stream(*pieces: str, finish: str = "stop", usage: bool = True, then: str = "end") -> Step:
    """Answer in pieces, each as an event of its own; `then` is how it ends: "end", "hang" or "cut"."""

    def step(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
        body = json.loads(asked.body)
        assert body["stream"] is True and "tools" not in body and "response_format" not in body
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        make = _message_events if speaker.provider == "anthropic" else _completion_events
        begin, middle, end = make(body, pieces, finish, usage)
        for event in [*begin, *middle, *(end if then == "end" else [])]:
            _chunk(handler, event)
        if then == "end":
            handler.wfile.write(b"0\r\n\r\n")
            return
        if then == "hang":
            server.released.wait(20)
        handler.close_connection = True
        raise OSError("gone")

    return step


def _chunk(handler: BaseHTTPRequestHandler, text: str) -> None:
    data = text.encode()
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
    handler.wfile.flush()


Events = tuple[list[str], list[str], list[str]]


def _message_events(body: dict[str, Any], pieces: tuple[str, ...], finish: str, usage: bool) -> Events:
    def event(kind: str, **more: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n"

    assert body["max_tokens"] > 0
    stops = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
    counted = {"input_tokens": SENT - CACHED, "cache_read_input_tokens": CACHED, "output_tokens": 1}
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": counted if usage else {"input_tokens": 0, "output_tokens": 0},
    }  # fmt: skip
    begin = [event("message_start", message=message), event("content_block_start", index=0, content_block={"type": "text", "text": ""})]  # fmt: skip
    middle = [event("content_block_delta", index=0, delta={"type": "text_delta", "text": each}) for each in pieces]
    last = {"stop_reason": stops[finish], "stop_sequence": None}
    end = [
        event("content_block_stop", index=0),
        event("message_delta", delta=last, usage={"output_tokens": RECEIVED if usage else 0}),
        event("message_stop"),
    ]
    return begin, middle, end


def _completion_events(body: dict[str, Any], pieces: tuple[str, ...], finish: str, usage: bool) -> Events:
    def event(choices: list[Any], **more: Any) -> str:
        said = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": body["model"], "choices": choices}
        return f"data: {json.dumps({**said, **more})}\n\n"

    def choice(delta: dict[str, Any], end: str | None = None) -> list[Any]:
        return [{"index": 0, "delta": delta, "finish_reason": end}]

    assert body["max_completion_tokens" if body["model"] == MODELS["openai"] else "max_tokens"] > 0
    assert body["stream_options"] == {"include_usage": True}
    counted = {
        "prompt_tokens": SENT, "completion_tokens": RECEIVED, "total_tokens": SENT + RECEIVED,
        "prompt_tokens_details": {"cached_tokens": CACHED},
    }  # fmt: skip
    begin = [event(choice({"role": "assistant", "content": ""}))]
    middle = [event(choice({"content": each})) for each in pieces]
    end = [event(choice({}, finish)), *([event([], usage=counted)] if usage else []), "data: [DONE]\n\n"]
    return begin, middle, end


def fail(status: int, kind: str = "error", **headers: str) -> Step:
    """Answer with an error in the provider's format."""

    def step(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
        error = {"type": kind, "message": f"no: {asked.headers.get('authorization', '')}", "code": kind}
        _json(handler, status, {"type": "error", "error": error}, **headers)

    return step


def hang(_: Speaker, __: BaseHTTPRequestHandler, ___: Asked, server: Server) -> None:
    """Say nothing until the test is over."""
    server.released.wait(20)
    time.sleep(0.01)
    raise OSError("gone")


def hang_up(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
    """Cut the connection in the middle of an answer."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"id": "half')
    handler.wfile.flush()
    handler.close_connection = True
    raise OSError("cut")


def pour(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
    """Answer without end."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * (1 << 20))


def packed(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
    """Answer with a little that unpacks to much."""
    reply(handler, 200, gzip.compress(b" " * (8 << 20)), Content_Type="application/json", Content_Encoding="gzip")


def no_model(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
    """Be a web server that knows nothing of models."""
    reply(handler, 200, b"<html>welcome</html>", Content_Type="text/html")


def leave(speaker: Speaker, handler: BaseHTTPRequestHandler, asked: Asked, server: Server) -> None:
    """Lead elsewhere."""
    reply(handler, 307, b"", Location="http://169.254.169.254/latest")


def _json(handler: BaseHTTPRequestHandler, status: int, body: Any, **headers: str) -> None:
    reply(handler, status, json.dumps(body).encode(), **{"Content_Type": "application/json", **headers})


def _words(body: dict[str, Any]) -> str:
    """Return what a request says in words, whatever its format."""
    system = body.get("system") or []
    parts = [each["text"] for each in system] if isinstance(system, list) else [system]
    for message in body["messages"]:
        content = message["content"]
        parts += [content] if isinstance(content, str) else [each.get("text", "") for each in content]
    return "\n".join(parts)


def _message(body: dict[str, Any], value: Any, said: str, finish: str, *, plain: bool) -> dict[str, Any]:
    assert body["max_tokens"] > 0
    assert body["tools"][0]["input_schema"]["type"] == "object"
    text = [{"type": "text", "text": said}]
    used = [{"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": value}]
    stops = {"stop": "end_turn" if plain else "tool_use", "length": "max_tokens", "refusal": "refusal"}
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": text if plain else used,
        "stop_reason": stops[finish], "stop_sequence": None,
        "usage": {"input_tokens": SENT - CACHED, "cache_read_input_tokens": CACHED, "output_tokens": RECEIVED},
    }  # fmt: skip


def _completion(body: dict[str, Any], value: Any, said: str, finish: str, *, plain: bool) -> dict[str, Any]:
    assert body["max_completion_tokens" if body["model"] == MODELS["openai"] else "max_tokens"] > 0
    shape = body["response_format"]
    assert shape["type"] == "json_schema"
    assert shape["json_schema"]["schema"]["type"] == "object"
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"],
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": said}}],
        "usage": {
            "prompt_tokens": SENT, "completion_tokens": RECEIVED, "total_tokens": SENT + RECEIVED,
            "prompt_tokens_details": {"cached_tokens": CACHED},
        },
    }  # fmt: skip
