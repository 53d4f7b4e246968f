"""A tiny random BERT written by hand: the same files as a real model directory, in a few kilobytes."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

WIDTH, LAYERS, HEADS, INNER, POSITIONS = 64, 2, 4, 128, 32
WORDS = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "a", "is", "of", "in", "and", "not", ",", ".", "?", "!", "-", "_"),
    *("till", "invoice", "cents", "price", "port", "queue", "redis", "worker", "database", "postgres", "blue"),
    *("green", "meeting", "holiday", "dog", "cat", "run", "##ning", "##s", "##d", "un", "##able", "5433", "8080"),
    *("why", "what"),
)


def tensors(seed: int, prefix: str = "") -> dict[str, np.ndarray]:
    """Return random weights of the right names and shapes."""
    random = np.random.default_rng(seed)

    def draw(*shape: int, scale: float = 0.3) -> np.ndarray:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    out = {
        "embeddings.word_embeddings.weight": draw(len(WORDS), WIDTH, scale=1.0),
        "embeddings.position_embeddings.weight": draw(POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": draw(2, WIDTH),
        "embeddings.LayerNorm.weight": 1 + draw(WIDTH, scale=0.1),
        "embeddings.LayerNorm.bias": draw(WIDTH, scale=0.1),
    }
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        sizes = {
            "attention.self.query": (WIDTH, WIDTH),
            "attention.self.key": (WIDTH, WIDTH),
            "attention.self.value": (WIDTH, WIDTH),
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }
        for name, (rows, columns) in sizes.items():
            out[f"{at}{name}.weight"] = draw(rows, columns)
            out[f"{at}{name}.bias"] = draw(rows)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            out[f"{at}{name}.weight"] = 1 + draw(WIDTH, scale=0.1)
            out[f"{at}{name}.bias"] = draw(WIDTH, scale=0.1)
    return {prefix + name: value for name, value in out.items()}


def write_safetensors(path: Path, values: dict[str, np.ndarray], kind: str = "F32") -> None:
    """Write tensors in the safetensors format; BF16 keeps the upper half of each float32."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, value in values.items():
        if kind == "BF16":
            raw = (value.view(np.uint32) >> 16).astype(np.uint16).tobytes()
        else:
            raw = value.astype({"F32": np.float32, "F16": np.float16, "F64": np.float64}[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    line = json.dumps(header).encode()
    line = line.ljust(-(-len(line) // 8) * 8)
    path.write_bytes(struct.pack("<Q", len(line)) + line + body)


def write_tokenizer(path: Path) -> None:
    """Write a WordPiece tokenizer that lower-cases and frames a text with [CLS] and [SEP]."""
    cls, sep = WORDS.index("[CLS]"), WORDS.index("[SEP]")
    special = {"[CLS]": cls, "[SEP]": sep}
    value = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {name: {"id": name, "ids": [at], "tokens": [name]} for name, at in special.items()},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {word: at for at, word in enumerate(WORDS)},
        },
    }
    path.write_text(json.dumps(value), "utf-8")


def write_model(directory: Path, *, seed: int = 7, prefix: str = "", kind: str = "F32", config: bool = True) -> Path:
    """Write a whole model directory and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    write_safetensors(directory / "model.safetensors", tensors(seed, prefix), kind)
    write_tokenizer(directory / "tokenizer.json")
    if config:
        (directory / "config.json").write_text(json.dumps({"num_attention_heads": HEADS, "layer_norm_eps": 1e-12}))
    return directory
