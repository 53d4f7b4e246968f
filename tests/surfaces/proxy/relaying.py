"""A real proxy in a thread of the test's process between a plain HTTP client and a scripted upstream, and the five shapes as data."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import Any

from everlore.core.config import load
from everlore.core.tokens import estimate
from everlore.surfaces.proxy.serve import Proxy, running
from models.loopback import Asked, Server, reply
from models.loopback import serving as upstream_serving

KEY = "sk-very-secret-0123456789abcdefghijklmnop"
Said = Sequence[tuple[str, str]]
"""Who said what: "user" or "assistant", and the words."""


@dataclass(frozen=True)
class Dialect:
    """One shape as a client and an upstream speak it."""

    name: str
    path: str
    streamed: str
    body: Callable[[Said], dict[str, Any]]
    prompt: Callable[[dict[str, Any]], str]
    """The newest prompt in a body."""
    whole: Callable[[str], bytes]
    stream: Callable[[str], bytes]
    kind: str = "text/event-stream"
    counts: tuple[int | None, int | None, int | None, int | None] = (90, 40, None, 7)
    """Input, cached, written to the cache and output, as the ledger is to have them."""


def sse(*events: dict[str, Any], end: str = "") -> bytes:
    return ("".join(f"event: {e.get('type', 'message')}\ndata: {json.dumps(e)}\n\n" for e in events) + end).encode()


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def _chat(said: Said) -> dict[str, Any]:
    messages = [{"role": "system", "content": "Be brief."}, *({"role": r, "content": t} for r, t in said)]
    return {"model": "gpt-5.4", "temperature": 0.70, "messages": messages}


def _chat_whole(text: str) -> bytes:
    usage = {"prompt_tokens": 90, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 40}}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps(
        {"id": "c1", "object": "chat.completion", "model": "gpt-5.4-2026", "choices": [choice], "usage": usage}
    ).encode()


def _chat_stream(text: str) -> bytes:
    usage = {"prompt_tokens": 90, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 40}}
    events = [{"model": "gpt-5.4-2026", "choices": [{"index": 0, "delta": {"content": each}}]} for each in halves(text)]
    last = {"model": "gpt-5.4-2026", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return sse(*events, last, {"choices": [], "usage": usage}, end="data: [DONE]\n\n")


def _responses(said: Said) -> dict[str, Any]:
    kinds = {"user": "input_text", "assistant": "output_text"}
    items = [{"type": "message", "role": r, "content": [{"type": kinds[r], "text": t}]} for r, t in said]
    return {"model": "gpt-5.4", "instructions": "Be brief.", "input": items}


def _response(text: str) -> dict[str, Any]:
    usage = {"input_tokens": 90, "output_tokens": 7, "input_tokens_details": {"cached_tokens": 40}}
    item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "gpt-5.4-2026",
        "output": [item],
        "usage": usage,
    }


def _responses_stream(text: str) -> bytes:
    deltas = [{"type": "response.output_text.delta", "delta": each} for each in halves(text)]
    begun = {"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5.4-2026"}}
    return sse(begun, *deltas, {"type": "response.completed", "response": _response(text)})


def _messages(said: Said) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 100,
        "system": "Be brief.",
        "messages": [{"role": r, "content": t} for r, t in said],
    }


_ANTHROPIC = {"input_tokens": 30, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 20}


def _messages_whole(text: str) -> bytes:
    content, usage = [{"type": "text", "text": text}], {**_ANTHROPIC, "output_tokens": 7}
    return json.dumps({
        "type": "message", "id": "m1", "role": "assistant", "model": "claude-sonnet-5-x", "content": content, "stop_reason": "end_turn",
        "usage": usage,
    }).encode()  # fmt: skip


def _messages_stream(text: str) -> bytes:
    start = {
        "type": "message",
        "id": "m1",
        "model": "claude-sonnet-5-x",
        "content": [],
        "usage": {**_ANTHROPIC, "output_tokens": 1},
    }
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": each}}
        for each in halves(text)
    ]
    return sse(
        {"type": "message_start", "message": start}, {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"}, *deltas, {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}, {"type": "message_stop"},
    )  # fmt: skip


def _gemini(said: Said) -> dict[str, Any]:
    roles = {"user": "user", "assistant": "model"}
    contents = [{"role": roles[r], "parts": [{"text": t}]} for r, t in said]
    return {"systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": contents}


def _candidate(text: str, **more: Any) -> dict[str, Any]:
    usage = {"promptTokenCount": 90, "cachedContentTokenCount": 40, "candidatesTokenCount": 5, "thoughtsTokenCount": 2}
    parts = [{"text": "hm", "thought": True}, {"text": text}]
    candidate = {"index": 0, "content": {"role": "model", "parts": parts}, **more}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-3-pro"}


def _ollama(said: Said) -> dict[str, Any]:
    return {"model": "qwen4", "messages": [{"role": r, "content": t} for r, t in said]}


def _lines(*objects: dict[str, Any]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in objects).encode()


_COUNTED = {"done": True, "prompt_eval_count": 90, "eval_count": 7}

DIALECTS = [
    Dialect(
        "chat completions", "/v1/chat/completions", "/v1/chat/completions", _chat, lambda b: b["messages"][-1]["content"], _chat_whole, _chat_stream
    ),
    Dialect(
        "responses", "/v1/responses", "/v1/responses", _responses, lambda b: b["input"][-1]["content"][-1]["text"],
        lambda text: json.dumps(_response(text)).encode(), _responses_stream,
    ),
    Dialect(
        "messages", "/v1/messages", "/v1/messages", _messages, lambda b: b["messages"][-1]["content"], _messages_whole, _messages_stream,
        counts=(90, 40, 20, 7),
    ),
    Dialect(
        "gemini", "/v1beta/models/gemini-3-pro:generateContent", "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse", _gemini,
        lambda b: b["contents"][-1]["parts"][-1]["text"], lambda text: json.dumps(_candidate(text)).encode(),
        lambda text: sse(*(_candidate(each) for each in halves(text))),
    ),
    Dialect(
        "gemini array", "/v1beta/models/gemini-3-pro:generateContent", "/v1beta/models/gemini-3-pro:streamGenerateContent", _gemini,
        lambda b: b["contents"][-1]["parts"][-1]["text"], lambda text: json.dumps(_candidate(text)).encode(),
        lambda text: json.dumps([_candidate(each) for each in halves(text)], indent=1).encode(), kind="application/json",
    ),
    Dialect(
        "ollama chat", "/api/chat", "/api/chat", _ollama, lambda b: b["messages"][-1]["content"],
        lambda text: json.dumps({"model": "qwen4", "message": {"role": "assistant", "content": text}, **_COUNTED}).encode(),
        lambda text: _lines(*({"model": "qwen4", "message": {"content": each}, "done": False} for each in halves(text)), {"model": "qwen4", **_COUNTED}),
        kind="application/x-ndjson", counts=(90, None, None, 7),
    ),
    Dialect(
        "ollama generate", "/api/generate", "/api/generate", lambda said: {"model": "qwen4", "prompt": said[-1][1]}, lambda b: b["prompt"],
        lambda text: json.dumps({"model": "qwen4", "response": text, **_COUNTED}).encode(),
        lambda text: _lines(*({"model": "qwen4", "response": each, "done": False} for each in halves(text)), {"model": "qwen4", **_COUNTED}),
        kind="application/x-ndjson", counts=(90, None, None, 7),
    ),
]  # fmt: skip
CHAT, RESPONSES, MESSAGES, GEMINI = DIALECTS[:4]


def injected(requests: Sequence[Asked]) -> int:
    """Count the tokens in what an upstream got and its client did not write, as an outsider would: fenced blocks and a blank line."""
    total = 0
    for asked in requests:
        text = json.dumps(json.loads(asked.body), ensure_ascii=False)
        while "<everlore-memory" in text:
            start, end = (
                text.index("<everlore-memory"),
                text.index("</everlore-memory>") + len("</everlore-memory>\\n\\n"),
            )
            total += estimate(json.loads(f'"{text[start:end]}"'))
            text = text[:start] + text[end:]
    return total


@dataclass
class Upstream:
    """What the scripted upstream answers: bytes in pieces, of a type, with a status and more headers."""

    data: bytes = b"{}"
    kind: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: int = 0
    """In how many pieces a streamed answer comes; 0 for one with its length."""

    def __call__(self, handler: Any, asked: Asked, server: Server) -> None:
        if not self.pieces:
            reply(handler, self.status, self.data, Content_Type=self.kind, **self.headers)
            return
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(self.status)
        for name, value in {"Content-Type": self.kind, "Transfer-Encoding": "chunked", **self.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        size = max(1, -(-len(self.data) // self.pieces))
        for at in range(0, len(self.data), size):
            piece = self.data[at : at + size]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.flush()
        handler.wfile.write(b"0\r\n\r\n")


@dataclass
class Bench:
    """A proxy, its upstream, and how many exchanges were sent."""

    proxy: Proxy
    upstream: Upstream
    server: Server
    sent: int = 0

    @property
    def port(self) -> int:
        port: int = self.proxy.listener.getsockname()[1]
        return port

    def send(
        self, path: str, body: object, headers: dict[str, str] | None = None, method: str = "POST"
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request as a client does and return what came back as it came."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            given = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}", **(headers or {})}
            connection.request(method, path, data, given)
            answer = connection.getresponse()
            return answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def converse(
        self, dialect: Dialect, said: Said, answer: str, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        """Send a conversation that gets an answer, wait until that is written, and return the body that the upstream got."""
        self.upstream.data, self.upstream.kind = dialect.whole(answer), "application/json"
        status, _, data = self.send(dialect.path, {**dialect.body(said), **more}, headers)
        assert (status, data) == (200, self.upstream.data)
        self.settle()
        return json.loads(self.server.asked[-1].body)

    def settle(self) -> None:
        """Wait until what was sent is written."""
        self.sent += 1
        assert self.proxy.recorder.settle(self.sent, 20), "nothing was recorded"

    def rows(self, query: str, **bound: object) -> list[Any]:
        """Return rows of the store, for which it is closed to nobody."""
        import apsw

        connection = apsw.Connection(str(self.proxy.memory.app.config.database), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return list(connection.execute(query, bound))
        finally:
            connection.close()

    def turns(self) -> list[tuple[str, str]]:
        """Return who said what is stored."""
        return self.rows("SELECT role, text FROM turn ORDER BY id")


@contextmanager
def bench(home: Path, **settings: Any) -> Iterator[Bench]:
    """Run a proxy before a scripted upstream until the block ends."""
    upstream = Upstream()
    with upstream_serving(upstream) as server:
        given = {"proxy_wait_ms": 20_000, "start_daemon": False, "model": "none", **settings}
        config = replace(load(home, environ={}), **given)
        with running(config, 0, server.url if "proxy_openai" not in settings else None) as proxy:
            thread = Thread(target=proxy.run, kwargs={"sockets": [proxy.listener]})
            thread.start()
            try:
                assert proxy.listening.wait(20), "the proxy did not come up"
                yield Bench(proxy, upstream, server)
            finally:
                proxy.should_exit = True
                thread.join()
