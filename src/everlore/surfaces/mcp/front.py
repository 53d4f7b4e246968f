"""`lore mcp`: MCP over stdio, in the standard library alone, so that an agent has our tools before its first turn.

What does not need the store (`initialize`, `server/discover`, `ping`, `tools/list`) is answered at once, from
`tools.json`. A tool call is forwarded to the daemon of the home over HTTP, from a thread of its own; where no daemon
runs and none may be started, the application is opened in this process, once, at the first call.

Only JSON-RPC is ever written to the wire: it is kept on a private descriptor, and descriptor 1 leads to stderr. When
stdin ends, calls under way get a few seconds to be answered, and nothing of this process is left.
"""

from __future__ import annotations

import json
import os
import sys
import time
from threading import Condition, Lock, Thread

from everlore.surfaces.mcp import protocol
from everlore.surfaces.mcp.protocol import ProtocolError, invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from everlore.surfaces.mcp.backend import Backend

    Json = dict[str, Any]

MAX_LINE = 16 * 1024 * 1024
THREADS = 8
PATIENCE = 10.0
"""Seconds that calls under way may take to end after stdin has."""


def main(argv: list[str] | None = None) -> int:
    """Serve MCP on stdin and stdout until stdin ends; return the exit status."""
    profile = _profile(sys.argv[1:] if argv is None else argv)
    if profile is None:
        sys.stderr.write("error: unknown arguments\nhint: lore mcp [--profile default|full]\n")
        return 2
    source, wire = _take_wire()
    return Front(source, wire, profile).run()


def _profile(argv: list[str]) -> str | None:
    flag, _, value = " ".join(argv).replace("=", " ").partition(" ")
    if not flag:
        return protocol.PROFILES[0]
    return value if flag == "--profile" and value in protocol.PROFILES else None


def _take_wire() -> tuple[BinaryIO, BinaryIO]:
    """Return stdin and stdout as private files; what anything else reads or writes there is empty or goes to stderr."""
    source, wire = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return open(source, "rb", 1 << 16), open(wire, "wb", 0)  # noqa: PTH123 - descriptors, not paths


