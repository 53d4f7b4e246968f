"""A full disk: a clear error, nothing that was acknowledged lost, nothing half written, and on with it when there is room."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from nursery import Nursery

from everlore.app.open import open_app
from everlore.core.config import Config


def kept(home: Path) -> set[str]:
    """Return every text of a store that is whole."""
    with open_app(Config(home)) as app:
        assert app.call("verify", {}).ok
        with app.read() as unit:
            memories = [row[0] for row in unit.rows("memories_all")]
            return {row[4] for memory in memories for row in unit.rows("revisions_of", memory=memory)}


def acknowledged(path: Path) -> set[str]:
    return {json.loads(line)[2] for line in path.read_text().splitlines()}


def mountable() -> bool:
    """Say whether a small file system of our own can be made here, as a privileged root may."""
    if not (shutil.which("mount") and shutil.which("umount")):
        return False
    place = mkdtemp(prefix="everlore-mount-")
    made = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", place], capture_output=True, check=False
        ).returncode
        == 0
    )
    if made:
        subprocess.run(["umount", place], check=True)
    Path(place).rmdir()
    return made


ROOMS = [0, 4096, 50_000, 400_000]
DISKS = ["1536k", "5m"] if mountable() else []


@contextmanager
def disk(place: Path, size: str) -> Iterator[Path]:
    """Yield a disk of a few megabytes, with nothing of it left afterwards."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize(
    "room",
    [*ROOMS, *DISKS],
    ids=[*(f"files may grow {room}" for room in ROOMS), *(f"disk of {size}" for size in DISKS)],
)
def test_a_full_disk_loses_nothing_and_goes_on_with_room(nursery: Nursery, tmp_path: Path, room: Any):
    acks, ballast = tmp_path / "x.acks", 300_000
    with disk(tmp_path / "disk", room) if isinstance(room, str) else nullcontext(tmp_path) as place:
        home = place / "home"
        if isinstance(room, str):
            (place / "ballast").write_bytes(b"x" * ballast)
            ended = nursery.do("fill_disk", home=home, acks=acks)
            assert len(kept(home)) == len(acknowledged(acks)), "it can be read while it is full"
            (place / "ballast").unlink()
            with open_app(Config(home)) as app:
                assert app.call("remember", {"text": "There is room again"}).outcome == "kept"
            texts = acknowledged(acks) | {"There is room again"}
        else:
            ended = nursery.do("fill", home=home, acks=acks, room=room)
            assert (ended["reading"], ended["after"]) == (min(1000, len(acknowledged(acks)) + 1), "kept")
            texts = acknowledged(acks) | {"The first", "There is room again"}
        assert (ended["code"], bool(ended["hint"])) == ("store_full", True), ended
        assert kept(home) == texts


@pytest.mark.parametrize("what", ["export", "backup", "import", "rebuild", "encrypt", "restore-backup"])
def test_long_work_that_finds_no_room_leaves_the_store_and_no_half_file(nursery: Nursery, tmp_path: Path, what: str):
    home, backup, talk = tmp_path / "home", tmp_path / "b.db", tmp_path / "talk.jsonl"
    nursery.do("write", home=home, acks=tmp_path / "0.acks", seed=0, steps=60)
    with open_app(Config(home)) as app:
        app.call("backup", {"path": str(backup)})
    talk.write_text(
        "\n".join(
            json.dumps({"session": "s", "id": str(n), "speaker": "A", "text": f"remark {n} " + "word " * 200})
            for n in range(500)
        )
    )
    before = kept(home)
    place = {"import": talk, "restore-backup": backup, "encrypt": "--key-file"}.get(what, tmp_path / "out")
    arguments = [
        what,
        *([] if what == "rebuild" else [str(place)]),
        *([str(tmp_path / "key")] if what == "encrypt" else []),
    ]
    ended = nursery.do("command", home=home, arguments=arguments, limit=16_384)
    assert (ended["status"], ended["out"]) == (6, ""), ended
    assert ended["err"].startswith("error: ")
    assert "no space left" in ended["err"].lower() or "file too large" in ended["err"].lower()
    assert "\nhint: " in ended["err"]
    assert kept(home) == before
    assert not (tmp_path / "out").exists()
    assert [path.name for place in (home, tmp_path) for path in place.iterdir() if path.name.startswith(".")] == []
