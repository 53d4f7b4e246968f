"""The encoder: its two runtimes, its windows, its identity, and what it says when files are wrong."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from everlore.core.errors import InvalidInput, ModelUnavailable
from everlore.models.graph import build_graph
from everlore.models.minilm import MiniLM, read_shape
from everlore.models.weights import Weights, identify

from .encoders import HEADS, LAYERS, POSITIONS, WIDTH, tensors, write_model, write_safetensors

TEXTS = ["why is the price in cents?", "", "redis queue worker", "the dog is running, and the cat is not", "port 5433"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny")


def reference(values: dict[str, np.ndarray], ids: np.ndarray) -> np.ndarray:
    """The forward pass once more in float64, one text and one head at a time, straight from the paper."""
    w = {name: value.astype(np.float64) for name, value in values.items()}

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(1, keepdims=True)
        return centred / np.sqrt(x.var(1, keepdims=True) + 1e-12) * w[name + ".weight"] + w[name + ".bias"]

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    size = WIDTH // HEADS
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        q, k, v = (dense(x, f"{at}attention.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for head in range(HEADS):
            cut = slice(head * size, (head + 1) * size)
            weights = np.exp(q[:, cut] @ k[:, cut].T / math.sqrt(size))
            heads.append(weights / weights.sum(1, keepdims=True) @ v[:, cut])
        mixed = dense(np.concatenate(heads, 1), at + "attention.output.dense")
        x = norm(mixed + x, at + "attention.output.LayerNorm")
        wide = dense(x, at + "intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = norm(dense(wide, at + "output.dense") + x, at + "output.LayerNorm")
    return x


@pytest.mark.parametrize("runtime", ["numpy", "onnx"])
def test_both_runtimes_compute_the_forward_pass_of_the_paper(model: Path, runtime: str) -> None:
    encoder = MiniLM(model, runtime=runtime)  # type: ignore[arg-type]
    for text, encoding in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        expected = reference(tensors(7), encoding.ids)
        tokens = expected / np.linalg.norm(expected, axis=1, keepdims=True)
        pooled = expected.mean(0) / np.linalg.norm(expected.mean(0))
        assert np.allclose(encoding.tokens, tokens, atol=2e-5), text
        assert np.allclose(encoding.pooled, pooled, atol=2e-5), text


def test_numpy_and_onnxruntime_agree_so_that_an_index_may_change_runtime(model: Path) -> None:
    one, other = MiniLM(model, runtime="numpy"), MiniLM(model, runtime="onnx", threads=1)
    assert (one.runtime, other.runtime) == ("numpy", "onnx")
    assert one.identity == other.identity
    texts = [*TEXTS, "the worker runs " * 40]
    for a, b in zip(one.encode(texts), other.encode(texts), strict=True):
        assert np.array_equal(a.ids, b.ids)
        assert np.abs(a.tokens - b.tokens).max() < 1e-5
        assert np.abs(a.pooled - b.pooled).max() < 1e-5


def test_onnxruntime_is_taken_when_it_is_installed(model: Path) -> None:
    assert MiniLM(model).runtime == "onnx"


def test_the_graph_written_by_hand_is_a_valid_onnx_model(model: Path) -> None:
    import onnx

    weights = Weights(model / "model.safetensors")
    graph, arrays = build_graph(weights, read_shape(model, weights))
    parsed = onnx.load_model_from_string(graph)
    for tensor in parsed.graph.initializer:
        if tensor.name in arrays:  # put the external values in, so that the checker sees a complete model
            assert list(tensor.dims) == list(arrays[tensor.name].shape)
            del tensor.external_data[:]
            tensor.data_location = onnx.TensorProto.DEFAULT
            tensor.raw_data = np.ascontiguousarray(arrays[tensor.name]).tobytes()
    onnx.checker.check_model(parsed, full_check=True)
    assert [item.name for item in parsed.graph.input] == ["input_ids", "attention_mask"]
    assert [item.name for item in parsed.graph.output] == ["hidden"]


def test_answers_keep_the_order_of_the_texts_whatever_their_lengths(model: Path) -> None:
    encoder = MiniLM(model, runtime="numpy")
    texts = [f"{'the dog is ' * (at * 7 % 5)}blue" for at in range(30)]
    alone = [encoder.encode([text])[0] for text in texts]
    for one, many in zip(alone, encoder.encode(texts), strict=True):
        assert np.array_equal(one.ids, many.ids)
        assert np.abs(one.pooled - many.pooled).max() < 1e-5


def test_every_vector_has_length_one(model: Path) -> None:
    for encoding in MiniLM(model).encode([*TEXTS, "cat " * 100]):
        assert np.allclose(np.linalg.norm(encoding.tokens, axis=1), 1, atol=1e-5)
        assert math.isclose(float(np.linalg.norm(encoding.pooled)), 1, abs_tol=1e-5)


def test_a_text_longer_than_the_window_loses_no_word(model: Path) -> None:
    encoder = MiniLM(model, window=10)
    words = ["dog", "cat", "blue", "green", "queue"] * 9
    encoding = encoder.encode([" ".join(words)])[0]
    vocabulary = encoder.vocabulary()
    special = {vocabulary["[CLS]"], vocabulary["[SEP]"]}
    assert [at for at in encoding.ids.tolist() if at not in special] == [vocabulary[word] for word in words]
    assert len(encoding.tokens) == len(encoding.ids) == 45 + 2 * 6


def test_the_window_never_exceeds_the_positions_of_the_model(model: Path) -> None:
    encoding = MiniLM(model, window=10_000).encode(["dog " * (POSITIONS + 5)])[0]
    assert len(encoding.ids) == POSITIONS + 5 + 4


def test_no_texts_give_no_encodings(model: Path) -> None:
    assert MiniLM(model).encode([]) == []


def test_a_window_without_room_is_refused(model: Path) -> None:
    with pytest.raises(InvalidInput):
        MiniLM(model, window=2)


def test_tensor_names_may_carry_a_prefix(tmp_path: Path, model: Path) -> None:
    prefixed = write_model(tmp_path / "prefixed", prefix="bert.")
    plain = MiniLM(model, runtime="numpy").encode(TEXTS[:1])[0]
    for runtime in ("numpy", "onnx"):
        other = MiniLM(prefixed, runtime=runtime).encode(TEXTS[:1])[0]  # type: ignore[arg-type]
        assert np.abs(plain.pooled - other.pooled).max() < 1e-5


@pytest.mark.parametrize(("kind", "tolerance"), [("F16", 5e-3), ("BF16", 5e-2)])
def test_half_precision_weights_are_widened(tmp_path: Path, model: Path, kind: str, tolerance: float) -> None:
    half = MiniLM(write_model(tmp_path / kind, kind=kind))
    a, b = MiniLM(model).encode(TEXTS[:1])[0], half.encode(TEXTS[:1])[0]
    difference = float(np.abs(a.pooled - b.pooled).max())
    assert 0 < difference < tolerance


def test_weights_of_another_number_type_are_refused(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "double", kind="F64")
    with pytest.raises(ModelUnavailable, match="F64"):
        MiniLM(directory, runtime="numpy").encode(["dog"])


def test_heads_are_inferred_when_there_is_no_config(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "bare", config=False)
    shape = read_shape(directory, Weights(directory / "model.safetensors"))
    assert (shape.width, shape.layers, shape.heads, shape.positions) == (WIDTH, LAYERS, 1, POSITIONS)


def test_a_missing_or_damaged_file_says_what_the_directory_needs(tmp_path: Path, model: Path) -> None:
    with pytest.raises(ModelUnavailable) as missing:
        MiniLM(tmp_path / "nowhere")
    assert "tokenizer.json" in missing.value.hint
    (model / "model.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelUnavailable):
        MiniLM(model)
    (model / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelUnavailable):
        MiniLM(model)


def test_weights_of_another_architecture_are_refused(tmp_path: Path, model: Path) -> None:
    write_safetensors(model / "model.safetensors", {"wte.weight": np.zeros((4, 4), np.float32)})
    with pytest.raises(ModelUnavailable, match="BERT"):
        MiniLM(model)


def test_the_identity_is_the_digest_of_the_weights_and_changes_with_them(tmp_path: Path) -> None:
    import hashlib

    one, other = write_model(tmp_path / "one"), write_model(tmp_path / "other", seed=8)
    expected = hashlib.sha256((one / "model.safetensors").read_bytes()).hexdigest()
    assert MiniLM(one).identity == expected
    assert MiniLM(other).identity != expected


def test_the_identity_is_hashed_once_and_again_when_the_file_changes(model: Path) -> None:
    weights = model / "model.safetensors"
    note = model.with_name("tiny.identity.json")
    first = identify(weights)
    note.write_text(note.read_text().replace(first, "0" * 64))
    assert identify(weights) == "0" * 64, "the note is trusted while size and time agree"
    os.utime(weights, ns=(1, 1))
    assert identify(weights) == first
    note.write_text("not json")
    assert identify(weights) == first


def test_an_unwritable_place_for_the_note_is_no_error(tmp_path: Path) -> None:
    model = write_model(tmp_path / "a" / "tiny")
    (tmp_path / "a" / "tiny.identity.json").mkdir()
    assert len(identify(model / "model.safetensors")) == 64
    assert [p.name for p in (tmp_path / "a").iterdir() if p.name.endswith(str(os.getpid()))] == []


def test_importing_the_package_loads_no_numpy() -> None:
    code = (
        "import sys, everlore.models.minilm, everlore.models.codes, everlore.models.segments;"
        "print('numpy' in sys.modules or 'tokenizers' in sys.modules or 'onnxruntime' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
