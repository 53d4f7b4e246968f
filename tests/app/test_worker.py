"""Background work and what reads leave to be written: nothing is lost, nothing blocks, and a failure is kept with its job."""

import threading
from pathlib import Path

import pytest

from everlore.app import worker
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.ledger.queue import Injection, Uses
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import ModelUnavailable, StoreBusy
from everlore.store import jobs


def ledger(app: App) -> list[tuple[object, ...]]:
    import apsw

    connection = apsw.Connection(str(app.config.database))
    try:
        return list(connection.execute("SELECT surface, namespace, tokens, withheld FROM ledger ORDER BY id"))
    finally:
        connection.close()


def test_a_write_asks_for_embedding_and_draining_does_it(app: App):
    app.call("remember", {"text": "The harbour opens at six"})
    assert app.call("status", {}).jobs == {"embed": 1, "mirror": 1}
    worker.drain(app)
    assert app.call("status", {}).jobs == {}


def test_a_job_that_fails_waits_with_its_error_and_the_others_go_on(app: App, monkeypatch: pytest.MonkeyPatch):
    def broken(_app: App, _stopping: threading.Event) -> bool:
        raise ModelUnavailable("the model is gone")

    done: list[str] = []
    monkeypatch.setitem(worker._HANDLERS, "embed", broken)
    monkeypatch.setitem(worker._HANDLERS, "other", lambda _app, _stopping: done.append("other") is None)
    app.call("remember", {"text": "The harbour opens at six"})
    with app.write() as unit:
        jobs.put(unit, "other")
        jobs.put(unit, "no such kind")
    worker.drain(app)
    assert done == ["other"]
    assert app.call("status", {}).jobs == {"embed": 1, "no such kind": 1}
    with app.read() as unit:
        assert unit.rows("job_due", now=app.clock(), limit=9) == [], "they wait"
    app.clock.advance(seconds=3)  # type: ignore[attr-defined]
    monkeypatch.setitem(worker._HANDLERS, "embed", lambda _app, _stopping: True)
    worker.drain(app)
    assert app.call("status", {}).jobs == {"no such kind": 1}


def test_a_job_that_was_told_to_stop_is_due_again(app: App, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(worker._HANDLERS, "embed", lambda _app, _stopping: False)
    app.call("remember", {"text": "The harbour opens at six"})
    assert worker.run_due(app, "me")
    monkeypatch.setitem(worker._HANDLERS, "embed", lambda _app, _stopping: True)
    assert worker.run_due(app, "you")
    assert app.call("status", {}).jobs == {}


def test_the_worker_runs_what_is_written_and_ends_when_closed(config: Config, monkeypatch: pytest.MonkeyPatch):
    ran = threading.Event()
    monkeypatch.setitem(worker._HANDLERS, "embed", lambda _app, _stopping: ran.set() is None)
    with open_app(config, worker=True) as app:
        app.call("remember", {"text": "The harbour opens at six"})
        assert ran.wait(20)
    assert "everlore-worker" not in [thread.name for thread in threading.enumerate()]


def test_the_worker_survives_a_store_that_is_away(config: Config, monkeypatch: pytest.MonkeyPatch):
    tried, failing = threading.Semaphore(0), threading.Event()
    run_due = worker.run_due

    def sometimes(*arguments: object) -> bool:
        tried.release()
        if failing.is_set():
            raise StoreBusy("somebody else writes")
        return run_due(*arguments)  # type: ignore[arg-type]

    failing.set()
    monkeypatch.setattr(worker, "run_due", sometimes)
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    with open_app(config, worker=True) as app:
        for _ in range(3):
            assert tried.acquire(timeout=20)
        failing.clear()
        app.call("remember", {"text": "The harbour opens at six"})
        while app.call("status", {}).jobs:
            assert tried.acquire(timeout=20)


def test_a_read_writes_nothing_until_the_store_is_closed(app: App, config: Config):
    kept = app.call("remember", {"text": "The harbour opens at six"})
    app.call("recall", {"query": "when does the harbour open"}, Caller(surface="test"))
    app.call("recall", {"query": "zebra", "namespace": "personal"}, Caller(surface="test"))
    assert ledger(app) == []
    assert app.call("get", {"id": kept.id}).memory.uses == 0
    app.close()
    assert [(row[0], row[1], bool(row[3])) for row in ledger(app)] == [
        ("test", None, False),
        ("test", "personal", True),
    ]
    assert app.call("get", {"id": kept.id}).memory.uses == 1


def test_uses_wait_on_when_they_cannot_be_written(app: App):
    app.call("remember", {"text": "The harbour opens at six"})
    app.call("recall", {"query": "harbour"})
    with open_app(app.config) as other, other.write():
        impatient = open_app(Config(app.config.home, busy_timeout_ms=20))
        impatient.uses = app.uses
        with pytest.raises(StoreBusy):
            impatient.uses.flush(impatient.store)
        impatient.close()
    assert app.uses.flush(app.store) == 1
    assert len(ledger(app)) == 1


def test_a_full_queue_of_uses_drops_the_oldest(monkeypatch: pytest.MonkeyPatch, app: App):
    monkeypatch.setattr("everlore.app.ledger.queue._LIMIT", 3)
    uses = Uses()
    for number in range(5):
        uses.add(Injection(f"u{number}", number, f"s{number}", "recall", None, (), 0, 0.0, withheld=False))
    assert uses.flush(app.store) == 3
    assert [row[0] for row in ledger(app)] == ["s2", "s3", "s4"]


def test_many_threads_share_one_application(config: Config):
    problems: list[BaseException] = []

    def live(number: int) -> None:
        try:
            for step in range(15):
                app.call(
                    "remember", {"text": f"remark {step} of thread {number} on the harbour", "namespace": f"n{number}"}
                )
                assert app.call("recall", {"query": "remark harbour", "namespace": f"n{number}"}).items
                app.call("list", {"namespace": f"n{number}"})
        except BaseException as problem:
            problems.append(problem)

    with open_app(config, worker=True) as app:
        threads = [threading.Thread(target=live, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert app.call("list", {}).total == 90
        assert app.call("verify", {}).ok


def test_a_store_that_is_churned_does_not_swell(app: App, tmp_path: Path):
    for number in range(150):
        app.call(
            "remember",
            {
                "text": f"Remark {number} about the harbour, the crane and pier {number % 7}, {'abcdefg'[number % 7] * 9}"
            },
        )
    app.call("rebuild", {})
    app.close()
    before = app.call("status", {}).bytes
    for _ in range(12):
        app.call("rebuild", {})
    app.close()
    assert app.call("status", {}).bytes <= 2 * before


def test_the_same_work_on_an_unchanged_store_leaves_no_trace(app: App, tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# Deploys\n\nTwo reviews.\n")
    app.call("import", {"path": str(page)})
    worker.drain(app)
    before = app.call("status", {})
    for _ in range(3):
        app.call("import", {"path": str(page)})
        app.call("remember", {"text": "# Deploys\n\nTwo reviews.", "title": "Deploys"})
    after = app.call("status", {})
    assert (after.journal, after.jobs, after.memories, after.passages) == (
        before.journal,
        {},
        before.memories,
        before.passages,
    )
