"""Sessions into knowledge: a page of each, proposals of what it teaches, and the two pages of its project.

The turns decide everything, so compiling an unchanged session again writes nothing. Pages hold nothing that the turns do not,
and are written in the curator's name unless a rule of policy says otherwise; lessons are judgements, and wait in the inbox.
What a person took back, edited or rejected is left as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.authority import may_write, must_not_be_denied, rules, sight
from everlore.app.living import OnlyShown
from everlore.app.proposals import propose
from everlore.app.scope import scope_pattern, where
from everlore.core.clock import to_iso
from everlore.core.errors import InvalidInput, NotFound
from everlore.core.shorten import shorten
from everlore.core.types import Namespace
from everlore.guard import SCAN_RULES
from everlore.guard.injection import scan
from everlore.guard.policy import Decision, Requester, decide
from everlore.guard.redact import label, redact
from everlore.memory import life
from everlore.memory.admit import compare
from everlore.memory.changes import Changes, head_of, memory_of
from everlore.sessions import handoff as handing
from everlore.sessions import playbook as playing
from everlore.sessions.handoff.commands import runs
from everlore.sessions.lessons import Lesson, lessons
from everlore.sessions.page import page
from everlore.store import namespaces
from everlore.store.jobs import put
from everlore.store.sight import limits

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.memory.life import Admission
    from everlore.store.contract import Row, Unit

VERSION = 1
"""Of the rules by which sessions are read; a higher one has all of them compiled again."""
NAME = "curator"
SESSION, PLAYBOOK, DECISIONS = "session", "playbook", "decisions"
_CURATOR = Requester(NAME, "curator")
_QUIET_MS = 3_600_000
"""After so long without a word a session counts as ended, for not every client says so."""
_SURE = 0.85
"""Confidence from which on a lesson is kept at once where the setting `lessons` is `keep`."""
_EARLIER, _COMMANDS, _MEMORIES = 1_000, 2_000, 400
"""How many proposals, commands and memories of a project are looked at."""
_ALIKE = 0.5
"""The share of words from which on two statements are compared."""


@dataclass(slots=True)
class _Run:
    """One compilation of one session or project inside one write."""

    app: App
    changes: Changes
    node: Namespace
    created: Decision
    proposals: list[str] = field(default_factory=list)

    @property
    def unit(self) -> Unit:
        """The write that it is in."""
        return self.changes.unit


def compile_now(app: App, caller: Caller, request: requests.Compile) -> answers.Compiled:
    """Compile one session, or those of a namespace that have ended and changed since they were compiled."""
    with app.read() as unit:
        seen = sight(unit, caller)
        if request.session:
            uids = [_named(unit, request.session, caller)]
        else:
            node = where(app, unit, request.namespace, request.cwd, seen)
            must_not_be_denied(unit, caller, "create", node)
            uids = [
                uid for (uid,) in unit.rows(
                    "sessions_uncompiled", quiet=app.clock() - _QUIET_MS, scope=scope_pattern(unit, node.path if node else None, seen),
                    seen=limits(unit, seen)["seen"], version=VERSION, limit=request.limit,
                )
            ]  # fmt: skip
    made, nodes, operation = list[answers.CompiledSession](), dict[str, None](), None
    for number, uid in enumerate(uids):
        caller.progress("compiling", number, len(uids))
        view, path, entry = _session(app, uid, operation, dry_run=request.dry_run)
        made.append(view)
        nodes[path] = None
        operation = operation or entry
    projects = []
    for path in nodes:
        views, entry = _project(app, path, operation, dry_run=request.dry_run)
        projects += views
        operation = operation or entry
    return answers.Compiled(sessions=made, pages=projects, operation=operation)


def compile_job(app: App, uid: str) -> None:
    """Compile the session that a job names, if it is still there, and the pages of its project."""
    with suppress(NotFound):  # undone or purged meanwhile
        _, path, operation = _session(app, uid, None)
        _project(app, path, operation)


def _named(unit: Unit, name: str, caller: Caller) -> str:
    """Return the uid of the session that has this as its uid or its client's id, and that the caller may compile."""
    row = unit.one("session_by_uid", uid=name)
    if row is None:
        named = unit.rows("sessions_named", external=name)
        if len(named) > 1:
            raise InvalidInput(
                f"{len(named)} sessions are called {name!r}", field="session", hint="`lore sessions` prints ids"
            )
        row = unit.one("session_facts", session=named[0][0]) if named else None
    node = namespaces.by_id(unit, unit.value("session_namespace", id=row[0])) if row else None
    if row is None or node is None or not sight(unit, caller).covers(node):
        raise NotFound(f"there is no session {name!r}", field="session", hint="`lore sessions` lists them")
    must_not_be_denied(unit, caller, "create", node)
    may_write(unit, caller, node)
    return str(row[1])


