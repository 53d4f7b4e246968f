"""How the commands of language models are called with one prompt; whatever is called otherwise is left alone.

A prompt counts only where it stands on the command line: as a word, or as the value of an option. Any option that is not known
here makes a call one that is not understood, and so does everything that opens a talk. `find` returns the place of the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cli:
    """One command. `one_shot` are the flags without which a word is no single prompt, `prompt` options that hold one.

    `takes` are options with a value, `flags` those without; `words` are subcommands before the prompt, `ahead` how many words
    stand before it (a model's name). `client` is the name by which `lore install` knows it, if it has hooks of its own.
    """

    takes: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    one_shot: frozenset[str] = frozenset()
    prompt: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    optional_words: bool = False
    not_prompts: frozenset[str] = frozenset()
    ahead: int = 0
    client: str = ""


def _of(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN: Mapping[str, Cli] = {
    "claude": Cli(
        one_shot=_of("-p --print"), client="claude-code",
        takes=_of("--model --output-format --append-system-prompt --system-prompt --max-turns --max-budget-usd --permission-mode"
                  " --fallback-model --effort --agent"),
        flags=_of("--verbose --no-session-persistence --strict-mcp-config --bare"),
    ),
    "codex": Cli(
        words=("exec",), client="codex",
        takes=_of("-m --model -p --profile -C --cd -s --sandbox -c --config --color -o --output-last-message"),
        flags=_of("--skip-git-repo-check --full-auto --json --ephemeral"),
    ),
    "gemini": Cli(
        prompt=_of("-p --prompt"), client="gemini-cli", takes=_of("-m --model -o --output-format --approval-mode"),
        flags=_of("-y --yolo -d --debug -s --sandbox"),
    ),
    "llm": Cli(
        words=("prompt",), optional_words=True,
        takes=_of("-m --model -s --system -t --template -q --query -d --database --key"),
        flags=_of("-n --no-log --no-stream -x --extract --xl --extract-last -u --usage --log"),
        not_prompts=_of("aliases chat collections embed embed-models embed-multi fragments install jsonify keys logs models openai"
                        " plugins schemas similar templates tools uninstall"),
    ),
    "ollama": Cli(
        words=("run",), ahead=1, takes=_of("--format --keepalive --think"), flags=_of("--verbose --nowordwrap --insecure --hidethinking"),
    ),
    "mods": Cli(takes=_of("-m --model -a --api -t --title --role --temp --max-tokens"), flags=_of("-q --quiet -r --raw -f --format --no-cache -R")),
}  # fmt: skip


_WORDS = 2
"""A prompt may stand where a subcommand does only if it has so many words."""


def find(name: str, arguments: Sequence[str]) -> int | None:
    """Return the place of the one prompt among the arguments; None where there is none, or any doubt about it."""
    cli = KNOWN.get(name)
    if cli is None:
        return None
    loose: list[int] = []
    held: list[int] = []
    shot = not cli.one_shot
    place = 0
    while place < len(arguments):
        word = arguments[place]
        flag, equals, _ = word.partition("=")
        if word in cli.one_shot:
            shot = True
        elif word in cli.prompt and place + 1 < len(arguments):
            place += 1
            held.append(place)
        elif flag in cli.takes:
            place += 0 if equals and flag.startswith("--") else 1
        elif word not in cli.flags:
            if word.startswith("-") or not word.strip():
                return None
            loose.append(place)
        place += 1
    if cli.prompt:
        return held[0] if len(held) == 1 and not loose else None
    return _single(cli, arguments, loose) if shot else None


def _single(cli: Cli, arguments: Sequence[str], loose: list[int]) -> int | None:
    named = tuple(arguments[place] for place in loose[: len(cli.words)]) == cli.words
    if cli.words and named:
        loose = loose[len(cli.words) :]
    elif cli.words and not cli.optional_words:
        return None
    elif cli.words and loose and (arguments[loose[0]] in cli.not_prompts or len(arguments[loose[0]].split()) < _WORDS):
        return None  # a subcommand, of a plugin perhaps
    return loose[cli.ahead] if len(loose) == cli.ahead + 1 else None
