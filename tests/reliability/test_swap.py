"""Changing the key and putting a backup back: a crash at any point leaves a store that opens, whole, with the right key."""

import fcntl
import os
import random
import shutil
import signal
import time
from pathlib import Path

import apsw
import keyring
import pytest
from keyring.backend import KeyringBackend
from nursery import Nursery

from everlore.app import upkeep
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import (
    Conflict,
    EverloreError,
    InvalidInput,
    NewerSchema,
    StoreBusy,
    StoreCorrupt,
    StoreUnavailable,
    WrongKey,
)
from everlore.store import keys, lock

TEXTS = ["The harbour opens at six", "Redis listens on port 6380", "The crane is at pier 7"]
PLAIN = b"SQLite format 3\x00"
LAST = 40


def make(home: Path, texts: list[str] = TEXTS) -> None:
    with open_app(Config(home)) as app:
        for text in texts:
            app.call("remember", {"text": text})


def content(app: App) -> list[str]:
    assert app.call("verify", {}).ok
    return sorted(memory.text for memory in app.call("list", {}).memories)


def assert_opens(home: Path, texts: list[str] = TEXTS) -> bool:
    """Assert that the store opens with its content and can be written, and return whether it is encrypted."""
    with open_app(Config(home)) as app:
        assert content(app) == sorted(texts)
        encrypted: bool = app.call("status", {}).encrypted
        app.close()
        assert (home / "everlore.db").read_bytes().startswith(PLAIN) != encrypted
        assert (home / "encryption.json").exists() == encrypted
        app.call("remember", {"text": "It can be written"})
        app.call("undo", {})
        return encrypted


STORY = {"encrypt": (None, "one"), "rekey": ("one", "two"), "decrypt": ("one", None)}


@pytest.mark.parametrize("what", STORY)
def test_a_crash_at_any_step_of_changing_the_key_leaves_a_store_that_opens(nursery: Nursery, tmp_path: Path, what: str):
    before, after = STORY[what]
    template = tmp_path / "template"
    make(template)
    if before:
        nursery.do("change_key", home=template, what="encrypt", key=tmp_path / before)
    died = 0
    for at in range(1, LAST):
        home = tmp_path / str(at)
        shutil.copytree(template, home)
        status = nursery.wait(
            nursery.start("change_key", home=home, what=what, key=tmp_path / after if after else "", at=at)
        )
        assert status in {0, -signal.SIGKILL}
        died += status != 0
        encrypted = assert_opens(home)
        if status == 0:
            assert encrypted == bool(after)
            break
        nursery.do(
            "change_key",
            home=home,
            what="decrypt" if encrypted else "encrypt",
            key="" if encrypted else tmp_path / "three",
        )
        assert assert_opens(home) != encrypted, "and the key can be changed again"
        left_over = [path.name for path in home.iterdir() if path.name.startswith(".")]
        assert left_over == [], "what the crash left behind is gone with the next change"
        shutil.rmtree(home)
    else:
        pytest.fail(f"{what} has not ended after {LAST} steps")
    assert died >= 5


@pytest.mark.timeout(90)
def test_a_crash_at_any_moment_of_changing_the_key_leaves_a_store_that_opens(nursery: Nursery, tmp_path: Path):
    home, chance, encrypted, ended = tmp_path / "home", random.Random(), False, 0
    make(home)
    for number in range(40):
        what = chance.choice(["rekey", "decrypt"]) if encrypted else "encrypt"
        pid = nursery.start(
            "change_key", home=home, what=what, key="" if what == "decrypt" else tmp_path / f"key{number}"
        )
        time.sleep(chance.uniform(0, 0.12))  # anywhere on its way, or after it
        os.kill(pid, signal.SIGKILL)
        ended += nursery.wait(pid) == 0
        encrypted = assert_opens(home)
    assert ended < 40


