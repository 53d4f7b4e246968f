"""The commands are the registry's, whichever way they are parsed, and their help can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from commanding import Lore
from everlore.app.operations import BY_NAME, OPERATIONS
from everlore.core.errors import CODES
from everlore.surfaces.cli import commands, express, projection
from everlore.surfaces.cli.failures import EXIT
from everlore.surfaces.cli.group import EXTRA, SECTIONS, lore
from everlore.surfaces.cli.render import _RENDERERS

DESCRIPTIONS = projection.commands()


def test_the_description_of_the_commands_is_the_registry() -> None:
    written = json.loads(projection.FILE.read_text("utf-8"))
    assert written == DESCRIPTIONS, "run python -m everlore.surfaces.cli.projection"


def test_every_operation_has_a_command_and_a_rendering() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert lore.list_commands(click.Context(lore)) == [*names, *EXTRA]
    assert set(names) == set(_RENDERERS)


def test_the_help_page_names_every_command_once() -> None:
    listed = [name for _, names in SECTIONS for name in names]
    assert len(listed) == len(set(listed))
    page = CliRunner().invoke(lore, ["--help"]).output
    for name in [*BY_NAME, *EXTRA]:
        assert page.count(f"\n  {name} ") == 1, name


def test_every_code_has_an_exit_status_of_its_own_kind() -> None:
    assert set(CODES) | {"error"} == set(EXIT)
    assert 0 not in EXIT.values()
    assert (EXIT["invalid_input"], EXIT["not_found"], EXIT["conflict"], EXIT["denied"]) == (2, 3, 4, 5)


@pytest.mark.parametrize("name", [*BY_NAME, *EXTRA])
def test_each_command_explains_itself_within_eighty_columns(name: str) -> None:
    result = CliRunner().invoke(lore, [name, "--help"])
    assert result.exit_code == 0
    lines = result.output.split("\n")
    assert lines[0].startswith(f"Usage: lore {name}")
    assert max(map(len, lines)) <= 80
    assert name in ("serve", "proxy", "mcp", "demo", "model", "service", "wrap", "token") or "--json" in result.output


def test_the_options_of_the_contract_are_there() -> None:
    wanted = {
        "remember": "--title --kind --namespace --tag --importance --layer --tier --valid-from --valid-until --pin",
        "recall": "--namespace --limit --budget --as-of --kind --explain --json",
        "set": "--pin --unpin",
        "revise": "--valid-from --json",
        "list": "--namespace --kind --limit --json",
        "import": "--format --namespace --on-error --json",
        "bench": "--dataset --data --model --json --out --size",
    }
    for name, options in wanted.items():
        known = {option for parameter in commands.build(name).params for option in parameter.opts}
        assert set(options.split()) <= known, name


def _words(name: str) -> st.SearchStrategy[list[str]]:
    """Command lines of one operation: right ones, nearly right ones and wrong ones."""
    fields = DESCRIPTIONS[name]["fields"]
    flags = [field["flag"] for field in fields if "flag" in field] + ["--json", "--help", "--nope", "-n", "--"]
    choices = [choice for field in fields for choice in field.get("choices", [])]
    value = st.sampled_from(
        [*choices, "", "-", "a b", "0", "3", "10", "007", "0.5", ".5", "1e1", "-1", "²", "x=y", "--limit"]
    )
    option = st.builds(lambda flag, value: f"{flag}={value}", st.sampled_from(flags), value)
    return st.lists(st.one_of(st.sampled_from(flags), value, option), max_size=7)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(sorted(DESCRIPTIONS)).flatmap(lambda name: st.tuples(st.just(name), _words(name))))
def test_a_plain_command_line_means_the_same_to_both_parsers(line: tuple[str, list[str]]) -> None:
    name, words = line
    plain = express.parse([name, *words], DESCRIPTIONS)
    if plain is None:
        return
    with commands.build(name).make_context(name, list(words)) as context:
        params: dict[str, Any] = dict(context.params)
    assert plain == (name, {field: params[field] for field in plain[1]}, params["as_json"])
    only_here = {"as_json", "file"} if name == "capture" else {"as_json"}
    assert set(plain[1]) == set(params) - only_here


@pytest.mark.parametrize(
    "words",
    [
        ["recall", "which port"],
        ["recall", "which port", "--limit", "3", "--kind=turn", "--kind", "memory", "--json"],
        ["remember", "x", "--tag", "a", "--tag", "b", "--importance", "0.5", "--pin"],
        ["revise", "abc", "-"],
        ["undo"],
        ["bench", "ops", "--size=1000"],
    ],
)
def test_what_people_type_is_plain(words: list[str]) -> None:
    assert express.parse(words, DESCRIPTIONS) is not None


def test_an_unknown_command_and_an_unknown_option_get_a_suggestion(tmp_path: Path) -> None:
    lore = Lore(tmp_path)
    ended = lore("recal", "x")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "error: there is no command 'recal'\nhint: did you mean `lore recall`? see `lore --help`\n"
    ended = lore("recall", "x", "--limt", "3")
    assert ended.err == "error: there is no option --limt\nhint: did you mean `--limit`? see `lore recall --help`\n"
    ended = lore("model", "pul")
    assert ended.err.endswith("hint: did you mean `lore model pull`? see `lore model --help`\n")
    ended = lore("recall", "--json")
    assert (ended.status, ended.out) == (2, "")
    assert (ended.error["code"], ended.error["field"]) == ("invalid_input", "query")


def test_lore_alone_shows_the_help(tmp_path: Path) -> None:
    for words in ([], ["model"]):
        assert Lore(tmp_path)(*words).status == 0
    ended = Lore(tmp_path)()
    assert ended.out.startswith("Usage: lore [OPTIONS] COMMAND")