def _session(
    app: App, uid: str, parent: str | None, *, dry_run: bool = False
) -> tuple[answers.CompiledSession, str, str | None]:
    """Compile one session in one transaction; return what came of it, its project, and the operation if there is one."""
    with app.read() as unit:  # reading a long session takes a while, in which nobody should wait
        found = unit.one("session_by_uid", uid=uid)
        if found is None:
            raise NotFound(f"there is no session {uid!r}", field="session")
        facts, turns = unit.one("session_facts", session=found[0]), _turns(unit, found[0])
    assert facts is not None
    taught = lessons(turns)
    made = page(turns, _facts(facts), taught)
    written, told, path, operation = ("", "nothing", ""), list[answers.Taught](), "", None
    with suppress(OnlyShown), app.write() as unit:
        run = _begin(app, unit, namespaces.by_id(unit, unit.value("session_namespace", id=found[0])))
        path = run.node.path
        if made is not None:
            written = _write(run, uid, label(made.title) or "Session", made.text, SESSION, layer=3)
            told = [_take(run, each, facts) for each in taught] if app.config.lessons != "off" else []
        unit.run("compiled_put", session=found[0], turns=len(turns), version=VERSION)
        operation = _finish(run, parent, dry_run=dry_run)
    view = answers.CompiledSession(
        session=uid, title=made.title if made else "", page=written[0], outcome=written[1], lessons=told,
        text=written[2] if dry_run else "",
    )  # fmt: skip
    return view, path, operation


def _begin(app: App, unit: Unit, node: Namespace) -> _Run:
    decision = decide(rules(unit), "create", _CURATOR, node.lineage)
    return _Run(app, Changes(unit, app.clock()), node, decision)


def _finish(run: _Run, parent: str | None, *, dry_run: bool) -> str | None:
    if dry_run:
        raise OnlyShown
    if not run.changes.noted:
        return None
    entry = run.changes.finish(actor=NAME, operation="compile", namespace=run.node.path, reason=None, parent=parent)
    put(run.unit, "embed")
    return entry.uid


def _facts(row: Row) -> handing.Facts:
    return handing.Facts(
        client=row[3] or "agent",
        session=row[1],
        started=row[6],
        ended=row[7],
        cwd=row[4],
        branch=row[5],
        closed=row[8] is not None,
    )


def _turns(unit: Unit, session: int) -> list[handing.Said]:
    return [_said(row) for row in unit.rows("turns_told", session=session)]


def _said(row: Row) -> handing.Said:
    return handing.Said(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6]) if row[6] else {})


def _may(run: _Run, effect: str, owner: str = "") -> bool:
    """Tell whether the curator may do at once what only repeats what is there: unless a rule, not a default, says otherwise."""
    decision = decide(rules(run.unit), effect, _CURATOR, run.node.lineage, owner=owner)
    return decision.rule is None or decision.verdict == "allow"


