"""The encoder as an ONNX graph, written straight from the weights.

onnxruntime reads a protocol-buffer file. The few messages needed (ModelProto, GraphProto, NodeProto, TensorProto) are
encoded here by hand from the field numbers of onnx.proto (IR version 8, operator set 17), so neither the `onnx`
package nor an exported file is needed, and the graph cannot come from other weights than the numpy pass: both give
the same vectors. The weights are not copied into the file: it names them as external tensors, and the arrays are
handed to the session beside it.

A message is a list of fields; a field is a varint key (number << 3 | wire type) and a value (0 varint, 2
length-delimited).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from everlore.models.minilm import Shape
    from everlore.models.weights import Weights

_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_EXTERNAL = 1  # TensorProto.DataLocation
_OPSET = 17  # the first with LayerNormalization
_IR = 8


def _varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1  # negative numbers are written as 64-bit two's complement
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _attribute(name: str, value: int | float | list[int]) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, list):
        return _text(1, name) + b"".join(_number(8, item) for item in value) + _number(20, 7)
    return _text(1, name) + _number(3, value) + _number(20, 2)


def _signature(name: str, kind: int, axes: list[str | int]) -> bytes:
    shape = b"".join(_bytes(1, _text(2, axis) if isinstance(axis, str) else _number(1, axis)) for axis in axes)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


class _Graph:
    """Nodes and initializers in the order they are added; every method returns the name of what it made."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []
        self.arrays: dict[str, NDArray[np.float32]] = {}

    def tensor(self, name: str, values: NDArray[np.float32]) -> str:
        dims = b"".join(_number(1, size) for size in values.shape)
        place = _bytes(13, _text(1, "location") + _text(2, "weights"))
        self._tensors.append(dims + _number(2, _FLOAT) + _text(8, name) + place + _number(14, _EXTERNAL))
        self.arrays[name] = values
        return name

    def integers(self, name: str, values: list[int]) -> str:
        raw = struct.pack(f"<{len(values)}q", *values)
        self._tensors.append(_number(1, len(values)) + _number(2, _INT64) + _text(8, name) + _bytes(9, raw))
        return name

    def scalar(self, name: str, value: float) -> str:
        raw = struct.pack("<f", value)
        self._tensors.append(_number(2, _FLOAT) + _text(8, name) + _bytes(9, raw))
        return name

    def node(self, kind: str, inputs: list[str], output: str = "", **attributes: int | float | list[int]) -> str:
        output = output or f"v{len(self._nodes)}"
        fields = [_text(1, name) for name in inputs] + [_text(2, output), _text(4, kind)]
        fields += [_bytes(5, _attribute(name, value)) for name, value in attributes.items()]
        self._nodes.append(b"".join(fields))
        return output

    def model(self, inputs: list[bytes], outputs: list[bytes]) -> bytes:
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "encoder")
        graph += b"".join(_bytes(5, tensor) for tensor in self._tensors)
        graph += b"".join(_bytes(11, item) for item in inputs) + b"".join(_bytes(12, item) for item in outputs)
        return _number(1, _IR) + _text(2, "everlore") + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, _OPSET))


