"""Real git repositories for tests, made by the real git, with dates and names that are always the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_ENVIRON = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Repo:
    """A repository with a work tree."""

    def __init__(self, root: Path, *, git: bool = True) -> None:
        self.root = root
        self.clock = 1_700_000_000
        root.mkdir(parents=True)
        if git:
            self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, author: str = "Ana") -> str:
        """Run git, which must succeed, and return what it printed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        stamp = f"{self.clock} +0000"
        who = {
            f"GIT_{role}_{what}": said
            for role in ("AUTHOR", "COMMITTER")
            for what, said in (("NAME", author), ("EMAIL", "a@example.org"), ("DATE", stamp))
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env={**kept, **_ENVIRON, **who}, capture_output=True, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return done.stdout.decode()

    def put(self, files: dict[str, str]) -> None:
        """Write files by their paths."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def commit(self, message: str, files: dict[str, str] | None = None, *, author: str = "Ana") -> str:
        """Write files, commit all there is and return the commit."""
        self.put(files or {})
        self.clock += 86_400
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message, author=author)
        return self.git("rev-parse", "HEAD").strip()


SHOP = {
    "README.md": (
        "# Shop\n\n"
        "Shop sells tea to ships, and keeps the price of each sort for a day.\n\n"
        "## Install\n\n"
        "Copy it to the server by hand, as there is no other way.\n"
    ),
    "pyproject.toml": '[project]\nname = "shop"\n\n[project.scripts]\nshop = "shop.main:main"\n\n[tool.pytest.ini_options]\n',
    "Makefile": "test: ## Run the tests\n\tpytest\n\ndeploy:\n\t./deploy.sh\n",
    "src/shop/__init__.py": '"""The shop: prices in, receipts out."""\n',
    "src/shop/prices.py": (
        '"""What each sort of tea costs, and since when."""\n\n'
        "TAX = 7\n\n\n"
        "def price_of(tea):\n"
        "    return 3\n\n\n"
        "def rebate(tea):\n"
        "    return 1\n"
    ),
    "src/shop/receipts.py": '"""Receipts that no printer can lose."""\n\n\nclass Receipt:\n    def total(self):\n        return 1\n',
    "src/shop/main.py": '"""The command line of the shop."""\n',
    "docs/adr/0001-keep-prices-for-a-day.md": (
        "# 1. Keep prices for a day\n\n"
        "Date: 2023-04-05\n\n"
        "## Status\n\n"
        "Accepted\n\n"
        "## Context\n\n"
        "Prices change at midnight.\n\n"
        "## Decision\n\n"
        "We keep the price of each sort of tea for a day.\n"
    ),
    "docs/guides/pay.md": "# Pay\n\nHow people pay for their tea, and what happens when they do not.\n",
    "AGENTS.md": (
        "# Shop\n\n"
        "## Layout\n\n"
        "- `src/shop`: the package\n\n"
        "## Rules\n\n"
        "- Always round prices up to whole cents\n"
        "- Never write to the ledger of another ship\n"
    ),
    "CHANGELOG.md": "# Changelog\n\n## 1.1.0 - 2023-05-01\n\n- Rebates for crews\n",
}
"""A small project of every sort of source."""


def shop(root: Path) -> Repo:
    """Make the small project with a history: a fix, a feature, and a revert with its reason."""
    repo = Repo(root)
    repo.commit("feat: sell tea", SHOP)
    bad = repo.commit(
        "feat(prices): ask the harbour for prices", {"src/shop/harbour.py": '"""Prices from the harbour."""\n'}
    )
    repo.git("revert", "--no-edit", bad)
    repo.git(
        "commit", "--quiet", "--amend", "--message",
        f'Revert "feat(prices): ask the harbour for prices"\n\nThis reverts commit {bad}.\n\nThe harbour answers after an hour, so nobody could buy tea.',
    )  # fmt: skip
    for number in range(4):
        repo.commit(
            f"fix(receipts): print line {number} once",
            {"src/shop/receipts.py": SHOP["src/shop/receipts.py"] + f"\n# {number}\n"},
            author="Bo",
        )
    return repo
