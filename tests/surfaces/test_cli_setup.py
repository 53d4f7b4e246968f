"""`lore setup` on a terminal, again on one, and without one; and settings written into a file that somebody keeps."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commanding import Lore
from everlore.core.errors import InvalidInput
from everlore.surfaces import settings
from surfaces.shells.terminals import on_path, on_terminal

KEPT = """# my settings
port = 7500   # not the usual one
lessons = 'propose'  # for now
vault_directory = "~/notes # not a comment"
"""


@pytest.fixture
def user(tmp_path: Path) -> Path:
    (tmp_path / "user" / ".claude").mkdir(parents=True)
    return tmp_path / "user"


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    found = {**on_path(tmp_path, tmp_path / "home"), "SHELL": "/bin/bash", "ANTHROPIC_API_KEY": "", **more}
    return {name: value for name, value in found.items() if not name.endswith("_CONFIG_DIR")}


def test_a_first_run_asks_and_sets_and_a_second_shows_what_is_set(tmp_path: Path, user: Path):
    (tmp_path / "home").mkdir()
    config = tmp_path / "home" / "config.toml"
    config.write_text(KEPT)
    answers = (
        (b"wire it to this memory?", b"\n"), (b"by meaning as well as by words?", b"n\n"),
        (b"nothing else needs one", b"anthropic\n"), (b"which model of anthropic", b"claude-haiku-4-5\n"),
        (b"of their sessions, by a server that runs", b"on\n"), (b"not looked for", b"off\n"), (b"always, or never", b"\n"),
        (b"once a day, or never", b"\n"), (b"answers faster", b"\n"), (b"is told with it", b"\n"),
        (b"when an agent reads it", b"\n"), (b"complete `lore` in bash", b"n\n"),
    )  # fmt: skip
    said, status = on_terminal(["lore", "setup"], environ(tmp_path), tmp_path, *answers)
    assert status == 0, said.decode()
    assert b"its key is not set: export ANTHROPIC_API_KEY=..." in said
    assert (
        config.read_text()
        == KEPT.replace("'propose'", '"off"') + 'llm_provider = "anthropic"\nllm_model = "claude-haiku-4-5"\n'
    )
    assert "lore" in (user / ".claude" / "settings.json").read_text() and not (user / ".bashrc").exists()
    assert b"Claude Code is wired" in said and b"reading of transcripts is on" in said
    before = config.read_bytes()
    enters = [(mark, b"\n") for mark, _ in answers if b"wire it" not in mark]
    said, status = on_terminal(["lore", "setup"], environ(tmp_path), tmp_path, *enters[:-1], (enters[-1][0], b"n\n"))
    assert status == 0 and b"Claude Code: wired" in said and b"[anthropic]" in said and b"[off]" in said, said.decode()
    assert said.endswith(b"nothing was changed\r\n") and config.read_bytes() == before


def test_a_key_is_never_asked_for_and_ctrl_c_leaves_what_was_answered(tmp_path: Path, user: Path):
    typed = (
        (b"wire it to this memory?", b"n\n"),
        (b"by meaning as well", b"n\n"),
        (b"nothing else needs one", b"\x03"),
    )
    said, status = on_terminal(["lore", "setup"], environ(tmp_path), tmp_path, *typed)
    assert status == 130 and b"Traceback" not in said
    assert not (tmp_path / "home" / "config.toml").exists() and not (user / ".claude" / "settings.json").exists()


def test_without_a_terminal_it_says_what_it_would_ask_and_how_to_set_it(tmp_path: Path):
    lore = Lore(tmp_path / "home")
    ended = lore("setup")
    assert ended.status == 2 and "there is no terminal to ask on" in ended.err
    for each in (
        "lore install --apply",
        "lore model pull",
        "llm_provider=NAME",
        "lessons=propose|keep|off",
        "completions --install",
    ):
        assert each in ended.out
    asks = json.loads(lore("setup", "--json").out)["asks"]
    assert {each["what"] for each in asks} >= {"home", "clients", "language model", "lessons"}
    assert not (tmp_path / "home").exists()


def test_flags_set_without_asking(tmp_path: Path):
    lore = Lore(tmp_path / "home")
    ended = lore(
        "setup", "--set", "llm_provider=ollama", "--set", "curate_hours=0", "--set", "hooks_start_server=yes", "--json"
    )
    assert (ended.status, ended.answer["set"]) == (
        0,
        {"llm_provider": "ollama", "curate_hours": 0, "hooks_start_server": True},
    )
    path = tmp_path / "home" / "config.toml"
    assert tomllib.loads(path.read_text()) == ended.answer["set"] and path.stat().st_mode & 0o777 == 0o600
    assert lore("setup", "--set", "curate_hours=0").err == "nothing was changed\n"
    wrong_ones = {
        "curate_hours=often": "type int", "lessons=perhaps": "one of", "no_such=1": "no setting", "x": "NAME=VALUE", "home=/": "no setting",
    }  # fmt: skip
    for wrong, word in wrong_ones.items():
        ended = lore("setup", "--set", wrong)
        assert ended.status == 2 and word in ended.err
    told = Lore(tmp_path / "home", EVERLORE_LESSONS="keep")("setup", "--set", "lessons=off").err
    assert "EVERLORE_LESSONS in the environment wins" in told


def test_yes_takes_what_is_proposed(tmp_path: Path, user: Path):
    lore = Lore(tmp_path / "home", HOME=str(user), SHELL="/bin/bash")
    ended = lore("setup", "--yes", "--json")
    assert ended.status == 0 and "Claude Code is wired" in ended.answer["did"] and ended.answer["set"] == {}
    assert ">>> everlore completions >>>" in (user / ".bashrc").read_text()
    assert lore("setup", "--yes", "--json").answer["did"] == []
    assert lore("uninstall", "--apply").status == 0 and lore("completions", "--remove").status == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'lessons = "off"\nport = 1\n'),
        ("# only a comment\n", '# only a comment\nlessons = "off"\nport = 1\n'),
        ("port=2#x", 'port=1#x\nlessons = "off"\n'),
        ("\ufefflessons = \"keep\" # why\r\nport = 2\r\n", '\ufefflessons = "off" # why\r\nport = 1\r\n'),
        ('token = """a\nb"""\n', 'token = """a\nb"""\nlessons = "off"\nport = 1\n'),
        ('  lessons  =  "a \\" # b"  \n# end\n', '  lessons  =  "off"  \nport = 1\n# end\n'),
    ],
)  # fmt: skip
def test_settings_are_written_where_they_stand(before: str, after: str):
    assert settings.put(before, {"lessons": "off", "port": 1}) == after
    assert settings.put(after, {"lessons": "off", "port": 1}) == after


def test_a_file_that_is_written_in_another_way_is_left_alone(tmp_path: Path):
    with pytest.raises(InvalidInput):
        settings.put('lessons = """\nkeep"""\n', {"lessons": "off"})
    (tmp_path / "config.toml").write_text("port = \n")
    with pytest.raises(InvalidInput):
        settings.save(tmp_path, {"lessons": "off"})
    assert (tmp_path / "config.toml").read_text() == "port = \n"


@given(
    st.dictionaries(st.sampled_from(["token", "llm_url", "port"]), st.text() | st.integers(0, 9) | st.booleans()),
    st.text(),
)
def test_whatever_is_set_is_what_is_read(values: dict[str, settings.Value], last: str):
    values = {name: value for name, value in values.items() if not isinstance(value, str) or value.isprintable()}
    text = settings.put("# c\nport = 3 # d\n", values)
    assert tomllib.loads(text) == {"port": 3, **values} and text.startswith("# c\n")
    if last.isprintable():
        assert tomllib.loads(settings.put(text, {"token": last}))["token"] == last
