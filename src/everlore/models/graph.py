"""The encoder as an ONNX graph, written straight from the weights.

onnxruntime reads a protocol-buffer file. The few messages needed (ModelProto, GraphProto, NodeProto, TensorProto) are encoded
here by hand from the field numbers of onnx.proto (IR version 8, operator set 17), so neither the `onnx` package nor an exported
file is needed, and the graph cannot come from other weights than the numpy pass: both give the same vectors.

A message is a list of fields; a field is a varint key (number << 3 | wire type) and a value (0 varint, 2 length-delimited).
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

    def tensor(self, name: str, values: NDArray[np.float32]) -> str:
        dims = b"".join(_number(1, size) for size in values.shape)
        self._tensors.append(dims + _number(2, _FLOAT) + _text(8, name) + _bytes(9, values.tobytes()))
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


def build_graph(weights: Weights, shape: Shape) -> bytes:
    """Return the serialised model: input_ids and attention_mask (int64, batch x length) to hidden (batch x length x width)."""
    g = _Graph()

    def read(name: str) -> str:
        return g.tensor(name, weights.read(shape.prefix + name))

    def dense(value: str, name: str) -> str:
        # A Linear layer stores its matrix output-first; turning it here costs nothing at run time.
        matrix = g.tensor(name + ".weight", weights.read(f"{shape.prefix}{name}.weight").T)
        return g.node("Add", [g.node("MatMul", [value, matrix]), read(name + ".bias")])

    def norm(value: str, name: str, output: str = "") -> str:
        parts = [value, read(name + ".weight"), read(name + ".bias")]
        return g.node("LayerNormalization", parts, output, axis=-1, epsilon=shape.epsilon)

    split = g.integers("split", [0, 0, shape.heads, shape.width // shape.heads])
    merge = g.integers("merge", [0, 0, shape.width])
    one, many = g.scalar("one", 1.0), g.scalar("many", 10_000.0)
    half, root = g.scalar("half", 0.5), g.scalar("root", 2.0**0.5)
    scale = g.scalar("scale", (shape.width / shape.heads) ** 0.5)

    mask = g.node("Cast", ["attention_mask"], to=_FLOAT)
    mask = g.node("Mul", [g.node("Sub", [mask, one]), many])
    mask = g.node("Unsqueeze", [mask, g.integers("mask_axes", [1, 2])])
    length = g.node("Slice", [g.node("Shape", ["input_ids"]), g.integers("from1", [1]), g.integers("to2", [2])])
    places = g.tensor("places", weights.read(shape.prefix + "embeddings.position_embeddings.weight"))
    places = g.node("Slice", [places, g.integers("from0", [0]), length, g.integers("axis0", [0])])
    first = g.tensor("kind0", weights.read(shape.prefix + "embeddings.token_type_embeddings.weight")[0])
    words = g.tensor("words", weights.read(shape.prefix + "embeddings.word_embeddings.weight"))
    hidden = g.node("Add", [g.node("Gather", [words, "input_ids"]), g.node("Add", [places, first])])
    hidden = norm(hidden, "embeddings.LayerNorm")

    for layer in range(shape.layers):
        at = f"encoder.layer.{layer}."
        query, key, value = (
            g.node("Reshape", [dense(hidden, f"{at}attention.self.{part}"), split]) for part in ("query", "key", "value")
        )
        query = g.node("Transpose", [query], perm=[0, 2, 1, 3])
        key = g.node("Transpose", [key], perm=[0, 2, 3, 1])
        value = g.node("Transpose", [value], perm=[0, 2, 1, 3])
        scores = g.node("Add", [g.node("Div", [g.node("MatMul", [query, key]), scale]), mask])
        mixed = g.node("MatMul", [g.node("Softmax", [scores], axis=-1), value])
        mixed = g.node("Reshape", [g.node("Transpose", [mixed], perm=[0, 2, 1, 3]), merge])
        mixed = dense(mixed, at + "attention.output.dense")
        hidden = norm(g.node("Add", [mixed, hidden]), at + "attention.output.LayerNorm")
        wide = dense(hidden, at + "intermediate.dense")
        gate = g.node("Add", [g.node("Erf", [g.node("Div", [wide, root])]), one])
        wide = g.node("Mul", [g.node("Mul", [wide, gate]), half])
        inner = dense(wide, at + "output.dense")
        last = "hidden" if layer == shape.layers - 1 else ""
        hidden = norm(g.node("Add", [inner, hidden]), at + "output.LayerNorm", last)

    axes: list[str | int] = ["batch", "length"]
    inputs = [_signature("input_ids", _INT64, axes), _signature("attention_mask", _INT64, axes)]
    return g.model(inputs, [_signature("hidden", _FLOAT, [*axes, shape.width])])
