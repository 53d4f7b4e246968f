from collections.abc import Iterator
from pathlib import Path

import pytest

from everlore.core.errors import InvalidInput
from everlore.store import jobs
from everlore.store.sqlite import SqliteStore

NOW = 1_772_442_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "everlore.db") as opened:
        yield opened


def put(store: SqliteStore, key: str = "", **more: object) -> None:
    with store.write() as unit:
        jobs.put(unit, "embed", key, {"key": key}, **more)


def lease(store: SqliteStore, owner: str = "a", now: int = NOW, limit: int = 10) -> list[jobs.Job]:
    with store.write() as unit:
        return jobs.lease(unit, owner, now, limit)


def finish(store: SqliteStore, job: jobs.Job, owner: str = "a") -> None:
    with store.write() as unit:
        jobs.done(unit, job, owner)


def fail(store: SqliteStore, job: jobs.Job, owner: str = "a", now: int = NOW, error: str = "it broke") -> None:
    with store.write() as unit:
        jobs.failed(unit, job, owner, now, error)


def counts(store: SqliteStore) -> dict[str, int]:
    with store.read() as unit:
        return jobs.counts(unit)


def test_a_job_is_leased_by_one_worker_and_gone_when_it_is_done(store: SqliteStore):
    put(store, "x")
    (job,) = lease(store)
    assert (job.kind, job.key, job.payload, job.attempts) == ("embed", "x", {"key": "x"}, 1)
    assert lease(store, "b") == []
    finish(store, job)
    assert counts(store) == {}


def test_a_rolled_back_write_leaves_no_job(store: SqliteStore):
    with pytest.raises(InvalidInput), store.write() as unit:
        jobs.put(unit, "embed")
        raise InvalidInput("something else was wrong")
    assert counts(store) == {}


def test_the_same_job_waits_once(store: SqliteStore):
    for _ in range(5):
        put(store, "x")
    put(store, "y")
    assert counts(store) == {"embed": 2}


def test_a_job_is_not_run_before_its_time(store: SqliteStore):
    put(store, run_at=NOW + 1)
    assert lease(store, now=NOW) == []
    assert len(lease(store, now=NOW + 1)) == 1


def test_a_job_whose_worker_died_comes_back_when_its_lease_ends(store: SqliteStore):
    put(store)
    lease(store, "dead")
    assert lease(store, "b", NOW + jobs.LEASE_MS - 1) == []
    (job,) = lease(store, "b", NOW + jobs.LEASE_MS)
    assert job.attempts == 2
    finish(store, job, "dead")
    assert counts(store) == {"embed": 1}, "a worker that lost its lease cannot finish the job"
    finish(store, job, "b")
    assert counts(store) == {}


def test_pauses_double_and_have_an_end(store: SqliteStore):
    put(store)
    now, due = NOW, []
    for _ in range(jobs.MAX_ATTEMPTS - 1):
        (job,) = lease(store, now=now)
        fail(store, job, now=now)
        with store.read() as unit:
            due.append(unit.value("job_next") - now)
        now += due[-1]
    assert due == [2000 << n for n in range(jobs.MAX_ATTEMPTS - 1)]
    assert max(due) <= 3_600_000


def test_a_job_that_fails_too_often_is_set_aside_with_its_error(store: SqliteStore):
    put(store)
    now = NOW
    for _ in range(jobs.MAX_ATTEMPTS):
        (job,) = lease(store, now=now)
        fail(store, job, now=now, error="no such model " + "x" * 1000)
        now += 3_600_000
    assert counts(store) == {"embed dead": 1}
    assert lease(store, now=now + 10**12) == []


def test_a_job_that_kills_its_worker_each_time_is_set_aside_too(store: SqliteStore):
    put(store)
    now = NOW
    for _ in range(jobs.MAX_ATTEMPTS):
        assert len(lease(store, now=now)) == 1
        now += jobs.LEASE_MS
    assert lease(store, now=now) == []
    assert counts(store) == {"embed dead": 1}


def test_putting_a_dead_job_again_gives_it_a_new_life(store: SqliteStore):
    put(store)
    now = NOW
    for _ in range(jobs.MAX_ATTEMPTS):
        (job,) = lease(store, now=now)
        fail(store, job, now=now)
        now += 3_600_000
    put(store)
    (job,) = lease(store, now=NOW)
    assert job.attempts == 1


def test_a_job_put_while_it_runs_is_run_once_more(store: SqliteStore):
    put(store)
    (job,) = lease(store)
    put(store)
    assert lease(store, "b") == [], "not at the same time"
    finish(store, job)
    (again,) = lease(store, "b")
    assert again.attempts == 1
    finish(store, again, "b")
    assert counts(store) == {}


def test_a_job_put_while_its_last_attempt_fails_is_not_dead(store: SqliteStore):
    put(store)
    now = NOW
    for attempt in range(jobs.MAX_ATTEMPTS):
        (job,) = lease(store, now=now)
        if attempt == jobs.MAX_ATTEMPTS - 1:
            put(store)
        fail(store, job, now=now)
        now += 3_600_000
    assert counts(store) == {"embed": 1}


def test_putting_a_failing_job_again_does_not_cut_its_pause_short(store: SqliteStore):
    put(store)
    (job,) = lease(store)
    fail(store, job)
    put(store)
    assert lease(store, now=NOW + 1999) == []
    assert len(lease(store, now=NOW + 2000)) == 1
