import pytest

from everlore.core.compounds import parts
from everlore.recall.words import STOP_WORDS, forms, root, synonyms, tokens


@pytest.mark.parametrize(
    "family",
    [
        "round rounds rounded rounding",
        "decide decided deciding decision",
        "config configure configured configuration",
        "fail failed failing failure",
        "price prices priced pricing",
        "validate validated validation valid",
        "retry retries retried",
        "choose chose chosen choice",
    ],
)
def test_a_family_of_forms_shares_one_root(family):
    assert len({root(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("port", "portfolio"), ("error", "err"), ("test", "tester2"), ("status", "state")]
)
def test_words_that_merely_look_alike_keep_their_own_root(one, other):
    assert root(one) != root(other)


def test_short_numeric_and_foreign_words_are_their_own_root():
    assert [root(word) for word in ("api", "s3", "2026", "größe", "")] == ["api", "s3", "2026", "größe", ""]


def test_mixed_case_identifiers_are_split_and_kept():
    assert tokens("set maxRetries on HTTPServer") == [
        *("set", "maxretries", "on", "httpserver", "max", "retries", "http", "server")
    ]
    assert parts("set maxRetries on HTTPServer") == "max retries http server"


def test_snake_case_paths_and_plain_words_need_no_parts():
    assert tokens("src/max_retries.py and Berlin") == ["src", "max", "retries", "py", "and", "berlin"]
    assert parts("src/max_retries.py and Berlin NASA") == ""


def test_synonyms_work_from_every_form_and_never_repeat_the_word():
    assert "deny" in synonyms("rejected")
    assert "maximum" in synonyms("limits")
    assert not any(root(word) == root("reject") for word in synonyms("rejecting"))
    assert synonyms("zyzzyva") == ()


def test_irregular_relatives_are_forms_to_search_for():
    assert set(forms("decision")) >= {"decision", "decide"}
    assert forms("lantern") == ("lantern",)


def test_stop_words_hold_question_words_but_no_content():
    assert {"what", "did", "the"} <= STOP_WORDS
    assert not STOP_WORDS & {"limit", "month", "error", "people"}


def test_scripts_without_spaces_are_found_by_pairs_of_neighbours():
    assert tokens("通訳は田中さん ok") == ["ok", "通訳", "訳は", "は田", "田中", "中さ", "さん"]
    assert parts("田中 maxRetries") == "田中 max retries"
