"""The running server of a home, found, started, spoken to and stopped, with the thinnest part of the standard library.

One server per home. It holds an operating system lock on `daemon.lock` for as long as it lives, so a crash releases it,
and says in `daemon.json` (mode 0600) how it is reached: `{"pid", "host", "port", "token", "version", "started"}`. It
keeps that file locked too: one that is not locked is a leftover, and its port may by now belong to somebody else, who
must not be sent the token.

A server calls `hold` before it opens the store, `announce` when it listens, `retire` when it ends:

    if (lock := hold(home)) is None: ...           # another server has this home
    announce(home, host, port, token, version)
    ...
    retire(home, lock)

A client calls `find`, or `ensure` to have one started, then `post` (or `exchange` for other methods and headers):

    daemon = find(home) or ensure(home)
    status, body = post(daemon, "/api/v1/recall", b'{"query": "which port"}')

`Unreachable` says that nothing was sent, so that the caller may do the work itself; any other `OSError` means that the
request went out and its answer was lost. A daemon of another `version` still answers; whether to talk to it is the
caller's choice. `home` is a path as text; `home_directory()` finds the user's own as `everlore.core.config` does.
"""

# ruff: noqa: PTH100, PTH103, PTH108, PTH111, PTH118, PTH123
from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Mapping

JSON_TYPE = "application/json"
PATIENCE = 10.0
"""Seconds that `ensure` and `stop` wait for a server to come or go."""

_announced: dict[str, int] = {}
"""The open `daemon.json` of every home that this process serves."""

_PAUSE = 0.01
_HOLD_TRIES = 20
_LAUNCHER = (
    "import os, sys\n"
    "if os.fork(): os._exit(0)\n"
    "keep = int(sys.argv[1]); os.closerange(3, keep); os.closerange(keep + 1, 1024)\n"
    "os.setsid(); os.chdir(sys.argv[2]); os.write(keep, b'%d' % os.getpid())\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[3:]])"
)
"""Makes a server nobody's child: its parent ends at once, so that it leaves no zombie and takes no signal of ours."""


class Unreachable(OSError):
    """There is no connection to the server; nothing was sent."""


class NotStarted(OSError):
    """The server did not come up; the message names the log that says why."""


class Daemon:
    """How a running server is reached."""

    __slots__ = ("host", "pid", "port", "token", "version")

    def __init__(self, pid: int, host: str, port: int, token: str, version: str) -> None:
        self.pid = pid
        self.host = host
        self.port = port
        self.token = token
        self.version = version

    @property
    def url(self) -> str:
        """The address to print for a person."""
        return f"http://{_bracketed(self.host)}:{self.port}"


def home_directory() -> str:
    """Return the user's home directory, the same as `everlore.core.config.home_directory` without its imports."""
    if given := os.environ.get("EVERLORE_HOME"):
        return os.path.abspath(os.path.expanduser(given))
    data = os.environ.get("XDG_DATA_HOME", "")
    if os.name == "posix" and sys.platform != "darwin" and (not data or data.startswith("/")):
        return os.path.join(data or os.path.expanduser("~/.local/share"), "everlore")
    from everlore.core import config

    return str(config.home_directory())


