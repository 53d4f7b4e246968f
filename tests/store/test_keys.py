import json
from pathlib import Path

import pytest

from everlore.core.config import Config
from everlore.core.errors import EverloreError, InvalidInput, WrongKey
from everlore.store import keys


def test_a_key_file_is_made_once_and_private(tmp_path: Path):
    source = keys.new_file(tmp_path / "deep" / "key")
    first = source.key()
    assert len(first) == 32
    assert Path(source.place).stat().st_mode & 0o777 == 0o600
    assert keys.new_file(tmp_path / "deep" / "key").key() == first


def test_a_key_file_may_hold_raw_bytes(tmp_path: Path):
    (tmp_path / "raw").write_bytes(bytes(range(32)))
    assert keys.new_file(tmp_path / "raw").key() == bytes(range(32))


@pytest.mark.parametrize("content", [b"", b"short", b"z" * 64, b"00" * 31, b"\xff" * 33])
def test_a_key_file_without_a_key_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        keys.new_file(tmp_path / "key").key()
    assert refused.value.field == "key_file"


def test_a_key_file_that_is_gone_says_so(tmp_path: Path):
    with pytest.raises(WrongKey) as refused:
        keys.Source("file", str(tmp_path / "gone")).key()
    assert refused.value.hint


def test_a_passphrase_gives_the_same_key_with_the_same_salt_only(monkeypatch: pytest.MonkeyPatch):
    one, two = keys.new_passphrase(), keys.new_passphrase()
    monkeypatch.setenv("EVERLORE_PASSPHRASE", "correct horse")
    assert one.key() == one.key() == keys.parse(keys.spell(one)).key()
    assert one.key() != two.key()
    monkeypatch.setenv("EVERLORE_PASSPHRASE", "correct horses")
    changed = one.key()
    monkeypatch.delenv("EVERLORE_PASSPHRASE")
    assert one.key(lambda: "correct horse") != changed


def test_a_passphrase_that_nobody_gives_is_asked_for():
    with pytest.raises(WrongKey) as refused:
        keys.new_passphrase().key()
    assert "EVERLORE_PASSPHRASE" in refused.value.hint


NO_MARKERS = [
    "", "{", "[]", "null", "7", '{"kind": "file", "colour": 1}', '{"kind": "stone"}', '{"kind": 7}', '{"kind": "file", "place": ["x"]}',
    '{"kind": "passphrase", "salt": "zz"}', '{"kind": "passphrase", "salt": 5}', '{"kind": "passphrase", "salt": "00", "cost": 0}',
    '{"kind": "passphrase", "salt": "00", "cost": 3}', '{"kind": "passphrase", "salt": "00", "cost": "many"}',
    '{"kind": "passphrase", "salt": "00", "cost": 1099511627776}',
]  # fmt: skip


@pytest.mark.parametrize("text", NO_MARKERS)
def test_a_marker_that_spells_no_key_is_an_error_with_a_hint(tmp_path: Path, text: str):
    config = Config(tmp_path)
    (tmp_path / "encryption.json").write_text(text)
    with pytest.raises(EverloreError) as refused:
        keys.unlock(config)
    assert (refused.value.code, bool(refused.value.hint)) == ("wrong_key", True)


def test_a_marker_that_is_no_text_is_an_error_with_a_hint(tmp_path: Path):
    (tmp_path / "encryption.json").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongKey):
        keys.unlock(Config(tmp_path))


def test_a_new_marker_is_announced_before_it_is_true(tmp_path: Path):
    config = Config(tmp_path)
    spelled = keys.spell(keys.new_file(tmp_path / "key"))
    assert keys.next_marker(config) is None
    keys.announce(config, spelled)
    assert (keys.source(config), keys.next_marker(config)) == (None, spelled)
    keys.settle(config, spelled)
    keys.settle(config, spelled)
    assert json.loads((tmp_path / "encryption.json").read_text())["kind"] == "file"
    keys.announce(config, None)
    assert keys.next_marker(config) == ""
    keys.settle(config, None)
    assert (keys.source(config), keys.next_marker(config)) == (None, None)
