"""Mining that dies anywhere, or runs twice at once: every turn is there, and none is there twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from everlore.app.open import open_app
from everlore.bench import transcripts
from everlore.core.config import Config

MEGABYTES, EACH = 36, 6
"""So much that a second process reads ahead."""
COMMAND = [sys.executable, "-m", "everlore", "mine", "--history", "--json"]


def surroundings(home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("EVERLORE_", "CLAUDE_", "CODEX_", "XDG_"))
    }
    return kept | {
        "HOME": str(home),
        "EVERLORE_HOME": str(home / "memory"),
        "EVERLORE_MODEL": "none",
        "EVERLORE_BUSY_TIMEOUT_MS": "60000",
    }


def start(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(COMMAND, env=surroundings(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors.decode()
    answer: dict[str, Any] = json.loads(output)
    return answer


def expected(files: list[Path]) -> Counter[str]:
    """Return how many turns each session has, by what its file says."""
    counts: Counter[str] = Counter()
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            content = json.loads(line)["message"]["content"]
            counts[file.stem] += isinstance(content, str) or content[0]["type"] in {"text", "tool_result"}
    return counts


def assert_whole(home: Path, files: list[Path]) -> None:
    with open_app(Config(home / "memory", model="none", start_daemon=False)) as app:
        found = {each.session: each.turns for each in app.call("sessions", {"limit": 100}).sessions}
        assert found == dict(expected(files))
        verified = app.call("verify", {})
        assert verified.ok, verified.problems


def below(process: int) -> list[int]:
    """Return the processes that a process has started."""
    try:
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The transcripts of a few sessions, each longer than what is stored at once."""
    return transcripts.write(tmp_path, MEGABYTES, each=EACH)


@pytest.mark.timeout(180)
def test_mining_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path, files: list[Path]):
    chance, killed, readers = random.Random(), 0, list[int]()
    while killed < 12:
        running = start(tmp_path)
        time.sleep(chance.uniform(0.2, 0.9))  # the point at which it dies, which is to be anywhere
        if running.poll() is not None:
            finish(running)
            break
        readers += below(running.pid)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        killed += 1
    assert killed, "it was over before it could be killed"
    last = finish(start(tmp_path))
    assert last["failed"] == []
    assert_whole(tmp_path, files)
    assert finish(start(tmp_path))["read"] == 0
    assert not any(map(is_alive, readers)), "a reader outlived what it read for"


@pytest.mark.timeout(180)
def test_two_that_mine_at_once_store_everything_once(tmp_path: Path, files: list[Path]):
    both = [start(tmp_path), start(tmp_path)]
    answers = [finish(process) for process in both]
    assert sum(answer["turns"] for answer in answers) == expected(files).total()
    assert [answer["failed"] for answer in answers] == [[], []]
    assert_whole(tmp_path, files)
    finish(start(tmp_path))
    assert finish(start(tmp_path))["read"] == 0
