"""A scripted model that speaks the OpenAI chat protocol on loopback, in place of a real one.

It calls one tool, once, and then says that it is done; what the client sent it is kept for the test to read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Json = dict[str, Any]


class Model(ThreadingHTTPServer):
    """The server; `requests` holds every chat request that offered tools, in order."""

    daemon_threads = True

    def __init__(self, tool: str, arguments: Json) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tool = tool
        self.arguments = arguments
        self.requests: list[Json] = []

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def reply(self, request: Json) -> Json:
        """Return the message that answers a chat request."""
        tools = [tool["function"]["name"] for tool in request.get("tools", [])]
        if not tools:
            return {"role": "assistant", "content": "A title"}
        self.requests.append(request)
        if any(message["role"] == "tool" for message in request["messages"]):
            return {"role": "assistant", "content": "Done."}
        name = next((name for name in tools if name.endswith(self.tool)), "")
        call = {"name": name, "arguments": json.dumps(self.arguments)}
        return {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": call}],
        }

    def results(self) -> str:
        """Return what tools answered, as the model got to read it."""
        messages = [
            message for request in self.requests for message in request["messages"] if message["role"] == "tool"
        ]
        return "\n".join(json.dumps(message["content"], ensure_ascii=False) for message in messages)


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = self.server.reply(request)
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

    def _send(self, kind: str, body: str) -> None:
        data = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def scripted(tool: str, arguments: Json) -> Iterator[Model]:
    """Run a model that will call `tool` until the block ends."""
    with Model(tool, arguments) as model:
        thread = Thread(target=model.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield model
        finally:
            model.shutdown()
            thread.join()
