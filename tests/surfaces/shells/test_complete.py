"""Completions in bash, zsh and fish as they run: what is offered, where it is put, and how it goes away again."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

from commanding import Lore
from everlore.app.operations import BY_NAME
from everlore.surfaces.cli.group import EXTRA
from everlore.surfaces.shells import complete, projection
from everlore.surfaces.shells.scripts import SHELLS

from .terminals import needs, on_path

every_shell = pytest.mark.parametrize("shell", SHELLS)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    Lore(home)("remember", "The gateway listens on port 8443", "--namespace", "acme/web", "--title", "Gateway")
    monkeypatch.setenv("EVERLORE_HOME", str(home))
    return home


def offered(*words: str) -> list[str]:
    return [line.partition("\t")[0] for line in complete.answer(list(words)).splitlines()]


def test_what_is_written_of_the_other_commands_is_what_they_are():
    assert projection.FILE.read_text("utf-8") == projection.described(), "run python tools/docs.py"


def test_commands_options_choices_and_what_is_kept_are_offered(home: Path):
    assert {*BY_NAME, *EXTRA} <= set(offered(""))
    assert offered("reca") == ["recall"] and offered("no-such", "") == []
    assert offered("recall", "x", "--name") == ["--namespace"]
    assert "--namespace" not in offered("recall", "--namespace", "acme", "-")
    assert offered("remember", "x", "--kind", "dec") == ["decision"]
    assert (
        offered("remember", "x", "--kind=dec") == offered("remember", "x", "--kind", "=", "dec") == ["--kind=decision"]
    )
    assert offered("recall", "--namespace", "ac") == ["acme", "acme/web"]
    [memory] = Lore(home).json("list")["memories"]
    assert complete.answer(["get", ""]) == f"{memory['id']}\tGateway\n"
    assert offered("get", memory["id"], "") == [] and offered("recall", "") == []
    assert offered("handoff", "acc") == ["accept"] and "--id" not in offered("handoff", "accept", "-")
    assert offered("import", "") == [":file"] and offered("recall", "x", "--cwd", "") == [":directory"]
    assert offered("ask", "--provider", "cl") == ["claude"]
    assert {"add", "list", "pull", "use"} <= set(offered("model", ""))
    assert offered("model", "pull", "--source", "h") == ["hub"]
    assert "claude-code" in offered("install", "cla") and offered("shell-init", "bash", "oll") == ["ollama"]
    assert offered("recall", "--", "--n") == []


def test_an_agent_is_shown_nothing_of_what_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVERLORE_AGENT", "codex")
    assert offered("get", "") == [] and offered("recall", "--namespace", "") == []


def test_a_store_that_cannot_be_read_is_no_complaint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVERLORE_HOME", str(tmp_path))
    assert offered("get", "") == [] and not list(tmp_path.iterdir())
    (tmp_path / "everlore.db").write_bytes(b"\xff" * 9000)
    assert offered("get", "") == []
    assert complete.answer([]) and complete.answer(["\udcff", "\udcff"]) == ""


def test_titles_cannot_move_the_cursor(home: Path):
    Lore(home)("remember", "Another one about the mast\nx", "--title", "evil \x1b]0;x\x07 \t title")
    assert "\x1b" not in complete.answer(["get", ""]) and complete.answer(["get", ""]).count("\t") == 2


def in_terminal(command: list[str], keys: bytes, environ: dict[str, str], until: bytes, cwd: Path) -> bytes:
    """Type into a program on a terminal and return all it wrote until it wrote something."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environ, cwd=cwd, start_new_session=True
    )
    os.close(slave)
    os.write(master, keys)
    said, deadline = b"", time.monotonic() + 40
    try:
        while until not in said and time.monotonic() < deadline:
            if select.select([master], [], [], 0.2)[0]:
                said += os.read(master, 4096)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    return said


def test_bash_completes(tmp_path: Path, home: Path):
    script = """
source <(lore completions bash)
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lore; printf '%s\\n' "${COMPREPLY[*]}"; }
try lore reca
try lore recall --namespace ''
try lore remember x --kind = dec
"""
    done = subprocess.run(
        [needs("bash"), "--norc", "-c", script],
        env=on_path(tmp_path, home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("recall\nacme acme/web\ndecision\n", "")


def test_fish_completes(tmp_path: Path, home: Path):
    script = "lore completions fish | source; complete -C 'lore reca'; complete -C 'lore recall --namespace acme/'"
    done = subprocess.run([needs("fish"), "--no-config", "-c", script], env=on_path(tmp_path, home), capture_output=True, text=True, check=False)  # fmt: skip
    assert done.stdout.splitlines()[0].startswith("recall\tFind what is relevant") and "acme/web" in done.stdout
    assert done.stderr == ""


def test_zsh_completes_on_a_terminal(tmp_path: Path, home: Path):
    environ = on_path(tmp_path, home)
    (tmp_path / "user" / ".zshrc").write_text("PS1='$ '\neval \"$(lore completions zsh)\"\n")
    typed = b'lore remember x --kind deci\t && print -r DONE-"$?"\n'
    said = in_terminal([needs("zsh"), "-i"], typed, environ, b"DONE-0\r\n", tmp_path)
    assert b"DONE-0\r\n" in said, said.decode()
    assert Lore(home).json("list", "--kind", "decision")["memories"][0]["text"] == "x"


@every_shell
def test_installing_is_idempotent_and_leaves_nothing_when_it_is_taken_out(tmp_path: Path, home: Path, shell: str):
    environ = on_path(tmp_path, home)
    user = tmp_path / "user"
    lore = Lore(home, HOME=str(user), SHELL=f"/usr/bin/{shell}", PATH=environ["PATH"])
    start_up = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/completions/lore.fish"}[shell]
    before = b"# mine \xc3\xa4\nalias ll='ls -l'"
    if shell != "fish":
        (user / start_up).write_bytes(before)
    assert json.loads(lore("completions", "--install", "--json").out) == {"shell": shell, "path": str(user / start_up), "changed": True}  # fmt: skip
    once = (user / start_up).read_bytes()
    assert lore("completions", "--install").err.endswith("nothing to change\n")
    assert (user / start_up).read_bytes() == once
    if shell == "fish":
        done = subprocess.run(
            [needs("fish"), "-c", "complete -C 'lore reca'"], env=environ, capture_output=True, text=True, check=False
        )
        assert done.stdout.startswith("recall")
    else:
        interactive = [needs(shell), "-i", "-c", "type _lore >/dev/null && echo it completes"]
        done = subprocess.run(
            interactive, env=environ, capture_output=True, text=True, check=False, start_new_session=True
        )
        assert done.stdout == "it completes\n", done.stderr
    assert json.loads(lore("completions", "--remove", "--json").out)["changed"] is True
    if shell == "fish":
        assert not (user / start_up).exists()
    else:
        assert (user / start_up).read_bytes() == before + b"\n"
    assert lore("completions", "--remove").err.endswith("nothing to change\n")


def test_a_shell_that_is_not_known_is_named(home: Path):
    ended = Lore(home, SHELL="/bin/tcsh")("completions")
    assert ended.status == 2 and "one of bash, zsh, fish" in ended.err
    assert Lore(home, SHELL="/bin/zsh")("completions").out.startswith("#compdef lore")
    assert Lore(home)("completions", "bash", "--install", "--remove").status == 2
