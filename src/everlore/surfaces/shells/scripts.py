"""Completions into a shell's start-up file and out of it again, and the functions around commands of models.

The completions themselves lie in the home, so that a shell that starts reads one file and runs nothing. In a start-up file there
are three lines of ours between two marks; all else stays as it is, byte for byte.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from everlore.core.errors import InvalidInput, refused
from everlore.surfaces.agents.wiring import read
from everlore.surfaces.agents.writing import make_directories, write_whole

SHELLS = ("bash", "zsh", "fish")
_START, _END = "# >>> everlore completions >>>", "# <<< everlore completions <<<"
_BLOCK = re.compile(rf"(?m)^{re.escape(_START)}\n(?:.*\n)*?{re.escape(_END)}\n?")


def completion(shell: str) -> str:
    """Return the script that completes `lore` in a shell."""
    return Path(__file__).with_name(f"completion.{shell}").read_text("utf-8")


def guess(environ: Mapping[str, str]) -> str:
    """Return the shell of a user; raise `InvalidInput` where it is none that is known."""
    name = Path(environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise InvalidInput("which shell it is for is not known", field="shell", hint=f"one of {', '.join(SHELLS)}")
    return name


def start_up(shell: str, home: Path, environ: Mapping[str, str]) -> Path:
    """Return the file that a shell reads for completions: its start-up file, of fish one of its own."""
    if shell == "fish":
        given = environ.get("XDG_CONFIG_HOME", "")
        return (Path(given) if given else home / ".config") / "fish" / "completions" / "lore.fish"
    if shell == "zsh":
        return Path(environ.get("ZDOTDIR") or home) / ".zshrc"
    return home / ".bashrc"


def install(shell: str, store: Path, home: Path, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """Have a shell complete; return the file it reads that from, and whether anything changed."""
    target = start_up(shell, home, environ)
    try:
        if shell == "fish":
            return target, _write(target, completion(shell))
        script = store / "shell" / f"completion.{shell}"
        changed = _write(script, completion(shell))
        _, text = read(target)
        block = f"{_START}\n[ -r {shlex.quote(str(script))} ] && . {shlex.quote(str(script))}\n{_END}\n"
        lead = "" if not text or text.endswith("\n") else "\n"
        new = _BLOCK.sub(lambda _: block, text, count=1) if _BLOCK.search(text) else f"{text}{lead}{block}"
        return target, _write(target, new) or changed
    except OSError as error:
        raise refused(error, f"{target} cannot be written") from error


def remove(shell: str, store: Path, home: Path, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """Take that out again; return the file it was in, and whether anything changed."""
    target = start_up(shell, home, environ)
    script = target if shell == "fish" else store / "shell" / f"completion.{shell}"
    try:
        changed = script.is_file() and (shell != "fish" or read(target)[1] == completion(shell))
        if changed:
            script.unlink()
        if shell != "fish":
            there, text = read(target)
            new = _BLOCK.sub("", text)
            if there and new != text:
                changed = _write(target, new) or changed
        return target, changed
    except OSError as error:
        raise refused(error, f"{target} cannot be written") from error


def _write(path: Path, text: str) -> bool:
    there, old = read(path)
    if there and old == text:
        return False
    real = Path(os.path.realpath(path))
    make_directories(real.parent)
    write_whole(real, text)
    return True


def functions(shell: str, names: Sequence[str]) -> str:
    """Return the functions that give some commands memory where they are called with one prompt.

    The function itself sends a call that cannot have one straight to the command: `lore` is not run then.
    """
    head = [
        f"# Functions of `lore shell-init {shell}`: EVERLORE_WRAP=off switches them off, `unset -f NAME` takes one away."
    ]
    if shell == "fish":
        head[0] = head[0].replace("unset -f", "functions -e")
        return "\n".join([*head, *(_fish(name) for name in names)]) + "\n"
    return "\n".join([*head, *(_posix(name) for name in names)]) + "\n"


_LEADS = {"claude": ("-p", "--print"), "codex": ("exec",), "gemini": ("-p", "--prompt"), "ollama": ("run",)}
"""A word without which a call has no single prompt, whatever else is in it; of the others any word may be one."""


def _posix(name: str) -> str:
    leads = "|".join(f"*' {lead} '*" for lead in _LEADS.get(name, ())) or "*' '?*' '*"
    return f"""function {name} {{
  if [ "${{EVERLORE_WRAP:-on}}" != off ] && [ "$#" -gt 0 ] && command -v lore >/dev/null 2>&1; then
    case " $* " in
      {leads}) command lore wrap {name} "$@"; return ;;
    esac
  fi
  command {name} "$@"
}}"""


def _fish(name: str) -> str:
    leads = _LEADS.get(name)
    has = (
        " ".join(f"; or contains -- {lead} $argv" for lead in leads)[len("; or ") :]
        if leads
        else "test (count $argv) -gt 0"
    )
    return f"""function {name}
    if test "$EVERLORE_WRAP" != off; and command -q lore; and begin; {has}; end
        command lore wrap {name} $argv
    else
        command {name} $argv
    end
end"""
