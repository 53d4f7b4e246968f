import fcntl
from pathlib import Path

import pytest

from everlore.core.errors import StoreBusy
from everlore.store import lock


def test_who_holds_the_daemon_lock_is_known(tmp_path: Path):
    assert lock.holder(tmp_path) is None
    with (tmp_path / lock.NAME).open("w+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("4711")
        file.flush()
        assert lock.holder(tmp_path) == "process 4711"
    assert lock.holder(tmp_path) is None


def test_many_use_the_store_together_and_one_alone(tmp_path: Path):
    first, second = lock.share(tmp_path, 0), lock.share(tmp_path, 0)
    assert first is not None
    assert second is not None
    with pytest.raises(StoreBusy), lock.use(tmp_path, alone=True, wait_ms=30):
        pass
    first.close()
    second.close()
    with lock.use(tmp_path, alone=True, wait_ms=0):
        with pytest.raises(StoreBusy) as busy:
            lock.share(tmp_path, 30)
        assert busy.value.hint
    third = lock.share(tmp_path, 0)
    assert third is not None
    third.close()


def test_where_no_lock_can_be_had_the_store_says_what_is_wrong(tmp_path: Path):
    (tmp_path / "file").write_text("not a directory")
    assert lock.share(tmp_path / "file" / "home", 0) is None