def _write(run: _Run, source: str, title: str, text: str, tag: str, layer: int) -> tuple[str, str, str]:
    """Write a page or revise the one of this source, unless it says so already; return its uid, what came of it, its text.

    One that a person edited, archived, or took back by undoing is theirs.
    """
    unit, changes = run.unit, run.changes
    text = redact(text).text
    known = unit.value("page_from", source=source)
    draft = life.Draft(text, title, kind="page", tags=(tag,), layer=layer, source=source, scanned=SCAN_RULES)
    if known is None:
        if not _may(run, "create"):
            return "", "kept back by policy", text
        state = "held" if scan(f"{title}\n{text}") else "active"
        return life.create(changes, draft, run.node, NAME, state=state).uid, "written", text
    memory = memory_of(unit, known)
    head = head_of(unit, memory)
    if memory.state != "active" or head.actor != NAME:
        return known, "left as a person has it", text
    if head.text == text and head.title == title:
        return known, "unchanged", text
    if not _may(run, "revise", memory.owner):
        return known, "kept back by policy", text
    if head.digest == life.digest(title, text):
        return known, "unchanged", text
    life.revise(changes, memory, draft, NAME)
    if scan(f"{title}\n{text}"):
        changes.set("memory.state", memory.uid, "active", "held")
    return known, "revised", text


def _take(run: _Run, lesson: Lesson, session: Row) -> answers.Taught:
    """Keep or propose one lesson, unless it is known."""
    unit = run.unit
    text = redact(lesson.text).text
    said = unit.one("turn_by_uid", uid=lesson.turns[-1])
    draft = life.Draft(
        text, kind=lesson.kind, source=lesson.turns[0], valid_from=said[7] if said else None, scanned=SCAN_RULES
    )
    near = [each for each in life.neighbours(unit, draft, run.node) if each.memory.kind != "page"]
    admission = life.judge(draft, near)
    outcome = _outcome(run, lesson, draft, admission, session)
    return answers.Taught(
        text=text, kind=lesson.kind, outcome=outcome, confidence=lesson.confidence, turns=list(lesson.positions)
    )


def _outcome(run: _Run, lesson: Lesson, draft: life.Draft, admission: Admission, session: Row) -> str:
    if admission.outcome == "merged":
        return "known"
    if run.created.verdict == "deny":
        return "refused by policy"
    if _proposed_before(run, draft.text):
        return "proposed before"
    if (
        run.app.config.lessons == "keep"
        and lesson.confidence >= _SURE
        and admission.outcome == "kept"
        and _may(run, "create")
    ):
        life.admit(run.changes, draft, run.node, NAME)
        return "kept"
    other = admission.other if admission.outcome == "superseded" else None
    reason = (
        f"said in a session of {session[3] or 'an agent'} on {(to_iso(session[6]) or '')[:10]}, found as: {lesson.rule}"
    )
    evidence = [_quoted(run.unit, uid, place) for uid, place in zip(lesson.turns, lesson.positions, strict=True)]
    if other:
        reason += f"; it would take the place of {other}: {admission.why}"
        evidence.append(f"now: {shorten(head_of(run.unit, memory_of(run.unit, other)).text, 300)}")
    payload = {"text": draft.text, "kind": lesson.kind, "namespace": run.node.path, "source": lesson.turns[0]}
    payload |= {"valid_from": since} if (since := to_iso(draft.valid_from)) else {}
    made = propose(
        run.unit, run.changes.now, effect="supersede" if other else "create", operation="remember", payload=payload, namespace=run.node.id,
        targets=[other] if other else [], reason=reason, origin="curator", actor=NAME, evidence=evidence, confidence=lesson.confidence,
        needed=max(run.created.approvals, 1),
    )  # fmt: skip
    if made is None:
        return "proposed before"
    run.changes.note("proposal.made", made, False, True)
    run.proposals.append(draft.text)
    return f"proposed, would supersede {other}" if other else "proposed"


