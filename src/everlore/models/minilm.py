"""A BERT-style sentence encoder over a model directory: texts in, unit vectors per token and per text out.

The directory holds `model.safetensors` and `tokenizer.json` (all-MiniLM-L6-v2 is the one meant), and `config.json`
when the number of attention heads cannot be told from the tensors. Two runtimes compute the same vectors (they agree
to 1e-5): a numpy forward pass over the memory-mapped weights, and onnxruntime in float32 with a graph built from
those weights, taken when it is importable because it is twice as fast. Nothing else differs, so an index made with
one serves the other.

Invariants: every vector returned has length 1; a text longer than the window is encoded in consecutive windows and
loses nothing; an empty text gives the vectors of its two special tokens; the order of the answers is the order of the
texts, while batches are formed by length so that little is spent on padding.
"""

from __future__ import annotations

import importlib.util
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from everlore.core.errors import InvalidInput, ModelUnavailable
from everlore.models.weights import Weights, identify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_BATCH_TOKENS = 4096  # padded tokens per batch: enough to keep the matrix units busy, 25 MB of activations
_WINDOW = 256  # all-MiniLM was trained on texts up to this many tokens


@dataclass(frozen=True, slots=True)
class Shape:
    """What the forward pass needs to know of an encoder; `prefix` is what its tensor names start with."""

    width: int
    layers: int
    heads: int
    positions: int
    epsilon: float
    prefix: str


@dataclass(frozen=True, slots=True)
class Encoding:
    """One text: word-piece ids (n, special tokens too), unit token vectors (n x width), unit mean vector (width)."""

    ids: NDArray[np.int64]
    tokens: NDArray[np.float32]
    pooled: NDArray[np.float32]


class _Runtime(Protocol):
    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]: ...


