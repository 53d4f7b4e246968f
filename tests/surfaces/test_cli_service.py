"""`lore service`: one file for the service manager, and the server that it keeps running."""

from __future__ import annotations

import configparser
import plistlib
import shlex
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from commanding import LORE, Lore
from everlore.surfaces import daemon
from everlore.surfaces.units import unit

GOLDEN = Path(__file__).parent / "units"
PYTHON = {"linux": "/opt/lore/bin/python", "darwin": "/opt/lore/bin/python", "win32": r"C:\Lore\python.exe"}

STAND_IN = r"""#!/bin/sh
# Does what the service manager would, and writes down what it was asked.
echo "$@" >> "$EVERLORE_TEST_ASKED"
file="$XDG_CONFIG_HOME/systemd/user/$(eval echo \${$#})"
case "$*" in
*show*) cat "$EVERLORE_TEST_ASKED.pid" 2>/dev/null || echo 0 ;;
*enable*|*start*)
  test -f "$file" || exit 5
  pid="$(cat "$EVERLORE_TEST_ASKED.pid" 2>/dev/null)"
  while grep -qs '^State:.[^Z]' "/proc/$pid/status"; do test -f "$EVERLORE_HOME/daemon.json" && exit 0; done
  eval "$(sed -n 's/^ExecStart=//p' "$file") >/dev/null 2>&1 </dev/null &"
  echo $! > "$EVERLORE_TEST_ASKED.pid" ;;
*disable*) kill "$(cat "$EVERLORE_TEST_ASKED.pid")" 2>/dev/null; rm -f "$EVERLORE_TEST_ASKED.pid" ;;
esac
exit 0
"""