def _proposed_before(run: _Run, text: str) -> bool:
    """Tell whether the same was proposed in this project already, whatever became of that."""
    if not run.proposals:
        rows = run.unit.rows("proposals_to_remember", namespace=run.node.id, limit=_EARLIER)
        run.proposals = [str(json.loads(payload).get("text", "")) for (payload,) in rows]
    own = set(text.lower().split())
    return any(
        len(own & (theirs := set(each.lower().split()))) >= _ALIKE * max(len(own), len(theirs))
        and compare(text, each).relation == "same"
        for each in run.proposals
    )


def _quoted(unit: Unit, uid: str, place: int) -> str:
    row = unit.one("turn_by_uid", uid=uid)
    return f"[{place}] {row[5] if row else ''}: {shorten(' '.join(row[8].split()), 300) if row else ''}"


def _project(
    app: App, path: str, parent: str | None, *, dry_run: bool = False
) -> tuple[list[answers.CompiledPage], str | None]:
    """Bring the pages of a project in line with its memories and sessions."""
    views, operation = list[answers.CompiledPage](), None
    with suppress(OnlyShown), app.write() as unit:
        run = _begin(app, unit, namespaces.require(unit, path))
        kept = [
            playing.Kept(*row) for row in reversed(unit.rows("memories_for_playbook", namespace=run.node.id, now=run.changes.now, limit=_MEMORIES))
        ]  # fmt: skip
        decided = [(each, list(_grounds(unit, each))) for each in kept if each.kind == "decision"]
        texts = {
            PLAYBOOK: (
                playing.playbook(kept, list(_ran(unit, run.node))),
                [each.uid for each in kept if each.kind != "decision"],
            ),
            DECISIONS: (playing.decisions(decided), [each.uid for each, _ in decided]),
        }
        for tag, (text, cited) in texts.items():
            if not text:
                continue
            uid, outcome, shown = _write(run, f"{tag}:{run.node.uid}", tag.capitalize(), text, tag, layer=2)
            if uid and outcome in {"written", "revised"}:
                _cite(run.changes, uid, [each for each in cited if each in shown])
            views.append(
                answers.CompiledPage(
                    page=uid, title=tag.capitalize(), namespace=path, outcome=outcome, text=shown if dry_run else ""
                )
            )
        operation = _finish(run, parent, dry_run=dry_run)
    return views, operation


def _cite(changes: Changes, uid: str, sources: Sequence[str]) -> None:
    cited = {row[0] for row in changes.unit.rows("links_from", uid=uid, kind="derived_from")}
    for source in sources:
        if source not in cited:
            life.link(changes, "derived_from", uid, source)


def _ran(unit: Unit, node: Namespace) -> Iterator[playing.Ran]:
    for session, *row in reversed(unit.rows("commands_ran", namespace=node.id, limit=_COMMANDS)):
        for run in runs([_said(tuple(row))]):
            yield playing.Ran(session, run)


def _grounds(unit: Unit, each: playing.Kept) -> Iterator[playing.Ground]:
    """Yield what a decision took the place of, what supports it, what it is derived from, and the turn that it was learnt from."""
    for how, name, kind in (
        ("in the place of", "links_from", "supersedes"), ("supported by", "links_to", "supports"), ("follows from", "links_from", "derived_from"),
    ):  # fmt: skip
        for (found_at,) in unit.rows(name, uid=each.uid, kind=kind):
            other = found_at if name == "links_from" else unit.value("link_ends", uid=found_at)
            if (
                (found := unit.one("memory_by_uid", uid=other)) is not None
                and found[14] != "private"
                and found[4] not in {"withdrawn", "purged", "held"}
            ):
                head = head_of(unit, memory_of(unit, other))
                yield playing.Ground(how, other, head.text, head.valid_from or head.recorded)
    turn = unit.one("turn_by_uid", uid=each.source) if each.source else None
    if turn is not None and not turn[12]:
        yield playing.Ground(f"said by {turn[5]}", turn[1], turn[8], turn[7])
