import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from everlore.sessions import spool


def delivery(**more: object) -> dict[str, object]:
    return {
        "key": spool.key(),
        "client": "codex",
        "event": "Stop",
        "at": 1,
        "cwd": "/",
        "env": {},
        "payload": {},
        **more,
    }


def test_what_was_put_waits_in_order_until_it_is_removed(tmp_path: Path):
    home = str(tmp_path)
    given = [delivery(payload={"n": n}) for n in range(20)]
    assert all(spool.put(home, each) for each in given)
    names = spool.names(home)
    assert [spool.read(home, name) for name in names] == given
    count, oldest, size = spool.waiting(home)
    assert count == 20
    assert oldest is not None
    assert abs(oldest - time.time() * 1000) < 60_000
    assert size > 0
    spool.remove(home, names)
    assert spool.names(home) == []


def test_nobody_else_may_read_it(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    spool.put(str(home), delivery())
    place = home / "spool"
    assert place.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in place.iterdir())


def test_what_is_no_delivery_is_set_aside_and_holds_up_nothing(tmp_path: Path):
    home = str(tmp_path)
    spool.put(home, delivery())
    (tmp_path / "spool" / "0000000000000000001-1-00.json").write_bytes(b"\xff{")
    found = [spool.read(home, name) for name in spool.names(home)]
    assert [each is None for each in found] == [True, False]
    assert len(spool.bad(home)) == 1
    assert len(spool.names(home)) == 1


def test_half_an_emoji_does_not_cost_the_delivery(tmp_path: Path):
    home = str(tmp_path)
    given = {"output": "cut \ud83d", "whole": "\U0001f600", "spelled": "\\ud83d", "both": "\ud83d\U0001f600\ude00"}
    spool.put(home, delivery(payload=given))
    found = spool.read(home, spool.names(home)[0])
    assert found is not None
    assert found["payload"] == {
        "output": "cut \ufffd", "whole": "\U0001f600", "spelled": "\\ud83d", "both": "\ufffd\U0001f600\ufffd",
    }  # fmt: skip


def test_one_process_drains_at_a_time_and_a_dead_one_holds_nothing(tmp_path: Path):
    home = str(tmp_path)
    first = spool.lock(home)
    assert first is not None
    assert spool.lock(home) is None
    os.close(first)
    code = f"import os; from everlore.sessions import spool; spool.lock({home!r}); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    again = spool.lock(home)
    assert again is not None
    os.close(again)


def test_it_is_bounded_and_says_what_it_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = str(tmp_path)
    monkeypatch.setattr(spool, "MOST", 3)
    put = [spool.put(home, delivery()) for _ in range(6)]
    assert put == [True, True, True, True, False, False]
    assert spool.put(home, delivery(payload={"text": "x" * spool.LARGEST})) is False
    assert spool.refused(home) == 3


def test_what_is_too_old_is_given_up(tmp_path: Path):
    home = str(tmp_path)
    spool.put(home, delivery())
    spool.put(home, delivery())
    old = tmp_path / "spool" / spool.names(home)[0]
    os.utime(old, (1, 1))
    assert spool.expire(home) == 1
    assert len(spool.names(home)) == 1


def test_a_key_names_a_file_and_nothing_else_does():
    assert spool.is_key(spool.key())
    assert not spool.is_key("../../" + spool.key())
    assert not spool.is_key("")
