"""Handlers of the operations on the vault: what it is like, and bringing it and the store in line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from everlore.app import answers, requests
from everlore.app.authority import must_not_be_denied, sight
from everlore.app.mirroring import Batch, alone, commit, is_on, write_waiting
from everlore.app.vaulting import Taken, take_in
from everlore.core.errors import Conflict, Denied
from everlore.vault import tree
from everlore.vault.repository import Repository

if TYPE_CHECKING:
    from everlore.app.app import App
    from everlore.app.caller import Caller

_SHOWN = 200


def show(app: App, caller: Caller, request: requests.Vault) -> answers.VaultStatus:
    """Say where the vault is, how far it is behind, and which files could not be taken in."""
    config = app.config
    with app.read() as unit:
        whole = sight(unit, caller).all
        rows = unit.rows("page_problems") if whole else []
        there = tree.scan(config.vault_root) if whole else {}
        missing = sorted(row[1] for row in unit.rows("page_files") if row[4] and row[1] not in there) if whole else []
        return answers.VaultStatus(
            path=str(config.vault_root), on=is_on(config), pages=unit.value("page_files_count"), waiting=unit.value("mirror_count"),
            git=Repository(config.vault_root).there, problems=[answers.PageProblem(path=row[0], problem=row[3]) for row in rows[:_SHOWN]],
            missing=missing[:_SHOWN],
        )  # fmt: skip


def sync(app: App, caller: Caller, request: requests.VaultSync) -> answers.VaultSynced:
    """Take in what was done to the files, and write the files of what was done to the store."""
    started = time.perf_counter()
    if not is_on(app.config):
        raise Conflict(
            "there is no vault: the store is encrypted, or the setting vault is off", field="vault",
            hint="set vault = \"on\" in config.toml to keep memories in plain files",
        )  # fmt: skip
    with app.read() as unit:
        if not sight(unit, caller).all:
            raise Denied(
                "the vault holds every place, and who has a place in the tree sees a part of it", field="namespace"
            )
        if request.missing == "archive":
            must_not_be_denied(unit, caller, "archive", None)
    with alone(app):
        app.config.vault_root.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = take_in(app, missing=request.missing, dry_run=request.dry_run, progress=caller.progress)
        with app.read() as unit:
            waiting = unit.value("mirror_count")
        why = ""
        if not request.dry_run:
            if request.all:
                with app.write() as unit:
                    unit.run("mirror_all")
                    waiting = unit.value("mirror_count")
            _, why = write_waiting(app)
            why = commit(app, Batch(), taken.touched) or why
    return _answer(taken, waiting, why, started)


def _answer(taken: Taken, written: int, why: str, started: float) -> answers.VaultSynced:
    return answers.VaultSynced(
        revised=taken.revised[:_SHOWN], made=taken.made[:_SHOWN], archived=taken.archived[:_SHOWN], moved=taken.moved[:_SHOWN],
        conflicts=taken.conflicts[:_SHOWN], awaiting_approval=taken.waiting[:_SHOWN], missing=taken.missing[:_SHOWN],
        problems=[answers.PageProblem(path=path, problem=said) for path, said in sorted(taken.problems.items())[:_SHOWN]],
        taken_in=len(taken.revised) + len(taken.made) + len(taken.archived) + len(taken.moved), written=written, git=why,
        seconds=round(time.perf_counter() - started, 3),
    )  # fmt: skip
