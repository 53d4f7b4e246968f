"""`lore` as tests run it: in this process for speed, or as a process of its own where only that will do."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from everlore.surfaces.cli.main import run

LORE = [sys.executable, "-m", "everlore"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The JSON on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The JSON on standard error."""
        return json.loads(self.err)


class Stream(io.TextIOWrapper):
    """A standard stream in memory that can claim to be a terminal."""

    def __init__(self, data: bytes = b"", terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), "utf-8")
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process that knows only this home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EVERLORE_", "XDG_"))}
    return {**kept, "EVERLORE_HOME": str(home), "NO_COLOR": "", **more}


class Lore:
    """The command line on one home, in this process."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home = home
        self.directory = home.parent
        """Where it runs: in no project, unlike this checkout."""
        self.environ = environment(home, **environ)

    def __call__(self, *arguments: str, stdin: bytes = b"", terminal: bool = False, asks: bool = False) -> Ended:
        """Run a command; `terminal` is what standard output and error claim to be, `asks` what standard input does."""
        out, err = Stream(terminal=terminal), Stream(terminal=terminal)
        self.directory.mkdir(parents=True, exist_ok=True)
        with (
            chdir(self.directory),
            patch.dict(os.environ, self.environ, clear=True),
            patch.object(sys, "stdin", Stream(stdin, asks)),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            status = run(list(arguments))
        return Ended(status, out.text(), err.text())

    def json(self, *arguments: str, stdin: bytes = b"") -> Any:
        """Run a command that must succeed and return its answer."""
        ended = self(*arguments, "--json", stdin=stdin)
        assert ended.status == 0, ended
        assert ended.err == "", ended
        return ended.answer

    def process(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run a command as a process of its own."""
        self.directory.mkdir(parents=True, exist_ok=True)
        given: dict[str, Any] = {
            "stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 60, "cwd": self.directory, **options,
        }  # fmt: skip
        return subprocess.run([*LORE, *arguments], env=self.environ, check=False, **given)