class Lock:
    """An operating system lock on a file, released by `release` and by the end of the process, however it ends."""

    __slots__ = ("_file",)

    def __init__(self, file: int) -> None:
        self._file = file

    def release(self) -> None:
        """Let the lock go; doing it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def hold(home: str) -> Lock | None:
    """Return the lock that makes this process the server of `home`, or None if another process is."""
    os.makedirs(home, mode=0o700, exist_ok=True)
    file = os.open(_in(home, "daemon.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(_HOLD_TRIES):  # a client that is just looking holds it for an instant
        if _lock(file, shared=False):
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)  # for a person, and for `everlore.store.lock.holder`
            _remove(_in(home, "daemon.json"))
            return Lock(file)
        time.sleep(_PAUSE)
    os.close(file)
    return None


def announce(home: str, host: str, port: int, token: str, version: str) -> None:
    """Say in `daemon.json`, which stays locked from now on, how this process is reached."""
    import json

    started = int(time.time() * 1000)
    body = {"pid": os.getpid(), "host": host, "port": port, "token": token, "version": version, "started": started}
    path = _in(home, "daemon.json")
    _remove(path)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    _lock(file, shared=False)  # nobody else has opened it to write; a reader that is looking finds it empty
    os.write(file, json.dumps(body).encode())
    _announced[home] = file


def retire(home: str, lock: Lock) -> None:
    """Take back what `announce` said and let the lock go."""
    if (file := _announced.pop(home, -1)) >= 0:
        _remove(_in(home, "daemon.json"))
        os.close(file)
    lock.release()


def held(home: str) -> bool:
    """Tell whether some process is the server of `home`, whether or not it listens yet."""
    try:
        file = os.open(_in(home, "daemon.lock"), os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(file, shared=True)
    finally:
        os.close(file)


def find(home: str) -> Daemon | None:
    """Return the server of `home` if one is alive and has said how it is reached."""
    try:
        file = os.open(_in(home, "daemon.json"), os.O_RDONLY)
    except OSError:
        return None
    try:
        if _lock(file, shared=True):
            return None
        import json

        body = json.loads(os.read(file, 65536))
        return Daemon(int(body["pid"]), str(body["host"]), int(body["port"]), str(body["token"]), str(body["version"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        os.close(file)


def ensure(home: str, patience: float = PATIENCE) -> Daemon:
    """Return the server of `home`, starting one if there is none; raise `NotStarted` if it does not come up."""
    if (found := find(home)) is not None:
        return found
    log = _in(home, "logs", "daemon.log")
    pid, alive = _launch(home, log)
    deadline = time.monotonic() + patience
    try:
        while time.monotonic() < deadline:
            ended = _ended(alive)
            if (found := find(home)) is not None and (found.pid == pid or ended or not pid):
                return found  # where another was quicker, ours has gone and cannot take its place later
            if ended and not held(home):
                raise NotStarted(f"the server ended as it started; {log} says why{_last_line(log)}")
            time.sleep(_PAUSE)
    finally:
        os.close(alive)
    if found is not None:
        return found
    raise NotStarted(f"the server did not listen within {patience:g} seconds; {log} may say why{_last_line(log)}")


def launch(home: str) -> None:
    """Start a server of `home` and do not wait for it; where there is one already the new one ends at once."""
    os.close(_launch(home, _in(home, "logs", "daemon.log"))[1])


def stop(home: str, patience: float = PATIENCE) -> bool:
    """End the server of `home` and wait until it is gone; False if there was none. Raise `OSError` if it stays."""
    import signal

    if (found := find(home)) is None:
        return False
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while (now := find(home)) is not None and now.pid == found.pid:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server with process id {found.pid} did not end within {patience:g} seconds")
        time.sleep(_PAUSE)
    return True


def post(
    daemon: Daemon, path: str, body: bytes, timeout: float = 60.0, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Post JSON and return the status and the body; raise `Unreachable` if nothing was sent, else `OSError`."""
    status, _, answer = exchange(daemon, "POST", path, body, {"Content-Type": JSON_TYPE, **(headers or {})}, timeout)
    return status, answer


def exchange(
    daemon: Daemon, method: str, path: str, body: bytes, headers: Mapping[str, str], timeout: float = 60.0
) -> tuple[int, dict[str, str], bytes]:
    """Send one HTTP/1.1 request on a connection of its own; return status, headers (names in lower case) and body."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {_bracketed(daemon.host)}:{daemon.port}", "Connection: close"]
    lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    if daemon.token:
        lines.append(f"Authorization: Bearer {daemon.token}")
    connection = _connect(daemon, timeout)
    try:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return _answer(_Reader(connection))
    finally:
        connection.close()


class _Reader:
    """The bytes of a connection, by the line or by the number."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection
        self._got = b""

    def _more(self) -> bool:
        data = self._connection.recv(65536)
        self._got += data
        return bool(data)

    def line(self) -> bytes:
        while b"\r\n" not in self._got:
            if not self._more():
                raise ConnectionError("the server closed the connection before its answer was complete")
        line, _, self._got = self._got.partition(b"\r\n")
        return line

    def exactly(self, count: int) -> bytes:
        pieces = [self._got[:count]]
        missing, self._got = count - len(pieces[0]), self._got[count:]
        while missing:
            piece = self._connection.recv(min(missing, 1 << 20))
            if not piece:
                raise ConnectionError("the server closed the connection before its answer was complete")
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def rest(self) -> bytes:
        while self._more():
            pass
        return self._got


