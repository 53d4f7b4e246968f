"""Redaction: what it must take out, what it must leave, and that nothing else changes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.bench.lookalikes import LOOKALIKES
from everlore.bench.planted import CARRIERS, HEX, PLACED, TOKENS, draw, plants
from everlore.guard.redact import Finding, redact
from everlore.guard.rules import RULES

MARK = re.compile(r"\[redacted:[a-z0-9-]+\]")
POSITIVES = list(plants())
NEGATIVES = [text for texts in LOOKALIKES.values() for text in texts]
PIECES = st.sampled_from([plant.text for plant in POSITIVES] + NEGATIVES)
AWKWARD = st.sampled_from(
    ["[redacted:token]", "[redacted:", "]", "<private>", "</private>", "password=", "token: ", '"', "'", "\\n", "\n",
     "Ā", "İ", "\ud800", "-----BEGIN PRIV" + "ATE KEY-----", "://", "@", "eyJ", "data:image/png;base64,", "key=",
     "=", ";", "Cookie: session="]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, AWKWARD, st.text(max_size=12)), max_size=8).map("".join)


def test_the_corpus_is_large_enough():
    assert len(POSITIVES) >= 1000 and len(NEGATIVES) >= 700 and len({rule.kind for rule in RULES}) >= 60
    assert len(CARRIERS) == 10 and len(TOKENS) >= 55


def test_planted_secrets_are_taken_out():
    missed = [plant.text for plant in POSITIVES if plant.secret in redact(plant.text).text]
    assert len(missed) <= 0.01 * len(POSITIVES), missed


def test_no_token_of_a_known_form_is_missed_in_any_carrier():
    assert not [plant for plant in POSITIVES if plant.kind and plant.secret in redact(plant.text).text]


def test_what_only_looks_like_a_secret_stays():
    held = [text for text in NEGATIVES if redact(text).findings]
    assert len(held) <= 0.01 * len(NEGATIVES), held


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_is_found_under_its_name_wherever_it_stands(kind):
    for token in TOKENS[kind]:
        for around in CARRIERS.values():
            result = redact(around.format(token))
            assert result.text == around.format(f"[redacted:{kind}]")
            assert result.findings == (Finding(kind, 1, (len(token),)),)


def test_nothing_of_a_placed_secret_is_left():
    for around, secret in PLACED:
        text = redact(around.format(secret, secret)).text
        if secret in text:
            continue  # counted above
        pieces = {secret[at : at + 6] for at in range(len(secret) - 5)} - {"PRIVAT", "RIVATE"}
        outside = MARK.sub("", text)
        assert not [piece for piece in pieces if piece in outside and piece not in around], text


def test_findings_count_by_kind_and_never_hold_the_value():
    one, two = TOKENS["github-token"][:2]
    result = redact(f"{one} and {two}, then {TOKENS['npm-token'][0]}")
    assert [(f.kind, f.count, f.lengths) for f in result.findings] == [
        ("github-token", 2, (len(one), len(two))),
        ("npm-token", 1, (40,)),
    ]
    assert one not in repr(result) and two not in repr(result)


def test_private_blocks_go_whatever_they_hold():
    text = "a <private>one <b>x</b> <Private>two</PRIVATE> three\n</private> b <private reason='x'>c< / private > d"
    assert redact(text).text == "a [redacted:private] b [redacted:private] d"


def test_a_private_block_that_is_never_closed_takes_the_rest_only_from_the_start_of_a_line():
    assert redact("keep\n  <private>\nsecret plans").text == "keep\n  [redacted:private]"
    assert redact("the `<private>` tag hides text\nkeep").text == "the `<private>` tag hides text\nkeep"
    assert redact("done</private> keep").text == "done</private> keep"


def test_a_key_cut_off_before_its_end_is_taken_out_as_far_as_it_goes():
    key = "-----BEGIN RSA PRIV" + "ATE KEY-----\n" + "\n".join(draw(HEX, 64) for _ in range(5))
    assert redact(f"{key}\nand prose goes on").text == "[redacted:private-key]\nand prose goes on"


def test_every_session_in_one_cookie_header_is_taken_out():
    values = [draw(HEX, 32) for _ in range(3)]
    text = redact("Cookie: session={}; theme=dark; auth_id={}; csrf_token={}".format(*values)).text
    assert not any(value in text for value in values) and "theme=dark" in text


def test_the_host_of_a_url_and_the_name_of_an_assignment_stay():
    password = draw(HEX, 12)
    assert redact(f"postgres://app:{password}@db:5432/x").text == "postgres://app:[redacted:url-password]@db:5432/x"
    assert redact(f"export DB_PASSWORD={password} # prod").text == "export DB_PASSWORD=[redacted:password] # prod"


def test_a_token_inside_an_image_is_part_of_the_image():
    image = "data:image/png;base64," + draw(HEX, 40) + "/" + TOKENS["aws-access-key"][0] + "+" + draw(HEX, 40)
    assert redact(image).findings == ()


def surroundings_hold(text, result):
    """Check that what stands between the marks stands in the text, in that order, with the lengths between."""
    at, lengths = 0, sum(sum(f.lengths) for f in result.findings)
    for piece in MARK.split(result.text):
        found = text.find(piece, at) if piece else at
        assert found >= 0, piece
        at = found + len(piece)
    if not result.findings:
        assert result.text == text
    assert lengths <= 2 * len(text) + 64


@given(PIECES)
def test_all_other_characters_stay_as_they_were(text):
    result = redact(text)
    surroundings_hold(text, result)
    marks = len("".join(MARK.findall(result.text)))
    if text.count("[redacted:") == 0 and len(MARK.findall(result.text)) == sum(f.count for f in result.findings):
        assert len(text) - sum(sum(f.lengths) for f in result.findings) == len(result.text) - marks


@given(TEXTS)
def test_redaction_never_raises_and_a_second_time_changes_nothing(text):
    once = redact(text)
    again = redact(once.text)
    assert (again.text, again.findings) == (once.text, ())


@given(st.text())
def test_any_text_comes_back_whole_or_marked(text):
    result = redact(text)
    assert bool(result.findings) == (result.text != text)


@given(PIECES, st.sampled_from(["İ", "ẞ", "Ω", "日本", "\u0000", "\ud83d"]))
def test_letters_without_a_single_lower_case_do_not_shift_what_is_found(text, letter):
    assert redact(letter + "\n" + text).text == letter + "\n" + redact(text).text


def test_hints_are_spelled_as_they_are_looked_for_and_every_rule_can_be_reached():
    for rule in RULES:
        assert rule.token or rule.searched or all(hint == hint.lower() and hint.isascii() for hint in rule.hints)
        assert all(rule.hints) and (rule.hints or (rule.searched and rule.probe))
