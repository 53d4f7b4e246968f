"""A made repository with a history of years, the same bytes each time: packages, documents, decisions, fixes and reverts.

It is handed to `git fast-import` as one stream, so that thousands of commits take a second.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from everlore.core.errors import EverloreError
from everlore.core.git import QUIET, environment

_PARTS = (
    "billing",
    "search",
    "ingest",
    "auth",
    "reports",
    "export",
    "queue",
    "mailer",
    "storage",
    "gateway",
    "audit",
    "scheduler",
)
_THINGS = (
    "invoice",
    "cursor",
    "batch",
    "token",
    "ledger",
    "window",
    "cache",
    "retry",
    "schema",
    "shard",
    "tenant",
    "webhook",
    "quota",
    "digest",
)
_DEEDS = ("parse", "merge", "expire", "stream", "validate", "index", "replay", "rotate", "encode", "throttle")
_PEOPLE = (("Ada Winter", "ada"), ("Bo Lind", "bo"), ("Chen Yu", "chen"), ("Dara Okafor", "dara"), ("Eli Novak", "eli"))
_LANGUAGES = (
    ("py", '"""{what}."""\n\n\ndef {deed}({thing}):\n    return {thing} + {n}\n'),
    ("ts", "/** {what}. */\nexport function {deed}({thing}: number) {{\n  return {thing} + {n};\n}}\n"),
    ("go", "// {what}.\npackage {part}\n\nfunc {deed}({thing} int) int {{\n\treturn {thing} + {n}\n}}\n"),
    ("rs", "//! {what}.\n\npub fn {deed}({thing}: u32) -> u32 {{\n    {thing} + {n}\n}}\n"),
)
_BEGUN = 1_500_000_000


def make(directory: Path, commits: int, files: int) -> None:
    """Make the repository with its work tree; raise `EverloreError` where git does not."""
    directory.mkdir(parents=True)
    _git(directory, "init", "--quiet", "--initial-branch=main")
    _git(directory, "fast-import", "--quiet", "--date-format=raw", given=b"".join(_stream(commits, files)))
    _git(directory, "reset", "--quiet", "--hard", "main")


def _git(directory: Path, *arguments: str, given: bytes = b"") -> None:
    done = subprocess.run(  # noqa: S603
        ["git", *QUIET, *arguments],  # noqa: S607 - the user's own git
        cwd=directory, input=given, env=environment(), capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise EverloreError(f"git {arguments[0]} failed: {done.stderr.decode('utf-8', 'replace')[:200]}")


def _stream(commits: int, files: int) -> Iterator[bytes]:
    chance = random.Random(20)
    paths = [_path(n) for n in range(files)]
    fixed = _fixed()
    versions = dict.fromkeys(paths, 0)
    done: list[str] = []
    for number in range(1, commits + 1):
        changes: list[tuple[str, str]] = []
        if number <= len(fixed):
            changes = [fixed[number - 1]]
        fresh = paths[(number - 1) * files // commits : number * files // commits]
        changed = fresh or [chance.choice(paths[: max(1, min(number, files) // 8)])]
        for path in changed:
            versions[path] += 1
            changes.append((path, _body(path, versions[path])))
        subject, body = _message(number, changed[0], chance, done)
        done.append(subject)
        name, mail = _PEOPLE[min(int(chance.expovariate(0.9)), len(_PEOPLE) - 1)]
        message = f"{subject}\n\n{body}\n".encode()
        yield f"commit refs/heads/main\nmark :{number}\ncommitter {name} <{mail}@example.org> {_BEGUN + number * 7200} +0000\ndata {len(message)}\n".encode()
        yield message
        for path, text in changes:
            data = text.encode()
            yield f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
        yield b"\n"
        if number % 1000 == 0:
            yield f"reset refs/tags/v{number // 1000}.0.0\nfrom :{number}\n\n".encode()


def _path(number: int) -> str:
    part, thing, deed = (
        _PARTS[number % len(_PARTS)],
        _THINGS[number // 7 % len(_THINGS)],
        _DEEDS[number // 3 % len(_DEEDS)],
    )
    return f"services/{part}/{thing}_{deed}_{number}.{_LANGUAGES[number % len(_LANGUAGES)][0]}"


def _body(path: str, version: int) -> str:
    _, part, name = path.split("/")
    thing, deed, number = name.partition(".")[0].split("_")
    template = dict(_LANGUAGES)[name.rpartition(".")[2]]
    what = f"How {part} will {deed} each {thing}, in step {number}"
    return template.format(what=what, part=part, thing=thing, deed=deed, n=version)


def _message(number: int, path: str, chance: random.Random, done: list[str]) -> tuple[str, str]:
    part, name = path.split("/")[1:]
    thing = name.partition("_")[0]
    if number % 97 == 0 and done:
        return f'Revert "{done[-1]}"', f"The {thing} was counted twice under load, seen in run {number}."
    sort = chance.choice(("feat", "fix", "fix", "refactor", "docs", "perf", "test"))
    why = (
        f"Before this, the {thing} of {part} was held until the next run, which took up to {number % 60} seconds."
        if number % 5 == 0
        else ""
    )
    return f"{sort}({part}): {chance.choice(_DEEDS)} the {thing} once, case {number}", why


def _rules() -> str:
    lines = (
        f"- Never call {part} from {_PARTS[n - 1]} directly; put a message on the queue\n"
        for n, part in enumerate(_PARTS)
    )
    return "".join(lines)


def _fixed() -> list[tuple[str, str]]:
    """Return the files that say what the project is: one comes with each of the first commits."""
    parts = "\n".join(f"- {part}: the service for {part}" for part in _PARTS)
    found = [
        ("README.md", f"# Harbour\n\nHarbour moves invoices from ships to ledgers, and tells people what is late.\n\n## Services\n\n{parts}\n"),
        ("Makefile", "test: ## Run every test\n\tpytest -q\n\nbuild: ## Build the images\n\tdocker build .\n\nlint: ## Check the style\n\truff check\n"),
        ("package.json", '{\n  "name": "harbour",\n  "scripts": {\n    "dev": "vite",\n    "test:web": "vitest run"\n  }\n}\n'),
        ("AGENTS.md", f"# Rules\n\n## Code\n\n{_rules()}"),
        ("CHANGELOG.md", "# Changelog\n\n" + "".join(f"## {n}.0.0 - 2020-0{n}-01\n\n- Added {_PARTS[n]} for tenants\n\n" for n in range(5, 0, -1))),
    ]  # fmt: skip
    found += [
        (
            f"docs/adr/{n:04}-{thing}.md",
            f"# {n}. Keep the {thing} in one place\n\nDate: 2019-0{n % 9 + 1}-11\n\n## Status\n\nAccepted\n\n## Context\n\nThe {thing} was kept twice.\n\n"
            f"## Decision\n\nWe keep the {thing} in the {_PARTS[n % len(_PARTS)]} service and ask it for everything else.\n",
        )
        for n, thing in enumerate(_THINGS, 1)
    ]
    found += [
        (f"docs/guides/{part}.md", f"# Run {part}\n\nThis says how to run the {part} service on your machine.\n")
        for part in _PARTS
    ]
    return found
