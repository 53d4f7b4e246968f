"""Single arms, each alone, to hold the default recipe against: a default must not lose to a part of itself.

    words    plain FTS5, best passage of each turn, with speaker, date and the passages around as columns of lower
             weight: text 1, speaker and date .5, the one before .4, the one after and the one before that .2
    pooled   cosine of mean vectors, best passage of each turn
    maxsim   late interaction weighted by the rarity of word pieces, best passage of each turn

`words` is built here from the turns alone and shares nothing with the product's own index; the two others read the
product's vectors, every passage of them, so that no candidate search stands between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import apsw

from everlore.bench.corpora import Corpus
from everlore.bench.scores import DEPTH
from everlore.core.cut import cut
from everlore.recall.words import STOP_WORDS
from everlore.sessions.records import TurnRecord
from everlore.store.index import day_words

if TYPE_CHECKING:
    from everlore.app.app import App

_WORD = re.compile(r"[^\W_]+")
_SEARCH = "SELECT id FROM turns WHERE turns MATCH ? ORDER BY bm25(turns, 0, 1, 0.5, 0.5, 0.4, 0.2, 0.2) LIMIT 500"


def match_any(question: str) -> str | None:
    """Return a full-text query for any content word of a question; None if it holds no word."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(question)))
    chosen = [word for word in words if word not in STOP_WORDS] or words
    return " OR ".join(f'"{word}"' for word in chosen) or None


class Arms:
    """The single arms over one corpus, whose turns are in the store of `app`."""

    def __init__(self, app: App, corpus: Corpus) -> None:
        self._app = app
        self._words = _index(corpus)
        self._turn_of = _turns_of_passages(app) if app.vectors is not None else {}

    def rank(self, question: str) -> dict[str, list[str]]:
        """Return the turns each arm ranks first, best first."""
        match = match_any(question)
        rows = self._words.execute(_SEARCH, (match,)) if match else ()
        ranked = {"words": list(dict.fromkeys(str(row[0]) for row in rows))[:DEPTH]}
        return ranked | self._meanings(question)

    def _meanings(self, question: str) -> dict[str, list[str]]:
        vectors = self._app.vectors
        if vectors is None:
            return {}
        with self._app.read() as unit:
            scores = vectors.question(question).score(unit, list(self._turn_of))
        ranked = {}
        for arm, place in (("maxsim", 0), ("pooled", 1)):
            passages = sorted(scores, key=lambda passage: (-scores[passage][place], passage))
            ranked[arm] = list(dict.fromkeys(self._turn_of[passage] for passage in passages))[:DEPTH]
        return ranked


def _index(corpus: Corpus) -> apsw.Connection:
    """Return a database in memory with one row for each passage: turn, and what the columns of `words` hold."""
    connection = apsw.Connection("")
    connection.execute(
        "CREATE VIRTUAL TABLE turns USING fts5 (id UNINDEXED, text, speaker, date, previous, following, before,"
        " tokenize = 'porter unicode61 remove_diacritics 2')"
    )
    lines: dict[str, list[tuple[TurnRecord, str]]] = {}
    for turn in corpus.turns:
        text = f"{turn.text}\n{turn.caption}" if turn.caption else turn.text
        lines.setdefault(turn.session, []).extend((turn, text[at : at + length]) for at, length in cut(text))
    rows: list[Sequence[str]] = []
    for line in lines.values():
        texts = [text for _, text in line]
        for n, (turn, text) in enumerate(line):
            around = (
                texts[n - 1] if n else "",
                texts[n + 1] if n + 1 < len(texts) else "",
                texts[n - 2] if n > 1 else "",
            )
            rows.append((turn.id, text, turn.speaker, day_words(turn.time), *around))
    with connection:
        connection.executemany("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return connection


def _turns_of_passages(app: App) -> dict[int, str]:
    """Return the external id of the turn that each passage is cut from."""
    with app.read() as unit:
        passages = [row[0] for row in unit.rows("passages_all")]
        uid_of = {row[0]: row[3] for row in unit.rows("passage_sources", ids=json.dumps(passages)) if row[3]}
        external = {uid: unit.rows("turn_by_uid", uid=uid)[0][3] for uid in set(uid_of.values())}
    return {passage: external[uid] for passage, uid in uid_of.items()}
