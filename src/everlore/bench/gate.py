"""A gate on cost and quality: a fixed story over the sample project, counted, and held against committed counts.

What is counted no clock can disturb: statements, steps of SQLite's virtual machine, steps of full scans, pages touched
(the work inside the full-text index shows here alone), bytes written, rows, tokens of answers, and on the sample's
questions how many are answered. A count may be worse than its baseline by a tenth, with a little slack for small ones; the
quality by three questions. One clock is looked at: the processor time of recall over that of a fixed piece of work, timed
in turn, with a margin that twenty runs on an unchanged tree stayed far below.

When a change is meant to cost more, `lore bench gate --out src/everlore/bench/baseline.json` writes the new baseline, and
the difference is there to be reviewed.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import apsw

from everlore.bench import corpora, scores
from everlore.bench.homes import NAMESPACE, open_store, temporary_home
from everlore.core.errors import Conflict, InvalidInput, NotFound, StoreUnavailable

if TYPE_CHECKING:
    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller

BASELINE = Path(__file__).with_name("baseline.json")
MARGIN = 1.10
SLACK = 12
"""How much any count may grow beside the tenth, so that small ones are not held to single steps."""
QUESTIONS = 3
TIMING = 2.5
"""How many times the baseline's ratio the timing may take."""
_NOW = 1_790_000_000_000
_STATUS = {"SQLITE_STMTSTATUS_VM_STEP": "vm steps", "SQLITE_STMTSTATUS_FULLSCAN_STEP": "full-scan steps"}
_REMEMBERED = ("text", "title", "kind", "tags", "layer", "importance", "source")
_PAGE = 4096
_ASKED = 60
_ROUNDS = 40

Counts = dict[str, float]


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Count, and compare with the baseline; raise `Conflict` naming what got worse. With `out`, write a new baseline instead."""
    baseline = {} if request.out else _read(Path(request.data).expanduser() if request.data else BASELINE)
    with temporary_home(app) as config:
        clock = _Ticks()
        with open_store(config, clock) as store:
            counts = _story(store)
            counts |= _quality(store)
            counts["recall.processor ratio"] = _timing(store)
        counts["store.bytes"] = sum(path.stat().st_size for path in config.home.glob(f"{config.database.name}*"))
    counts = dict(sorted(counts.items()))
    if request.out:
        _write(counts, Path(request.out).expanduser())
        return {"written": len(counts), "counts": counts}
    table = {
        name: compare(name, counts.get(name), baseline["counts"].get(name))
        for name in sorted({*counts, *baseline["counts"]})
    }
    worse = [f"{name} {row['baseline']} -> {row['now']}" for name, row in table.items() if row["verdict"] == "worse"]
    if worse:
        raise Conflict(
            f"the gate fails: {'; '.join(worse)}",
            hint=f"counted with SQLite {apsw.sqlite_lib_version()}, the baseline with {baseline['sqlite']}; if the change is worth it, "
            "lore bench gate --out src/everlore/bench/baseline.json writes a new baseline",
        )
    return {"sqlite": apsw.sqlite_lib_version(), "baseline sqlite": baseline["sqlite"], "counts": table}


def compare(name: str, now: float | None, baseline: float | None) -> dict[str, Any]:
    """Return a count beside its baseline, the most or least it may be, and the verdict: ok, worse or new."""
    if now is None or baseline is None:
        return {"baseline": baseline, "now": now, "limit": None, "verdict": "new" if baseline is None else "worse"}
    if name.startswith("quality."):
        good = name.endswith(("mrr", "found", "unanswerable withheld"))
        allowed = 0.01 * QUESTIONS if name.endswith("mrr") else QUESTIONS
        limit = round(baseline - allowed, 4) if good else baseline + allowed
        worse = now < limit if good else now > limit
    elif name.endswith("ratio"):
        limit = round(baseline * TIMING, 2)
        worse = now > limit
    else:
        limit = round(baseline * MARGIN + SLACK)
        worse = now > limit
    return {"baseline": baseline, "now": now, "limit": limit, "verdict": "worse" if worse else "ok"}


class _Ticks:
    """A clock that begins at a fixed instant and goes a second further each time it is read."""

    def __init__(self) -> None:
        self._now = _NOW

    def __call__(self) -> int:
        self._now += 1000
        return self._now


def _story(app: App) -> Counts:
    """Live through a fixed story: import, remember, ask, look, change; return what each part cost."""
    meter = _Meter(app)
    lines = [json.loads(line) for line in (corpora.SAMPLE / "memories.jsonl").read_text("utf-8").splitlines()]
    questions = corpora.load("conversation", corpora.SAMPLE)[0].questions
    history = {"path": str(corpora.SAMPLE / "history.jsonl"), "format": "conversation"}
    with meter.part("import"):
        app.call("import", history)
    with meter.part("import again"):
        app.call("import", history)
    ids = []
    with meter.part("remember"):
        for line in lines:
            request = {name: line[name] for name in _REMEMBERED if name in line}
            ids.append(getattr(app.call("remember", request), "id", ""))
    with meter.part("check-duplicate"):
        for line in lines:
            app.call("check-duplicate", {"text": line["text"]})
    with meter.part("recall"):
        tokens = sum(
            getattr(app.call("recall", {"query": question.text}), "tokens", 0) for question in questions[:_ASKED]
        )
    with meter.part("recall scoped"):
        for question in questions[:20]:
            app.call("recall", {"query": question.text, "namespace": NAMESPACE, "kinds": ["memory"]})
    with meter.part("recall as of"):
        for question in questions[:20]:
            app.call("recall", {"query": question.text, "as_of": "2026-09-12"})
    with meter.part("read"):
        for uid in ids:
            app.call("get", {"id": uid})
            app.call("history", {"id": uid})
        app.call("list", {"namespace": NAMESPACE})
        app.call("timeline", {})
    with meter.part("change"):
        for place, uid in enumerate(ids[:6]):
            app.call("revise", {"id": uid, "text": f"It was changed, as note {place} of the minutes says."})
            app.call("forget", {"id": uid})
            app.call("undo", {})
    app.store.trace(None)
    status: Any = app.call("status", {})
    return meter.counts | {
        "recall.tokens": tokens,
        "store.passages": status.passages,
        "store.journal entries": status.journal,
    }


class _Meter:
    """What SQLite says of every statement of this thread, in parts.

    A prepared statement is kept and used again, and its counters run on; `RUN` tells whether an event belongs to the
    statement seen last under that id, so that only what was added since is taken.
    """

    def __init__(self, app: App) -> None:
        self.counts: Counts = {}
        self._found: Counter[str] = Counter()
        self._last: dict[int, dict[str, int]] = {}
        self._connection: apsw.Connection | None = None
        app.store.trace(self._note)
        with app.read() as unit:
            unit.value("schema_version")
        assert self._connection is not None
        self._connection.execute("PRAGMA mmap_size = 0")  # pages that are mapped are not counted

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what happens until the block ends under this name."""
        assert self._connection is not None
        before = _pages(self._connection)
        self._found.clear()
        yield
        after = _pages(self._connection)
        self.counts |= {f"{name}.{what}": self._found[what] for what in ("statements", *_STATUS.values())}
        self.counts[f"{name}.pages touched"] = after[0] - before[0]
        self.counts[f"{name}.bytes written"] = (after[1] - before[1]) * _PAGE

    def _note(self, event: dict[str, Any]) -> None:
        self._connection = event["connection"]
        status = event["stmt_status"]
        known = self._last.get(event["id"], {})
        if status["SQLITE_STMTSTATUS_RUN"] <= known.get("SQLITE_STMTSTATUS_RUN", 0):
            known = {}
        self._last[event["id"]] = status
        self._found["statements"] += 1
        for key, what in _STATUS.items():
            self._found[what] += status[key] - known.get(key, 0)


