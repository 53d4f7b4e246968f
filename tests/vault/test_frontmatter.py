"""Front matter: what we write is read back, what others wrote survives byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from everlore.vault.frontmatter import Malformed, emit, read, update
from everlore.vault.frontmatter import _read_any as read_any
from everlore.vault.page import parse, render

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=60)
KEY = st.from_regex(r"[a-z][a-z_-]{0,11}", fullmatch=True).filter(
    lambda key: key not in {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
)
NUMBER = st.floats(0, 1) | st.integers(0, 10**9)
VALUE = TEXT | NUMBER | st.booleans() | st.lists(TEXT, max_size=5)
FIELDS = st.dictionaries(KEY, VALUE, max_size=8)
NASTY = '---\n---\n"quo\'te" # no comment\n\t\u2028\x85\ufeff{a: [b]} !!python/object &x *x\n---'


@settings(max_examples=400)
@given(FIELDS, TEXT | st.just(NASTY))
@example(
    {"a": "yes", "b": "1.5", "c": "- x", "d": "# x", "e": "a: b", "f": " lead", "g": "2026-03-02", "h": "~"},
    "\n\n---\n\n",
)
@example({"a": "a.", "b": "0x1f", "c": "1e5", "d": "null", "e": "\x85", "f": "👩‍💻", "g": "..."}, "")
@example({"a": ["", ",", "[", "a, b"], "b": []}, "\r\n\r\n")
def test_render_and_parse_are_inverse(fields: dict, text: str) -> None:
    page = parse(render(fields, text).encode())
    assert page.text == text
    assert page.fields == fields
    assert all(type(page.fields[key]) is type(value) for key, value in fields.items())


@settings(max_examples=200)
@given(FIELDS)
def test_the_short_way_to_read_says_what_yaml_says(fields: dict) -> None:
    head = "".join(emit(key, value) for key, value in fields.items())
    assert read(head) == read_any(head) == fields


BY_HAND = """\
# who edits this finds their own words again
id: "01abc"   # the id
"title":   'It''s a title'
tags:
- one      # first
- "two"

mine: {deep: [1, 2, {x: y}]}
text: |
  a block
    of text

status: active
when: 2026-03-02
"""


def test_only_the_lines_of_a_changed_key_are_written() -> None:
    before = read(BY_HAND)
    assert before["title"] == "It's a title"
    assert before["when"] == "2026-03-02"
    after = update(BY_HAND, before, {"tags": ["three"], "status": "superseded", "id": "01abc", "layer": 2})
    expected = BY_HAND.replace('- one      # first\n- "two"\n', "").replace("tags:\n", "tags: [three]\n")
    assert after == expected.replace("status: active", "status: superseded") + "layer: 2\n"


def test_a_comment_behind_a_value_stays_and_a_key_can_go() -> None:
    head = "layer: 2  # general\nstatus: active\n"
    assert update(head, read(head), {"layer": 1, "status": None}) == "layer: 1  # general\n"


@settings(max_examples=200)
@given(FIELDS, FIELDS)
def test_update_says_what_it_was_told(before: dict, after: dict) -> None:
    head = "# mine\n" + "".join(emit(key, value) for key, value in before.items())
    written = update(head, read(head), after)
    assert written.startswith("# mine\n")
    assert read(written) == {**before, **after}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1", "not valid YAML"),
        ("a: 1\na: 2", "not valid YAML"),
        ("- a\n- b", "not a list of keys"),
        ("1: a", "not a list of keys"),
        ("a: !!python/object:os.system x", "anchors, references or tags"),
        ("x: !!bool maybe", "anchors, references or tags"),
        ("mine: &a [*a]", "anchors, references or tags"),
        ("tags: *bomb", "anchors, references or tags"),
        ('title: "\\ud800a"', "no text|not valid YAML"),
        ("x: " + "a" * 70_000, "longer than"),
    ],
)
def test_what_is_wrong_with_it_is_said(text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read(text)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"---\na: 1\nno end", "does not end"),
        (b"\xff\xfe", "not valid UTF-8"),
        (b"a\0b", "zero bytes"),
        (b"---\na: 1\n---\n<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> theirs\n", "a merge that is not settled"),
    ],
)
def test_a_page_that_is_none_says_why(data: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        parse(data)


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    page = parse(b"\xef\xbb\xbf---\r\ntitle: A\r\n---\r\n\r\none\r\ntwo\r\n")
    assert (page.fields, page.text) == ({"title": "A"}, "one\ntwo")


def test_a_file_without_front_matter_is_all_text() -> None:
    assert parse(b"just words\n").text == "just words"