class _Encoder(_Graph):
    """The parts of a BERT-style encoder, with its weights."""

    def __init__(self, weights: Weights, shape: Shape) -> None:
        super().__init__()
        self._weights = weights
        self._shape = shape
        heads = shape.heads
        self._split = self.integers("split", [0, 0, heads, shape.width // heads])
        self._merge = self.integers("merge", [0, 0, shape.width])
        self._one, self._half = self.scalar("one", 1.0), self.scalar("half", 0.5)
        self._root = self.scalar("root", 2.0**0.5)
        self._scale = self.scalar("scale", (shape.width / heads) ** 0.5)

    def read(self, name: str) -> str:
        return self.tensor(name, self._weights.read(self._shape.prefix + name))

    def dense(self, value: str, name: str) -> str:
        # A Linear layer stores its matrix output-first; turning it here costs nothing at run time.
        matrix = self.tensor(name + ".weight", self._weights.read(f"{self._shape.prefix}{name}.weight").T)
        return self.node("Add", [self.node("MatMul", [value, matrix]), self.read(name + ".bias")])

    def norm(self, value: str, name: str, output: str = "") -> str:
        parts = [value, self.read(name + ".weight"), self.read(name + ".bias")]
        return self.node("LayerNormalization", parts, output, axis=-1, epsilon=self._shape.epsilon)

    def mask(self) -> str:
        """0 where a token counts, -10,000 where it is padding."""
        mask = self.node("Sub", [self.node("Cast", ["attention_mask"], to=_FLOAT), self._one])
        mask = self.node("Mul", [mask, self.scalar("many", 10_000.0)])
        return self.node("Unsqueeze", [mask, self.integers("mask_axes", [1, 2])])

    def embed(self) -> str:
        shape = self.node("Shape", ["input_ids"])
        length = self.node("Slice", [shape, self.integers("from1", [1]), self.integers("to2", [2])])
        places = self.read("embeddings.position_embeddings.weight")
        places = self.node("Slice", [places, self.integers("from0", [0]), length, self.integers("axis0", [0])])
        kinds = self._weights.read(self._shape.prefix + "embeddings.token_type_embeddings.weight")
        words = self.node("Gather", [self.read("embeddings.word_embeddings.weight"), "input_ids"])
        total = self.node("Add", [words, self.node("Add", [places, self.tensor("kind0", kinds[0])])])
        return self.norm(total, "embeddings.LayerNorm")

    def attend(self, hidden: str, mask: str, at: str) -> str:
        query, key, value = (
            self.node("Reshape", [self.dense(hidden, at + part), self._split]) for part in ("query", "key", "value")
        )
        query = self.node("Transpose", [query], perm=[0, 2, 1, 3])
        key = self.node("Transpose", [key], perm=[0, 2, 3, 1])
        value = self.node("Transpose", [value], perm=[0, 2, 1, 3])
        scores = self.node("Div", [self.node("MatMul", [query, key]), self._scale])
        weights = self.node("Softmax", [self.node("Add", [scores, mask])], axis=-1)
        mixed = self.node("Transpose", [self.node("MatMul", [weights, value])], perm=[0, 2, 1, 3])
        return self.node("Reshape", [mixed, self._merge])

    def block(self, hidden: str, mask: str, at: str, output: str) -> str:
        mixed = self.dense(self.attend(hidden, mask, at + "attention.self."), at + "attention.output.dense")
        hidden = self.norm(self.node("Add", [mixed, hidden]), at + "attention.output.LayerNorm")
        wide = self.dense(hidden, at + "intermediate.dense")
        gate = self.node("Add", [self.node("Erf", [self.node("Div", [wide, self._root])]), self._one])
        wide = self.node("Mul", [self.node("Mul", [wide, gate]), self._half])
        inner = self.dense(wide, at + "output.dense")
        return self.norm(self.node("Add", [inner, hidden]), at + "output.LayerNorm", output)


def build_graph(weights: Weights, shape: Shape) -> tuple[bytes, dict[str, NDArray[np.float32]]]:
    """Return the serialised model and its external tensors by name.

    It takes input_ids and attention_mask (int64, batch x length) and gives hidden (float32, batch x length x width).
    """
    encoder = _Encoder(weights, shape)
    mask = encoder.mask()
    hidden = encoder.embed()
    for layer in range(shape.layers):
        output = "hidden" if layer == shape.layers - 1 else ""
        hidden = encoder.block(hidden, mask, f"encoder.layer.{layer}.", output)
    axes: list[str | int] = ["batch", "length"]
    inputs = [_signature("input_ids", _INT64, axes), _signature("attention_mask", _INT64, axes)]
    return encoder.model(inputs, [_signature("hidden", _FLOAT, [*axes, shape.width])]), encoder.arrays