def test_a_crash_at_any_step_of_restoring_a_backup_leaves_the_old_store_or_the_new(nursery: Nursery, tmp_path: Path):
    template, backup = tmp_path / "template", tmp_path / "backup.db"
    make(template, ["What was backed up"])
    nursery.do("change_key", home=template, what="encrypt", key=tmp_path / "key")
    with open_app(Config(template)) as app:
        app.call("backup", {"path": str(backup)})
    shutil.rmtree(template)
    make(template)
    seen = set()
    for at in range(1, LAST):
        home = tmp_path / str(at)
        shutil.copytree(template, home)
        status = nursery.wait(nursery.start("put_back", home=home, backup=backup, at=at))
        with open_app(Config(home)) as app:
            found = content(app)
            seen.add(tuple(found))
            assert found in (["What was backed up"], sorted(TEXTS))
        if status == 0:
            assert found == ["What was backed up"]
            (kept,) = home.glob("*.before-restore.db")
            assert kept.read_bytes().startswith(PLAIN)
            break
        shutil.rmtree(home)
    else:
        pytest.fail("restore has not ended")
    assert len(seen) == 2


def test_the_store_before_a_restore_is_kept_and_can_come_back(tmp_path: Path):
    home = tmp_path / "home"
    make(home, ["Then"])
    with open_app(Config(home)) as app:
        app.call("backup", {"path": str(tmp_path / "b.db")})
        app.call("remember", {"text": "Now"})
        for _ in range(2):
            app.call("restore-backup", {"path": str(tmp_path / "b.db")})
            assert content(app) == ["Then"]
        kept = sorted(home.glob("*.before-restore.db"), key=lambda path: len(path.name))
        assert len(kept) == 2
        app.call("restore-backup", {"path": str(kept[0])})
        assert content(app) == ["Now", "Then"]


def test_a_backup_that_was_left_with_its_log_comes_back_with_it(tmp_path: Path):
    home, copy = tmp_path / "home", tmp_path / "copy.db"
    with open_app(Config(home)) as app:
        app.call("remember", {"text": "Folded in"})
        app.close()
        app.call("remember", {"text": "Only in the log"})
        for suffix in ("", "-wal"):
            shutil.copy(home / f"everlore.db{suffix}", copy.with_name(copy.name + suffix))
    with open_app(Config(tmp_path / "other")) as other:
        other.call("restore-backup", {"path": str(copy)})
        assert content(other) == ["Folded in", "Only in the log"]


