"""The commands by which a project is set up, built, run, tested and released, as its manifests and its CI name them."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from everlore.refine.bootstrap.rules import is_rule_file
from everlore.refine.bootstrap.values import Doubts, Seed, bullets, cite, plain

_PURPOSES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (name, how, re.compile(rf"(?:^|[-_:./\s])(?:{words})(?:$|[-_:./\s\d])", re.IGNORECASE))
    for name, how, words in (
        (
            "test",
            "tested",
            r"tests?|unit|e2e|integration|spec|coverage|cov|pytest|jest|vitest|mocha|tox|nox|check-tests|bench|benchmarks?|phpunit|rspec",
        ),
        (
            "lint",
            "linted and formatted",
            r"lint\w*|format|fmt|style|typecheck|type-check|types|mypy|pyright|ruff|eslint|prettier|clippy|vet|check|checks|pre-commit",
        ),
        ("release", "released", r"release\w*|publish\w*|deploy\w*|dist|package|tag|version|changelog|upload"),
        ("build", "built", r"build\w*|compile|bundle|generate|gen|codegen|docs?|assemble|wheel|image|proto"),
        ("run", "run", r"run|start|serve|server|dev|watch|up|preview|shell|develop|demo"),
        (
            "set up",
            "set up",
            r"install\w*|setup|init|bootstrap|deps|dependencies|sync|venv|migrate\w*|seed|prepare|requirements|lock|npm ci",
        ),
    )
)
_MAKEFILE = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)\s*:(?!=)(?P<rest>[^=\n]*)$")
_JUST = re.compile(r"^(?P<name>[a-z][\w-]*)(?P<args>(?:\s+[\w*+$\"'=./-]+)*)\s*:(?!=)")
_RUN = re.compile(r"^(?P<indent>\s*)(?:-\s+)?(?P<key>run|script|command|cmd)\s*:\s*(?P<said>.*)$")
_WORTH = re.compile(
    r"(?:pytest|tox|nox|make|just|task|npm|pnpm|yarn|bun|npx|cargo|go|mvn|mvnw|gradle|gradlew|bundle|rake|rspec|composer|phpunit|dotnet|cmake|ctest|bazel|"
    r"ruff|mypy|pyright|eslint|tsc|pre-commit|uv|poetry|hatch|pdm|python3?|swift|mix|sbt|deno|docker)\b"
)
_ENTRY = re.compile(r"\s*[-*+]\s+(?:\*{0,2}(?P<lead>[\w ]{1,30})\*{0,2}:\s*)?`(?P<line>[^`]+)`\W*(?P<does>\w.*)?$")
_SHOWN = re.compile(r"\s*(?:\$\s+)?(?P<line>\S[^#]*?)\s*(?:#\s*(?P<does>.*))?$")
_ODD = re.compile(r"[$|<>&(){}'\";]|\\$|--version|\b-c\b|^.{120}|^(?:python3? -m )?pip\d? ")
"""What a command of CI holds that is for the machine it runs on, rather than for a person."""
_MOST, _MOST_OTHER = 14, 24


@dataclass(frozen=True, slots=True)
class Command:
    """A command, what its manifest says that it does, where it stands, and the name by which its purpose is told."""

    line: str
    does: str
    source: str
    name: str


def procedures(name: str, files: Sequence[str], read: Callable[[str], str | None], doubts: Doubts) -> Iterator[Seed]:
    """Yield one procedure for each purpose: how the project is tested, built, run and so on."""
    by_purpose: dict[str, list[Command]] = defaultdict(list)
    known: set[str] = set()
    for command in commands(files, read):
        if command.line not in known and doubts.passes(f"{command.line}\n{command.does}", command.source):
            known.add(command.line)
            by_purpose[_purpose(command)].append(command)
    for purpose, how in [(purpose, how) for purpose, how, _ in _PURPOSES] + [("", "")]:
        own = by_purpose[purpose]
        most = _MOST if purpose else _MOST_OTHER
        if not own:
            continue
        title = f"How {name} is {how}" if purpose else f"Other commands of {name}"
        lines = [f"`{c.line}`{f': {c.does}' if c.does else ''} {cite(c.source)}" for c in own[:most]]
        more = [f"and {len(own) - most} more"] if len(own) > most else []
        yield Seed(
            f"procedure:{purpose or 'other'}", "procedure", title, f"{title}:\n{bullets([*lines, *more])}",
            tuple(dict.fromkeys(c.source for c in own[:most])), ("bootstrap", "commands"), 0.6 if purpose else 0.4,
        )  # fmt: skip


def commands(files: Sequence[str], read: Callable[[str], str | None]) -> Iterator[Command]:
    """Yield the commands of every manifest near the top, those of makefiles first, those that only CI names last."""
    names = set(files)
    for path in sorted(files, key=lambda p: (p.count("/"), p)):
        reader = _READERS.get(path.rpartition("/")[2])
        if reader and path.count("/") <= 2 and (text := read(path)):
            yield from _from(path, reader(text, names, path))
    for path in files:
        if is_rule_file(path) and path.count("/") <= 2:
            yield from _from(path, _told(read(path) or ""))
    for path in files:
        if re.search(
            r"^\.github/workflows/.+\.ya?ml$|^\.gitlab-ci\.yml$|^\.circleci/config\.yml$|^azure-pipelines\.yml$", path
        ):
            yield from _from(path, _ci(read(path) or ""))


def named(files: Sequence[str], read: Callable[[str], str | None]) -> str:
    """Return the name that a manifest at the top gives the project, empty where none does."""
    for path, table in (
        ("pyproject.toml", "project"),
        ("package.json", ""),
        ("Cargo.toml", "package"),
        ("composer.json", ""),
    ):
        text = read(path) if path in files else None
        data = _json(text) if path.endswith(".json") else _toml(text or "")
        said = _mapping(_mapping(data).get(table)) if table else _mapping(data)
        if isinstance(said.get("name"), str) and re.fullmatch(r"[@\w][\w./ -]{0,60}", said["name"]):
            return str(said["name"])
    return ""


def _from(path: str, found: Iterator[tuple[str, str, int, str]]) -> Iterator[Command]:
    directory = path.rpartition("/")[0]
    for line, does, number, name in found:
        said = f"cd {directory} && {line}" if directory and not path.startswith(".") else line
        yield Command(
            plain(said)[:160].replace("`", "'"), plain(does)[:120].replace("`", "'").strip(), f"{path}:{number}", name
        )


def _purpose(command: Command) -> str:
    return next((purpose for purpose, _, words in _PURPOSES if words.search(command.name)), "")


def _make(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        m = _MAKEFILE.match(line)
        if (
            not m
            or m["name"].startswith(".")
            or "/" in m["name"]
            or m["name"].rpartition(".")[2] in {"o", "c", "py", "txt", "md", "json"}
        ):
            continue
        said = m["rest"].partition("##")[2].strip() or lines[number - 2].removeprefix("#").strip("# ") * lines[
            number - 2
        ].startswith("#")
        recipe = next((each.strip().lstrip("@-") for each in lines[number : number + 1] if each.startswith("\t")), "")
        yield (
            f"make {m['name']}",
            said or ("" if recipe.startswith(("echo", "#")) or "$" in recipe else recipe),
            number,
            m["name"],
        )


def _just(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if m := _JUST.match(line):
            above = lines[number - 2] if number > 1 else ""
            recipe = next((each.strip().lstrip("@-") for each in lines[number : number + 1] if each[:1] in " \t"), "")
            yield f"just {m['name']}", above.strip("# ") if above.startswith("#") else recipe, number, m["name"]


def _package(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    scripts = _mapping(_mapping(_json(text)).get("scripts"))
    directory = path.rpartition("/")[0]
    locks = (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lockb", "bun run"))
    program = next((each for lock, each in locks if f"{directory}/{lock}".lstrip("/") in names), "npm run")
    for name, does in scripts.items():
        if isinstance(does, str) and not re.match(r"(?:pre|post)(?!view)", str(name)):
            yield f"{program} {name}", does, _line(text, f'"{name}"', '"scripts"'), str(name)


def _composer(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    for name, does in _mapping(_mapping(_json(text)).get("scripts")).items():
        said = does[0] if isinstance(does, list) and does else does
        yield (
            f"composer {name}",
            said if isinstance(said, str) else "",
            _line(text, f'"{name}"', '"scripts"'),
            str(name),
        )


def _pyproject(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    data = _toml(text)
    tool = _mapping(data.get("tool"))
    for name, target in {
        **_within(tool, "poetry", "scripts"),
        **_within(data, "project", "scripts"),
    }.items():
        if isinstance(target, str):
            yield name, f"runs {target}", _line(text, name, "scripts]"), "run"
    tables = {
        "poe": _within(tool, "poe", "tasks"),
        "pdm run": _within(tool, "pdm", "scripts"),
        "task": _within(tool, "taskipy", "tasks"),
    }
    for runner, table in tables.items():
        for name, does in table.items():
            said = does if isinstance(does, str) else str(_mapping(does).get("cmd") or _mapping(does).get("help") or "")
            yield f"{runner} {name}", said, _line(text, name, "tasks]" if runner != "pdm run" else "scripts]"), name
    if "pytest" in tool:
        yield "pytest", "settings in pyproject.toml", _line(text, "[tool.pytest", ""), "pytest"


def _cargo(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    at = _line(text, "[package]", "") if "[package]" in text else 1
    yield "cargo build", "", at, "build"
    yield "cargo test", "", at, "test"


def _go(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    yield "go build ./...", "", 1, "build"
    yield "go test ./...", "", 1, "test"


def _maven(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    program = "./mvnw" if "mvnw" in names else "mvn"
    yield f"{program} package", "", 1, "build"
    yield f"{program} test", "", 1, "test"


def _gradle(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    program = "./gradlew" if "gradlew" in names else "gradle"
    yield f"{program} build", "", 1, "build"
    yield f"{program} test", "", 1, "test"


def _gems(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    yield "bundle install", "", 1, "install"
    for word, line, name in (("rspec", "bundle exec rspec", "test"), ("rubocop", "bundle exec rubocop", "lint")):
        if word in text:
            yield line, "", _line(text, word, ""), name


def _compose(text: str, names: set[str], path: str) -> Iterator[tuple[str, str, int, str]]:
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        inside = line.startswith("services:") or (inside and not re.match(r"\w", line))
        if inside and (m := re.match(r"(?:  |\t)([\w-]+):\s*(?:#.*)?$", line)):
            yield f"docker compose up {m[1]}", "", number, "up"


def _told(text: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield the commands that a rule file names, with what it says of them: entries of lists, and lines of code blocks."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith(("```", "~~~")):
            inside = not inside
            continue
        m = _SHOWN.match(line) if inside else _ENTRY.match(line)
        if m and _WORTH.match(m["line"]) and len(m["line"]) <= 120:
            does = m["does"] or ("" if inside else m["lead"]) or ""
            yield m["line"], does, number, f"{does} {m['line']}"


def _ci(text: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield the commands that CI runs, line by line, of those that a person would run."""
    block = -1
    for number, line in enumerate(text.split("\n"), 1):
        m = _RUN.match(line)
        indent = len(line) - len(line.lstrip())
        if m:
            said, block = m["said"].strip(), len(m["indent"])
            if said not in {"|", ">", "|-", ">-", ""}:
                block = -1
        elif block >= 0 and line.strip() and indent > block:
            said = line.strip().removeprefix("- ")
        else:
            block = block if not line.strip() else -1
            continue
        said = said.strip("'\"")
        if _WORTH.match(said) and not _ODD.search(said) and any(words.search(said) for *_, words in _PURPOSES):
            yield said, "in CI", number, said


def _json(text: str | None) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None


def _within(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the table that lies that deep in another, empty where there is none."""
    for name in names:
        data = _mapping(data.get(name))
    return data


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _line(text: str, word: str, after: str) -> int:
    """Return the line from 1 on which a word stands first behind another, 1 where it does not."""
    start = max(0, text.find(after))
    m = re.compile(rf"^\s*{re.escape(word)}", re.MULTILINE).search(text, start) or re.compile(re.escape(word)).search(
        text, start
    )
    return text.count("\n", 0, m.start() + len(m.group()) - len(m.group().lstrip())) + 1 if m else 1


_READERS: dict[str, Callable[[str, set[str], str], Iterator[tuple[str, str, int, str]]]] = {
    "Makefile": _make, "makefile": _make, "GNUmakefile": _make, "justfile": _just, "Justfile": _just, "package.json": _package,
    "pyproject.toml": _pyproject, "composer.json": _composer, "Cargo.toml": _cargo, "go.mod": _go, "pom.xml": _maven, "build.gradle": _gradle,
    "build.gradle.kts": _gradle, "Gemfile": _gems, "docker-compose.yml": _compose, "docker-compose.yaml": _compose, "compose.yml": _compose,
    "compose.yaml": _compose,
}  # fmt: skip
