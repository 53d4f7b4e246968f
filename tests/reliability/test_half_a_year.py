"""Half a year of a project by a clock of our own: what is decided changes, is wrong, is taken back, is purged, is fought over.

Each month is asked about again at the end: what was true then, and what was known then.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.operations import OPERATIONS
from everlore.core.config import Config
from everlore.core.errors import AwaitingApproval, Denied, EverloreError

PROJECT = "acme/shop"
LEAD, CODER, INTERN = Caller("mira", "cli"), Caller("coder", "mcp"), Caller("intern", "mcp")
PERSON = Caller()
QUESTION = "which database does the shop use?"
SECRET = "the vault door opens with quetzalcoatl nine"


class Calendar:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def __call__(self) -> int:
        return int(self.now.timestamp() * 1000)

    def go(self, month: int, day: int) -> None:
        """Go to nine in the morning of a day of 2026."""
        self.now = datetime(2026, month, day, 9, tzinfo=UTC)


class Project:
    """A store and its calendar."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.calendar = Calendar()
        self.app = App(Config(home), clock=self.calendar)

    def __call__(self, operation: str, caller: Caller = PERSON, /, **request: Any) -> Any:
        self.calendar.now += timedelta(minutes=1)
        return self.app.call(operation, request, caller)

    def keep(self, text: str, caller: Caller = CODER, **more: Any) -> Any:
        """Keep a statement about the project."""
        return self("remember", caller, text=text, namespace=PROJECT, **more)

    def answers(self, query: str, **when: str) -> list[str]:
        """Return the texts of the memories that a question finds."""
        found = self("recall", query=query, namespace=PROJECT, kinds=["memory"], **when)
        return [item.text for item in found.items]

    def content(self, tmp: Path) -> bytes:
        """Return all that is kept, as an export spells it."""
        path = tmp / "content.jsonl"
        path.unlink(missing_ok=True)
        self("export", path=str(path))
        return path.read_bytes()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path / "home")
    yield project
    project.app.close()


def test_half_a_year_of_a_project(project: Project, tmp_path: Path):
    months = {month: f"2026-{month:02d}-25" for month in range(1, 7)}

    # January: who is who, and the first decision.
    for name, origin, role, place in (
        ("mira", "person", "reviewer", None),
        ("coder", "agent", "coder", PROJECT),
        ("intern", "agent", None, PROJECT),
    ):
        project(
            "agent-register",
            name=name,
            origin=origin,
            **({"role": role} if role else {}),
            **({"place": place} if place else {}),
        )
    project("policy-set", effect="any", decision="deny", who="name:intern", namespace="acme")
    first = project.keep("The shop uses SQLite as its database", kind="decision")
    rule = project.keep("Never deploy the shop on a Friday", kind="convention")
    note = project.keep("Standup moved to room 4 this week", tier="short")
    assert first.outcome == rule.outcome == "kept"

    # February: the decision changes, and the note that nobody used is swept.
    project.calendar.go(2, 10)
    second = project.keep("The shop uses PostgreSQL as its database since SQLite locked under load", kind="decision")
    project("supersede", CODER, id=first.id, by=second.id, reason="decided in the February review")
    assert [one.id for one in project("sweep").memories] == [note.id]
    before = project.content(tmp_path)
    swept = project("sweep", apply=True)
    assert (swept.archived, project("get", id=note.id).memory.state) == (1, "archived")
    project("undo", operation=swept.operation)
    assert _without_clocks(project.content(tmp_path)) == _without_clocks(before)
    project("sweep", apply=True)

    # March: it changes again, which turns out to be wrong and is undone in April.
    project.calendar.go(3, 12)
    third = project.keep("The shop uses MongoDB as its database after the prototype", kind="decision")
    wrong = project("supersede", CODER, id=second.id, by=third.id)
    project.calendar.go(3, 20)
    assert project.answers(QUESTION)[0].startswith("The shop uses MongoDB")
    project.calendar.go(4, 3)
    project("undo", operation=wrong.operation, reason="that was the prototype alone")
    project("forget", CODER, id=third.id, reason="it was never decided")
    assert project.answers(QUESTION)[0].startswith("The shop uses PostgreSQL")

    # April: a note with a secret is purged; the agent may only ask for it, and cannot approve it.
    secret = project.keep(f"For the on-call: {SECRET}", title="On-call")
    with pytest.raises(AwaitingApproval) as waits:
        project("purge", CODER, ids=[secret.id])
    for nobody in (CODER, INTERN):
        with pytest.raises(Denied):
            project("review-approve", nobody, ids=[waits.value.proposal])
    decided = project("review-approve", LEAD, ids=[waits.value.proposal]).decided[0]
    assert (decided.state, project("get", id=secret.id).memory.text) == ("approved", "")

    # May: two statements contradict each other and wait for a person.
    project.calendar.go(5, 7)
    project.keep("The release manager of the shop is Ada")
    rival = project.keep("The release manager of the shop is Grace")
    project("curate")
    inbox = project("review").proposals
    about = [one for one in inbox if rival.id in one.targets]
    assert about, "the contradiction waits in the inbox"
    links = [link for link in project("get", id=rival.id).links if link.kind == "contradicts"]
    assert links, "both are kept and linked"
    assert project("curate").read == 0

    # June: an agent without rights tries everything.
    project.calendar.go(6, 2)
    project("standard-set", name="deploys", id=rule.id, namespace=PROJECT)
    one, two = (project("entity-add", name=name, namespace=PROJECT).entity.id for name in ("checkout", "basket"))
    link = project("graph-link", source=second.id, target=one).links[0].id
    before = project.content(tmp_path)
    tried = _everything(
        project,
        INTERN,
        {"memory": second.id, "other": rule.id, "proposal": about[0].id, "link": link, "entity": one, "entity2": two},
    )
    assert tried >= {
        "remember",
        "revise",
        "forget",
        "purge",
        "policy-set",
        "agent-register",
        "merge",
        "supersede",
        "undo",
        "set",
    }
    assert project.content(tmp_path) == before, "nothing has changed"

    # What was true in each month, and what was known then.
    project.calendar.go(6, 28)
    truth = {1: "SQLite", 2: "PostgreSQL", 3: "PostgreSQL", 4: "PostgreSQL", 5: "PostgreSQL", 6: "PostgreSQL"}
    known = {**truth, 3: "MongoDB"}
    for month, day in months.items():
        assert project.answers(QUESTION, as_of=day)[0].startswith(f"The shop uses {truth[month]}"), month
        told = project.answers(QUESTION, as_of=day, recorded_as_of=day)
        assert told[0].startswith(f"The shop uses {known[month]}"), month
    assert SECRET not in " ".join(project.answers("vault door", as_of=months[4]))

    verified = project("verify")
    assert verified.ok, verified.problems
    project.app.close()
    held = [path for path in project.home.rglob("*") if path.is_file() and b"quetzalcoatl" in path.read_bytes()]
    assert not held


