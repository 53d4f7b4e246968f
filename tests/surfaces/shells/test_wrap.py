"""Commands of models with memory around them, in bash, zsh and fish, on pipes and on terminals, with a command that tells on itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from commanding import Lore
from everlore.surfaces.shells import clis
from everlore.surfaces.shells.scripts import SHELLS

from .terminals import needs, on_path, on_terminal

QUESTION = "Which port does the message broker listen on?"
every_shell = pytest.mark.parametrize("shell", SHELLS)

FAKE = r"""#!{python}
import json, os, signal, sys, time
words = sys.argv[1:]
if "--die" in words:
    os.kill(os.getpid(), signal.SIGKILL)
if "-p" in words or "run" in words or "exec" in words:
    with open({log!r}, "a") as log:
        log.write(json.dumps({{"name": os.path.basename(sys.argv[0]), "words": words, "tty": [os.isatty(n) for n in range(3)],
            "stdin": "" if os.isatty(0) else sys.stdin.read()}}) + "\n")
    print("On port \x1b[1m1884\x1b[0m.", flush=True)
    if "--verbose" in words:
        print("still", flush=True)
        time.sleep(30)
    sys.exit(3 if "--bare" in words else 0)
size = os.get_terminal_size(0) if os.isatty(0) else ""
os.write(1, f"interactive {{words}} {{[os.isatty(n) for n in range(3)]}} {{size}} ready 1\n".encode())
for number, line in enumerate(sys.stdin, 2):
    if line.strip() == "quit":
        sys.exit(7)
    os.write(1, f"you said {{line!r}} ready {{number}}\n".encode())
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    Lore(home)("remember", "The message broker listens on port 1884")
    return home


@pytest.fixture
def environ(tmp_path: Path, home: Path) -> dict[str, str]:
    given = on_path(tmp_path, home)
    for name in ("claude", "ollama", "codex"):
        program = tmp_path / "bin" / name
        program.write_text(FAKE.format(python=sys.executable, log=str(tmp_path / "log")))
        program.chmod(0o755)
    return given


def ran(tmp_path: Path) -> list[dict]:
    log = tmp_path / "log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def shelled(shell: str, line: str, environ: dict[str, str], cwd: Path, **more) -> subprocess.CompletedProcess[bytes]:
    """Run a line in a shell that has the functions."""
    init = (
        "lore shell-init fish claude ollama | source"
        if shell == "fish"
        else f'eval "$(lore shell-init {shell} claude ollama)"'
    )
    plain = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    given = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 60, **more}
    return subprocess.run([needs(shell), *plain, "-c", f"{init}\n{line}"], env=environ, cwd=cwd, check=False, **given)


def turns(home: Path) -> list[str]:
    found = Lore(home).json("sessions")["sessions"]
    return [f"{each['client']}: {each['turns']} {each['about']}" for each in found]


@every_shell
def test_one_prompt_is_told_what_is_remembered_and_the_exchange_is_kept(
    shell: str, tmp_path: Path, home: Path, environ
):
    done = shelled(shell, f"claude -p --model 'a b' '{QUESTION}'; echo =", environ, tmp_path)
    assert done.stdout.startswith(b"On port \x1b[1m1884\x1b[0m.\n=\n") and done.stderr == b""
    [call] = ran(tmp_path)
    assert call["words"][:3] == ["-p", "--model", "a b"]
    assert "> The message broker listens on port 1884" in call["words"][3]
    assert call["words"][3].endswith(f"</everlore-memory>\n\n{QUESTION}")
    assert turns(home) == [f"claude: 2 {QUESTION}"]
    found = Lore(home).json("transcripts-search", "port")["items"]
    assert any(item["text"] == "On port 1884." for item in found)


