"""A store that is damaged, locked, foreign, newer or not there to be written: the right error, a hint, and nothing lost."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import pytest
from nursery import PUBLIC, Nursery

from everlore.app.open import open_app
from everlore.app.upkeep import encrypt
from everlore.core.config import Config
from everlore.core.errors import EverloreError
from everlore.store import keys

TEXTS = [
    f"The {word} of the harbour opens at {hour}"
    for hour, word in enumerate(["crane", "pier", "office", "gate", "lock"], 5)
]
OPERATIONS: list[tuple[str, dict[str, Any]]] = [
    ("remember", {"text": "A new one"}),
    ("recall", {"query": "harbour crane"}),
    ("list", {}),
    ("status", {}),
    ("timeline", {}),
    ("verify", {}),
    ("rebuild", {}),
    ("undo", {}),
]


def lore(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EVERLORE_")}
    clean |= {"EVERLORE_HOME": str(home), "EVERLORE_START_DAEMON": "false", **environment}
    return subprocess.run(
        [sys.executable, "-m", "everlore", *arguments],
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_said(ended: subprocess.CompletedProcess[str], status: int = 6) -> None:
    assert ended.returncode == status, ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert "\nhint: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    with open_app(Config(made)) as app:
        for text in TEXTS:
            app.call("remember", {"text": text})
    return made


def overwrite(path: Path, at: int, raw: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(raw)


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def become_newer(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 999")
    connection.close()


def become_foreign(path: Path) -> None:
    path.unlink()
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES ('x'); PRAGMA user_version = 1")
    connection.close()


def become_directory(path: Path) -> None:
    path.rename(path.with_name("kept.db"))
    path.mkdir()


def lose_key(path: Path) -> None:
    with open_app(Config(path.parent)) as app:
        encrypt(app, keys.new_file(path.with_name("key")))
    path.with_name("key").write_text("00" * 32)


def lose_marker(path: Path) -> None:
    lose_key(path)
    path.with_name("encryption.json").unlink()


def spoil_marker(path: Path) -> None:
    lose_key(path)
    path.with_name("encryption.json").write_text("{")


def mark_plain(path: Path) -> None:
    source = keys.new_file(path.with_name("key"))
    path.with_name("encryption.json").write_text(keys.spell(source))


DAMAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "the first page is overwritten": ("store_corrupt", lambda path: overwrite(path, 0, b"\xff" * 4096)),
    "the header is half overwritten": ("store_corrupt", lambda path: overwrite(path, 40, b"\xff" * 4056)),
    "it is cut in the middle": ("store_corrupt", lambda path: cut(path, path.stat().st_size // 2 // 4096 * 4096)),
    "it is cut within a page": ("store_corrupt", lambda path: cut(path, 10_000)),
    "it is a text": ("store_corrupt", lambda path: path.write_text("my notes\n" * 1000) and None),
    "it is another program's": ("store_unavailable", become_foreign),
    "it is newer": ("newer_schema", become_newer),
    "it is a directory": ("store_unavailable", become_directory),
    "the key is another": ("wrong_key", lose_key),
    "the marker is gone": ("store_corrupt", lose_marker),
    "the marker is spoilt": ("wrong_key", spoil_marker),
    "it is plain and a key is given": ("wrong_key", mark_plain),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_store_that_cannot_be_read_says_what_is_wrong_and_stays_as_it_is(home: Path, what: str):
    code, damage = DAMAGES[what]
    database = home / "everlore.db"
    damage(database)
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file() and path.name != "use.lock"}
    for name, payload in OPERATIONS:
        with open_app(Config(home)) as app, pytest.raises(EverloreError) as refused:
            app.call(name, payload)
        assert (refused.value.code, bool(refused.value.hint)) == (code, True), (name, refused.value.message)
        assert "everlore.db" in refused.value.message or "encrypt" in refused.value.message
    assert_said(lore(home, "recall", "harbour"))
    said = json.loads(lore(home, "remember", "x", "--json").stderr)
    assert (said["code"], bool(said["hint"])) == (code, True)
    after = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file() and path.name != "use.lock"}
    assert {name: after.get(name) for name in before} == before


@pytest.mark.timeout(100)
def test_a_page_spoilt_anywhere_is_found_and_never_more_than_an_error(home: Path):
    database = home / "everlore.db"
    whole = database.read_bytes()
    found = []
    for page in range(1, len(whole) // 4096):
        database.write_bytes(whole)
        overwrite(database, page * 4096, b"\xff" * 4096)
        found.append(_found(home))
    assert all(found), f"pages {[page for page, seen in enumerate(found, 1) if not seen]} were spoilt unseen"


def _found(home: Path) -> bool:
    seen = False
    with open_app(Config(home)) as app:
        for name, payload in (("verify", {}), ("recall", {"query": "harbour crane"}), ("list", {}), ("timeline", {})):
            try:
                answer = app.call(name, payload)
                seen = seen or (name == "verify" and not answer.ok)
            except EverloreError as error:
                assert error.code == "store_corrupt", error.message
                assert error.hint
                seen = True
    return seen


def test_a_text_changed_on_the_disk_is_found(home: Path):
    database = home / "everlore.db"
    raw = database.read_bytes()
    assert raw.count(b"The crane of the harbour") == 1
    database.write_bytes(raw.replace(b"The crane of the harbour", b"The plane of the harbour"))
    with open_app(Config(home)) as app:
        verified = app.call("verify", {})
    assert "revision" in {problem.what for problem in verified.problems}
    assert lore(home, "verify").returncode != 0


def test_text_that_is_no_text_any_more_is_damage(home: Path):
    database = home / "everlore.db"
    raw = database.read_bytes()
    database.write_bytes(raw.replace(b"The crane of the harbour", b"The \xff\xfe\xfdne of the harbour"))
    for name, payload in (("list", {}), ("verify", {}), ("recall", {"query": "harbour"}), ("rebuild", {})):
        with open_app(Config(home)) as app, pytest.raises(EverloreError) as refused:
            app.call(name, payload)
        assert (refused.value.code, bool(refused.value.hint)) == ("store_corrupt", True), name
    assert_said(lore(home, "list"))


@pytest.mark.parametrize("mode", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_store_that_another_program_writes_to_says_so_and_can_be_read(home: Path, mode: str):
    connection = apsw.Connection(str(home / "everlore.db"))
    connection.execute(mode)
    try:
        with open_app(Config(home, busy_timeout_ms=50)) as app:
            for name, payload in (("remember", {"text": "A new one"}), ("undo", {}), ("rebuild", {})):
                with pytest.raises(EverloreError) as refused:
                    app.call(name, payload)
                assert (refused.value.code, bool(refused.value.hint)) == ("store_busy", True)
            assert len(app.call("list", {}).memories) == len(TEXTS)
            assert app.call("recall", {"query": "harbour crane"}).items
            assert_said(lore(home, "remember", "x", EVERLORE_BUSY_TIMEOUT_MS="50"))
            assert lore(home, "recall", "harbour crane", EVERLORE_BUSY_TIMEOUT_MS="50").returncode == 0
            connection.execute("ROLLBACK")
            assert app.call("remember", {"text": "A new one"}).outcome == "kept"
    finally:
        connection.close()


def test_a_store_that_another_program_has_to_itself_says_so(home: Path):
    connection = apsw.Connection(str(home / "everlore.db"))
    connection.pragma("locking_mode", "EXCLUSIVE")
    connection.execute("BEGIN IMMEDIATE; CREATE TABLE x (y); ROLLBACK; BEGIN EXCLUSIVE")
    try:
        for name, payload in OPERATIONS:
            with open_app(Config(home, busy_timeout_ms=50)) as app, pytest.raises(EverloreError) as refused:
                app.call(name, payload)
            assert (refused.value.code, bool(refused.value.hint)) == ("store_busy", True), name
        assert_said(lore(home, "list", EVERLORE_BUSY_TIMEOUT_MS="50"))
    finally:
        connection.close()


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that every user of the machine may enter."""
    with TemporaryDirectory(prefix="everlore-open-", dir=PUBLIC) as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def test_a_home_that_cannot_be_written_says_so(nursery: Nursery, open_place: Path):
    """As an ordinary user, whatever user runs the tests: permissions do not bind root."""
    uid = 65534 if os.geteuid() == 0 else None
    home, sealed = open_place / "home", open_place / "sealed"
    with open_app(Config(home)) as app:
        app.call("remember", {"text": TEXTS[0]})
    sealed.mkdir(mode=0o555)
    for path in home.iterdir():
        path.chmod(0o444)
    home.chmod(0o555)
    try:
        for place in (home, sealed / "new", sealed):
            answers = nursery.do("attempt", home=place, operations=OPERATIONS, uid=uid)
            for answer in answers:
                assert (answer.get("code"), bool(answer.get("hint"))) == ("store_unavailable", True), (place, answer)
            ended = nursery.do("command", home=place, arguments=["remember", "x"], uid=uid)
            assert (ended["status"], ended["out"]) == (6, "")
            assert ended["err"].startswith("error: ")
            assert "\nhint: " in ended["err"]
        assert list(sealed.iterdir()) == []
    finally:
        home.chmod(0o700)
        sealed.chmod(0o700)
    for path in home.iterdir():
        path.chmod(0o600)
    with open_app(Config(home)) as app:
        assert [memory.text for memory in app.call("list", {}).memories] == TEXTS[:1]
        assert app.call("verify", {}).ok