def test_a_backup_that_is_no_store_leaves_everything_as_it_is(tmp_path: Path):
    home = tmp_path / "home"
    make(home)
    with open_app(Config(home)) as app:
        app.call("backup", {"path": str(tmp_path / "good.db")})
        good = (tmp_path / "good.db").read_bytes()
        files = {
            "text.db": (b"hello " * 1000, StoreCorrupt),
            "short.db": (good[: len(good) // 2], EverloreError),
            "hole.db": (good[:20_000] + b"\xff" * 4096 + good[24_096:], EverloreError),
        }
        for name, (raw, kind) in files.items():
            (tmp_path / name).write_bytes(raw)
            with pytest.raises(kind):
                app.call("restore-backup", {"path": str(tmp_path / name)})
            assert content(app) == sorted(TEXTS)
        foreign = apsw.Connection(str(tmp_path / "foreign.db"))
        foreign.execute("CREATE TABLE bookmark (url TEXT); PRAGMA user_version = 1")
        foreign.close()
        newer = apsw.Connection(str(tmp_path / "newer.db"))
        newer.execute("PRAGMA application_id = 1280266821; PRAGMA user_version = 999; CREATE TABLE x (y)")
        newer.close()
        for name, leaf in (("foreign.db", StoreUnavailable), ("newer.db", NewerSchema)):
            with pytest.raises(leaf):
                app.call("restore-backup", {"path": str(tmp_path / name)})
        for path in (home / "everlore.db", home, tmp_path / "nothing.db"):
            with pytest.raises(InvalidInput) as refused:
                app.call("restore-backup", {"path": str(path)})
            assert refused.value.field == "path"
        assert content(app) == sorted(TEXTS)
    assert list(home.glob("*.before-restore.db")) == []
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []


def test_nobody_replaces_a_store_that_somebody_uses(tmp_path: Path):
    home = tmp_path / "home"
    make(home)
    with open_app(Config(home)) as user, open_app(Config(home, busy_timeout_ms=50)) as other:
        other.call("backup", {"path": str(tmp_path / "b.db")})
        user.call("status", {})
        for attempt in (
            lambda: upkeep.encrypt(other, keys.new_file(tmp_path / "key")),
            lambda: other.call("restore-backup", {"path": str(tmp_path / "b.db")}),
        ):
            with pytest.raises(StoreBusy) as busy:
                attempt()
            assert busy.value.hint
        user.call("remember", {"text": "Still here"})
        user.close()
        upkeep.encrypt(other, keys.new_file(tmp_path / "key"))
        other.close()
        assert content(user) == sorted([*TEXTS, "Still here"]), "who used it before goes on with the new one"


def test_keys_that_do_not_fit_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = tmp_path / "home"
    make(home)
    with open_app(Config(home)) as app:
        for refused in (lambda: upkeep.decrypt(app), lambda: upkeep.rekey(app, keys.new_file(tmp_path / "k"))):
            with pytest.raises(Conflict):
                refused()
        upkeep.encrypt(app, keys.new_file(tmp_path / "key"))
        with pytest.raises(Conflict):
            upkeep.encrypt(app, keys.new_file(tmp_path / "key"))
        monkeypatch.setenv("EVERLORE_PASSPHRASE", "open sesame")
        upkeep.rekey(app, keys.new_passphrase())
        assert content(app) == sorted(TEXTS)
        app.close()
        monkeypatch.setenv("EVERLORE_PASSPHRASE", "open barley")
        before = (home / "everlore.db").read_bytes()
        with pytest.raises(WrongKey) as wrong:
            app.call("status", {})
        assert wrong.value.hint
        assert (home / "everlore.db").read_bytes() == before


def test_an_encrypted_store_keeps_no_word_in_plain(tmp_path: Path):
    home = tmp_path / "home"
    make(home, ["The password of the lighthouse is a secret word"])
    with open_app(Config(home)) as app:
        upkeep.encrypt(app, keys.new_file(tmp_path / "key"))
        app.call("remember", {"text": "Another lighthouse stands in the north"})
        assert app.call("recall", {"query": "lighthouse north"}).items
        app.call("backup", {"path": str(tmp_path / "b.db")})
        raw = b"".join(path.read_bytes() for path in [*home.iterdir(), tmp_path / "b.db"] if path.is_file())
    assert b"lighthouse" not in raw


def test_nobody_replaces_the_store_of_a_running_daemon(tmp_path: Path):
    home = tmp_path / "home"
    make(home)
    with open_app(Config(home)) as app:
        app.call("backup", {"path": str(tmp_path / "b.db")})
        with (home / lock.NAME).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for attempt in (
                lambda: upkeep.encrypt(app, keys.new_file(tmp_path / "key")),
                lambda: app.call("restore-backup", {"path": str(tmp_path / "b.db")}),
            ):
                with pytest.raises(StoreBusy) as busy:
                    attempt()
                assert "lore down" in busy.value.hint
        upkeep.encrypt(app, keys.new_file(tmp_path / "key"))
        assert content(app) == sorted(TEXTS)


class Ring(KeyringBackend):
    """A keyring that forgets when the process ends."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


def test_a_new_key_in_the_keyring_never_takes_the_place_of_the_one_in_use(tmp_path: Path):
    home, before = tmp_path / "home", keyring.get_keyring()
    make(home)
    keyring.set_keyring(Ring())
    try:
        with open_app(Config(home)) as app:
            upkeep.encrypt(app, keys.new_keyring(home))
            assert content(app) == sorted(TEXTS)
            abandoned = keys.new_keyring(home)
            app.close()
            assert content(app) == sorted(TEXTS), "a key that was made and not used changes nothing"
            upkeep.rekey(app, keys.new_keyring(home))
            assert content(app) == sorted(TEXTS)
            assert keys.source(app.config) not in {None, abandoned}
        keyring.set_keyring(Ring())
        with open_app(Config(home)) as app, pytest.raises(WrongKey) as gone:
            app.call("status", {})
        assert gone.value.hint
    finally:
        keyring.set_keyring(before)