@every_shell
def test_exit_codes_pipes_and_quoting_are_the_commands_own(shell: str, tmp_path: Path, home: Path, environ):
    code = "$status" if shell == "fish" else "$?"
    done = shelled(shell, f"claude -p --bare '{QUESTION}'; echo {code}", environ, tmp_path)
    assert done.stdout.endswith(b"\n3\n") and turns(home) == []
    done = shelled(shell, "echo piped | claude -p 'two  words \"$HOME\" * é' | tr a-z A-Z", environ, tmp_path)
    assert done.stdout == b"ON PORT \x1b[1M1884\x1b[0M.\n"
    call = ran(tmp_path)[-1]
    assert call["words"][1].endswith('two  words "$HOME" * é') and call["stdin"] == "piped\n"
    done = shelled(shell, f"claude --die; echo {code}", environ, tmp_path)
    assert done.stdout == b"137\n"
    done = shelled(
        shell, "claude -p a b; ollama run m; ollama list; claude", environ, tmp_path, stdin=None, input=b"quit\n"
    )
    assert b"everlore" not in done.stdout and ran(tmp_path)[-2]["words"] == ["-p", "a", "b"]


@every_shell
def test_the_switch_is_off_where_somebody_says_so_and_a_broken_lore_is_in_nobodys_way(
    shell: str, tmp_path: Path, home: Path, environ
):
    line = f"claude -p '{QUESTION}'"
    assert shelled(shell, line, {**environ, "EVERLORE_WRAP": "off"}, tmp_path).returncode == 0
    assert ran(tmp_path)[-1]["words"] == ["-p", QUESTION]
    broken = tmp_path / "broken"
    broken.write_text("no directory")
    done = shelled(shell, line, {**environ, "EVERLORE_HOME": str(broken)}, tmp_path)
    assert (done.returncode, done.stderr) == (0, b"") and ran(tmp_path)[-1]["words"] == ["-p", QUESTION]
    assert turns(home) == []


@every_shell
def test_interactive_use_on_a_terminal_is_byte_for_byte_what_it_was(shell: str, tmp_path: Path, home: Path, environ):
    plain = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    init = (
        "lore shell-init fish claude ollama | source"
        if shell == "fish"
        else f'eval "$(lore shell-init {shell} claude ollama)"'
    )
    typed = ((b"ready 1\r\n", b"hello \xc3\xa4\n"), (b"ready 2\r\n", b"quit\n"))
    for call in ("claude", "claude --model x 'a prompt to begin with'", "claude -c", "ollama run llama3"):
        with_it = on_terminal([needs(shell), *plain, "-c", f"{init}; {call}"], environ, tmp_path, *typed)
        without = on_terminal([needs(shell), *plain, "-c", call], environ, tmp_path, *typed)
        if call != "ollama run llama3":
            assert b"[True, True, True]" in without[0] and without[1] == 7
        assert with_it == without
    assert turns(home) == []


def test_wrap_itself_becomes_a_command_that_it_does_not_understand(tmp_path: Path, home: Path, environ):
    typed = ((b"ready 1\r\n", b"hello\n"), (b"ready 2\r\n", b"quit\n"))
    program = str(tmp_path / "bin" / "claude")
    for words in ([], ["-c"], ["a prompt"], ["--unknown", "x y"]):
        without = on_terminal([program, *words], environ, tmp_path, *typed)
        assert on_terminal(["lore", "wrap", "claude", *words], environ, tmp_path, *typed) == without
    gone = subprocess.run(["lore", "wrap", "no-such-command", "x"], env=environ, capture_output=True, check=False)
    assert (gone.returncode, gone.stderr) == (127, b"error: no-such-command is not found\n")


def test_on_a_terminal_one_prompt_still_has_a_terminal_and_changes_no_byte(tmp_path: Path, home: Path, environ):
    said, status = on_terminal(["lore", "wrap", "claude", "-p", QUESTION], environ, tmp_path)
    assert (said, status) == (b"On port \x1b[1m1884\x1b[0m.\r\n", 0)
    assert ran(tmp_path)[0]["tty"] == [True, True, True] and turns(home) == [f"claude: 2 {QUESTION}"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both_and_what_came_is_kept(number: int, tmp_path: Path, home: Path, environ):
    words = ["lore", "wrap", "claude", "-p", "--verbose", QUESTION]
    process = subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, cwd=tmp_path)  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() and process.stdout.readline() == b"still\n"
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as the key does: to all that run there
    else:
        process.send_signal(number)
    assert process.wait(90) == -number
    process.stdout.close()
    assert turns(home) == [f"claude: 2 {QUESTION}"]


