"""The stdio front as a process: what it answers by itself, what it survives, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, NoReturn, cast

import pytest
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

import everlore.app.search
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import CODES, Conflict
from everlore.core.tokens import estimate
from everlore.surfaces import daemon
from everlore.surfaces.mcp import catalogue, protocol
from everlore.surfaces.mcp.front import MAX_LINE
from serving import serving

Json = dict[str, Any]
COMMAND = [sys.executable, "-P", "-m", "everlore", "mcp"]
ENVELOPE = {
    "_meta": {
        protocol.VERSION_KEY: "2026-07-28",
        protocol.CAPABILITIES_KEY: {},
        protocol.CLIENT_KEY: {"name": "tester", "version": "1"},
    }
}


class Front:
    """The front's process with its pipes."""

    def __init__(self, home: Path, *arguments: str, **environ: str) -> None:
        self.got = b""
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "EVERLORE_HOME": str(home), "EVERLORE_START_DAEMON": "no", **environ},
        )

    def send(self, *messages: Json | bytes) -> None:
        assert self.process.stdin
        for message in messages:
            self.process.stdin.write(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self, seconds: float = 30) -> Json:
        assert self.process.stdout
        deadline = time.monotonic() + seconds
        while b"\n" not in self.got:
            left = deadline - time.monotonic()
            assert select.select([self.process.stdout], [], [], max(left, 0))[0], f"no answer came, only {self.got!r}"
            piece = os.read(self.process.stdout.fileno(), 65536)
            assert piece, "the front has ended"
            self.got += piece
        line, _, self.got = self.got.partition(b"\n")
        return cast("Json", json.loads(line))

    def ask(self, method: str, params: Json | None = None, number: int | str = 1) -> Json:
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})
        answer = self.receive()
        assert answer["id"] == number
        return answer

    def call(self, tool: str, arguments: Json, number: int | str = 1) -> Json:
        answer = self.ask("tools/call", {"name": tool, "arguments": arguments}, number)
        return cast("Json", answer["result"])

    def finish(self) -> tuple[bytes, bytes]:
        """Close stdin and return what was still to be read; the process must end by itself, and well."""
        output = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, output[1]
        return output


@contextmanager
def front(home: Path, *arguments: str, **environ: str) -> Iterator[Front]:
    front = Front(home, *arguments, **environ)
    try:
        yield front
        if front.process.poll() is None:
            front.finish()
    finally:
        front.process.kill()
        front.process.communicate()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Front]:
    """A front without a daemon."""
    with front(tmp_path / "home") as found:
        yield found


def test_the_packaged_tool_list_is_the_registrys() -> None:
    assert catalogue.FILE.read_text("utf-8") == catalogue.document(), "run: python tools/generate.py"


def test_it_speaks_every_version_of_the_sdk() -> None:
    assert protocol.HANDSHAKE == HANDSHAKE_PROTOCOL_VERSIONS
    assert protocol.MODERN == MODERN_PROTOCOL_VERSIONS


def test_every_error_code_has_its_number() -> None:
    assert set(protocol.JSONRPC) == {"error", *CODES}


def test_it_loads_nothing_slow_before_the_first_call() -> None:
    script = "import sys, everlore.surfaces.mcp.front; print('\\n'.join(sys.modules))"
    listed = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    loaded = {name.partition(".")[0] for name in listed}
    slow = {
        "mcp",
        "msgspec",
        "apsw",
        "click",
        "pydantic",
        "starlette",
        "asyncio",
        "socket",
        "pathlib",
        "dataclasses",
        "rich",
    }
    assert not loaded & slow


@pytest.mark.parametrize("version", protocol.HANDSHAKE)
def test_it_agrees_to_the_version_asked_for(alone: Front, version: str) -> None:
    result = alone.ask("initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t"}})[
        "result"
    ]
    assert result["protocolVersion"] == version
    assert result["instructions"] == catalogue.instructions()
    assert result["serverInfo"]["name"] == "everlore"


def test_it_offers_the_newest_handshake_to_a_version_it_does_not_know(alone: Front) -> None:
    assert (
        alone.ask("initialize", {"protocolVersion": "1999-01-01"})["result"]["protocolVersion"]
        == protocol.HANDSHAKE[-1]
    )


