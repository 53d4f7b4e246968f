"""`lore logs`: what a server without a terminal says of itself, without what others said to it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commanding import LORE, Lore, environment
from everlore import __version__
from everlore.surfaces import daemon, log


@pytest.fixture
def lore(tmp_path: Path) -> Iterator[Lore]:
    lore = Lore(tmp_path / "home", EVERLORE_PORT="0")
    try:
        yield lore
    finally:
        daemon.stop(str(lore.home))


def says(home: Path, code: str) -> str:
    """Run code in a process whose output is the log of `home` and return the log."""
    code = f"import logging; from pathlib import Path; from everlore.surfaces import log; log.begin(Path({str(home)!r}))\n{code}"
    ended = subprocess.run([sys.executable, "-c", code], env=environment(home), capture_output=True, check=False)
    assert (ended.stdout, ended.stderr) == (b"", b"")
    return log.path(home).read_text()


def test_a_server_logs_that_it_starts_and_that_it_ends(lore: Lore) -> None:
    told = lore.json("up")
    lore.json("down")
    answer = lore.json("logs")
    assert answer["path"] == str(lore.home / "logs" / "daemon.log")
    first, last = answer["lines"][0], answer["lines"][-1]
    assert first.endswith(f"info: {log.STARTED}: version {__version__}, process {told['pid']}, {told['url']}")
    assert last.endswith(f"info: {log.ENDS}: process {told['pid']}")
    assert lore("logs", "-n", "1").out == last + "\n"


def test_without_a_log_it_says_who_writes_one(lore: Lore) -> None:
    ended = lore("logs")
    assert (ended.status, ended.out) == (0, "")
    assert "`lore up`" in ended.err
    assert not lore.home.exists()


def test_nothing_that_was_said_to_a_server_is_in_its_log(lore: Lore) -> None:
    lore.json("up")
    secret = "gh" + "p_" + "a1B2" * 9
    lore.json("remember", "The harbour master is called Ebbe")
    lore("recall", "Who is the harbour master?")
    lore("get", secret)
    lore.json("down")
    text = (lore.home / "logs" / "daemon.log").read_text()
    assert "harbour" not in text
    assert secret not in text


def test_an_error_is_logged_by_its_kind_and_place_and_a_secret_by_its_kind(tmp_path: Path) -> None:
    secret = "gh" + "p_" + "a1B2" * 9
    text = says(
        tmp_path,
        "try:\n raise ValueError('what Ebbe said')\nexcept ValueError:\n"
        f" logging.getLogger('everlore.http').exception('POST /x/{secret} failed\\nERROR: forged')\n"
        "try:\n open('/nowhere/at/all')\nexcept OSError as error:\n logging.getLogger('asyncio').error('no', exc_info=error)\n",
    )
    first, second = text.splitlines()
    assert "Ebbe" not in text
    assert secret not in text
    assert "error: POST /x/[redacted:" in first
    assert first.endswith("ValueError at <string>:3")
    assert "FileNotFoundError (No such file or directory) at" in second


def test_what_a_thread_raises_and_what_is_printed_are_in_the_log(tmp_path: Path) -> None:
    text = says(
        tmp_path,
        "import threading, sys\ndef fail(): raise KeyError('Ebbe')\nt = threading.Thread(target=fail); t.start(); t.join()\n"
        "print('printed', flush=True); sys.stderr.write('told\\n')",
    )
    assert "a thread ended: KeyError at" in text
    assert "Ebbe" not in text
    assert text.endswith("printed\ntold\n")


def test_a_large_log_makes_way_and_one_old_one_is_kept(tmp_path: Path) -> None:
    file = log.path(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text("older\n" + "x" * log.LARGEST + "\nlast\n")
    log.before(tmp_path).write_text("oldest\n")
    says(tmp_path, "log.log.info('new')")
    assert log.before(tmp_path).read_text().startswith("older\n")
    assert len(log.tail(tmp_path, 10)) == 4
    assert Lore(tmp_path)("logs", "-n", "2").out.startswith("last\n")
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(each.name for each in file.parent.iterdir()) == ["daemon.log", "daemon.log.1"]


def test_a_log_makes_way_while_its_server_runs(tmp_path: Path) -> None:
    says(tmp_path, f"print('x' * {log.LARGEST}, flush=True)\nlog.log.info('one')\nlog.log.info('two')")
    assert [line.split(": ")[-1] for line in log.path(tmp_path).read_text().splitlines()] == ["one", "two"]
    assert log.before(tmp_path).stat().st_size == log.LARGEST + 1


def test_following_goes_on_through_a_change_of_file(tmp_path: Path) -> None:
    file = log.path(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text("there before\n")
    with subprocess.Popen(
        [*LORE, "logs", "--follow"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "there before\n"
        with file.open("a") as opened:
            opened.write("more\n")
        file.rename(log.before(tmp_path))
        file.write_text("in the new one\n")
        assert process.stdout.readline() == "more\n"
        assert process.stdout.readline() == "in the new one\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == ""


def test_the_log_shows_control_characters_and_refuses_to_follow_as_json(tmp_path: Path) -> None:
    log.path(tmp_path).parent.mkdir(parents=True)
    log.path(tmp_path).write_text("a\x1b[2Jb\n")
    assert Lore(tmp_path)("logs").out == "a\\x1b[2Jb\n"
    ended = Lore(tmp_path)("logs", "--follow", "--json")
    assert (ended.status, ended.error["field"]) == (2, "follow")