class MiniLM:
    """An encoder loaded from a directory; safe to call from several threads."""

    def __init__(
        self,
        directory: Path,
        *,
        runtime: Literal["auto", "numpy", "onnx"] = "auto",
        window: int = _WINDOW,
        threads: int = 0,
    ) -> None:
        """Open the model; `window` is in tokens with the two special ones, `threads` 0 lets onnxruntime choose.

        Raises ModelUnavailable when the files or the packages numpy and tokenizers are missing.
        """
        path = directory / "model.safetensors"
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ModelUnavailable(f"{error.name} is not installed", hint="pip install 'everlore[semantic]'") from error
        try:
            self._tokenizer: Any = Tokenizer.from_file(str(directory / "tokenizer.json"))
        except Exception as error:  # the tokenizers library raises nothing narrower
            raise ModelUnavailable(
                f"cannot read the tokenizer of {directory.name}: {error}",
                hint="the model directory needs model.safetensors and tokenizer.json",
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        weights = Weights(path)
        shape = read_shape(directory, weights)
        self._window = min(window, shape.positions)
        if self._window < 3:
            raise InvalidInput("a window needs room for a token between two special ones", field="window")
        self.identity = identify(path)
        self.width = shape.width
        self.runtime = _choose(runtime)
        self._run: _Runtime = _Onnx(weights, shape, threads) if self.runtime == "onnx" else _Numpy(weights, shape)

    def vocabulary(self) -> dict[str, int]:
        """Return the word pieces and their ids."""
        return dict(self._tokenizer.get_vocab())

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Encode texts, in their order."""
        import numpy as np

        rows = [item.ids for item in self._tokenizer.encode_batch(list(texts))]
        windows = [(row, part) for row, ids in enumerate(rows) for part in self._windows(ids)]
        states: list[NDArray[np.float32] | None] = [None] * len(windows)
        for batch in _batches([len(part) for _, part in windows]):
            length = max(len(windows[at][1]) for at in batch)
            ids = np.zeros((len(batch), length), np.int64)
            mask = np.zeros((len(batch), length), np.int64)
            for row, at in enumerate(batch):
                part = windows[at][1]
                ids[row, : len(part)] = part
                mask[row, : len(part)] = 1
            hidden = self._run.run(ids, mask)
            for row, at in enumerate(batch):
                states[at] = hidden[row, : len(windows[at][1])]
        gathered: list[list[int]] = [[] for _ in rows]
        for at, (row, _) in enumerate(windows):
            gathered[row].append(at)
        return [
            _join([(windows[at][1], state) for at in parts if (state := states[at]) is not None]) for parts in gathered
        ]

    def _windows(self, ids: list[int]) -> list[list[int]]:
        """Cut ids, which start and end with a special token, into windows that do so too."""
        if len(ids) <= self._window:
            return [ids]
        first, last, step = ids[0], ids[-1], self._window - 2
        return [[first, *ids[at : min(at + step, len(ids) - 1)], last] for at in range(1, len(ids) - 1, step)]


def read_shape(directory: Path, weights: Weights) -> Shape:
    """Read the encoder's shape from its tensors, and heads and epsilon from config.json if it has them.

    Without them: 12 heads where they divide the width (MiniLM, BERT base), else heads of 64; epsilon 1e-12, as in BERT.
    """
    try:
        config = json.loads((directory / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        config = {}
    end = "embeddings.word_embeddings.weight"
    found = [name for name in weights.names() if name.endswith(end)]
    if not found:
        raise ModelUnavailable("the weights are not of a BERT-style encoder", hint="use all-MiniLM-L6-v2")
    prefix = found[0].removesuffix(end)
    width = weights.shape(found[0])[1]
    layers = {
        int(name.removeprefix(prefix).split(".")[2])
        for name in weights.names()
        if name.startswith(prefix + "encoder.layer.")
    }
    heads = int(config.get("num_attention_heads") or (12 if width % 12 == 0 else max(1, width // 64)))
    if width % heads:
        raise ModelUnavailable(f"{heads} attention heads do not divide a width of {width}")
    positions = weights.shape(prefix + "embeddings.position_embeddings.weight")[0]
    epsilon = float(config.get("layer_norm_eps") or 1e-12)
    return Shape(width, len(layers), heads, positions, epsilon, prefix)


def _choose(runtime: str) -> Literal["numpy", "onnx"]:
    available = importlib.util.find_spec("onnxruntime") is not None
    if runtime == "onnx" and not available:
        raise ModelUnavailable("onnxruntime is not installed", hint="pip install 'everlore[onnx]'")
    return "onnx" if available and runtime != "numpy" else "numpy"


def _batches(lengths: list[int]) -> list[list[int]]:
    """Group indexes by length so that a batch holds at most _BATCH_TOKENS padded tokens, or one text."""
    batches: list[list[int]] = []
    for at in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        if batches and (len(batches[-1]) + 1) * lengths[at] <= _BATCH_TOKENS:
            batches[-1].append(at)
        else:
            batches.append([at])
    return batches


def _join(parts: list[tuple[list[int], NDArray[np.float32]]]) -> Encoding:
    """Put the windows of one text together: all tokens normalised, and the mean of the raw states normalised."""
    import numpy as np

    states = np.concatenate([state for _, state in parts])
    mean = states.mean(0)
    lengths = np.linalg.norm(states, axis=1, keepdims=True)
    ids = np.concatenate([np.asarray(ids, np.int64) for ids, _ in parts])
    return Encoding(ids, states / np.maximum(lengths, 1e-12), mean / max(float(np.linalg.norm(mean)), 1e-12))


class _Onnx:
    """The graph in onnxruntime, on the processor."""

    def __init__(self, weights: Weights, shape: Shape, threads: int) -> None:
        import numpy as np
        import onnxruntime

        from everlore.models.graph import build_graph

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that wait must not burn the processor of the agent beside them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph, arrays = build_graph(weights, shape)
        copy = onnxruntime.OrtValue.ortvalue_from_numpy
        self._values = [copy(np.ascontiguousarray(each)) for each in arrays.values()]
        options.add_external_initializers(list(arrays), self._values)
        self._session: Any = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        states: NDArray[np.float32] = self._session.run(["hidden"], {"input_ids": ids, "attention_mask": mask})[0]
        return states


class _Numpy:
    """The forward pass in numpy: Devlin et al. 2019, post-norm blocks with exact GELU."""

    def __init__(self, weights: Weights, shape: Shape) -> None:
        self._shape = shape
        self._read = {name: weights.read(name) for name in weights.names() if _is_parameter(name, shape.prefix)}

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        import numpy as np

        s, rows, length = self._shape, *ids.shape
        words: NDArray[np.float32] = self._get("embeddings.word_embeddings.weight")[ids]
        words += self._get("embeddings.position_embeddings.weight")[:length]
        words += self._get("embeddings.token_type_embeddings.weight")[0]
        x: NDArray[np.float32] = self._norm(words.reshape(rows * length, s.width), "embeddings.LayerNorm")
        hide = ((mask - 1) * 10_000).astype(np.float32)[:, None, None, :]
        for layer in range(s.layers):
            at = f"encoder.layer.{layer}."
            mixed = self._attend(x, at + "attention.self.", hide, rows, length)
            x = self._norm(self._dense(mixed, at + "attention.output.dense") + x, at + "attention.output.LayerNorm")
            wide = _gelu(self._dense(x, at + "intermediate.dense"))
            x = self._norm(self._dense(wide, at + "output.dense") + x, at + "output.LayerNorm")
        return x.reshape(rows, length, s.width)

    def _attend(
        self, x: NDArray[np.float32], at: str, hide: NDArray[np.float32], rows: int, length: int
    ) -> NDArray[np.float32]:
        import numpy as np

        heads, size = self._shape.heads, self._shape.width // self._shape.heads
        query, key, value = (
            self._dense(x, at + part).reshape(rows, length, heads, size).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores: NDArray[np.float32] = query @ key.transpose(0, 1, 3, 2)
        scores /= np.float32(math.sqrt(size))
        scores += hide
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        mixed: NDArray[np.float32] = scores @ value
        return mixed.transpose(0, 2, 1, 3).reshape(rows * length, heads * size)

    def _dense(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        out: NDArray[np.float32] = x @ self._get(name + ".weight").T
        out += self._get(name + ".bias")
        return out

    def _norm(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        import numpy as np

        out: NDArray[np.float32] = x - x.mean(-1, keepdims=True)
        out /= np.sqrt(np.square(out).mean(-1, keepdims=True) + np.float32(self._shape.epsilon))
        out *= self._get(name + ".weight")
        out += self._get(name + ".bias")
        return out

    def _get(self, name: str) -> NDArray[np.float32]:
        try:
            return self._read[self._shape.prefix + name]
        except KeyError:
            raise ModelUnavailable(f"the weights have no tensor {name}", hint="use a BERT-style encoder") from None


def _is_parameter(name: str, prefix: str) -> bool:
    return name.startswith((prefix + "embeddings.", prefix + "encoder.")) and not name.endswith("position_ids")


# Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: erf to 1.5e-7, below float32 noise of the layers.
_ERF_P = 0.3275911
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_GELU_ROWS = 64  # rows at a time, so that the intermediate values stay in the processor's cache


def _gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Replace x in place by x * Phi(x)."""
    import numpy as np

    for at in range(0, len(x), _GELU_ROWS):
        block = x[at : at + _GELU_ROWS]
        z = np.abs(block)
        z *= np.float32(math.sqrt(0.5))
        t = 1 / (1 + np.float32(_ERF_P) * z)
        tail = np.full_like(t, _ERF[0])
        for coefficient in _ERF[1:]:
            tail *= t
            tail += np.float32(coefficient)
        tail *= t
        np.square(z, out=z)
        np.negative(z, out=z)
        np.exp(z, out=z)
        tail *= z  # erfc(|x| / sqrt 2)
        tail *= np.float32(0.5)
        block *= np.where(block < 0, tail, 1 - tail)
    return x
