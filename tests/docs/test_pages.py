import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest
from click import Group

from docs.pages import ROOT, commands, name, pages, prose
from everlore.app.operations import OPERATIONS
from everlore.app.requests import Import
from everlore.core.config import Config
from everlore.core.errors import CODES
from everlore.recall.recipes import RECIPES
from everlore.surfaces.cli.group import lore
from everlore.surfaces.cli.main import _joined

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_TEXT = {".py", ".md", ".toml", ".sql", ".json", ".jsonl", ".txt", ".sh", ".lock", ".yml", ".yaml", ""}
_SOURCES = ("src", "docs", "tests", "tools", ".ci")


def anchors(page):
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(prose(page))}


def known():
    hints = get_type_hints(Import, include_extras=True)
    formats = get_args(get_args(hints["format"])[0])
    return {
        "operation": [operation.name for operation in OPERATIONS],
        "setting": [field.name for field in fields(Config)],
        "error": list(CODES),
        "recipe": list(RECIPES),
        "format": list(formats),
    }


@pytest.mark.parametrize("sort", known())
def test_everything_that_has_a_name_is_documented(sort):
    text = "\n".join(page.read_text("utf-8") for page in pages())

    assert [word for word in known()[sort] if not re.search(rf"\b{re.escape(word)}\b", text)] == []


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_lead_somewhere(page):
    broken = []
    for link in _LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        target = page if not path else (page.parent / path).resolve()
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("page", [page for page in pages() if commands(page)], ids=name)
def test_commands_and_options_that_a_page_shows_exist(page):
    unknown = []
    for line in commands(page):
        words = _joined(shlex.split(line.partition("#")[0], posix=True)[1:], lore.list_commands(None))
        options = [word.partition("=")[0] for word in words if word.startswith("--") and word != "--help"]
        if words[0].startswith("-"):
            continue
        if words[0] not in lore.list_commands(None):
            unknown.append(line)
        elif options:
            command = lore.get_command(None, words[0])
            if isinstance(command, Group):
                command = command.commands[words[1]]
            there = {option for param in command.params for option in param.opts}
            unknown += [line for option in options if option not in there]

    assert unknown == []


def test_generated_files_are_current():
    done = subprocess.run([sys.executable, ROOT / "tools" / "docs.py", "--check"], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            links = [link.partition("#")[0] for link in _LINK.findall(prose(page)) if "://" not in link]
            waiting += [(page.parent / link).resolve() for link in links if link]

    assert [name(page) for page in pages() if page not in reached] == []


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(package for extra in extras for package in extra),
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[<>=\[,;\s]", package)[0] for package in wanted} - {"everlore"}

    page = (ROOT / "docs" / "reference" / "dependencies.md").read_text("utf-8")

    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == names


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_handler_that_is_named_is_there(operation):
    assert callable(operation.load())


def test_the_repository_tells_nothing_of_the_machine_it_was_written_on():
    words = ["helper" + "-", "issue" + " 2", "DEVEL" + "OPERS", "farm" + "-"]
    paths = "|".join(["wo" + "rk", "ro" + "ot", "tmp/" + "lab"])
    telling = re.compile("|".join([rf"(?<![\w./])/(?:{paths})\b", *map(re.escape, words)]))
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in _SOURCES for path in (ROOT / folder).rglob("*") if path.is_file()]
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in files
        if path.suffix in _TEXT and "__pycache__" not in path.parts and path.name != "uv.lock"
        for hit in telling.finditer(path.read_text("utf-8", errors="replace"))
    ]

    assert found == []
