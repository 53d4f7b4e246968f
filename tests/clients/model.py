"""A scripted model on loopback in place of a real one; it speaks what OpenAI's two interfaces and Gemini's speak.

It plays a list of steps, one for each request that offers tools: call a tool, or say something, and at the end of the list
it says "Done.". What clients sent is kept for the test to read. A step may be held until the test has seen it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

Json = dict[str, Any]
Step = tuple[str, Json] | str
"""A tool's name, of which the end is enough, and its arguments; or words to say."""

HANG = "hang"
"""A step that is never answered."""


class Model(ThreadingHTTPServer):
    """The server; `requests` holds every request that offered tools, in order."""

    daemon_threads = True

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.steps = list(steps)
        self.requests: list[Json] = []
        self.played: list[Step] = []
        self.hanging = Event()
        self.lock = Lock()

    @property
    def root(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """The base URL for a client of OpenAI's interfaces."""
        return f"{self.root}/v1"

    def next_step(self, request: Json, tools: list[str]) -> tuple[str, Json] | str:
        """Return what to answer: a tool that was offered with its arguments, or words."""
        if not tools:
            return "A title"
        with self.lock:
            self.requests.append(request)
            step: Step = self.steps.pop(0) if self.steps else "Done."
            self.played.append(step)
        if isinstance(step, str):
            return step
        name = next((name for name in tools if name.endswith(step[0])), "")
        return (name, step[1]) if name else f"there is no {step[0]} among {', '.join(tools)}"

    def results(self) -> str:
        """Return what tools answered, as the model got to read it."""
        messages = [
            message for request in self.requests for message in request.get("messages", []) if message["role"] == "tool"
        ]
        return "\n".join(json.dumps(message["content"], ensure_ascii=False) for message in messages)

    def read(self, number: int) -> str:
        """Return a request as the model got to read it."""
        return json.dumps(self.requests[number], ensure_ascii=False)


class _Handler(BaseHTTPRequestHandler):
    server: Model
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send("application/json", json.dumps({"data": [], "object": "list", "models": []}))

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        tools = _offered(request)
        step = self.server.next_step(request, tools)
        if step == HANG:
            self.server.hanging.set()
            Event().wait(120)
            return
        if self.path.endswith("/responses"):
            self._responses(step)
        elif ":" in self.path.rpartition("/")[2]:
            self._gemini(step, stream="stream" in self.path)
        else:
            self._chat(request, step)

    def _chat(self, request: Json, step: tuple[str, Json] | str) -> None:
        message: Json = {"role": "assistant", "content": step}
        if not isinstance(step, str):
            call = {"name": step[0], "arguments": json.dumps(step[1])}
            calls = [{"index": 0, "id": f"call_{len(self.server.requests)}", "type": "function", "function": call}]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
        reason = "tool_calls" if message.get("tool_calls") else "stop"
        shared = {
            "id": "chat_1",
            "created": 0,
            "model": "script",
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        if request.get("stream"):
            chunks = [{"delta": message, "finish_reason": None}, {"delta": {}, "finish_reason": reason}]
            events = [
                {**shared, "object": "chat.completion.chunk", "choices": [{"index": 0, **chunk}]} for chunk in chunks
            ]
            body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
            self._send("text/event-stream", body)
        else:
            choice = {"index": 0, "message": message, "finish_reason": reason}
            self._send("application/json", json.dumps({**shared, "object": "chat.completion", "choices": [choice]}))

    def _responses(self, step: tuple[str, Json] | str) -> None:
        number = len(self.server.requests)
        if isinstance(step, str):
            content = [{"type": "output_text", "text": step, "annotations": []}]
            item: Json = {
                "type": "message",
                "id": f"msg_{number}",
                "role": "assistant",
                "status": "completed",
                "content": content,
            }
        else:
            item = {
                "type": "function_call",
                "id": f"fc_{number}",
                "call_id": f"call_{number}",
                "name": step[0],
                "arguments": json.dumps(step[1]),
            }
        usage = {
            "input_tokens": 1,
            "input_tokens_details": None,
            "output_tokens": 1,
            "output_tokens_details": None,
            "total_tokens": 2,
        }
        events = [
            {"type": "response.created", "response": {"id": f"resp_{number}"}},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {"id": f"resp_{number}", "usage": usage, "output": [item]}},
        ]
        self._send(
            "text/event-stream", "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)
        )

    def _gemini(self, step: tuple[str, Json] | str, *, stream: bool) -> None:
        part = {"text": step} if isinstance(step, str) else {"functionCall": {"name": step[0], "args": step[1]}}
        answer = {
            "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [part]}}],
            "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
        }
        if stream:
            self._send("text/event-stream", f"data: {json.dumps(answer)}\r\n\r\n")
        else:
            self._send("application/json", json.dumps(answer))

    def _send(self, kind: str, body: str) -> None:
        data = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _offered(request: Json) -> list[str]:
    """Return the names of the tools that a request offers, in any of the shapes."""
    names = []
    for tool in request.get("tools") or []:
        if "functionDeclarations" in tool:
            names += [each["name"] for each in tool["functionDeclarations"]]
        elif name := tool.get("name") or tool.get("function", {}).get("name"):
            names.append(name)
    return names


@contextmanager
def playing(*steps: Step) -> Iterator[Model]:
    """Run a model that plays some steps until the block ends."""
    with Model(steps) as model:
        thread = Thread(target=model.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield model
        finally:
            model.shutdown()
            thread.join()


@contextmanager
def scripted(tool: str, arguments: Json) -> Iterator[Model]:
    """Run a model that will call `tool` once until the block ends."""
    with playing((tool, arguments)) as model:
        yield model
