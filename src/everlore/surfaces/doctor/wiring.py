"""The clients: which are here and wired, whether their hooks may run, and whether what they do arrives.

A client that is not wired is the user's choice; one that is wired in part, by another installation, or that works without
telling us is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from everlore.app import proving
from everlore.surfaces.doctor import proof, trust
from everlore.surfaces.doctor.machine import Machine, ago, many
from everlore.surfaces.doctor.report import Finding

if TYPE_CHECKING:
    from everlore.surfaces.agents.wiring import Agent, Context, Wiring

_SETTLED_MS = 15 * 60_000
"""How far a client's files may be ahead of what it last told us, lest a session that just runs is taken for a lost one."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What has arrived from a client: sessions, when the last of them ended, and when a hook last told something."""

    sessions: int = 0
    ended: int = 0
    hook: int = 0


def clients(machine: Machine) -> Iterator[Finding]:
    """Say of each client on this machine which parts of its wiring are in place."""
    context, seen, wired = _context(), _seen(machine), 0
    for agent in _agents():
        if not agent.found(context.environ, context.home):
            continue
        wiring = _wired(agent, context)
        parts = {"hooks": wiring.hooks, "mcp": wiring.mcp, "instructions": wiring.instructions}
        last = seen.get(agent.name, _Seen()).hook
        detail: dict[str, Any] = {**parts, "last_hook": last or None, "notes": wiring.notes}
        wired += any(parts.values())
        yield _of_client(
            agent, wiring, context, detail, f", its last hook was {ago(last, machine.app.clock())}" if last else ""
        )
        if agent.name == "codex" and wiring.hooks:
            yield from _trust()
    if not wired:
        yield Finding("clients", "degraded", "no client is wired, so nothing is captured", "`lore install --apply`")


def instructed(_: Machine) -> Iterator[Finding]:
    """Say of each file that we noted to have instructed an agent in, a project's too, whether they are there as we write them now."""
    from everlore.surfaces.agents.writing import instructed as noted

    stale = [str(path) for path, current in noted(_context().record) if not current]
    number = sum(1 for _ in noted(_context().record))
    if stale:
        said = (
            f"{many(len(stale), 'file')} of {number} lack our instructions or have older ones: {', '.join(stale[:3])}"
        )
        fix = "`lore install-instructions --apply` in the project, with --user for your own; with --remove to take them out"
        yield Finding("instructions", "note", said, fix, {"files": stale})
    elif number:
        yield Finding("instructions", "ok", f"in {many(number, 'file')}", detail={"files": []})


def _of_client(agent: Agent, wiring: Wiring, context: Context, detail: dict[str, Any], last: str) -> Finding:
    area, again = f"client {agent.name}", f"`lore install {agent.name} --apply`"
    if wiring.notes:
        return Finding(
            area, "degraded", f"its files cannot be wired: {wiring.notes[0]}", f"mend the file, then {again}", detail
        )
    there = [name for name in ("hooks", "mcp", "instructions") if detail[name]]
    if wiring.hooks or (wiring.mcp and not wiring.has_hooks):
        return Finding(area, "ok", f"wired: {', '.join(there)}{last}", detail=detail)
    if there or _is_ours(agent, context):
        return Finding(area, "degraded", "wired in part, or by another installation", again, detail)
    return Finding(area, "note", "here, but not wired", again, detail)


def _wired(agent: Agent, context: Context) -> Wiring:
    """Return which parts are in place; a client whose files break us must not hide the others."""
    from everlore.surfaces.agents.wiring import Wiring

    try:
        return agent.wired(context)
    except Exception as error:  # noqa: BLE001 - told as what stands in the way
        return Wiring(hooks=False, mcp=False, instructions=False, notes=[f"{type(error).__name__}: {error}"])


def _is_ours(agent: Agent, context: Context) -> bool:
    """Tell whether something of ours stands in a client's files that is not as we would write it now."""
    return any("everlore" in change.old or "lore hook" in change.old for change in agent.plan(context))


def _trust() -> Iterator[Finding]:
    found = trust.reviewed(trust.codex_directory())
    detail = {"trust": found.trust, "hooks": found.hooks, "trusted": found.trusted}
    if found.trust == "trusted":
        yield Finding("client codex", "ok", f"its user has reviewed {many(found.hooks, 'hook')}", detail=detail)
    elif found.trust == "untrusted":
        said = (
            f"codex passes over {found.hooks - found.trusted} of {many(found.hooks, 'hook')} that nobody has reviewed"
        )
        yield Finding("client codex", "degraded", said, "start codex and review them with /hooks", detail)
    else:
        said = "whether its hooks were reviewed cannot be told"
        yield Finding("client codex", "note", said, "start codex and look at /hooks", detail)


def sessions(machine: Machine) -> Iterator[Finding]:
    """Compare the sessions that each client has left on the disk with those that arrived."""
    from everlore.sessions.transcripts import SOURCES

    seen, now, context = _seen(machine), machine.app.clock(), _context()
    hooked = {agent.name for agent in _agents() if _wired(agent, context).hooks}
    for name, source in SOURCES.items():
        files = list(source.files(context.environ, context.home))
        have = seen.get(name, _Seen())
        if not files and not have.sessions:
            continue
        newest = max((_changed(file) for file in files), default=0)
        detail = {
            "on_disk": len(files),
            "captured": have.sessions,
            "newest": newest or None,
            "last_hook": have.hook or None,
        }
        said = f"{many(len(files), 'transcript')} on the disk, {many(have.sessions, 'session')} captured"
        if name in hooked and have.hook and newest - max(have.hook, have.ended) > _SETTLED_MS:
            said += f"; it worked {ago(newest, now)}, but its last hook was {ago(have.hook, now)}"
            yield Finding(
                f"sessions {name}",
                "degraded",
                said,
                f"`lore install {name} --apply`; `lore mine` reads its files",
                detail,
            )
        elif len(files) > have.sessions:
            yield Finding(f"sessions {name}", "note", said, "`lore mine --history` reads them", detail)
        else:
            yield Finding(f"sessions {name}", "ok", said, detail=detail)


def _changed(file: Path) -> int:
    try:
        return int(file.stat().st_mtime * 1000)
    except OSError:
        return 0


def proofs(machine: Machine) -> Iterator[Finding]:
    """Prove each client whose hooks are wired; where none is, prove this installation with a hook that none has."""
    context = _context()
    wired = [agent.name for agent in _agents() if agent.name in proof.PROMPTS and _wired(agent, context).hooks]
    if machine.has_store:
        with machine.app.read():
            pass  # a store that does not open has been told, and can prove nothing
    elif not wired:
        yield Finding("proof", "note", "not tried: there is neither a store nor a wired client yet")
        return
    for name in wired:
        yield from proof.prove(machine, name, [*context.lore, "hook", name])
    if not wired:
        yield from proof.prove(machine, "claude-code", proof.own_command("claude-code"))


def _seen(machine: Machine) -> Mapping[str, _Seen]:
    if not machine.has_store:
        return {}
    with machine.app.read() as unit:
        hooks: dict[str, int] = dict(unit.rows("hooks_by_client", **{"except": proving.NAMESPACE}))
        rows = unit.rows("sessions_by_client", **{"except": proving.NAMESPACE})
    return {client: _Seen(number, ended or 0, hooks.get(client) or 0) for client, number, ended in rows}


def _context() -> Context:
    from everlore.surfaces.cli.agents import context

    return context()


def _agents() -> Iterable[Agent]:
    from everlore.surfaces.agents import AGENTS

    return AGENTS.values()
