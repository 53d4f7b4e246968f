"""The server of a home: exactly one, found and ended by anybody who may, and used by the command line where it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

from commanding import LORE, Lore, environment
from everlore import __version__
from everlore.app.long import LONG
from everlore.core.config import home_directory
from everlore.surfaces import daemon
from serving import serving


@pytest.fixture
def lore(tmp_path: Path) -> Iterator[Lore]:
    lore = Lore(tmp_path / "home")
    try:
        yield lore
    finally:
        daemon.stop(str(lore.home))


@contextmanager
def answering(home: Path, *answers: bytes, version: str = __version__) -> Iterator[list[bytes]]:
    """Pretend to be the server of a home that gives these raw answers, one to a connection; yields what it was sent."""
    home.mkdir(exist_ok=True)
    lock = daemon.hold(str(home))
    assert lock is not None
    sent: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                head, _, body = data.partition(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")
                )
                while len(body) < length:
                    body += connection.recv(65536)
                sent.append(head + b"\r\n\r\n" + body)
                connection.sendall(answer)

    with create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        daemon.announce(str(home), "127.0.0.1", listener.getsockname()[1], "sesame", version)
        try:
            yield sent
            thread.join(20)
            assert not thread.is_alive()
        finally:
            daemon.retire(str(home), lock)


def plain(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


def test_up_starts_one_server_and_down_ends_it(lore: Lore) -> None:
    told = lore.json("up")
    assert (told["home"], told["version"]) == (str(lore.home), __version__)
    assert lore.json("up")["pid"] == told["pid"]
    file = lore.home / "daemon.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(file.read_text())) == {"pid", "host", "port", "token", "version", "started"}
    assert f"process {told['pid']}" in lore("status").out
    assert lore.json("down") == {"home": str(lore.home), "stopped": True, "service": None}
    assert not file.exists()
    assert lore("down").out == "no server was running\n"
    assert lore.json("remember", "Deploys need two reviews")["outcome"] == "kept"


def test_a_started_server_belongs_to_nobody_and_holds_nothing_open(lore: Lore) -> None:
    ended = lore.process("up", "--json")  # would not return if the server held the pipes
    pid = json.loads(ended.stdout)["pid"]
    assert os.getsid(pid) == pid or os.getsid(pid) != os.getsid(0)
    status = Path(f"/proc/{pid}/status").read_text()
    assert f"PPid:\t{os.getpid()}\n" not in status
    files = {link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir() if link.name in {"0", "1", "2"}}
    assert files == {Path(os.devnull), lore.home / "logs" / "daemon.log"}
    assert (lore.home / "logs" / "daemon.log").stat().st_mode & 0o077 == 0


def test_starting_at_once_from_many_sides_makes_one_server(lore: Lore) -> None:
    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(lambda _: lore.process("up", "--json"), range(6)))
    assert {json.loads(one.stdout)["pid"] for one in ended} == {daemon.find(str(lore.home)).pid}  # type: ignore[union-attr]


def test_a_killed_server_leaves_nothing_that_misleads(lore: Lore) -> None:
    kept = lore.json("remember", "Deploys need two reviews")["id"]
    first = lore.json("up")["pid"]
    os.kill(first, signal.SIGKILL)
    while daemon.held(str(lore.home)):
        pass
    assert (lore.home / "daemon.json").exists()
    assert daemon.find(str(lore.home)) is None
    assert lore.json("get", kept)["memory"]["id"] == kept
    assert lore.json("up")["pid"] != first


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    ended = Lore(tmp_path, EVERLORE_DURABILITY="perhaps")("up", "--json")
    assert ended.status == 2
    (tmp_path / "config.toml").write_text("host = '203.0.113.9'\n")
    ended = Lore(tmp_path)("up", "--json")
    assert (ended.status, ended.error["code"]) == (6, "store_unavailable")
    assert "needs a token" in ended.error["error"]


def test_a_server_of_another_version_is_replaced_by_up_and_passed_over_by_commands(lore: Lore) -> None:
    with answering(lore.home, version="0.0.1") as sent:
        assert lore.json("remember", "Deploys need two reviews")["outcome"] == "kept"
        assert sent == []


def test_the_store_is_not_replaced_under_a_server(lore: Lore, tmp_path: Path) -> None:
    lore.json("remember", "Deploys need two reviews")
    lore.json("backup", str(tmp_path / "copy.db"))
    lore.json("up")
    for words in (["restore-backup", str(tmp_path / "copy.db")], ["encrypt", "--key-file", str(tmp_path / "key")]):
        ended = lore(*words)
        assert (ended.status, ended.out) == (6, "")
        assert "hint: stop it with `lore down`" in ended.err
    lore.json("down")
    assert lore("restore-backup", str(tmp_path / "copy.db")).status == 0


def test_a_command_asks_the_server_with_its_token_and_as_itself(lore: Lore) -> None:
    answer = b'{"items":[],"tokens":0,"withheld":true,"explain":null}'
    with answering(lore.home, plain(200, answer)) as sent:
        ended = lore("recall", "which port?", "--limit", "3", "--json")
    assert ended.out == answer.decode() + "\n"
    assert sent[0].startswith(b"POST /api/v1/recall HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer sesame\r\n" in sent[0]
    assert b"\r\nEverlore-Surface: cli\r\n" in sent[0]
    assert json.loads(sent[0].partition(b"\r\n\r\n")[2]) == {
        "query": "which port?",
        "limit": 3,
        "cwd": str(lore.home.parent),
    }


def test_an_error_of_the_server_is_shown_as_our_own(lore: Lore) -> None:
    body = b'{"error":"there is no memory","code":"not_found","hint":"look with `lore list`","field":"id"}'
    with answering(lore.home, plain(404, body), plain(404, body)):
        ended = lore("get", "x")
        assert (ended.status, ended.err) == (3, "error: there is no memory\nhint: look with `lore list`\n")
        assert lore("get", "x", "--json").error == json.loads(body)


@pytest.mark.parametrize(
    "answer", [plain(401, b"{}"), b"", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", b"nonsense\r\n\r\n"]
)
def test_a_read_that_the_server_fails_is_done_here(lore: Lore, answer: bytes) -> None:
    kept = lore.json("remember", "Deploys need two reviews")["id"]
    with answering(lore.home, answer):
        assert lore.json("get", kept)["memory"]["id"] == kept


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", b"nonsense\r\n\r\n"])
def test_a_write_whose_answer_is_lost_is_not_repeated(lore: Lore, answer: bytes) -> None:
    kept = lore.json("remember", "Deploys need two reviews")["id"]
    with answering(lore.home, answer):
        ended = lore("revise", kept, "Deploys need one review", "--json")
    assert (ended.status, ended.error["code"]) == (6, "store_unavailable")
    assert "lore timeline" in ended.error["hint"]
    assert len(lore.json("history", kept)["revisions"]) == 1


def test_an_answer_that_is_not_ours_is_an_error(lore: Lore) -> None:
    with answering(lore.home, plain(500, b"<html>")):
        ended = lore("list")
    assert (ended.status, ended.err.split("\n")[0]) == (6, "error: the server answered with HTTP status 500")


def test_work_on_files_stays_here(lore: Lore, tmp_path: Path) -> None:
    lore.json("remember", "Deploys need two reviews")
    with answering(lore.home) as sent:
        for words in (["export", str(tmp_path / "all.jsonl")], ["backup", str(tmp_path / "copy.db")], ["verify"]):
            assert lore(*words).status == 0
        assert sent == []
    assert {"import", "export", "verify", "rebuild", "backup", "restore-backup", "bench"} <= LONG


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (plain(200, b"hello"), 200, b"hello"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;x=y\r\n12345\r\n0\r\nT: x\r\n\r\n", 200, b"abc12345"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + plain(201, b"made"), 201, b"made"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (plain(200, b"x" * 3_000_000), 200, b"x" * 3_000_000),
    ],
)  # fmt: skip
def test_the_client_reads_every_kind_of_body(tmp_path: Path, answer: bytes, status: int, body: bytes) -> None:
    with answering(tmp_path, answer) as sent:
        found = daemon.find(str(tmp_path))
        assert found is not None
        assert daemon.post(found, "/x", b"y" * 300_000) == (status, body)
    assert sent[0].endswith(b"y" * 300_000)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", b"HTTP/1.1\r\n\r\n"]
)
def test_the_client_says_when_an_answer_is_torn(tmp_path: Path, answer: bytes) -> None:
    with answering(tmp_path, answer):
        found = daemon.find(str(tmp_path))
        assert found is not None
        with pytest.raises(ConnectionError):
            daemon.post(found, "/x", b"")


def test_nothing_sent_is_told_apart_from_an_answer_lost(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(daemon.Unreachable):
        daemon.post(daemon.Daemon(1, "127.0.0.1", port, "", ""), "/x", b"")


def test_a_file_without_its_lock_and_a_lock_without_its_file_are_no_server(tmp_path: Path) -> None:
    home = str(tmp_path)
    body = {"pid": os.getpid(), "host": "127.0.0.1", "port": 9, "token": "", "version": "", "started": 0}
    (tmp_path / "daemon.json").write_text(json.dumps(body))
    assert daemon.find(home) is None
    lock = daemon.hold(home)
    assert lock is not None
    assert not (tmp_path / "daemon.json").exists()
    (tmp_path / "daemon.json").write_text(json.dumps(body))
    assert daemon.held(home)
    assert daemon.find(home) is None
    assert daemon.hold(home) is None
    (tmp_path / "daemon.json").write_text("not json")
    assert daemon.find(home) is None
    lock.release()
    assert not daemon.held(home)
    assert not daemon.held(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    "environ",
    [
        {"EVERLORE_HOME": "/x/y"},
        {"EVERLORE_HOME": "relative/place"},
        {"EVERLORE_HOME": "~/lore"},
        {"XDG_DATA_HOME": "/data"},
        {"XDG_DATA_HOME": "relative"},
        {},
    ],
)
def test_the_thin_side_finds_the_same_home(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVERLORE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert daemon.home_directory() == os.path.normpath(home_directory())


SLOW = {
    "click",
    "msgspec",
    "apsw",
    "mcp",
    "starlette",
    "uvicorn",
    "rich",
    "numpy",
    "pathlib",
    "dataclasses",
    "typing",
    "socket",
}


@pytest.mark.parametrize("words", [["recall", "which port?"], ["remember", "x", "--json"], ["recall", "?", "--json"]])
def test_a_command_with_a_server_imports_nothing_slow(tmp_path: Path, words: list[str]) -> None:
    code = f"import sys; before = set(sys.modules); from everlore.surfaces.cli.main import run; code = run({words!r})"
    code += "; print(*sorted(set(sys.modules) - before), file=sys.stderr); sys.exit(code)"
    with serving(tmp_path):
        ended = subprocess.run(
            [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=True
        )
    loaded = set(ended.stderr.split("\n")[-2].split())
    assert "everlore.surfaces.daemon" in loaded
    assert not loaded & SLOW


def test_the_version_and_the_front_do_not_load_the_command_line() -> None:
    for code in ("from everlore.__main__ import main; main()", "import everlore.surfaces.daemon"):
        shown = "import sys; sys.argv[1:] = ['--version']; " + code + "; print(*sys.modules, file=sys.stderr)"
        ended = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
        assert not {"click", "json", "everlore.surfaces.cli"} & set(ended.stderr.split())


def test_serving_prints_where_and_ends_with_a_signal(lore: Lore) -> None:
    process: Any = subprocess.Popen(
        [*LORE, "serve", "--port", "0"], env=lore.environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert str(lore.home) in process.stderr.readline()
        assert lore("serve", "--port", "0").status == 6
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""
