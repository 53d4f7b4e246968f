"""Embedders: what turns passages into codes and a question into vectors, whichever model stands behind.

`open_embedder` picks the one the configuration names: an OpenAI-compatible endpoint, an installed model, or none. Vectors
carry the embedder's `identity` (the hash of its weights, or of endpoint and model name), so that two models never mix.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from everlore.core.errors import EverloreError, ModelUnavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from everlore.core.config import Config
    from everlore.models.codes import PassageCode
    from everlore.models.minilm import MiniLM

_REMEMBERED = 256


@dataclass(frozen=True, slots=True, eq=False)
class QuestionCode:
    """A question's unit vectors: pooled (width), and per meaningful word piece its id (n) and vector (n x width)."""

    pooled: NDArray[np.float32]
    ids: NDArray[np.int64]
    tokens: NDArray[np.float32]


class Embedder(Protocol):
    """One embedding model."""

    identity: str
    name: str

    def encode_passages(self, texts: Sequence[str]) -> list[PassageCode]:
        """Return the storage code of each text; raise `ModelUnavailable`."""
        ...

    def encode_question(self, text: str) -> QuestionCode:
        """Return the vectors of a question; raise `ModelUnavailable`."""
        ...


class LocalEmbedder:
    """A sentence encoder on this machine, loaded at its first use; recent questions are remembered."""

    def __init__(self, name: str, identity: str, load: Callable[[], MiniLM]) -> None:
        self.name = name
        self.identity = identity
        self._load = load
        self._model: MiniLM | None = None
        self._kept: NDArray[np.bool_] | None = None
        self._recent: OrderedDict[str, QuestionCode] = OrderedDict()
        self._lock = threading.Lock()

    def encode_passages(self, texts: Sequence[str]) -> list[PassageCode]:
        """Return the storage code of each text."""
        from everlore.models.codes import encode_passage

        model, kept = self._ready()
        return [encode_passage(encoding, kept) for encoding in model.encode(texts)]

    def encode_question(self, text: str) -> QuestionCode:
        """Return the vectors of a question."""
        with self._lock:
            known = self._recent.get(text)
            if known is not None:
                self._recent.move_to_end(text)
                return known
        model, kept = self._ready()
        encoding = model.encode([text])[0]
        chosen = kept[encoding.ids]
        if not chosen.any():
            chosen[1:-1] = True
        code = QuestionCode(encoding.pooled, encoding.ids[chosen], encoding.tokens[chosen])
        with self._lock:
            self._recent[text] = code
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return code

    def _ready(self) -> tuple[MiniLM, NDArray[np.bool_]]:
        from everlore.models.codes import kept_pieces

        with self._lock:
            if self._model is None or self._kept is None:
                self._model = self._load()
                self._kept = kept_pieces(self._model.vocabulary())
            return self._model, self._kept


def open_embedder(config: Config) -> Embedder | None:
    """Return the embedder the configuration asks for, or None when there is none that can work here."""
    if config.model == "none":
        return None
    try:
        return _open(config)
    except EverloreError:
        if config.model != "auto":
            raise
        return None


def _open(config: Config) -> Embedder | None:
    if config.embedder_url:
        from everlore.core.urls import LOCAL
        from everlore.models.remote import RemoteEmbedder

        return RemoteEmbedder(
            config.embedder_url, config.embedder_model, config.embedder_key_env, local=LOCAL[config.outbound_local]
        )
    from everlore.models import library

    installed = library.current(config.models) if config.model == "auto" else library.find(config.models, config.model)
    if installed is None:
        return None
    _need_packages()

    # One text is too small a matrix to share: with a busy core, two threads take ten times as long as one.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    def load() -> MiniLM:
        from everlore.models.minilm import MiniLM

        return MiniLM(installed.path)

    return LocalEmbedder(installed.name, installed.sha256[:16], load)


def _need_packages() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("numpy", "tokenizers") if find_spec(name) is None]
    if missing:
        raise ModelUnavailable(f"{' and '.join(missing)} not installed", hint="pip install 'everlore[semantic]'")
