"""A safetensors file as named arrays over one memory map, and its identity.

The format is eight bytes of little-endian header length, a JSON header, then the tensors one after the other; nothing
but `json` and `numpy` is needed to read it. Tensors stored as float32 are views of the map: opening a file costs no
copy, and pages are loaded when they are first touched. Half-precision tensors are widened to float32 when asked for.

The identity of a model is the SHA-256 of its weights. Hashing 90 MB takes a tenth of a second, so the digest is kept
beside the model's directory, keyed by the file's size and modification time; a note that cannot be written is no
error.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from everlore.core.errors import ModelUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_HEADER_LIMIT = 100_000_000  # the format's own limit; more means the file is something else
_READ_BLOCK = 1 << 20


class Weights:
    """The tensors of one safetensors file, by name."""

    def __init__(self, path: Path) -> None:
        """Map `path`; raise ModelUnavailable if it is missing or is not a safetensors file."""
        import numpy as np

        try:
            self._map = np.memmap(path, dtype=np.uint8, mode="r")
            size = int.from_bytes(self._map[:8].tobytes(), "little")
            if not 2 <= size <= min(_HEADER_LIMIT, len(self._map) - 8):
                raise ValueError("header length out of range")
            header = json.loads(self._map[8 : 8 + size].tobytes())
            self._tensors: dict[str, Any] = {k: v for k, v in header.items() if k != "__metadata__"}
        except (OSError, ValueError, AttributeError) as error:
            raise ModelUnavailable(
                f"cannot read model weights {path.name}: {error}",
                hint="the model directory needs model.safetensors and tokenizer.json",
            ) from error
        self._start = 8 + size

    def names(self) -> list[str]:
        """Return the tensor names in file order."""
        return list(self._tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor; raise ModelUnavailable if there is none of that name."""
        return tuple(self._entry(name)["shape"])

    def read(self, name: str) -> NDArray[np.float32]:
        """Return a tensor as float32, without a copy if it is stored so."""
        import numpy as np

        entry = self._entry(name)
        begin, end = entry["data_offsets"]
        raw = self._map[self._start + begin : self._start + end]
        kind = entry["dtype"]
        if kind == "F32":
            flat = raw.view(np.float32)
        elif kind == "F16":
            flat = raw.view(np.float16).astype(np.float32)
        elif kind == "BF16":  # the upper half of a float32
            flat = (raw.view(np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
        else:
            raise ModelUnavailable(f"tensor {name} is stored as {kind}", hint="use weights in F32, F16 or BF16")
        return np.asarray(flat).reshape(entry["shape"])

    def _entry(self, name: str) -> dict[str, Any]:
        entry = self._tensors.get(name)
        if not isinstance(entry, dict):
            raise ModelUnavailable(f"the weights have no tensor {name}", hint="use a BERT-style encoder")
        return entry


def identify(weights: Path) -> str:
    """Return the SHA-256 of a weights file in hex, from the note beside its directory if size and time agree."""
    try:
        state = weights.stat()
    except OSError as error:
        raise ModelUnavailable(f"no model weights at {weights.name}: {error.strerror}") from error
    note = weights.parent.with_name(weights.parent.name + ".identity.json")
    key = f"{weights.name}:{state.st_size}:{state.st_mtime_ns}"
    try:
        known = json.loads(note.read_text("utf-8"))
        if known["key"] == key:
            return str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    digest = hashlib.sha256()
    with weights.open("rb") as file:
        while block := file.read(_READ_BLOCK):
            digest.update(block)
    _write_note(note, {"key": key, "sha256": digest.hexdigest()})
    return digest.hexdigest()


def _write_note(note: Path, value: dict[str, str]) -> None:
    """Write the note through a rename, so that a reader never sees half of it."""
    draft = note.with_name(f"{note.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(value), "utf-8")
        draft.replace(note)
    except OSError:
        draft.unlink(missing_ok=True)