def _without_clocks(export: bytes) -> list[Any]:
    """Return what is kept, without since when it is believed: an undo begins another belief."""
    lines = [json.loads(line) for line in export.splitlines()]
    for line in lines:
        for revision in line.get("revisions", []):
            revision.pop("beliefs")
    return lines


NOT_FOR_A_RULE = {"hook", "capture", "drain", "mine", "rebuild", "embed", "restore-backup", "vault-sync"}
"""What changes nothing that is remembered, or takes in what clients tell, which their own settings govern."""


def _everything(project: Project, caller: Caller, ids: dict[str, str]) -> set[str]:
    """Have a caller try every operation that writes; return those that were refused."""
    tried = set[str]()
    for operation in OPERATIONS:
        if operation.effect == "read" or operation.name in NOT_FOR_A_RULE:
            continue
        with pytest.raises(EverloreError) as refused:
            project(operation.name, caller, **_request(operation.name, ids))
        assert refused.value.code in {"denied", "not_found", "conflict", "awaiting_approval"}, (
            operation.name,
            refused.value,
        )
        assert refused.value.code != "awaiting_approval", operation.name
        tried.add(operation.name)
    return tried


def _request(name: str, ids: dict[str, str]) -> dict[str, Any]:
    """Return a request that would change something if its caller might."""
    memory, other, proposal = ids["memory"], ids["other"], ids["proposal"]
    requests: dict[str, dict[str, Any]] = {
        "remember": {"text": "The shop belongs to the intern", "namespace": PROJECT},
        "revise": {"id": memory, "text": "The shop uses a spreadsheet"},
        "forget": {"id": memory},
        "restore": {"id": memory, "revision": 1},
        "undo": {},
        "set": {"id": memory, "importance": 0.1},
        "supersede": {"id": memory, "by": other},
        "merge": {"ids": [memory], "into": other},
        "feedback": {"id": memory, "verdict": "wrong"},
        "sweep": {"below": 1.0, "apply": True},
        "purge": {"ids": [memory]},
        "graph-link": {"source": memory, "target": other},
        "graph-unlink": {"id": ids["link"]},
        "entity-add": {"name": "Everything", "namespace": PROJECT},
        "entity-merge": {"id": ids["entity"], "into": ids["entity2"]},
        "entity-split": {"id": ids["entity"]},
        "namespace-move": {"namespace": PROJECT, "to": "acme/mine"},
        "standard-set": {"name": "style", "id": memory, "namespace": PROJECT},
        "standard-drop": {"name": "deploys", "namespace": PROJECT},
        "curate": {"namespace": PROJECT},
        "compile": {"namespace": PROJECT},
        "refine": {"namespace": PROJECT},
        "freshness": {"namespace": PROJECT, "accept": [memory]},
        "bootstrap": {"path": str(Path(__file__).parent), "namespace": PROJECT},
        "lint": {"namespace": PROJECT, "fix": True},
        "slice-propose": {"namespace": PROJECT, "commit_safe": True},
        "reorg": {"namespace": PROJECT},
        "write-page": {"name": "Mine", "text": "All of it is mine", "namespace": PROJECT},
        "delete-page": {"name": memory, "namespace": PROJECT},
        "rename-project": {"project": PROJECT, "name": "mine"},
        "move-project": {"project": PROJECT, "workspace": "mine"},
        "merge-workspace": {"workspace": "acme", "into": "mine"},
        "purge-project": {"project": PROJECT},
        "purge-session": {"session": "none"},
        "consolidate": {"ids": [memory, other], "title": "All of it"},
        "review-approve": {"ids": [proposal]},
        "review-reject": {"ids": [proposal]},
        "review-edit": {"id": proposal, "text": "x"},
        "policy-set": {"effect": "any", "decision": "allow"},
        "policy-drop": {"id": "none"},
        "agent-register": {"name": "intern", "origin": "person"},
        "agent-retire": {"name": "intern"},
        "import": {"path": __file__, "format": "markdown"},
        "handoff-begin": {"text": "all mine", "namespace": PROJECT},
        "handoff-accept": {"namespace": PROJECT},
        "handoff-cancel": {"id": "none"},
        "handoff-reopen": {"id": "none"},
    }  # fmt: skip
    return requests[name]
