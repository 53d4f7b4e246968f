"""Encryption from the command line: the key's three homes, and what happens without the key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commanding import Lore


@pytest.fixture
def lore(tmp_path: Path) -> Lore:
    lore = Lore(tmp_path / "home")
    lore.json("remember", "The vault code changes every month", "--namespace", "acme")
    return lore


def plain_text_on_disk(lore: Lore) -> bool:
    return any(b"vault code" in file.read_bytes() for file in lore.home.glob("everlore.db*"))


def test_a_key_file_is_made_and_needed(lore: Lore, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "lore.key"
    assert plain_text_on_disk(lore)
    ended = lore("encrypt", "--key-file", str(key))
    assert (ended.status, ended.err) == (0, "")
    assert f"the key is in {key}" in ended.out
    assert key.stat().st_mode & 0o777 == 0o600
    assert not plain_text_on_disk(lore)
    assert "vault code" in lore("recall", "what changes every month?").out
    assert lore.json("status")["encrypted"] is True
    assert lore.json("verify")["ok"] is True
    moved = key.rename(tmp_path / "elsewhere")
    ended = lore("list", "--json")
    assert (ended.status, ended.error["code"]) == (6, "wrong_key")
    moved.rename(key)
    assert lore.json("decrypt") == {"home": str(lore.home), "encrypted": False, "key": None}
    assert plain_text_on_disk(lore)


def test_a_passphrase_comes_from_the_environment(lore: Lore) -> None:
    lore.environ["EVERLORE_PASSPHRASE"] = "correct horse"
    assert lore.json("encrypt")["key"] == "passphrase"
    assert lore("list").status == 0
    lore.environ["EVERLORE_PASSPHRASE"] = "wrong horse"
    assert lore("list", "--json").error["code"] == "wrong_key"
    del lore.environ["EVERLORE_PASSPHRASE"]
    ended = lore("list")
    assert ended.status == 6
    assert "EVERLORE_PASSPHRASE" in ended.err


def test_a_new_passphrase_replaces_the_old_one(lore: Lore) -> None:
    lore.environ["EVERLORE_PASSPHRASE"] = "correct horse"
    lore.json("encrypt")
    lore.environ["EVERLORE_NEW_PASSPHRASE"] = "battery staple"
    lore.json("rekey")
    assert lore("list", "--json").error["code"] == "wrong_key"
    lore.environ["EVERLORE_PASSPHRASE"] = "battery staple"
    assert "vault code" in lore("list").out
    assert lore("rekey", "--key-file", str(lore.home / "key")).status == 0
    del lore.environ["EVERLORE_PASSPHRASE"]
    assert "vault code" in lore("list").out


def test_what_makes_no_sense_is_refused(lore: Lore, tmp_path: Path) -> None:
    assert lore("decrypt", "--json").error["code"] == "conflict"
    assert lore("rekey", "--key-file", str(tmp_path / "k"), "--json").error["code"] == "conflict"
    ended = lore("encrypt", "--key-file", str(tmp_path / "k"), "--keyring", "--json")
    assert (ended.status, ended.error["field"]) == (2, "key_file")
    (tmp_path / "bad").write_text("not a key")
    assert lore("encrypt", "--key-file", str(tmp_path / "bad"), "--json").error["code"] == "invalid_input"
    lore.json("encrypt", "--key-file", str(tmp_path / "good"))
    assert lore("encrypt", "--key-file", str(tmp_path / "good"), "--json").error["code"] == "conflict"


def test_the_passphrase_stays_out_of_the_environment_of_others(lore: Lore) -> None:
    lore.environ["EVERLORE_PASSPHRASE"] = "correct horse"
    lore.json("encrypt")
    assert "EVERLORE_PASSPHRASE" not in os.environ


def test_a_server_takes_the_passphrase_along(lore: Lore) -> None:
    lore.environ["EVERLORE_PASSPHRASE"] = "correct horse"
    lore.json("encrypt")
    lore.json("up")
    try:
        del lore.environ["EVERLORE_PASSPHRASE"]
        assert "vault code" in lore("recall", "what changes every month?").out
    finally:
        lore.json("down")