def test_what_needs_no_store_touches_no_store(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with front(home, EVERLORE_START_DAEMON="yes") as found:
        found.ask("initialize", {"protocolVersion": "2025-11-25"})
        assert len(found.ask("tools/list")["result"]["tools"]) == 9
        assert found.ask("ping")["result"] == {}
        found.finish()
    assert not home.exists()


@pytest.mark.parametrize("profile", ["default", "full"])
def test_what_a_list_of_tools_costs_is_noted_once_for_a_session(tmp_path: Path, profile: str) -> None:
    for _ in range(2):
        with front(tmp_path, "--profile", profile) as found:
            for _ in range(3):
                tools = found.ask("tools/list")["result"]["tools"]
            found.finish()
    shown = [{name: tool[name] for name in ("name", "description", "inputSchema")} for tool in tools]
    tokens = estimate(catalogue.instructions() + json.dumps(shown, separators=(",", ":")))
    assert (tmp_path / "tools-listed.jsonl").stat().st_mode & 0o777 == 0o600
    with open_app(Config(tmp_path, start_daemon=False)) as app:
        app.uses.flush(app.store)
        total = app.call("stats", {}).total
    assert total.tools == 2 * tokens


def test_it_lists_every_tool_in_the_full_profile(tmp_path: Path) -> None:
    with front(tmp_path, "--profile", "full") as found:
        assert found.ask("tools/list")["result"]["tools"] == catalogue.tools("full")


def test_unknown_arguments_are_told_on_stderr(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "--profile", "huge"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"hint:" in done.stderr


def test_a_request_that_speaks_for_itself_gets_the_newer_answer(alone: Front) -> None:
    found = alone.ask("server/discover", ENVELOPE)["result"]
    assert found["supportedVersions"] == list(protocol.MODERN)
    listed = alone.ask("tools/list", ENVELOPE)["result"]
    assert (listed["resultType"], listed["cacheScope"]) == ("complete", "public")
    assert listed["_meta"][protocol.SERVER_KEY]["name"] == "everlore"


def test_a_version_of_the_future_is_refused_as_the_protocol_has_it(alone: Front) -> None:
    meta = {**ENVELOPE["_meta"], protocol.VERSION_KEY: "2999-01-01"}
    error = alone.ask("tools/list", {"_meta": meta})["error"]
    assert error["code"] == protocol.UNSUPPORTED_VERSION
    assert error["data"] == {"supported": list(protocol.MODERN), "requested": "2999-01-01"}


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"nonsense", -32700),
        (b"{", -32700),
        (b"\xff\xfe\x00", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}', -32700),
        (b"[" * 100_000, -32700),
        (b"1" * 10_000, -32700),
        (b"[]", -32600),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
        (b'"ping"', -32600),
        (b"null", -32600),
        (b"{}", -32600),
        (b'{"id":1,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","method":7}', -32600),
    ],
)
def test_garbage_gets_an_error_and_the_front_goes_on(alone: Front, line: bytes, number: int) -> None:
    alone.send(line + b"\n")
    answer = alone.receive()
    assert (answer["id"], answer["error"]["code"]) == (None, number)
    assert alone.ask("ping")["result"] == {}


@pytest.mark.parametrize(
    ("method", "params", "number"),
    [
        ("resources/list", {}, -32601),
        ("tools/call", {}, -32602),
        ("tools/call", {"name": 7}, -32602),
        ("tools/call", {"name": "no_such_tool"}, -32602),
        ("tools/call", {"name": "restore", "arguments": {"id": "x"}}, -32602),
        ("tools/call", {"name": "recall", "arguments": ["x"]}, -32602),
        ("tools/list", {"cursor": "x"}, -32602),
        ("initialize", {}, -32602),
        ("initialize", {"protocolVersion": 7}, -32602),
    ],
)
def test_a_request_that_cannot_be_is_a_protocol_error(alone: Front, method: str, params: Json, number: int) -> None:
    assert alone.ask(method, params)["error"]["code"] == number


def test_parameters_that_are_no_object_are_a_protocol_error(alone: Front) -> None:
    alone.send(b'{"jsonrpc":"2.0","id":"a","method":"ping","params":[1]}\n')
    answer = alone.receive()
    assert (answer["id"], answer["error"]["code"]) == ("a", -32602)


def test_notifications_and_answers_get_no_answer(alone: Front) -> None:
    alone.send(
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 99}},
        {"jsonrpc": "2.0", "method": "no/such/notification", "params": {"x": 1}},
        {"jsonrpc": "2.0", "id": 5, "result": {}},
        b"\n  \r\n",
    )
    assert alone.ask("ping", number="next")["result"] == {}


def test_a_line_beyond_all_measure_is_refused_whole(alone: Front) -> None:
    alone.send(b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * MAX_LINE + b'"}\n')
    assert alone.receive()["error"]["code"] == -32600
    assert alone.ask("ping")["result"] == {}


