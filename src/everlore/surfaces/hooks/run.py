"""`lore hook CLIENT EVENT`: one event of an agent's session, in the standard library alone and never in the agent's way.

All of stdin is read. With a server in this home the event is posted to it, and its answer is printed; else the event goes
without its secrets into the spool, and only the start of a session is answered in this process, for that takes long.
Whatever happens, this ends with status 0 within its deadline, prints what the client's contract allows or nothing, writes
nothing to stderr and leaves no process behind. Private blocks are taken out before anything leaves this process.
"""

from __future__ import annotations

import os
import sys
import time

from everlore.sessions.clients.silent import SILENT, SPEAKING, answers_alone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST = 16 * 1024 * 1024
"""The most bytes of stdin that are read; a longer event is counted, and not kept."""
TOLD_SECONDS, DONE_SECONDS = 2.0, 0.5
"""How long a client that may be told something waits for it, and how long one that may not."""
LONGEST = 64 * 1024
"""The most characters of one text in an event; the middle of a longer one is left out."""

_OPENERS = ("<private", "< private", "\\u003cprivate", "\\u003c private")
_HEADER = b"SQLite format 3\0"
_WRITE_LOCK = 120
_TRIES, _PAUSE = 3, 0.003

TELLING = (
    "CURSOR_VERSION", "CURSOR_PROJECT_DIR", "GEMINI_SESSION_ID", "GEMINI_PROJECT_DIR", "DEVIN_PROJECT_DIR", "GROK_SESSION_ID",
    "CLAUDE_CODE_SESSION_ID", "CLAUDE_PROJECT_DIR", "CLAUDECODE", "CLAUDE_CODE_CHILD_SESSION", "PLUGIN_ROOT", "CODEX_HOME",
)  # fmt: skip
"""The variables that tell which client it really is that runs this."""


def main(argv: list[str]) -> int:
    """Take one event in and return 0, always; the process ends here when it is not imported by a test."""
    client, event = [*argv, "", ""][:2]
    output = silence(client, event)
    try:
        if not os.environ.get("EVERLORE_DEBUG"):
            _close_stderr()
        if client and event and os.environ.get("EVERLORE_HOOKS", "").lower() not in {"off", "0", "false"}:
            output = _run(client, event, _payload(argv[2:]), output)
    except BaseException:
        if os.environ.get("EVERLORE_DEBUG"):
            raise
    say(output)
    return 0


def silence(client: str, event: str) -> str:
    """Return what a client is told when there is nothing to tell."""
    found = SILENT.get(client, {})
    return found.get(event, found.get("*", ""))


def say(output: str) -> None:
    """Print the answer and end the process, without the time that an interpreter takes to clean up."""
    data = output.encode("utf-8", "replace")
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError:
        pass
    os._exit(0)


def _run(client: str, event: str, payload: bytes, output: str) -> str:
    from everlore.sessions import spool
    from everlore.surfaces import daemon

    home, told = daemon.home_directory(), event in SPEAKING.get(client, ())
    if len(payload) > LARGEST:
        spool.refuse(home)
        return output
    request: dict[str, Any] = {
        "client": client, "event": event, "key": spool.key(), "at": time.time_ns() // 1_000_000,
        "environ": {name: os.environ[name][:400] for name in TELLING if name in os.environ},
    }  # fmt: skip
    if text := _text(payload):
        request["payload"] = text
    if cwd := _cwd():
        request["cwd"] = cwd
    answer = _ask(home, request, TOLD_SECONDS if told else DONE_SECONDS)
    if answer is not None:
        return answer
    _keep(home, request)
    alone = answers_alone(client, event) and is_usable(os.path.join(home, "everlore.db"))  # noqa: PTH118
    return _answer(home, request, output) if alone else output


