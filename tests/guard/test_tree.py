"""JSON: secrets and private blocks are taken out wherever they stand, and nothing else changes."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from everlore.bench.planted import ALNUM, CARRIERS, HEX, TOKENS, draw, plants
from everlore.guard.tree import map_texts, redact_tree, strip_private

TOKEN = TOKENS["github-token"][0]
SECRET = draw(ALNUM, 14)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)

SECRETS = [token for tokens in TOKENS.values() for token in tokens]
PLANTED = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(SECRETS) | st.sampled_from([p.text for p in plants()]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(max_size=8) | st.sampled_from([*SECRETS, "password", "api_key", "Authorization", "[redacted:token]"]), inner, max_size=4
    ),
    max_leaves=16,
)  # fmt: skip


def shape(tree: object) -> object:
    """Return the tree with every text and key left out."""
    if isinstance(tree, dict):
        return {number: shape(each) for number, each in enumerate(tree.values())}
    if isinstance(tree, list):
        return [shape(each) for each in tree]
    return str if isinstance(tree, str) else tree


def test_a_secret_is_taken_out_of_values_lists_and_keys() -> None:
    tree = {"a": [{"b": f"see {TOKEN}"}], TOKEN: 1, "n": 5, "none": None, "yes": True}
    cleaned, found = redact_tree(tree)
    assert cleaned == {
        "a": [{"b": "see [redacted:github-token]"}],
        "[redacted:github-token]": 1,
        "n": 5,
        "none": None,
        "yes": True,
    }
    assert found == {"github-token": 2}


def test_a_value_is_judged_together_with_its_key() -> None:
    for key in ("password", "DB_PASSWORD", "client_secret", "apiKey", "access_token", "Authorization", "X-Api-Key"):
        value = draw(ALNUM, 32)
        cleaned, found = redact_tree({key: value, "name": value})
        assert value not in cleaned[key], key
        assert cleaned["name"] == value and sum(found.values()) == 1


def test_a_list_under_a_telling_key_is_judged_with_the_key() -> None:
    cleaned, _ = redact_tree({"password": [SECRET]})
    assert cleaned == {"password": ["[redacted:password]"]}


def test_what_stands_under_a_telling_key_and_is_no_secret_stays() -> None:
    tree = {"token_count": "15230", "session_id": "3f1c2b6e-58f8-4d0c-9f6d-0c8e3b0a1b2c", "key": "Enter", "password": "<password>",
            "author": "Ana", "tokens": ["a", "b"], "cacheKey": draw(HEX, 40)}  # fmt: skip
    assert redact_tree(tree) == (tree, {})


def test_every_token_in_every_carrier_is_taken_out_of_json() -> None:
    for tokens in TOKENS.values():
        for token in tokens:
            tree = {"text": [around.format(token) for around in CARRIERS.values()]}
            assert token not in json.dumps(redact_tree(tree)[0])


def test_depth_costs_no_stack() -> None:
    tree: object = f"deep {TOKEN}"
    for number in range(50_000):
        tree = [tree] if number % 2 else {"in": tree}
    cleaned, found = redact_tree(tree)
    assert found == {"github-token": 1}
    while not isinstance(cleaned, str):
        cleaned = cleaned[0] if isinstance(cleaned, list) else cleaned["in"]
    assert cleaned == "deep [redacted:github-token]"


@given(ANY_JSON)
def test_the_shape_stays_and_a_second_time_changes_nothing(tree: object) -> None:
    once, found = redact_tree(tree)
    if not found:
        assert once == tree
    assert redact_tree(once) == (once, {})


@given(PLANTED)
@example({"PASSWORD": "DEBUG=1\nSERVICE_CREDENTIAL=AKIATRTLTA6EMZQENIGU\nPORT=8080\n"})
def test_planted_secrets_go_whatever_holds_them_and_every_value_stays_where_it_was(tree: object) -> None:
    once, found = redact_tree(tree)
    assert shape(once) == shape(tree)
    assert redact_tree(once) == (once, {})
    assert bool(found) == (once != tree)
    left = json.dumps(once, ensure_ascii=False)
    assert not [secret for secret in SECRETS if "\n" not in secret and secret in left]


def test_the_mark_of_a_secret_in_a_key_tells_nothing_of_the_value() -> None:
    value = "2026-03-13T09:12:44Z refused"
    for key in (SECRETS[0], "[redacted:aws-access-key]", "[redacted:token]"):
        (kept,) = redact_tree({key: value})[0].values()
        assert kept == value
    for key in (f"password {TOKEN}", "password [redacted:github-token]"):
        (kept,) = redact_tree({key: SECRET})[0].values()
        assert kept == "[redacted:password]"


def test_keys_that_come_to_read_the_same_keep_their_values() -> None:
    first, second = SECRETS[:2]
    tree = {first: 1, second: {"a": TOKEN}, "[redacted:aws-access-key]": 3, "[redacted:aws-access-key] 1": 4}
    cleaned, _ = redact_tree(tree)
    assert list(cleaned.values()) == [1, {"a": "[redacted:github-token]"}, 3, 4]
    assert next(iter(cleaned)) == "[redacted:aws-access-key]"
    assert map_texts({"a": 1, "b": 2}, lambda _: "x") == {"x": 1, "x 1": 2}


@given(ANY_JSON)
def test_mapping_texts_touches_only_texts(tree: object) -> None:
    assert map_texts(tree, lambda text: text) == tree


def test_private_blocks_are_stripped_nested_and_unclosed() -> None:
    assert strip_private("a <private>b <private>c</private> d</private> e") == "a [redacted:private] e"
    assert strip_private("a\n<private>\nthe rest") == "a\n[redacted:private]"
    assert strip_private("nothing here") == "nothing here"
    assert strip_private(f"{TOKEN} stays") == f"{TOKEN} stays"