def _answer(reader: _Reader) -> tuple[int, dict[str, str], bytes]:
    try:
        status = 100
        while status < 200:
            status = int(reader.line().split(None, 2)[1])
            headers: dict[str, str] = {}
            while line := reader.line().decode("latin-1"):
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return status, headers, _chunks(reader)
        if "content-length" in headers:
            return status, headers, reader.exactly(int(headers["content-length"]))
        return status, headers, b"" if status in (204, 304) else reader.rest()
    except (ValueError, IndexError):
        raise ConnectionError("the server's answer is not HTTP/1.1") from None


def _chunks(reader: _Reader) -> bytes:
    pieces = []
    while size := int(reader.line().split(b";")[0], 16):
        pieces.append(reader.exactly(size))
        reader.line()
    while reader.line():
        pass
    return b"".join(pieces)


def _connect(daemon: Daemon, timeout: float) -> socket:
    import _socket  # the module `socket` adds 7 ms of selectors and enumerations to every start

    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(daemon.host, daemon.host)  # noqa: S104 - compared, not bound
    try:
        family, kind, protocol, _, address = _socket.getaddrinfo(host, daemon.port, 0, _socket.SOCK_STREAM)[0]
        connection = _socket.socket(family, kind, protocol)
    except OSError as error:
        raise Unreachable(*error.args) from None
    try:
        connection.settimeout(timeout)
        connection.connect(address)
    except OSError as error:
        connection.close()
        raise Unreachable(*error.args) from None
    return connection


def _launch(home: str, log: str) -> tuple[int, int]:
    """Start a detached server; return its process id (0 if unknown) and a descriptor that ends when the server does."""
    command = ["-P", "-m", "everlore", "serve", "--quiet"]  # -P: nothing is imported from the working directory
    environ = {**os.environ, "EVERLORE_HOME": home}
    os.makedirs(_in(home, "logs"), mode=0o700, exist_ok=True)
    read, write = os.pipe()
    try:
        if os.name == "nt":
            _launch_on_windows(command, environ, home, log)
            return 0, read
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        os.set_inheritable(write, True)
        launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(write), home, *command]
        os.waitpid(os.posix_spawn(sys.executable, launcher, environ, file_actions=actions), 0)
    finally:
        os.close(write)
    return int(os.read(read, 32) or 0), read


def _launch_on_windows(command: list[str], environ: dict[str, str], home: str, log: str) -> None:
    import subprocess
    from functools import partial

    flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    with open(log, "ab") as file:
        popen = partial(subprocess.Popen, stdin=subprocess.DEVNULL, stdout=file, stderr=file, creationflags=flags)
        popen([sys.executable, *command], env=environ, cwd=home)


def _ended(alive: int) -> bool:
    if os.name == "nt":
        return False
    import select

    return bool(select.select([alive], [], [], 0)[0])


def _last_line(log: str) -> str:
    try:
        with open(log, "rb") as file:
            lines = file.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    told = [line for line in lines if line.startswith("error: ")] or lines
    return f": {told[-1].removeprefix('error: ')}" if told else ""


def _lock(file: int, *, shared: bool) -> bool:
    """Take a lock that ends with the file descriptor; return False if another process holds one that forbids it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, 1 << 20, os.SEEK_SET)  # locks there are mandatory: keep the start readable
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _in(*parts: str) -> str:
    return os.path.join(*parts)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
