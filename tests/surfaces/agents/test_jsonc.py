"""Editing JSON with comments: every other byte stays, and taking out gives back what was."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents.edits import Hooks, Server
from everlore.surfaces.agents.jsonc import Document

KEYS = ("a", "b", "mcpServers", "hooks", "Stop", 'é, // "no" {comment}')
FILLS = ("", " ", "\n", "\n  ", "\t", " /* x, y: } */ ", " // z, ]\n", "\r\n")
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["", "x", "// no comment", '"', "\\", "\u2028", "}"])
)


@st.composite
def documents(draw: st.DrawFn, depth: int = 3) -> tuple[str, Any]:
    """Some JSON with comments and what it says."""
    fill = st.sampled_from(FILLS)
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        value = draw(SCALARS)
        return json.dumps(value), value
    named, size = draw(st.booleans()), draw(st.integers(0, 3))
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=size, max_size=size, unique=True))
    inner = [draw(documents(depth - 1)) for _ in keys]
    parts = []
    for key, (text, _) in zip(keys, inner, strict=True):
        head = f"{json.dumps(key)}{draw(fill)}:{draw(fill)}" if named else ""
        parts.append(f"{draw(fill)}{head}{text}{draw(fill)}")
    body = ",".join(parts) + ("," + draw(fill) if parts and draw(st.booleans()) else "" if parts else draw(fill))
    said: Any = (
        {key: each for key, (_, each) in zip(keys, inner, strict=True)} if named else [each for _, each in inner]
    )
    return f"{'{' if named else '['}{body}{'}' if named else ']'}", said


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A file whose root is an object."""
    text, said = draw(documents().filter(lambda found: isinstance(found[1], dict)))
    fill = st.sampled_from(FILLS)
    return f"{draw(st.sampled_from(['', chr(0xFEFF)]))}{draw(fill)}{text}{draw(fill)}", said


def comments(text: str) -> list[str]:
    """Every comment outside strings, in order."""
    found = re.finditer(r'"(?:[^"\\]|\\.)*"|(//[^\r\n]*|/\*.*?\*/)', text, re.DOTALL)
    return [each[1].rstrip() for each in found if each[1]]


@given(files())
def test_a_document_says_what_it_says(file: tuple[str, dict[str, Any]]) -> None:
    assert Document(file[0]).value == file[1]


@given(files(), st.sampled_from(KEYS), st.sampled_from(KEYS))
def test_what_is_set_can_be_removed_and_comments_survive(
    file: tuple[str, dict[str, Any]], first: str, second: str
) -> None:
    text, said = file
    if second in said.get(first, {}) if isinstance(said.get(first, {}), dict) else True:
        return
    document = Document(text)
    document.set((first, second), {"command": "lore", "args": ["mcp"]})
    assert document.value == {**said, first: {**said.get(first, {}), second: {"command": "lore", "args": ["mcp"]}}}
    assert comments(document.text) == comments(text)
    document.remove((first, second))
    if first not in said:
        document.remove((first,))
    assert document.value == said
    assert comments(document.text) == comments(text)
    assert re.sub(r"\s", "", document.text) == re.sub(r"\s", "", text)


@given(files(), st.data())
def test_any_member_can_be_removed_with_the_comments_kept(
    file: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    text, said = file
    if not said:
        return
    key = data.draw(st.sampled_from(sorted(said)))
    document = Document(text)
    assert document.remove((key,))
    del said[key]
    assert document.value == said


@given(files())
def test_hooks_and_server_go_in_and_out_of_any_file(file: tuple[str, dict[str, Any]]) -> None:
    text, said = file
    group = {"hooks": [{"type": "command", "command": "/bin/lore hook claude-code Stop"}]}
    edits = (
        Hooks(("hooks",), "claude-code", {"Stop": group}),
        Server(("mcpServers", "everlore"), {"command": "/bin/lore", "args": ["mcp"]}),
    )
    put = text
    try:
        for edit in edits:
            put = edit.put(put)
    except InvalidInput as error:
        assert re.match(r"line \d+: \S+ is no (?:object|list)", error.message)
        return
    for edit in edits:
        assert edit.put(put) == put
    assert comments(put) == comments(text)
    for edit in reversed(edits):
        put = edit.take(put, frozenset({("hooks",), ("hooks", "Stop"), ("mcpServers",)} - _present(said)))
    assert Document(put).value == said


def _present(said: dict[str, Any]) -> set[tuple[str, ...]]:
    hooks = said.get("hooks")
    inner = {("hooks", key) for key in hooks} if isinstance(hooks, dict) else set()
    return {(key,) for key in said} | inner


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{\n  \"a\": 1\n  \"b\": 2\n}\n", 3),
        ("{\n  \"a\": [1, 2\n", 3),
        ("{\n\n  a: 1\n}", 3),
        ("{} {}", 1),
        ("{\n  /* never closed\n}", 2),
        ("{'a': 1}", 1),
        ("\n\n[" + "[" * 300, 3),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(InvalidInput) as error:
        Document(text)
    assert error.value.message.startswith(f"line {line}: ")


def test_an_empty_file_is_an_empty_object_and_keeps_its_byte_order_mark() -> None:
    document = Document("\ufeff\n")
    document.set(("a",), 1)
    assert document.text == '\ufeff{\n  "a": 1\n}\n'


def test_of_two_members_with_one_key_the_last_counts_and_both_go() -> None:
    document = Document('{"a": 1, "a": 2}')
    assert document.get("a") == 2
    assert document.remove(("a",))
    assert document.value == {}


def test_a_comment_on_the_line_of_the_last_member_stays_with_it() -> None:
    document = Document('{\n  "a": 1 // one\n}')
    document.set(("b",), 2)
    assert document.text == '{\n  "a": 1, // one\n  "b": 2\n}'
