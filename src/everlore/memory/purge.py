"""Removing a text for good: from the truth, from everything derived, and from what speaks of it.

What stays is what the journal needs to be whole: that there was a memory, when, by whom, and the hash of its text. That is
the one change that nothing reverses.
"""

from __future__ import annotations

import json
from collections import Counter

from everlore.core.types import Memory
from everlore.memory.changes import Changes, memory_of, revisions_of
from everlore.store import index, namespaces
from everlore.store.contract import Unit


def derived_from(unit: Unit, memory: Memory) -> tuple[list[Memory], list[Memory]]:
    """Return what is derived from a memory, as pages and pages of those are: what quotes a text of it, and what does not.

    Whatever has been undone, archived or gathered anew since is looked at too; what was purged before is left out.
    """
    texts = [" ".join(revision.text.split()) for revision in revisions_of(unit, memory)]
    found: tuple[list[Memory], list[Memory]] = [], []
    for (uid,) in unit.rows("derived_of", memory=memory.uid):
        page = memory_of(unit, uid)
        if page.state == "purged":
            continue
        said = [" ".join(revision.text.split()) for revision in revisions_of(unit, page)]
        found[not any(text and text in each for text in texts for each in said)].append(page)
    return found


def purge(changes: Changes, memory: Memory, *, but: str = "") -> Counter[str]:
    """Empty every revision of a memory and what quotes it; return how many of each sort were emptied.

    The proposal `but` stays, which is the one that asked for it.

    The index is brought in line when the changes are finished; the bytes are gone from the file after `SqliteStore.scrub`.
    """
    unit, counts = changes.unit, Counter[str]()
    changes.set("memory.state", memory.uid, memory.state, "purged")
    changes.note("memory.purge", memory.uid, memory.state, "purged")
    revisions, indexer = revisions_of(unit, memory), index.Indexer(unit)
    index.index_memory(
        unit, indexer, memory_of(unit, memory.uid), revisions
    )  # while its words can still be counted out
    indexer.flush()
    about = {uid: None for (uid,) in unit.rows("proposals_about", memory=memory.uid)}
    for revision in revisions:
        # who asked to write it did so before there was a memory, and may have been refused
        about |= {
            uid: None for (uid,) in unit.rows("proposals_saying", text=json.dumps(revision.text, ensure_ascii=False))
        }
        unit.run("revision_empty", id=revision.id)
        counts["revisions"] += 1
    unit.run("memory_empty", id=memory.id)
    unit.run("taggings_drop", memory=memory.uid)
    unit.run("standards_empty", memory=memory.uid)
    counts["names as a standard"] += unit.changed()
    unit.run("anchors_drop", memory=memory.id)
    unit.run("anchored_drop", memory=memory.id)
    for uid in about:
        if uid != but:
            unit.run("proposal_forget", uid=uid, changed=changes.now)
            counts["proposals"] += 1
    unit.run("feedback_empty", memory=memory.uid)
    counts["notes of feedback"] += unit.changed()
    unit.run("links_empty", memory=memory.uid)
    counts["evidence of links"] += unit.changed()
    for (uid,) in unit.rows("entities_only_of", memory=memory.uid):
        unit.run("entity_empty", uid=uid)
        unit.run("aliases_empty", uid=uid)
        changes.note("entity", uid, True, False)
        counts["names found in it"] += 1
    return counts


def purge_turn(changes: Changes, uid: str) -> bool:
    """Empty one turn and what was proposed from it, so that its words are gone; return whether there was one with words."""
    unit = changes.unit
    row = unit.one("turn_by_uid", uid=uid)
    if row is None or not row[8]:
        return False
    for (proposal,) in unit.rows("proposals_about", memory=uid):
        unit.run("proposal_forget", uid=proposal, changed=changes.now)
    node = namespaces.by_id(unit, unit.value("session_namespace", id=row[2]))
    indexer = index.Indexer(unit)
    index.drop_session(unit, indexer, row[2])
    unit.run("turn_empty", uid=uid)
    index.append_turns(unit, indexer, row[2], 0, node)
    indexer.flush()
    return True


def purge_session(changes: Changes, session: int, uid: str) -> Counter[str]:
    """Empty a session: its turns with who said them, what happened in it, where it ran, and the handoffs that it left.

    The ids stay, by which it is known again and not captured anew.
    """
    unit, counts = changes.unit, Counter[str]()
    node, indexer = namespaces.by_id(unit, unit.value("session_namespace", id=session)), index.Indexer(unit)
    index.drop_session(unit, indexer, session)
    for (proposal,) in unit.rows("proposals_of_session", session=session):
        unit.run("proposal_forget", uid=proposal, changed=changes.now)
        counts["proposals"] += 1
    for what, statement in (("turns", "turns_empty"), ("happenings", "happenings_empty")):
        unit.run(statement, session=session)
        counts[what] = unit.changed()
    index.append_turns(unit, indexer, session, 0, node)
    indexer.flush()
    unit.run("handoffs_empty", session=session, changed=changes.now)
    counts["handoffs"] = unit.changed()
    unit.run("transcript_forget", session=session)  # what its reader remembers of calls whose results had not come
    unit.run("session_empty", session=session)
    unit.run("told_forget", session=session)
    unit.run("session_tokens_forget", session=session)
    changes.note("session.purge", uid, "kept", "purged")
    return +counts + Counter(sessions=int(counts.total() > 0))


def purge_names(changes: Changes, scope: str) -> int:
    """Empty the names of the entities in a part of the tree, their aliases and what was said of their links; return how many."""
    uids = [uid for (uid,) in changes.unit.rows("entities_of_tree", scope=scope)]
    for uid in uids:
        changes.unit.run("entity_empty", uid=uid)
        changes.unit.run("aliases_empty", uid=uid)
        changes.unit.run("links_empty", memory=uid)
        changes.apply({"what": "entity", "id": uid, "before": True, "after": False})
    return len(uids)
