"""Editing TOML: tables at the end, every other byte left, nothing used that does not say what it should."""

from __future__ import annotations

import tomllib
from itertools import permutations

import pytest

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents.toml import TomlHooks, TomlKey, TomlServer, sections

SERVER = TomlServer(("mcp_servers", "everlore"), {"command": "/bin/lore", "args": ["mcp"], "startup_timeout_sec": 20})
GROUP = {"matcher": "*", "hooks": [{"type": "command", "command": "/bin/lore hook codex Stop", "timeout": 5}]}
HOOKS = TomlHooks("codex", {"Stop": GROUP})
NOTIFY = TomlKey("notify", ["/bin/lore", "hook", "codex", "notify"])
EDITS = (SERVER, HOOKS, NOTIFY)

PIECES = (
    '[tui]\ntheme = "x" # a\n',
    '[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "true"\n',
    "# of other\n[mcp_servers.other]\nenv = { A = '''\n[mcp_servers.everlore]\n''' }\n",
    'x = [\n  ["a"]\n]\n[ projects . "/a.b" ]\ntrust_level = "trusted"\n',
)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize(
    "head",
    ["", "# mine\n\n", 'model = "x" # good\n\n# about tables\n', PIECES[3], "\ufeffa = 1\n", 'a = """\n#\n\n"""\n\n'],
)
@pytest.mark.parametrize("close", ["\n", "\r\n"])
def test_tables_go_in_and_out_and_every_byte_is_back(head: str, order: tuple[int, ...], close: str) -> None:
    original = (head + "\n".join(PIECES[n] for n in order)).replace("\n", close)
    text = original
    for edit in EDITS:
        text = edit.put(text)
    before, after = (tomllib.loads(each.lstrip("\ufeff")) for each in (original, text))
    assert after["mcp_servers"].pop("everlore") == SERVER.value
    assert after["hooks"]["Stop"].pop() == GROUP
    assert after.pop("notify") == NOTIFY.value
    assert after == before
    assert text.count("\n") == text.count(close)
    for edit in EDITS:
        assert edit.put(text) == text
    for edit in reversed(EDITS):
        text = edit.take(text)
    assert text == original


def test_a_table_that_was_put_between_ours_by_the_client_stays() -> None:
    text = HOOKS.put(SERVER.put("a = 1\n"))
    at = text.index("\n[[hooks")
    text = f'{text[:at]}\n[mcp_servers.other]\ncommand = "b"\n{text[at:]}'
    for edit in (HOOKS, SERVER):
        text = edit.take(text)
    assert tomllib.loads(text) == {"a": 1, "mcp_servers": {"other": {"command": "b"}}}


def test_a_hook_of_another_in_our_group_stays() -> None:
    text = HOOKS.put("") + '[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "true"\n'
    taken = HOOKS.take(text)
    assert tomllib.loads(taken)["hooks"]["Stop"] == [
        {"matcher": "*", "hooks": [{"type": "command", "command": "true"}]}
    ]


def test_an_older_path_of_lore_is_replaced_and_what_a_person_added_stays() -> None:
    text = SERVER.put(
        '[mcp_servers.everlore]\ncommand = "/old/lore" # mine\nargs = ["mcp"]\ntool_timeout_sec = 9\nstartup_timeout_sec = 60\n'
    )
    assert tomllib.loads(text)["mcp_servers"]["everlore"] == {
        "command": "/bin/lore", "args": ["mcp"], "tool_timeout_sec": 9, "startup_timeout_sec": 60,
    }  # fmt: skip
    older = TomlHooks(
        "codex", {"Stop": {**GROUP, "hooks": [{"type": "command", "command": "'/o l d/lore' hook codex Stop"}]}}
    )
    assert HOOKS.put(older.put("")) == HOOKS.put("")
    assert HOOKS.take(older.put("a = 1\n")) == "a = 1\n"


def test_an_event_that_is_no_longer_wired_goes() -> None:
    text = TomlHooks("codex", {"Stop": GROUP, "Interrupt": GROUP}).put("")
    assert HOOKS.put(text) == HOOKS.put("")


def test_another_ones_notify_stays() -> None:
    text = 'notify = ["say", "done"]\n'
    assert NOTIFY.put(text) == text
    assert NOTIFY.take(text) == text


def test_a_server_at_an_address_is_its_owners() -> None:
    text = '[mcp_servers.everlore]\nurl = "http://127.0.0.1:7717/mcp"\n'
    assert SERVER.put(text) == SERVER.take(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = \n", "line 1: not valid TOML"),
        ("a = 1\n[b\n", "line 2: not valid TOML"),
        ('mcp_servers = { z = { command = "z" } }\n', "clash"),
        ('[mcp_servers.everlore]\ncommand = "else"\n', "another server"),
        ("mcp_servers = 1\n", "clash"),
    ],
)
def test_what_cannot_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as error:
        SERVER.put(text)
    assert said in error.value.message


def test_a_line_in_a_value_is_no_header() -> None:
    found = sections('a = """\n[x]\n"""\nb = [\n["c"]\n]\n[d.e]\n[[f]]\n')
    assert [(each.keys, each.repeated) for each in found] == [(("d", "e"), False), (("f",), True)]


def test_nothing_of_ours_is_left_at_the_head_of_a_file_that_the_client_went_on_with() -> None:
    text = ""
    for edit in EDITS:
        text = edit.put(text)
    text = text.replace("\n[[hooks.Stop]]", '\n[mcp_servers.other]\ncommand = "b"\n\n[[hooks.Stop]]', 1)
    text = text.replace("\n[mcp_servers.everlore]", "\n\n[mcp_servers.everlore]", 1)
    for edit in reversed(EDITS):
        text = edit.take(text)
    assert text == '[mcp_servers.other]\ncommand = "b"\n'
