"""Background embedding: passages without vectors get theirs, in small steps, each in a write of its own.

It can stop and go on anywhere: what is missing is found by looking, not remembered.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.caller import Caller

if TYPE_CHECKING:
    from everlore.app.app import App

_STEP = 64


def embed(app: App, caller: Caller, request: requests.Embed) -> answers.Embedded:
    """Embed everything that waits, now and in this process; with `all` what had its vectors too, so that it is made anew."""
    if request.all and app.embedder is not None:
        with app.write() as unit:
            unit.run("vectors_forget", model=app.embedder.identity)
            unit.run("pieces_forget", model=app.embedder.identity)
        app.forget_vectors()
        shutil.rmtree(app.config.vectors, ignore_errors=True)  # segments are made of the rows, and made again
    done, total = 0, _waiting(app)
    after = 0
    while total and (step := _embed_step(app, after)):
        count, after = step
        done += count
        caller.progress("embedding", done, total)
    embedder = app.embedder
    return answers.Embedded(model=embedder.name if embedder else None, embedded=done, waiting=_waiting(app))


def embed_waiting(app: App, stopping: threading.Event) -> bool:
    """Embed until nothing waits or `stopping` is set; return whether nothing waits."""
    after = 0
    while step := _embed_step(app, after):
        after = step[1]
        if stopping.is_set():
            return False
    return True


def speak(speaker: str, text: str, caption: str | None, title: str | None) -> str:
    """Return the text that is embedded for a passage: who said it, or what it is about, stands in front."""
    head = f"{speaker}: " if speaker else f"{title}: " if title else ""
    return f"{head}{text}" + (f" {caption}" if caption else "")


def _waiting(app: App) -> int:
    embedder = app.embedder
    if embedder is None:
        return 0
    with app.read() as unit:
        return int(unit.value("passage_count") - unit.value("vector_count", model=embedder.identity))


def _embed_step(app: App, after: int) -> tuple[int, int] | None:
    """Embed the next passages after one; return how many and the last of them, or None when there are none."""
    embedder = app.embedder
    if embedder is None:
        return None
    with app.read() as unit:
        ids = [
            row[0] for row in unit.rows("passages_without_vector", model=embedder.identity, after=after, limit=_STEP)
        ]
        rows = unit.rows("passage_texts", ids=json.dumps(ids)) if ids else []
    if not rows:
        return None
    codes = embedder.encode_passages([speak(*row[1:]) for row in rows])
    pieces: Counter[int] = Counter()
    for code in codes:
        pieces.update({int(piece) for piece in code.ids})
    with app.write() as unit:
        present = {row[0] for row in unit.rows("passages_present", ids=json.dumps(ids))}
        unit.many("vector_put", (
            {"passage": row[0], "model": embedder.identity, "code": code.to_bytes()}
            for row, code in zip(rows, codes, strict=True) if row[0] in present
        ))  # fmt: skip
        unit.many("piece_add", ({"model": embedder.identity, "id": piece, "df": df} for piece, df in pieces.items()))
    return len(rows), ids[-1]