class Front:
    """One client on one pair of pipes."""

    def __init__(self, source: BinaryIO, wire: BinaryIO, profile: str) -> None:
        path = os.path.join(os.path.dirname(__file__), "tools.json")  # noqa: PTH118, PTH120 - pathlib is not loaded here
        with open(path, "rb") as file:  # noqa: PTH123
            document = json.load(file)
        self._tools: list[Json] = document[profile]
        self._instructions: str = document["instructions"]
        self._names = frozenset(tool["name"] for tool in self._tools)
        self._placed = frozenset(tool["name"] for tool in self._tools if "cwd" in tool["inputSchema"]["properties"])
        self._root: str | None = None
        self._has_roots = False
        self._source = source
        self._wire = wire
        self._writing = Lock()
        self._client = "agent"
        self._listed = False
        self._calls: Calls | None = None

    def run(self) -> int:
        """Answer until stdin ends or nobody reads the answers any more."""
        try:
            while line := self._source.readline(MAX_LINE + 1):
                self._read(line)
        except (KeyboardInterrupt, BrokenPipeError):
            pass
        if self._calls is not None:
            self._calls.close(PATIENCE)
        return 0

    def _read(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = self._source.readline(MAX_LINE)
            self._refuse(None, ProtocolError(_error(f"the message is longer than {MAX_LINE >> 20} MiB"), -32600))
        elif line.strip():
            self._receive(line)

    def _receive(self, line: bytes) -> None:
        try:
            message = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            self._refuse(None, ProtocolError(_error("the line is not JSON in UTF-8"), protocol.PARSE_ERROR))
            return
        if isinstance(message, dict) and "method" not in message and ("result" in message or "error" in message):
            if message.get("id") == _ROOTS:
                self._root = _first_root(message.get("result")) or self._root
            return
        number, method, params = _parts(message)
        if number is None or method is None:
            self._refuse(number, ProtocolError(_error("not a single JSON-RPC 2.0 request"), protocol.INVALID_REQUEST))
        elif number is _ABSENT:
            self._notice(method, params)
        else:
            try:
                self._ask(number, method, params)
            except ProtocolError as error:
                self._refuse(number, error)

    def _notice(self, method: str, params: Json) -> None:
        if method == "notifications/cancelled" and self._calls is not None and isinstance(params, dict):
            self._calls.cancel(params.get("requestId"))
        elif self._has_roots and method in ("notifications/initialized", "notifications/roots/list_changed"):
            self.write({"jsonrpc": "2.0", "id": _ROOTS, "method": "roots/list"})

    def _ask(self, number: int | str, method: str, params: Json) -> None:
        if not isinstance(params, dict):
            raise invalid("params must be an object", "params")
        if method == "initialize":
            asked = params.get("capabilities")
            self._has_roots = isinstance(asked, dict) and "roots" in asked
        modern = protocol.modern(params)
        if modern or method == "initialize":
            self._meet(params["_meta"].get(protocol.CLIENT_KEY) if modern else params.get("clientInfo"))
        if method == "tools/call":
            operation, arguments = protocol.called(params, self._names)
            if params["name"] in self._placed and not {"cwd", "namespace"} & arguments.keys():
                arguments = {**arguments, **self._place()}
            self._begin().put(Call(number, operation, arguments, modern, self._client))
            return
        answer = self._answer(method, params, modern=modern)
        self.write({"jsonrpc": "2.0", "id": number, "result": protocol.stamped(answer) if modern else answer})
        if method == "tools/list" and not self._listed:
            self._listed = True
            note_listing(self._client, described(self._tools, self._instructions))

    def _answer(self, method: str, params: Json, *, modern: bool) -> Json:
        if method == "initialize":
            return protocol.initialized(params, self._instructions)
        if method == "server/discover":
            return protocol.discovered(self._instructions)
        if method == "tools/list":
            return protocol.listed(self._tools, params, modern=modern)
        if method == "ping":
            return {}
        raise ProtocolError(
            {"error": f"Method not found: {method[:80]}", "code": "not_found"}, protocol.METHOD_NOT_FOUND
        )

    def _place(self) -> Json:
        """Return where the client works: its first root, else the directory that it started us in."""
        try:
            return {"cwd": self._root or os.getcwd()}  # noqa: PTH109 - pathlib is not loaded here
        except OSError:
            return {}

    def _meet(self, client: object) -> None:
        name = client.get("name") if isinstance(client, dict) else None
        if isinstance(name, str) and name.isprintable() and name.strip():
            self._client = name.strip()[:80]

    def _begin(self) -> Calls:
        if self._calls is None:
            from everlore.surfaces.mcp.backend import Backend

            self._calls = Calls(self, Backend())
        return self._calls

    def _refuse(self, number: int | str | None, error: ProtocolError) -> None:
        self.write({"jsonrpc": "2.0", "id": None if number is _ABSENT else number, "error": error.body()})

    def write(self, message: Json) -> None:
        """Write one message as a line of ASCII, whole: a raw write of a pipe may take less than it was given."""
        rest = memoryview(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        with self._writing:
            while rest:
                rest = rest[self._wire.write(rest) :]


def described(tools: list[Json], instructions: str) -> str:
    """Return what a client puts before its model of a list of tools: what answers look like is for the client."""
    shown = [{name: tool[name] for name in ("name", "description", "inputSchema")} for tool in tools]
    return instructions + json.dumps(shown, separators=(",", ":"))


def note_listing(client: str, text: str) -> None:
    """Note for the ledger, once for a session of a client, what the descriptions of its tools cost; say nothing if that fails.

    A line of a file is the cheapest way that is true: there may be no server, and a session without a call has paid for them too.
    """
    try:
        from everlore.core.tokens import estimate
        from everlore.surfaces.daemon import home_directory

        note = {
            "id": os.urandom(16).hex(),
            "at": time.time_ns() // 1_000_000,
            "client": client,
            "tokens": estimate(text),
        }
        path = os.path.join(home_directory(), "tools-listed.jsonl")  # noqa: PTH118 - pathlib is not loaded here
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, json.dumps(note).encode() + b"\n")
        finally:
            os.close(file)
    except OSError:
        pass


class Call:
    """A tool call under way; `wanted` until it is cancelled."""

    __slots__ = ("arguments", "client", "modern", "number", "operation", "wanted")

    def __init__(self, number: int | str, operation: str, arguments: Json, modern: bool, client: str) -> None:
        self.number = number
        self.operation = operation
        self.arguments = arguments
        self.modern = modern
        self.client = client
        self.wanted = True


class Calls:
    """The tool calls under way, each answered when it ends unless it was cancelled."""

    def __init__(self, front: Front, backend: Backend) -> None:
        from queue import SimpleQueue

        self._front = front
        self._backend = backend
        self._queue: SimpleQueue[Call] = SimpleQueue()
        self._state = Condition()
        self._running: set[Call] = set()
        self._threads = 0

    def put(self, call: Call) -> None:
        """Have a call answered."""
        with self._state:
            self._running.add(call)
            self._queue.put(call)
            if self._threads < min(THREADS, len(self._running)):
                self._threads += 1
                Thread(target=self._work, daemon=True).start()

    def cancel(self, number: object) -> None:
        """Drop the answer to a call; what the call does is done all the same."""
        with self._state:
            for call in self._running:
                if call.number == number:
                    call.wanted = False

    def close(self, patience: float) -> None:
        """Wait for the calls under way, but not for long."""
        with self._state:
            ended = self._state.wait_for(lambda: not self._running, patience)
        if ended:
            self._backend.close()

    def _work(self) -> None:
        while True:
            call = self._queue.get()
            result = self._backend.call(call.operation, call.arguments, call.client)
            if call.wanted:
                answer = protocol.stamped(result) if call.modern else result
                self._send({"jsonrpc": "2.0", "id": call.number, "result": answer})
            with self._state:
                self._running.remove(call)
                self._state.notify_all()

    def _send(self, message: Json) -> None:
        try:
            self._front.write(message)
        except OSError:
            os._exit(0)  # nobody reads; stdin may never end


_ABSENT = object()
_ROOTS = "everlore-roots"
"""The id of the one request that we make ourselves."""


def _first_root(result: object) -> str | None:
    """Return the directory of the first root that is one on this machine."""
    roots = result.get("roots") if isinstance(result, dict) else None
    for root in roots if isinstance(roots, list) else ():
        uri = root.get("uri") if isinstance(root, dict) else None
        if isinstance(uri, str) and uri.startswith("file://"):
            from urllib.parse import unquote, urlsplit

            path = unquote(urlsplit(uri).path)
            return path[1:] if os.name == "nt" else path
    return None


def _parts(message: object) -> tuple[Any, str | None, Any]:
    """Return id, method and params; `_ABSENT` for a notification's id, None where the message is malformed."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return None, None, {}
    number = message.get("id", _ABSENT)
    if number is not _ABSENT and (isinstance(number, bool) or not isinstance(number, (int, str))):
        number = None
    method = message.get("method")
    params = message.get("params")
    return number, method if isinstance(method, str) else None, {} if params is None else params


def _error(message: str) -> Json:
    return {"error": message, "code": "invalid_input"}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


if __name__ == "__main__":
    sys.exit(main())