def _pages(connection: apsw.Connection) -> tuple[int, int]:
    """Return how many pages a connection has looked up and written so far."""
    hits, misses, writes = (
        connection.status(which)[0]
        for which in (apsw.SQLITE_DBSTATUS_CACHE_HIT, apsw.SQLITE_DBSTATUS_CACHE_MISS, apsw.SQLITE_DBSTATUS_CACHE_WRITE)
    )
    return hits + misses, writes


def _quality(app: App) -> Counts:
    """Return how many of the sample's questions are answered; memories are left out, since gold is turns."""
    corpus = corpora.load("conversation", corpora.SAMPLE)[0]
    session_of = corpus.session_of
    found, withheld, newest, declined = list[dict[str, float]](), 0, 0, 0
    for question in corpus.questions:
        answer: Any = app.call("recall", {"query": question.text, "limit": scores.DEPTH, "kinds": ["turn"]})
        if not question.gold:
            declined += answer.withheld
            continue
        ranked = [item.source.turn for item in answer.items]
        found.append(scores.score(ranked, question.gold, session_of))
        withheld += answer.withheld
        newest += bool(question.stale and scores.is_newest_first(ranked, question.newest, question.stale))
    return {
        "quality.any@1 found": sum(one["any@1"] for one in found),
        "quality.any@10 found": sum(one["any@10"] for one in found),
        "quality.newest first found": newest,
        "quality.mrr": round(sum(one["mrr"] for one in found) / len(found), 4),
        "quality.answerable withheld": withheld,
        "quality.unanswerable withheld": declined,
    }


def _timing(app: App) -> float:
    """Return the processor time of a recall over that of a fixed piece of work, both timed in turn."""
    questions = [question.text for question in corpora.load("conversation", corpora.SAMPLE)[0].questions][:_ROUNDS]
    plain = apsw.Connection("")
    plain.execute("CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'porter')")
    texts = [(turn.text,) for turn in corpora.load("conversation", corpora.SAMPLE)[0].turns]
    plain.executemany("INSERT INTO words VALUES (?)", texts)
    ratios = []
    for question in questions:
        started = time.thread_time()
        app.call("recall", {"query": question})
        between = time.thread_time()
        _work(plain, texts)
        ratios.append((between - started) / (time.thread_time() - between))
    return round(median(ratios), 3)


def _work(plain: apsw.Connection, texts: list[tuple[str]]) -> int:
    """Do a fixed piece of work, some in SQLite and some in Python, of a few milliseconds."""
    found = plain.execute(
        "SELECT rowid FROM words WHERE words MATCH 'board OR ferry OR the OR of OR port' ORDER BY bm25(words)"
    ).fetchall()
    words: Counter[str] = Counter()
    for (text,) in texts[:60]:
        words.update(word.strip(".,:;()").lower() for word in text.split())
    return len(found) + len(words)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if not isinstance(found["counts"], dict):
            raise TypeError("counts")
    except FileNotFoundError:
        raise NotFound(
            f"{path} does not exist", field="data", hint="lore bench gate --out FILE writes a baseline"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{path.name} is not a baseline of the gate: {error}", field="data") from error
    return found


def _write(counts: Counts, file: Path) -> None:
    try:
        file.write_text(json.dumps({"sqlite": apsw.sqlite_lib_version(), "counts": counts}, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be written: {error.strerror}", field="out") from error
