"""kill -9 at any point: what was acknowledged is there, and what is there agrees with itself."""

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from nursery import Nursery

from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config

ROUNDS = 200
WRITERS = 3


def acknowledged(directory: Path) -> list[list[Any]]:
    """Return every line that a writer had written when it was killed."""
    return [json.loads(line) for path in sorted(directory.glob("*.acks")) for line in path.read_text().splitlines()]


def assert_kept(app: App, lines: list[list[Any]]) -> None:
    """Assert that nothing of what was acknowledged is missing, and that the store is whole."""
    verified = app.call("verify", {})
    assert verified.ok, verified.problems
    turns = {path: 0 for _, path, *_ in (line for line in lines if line[0] == "import")}
    with app.read() as unit:
        for row in unit.rows("turns_all"):
            name = row[9].split()[5]
            if name in turns:
                turns[name] += 1
    for what, name, *rest in lines:
        if what == "import":
            assert turns[name] == rest[0], f"of {rest[0]} turns acknowledged {turns[name]} are there"
        elif what == "remember":
            assert app.call("history", {"id": name}).revisions[0].text == rest[0]
        elif what == "revise":
            assert app.call("history", {"id": name}).revisions[rest[0] - 1].text == rest[1]
        else:
            state = {"forget": "archived", "undo": "withdrawn"}[what]
            assert app.call("get", {"id": name}).memory.state == state


@pytest.mark.timeout(180)
def test_no_acknowledged_write_is_lost_in_two_hundred_kills_of_concurrent_writers(nursery: Nursery, tmp_path: Path):
    home, chance = tmp_path / "home", random.Random()
    seeds = iter(range(10**6))

    def start() -> int:
        seed = next(seeds)
        return nursery.start("write", home=home, acks=tmp_path / f"{seed:04}.acks", seed=seed)

    running = [start() for _ in range(WRITERS)]
    for number in range(ROUNDS):
        time.sleep(chance.uniform(0, 0.08))  # the point at which it dies, which is to be anywhere
        victim = running.pop(chance.randrange(len(running)))
        os.kill(victim, signal.SIGKILL)
        assert nursery.wait(victim) == -signal.SIGKILL, "a writer ended by itself"
        if number % 50 == 49:
            with open_app(Config(home, busy_timeout_ms=60_000)) as app:
                assert app.call("verify", {}).ok
        running.append(start())
    for victim in running:
        os.kill(victim, signal.SIGKILL)
        nursery.wait(victim)
    lines = acknowledged(tmp_path)
    assert len(lines) > ROUNDS
    assert {line[0] for line in lines} == {"remember", "revise", "forget", "undo", "import"}
    with open_app(Config(home)) as app:
        assert_kept(app, lines)
        app.call("rebuild", {})
        assert_kept(app, lines)


def test_a_hundred_first_openings_at_once_make_one_store(nursery: Nursery, tmp_path: Path):
    for number in range(10):
        home = tmp_path / str(number)
        running = [
            nursery.start("write", home=home, acks=tmp_path / f"{number}-{n}.acks", seed=n, steps=3) for n in range(10)
        ]
        assert [nursery.wait(pid) for pid in running] == [0] * 10
        lines = [line for line in acknowledged(tmp_path) if line]
        for path in tmp_path.glob("*.acks"):
            path.unlink()
        with open_app(Config(home)) as app:
            assert_kept(app, lines)


def test_a_kill_while_a_store_is_made_leaves_one_that_opens(nursery: Nursery, tmp_path: Path):
    chance = random.Random()
    for number in range(30):
        pid = nursery.start("write", home=tmp_path / str(number), acks=tmp_path / f"{number}.acks", seed=number)
        time.sleep(chance.uniform(0, 0.03))  # somewhere in its first steps
        os.kill(pid, signal.SIGKILL)
        nursery.wait(pid)
        with open_app(Config(tmp_path / str(number))) as app:
            path = tmp_path / f"{number}.acks"
            lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
            assert_kept(app, lines)
            assert app.call("remember", {"text": "It goes on"}).outcome == "kept"


def test_an_import_that_was_killed_is_completed_by_importing_again(nursery: Nursery, tmp_path: Path):
    path = tmp_path / "talk.jsonl"
    turns = (
        {"session": f"s{n % 7}", "id": str(n), "speaker": "Ann", "text": f"remark {n} about the harbour"}
        for n in range(12_000)
    )
    path.write_text("\n".join(map(json.dumps, turns)))
    chance, home, parts = random.Random(), tmp_path / "home", set[int]()
    for _ in range(12):
        pid = nursery.start("attempt", home=home, operations=[("import", {"path": str(path)})])
        time.sleep(chance.uniform(0.02, 0.6))  # somewhere on its way
        os.kill(pid, signal.SIGKILL)
        nursery.wait(pid)
        with open_app(Config(home)) as app:
            assert app.call("verify", {}).ok
            parts.add(app.call("status", {}).turns)
    assert parts <= {0, 5_000, 10_000, 12_000}, "a part comes in whole or not at all"
    with open_app(Config(home)) as app:
        app.call("import", {"path": str(path)})
        assert app.call("status", {}).turns == 12_000
        assert app.call("verify", {}).ok