def test_a_client_that_has_hooks_of_ours_is_not_told_twice(tmp_path: Path, home: Path, environ):
    (home / "agents.json").write_text(
        json.dumps({"/x/settings.json": {"clients": ["claude-code"], "parts": ["hooks"]}})
    )
    subprocess.run(["lore", "wrap", "claude", "-p", QUESTION], env=environ, capture_output=True, check=True)
    assert ran(tmp_path)[0]["words"] == ["-p", QUESTION] and turns(home) == []


def test_an_answer_for_a_program_is_not_kept(tmp_path: Path, home: Path, environ):
    subprocess.run(
        ["lore", "wrap", "claude", "-p", "--output-format", "json", QUESTION],
        env=environ,
        capture_output=True,
        cwd=tmp_path,
        check=True,
    )
    assert "everlore-memory" in ran(tmp_path)[0]["words"][3] and turns(home) == []


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("claude", None), ("claude -p", None), ("claude -p|hello there", 1), ("claude hello there", None), ("claude -p|x|--unknown", None),
        ("claude --model|m|--print|x", 3), ("claude --model=m|-p|x", 2), ("claude -p|-c|x", None), ("claude mcp|list", None),
        ("codex exec|fix it", 1), ("codex fix it", None), ("codex exec|resume|x", None), ("gemini -p|x", 1), ("gemini -m|m|-p|x", 3),
        ("gemini x", None), ("llm a prompt", 0), ("llm word", None), ("llm -m|m|a prompt", 2), ("llm chat", None), ("llm logs|list all", None),
        ("llm prompt|word", 1), ("llm -c|a prompt", None), ("ollama run|m", None), ("ollama run|m|x", 2), ("ollama list", None),
        ("ollama run|m|x|y", None), ("mods a prompt", 0), ("mods -C|x", None), ("other -p|x", None), ("claude -p|", None),
    ],
)  # fmt: skip
def test_only_calls_with_one_prompt_are_understood(line: str, place: int | None):
    name, _, rest = line.partition(" ")
    assert clis.find(name, rest.split("|") if rest else []) == place


def test_a_prompt_as_long_as_a_word_may_be_goes_out_as_it_was_typed(tmp_path: Path, home: Path, environ):
    prompt = f"{QUESTION} ".ljust(130_900, "x")
    done = subprocess.run(["lore", "wrap", "claude", "-p", prompt], env=environ, capture_output=True, check=False)
    assert (done.returncode, ran(tmp_path)[0]["words"]) == (0, ["-p", prompt])


def test_no_command_is_shadowed_unless_it_is_named(home: Path):
    lore = Lore(home)
    assert lore("shell-init", "bash").status == 2
    said = lore("shell-init", "zsh", "claude").out
    assert said.count("function ") == 1 and "function claude {" in said
    ended = lore("shell-init", "bash", "ls")
    assert ended.status == 2 and "known are: claude, " in ended.err


def test_a_command_that_is_also_an_alias_can_be_wrapped(tmp_path: Path, home: Path, environ):
    assert shutil.which("bash")
    line = "shopt -s expand_aliases\nalias claude='claude --model x'\neval \"$(lore shell-init bash claude)\"\nclaude -p 'hello you'"
    done = subprocess.run(["bash", "--norc", "-c", line], env=environ, capture_output=True, check=False, cwd=tmp_path)
    assert done.returncode == 0 and ran(tmp_path)[0]["words"][:3] == ["--model", "x", "-p"], done.stderr
