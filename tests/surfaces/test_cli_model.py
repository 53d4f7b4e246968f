"""`lore model` on the library of a home, with a tiny model that the test makes."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from commanding import Lore
from models.encoders import write_model


@pytest.fixture
def lore(tmp_path: Path) -> Lore:
    return Lore(tmp_path / "home")


def test_a_folder_is_installed_used_by_recall_and_removed(lore: Lore, tmp_path: Path) -> None:
    assert lore("model", "list").err == "no model is installed; `lore model pull` fetches one\n"
    added = lore.json("model", "add", str(write_model(tmp_path / "tiny")))
    assert (added["name"], added["dimensions"], added["current"]) == ("tiny", 64, True)
    lore.json("remember", "the blue queue is in redis")
    assert lore.json("embed") == {"model": "tiny", "embedded": 1, "waiting": 0}
    assert "tiny: 1 embedded, 0 waiting" in lore("status").out
    assert "meaning" in lore("recall", "why is the queue blue?", "--explain").out
    assert lore("model", "remove", "tiny").out == "tiny is removed\n"
    assert lore.json("model", "list") == {"models": [], "current": None}
    assert lore("embed").out.startswith("there is no embedding model")


def test_a_wheel_is_installed_beside_the_one_in_use(lore: Lore, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    lore.json("remember", "the blue queue is in redis")
    assert "lore embed" in lore("model", "add", str(folder)).err
    with ZipFile(tmp_path / "other-1.0-py3-none-any.whl", "w") as wheel:
        for file in write_model(tmp_path / "two", seed=8).iterdir():
            wheel.write(file, f"other/{file.name}")
    ended = lore("model", "add", str(tmp_path / "other-1.0-py3-none-any.whl"))
    assert ended.out == "other is installed\n"
    lore.json("model", "use", "tiny")
    assert "`lore model use other` takes this one" in lore("model", "add", str(tmp_path / "two"), "--name", "other").err
    assert lore.json("model", "use", "other")["current"] is True
    shown = lore("model", "list").out.splitlines()
    assert [line.split()[0] for line in shown] == ["model", "other", "tiny"]
    assert "in use" in shown[1]


@pytest.mark.parametrize(
    ("words", "status", "field"),
    [
        (("add", "/nonexistent/model"), 2, "path"),
        (("add", "."), 2, "path"),
        (("use", "nosuch"), 3, "name"),
        (("remove", "nosuch"), 3, "name"),
        (("add",), 2, "path"),
    ],
)
def test_what_cannot_be_is_told(lore: Lore, words: tuple[str, ...], status: int, field: str) -> None:
    ended = lore("model", *words, "--json")
    assert (ended.status, ended.out, ended.error["field"]) == (status, "", field)


def test_a_model_that_cannot_be_fetched_is_an_error_with_a_way_out(lore: Lore) -> None:
    nowhere = "http://127.0.0.1:9/simple"
    for tool in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"):
        lore.environ[tool] = nowhere
    lore.environ |= {"PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", "UV_HTTP_RETRIES": "0"}
    ended = lore("model", "pull", "--source", "index")
    assert (ended.status, ended.out) == (7, "")
    assert "hint: " in ended.err
    assert "lore model add FILE" in ended.err


def test_a_server_that_runs_is_told_of(lore: Lore, tmp_path: Path) -> None:
    lore.json("up")
    try:
        assert "`lore down`" in lore("model", "add", str(write_model(tmp_path / "tiny"))).err
    finally:
        lore.json("down")
