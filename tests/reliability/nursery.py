"""A process that has everything imported and forks a child for each deed, so that starting one costs milliseconds.

Run as a program it reads one JSON object a line: `{"deed", "given", "result", "uid"}` starts a deed of `deeds` in a
child and answers its process id; `{"wait": pid}` answers how it ended (negative: the signal that killed it). A deed writes
what it returns, or the error it raised, to the file `result`. Children that are left when the input ends are killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PUBLIC = "/tmp" if os.geteuid() == 0 else None
"""Where root puts what a child that is another user has to reach; for everybody else the usual place will do."""


class Nursery:
    """The nursery as its user sees it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._results = Path(tempfile.mkdtemp(prefix="everlore-nursery-", dir=PUBLIC))
        self._results.chmod(0o777)
        self._count = 0

    def start(self, deed: str, *, uid: int | None = None, **given: Any) -> int:
        """Begin a deed and return its process id."""
        self._count += 1
        self._last = self._results / f"{self._count}.json"
        given = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
        pid: int = self._ask({"deed": deed, "given": given, "result": str(self._last), "uid": uid})
        return pid

    def wait(self, pid: int) -> int:
        """Wait for a deed to end and return its exit status, or minus the signal that ended it."""
        status: int = self._ask({"wait": pid})
        return status

    def do(self, deed: str, **given: Any) -> Any:
        """Do a deed to its end and return what it returned."""
        pid = self.start(deed, **given)
        result = self._last
        status = self.wait(pid)
        assert status == 0, f"{deed} ended with {status}"
        return json.loads(result.read_text("utf-8"))

    def close(self) -> None:
        """End every child and the nursery itself."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        shutil.rmtree(self._results)

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _serve() -> None:
    import deeds

    deeds.warm_up()
    children: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            pid, status = os.waitpid(request["wait"], 0)
            children.discard(pid)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                _live(deeds, request)
            children.add(answer)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _live(deeds: Any, request: dict[str, Any]) -> None:
    status = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        if request["uid"] is not None:
            os.setgroups([])
            os.setgid(request["uid"])
            os.setuid(request["uid"])
        result = getattr(deeds, request["deed"])(**request["given"])
        Path(request["result"]).write_text(json.dumps(result), "utf-8")
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve()
