"""What makes a service manager keep the server of a home running: one file each for systemd, launchd and Windows.

A `Unit` is text and command lines; nothing here reads or writes. Everything in it follows from the system, the home and
the interpreter, so that a second installation finds its own file. The manager starts the server when its user logs in and
again when it failed; a server that was told to end has not failed, so it stays away until the next login or `lore up`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from xml.sax.saxutils import escape

from everlore.core.config import home_directory

Command = tuple[str, ...]

MARK = "Written by `lore service install`"


@dataclass(frozen=True, slots=True)
class Unit:
    """One service: the manager's name, what the manager calls it, its file, and the command lines of the manager.

    `asks` makes the manager say the process id of the server; `allowed` are the commands that may fail.
    """

    manager: str
    name: str
    path: Path
    text: str
    encoding: str
    installs: tuple[Command, ...]
    removes: tuple[Command, ...]
    forgets: tuple[Command, ...]
    starts: Command
    asks: Command
    allowed: frozenset[Command] = frozenset()


def unit(home: Path, *, system: str = sys.platform, environ: Mapping[str, str] = os.environ, python: str = "") -> Unit:
    """Return the service of a home on a system, named as `sys.platform` does."""
    command = (python or sys.executable, "-P", "-m", "everlore", "serve", "--quiet", "--home", str(home))
    suffix = _suffix(home, environ)
    if system == "win32":
        return _windows(home, command, suffix)
    if system == "darwin":
        return _launchd(command, suffix, environ)
    return _systemd(home, command, suffix, environ)


def _suffix(home: Path, environ: Mapping[str, str]) -> str:
    """Return what tells the services of two homes apart; the usual home needs nothing."""
    usual = home_directory({name: value for name, value in environ.items() if name != "EVERLORE_HOME"})
    return (
        "" if home == usual else "-" + blake2b(str(home).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    )


def _systemd(home: Path, command: Sequence[str], suffix: str, environ: Mapping[str, str]) -> Unit:
    given = environ.get("XDG_CONFIG_HOME", "")
    directory = Path(given) if given.startswith("/") else _user(environ) / ".config"
    name = f"everlore{suffix}.service"
    control = ("systemctl", "--user")
    return Unit(
        "systemd", name, directory / "systemd" / "user" / name,
        _SYSTEMD.format(mark=MARK, home=_specified(str(home)), command=" ".join(map(_quoted, command))), "utf-8",
        installs=((*control, "daemon-reload"), (*control, "enable", "--now", name)),
        removes=((*control, "disable", "--now", name),),
        forgets=((*control, "daemon-reload"),),
        starts=(*control, "start", name),
        asks=(*control, "show", "--property=MainPID", "--value", name),
    )  # fmt: skip


def _launchd(command: Sequence[str], suffix: str, environ: Mapping[str, str]) -> Unit:
    name = f"dev.everlore.server{suffix}"
    path = _user(environ) / "Library" / "LaunchAgents" / f"{name}.plist"
    domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
    words = "\n".join(f"    <string>{escape(word)}</string>" for word in command)
    leave = ("launchctl", "bootout", f"{domain}/{name}")
    return Unit(
        "launchd", name, path, _LAUNCHD.format(mark=MARK, name=escape(name), words=words), "utf-8",
        installs=(leave, ("launchctl", "bootstrap", domain, str(path))),
        removes=(leave,),
        forgets=(),
        starts=("launchctl", "kickstart", f"{domain}/{name}"),
        asks=("launchctl", "print", f"{domain}/{name}"),
        allowed=frozenset({leave}),
    )  # fmt: skip


def _windows(home: Path, command: Sequence[str], suffix: str) -> Unit:
    name = f"Everlore{suffix}"
    path = home / "service.xml"
    program, *rest = command
    if program.lower().endswith("python.exe"):  # which would show a console
        program = program[: -len("python.exe")] + "pythonw.exe"
    text = _WINDOWS.format(mark=MARK, program=escape(program), words=escape(_joined(rest)), home=escape(str(home)))
    return Unit(
        "task scheduler", name, path, text, "utf-16",
        installs=(("schtasks", "/Create", "/TN", name, "/XML", str(path), "/F"), ("schtasks", "/Run", "/TN", name)),
        removes=(("schtasks", "/Delete", "/TN", name, "/F"),),
        forgets=(),
        starts=("schtasks", "/Run", "/TN", name),
        asks=("schtasks", "/Query", "/TN", name, "/FO", "LIST"),
    )  # fmt: skip


def _user(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def _specified(text: str) -> str:
    """Return text with the percent sign that systemd would expand doubled."""
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """Return one word of a systemd command line: see systemd.service(5), "Command lines"."""
    for mark, spelled in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$"), ("\n", "\\n")):
        word = word.replace(mark, spelled)
    return f'"{word}"'


def _joined(words: Sequence[str]) -> str:
    from subprocess import list2cmdline

    return list2cmdline(words)


_SYSTEMD = """\
# {mark}; `lore service uninstall` removes it.
[Unit]
Description=Everlore memory server of {home}
StartLimitIntervalSec=120
StartLimitBurst=5

[Service]
Type=exec
ExecStart={command}
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2 5
TimeoutStopSec=30
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""

_LAUNCHD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- {mark}; `lore service uninstall` removes it. -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{name}</string>
  <key>ProgramArguments</key>
  <array>
{words}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>
"""

_WINDOWS = """\
<?xml version="1.0" encoding="UTF-16"?>
<!-- {mark}; `lore service uninstall` removes it. -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Everlore memory server of {home}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>5</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{words}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
