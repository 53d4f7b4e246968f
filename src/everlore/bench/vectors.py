"""Vectors for the speed bench: real codes of random content, since embedding a hundred thousand texts takes hours.

Search over vectors is exact over signs and int8 values, so what they mean does not change what it costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from everlore.models.codes import PassageCode

if TYPE_CHECKING:
    from everlore.app.app import App

_BATCH = 5_000
_TOKENS = 20
_VOCABULARY = 30_000


def fill(app: App) -> str:
    """Give every passage a code of the installed model; return the model's name."""
    import numpy as np

    embedder = app.embedder
    assert embedder is not None
    width = len(embedder.encode_question("width").pooled)
    random = np.random.default_rng(7)
    frequencies = np.zeros(_VOCABULARY, np.int64)
    with app.read() as unit:
        passages = [row[0] for row in unit.rows("passages_all")]
    for at in range(0, len(passages), _BATCH):
        batch = []
        for passage in passages[at : at + _BATCH]:
            ids = np.minimum(random.zipf(1.3, _TOKENS) + 1000, _VOCABULARY - 1).astype(np.uint32)
            frequencies[np.unique(ids)] += 1
            pooled = random.integers(-127, 128, width, np.int8)
            bits = random.integers(0, 256, (_TOKENS, width // 8), np.uint8)
            batch.append({
                "passage": passage, "model": embedder.identity,
                "code": PassageCode(pooled, 1 / (73 * width**0.5), ids, bits).to_bytes(),
            })  # fmt: skip
        with app.write() as unit:
            unit.many("vector_put", batch)
    with app.write() as unit:
        rows = (
            {"model": embedder.identity, "id": int(n), "df": int(frequencies[n])} for n in np.flatnonzero(frequencies)
        )
        unit.many("piece_add", rows)
    return embedder.name
