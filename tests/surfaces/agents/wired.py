"""A person with clients: a home made from golden files, wired and unwired by the engine itself.

`python tests/surfaces/agents/wired.py` writes the golden files of what installing gives anew; look at the difference.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from everlore.surfaces.agents import AGENTS
from everlore.surfaces.agents.wiring import Change, Context
from everlore.surfaces.agents.writing import apply, load_record

GOLDEN = Path(__file__).parents[2] / "data" / "agents"
CASES = sorted(path.name for path in GOLDEN.iterdir())
LORE = ("/opt/my tools/bin/lore",)
OWN = ("everlore.js", "everlore.ts", "index.js", "package.json")
"""Plugins that ship with us, which are not kept twice, and what has our version in it."""


@dataclass
class Person:
    """A home directory, the memory's home beside it, and what the environment says."""

    root: Path
    lore: tuple[str, ...] = LORE
    environ: dict[str, str] = field(default_factory=lambda: {"PATH": ""})
    project: Path | None = None

    def __post_init__(self) -> None:
        self.home, self.memory = self.root / "home", self.root / "memory"
        self.home.mkdir(parents=True, exist_ok=True)

    @property
    def context(self) -> Context:
        return Context(
            self.lore,
            self.home,
            self.environ,
            self.project,
            "project" if self.project else "user",
            load_record(self.memory),
        )

    def install(self, *clients: str) -> list[Change]:
        return [done for name in clients for done in apply(AGENTS[name].plan(self.context), self.memory)]

    def uninstall(self, *clients: str) -> list[Change]:
        done = []
        for name in clients:
            context = replace(self.context, leaving=frozenset(clients))
            done += apply(AGENTS[name].plan(context, remove=True), self.memory)
        return done

    def write(self, name: str, text: str) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def text(self, name: str) -> str:
        return (self.home / name).read_bytes().decode()

    def files(self, *, backups: bool = False) -> dict[str, bytes]:
        """Every file below the home, by its path there."""
        return {
            str(path.relative_to(self.home)): path.read_bytes()
            for path in sorted(self.home.rglob("*"))
            if path.is_file() and (".everlore-backup-" in path.name) == backups
        }

    def states(self, *clients: str) -> dict[str, str]:
        return {change.path.name: change.state for name in clients for change in AGENTS[name].plan(self.context)}


def before(case: str) -> Iterator[tuple[str, str]]:
    """Yield the files that a person has before anything is wired."""
    for path in sorted((GOLDEN / case / "before").rglob("*")):
        if path.is_file():
            yield str(path.relative_to(GOLDEN / case / "before")), path.read_bytes().decode()


def client(case: str) -> str:
    return case.removesuffix("-2")


def main() -> None:
    for case in CASES:
        root = Path(sys.argv[1]) / case
        person = Person(root)
        for name, text in before(case):
            person.write(name, text)
        person.install(client(case))
        shutil.rmtree(GOLDEN / case / "after", ignore_errors=True)
        for name, data in person.files().items():
            if not name.endswith(OWN):
                path = GOLDEN / case / "after" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


if __name__ == "__main__":
    main()
