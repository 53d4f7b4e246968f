"""A backup of a store that is being written holds one moment of it, with everything acknowledged before it began."""

import json
import os
import signal
from pathlib import Path

import pytest
from nursery import Nursery
from test_kill import acknowledged, assert_kept

from everlore.app.open import open_app
from everlore.core.config import Config


@pytest.mark.parametrize("encrypted", [False, True])
def test_backups_while_others_write_are_whole_and_complete(nursery: Nursery, tmp_path: Path, encrypted: bool):
    home = tmp_path / "home"
    nursery.do("write", home=home, acks=tmp_path / "0.acks", seed=0, steps=30)
    if encrypted:
        nursery.do("change_key", home=home, what="encrypt", key=tmp_path / "key")
    writers = [nursery.start("write", home=home, acks=tmp_path / f"{n}.acks", seed=n) for n in (1, 2)]
    taken = []
    with open_app(Config(home, busy_timeout_ms=60_000)) as app:
        for number in range(5):
            lines = acknowledged(tmp_path)
            answer = app.call("backup", {"path": str(tmp_path / f"backup{number}.db")})
            assert answer.bytes == Path(answer.path).stat().st_size
            taken.append((answer.path, lines))
    for writer in writers:
        os.kill(writer, signal.SIGKILL)
        nursery.wait(writer)
    assert len(acknowledged(tmp_path)) > len(taken[0][1]), "the others went on writing"
    with open_app(Config(tmp_path / "other")) as other:
        for path, lines in taken:
            assert Path(path + ".encryption.json").exists() == encrypted
            other.call("restore-backup", {"path": path})
            there = [line for line in lines if line[0] != "forget"]
            assert_kept(other, there)


def test_a_backup_of_a_large_store_is_not_held_up_by_writers(nursery: Nursery, tmp_path: Path):
    home, path = tmp_path / "home", tmp_path / "talk.jsonl"
    turns = (
        {"session": f"s{n % 50}", "id": str(n), "speaker": "Ann", "text": f"remark {n} " + "word " * 100}
        for n in range(15_000)
    )
    path.write_text("\n".join(map(json.dumps, turns)))
    with open_app(Config(home)) as app:
        app.call("import", {"path": str(path)})
        assert app.call("status", {}).bytes > 16 << 20, "or it would be copied in one step"
        writer = nursery.start("write", home=home, acks=tmp_path / "1.acks", seed=1)
        app.call("backup", {"path": str(tmp_path / "b.db")})
        os.kill(writer, signal.SIGKILL)
        nursery.wait(writer)


def test_an_export_while_others_write_is_of_one_moment(nursery: Nursery, tmp_path: Path):
    home = tmp_path / "home"
    nursery.do("write", home=home, acks=tmp_path / "0.acks", seed=0, steps=30)
    writer = nursery.start("write", home=home, acks=tmp_path / "1.acks", seed=1)
    with open_app(Config(home, busy_timeout_ms=60_000)) as app:
        lines = acknowledged(tmp_path)
        for number in range(5):
            app.call("export", {"path": str(tmp_path / f"{number}.jsonl")})
    os.kill(writer, signal.SIGKILL)
    nursery.wait(writer)
    for number in range(5):
        with open_app(Config(tmp_path / str(number))) as other:
            other.call("import", {"path": str(tmp_path / f"{number}.jsonl")})
            assert_kept(other, [line for line in lines if line[0] != "forget"])


def test_one_statement_from_many_processes_is_kept_once(nursery: Nursery, tmp_path: Path):
    said = [("remember", {"text": "Redis listens on port 6380"})] * 5
    running = [nursery.start("attempt", home=tmp_path / "home", operations=said) for _ in range(6)]
    assert [nursery.wait(pid) for pid in running] == [0] * 6
    with open_app(Config(tmp_path / "home")) as app:
        assert app.call("list", {}).total == 1
        assert app.call("status", {}).journal == 1