def test_a_home_that_is_a_file_or_below_one_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("precious")
    for place in (tmp_path / "file", tmp_path / "file" / "home"):
        with open_app(Config(place)) as app, pytest.raises(EverloreError) as refused:
            app.call("remember", {"text": "x"})
        assert (refused.value.code, bool(refused.value.hint)) == ("store_unavailable", True)
        assert_said(lore(place, "remember", "x"))
    assert (tmp_path / "file").read_text() == "precious"


def test_a_store_that_vanishes_under_a_running_program_takes_no_more_writes(home: Path):
    with open_app(Config(home)) as app:
        app.call("list", {})
        for path in home.iterdir():
            path.unlink()
        with pytest.raises(EverloreError) as refused:
            app.call("remember", {"text": "Into nowhere"})
        assert refused.value.code in {"store_unavailable", "store_corrupt"}
        assert refused.value.hint


def test_a_log_that_is_damaged_costs_at_most_what_it_held(home: Path):
    with open_app(Config(home)) as app:
        app.call("remember", {"text": "Only in the log"})
        raw = {path.name: path.read_bytes() for path in home.iterdir() if path.suffix != ".lock"}
        log = next(name for name in raw if name.endswith("-wal"))
    for path in home.iterdir():
        path.unlink()
    for name, content in raw.items():
        if not name.endswith("-shm"):
            (home / name).write_bytes(content if name != log else content[:32] + b"\xff" * (len(content) - 32))
    with open_app(Config(home)) as app:
        assert app.call("verify", {}).ok
        assert {memory.text for memory in app.call("list", {}).memories} >= set(TEXTS)