def test_ten_megabytes_of_text_are_refused_by_field(alone: Front) -> None:
    error = alone.call("remember", {"text": "x" * 10_000_000})
    assert error["isError"]
    assert (error["structuredContent"]["code"], error["structuredContent"]["field"]) == ("invalid_input", "text")


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    message = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    done = subprocess.run(COMMAND, input=message, capture_output=True, check=True, timeout=30)
    assert json.loads(done.stdout) == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_half_a_surrogate_pair_is_wrong_input_and_nothing_worse(alone: Front) -> None:
    alone.send(
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"remember","arguments":{"text":"\\ud800"}}}\n'
    )
    assert alone.receive()["result"]["structuredContent"]["code"] == "invalid_input"


def test_calls_run_beside_each_other_and_each_gets_its_answer(alone: Front) -> None:
    calls = {
        f"call {n}": {
            "name": "remember",
            "arguments": {"text": f"Crate number {n} holds {n} lamps", "namespace": f"n{n}"},
        }
        for n in range(20)
    }
    alone.send(*({"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": params} for n, params in calls.items()))
    answers = {answer["id"]: answer for answer in (alone.receive() for _ in calls)}
    assert set(answers) == set(calls)
    assert all(not answer["result"]["isError"] for answer in answers.values())


def test_calls_under_way_are_answered_after_stdin_has_ended(tmp_path: Path) -> None:
    with front(tmp_path) as found:
        params = {"name": "remember", "arguments": {"text": "Written at the last moment"}}
        found.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        output, _ = found.finish()
    assert json.loads(output)["result"]["structuredContent"]["outcome"] == "kept"


def test_a_cancelled_call_gets_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = Event(), Event()

    def slow(*_: object) -> NoReturn:
        begun.set()
        assert go.wait(30)
        raise Conflict("too late to matter")

    monkeypatch.setattr(everlore.app.search, "recall", slow)
    with serving(tmp_path), front(tmp_path) as found:
        params = {"name": "recall", "arguments": {"query": "anything"}}
        found.send({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})
        assert begun.wait(30)
        found.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}})
        assert found.ask("ping")["result"] == {}
        go.set()
        assert found.finish()[0] == b""


def test_it_ends_when_nobody_reads_its_answers(tmp_path: Path) -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
        process.stdin.flush()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


def test_what_is_printed_by_mistake_never_reaches_the_wire(tmp_path: Path) -> None:
    script = (
        "import os, sys, everlore.surfaces.mcp.front as f; w = f._take_wire();"
        "print('stray'); sys.stdout.flush(); os.system('echo stray too'); sys.exit(f.Front(*w, 'default').run())"
    )
    message = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
    done = subprocess.run([sys.executable, "-P", "-c", script], input=message, capture_output=True, check=True)
    assert json.loads(done.stdout)["result"] == {}
    assert done.stderr.split() == [b"stray", b"stray", b"too"]


def test_it_uses_the_daemon_that_runs(tmp_path: Path) -> None:
    with serving(tmp_path), front(tmp_path) as found:
        found.ask("initialize", {"protocolVersion": "2025-11-25", "clientInfo": {"name": "Käfer\n", "version": "1"}})
        kept = found.call("remember", {"text": "Through the daemon"})["structuredContent"]
        assert kept["outcome"] == "kept"
        assert found.call("get", {"id": kept["id"]})["structuredContent"]["memory"]["text"] == "Through the daemon"


def test_it_starts_a_daemon_that_outlives_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with front(home, EVERLORE_START_DAEMON="yes", EVERLORE_PORT="0") as found:
        try:
            assert found.call("remember", {"text": "Started on demand"})["structuredContent"]["outcome"] == "kept"
            found.finish()
            assert daemon.find(str(home))
        finally:
            daemon.stop(str(home))


def test_it_goes_on_when_the_daemon_has_died(tmp_path: Path) -> None:
    with front(tmp_path) as found:
        with serving(tmp_path):
            assert found.call("remember", {"text": "First by the daemon"})["structuredContent"]["outcome"] == "kept"
        again = found.call("remember", {"text": "First by the daemon"})["structuredContent"]
        assert again["outcome"] == "merged"


def test_a_wrong_configuration_is_told_by_the_call(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("port = 'many'\n")
    with front(tmp_path) as found:
        error = found.call("recall", {"query": "x"})["structuredContent"]
        assert (error["code"], error["field"]) == ("invalid_input", "port")


def test_interrupting_it_ends_it_quietly(tmp_path: Path) -> None:
    with front(tmp_path) as found:
        found.ask("ping")
        found.process.send_signal(signal.SIGINT)
        _, errors = found.process.communicate(timeout=30)
    assert (found.process.returncode, errors) == (0, b"")
