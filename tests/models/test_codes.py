"""Storage codes and the search over them, held against plain float arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.core.errors import InvalidInput, ModelUnavailable
from everlore.models import segments
from everlore.models.codes import (
    PassageCode,
    encode_passage,
    from_bytes,
    kept_pieces,
    match_tokens,
    maxsim,
    quantize,
    rarity,
    sign_bits,
)
from everlore.models.minilm import MiniLM

from .encoders import WORDS, write_model


def unit(random: np.random.Generator, rows: int, width: int = 384) -> np.ndarray:
    values = random.standard_normal((rows, width)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def passage(random: np.random.Generator, tokens: int, width: int = 384) -> PassageCode:
    pooled, scale = quantize(unit(random, 1, width)[0])
    ids = random.integers(0, 30_000, tokens).astype(np.uint32)
    return PassageCode(pooled, scale, ids, sign_bits(unit(random, tokens, width)))


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.sampled_from([64, 384, 768]))
def test_a_code_comes_back_from_its_bytes_unchanged(seed: int, tokens: int, width: int) -> None:
    code = passage(np.random.default_rng(seed), tokens, width)
    back = from_bytes(code.to_bytes())
    assert back.scale == pytest.approx(code.scale, rel=1e-6)
    for name in ("pooled", "ids", "bits"):
        assert np.array_equal(getattr(back, name), getattr(code, name)), name


def test_a_code_costs_52_bytes_a_token_and_400_a_passage() -> None:
    random = np.random.default_rng(1)
    empty, full = len(passage(random, 0).to_bytes()), len(passage(random, 20).to_bytes())
    assert empty <= 400
    assert full - empty == 20 * 52


@pytest.mark.parametrize("cut", [0, 5, 300, -1])
def test_bytes_that_are_not_a_whole_code_are_refused(cut: int) -> None:
    value = passage(np.random.default_rng(2), 3).to_bytes()
    with pytest.raises(InvalidInput):
        from_bytes(value[:cut])
    with pytest.raises(InvalidInput):
        from_bytes(b"\x09" + value[1:])


def test_quantising_keeps_the_direction_of_a_vector() -> None:
    for vector in unit(np.random.default_rng(3), 50):
        codes, scale = quantize(vector)
        back = codes.astype(np.float32) * scale
        assert float(back @ vector) / float(np.linalg.norm(back)) > 0.9995


def test_a_zero_vector_can_be_quantised() -> None:
    codes, scale = quantize(np.zeros(384, np.float32))
    assert not codes.any()
    assert scale == 1.0


def test_matching_packed_signs_equals_matching_the_unpacked_ones() -> None:
    random = np.random.default_rng(4)
    question = unit(random, 9)
    passages = [passage(random, tokens) for tokens in (3, 0, 1, 50, 2500, 0, 7)]
    found = match_tokens(question, passages)
    for row, code in zip(found, passages, strict=True):
        signs = np.unpackbits(code.bits, axis=1).astype(np.float32) * 2 - 1
        expected = (question @ signs.T / np.sqrt(384)).max(1) if len(signs) else np.zeros(9)
        assert np.allclose(row, expected, atol=1e-5)


def test_matching_nothing_gives_no_scores() -> None:
    question = unit(np.random.default_rng(5), 4)
    assert match_tokens(question, []).shape == (0, 4)
    assert maxsim(match_tokens(question[:0], [passage(np.random.default_rng(5), 3)]), np.zeros(0, np.float32)) == [0]


def test_maxsim_weighs_rare_tokens_more() -> None:
    matches = np.array([[0.9, 0.1], [0.1, 0.9]], np.float32)
    rare_first = maxsim(matches, rarity(np.array([1, 900]), 1000))
    assert rare_first[0] > rare_first[1]
    assert np.allclose(maxsim(matches, np.ones(2, np.float32)), 0.5)


def test_rarity_falls_with_frequency_and_never_below_zero() -> None:
    weights = rarity(np.array([0, 1, 10, 500, 1000, 1200]), 1000)
    assert np.all(np.diff(weights) <= 0)
    assert weights[-1] >= 0


def test_stop_words_punctuation_and_special_tokens_are_not_kept(tmp_path: Path) -> None:
    model = MiniLM(write_model(tmp_path / "tiny"))
    kept = kept_pieces(model.vocabulary())
    dropped = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "a", "is", "of", "in", "and", "not", "why", "what"}
    dropped |= set(",.?!-_")
    assert {word for word, at in model.vocabulary().items() if not kept[at]} == dropped
    encoding = model.encode(["why is the price, in cents, not unable?"])[0]
    code = encode_passage(encoding, kept)
    assert [WORDS[at] for at in code.ids] == ["price", "cents", "un", "##able"]
    assert code.bits.shape == (4, 8)


def test_a_passage_matches_its_own_words_best(tmp_path: Path) -> None:
    model = MiniLM(write_model(tmp_path / "tiny"))
    kept = kept_pieces(model.vocabulary())
    texts = ["redis queue worker", "blue dog holiday", "invoice price cents", ""]
    codes = [from_bytes(encode_passage(item, kept).to_bytes()) for item in model.encode(texts)]
    for at, text in enumerate(texts[:3]):
        asked = model.encode([text])[0]
        matches = match_tokens(asked.tokens[kept[asked.ids]], codes)
        assert int(maxsim(matches, np.ones(matches.shape[1], np.float32)).argmax()) == at


def segment(random: np.random.Generator, count: int, first: int = 0, width: int = 384) -> segments.Segment:
    vectors = unit(random, count, width)
    return segments.build_segment("m", range(first, first + count), [quantize(row) for row in vectors])


def exact(parts: list[segments.Segment], question: np.ndarray) -> dict[int, float]:
    return {
        int(key): float(row.astype(np.float32) @ question * scale)
        for part in parts
        for key, row, scale in zip(part.keys, part.rows, part.scales, strict=True)
    }


def test_search_is_exact_on_small_stores() -> None:
    random = np.random.default_rng(6)
    parts = [segment(random, 300), segment(random, 5, 1000), segment(random, 200, 2000)]
    for question in unit(random, 5):
        keys, scores = segments.search(parts, question, 20)
        expected = sorted(exact(parts, question).items(), key=lambda item: (-item[1], item[0]))[:20]
        assert keys.tolist() == [key for key, _ in expected]
        assert np.allclose(scores, [score for _, score in expected], atol=1e-5)


def test_hamming_distance_counts_beyond_255_without_overflow() -> None:
    random = np.random.default_rng(7)
    part = segment(random, 400)
    opposite = -part.rows[0].astype(np.float32)
    distance = segments.hamming(part, opposite / np.linalg.norm(opposite))
    expected = ((part.rows > 0) != (opposite > 0)).sum(1)
    assert np.array_equal(distance, expected)
    assert distance.max() > 255


def test_search_by_signs_finds_what_the_exact_search_finds() -> None:
    random = np.random.default_rng(8)
    part = segment(random, 6000)
    near = part.rows[4321].astype(np.float32) + random.standard_normal(384).astype(np.float32) * 20
    near /= np.linalg.norm(near)
    keys, _ = segments.search([part], near, 10, exact_rows=1000, shortlist=400)
    best, _ = segments.search([part], near, 10)
    assert keys[0] == best[0] == 4321
    assert len(set(keys.tolist()) & set(best.tolist())) >= 8


@pytest.mark.parametrize("exact_rows", [10, 100_000])
def test_rows_that_are_not_allowed_never_come_back(exact_rows: int) -> None:
    random = np.random.default_rng(9)
    parts = [segment(random, 500), segment(random, 500, 500)]
    masks = [random.random(500) < 0.3, None]
    question = unit(random, 1)[0]
    keys, _ = segments.search(parts, question, 1000, allowed=masks, exact_rows=exact_rows, shortlist=100)
    assert set(keys.tolist()) <= set(np.flatnonzero(masks[0]).tolist()) | set(range(500, 1000))
    assert len(keys) == len(set(keys.tolist())) >= 200


def test_searching_nothing_gives_nothing() -> None:
    question = unit(np.random.default_rng(10), 1)[0]
    assert len(segments.search([], question, 10)[0]) == 0
    empty = segments.build_segment("m", [], [])
    part = segment(np.random.default_rng(10), 5)
    assert segments.search([empty, part], question, 10)[0].size == 5
    assert segments.search([part], question, 10, allowed=[np.zeros(5, bool)])[0].size == 0
    assert segments.search([part], question, 0)[0].size == 0


@pytest.mark.parametrize("count", [1, 7, 130])
def test_a_segment_file_maps_back_to_what_was_written(tmp_path: Path, count: int) -> None:
    part = segment(np.random.default_rng(11), count)
    segments.write_segment(tmp_path / "s.seg", part)
    back = segments.open_segment(tmp_path / "s.seg")
    assert back.identity == "m"
    assert len(back) == count
    for name in ("keys", "scales", "planes", "rows"):
        assert np.array_equal(getattr(back, name), getattr(part, name)), name
    assert [p.name for p in tmp_path.iterdir()] == ["s.seg"]


def test_a_damaged_segment_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.seg"
    segments.write_segment(path, segment(np.random.default_rng(12), 50))
    whole = path.read_bytes()
    for damage in (whole[:-10], b"", b"{}\n", whole.replace(b"everlore-segment-1", b"everlore-segment-9"), b"x" * 5000):
        path.write_bytes(damage)
        with pytest.raises(ModelUnavailable):
            segments.open_segment(path)
    with pytest.raises(ModelUnavailable):
        segments.open_segment(tmp_path / "none.seg")
