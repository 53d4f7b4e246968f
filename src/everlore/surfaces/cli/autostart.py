"""`lore service`: have the system's service manager keep the server of this home running.

Without `--apply` it says what it would write and run. It writes one file and removes that one file only, which it knows
by its first lines; what stands in its place and is somebody else's is left alone.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from everlore.core.errors import Conflict, StoreUnavailable, refused
from everlore.surfaces import daemon
from everlore.surfaces.cli.commands import Family, json_option
from everlore.surfaces.cli.terminal import Page, clean, emit, tell

if TYPE_CHECKING:
    from everlore.surfaces.units import Command, Unit

_PATIENCE = 30.0


@click.group(cls=Family, help="Have the system start the server of this home at login and again when it fails.")
def service() -> None:
    """Stand for the group; its commands do the work."""


def _apply_option() -> click.Option:
    return click.Option(["--apply"], is_flag=True, help="Do it; without this it only says what it would do")


@service.command(params=[_apply_option(), json_option()], help="Write the service of this home and start it.")
def install(apply: bool, as_json: bool) -> int:
    """Write the unit and have the manager take it up."""
    unit = _unit()
    before = _present(unit)
    done = [*unit.installs]
    ran: list[_Ran] = []
    if apply:
        home = daemon.home_directory()
        if before != unit.text:
            _write(unit)
        if _pid(unit) is None:
            _stop(home)  # one that the manager did not start would keep its own from starting
        ran = _run(unit, done)
    _report(unit, before, unit.text, done, ran, apply, as_json)
    if apply and not as_json:
        _remark(unit)
    return int(_failed(ran))


@service.command(params=[_apply_option(), json_option()], help="Stop the service of this home and remove it.")
def uninstall(apply: bool, as_json: bool) -> int:
    """Have the manager forget the unit and remove its file."""
    unit = _unit()
    before = _present(unit)
    done = [*unit.removes, *unit.forgets] if before is not None else []
    ran: list[_Ran] = []
    if apply and before is not None:
        ran = _run(unit, unit.removes)
        try:
            unit.path.unlink()
        except OSError as error:
            raise refused(error, f"{unit.path} cannot be removed", hint="remove it by hand") from error
        ran += _run(unit, unit.forgets)
        _stop(daemon.home_directory())
    _report(unit, before, None, done, ran, apply, as_json)
    return int(_failed(ran))


@service.command(params=[json_option()], help="Say whether there is a service of this home, and whether it runs.")
def status(as_json: bool) -> None:
    """Say what is installed and who runs."""
    unit = _unit()
    before = _present(unit)
    found = daemon.find(daemon.home_directory())
    pid = _pid(unit) if before is not None else None
    said = {
        "manager": unit.manager, "name": unit.name, "path": str(unit.path), "installed": before is not None,
        "current": before == unit.text, "pid": pid, "daemon": found.pid if found else None,
    }  # fmt: skip
    if as_json:
        emit(json.dumps(said))
        return
    state = (
        "not installed" if before is None else "installed" if before == unit.text else "installed by another version"
    )
    runs = "nobody" if found is None else f"process {found.pid}"
    if found is not None:
        runs += f", started by {unit.manager}" if pid == found.pid else ", not started by the service"
    emit(
        Page().facts(
            [("service", f"{unit.name} ({unit.manager})"), ("file", unit.path), ("state", state), ("server", runs)]
        )
    )


def owner(home: str) -> str | None:
    """Return the manager whose service of this home is installed, or None."""
    unit = _unit(home)
    try:
        return unit.manager if _present(unit) is not None else None
    except Conflict:
        return None


def is_current(home: str) -> bool:
    """Tell whether the service of this home is the one that this installation would write."""
    unit = _unit(home)
    return _present(unit) == unit.text


def start(home: str, patience: float = daemon.PATIENCE) -> daemon.Daemon | None:
    """Have the manager start the service of this home; return the server, None if it does not come up that way."""
    import time

    unit = _unit(home)
    if _failed(_run(unit, [unit.starts])):
        return None
    until = time.monotonic() + patience
    while (found := daemon.find(home)) is None and time.monotonic() < until:
        time.sleep(0.02)
    return found


@dataclass(frozen=True, slots=True)
class _Ran:
    """A command of the manager, how it ended (None: there is no such program) and what it said."""

    command: Command
    status: int | None
    said: str
    allowed: bool


def _unit(home: str = "") -> Unit:
    from everlore.surfaces.units import unit

    return unit(Path(home or daemon.home_directory()))


def _present(unit: Unit) -> str | None:
    """Return the text of the unit's file, None if there is none; raise `Conflict` if it is somebody else's."""
    from everlore.surfaces.units import MARK

    try:
        text = unit.path.read_bytes().decode(unit.encoding, "replace").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refused(error, f"{unit.path} cannot be read", hint="check its permissions") from error
    if MARK not in text[:400]:
        raise Conflict(f"{unit.path} was not written by Everlore", hint="move it away first; it was left as it is")
    return text


def _write(unit: Unit) -> None:
    draft = unit.path.with_name(f".{unit.path.name}.{os.getpid()}.part")
    try:
        unit.path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(unit.text.encode(unit.encoding))
        draft.chmod(0o600)
        draft.replace(unit.path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise refused(error, f"{unit.path} cannot be written", hint="check the directory's permissions") from error


def _stop(home: str) -> None:
    try:
        daemon.stop(home)
    except OSError as error:
        raise StoreUnavailable(str(error), hint="stop it yourself, then try again") from error


def _run(unit: Unit, commands: list[Command] | tuple[Command, ...]) -> list[_Ran]:
    ran: list[_Ran] = []
    for command in commands:
        try:
            ended = subprocess.run(  # noqa: S603 - one of the unit's own
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=_PATIENCE,
                check=False,
            )  # fmt: skip
            said = " ".join((ended.stderr or ended.stdout).split())[:300]
            ran.append(_Ran(command, ended.returncode, said, command in unit.allowed))
        except FileNotFoundError:
            ran.append(_Ran(command, None, f"there is no program {command[0]}", allowed=False))
        except (OSError, subprocess.TimeoutExpired) as error:
            ran.append(_Ran(command, None, str(error)[:300], allowed=False))
    return ran


def _failed(ran: list[_Ran]) -> bool:
    return any(one.status != 0 and not one.allowed for one in ran)


def _pid(unit: Unit) -> int | None:
    """Return the process that the manager says it has started, None if it has none or does not say."""
    import re

    try:
        ended = subprocess.run(  # noqa: S603 - one of the unit's own
            unit.asks, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"^\s*(?:pid\s*=\s*)?(\d+)\s*$", ended.stdout, re.MULTILINE) if ended.returncode == 0 else None
    return int(found[1]) or None if found else None


def _report(
    unit: Unit, before: str | None, after: str | None, done: list[Command], ran: list[_Ran], apply: bool, as_json: bool
) -> None:
    changed = before != after
    if as_json:
        said: dict[str, Any] = {
            "manager": unit.manager, "name": unit.name, "path": str(unit.path), "changed": changed, "applied": apply,
            "diff": _diff(unit, before, after), "commands": [{"command": [*one]} for one in done],
        }  # fmt: skip
        if apply:
            said["commands"] = [{"command": [*one.command], "status": one.status, "said": one.said} for one in ran]
        emit(json.dumps(said))
        return
    verb = "" if apply else "would be "
    what = "removed" if after is None else "written"
    lines = (
        [f"{unit.path} {verb}{what}"]
        if changed
        else [f"{unit.path} is {'not there' if after is None else 'as it is to be'}"]
    )
    if changed and not apply:
        lines += [clean(line) for line in _diff(unit, before, after)]
    lines += [f"  {' '.join(command)}" for command in done] if not apply else []
    lines += [f"  {' '.join(one.command)}{_ending(one)}" for one in ran]
    emit("\n".join(lines))
    if not apply and (changed or done):
        tell("note: nothing was changed; --apply does it")
    if _failed(ran):
        tell("note: not everything could be run; run what failed yourself")


def _ending(one: _Ran) -> str:
    return "" if one.status == 0 or one.allowed else f"  failed: {clean(one.said) or one.status}"


def _diff(unit: Unit, before: str | None, after: str | None) -> list[str]:
    name = str(unit.path)
    return list(
        difflib.unified_diff(
            (before or "").splitlines(), (after or "").splitlines(),
            name if before is not None else os.devnull, name if after is not None else os.devnull, lineterm="",
        )
    )  # fmt: skip


def _remark(unit: Unit) -> None:
    from everlore.core.config import load
    from everlore.store import keys

    where = keys.source(load())
    if where is not None and where.kind == "passphrase":
        tell(
            "note: the store needs a passphrase, which no service can be asked for; `lore rekey --key-file FILE` changes that"
        )
    if unit.manager == "systemd":
        tell("note: it ends when you log out, unless `loginctl enable-linger` lets it stay")
