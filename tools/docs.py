"""Write every generated file, or with --check tell which of them are out of date.

The reference pages in docs/reference are made from what the program itself runs on: the registry of operations, the
command line's own help, the tables of errors, `Config`, the recipes and the readers of files. A person writes here only
what no type can say: the meaning of each setting. The files that are generated for the program (the descriptions of
commands and of MCP tools) are checked and written too, first, as the pages are made from them.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from everlore.app.operations import OPERATIONS, Operation
from everlore.app.schema import components
from everlore.surfaces.settings import MEANINGS

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
WIDTH = 88
Schema = dict[str, Any]

EXTRA_ENVIRONMENT = {
    "EVERLORE_HOME": "The directory of the store; it does not depend on the working directory",
    "EVERLORE_PASSPHRASE": "The passphrase of an encrypted store",
    "EVERLORE_NEW_PASSPHRASE": "The new passphrase, for `lore rekey`",
    "EVERLORE_AGENT": "In whose name a command runs; a person's where it is not set",
    "EVERLORE_HOOKS": "`off` switches the hooks of an agent off that runs with it",
    "EVERLORE_WRAP": "`off` has `lore wrap` and the functions of `lore shell-init` run a command as it is",
    "EVERLORE_DEBUG": "Show where an unexpected error happened",
}
RECIPES = {
    "default": "Words, neighbouring lines, sessions and signals; with a model also meaning.",
    "keyword": "Words alone, with no model even where there is one.",
    "composite": "0.70 similarity + 0.20 · 2^(-days/30) + 0.10 importance.",
    "signals": "0.50 text + 0.15 · 0.995^hours + 0.15 access + 0.20 importance.",
}


def generated() -> dict[Path, Callable[[], str]]:
    """Return every generated file and what makes its content, in the order in which they depend on each other."""
    from everlore.surfaces.cli import projection
    from everlore.surfaces.shells import projection as shells

    def described() -> str:
        return json.dumps(projection.commands(), indent=1, ensure_ascii=False) + "\n"

    pages = {
        "operations": operations, "cli": cli, "mcp": mcp, "http": http, "errors": errors, "settings": settings,
        "recipes": recipes, "import-formats": import_formats,
    }  # fmt: skip
    return {
        projection.FILE: described,
        shells.FILE: shells.described,
        **_others(),
        **{REFERENCE / f"{name}.md": make for name, make in pages.items()},
    }


def main(argv: list[str]) -> int:
    stale = 0
    for path, make in generated().items():
        content = make()
        if path.exists() and path.read_text("utf-8") == content:
            continue
        stale += 1
        if argv == ["--check"]:
            print(f"{path.relative_to(ROOT)} is out of date", file=sys.stderr)
        else:
            path.write_text(content, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}", file=sys.stderr)
    if stale and argv == ["--check"]:
        print("hint: python tools/docs.py", file=sys.stderr)
        return 1
    return 0


def operations() -> str:
    """Return the page of operations, with what each takes and answers."""
    page = ["Operations", "Every operation, on every surface alike. Fields that are not listed are refused."]
    rows = [[f"[{o.name}](#{o.name})", o.effect, o.summary] for o in OPERATIONS]
    page.append(_table(["operation", "effect", "what it does"], rows))
    for operation in OPERATIONS:
        asked, answered = (components([kind])[kind.__name__] for kind in (operation.request, operation.answer))
        page += [f"## {operation.name}", f"{operation.summary}.", _where(operation)]
        page.append(_takes(asked) if asked["properties"] else "It takes nothing.")
        page += [f"It answers `{operation.answer.__name__}`: {answered['description']}", _answers(answered)]
    page.append("## Types in answers")
    whole = components([operation.answer for operation in OPERATIONS])
    for name in sorted(whole.keys() - {operation.answer.__name__ for operation in OPERATIONS}):
        page += [f"### {name}", whole[name]["description"], _answers(whole[name])]
    return _page(*page)


def cli() -> str:
    """Return the page of commands: their own help."""
    import click

    from everlore.surfaces.cli.group import lore

    def helps(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
        widths = {"terminal_width": WIDTH, "max_content_width": WIDTH}
        context = click.Context(command, parent, name, **{**command.context_settings, **widths})
        yield context.command_path, command.get_help(context)
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                yield from helps(found, inner, context)

    said = "Data goes to standard output, everything else to standard error. The exit status is in [errors](errors.md)."
    page = ["Commands", said]
    for path, text in helps(lore, "lore", None):
        page += [f"## {path}", f"```text\n{text.rstrip()}\n```"]
    return _page(*page)


def _rare() -> str:
    """Return the fields that the default profile of MCP leaves out, by tool."""
    from everlore.app.schema import rare

    left_out = {o.name.replace("-", "_"): sorted(rare(o.request)) for o in OPERATIONS if o.default}
    return "; ".join(f"`{tool}` {', '.join(f'`{n}`' for n in names)}" for tool, names in left_out.items() if names)


def mcp() -> str:
    """Return the page of MCP tools."""
    from everlore.surfaces.mcp import catalogue, protocol

    shown = {tool["name"] for tool in catalogue.tools()}
    rows = []
    for tool in catalogue.tools("full"):
        operation = protocol.operation_name(tool["name"])
        name = f"[`{tool['name']}`](operations.md#{operation})"
        hints = [hint.removesuffix("Hint") for hint, given in tool["annotations"].items() if given]
        rows.append([name, "default" if tool["name"] in shown else "full", ", ".join(hints), tool["description"]])
    versions = ", ".join(f"`{version}`" for version in (*protocol.HANDSHAKE, *protocol.MODERN))
    return _page(
        "MCP tools",
        "`lore mcp` speaks MCP over standard input and output, `lore serve` over streamable HTTP at `/mcp`. "
        "A few tools are shown by default; `lore mcp --profile full` and `/mcp?profile=full` show all of them.",
        f"To be short, the default profile also leaves rarely used fields out of the schemas: {_rare()}. They are taken all the same.",
        f"Versions of the protocol: {versions}.",
        "## Tools",
        "The arguments of a tool are the fields of the operation. Every answer comes as text and as `structuredContent`; "
        "what comes from the store stands on lines that begin with `> `. A failed operation is a result with `isError`.",
        _table(["tool", "profile", "annotations that are true", "description"], rows),
        "## Instructions",
        "A client receives this text when it connects.",
        f"```text\n{catalogue.instructions()}\n```",
    )


def http() -> str:
    """Return the page of HTTP routes."""
    from everlore.surfaces.http.app import has_get

    rows = []
    for operation in OPERATIONS:
        methods = "GET, POST" if has_get(operation) else "POST"
        rows.append([f"`/api/v1/{operation.name}`", methods, f"[{operation.summary}](operations.md#{operation.name})"])
    rows += [
        ["`/api/v1/openapi.json`", "GET", "The OpenAPI 3.1 document"],
        ["`/health`", "GET", "Say that the server is up"],
        ["`/mcp`", "POST", "[MCP](mcp.md) over streamable HTTP"],
    ]
    return _page(
        "HTTP",
        "`lore serve` listens on 127.0.0.1, port 7411. A POST takes the fields of the operation as a JSON object, with "
        "`Content-Type: application/json`. A GET takes them as query parameters; lists are given by repeating one.",
        _table(["route", "methods", "what it does"], rows),
        "## Who may ask",
        "On loopback the `Host` header must name this machine. `Origin` must be the server's own and a request from the "
        "page of another site is refused. A server that listens beyond loopback needs a token, which each request but "
        "`/health` sends as `Authorization: Bearer TOKEN`.",
        "## Errors",
        "Every error is one object: `error`, `code`, and `hint` and `field` where there are any. See [errors](errors.md).",
    )


def errors() -> str:
    """Return the page of errors, from the three tables of the surfaces."""
    from everlore.core import errors as core
    from everlore.surfaces.cli.failures import EXIT
    from everlore.surfaces.http.errors import STATUS
    from everlore.surfaces.mcp.protocol import JSONRPC

    meaning = {
        kind.code: kind.__doc__ or ""
        for kind in vars(core).values()
        if isinstance(kind, type) and hasattr(kind, "code")
    }
    meaning["error"] = "Something unforeseen; a defect."
    rows = [[f"`{c}`", meaning[c], str(EXIT[c]), str(STATUS[c]), str(JSONRPC[c])] for c in ("error", *core.CODES)]
    return _page(
        "Errors",
        "An error has a code that stays the same on every surface, a sentence, mostly a hint, and the field at fault.",
        _table(["code", "meaning", "exit status", "HTTP status", "JSON-RPC code"], rows),
        "On the command line `error: ...` and `hint: ...` go to standard error; with `--json` one JSON object does. "
        "Ctrl-C ends with 130, a reader that has gone with 141. In MCP a failed operation is a tool result with "
        "`isError`; the JSON-RPC code is for a message that is no proper request.",
    )


def settings() -> str:
    """Return the page of settings; every field of `Config` must be explained here."""
    from everlore.core.config import Config

    defaults = Config(Path("home"))
    known = [field.name for field in fields(Config) if field.name != "home"]
    if set(known) != MEANINGS.keys():
        raise SystemExit(f"tools/docs.py must explain each setting once: {set(known) ^ MEANINGS.keys()}")
    rows = []
    for name in known:
        value = getattr(defaults, name)
        spelled = json.dumps(value)
        rows.append([f"`{name}`", type(value).__name__, f"`{spelled}`", f"`EVERLORE_{name.upper()}`", MEANINGS[name]])
    return _page(
        "Settings",
        "`config.toml` in the home may set any of these; the environment variable wins over the file. Every default "
        "works offline on one machine.",
        _table(["setting", "type", "default", "environment", "meaning"], rows),
        "Only the environment sets these:",
        _table(["variable", "meaning"], [[f"`{name}`", said] for name, said in EXTRA_ENVIRONMENT.items()]),
        "The home is `$EVERLORE_HOME`, else `everlore` in `$XDG_DATA_HOME` where that is set, else in the platform's "
        "data directory. `lore status` prints it.",
    )


def recipes() -> str:
    """Return the page of recipes: what each is, and by which constants it differs from the default."""
    from everlore.recall import recipes as constants

    page = [
        "Recipes",
        "A recipe is a named set of constants to rank by. Name one with `--recipe`, the field `recipe` of "
        "[recall](operations.md#recall), or the [setting](settings.md) `recipe`.",
    ]
    default = constants.DEFAULT
    for name, recipe in constants.RECIPES.items():
        page += [f"## {name}", RECIPES.get(name, "")]
        rows = []
        for field in fields(recipe):
            value = getattr(recipe, field.name)
            if field.name != "name" and (recipe is default or value != getattr(default, field.name)):
                rows.append([f"`{field.name}`", f"`{value}`"])
        page.append(_table(["constant", "value"], rows) if rows else "It has the constants of the default.")
    page.append("What each constant does stands beside it in `src/everlore/recall/recipes.py`.")
    return _page(*filter(None, page))


def import_formats() -> str:
    """Return the page of formats: what the reader of each says of itself."""
    from everlore.app import portable
    from everlore.sessions.readers import FORMATS

    read = {name: sys.modules[reader.__module__].__doc__ or "" for name, reader in FORMATS.items()}
    read["everlore"] = portable.__doc__ or ""
    page = [
        "Import formats",
        "`lore import PATH --format NAME` reads these; `auto`, the default, tells them apart by looking at the file or "
        "directory. Importing the same thing again brings in nothing.",
    ]
    for name, said in read.items():
        page += [f"## {name}", said.strip()]
    return _page(*page)


def _others() -> dict[Path, Callable[[], str]]:
    """Return what tools/generate.py generates."""
    spec = importlib.util.spec_from_file_location("generate", Path(__file__).with_name("generate.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[Path, Callable[[], str]] = module.generated()
    return found


def _where(operation: Operation) -> str:
    from everlore.surfaces.http.app import has_get
    from everlore.surfaces.mcp.catalogue import tool_name

    methods = "GET and POST" if has_get(operation) else "POST"
    profile = "" if operation.default else ", with the full profile"
    return (
        f"Effect: {operation.effect}. Command `lore {operation.name}`, MCP tool `{tool_name(operation)}`{profile}, "
        f"HTTP {methods} `/api/v1/{operation.name}`."
    )


def _takes(schema: Schema) -> str:
    rows = []
    for name, field in schema["properties"].items():
        required = name in schema["required"]
        value = (
            "required" if required else f"`{json.dumps(field['default'])}`" if field.get("default") is not None else ""
        )
        said = field.get("description") or next(
            (k["description"] for k in field.get("anyOf", []) if "description" in k), ""
        )
        rows.append([f"`{name}`", _type(field), value, said])
    return _table(["field", "type", "default", "meaning"], rows)


def _answers(schema: Schema) -> str:
    return _table(["field", "type"], [[f"`{name}`", _type(field)] for name, field in schema["properties"].items()])


def _type(field: Schema) -> str:
    """Return a type in words, with its bounds."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        whole = next((o.name for o in OPERATIONS if o.answer.__name__ == name), None)  # an answer within another one
        return f"[{name}](#{whole or name.lower()})"
    if "anyOf" in field:
        kinds = [_type(kind) for kind in field["anyOf"] if kind != {"type": "null"}]
        return " or ".join(kinds) + (" or null" if {"type": "null"} in field["anyOf"] else "")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kind = field.get("type", "any")
    if kind == "array":
        return f"list of {_type(field['items'])}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"object of {_type(field['additionalProperties'])}" if field["additionalProperties"] else "object"
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None or high is not None:
        return f"{kind}, {low} to {high}" if high is not None else f"{kind}, at least {low}"
    return f"{kind}, up to {field['maxLength']:,} characters" if "maxLength" in field else str(kind)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(title: str, *parts: str) -> str:
    note = "<!-- Made by tools/docs.py; do not edit. -->"
    return "\n\n".join([f"# {title}", note, *parts]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