@pytest.fixture
def lore(tmp_path: Path) -> Iterator[Lore]:
    """The command line on a machine of its own, whose service manager is a stand-in that starts what it is told to."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "systemctl").write_text(STAND_IN)
    (programs / "systemctl").chmod(0o755)
    lore = Lore(
        tmp_path / "a home", HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / "config"), PATH=f"{programs}:/usr/bin:/bin",
        EVERLORE_TEST_ASKED=str(tmp_path / "asked"), EVERLORE_PORT="0",
    )  # fmt: skip
    try:
        yield lore
    finally:
        daemon.stop(str(lore.home))


def asked(lore: Lore) -> list[str]:
    file = Path(lore.environ["EVERLORE_TEST_ASKED"])
    return [line for line in file.read_text().splitlines() if " show " not in line] if file.exists() else []


def test_without_apply_it_says_what_it_would_do_and_does_nothing(lore: Lore, tmp_path: Path) -> None:
    ended = lore("service", "install")
    assert ended.status == 0
    assert "+ExecStart=" in ended.out
    assert "systemctl --user enable --now everlore-" in ended.out
    assert ended.err == "note: nothing was changed; --apply does it\n"
    assert not (tmp_path / "config").exists()
    assert asked(lore) == []
    assert lore.json("service", "status")["installed"] is False


def test_the_manager_keeps_the_only_server_of_the_home(lore: Lore) -> None:
    before = lore.json("up")
    assert before["service"] is None
    told = lore.json("service", "install", "--apply")
    assert (told["changed"], told["applied"]) == (True, True)
    assert [one["status"] for one in told["commands"]] == [0, 0]
    up = lore.json("up")
    assert up["service"] == "systemd"
    assert up["pid"] != before["pid"]
    status = lore.json("service", "status")
    assert (status["pid"], status["daemon"], status["current"]) == (up["pid"], up["pid"], True)
    assert lore.json("down") == {"home": str(lore.home), "stopped": True, "service": "systemd"}
    again = lore.json("up")
    assert lore.json("service", "status")["pid"] == again["pid"]
    assert "systemd starts it again when you log in" in lore("down").out


def test_a_second_installation_changes_no_byte_and_no_process(lore: Lore) -> None:
    first = lore.json("service", "install", "--apply")
    file = Path(first["path"])
    before, pid = (file.read_bytes(), file.stat().st_mtime_ns), lore.json("up")["pid"]
    assert file.stat().st_mode & 0o777 == 0o600
    again = lore.json("service", "install", "--apply")
    assert (again["changed"], again["diff"]) == (False, [])
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert lore.json("up")["pid"] == pid
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_uninstalling_removes_the_file_and_ends_the_server(lore: Lore) -> None:
    file = Path(lore.json("service", "install", "--apply")["path"])
    other = file.with_name("other.service")
    other.write_text("[Unit]\n")
    lore.json("up")
    assert "-ExecStart=" in lore("service", "uninstall").out
    assert file.exists()
    assert lore.json("service", "uninstall", "--apply")["changed"] is True
    assert list(file.parent.iterdir()) == [other]
    assert daemon.find(str(lore.home)) is None
    asked_before = asked(lore)
    again = lore.json("service", "uninstall", "--apply")
    assert (again["changed"], again["commands"]) == (False, [])
    assert asked(lore) == asked_before
    assert lore.json("up")["service"] is None


def test_a_file_of_somebody_else_is_left_alone(lore: Lore) -> None:
    file = Path(lore.json("service", "install")["path"])
    file.parent.mkdir(parents=True)
    file.write_text("[Unit]\nDescription=mine\n")
    for words in (["install", "--apply"], ["uninstall", "--apply"], ["status"]):
        ended = lore("service", *words, "--json")
        assert (ended.status, ended.error["code"]) == (4, "conflict")
    assert file.read_text() == "[Unit]\nDescription=mine\n"
    assert lore.json("up")["service"] is None


def test_without_a_service_manager_the_file_is_written_and_the_failure_told(lore: Lore, tmp_path: Path) -> None:
    (tmp_path / "bin" / "systemctl").unlink()
    lore.environ["PATH"] = str(tmp_path / "bin")
    ended = lore("service", "install", "--apply")
    assert ended.status == 1
    assert "failed: there is no program systemctl" in ended.out
    assert "run what failed yourself" in ended.err
    assert lore.json("up")["service"] == "systemd"  # which could not start it, so this command did


def test_the_usual_home_has_the_plain_name_and_another_home_another(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    usual = unit(tmp_path / "data" / "everlore", system="linux", environ=environ)
    assert usual.name == "everlore.service"
    assert usual.path == tmp_path / ".config" / "systemd" / "user" / "everlore.service"
    names = {unit(tmp_path / name, system="linux", environ=environ).name for name in ("a", "b", "a/b")}
    assert len(names) == 3
    assert usual.name not in names


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_each_system_gets_the_file_it_reads(system: str) -> None:
    home = Path('/home/ann/50% "mine" & more')
    made = unit(home, system=system, environ={"HOME": "/home/ann"}, python=PYTHON[system])
    golden = GOLDEN / {"linux": "systemd.service", "darwin": "launchd.plist", "win32": "task.xml"}[system]
    assert made.text == golden.read_text("utf-8")
    assert ["serve", "--quiet", "--home", str(home)] == _words(made.text, system)[-4:]


def _words(text: str, system: str) -> list[str]:
    """Return the command line that the manager would run, read as it reads it."""
    if system == "linux":
        parser = configparser.RawConfigParser(strict=True, delimiters=("=",))
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(text)
        assert parser["Service"]["Restart"] == "on-failure"
        assert parser["Install"]["WantedBy"] == "default.target"
        return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(parser["Service"]["ExecStart"])]
    if system == "darwin":
        read = plistlib.loads(text.encode())
        assert read["KeepAlive"] == {"SuccessfulExit": False}
        assert read["Umask"] == 0o077
        return list(read["ProgramArguments"])
    tree = ET.fromstring(text.encode("utf-16"))
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    assert tree.findtext(f".//{space}Command") == r"C:\Lore\pythonw.exe"
    assert tree.findtext(f".//{space}ExecutionTimeLimit") == "PT0S"
    return shlex.split(tree.findtext(f".//{space}Arguments") or "")


def test_the_server_a_unit_starts_serves_the_home_it_names(tmp_path: Path) -> None:
    import subprocess

    home = tmp_path / "named"
    environ = {**Lore(tmp_path / "other").environ, "EVERLORE_PORT": "0"}
    with subprocess.Popen([*LORE, "serve", "--quiet", "--home", str(home)], env=environ) as process:
        while daemon.find(str(home)) is None:
            assert process.poll() is None
        assert daemon.find(str(tmp_path / "other")) is None
        assert daemon.stop(str(home))
        assert process.wait(20) == 0
    assert sys.executable in unit(home).text
