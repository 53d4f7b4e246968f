"""`lore wrap COMMAND ...`: run a model's command, with memory where it is called with one prompt, else exactly as it is.

A call that is not understood becomes the command: this process is replaced by it, so that terminal, signals and exit status are
its own. With one prompt it runs as a child that has our standard input and error; its output is passed on byte for byte, over a
terminal where ours is one, and kept. It ends as the child ended, by the same signal too. Whatever goes wrong with memory is no
concern of the command: it then runs with the prompt as it was typed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from everlore.surfaces import daemon
from everlore.surfaces.shells import clis

if TYPE_CHECKING:
    import subprocess

OFF = "EVERLORE_WRAP"
_PATIENCE = 3.0
"""Seconds that a running server has to say what is remembered."""
_LONGEST = 1_000_000
_LONGEST_WORD = 131_000
"""Bytes that a word of a command line may have on Linux; a prompt that gets longer goes out as it was typed."""
_MOST = 1_000_000
"""Bytes of an answer that are kept; a longer one is passed on whole and not kept."""
_LOOK = 0.1
_NOT_FOUND = 127
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_MACHINE = re.compile(r"(?:--(?:output-)?format=)?(?:stream-)?json|--json")
"""A word that asks for an answer that is for a program."""


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status."""
    name, rest = arguments[0], list(arguments[1:])
    program = shutil.which(name)
    if program is None:
        sys.stderr.write(f"error: {name} is not found\n")
        return _NOT_FOUND
    known = os.path.basename(name)  # noqa: PTH119 - pathlib is not loaded here
    place = None if os.name != "posix" or os.environ.get(OFF) == "off" else clis.find(known, rest)
    if place is None or len(rest[place]) > _LONGEST or _has_hooks(known):
        return _become(program, [name, *rest])
    prompt = rest[place]
    told = _remembered(known, prompt)
    sent = (told or {}).get("prompt", prompt)
    if len(sent.encode("utf-8", "surrogateescape")) > _LONGEST_WORD:
        sent, told = prompt, None
    ran = _Run(program, [name, *rest[:place], sent, *rest[place + 1 :]])
    status = ran.wait()
    if told is not None and not any(_MACHINE.fullmatch(word) for word in rest):
        _keep(known, prompt, ran, told.get("injection"))
    return status if status >= 0 else _die_of(-status)


def _become(program: str, words: list[str]) -> int:
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(program, words)  # noqa: S606 - what the user typed, and no shell between
    import subprocess

    return subprocess.call(words, executable=program)  # noqa: S603 - as typed


