"""The meaning arm: vectors in memory-mapped segments, the nearest passages of a scope, and late interaction on candidates.

Truth is the `vector` table. Segments of pooled vectors lie beside the database, one file per `SEGMENT_ROWS` vectors in the
order they were made; what is newer is read from the table into a tail in memory. Passages that are gone, or belong to
another namespace, are masked out before the search, so a scope never costs results.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from everlore.core.errors import ModelUnavailable
from everlore.models.embedder import Embedder, QuestionCode
from everlore.store.contract import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from everlore.models.codes import PassageCode
    from everlore.models.segments import Segment

SEGMENT_ROWS = 16_384
_READ = 4_096
# What a match in the passage before or after counts: much of what a turn means is said beside it.
_BEFORE = 0.85
_AFTER = 0.7


class VectorIndex:
    """The vectors of one model in one store, kept ready by the process; safe to use from several threads."""

    def __init__(self, directory: Path, embedder: Embedder, *, keep_files: bool = True) -> None:
        """Keep segments below `directory`; without `keep_files`, as for an encrypted store, in memory alone."""
        self._directory = directory / embedder.identity
        self._embedder = embedder
        self._keep_files = keep_files
        self._opened = False
        self._segments: list[Segment] = []
        self._tail: Segment | None = None
        self._waiting: list[tuple[int, int, tuple[NDArray[np.int8], float]]] = []
        self._seen = 0
        self._namespaces: dict[int, int] = {}
        self._known_to = 0
        self._lock = threading.Lock()

    def question(self, text: str) -> Question:
        """Read a question with the model; raise `ModelUnavailable`."""
        return Question(self, self._embedder.identity, self._embedder.encode_question(text))

    def nearest(self, unit: Unit, pooled: NDArray[np.float32], namespaces: set[int] | None, limit: int) -> list[int]:
        """Return ids of the passages nearest to a unit vector among those of some namespaces (None: all)."""
        from everlore.models.segments import search

        with self._lock:
            self._refresh(unit)
            segments = [*self._segments, *([self._tail] if self._tail is not None else [])]
            masks = [self._mask(unit, segment, namespaces) for segment in segments]
        keys, _ = search(segments, pooled, limit, allowed=masks)
        return [int(key) for key in keys]

    def _mask(self, unit: Unit, segment: Segment, namespaces: set[int] | None) -> NDArray[np.bool_] | None:
        if namespaces is None:
            return None
        import numpy as np

        for passage, node in unit.stream("passage_namespaces", after=self._known_to):
            self._namespaces[passage] = node
            self._known_to = passage
        known = self._namespaces
        return np.fromiter((known.get(int(key), -1) in namespaces for key in segment.keys), bool, len(segment))

    def _refresh(self, unit: Unit) -> None:
        """Read what was embedded since the last look; a passage that is gone stays until the next start and finds nothing."""
        from everlore.models.codes import from_bytes
        from everlore.models.segments import build_segment

        if not self._opened:
            self._open_segments(unit)
            self._opened = True
        if unit.value("vector_last") == self._seen:
            return
        while rows := unit.rows("vectors_after", model=self._embedder.identity, after=self._seen, limit=_READ):
            for number, passage, code in rows:
                vector = from_bytes(code)
                self._waiting.append((number, passage, (vector.pooled.copy(), vector.scale)))
            self._seen = rows[-1][0]
            while self._keep_files and len(self._waiting) >= SEGMENT_ROWS:
                self._seal()
        self._seen = unit.value("vector_last")
        keys, vectors = [row[1] for row in self._waiting], [row[2] for row in self._waiting]
        self._tail = build_segment(self._embedder.identity, keys, vectors) if keys else None

    def _seal(self) -> None:
        """Write the oldest waiting vectors into a segment file; two processes that do so write the same file."""
        from everlore.models.segments import build_segment, open_segment, write_segment

        part, self._waiting = self._waiting[:SEGMENT_ROWS], self._waiting[SEGMENT_ROWS:]
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._directory / f"{part[0][0]:012d}-{part[-1][0]:012d}.segment"
        write_segment(path, build_segment(self._embedder.identity, [row[1] for row in part], [row[2] for row in part]))
        self._segments.append(open_segment(path))

    def _open_segments(self, unit: Unit) -> None:
        """Map the segment files that belong to this store; from the first that does not, all are made again."""
        from everlore.models.segments import open_segment

        files = sorted(self._directory.glob("*.segment")) if self._keep_files and self._directory.is_dir() else []
        for place, path in enumerate(files):
            try:
                first, last = map(int, path.stem.split("-"))
                segment = open_segment(path)
                ends = (unit.value("vector_passage", id=first), unit.value("vector_passage", id=last))
                if first <= self._seen or ends != (int(segment.keys[0]), int(segment.keys[-1])):
                    raise ValueError("not of this store")
            except (ModelUnavailable, ValueError, IndexError):
                for stale in files[place:]:
                    stale.unlink(missing_ok=True)
                break
            self._segments.append(segment)
            self._seen = last


@dataclass(slots=True)
class Question:
    """One question as the model read it."""

    _index: VectorIndex
    _identity: str
    _code: QuestionCode

    def near(self, unit: Unit, nodes: set[int] | None, limit: int) -> list[int]:
        """Return the ids of the passages nearest in meaning that lie at some nodes; None means all."""
        return self._index.nearest(unit, self._code.pooled, nodes, limit)

    def score(self, unit: Unit, passages: Sequence[int]) -> Mapping[int, tuple[float, float, float]]:
        """Return (maxsim, pooled, around) of those passages that have vectors; rare word pieces of the question weigh more."""
        import numpy as np

        from everlore.models.codes import from_bytes, match_tokens, maxsim

        beside = {row[0]: row[1:] for row in unit.rows("passages_beside", ids=json.dumps(list(passages)))}
        wanted = {*passages, *(other for pair in beside.values() for other in pair if other is not None)}
        rows = unit.rows("vectors_of", model=self._identity, ids=json.dumps(sorted(wanted)))
        codes = [from_bytes(code) for _, code in rows]
        place = {row[0]: at for at, row in enumerate(rows)}
        own = [passage for passage in passages if passage in place]
        if not own:
            return {}
        # One more row, of zeros, stands for the neighbour that is not there.
        matches = np.vstack([match_tokens(self._code.tokens, codes), np.zeros((1, len(self._code.tokens)), np.float32)])
        pairs = [beside.get(passage, (None, None)) for passage in own]
        before, after = (matches[[place.get(pair[side], -1) for pair in pairs]] for side in (0, 1))
        mine = matches[[place[passage] for passage in own]]
        around = np.maximum(mine, np.maximum(_BEFORE * before, _AFTER * after))
        weights = self._weights(unit)
        return {
            passage: (float(late), self._cosine(codes[place[passage]]), float(lent))
            for passage, late, lent in zip(own, maxsim(mine, weights), maxsim(around, weights), strict=True)
        }

    def _cosine(self, code: PassageCode) -> float:
        import numpy as np

        return float(code.pooled.astype(np.float32) @ self._code.pooled) * code.scale

    def _weights(self, unit: Unit) -> NDArray[np.float32]:
        """Return the rarity of each word piece of the question in the store."""
        import numpy as np

        from everlore.models.codes import rarity

        pieces = [int(piece) for piece in self._code.ids]
        known: dict[int, int] = dict(unit.rows("piece_frequencies", model=self._identity, ids=json.dumps(pieces)))
        frequencies = np.array([known.get(piece, 0) for piece in pieces], np.int64)
        return rarity(frequencies, max(unit.value("passage_count"), 1))
