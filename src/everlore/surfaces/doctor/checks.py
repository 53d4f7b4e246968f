"""The home and what runs in it: settings, programs, store, server and log, model, spool, and work that failed."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from everlore import __version__
from everlore.app.mirroring import is_on
from everlore.core.errors import EverloreError, InvalidInput, StoreBusy
from everlore.sessions import spool
from everlore.sessions.place import MARKER, locate
from everlore.store import keys
from everlore.surfaces import daemon, log
from everlore.surfaces.doctor.machine import Machine, ago, free_bytes, many, size
from everlore.surfaces.doctor.report import Finding, State, failed

_LITTLE, _TOO_LITTLE = 500 << 20, 20 << 20
_SLOW_MS = 120_000
"""How long a delivery may wait for a server that runs."""
_LONG_MS = 86_400_000
_SHOWN = 5
_PACKAGES = ("apsw-sqlite3mc", "click", "mcp", "msgspec", "starlette", "uvicorn")
_OPTIONAL = ("numpy", "tokenizers", "onnxruntime", "keyring", "pydantic-ai-slim", "genai-prices")
_RESTORE = "`lore restore-backup FILE` puts a backup in its place"


def settings(machine: Machine) -> Iterator[Finding]:
    """Look at the settings and who may read the home."""
    if machine.problem is not None:
        yield failed("settings", machine.problem)
    else:
        yield Finding("settings", "ok", f"the home is {machine.home}")
    if os.name == "posix" and machine.home.exists() and machine.home.stat().st_mode & 0o077:
        yield Finding("settings", "degraded", f"others may look into {machine.home}", f"chmod 700 {machine.home}")
    if os.environ.get("EVERLORE_HOOKS", "").lower() in {"off", "0", "false"}:
        yield Finding("settings", "degraded", "EVERLORE_HOOKS turns hooks off", "unset EVERLORE_HOOKS")


def project(_machine: Machine) -> Iterator[Finding]:
    """Read the marker of the project that this is called in."""
    try:
        place = locate(Path.cwd(), strict=True)
    except InvalidInput as error:
        yield Finding("project", "failing", f"{error}; nothing is captured there until it is mended", error.hint or "")
        return
    if place is not None and place.capture != "all":
        said = "nothing" if place.capture == "off" else "what is said, but no tool call,"
        yield Finding("project", "note", f"{place.root / MARKER} lets {said} be captured here")


def programs(machine: Machine) -> Iterator[Finding]:
    """Name the versions of what this runs on."""
    found = {name: version for name in (*_PACKAGES, *_OPTIONAL) if (version := _version(name))}
    detail = {
        "everlore": __version__, "python": platform.python_version(), "interpreter": sys.executable, "packages": found,
    }  # fmt: skip
    said = f"Everlore {__version__}, Python {detail['python']}, SQLite {found.get('apsw-sqlite3mc', 'missing')}"
    yield Finding("programs", "ok", said, detail=detail)
    if missing := [name for name in _PACKAGES if name not in found]:
        yield Finding(
            "programs", "failing", f"not installed: {', '.join(missing)}", "pip install --force-reinstall everlore"
        )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def store(machine: Machine) -> Iterator[Finding]:
    """Open the store, have SQLite check its file, and look at the room around it."""
    config = machine.app.config
    free = free_bytes(machine.home)
    if free < _LITTLE:
        state: State = "failing" if free < _TOO_LITTLE else "degraded"
        yield Finding("store", state, f"the disk has {size(free)} left", "free some space", {"free": free})
    if not machine.has_store:
        yield Finding("store", "note", "there is no store yet; the first thing that is kept makes one")
        return
    try:
        damage = machine.app.store.check("quick")
        with machine.app.read() as unit:
            schema, turns = unit.value("schema_version"), unit.value("count_turns")
            memories = sum(number for _, number in unit.rows("count_memories"))
    except StoreBusy as error:
        yield failed("store", error, "degraded")
        return
    except EverloreError as error:
        yield failed("store", error)
        return
    if damage:
        yield Finding("store", "failing", f"the file is damaged: {damage[0]}", _RESTORE, {"damage": damage})
        return
    where = keys.source(config)
    number = sum(path.stat().st_size for path in machine.home.glob(f"{config.database.name}*"))
    said = f"{memories} memories and {many(turns, 'turn')} in {size(number)}, {'encrypted' if where else 'in plain'}; {size(free)} free"
    detail = {
        "schema": schema, "memories": memories, "turns": turns, "bytes": number, "free": free,
        "encrypted": where.kind if where else None,
    }  # fmt: skip
    yield Finding("store", "ok", said, detail=detail)


def server(machine: Machine) -> Iterator[Finding]:
    """Find the server, ask it how it is, and compare its version with ours."""
    from everlore.surfaces.cli import autostart

    home = str(machine.home)
    found, owner = daemon.find(home), autostart.owner(home)
    if owner is not None and not autostart.is_current(home):
        yield Finding("server", "degraded", "its service starts another installation", "`lore service install --apply`")
    if found is None:
        if daemon.held(home):
            yield Finding("server", "degraded", "a server has the home but does not listen", "`lore logs` may say why")
        elif owner is not None:
            yield Finding(
                "server", "degraded", f"{owner} has the server, which does not run", "`lore up`, or `lore logs`"
            )
        else:
            said = "no server runs; each hook answers by itself, and what it is told waits for whatever runs next"
            yield Finding("server", "note", said, "`lore up` starts one, `lore service install --apply` at each login")
        return
    detail = {"pid": found.pid, "url": found.url, "version": found.version, "service": owner}
    try:
        status = daemon.exchange(found, "GET", "/health", b"", {}, 5.0)[0]
    except OSError as error:
        again = "`lore down`, then `lore up`"
        yield Finding(
            "server", "failing", f"process {found.pid} does not answer at {found.url}: {error}", again, detail
        )
        return
    if status != 200:
        yield Finding(
            "server", "failing", f"the server answers with HTTP status {status}", "`lore logs` may say why", detail
        )
    elif found.version != __version__:
        said = f"the server is version {found.version}, this is {__version__}"
        yield Finding("server", "degraded", said, "`lore up` starts it anew", detail)
    else:
        yield Finding("server", "ok", f"process {found.pid} serves at {found.url}", detail=detail)


def logged(machine: Machine) -> Iterator[Finding]:
    """Look for errors in the log since the server last started, and for an end that it did not tell."""
    lines = log.tail(machine.home, 5_000)
    starts = [place for place, line in enumerate(lines) if f" {log.STARTED}: " in line]
    since = lines[starts[-1] :] if starts else lines
    wrong = [line for line in since if re.match(r"(\S+ )?(error|critical): ", line)]
    if wrong:
        said = f"the server has logged {many(len(wrong), 'error')} since it started, at last: {wrong[-1][:200]}"
        yield Finding("log", "degraded", said, "`lore logs` shows them", {"errors": len(wrong)})
    elif starts and not any(f" {log.ENDS}: " in line for line in since) and not daemon.held(str(machine.home)):
        yield Finding("log", "degraded", "the last server was killed or crashed", "`lore logs` shows what it did last")
    else:
        yield Finding("log", "ok", "no errors" if lines else "no server has logged anything yet")


def model(machine: Machine) -> Iterator[Finding]:
    """Say which embedding model is in use, and how much waits for it."""
    try:
        embedder = machine.app.embedder
    except EverloreError as error:
        yield failed("model", error, "degraded")
        return
    if embedder is None:
        said = "none: recall goes by words alone"
        wanted = machine.app.config.model != "none"
        yield Finding("model", "note" if wanted else "ok", said, "`lore model pull` fetches one" if wanted else "")
        return
    waiting = 0
    if machine.has_store:
        with machine.app.read() as unit:
            waiting = unit.value("passage_count") - unit.value("vector_count", model=embedder.identity)
    detail = {"name": embedder.name, "waiting": waiting}
    if waiting > 0:
        said = f"{embedder.name}; {many(waiting, 'passage')} without vectors yet"
        yield Finding("model", "note", said, "a server makes them in the background, `lore embed` now", detail)
    else:
        yield Finding("model", "ok", embedder.name, detail=detail)


def language_model(machine: Machine) -> Iterator[Finding]:
    """Say how the language model is doing, if one is set, and what is missing to ask it; nobody is asked."""
    config = machine.app.config
    if not config.llm_provider:
        return
    from everlore.models.llm.providers import endpoint, missing_packages

    if missing := missing_packages():
        yield Finding(
            "language model", "degraded", f"not installed: {', '.join(missing)}", "pip install 'everlore[llm]'"
        )
    try:
        at = endpoint(config)
        if at is not None:
            at.key()
    except EverloreError as error:
        yield failed("language model", error, "degraded")
        return
    said, detail = f"{config.llm_provider} {config.llm_model}", {}
    if machine.has_store:
        from everlore.app.spending import look

        with machine.app.read() as unit:
            status = look(machine.app, unit)
        if status is not None:
            detail = {"breaker": status.breaker, "last": status.last_outcome, "tokens_today": status.tokens_today}
            said += f", last {status.last_outcome} at {status.last_time}" if status.last_outcome else ", not asked yet"
            if status.breaker != "closed":
                yield Finding(
                    "language model", "degraded", f"{said}; the breaker is {status.breaker}", "`lore status`", detail
                )
                return
    yield Finding("language model", "ok", said, detail=detail)


def waiting(machine: Machine) -> Iterator[Finding]:
    """Count what hooks were told that is not in the store yet, and what never will be."""
    home, now = str(machine.home), machine.app.clock()
    number, oldest, space = spool.waiting(home)
    refused, bad = spool.refused(home), spool.bad(home)
    detail = {"waiting": number, "oldest": oldest, "bytes": space, "refused": refused, "set_aside": len(bad)}
    late = oldest is not None and now - oldest > (_SLOW_MS if daemon.find(home) else _LONG_MS)
    said = f"{many(number, 'event')} of hooks wait{'s' * (number == 1)} to be stored" + (
        f", the oldest from {ago(oldest, now)}" if oldest else ""
    )
    yield Finding(
        "spool", "degraded" if late else "note" if number else "ok", said, "`lore drain`" if number else "", detail
    )
    if refused:
        said = f"{many(refused, 'event')} refused: the spool was full, or too large"
        yield Finding("spool", "degraded", said, f"`lore drain`, then remove {Path(spool.directory(home)) / 'refused'}")
    if bad:
        said = f"{many(len(bad), 'event')} could not be stored and lie aside, such as {bad[0]}"
        yield Finding("spool", "degraded", said, f"look into {spool.directory(home)} and remove them")


def failures(machine: Machine) -> Iterator[Finding]:
    """List background work that was given up, and transcripts that cannot be read."""
    if not machine.has_store:
        return
    with machine.app.read() as unit:
        dead = unit.rows("jobs_dead", limit=_SHOWN)
        broken = unit.rows("transcripts_failed", limit=_SHOWN)
    for kind, key, attempts, error in dead:
        name = f"{kind} {key}".strip()
        yield Finding(
            "work", "degraded", f"{name} was given up after {attempts} attempts: {error}", _REPEATS.get(kind, "")
        )
    for path, client, attempts, error, gone in broken:
        state = "was given up" if gone else "fails"
        said = f"{path} ({client}) {state} after {attempts} attempts: {error}"
        fix = (
            "`lore mine --retry` tries it again" if gone else "it is tried again later; `lore mine --retry` does so now"
        )
        yield Finding("work", "degraded", said, fix)
    if not dead and not broken:
        yield Finding("work", "ok", "no background work has failed")


def vault(machine: Machine) -> Iterator[Finding]:
    """Say where the vault is, and which of its files cannot be taken in."""
    config = machine.app.config
    there = config.vault_root.is_dir()
    if not is_on(config):
        if there and keys.source(config) is not None:
            said = f"the store is encrypted, and {config.vault_root} holds what it held before in plain"
            yield Finding("vault", "degraded", said, 'delete that directory, or set vault = "on" to keep it')
        return
    if not machine.has_store:
        return
    with machine.app.read() as unit:
        pages, waiting = unit.value("page_files_count"), unit.value("mirror_count")
        broken = unit.rows("page_problems")
    for path, _, _, problem in broken[:_SHOWN]:
        yield Finding("vault", "degraded", f"{path} was left alone: {problem}", "mend the file; `lore vault` names all")
    if not broken:
        behind = f"; {many(waiting, 'page')} to be written" if waiting else ""
        fix = "a server does it in the background, `lore vault sync` now" if waiting else ""
        said = f"{many(pages, 'page')} in {config.vault_root}{behind}"
        yield Finding("vault", "note" if waiting else "ok", said, fix, {"pages": pages, "waiting": waiting})


_REPEATS = {
    "mirror": "`lore vault sync` does it now and says what is wrong",
    "embed": "`lore embed` does it now and says what is wrong",
}