def _has_hooks(name: str) -> bool:
    """Tell whether a command captures and is told by its own hooks, so that it would have all of it twice."""
    client = clis.KNOWN[name].client
    try:
        with open(os.path.join(daemon.home_directory(), "agents.json"), "rb") as file:  # noqa: PTH118, PTH123
            record: Mapping[str, Any] = json.loads(file.read())
        return bool(client) and any("hooks" in each["parts"] and client in each["clients"] for each in record.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _remembered(name: str, prompt: str) -> dict[str, Any] | None:
    """Return what `context` answers; None where that fails, for whatever reason."""
    request = {"prompt": prompt, "client": name, "platform": name, **_here()}
    return _perform("context", request, "read")


def _keep(name: str, prompt: str, ran: _Run, injection: str | None) -> None:
    """Capture the exchange, if there is an answer to keep."""
    text = _ESCAPES.sub("", b"".join(ran.said).decode("utf-8", "replace")).replace("\r\n", "\n").strip()
    if ran.too_long or not text or ran.status > 0:
        return
    request = {
        "prompt": prompt, "response": text, "client": name, "platform": name, "injection": injection, **_here(),
        "tags": ["interrupted"] if ran.status < 0 else None,
    }  # fmt: skip
    _perform("capture", {key: value for key, value in request.items() if value}, "write")


def _perform(operation: str, request: dict[str, Any], effect: str) -> dict[str, Any] | None:
    try:
        from everlore.surfaces.cli import call

        if _is_locked():
            return None
        answer: dict[str, Any] = json.loads(call.perform(operation, request, effect, timeout=_PATIENCE))
    except Exception as error:  # noqa: BLE001 - memory is never in the way of the command
        if os.environ.get("EVERLORE_DEBUG"):
            sys.stderr.write(f"note: no memory: {error}\n")
        return None
    return answer


def _is_locked() -> bool:
    """Tell whether a passphrase would be asked for, which nobody expects of the command."""
    home = daemon.home_directory()
    encrypted = os.path.exists(os.path.join(home, "encryption.json"))  # noqa: PTH110, PTH118
    return encrypted and not os.environ.get("EVERLORE_PASSPHRASE") and daemon.find(home) is None


def _here() -> dict[str, str]:
    try:
        return {"cwd": os.getcwd()}  # noqa: PTH109
    except OSError:
        return {}


def _die_of(number: int) -> int:
    """End by a signal, as the child did, so that a shell sees the same."""
    sys.stdout.flush()
    with suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return 128 + number


@dataclass(slots=True)
class _Run:
    """A command as a child, and what it says on standard output."""

    program: str
    words: list[str]
    said: list[bytes] = field(default_factory=list)
    status: int = 0
    too_long: bool = False
    _size: int = 0

    def wait(self) -> int:
        """Run it to its end, and return its exit status, negative for the signal that ended it."""
        import subprocess

        ours, theirs = _terminal() if os.isatty(1) else os.pipe()
        try:
            child = subprocess.Popen(self.words, executable=self.program, stdout=theirs)  # noqa: S603 - as typed
        except OSError as error:
            os.close(ours)
            os.close(theirs)
            sys.stderr.write(f"error: {self.words[0]} cannot be run: {error.strerror}\n")
            self.status = 126
            return self.status
        os.close(theirs)
        with _signals(child, ours):
            self._pass_on(child, ours)
            os.close(ours)  # a command that still writes hears from it that nobody reads
            self.status = child.wait()
        return self.status

    def _pass_on(self, child: subprocess.Popen[bytes], ours: int) -> None:
        import select

        while True:
            ready, _, _ = select.select([ours], [], [], _LOOK)
            if not ready:
                if child.poll() is not None:
                    return  # whoever still has its output was started by it, and is not waited for
                continue
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # the end of a terminal
                return
            if not piece or not self._write(piece):
                return
            self._size += len(piece)
            self.too_long = self.too_long or self._size > _MOST
            if not self.too_long:
                self.said.append(piece)

    def _write(self, piece: bytes) -> bool:
        while piece:
            try:
                piece = piece[os.write(1, piece) :]
            except OSError:
                return False
        return True


def _terminal() -> tuple[int, int]:
    """Return both ends of a terminal as large as ours, which changes no byte."""
    import pty
    import tty

    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    _fit(ours)
    return ours, theirs


def _fit(terminal: int) -> None:
    import fcntl
    import termios

    with suppress(OSError):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, fcntl.ioctl(1, termios.TIOCGWINSZ, b"\0" * 8))


@contextmanager
def _signals(child: subprocess.Popen[bytes], ours: int) -> Iterator[None]:
    """Let the child have the signals: those of the terminal's keys reach it by themselves, others are passed on."""

    def leave(*_: object) -> None:
        pass

    def give(number: int, _: object) -> None:
        with suppress(OSError):
            child.send_signal(number)

    def fit(*_: object) -> None:
        _fit(ours)

    taken: dict[signal.Signals, Callable[..., None]] = {
        signal.SIGINT: leave,
        signal.SIGQUIT: leave,
        signal.SIGTERM: give,
        signal.SIGHUP: give,
        signal.SIGWINCH: fit,
    }
    before = {number: signal.signal(number, handler) for number, handler in taken.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