def _ask(home: str, request: dict[str, Any], seconds: float) -> str | None:
    """Return what the server of the home answers, or None where there is none that does."""
    from everlore.surfaces import daemon

    found = daemon.find(home)
    if found is None:
        return None
    import json

    try:
        status, body = daemon.post(
            found, "/api/v1/hook", json.dumps(request).encode(), seconds, {"Everlore-Surface": "hooks"}
        )
        answer = json.loads(body) if status == 200 else {}
    except (OSError, ValueError):
        return None
    return str(answer["output"]) if answer.get("stored") else None


def _keep(home: str, request: dict[str, Any]) -> None:
    """Put the event into the spool, without its secrets."""
    import json

    from everlore.guard.tree import redact_tree
    from everlore.sessions import spool

    try:
        parsed = json.loads(request["payload"]) if "payload" in request else {}
    except (ValueError, RecursionError):
        parsed = {"text": request["payload"]}
    payload, _ = redact_tree(shorten_tree(parsed))
    spool.put(home, {
        "key": request["key"], "client": request["client"], "event": request["event"], "at": request["at"],
        "cwd": request.get("cwd"), "env": request["environ"], "payload": payload,
    })  # fmt: skip


def is_usable(database: str) -> bool:
    """Tell whether a store may be opened: what is there is one, and nobody writes to it. Opening it would take longer."""
    try:
        with open(database, "rb") as file:  # noqa: PTH123
            plain = file.read(16) in {_HEADER, b""}
    except FileNotFoundError:
        return True
    except OSError:
        return False
    if not plain and not os.path.exists(f"{os.path.dirname(database)}/encryption.json"):  # noqa: PTH110, PTH120
        return False
    return os.name == "nt" or not _is_locked(f"{database}-shm")


def _is_locked(index: str) -> bool:
    """Tell whether a writer holds the write lock of a log, which is a byte of its index: see sqlite.org/walformat.html."""
    import fcntl

    try:
        file = os.open(index, os.O_RDWR)
    except OSError:
        return False
    try:
        for _ in range(_TRIES):
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _WRITE_LOCK)
            except OSError:
                time.sleep(_PAUSE)
            else:
                return False
        return True
    finally:
        os.close(file)


def _answer(home: str, request: dict[str, Any], output: str) -> str:
    """Answer in this process what a server would, unless that takes too long."""
    from threading import Timer

    late = Timer(TOLD_SECONDS, say, [output])
    late.daemon = True
    late.start()
    from pathlib import Path

    from everlore.app.caller import Caller
    from everlore.app.open import open_app
    from everlore.core.config import load

    config = load(Path(home))
    with open_app(config) as app:
        answer: Any = app.call("hook", request, Caller(request["client"], "hooks"))
        if config.hooks_start_server:
            from everlore.surfaces import daemon

            daemon.launch(home)
    late.cancel()
    return str(answer.output)


def shorten_tree(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with the middle of very long texts left out."""
    from everlore.core.shorten import shorten

    if isinstance(value, str):
        return shorten(value, LONGEST)
    if isinstance(value, dict):
        return {name: shorten_tree(each) for name, each in value.items()}
    return [shorten_tree(each) for each in value] if isinstance(value, list) else value


def _text(payload: bytes) -> str:
    """Return the payload as text, without what stands in private blocks."""
    text = payload.decode("utf-8", "replace").strip()
    lowered = text.lower()
    if not any(opener in lowered for opener in _OPENERS) and len(text) <= LONGEST:
        return text
    import json

    from everlore.guard.tree import map_texts, strip_private

    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return strip_private(text)
    return json.dumps(shorten_tree(map_texts(parsed, strip_private)), ensure_ascii=False)


def _payload(rest: list[str]) -> bytes:
    """Return what the client sent: on stdin, or as the last argument where its contract has it there."""
    if rest and rest[-1].lstrip().startswith("{"):
        return rest[-1].encode("utf-8", "surrogateescape")
    if sys.stdin is None or os.isatty(0):
        return b""
    pieces, size = [], 0
    while piece := os.read(0, 1 << 20):
        if size <= LARGEST:
            pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _cwd() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return None


def _close_stderr() -> None:
    """Let nothing that goes wrong here reach the client: some take any word on stderr as a message to the user."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
