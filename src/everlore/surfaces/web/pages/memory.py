"""One memory: what it says, where it comes from, how it came to say it, whom it was told, and everything one may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from everlore.core.errors import EverloreError, InvalidInput, NotFound
from everlore.surfaces.http.errors import explain
from everlore.surfaces.web.asking import Ask, Moved, Sent, Shown

KINDS = (
    "fact", "decision", "convention", "preference", "procedure", "failure", "question", "goal", "artifact", "page",
)  # fmt: skip
TIERS = ("short", "mid", "long")
VISIBILITIES = ("private", "team", "unit", "org", "collective")
_OCCASIONS = 10
_LONGEST = 200_000
"""Characters beyond which a text is not put into a form: browsers stand still over it."""

_MOST_LINKS = 60
_NEW = ("text", "title", "kind", "namespace", "tags", "valid_from")
_EDIT = ("text", "title", "valid_from", "valid_until", "reason")
_CHOICES = {"kinds": KINDS, "tiers": TIERS, "visibilities": VISIBILITIES}


def show(ask: Ask) -> Shown | Moved:
    """Show a memory; the id of a turn leads to its session."""
    found = ask.call("get", id=ask.path["id"], as_of=ask.query.get("as_of"))
    if found.memory is None:
        return Moved(f"/s/{quote(found.turn.session)}?at={found.turn.position}#t{found.turn.position}")
    memory = found.memory
    chain = ask.call("history", id=memory.id)
    values: dict[str, Any] = {
        "memory": memory,
        "feedback": found.feedback,
        "revisions": list(reversed(chain.revisions)),
        "source": _source(
            ask, memory.source or next((each.source for each in reversed(chain.revisions) if each.source), None)
        ),
        "why": ask.call("why", id=memory.id, limit=_OCCASIONS),
        "links": _links(ask, memory.id),
        "as_of": ask.query.get("as_of", ""),
        **_CHOICES,
    }
    return Shown("memory.html", values)


def _source(ask: Ask, source: str | None) -> Any:  # noqa: ANN401 - an answer
    """Return the turn that a memory was learnt from, None where it is not known or gone."""
    try:
        return ask.call("get", id=source).turn if source else None
    except NotFound:
        return None


def _links(ask: Ask, uid: str) -> list[Any]:
    """Return what a memory is linked with: nothing where it is no node of the graph."""
    try:
        return list(ask.call("graph-neighbors", id=uid, limit=_MOST_LINKS).neighbors)
    except NotFound:
        return []


def text(ask: Ask) -> Sent:
    """Send what a memory says, as it is written."""
    memory = ask.call("get", id=ask.path["id"]).memory
    if memory is None:
        raise NotFound(f"there is no memory {ask.path['id'][:60]}", field="id")
    return Sent(memory.text.encode("utf-8", "replace"))


def edit(ask: Ask) -> Shown | Moved:
    """Give a memory a new revision, unless somebody else did since the form was opened; or show how it would look."""
    uid = ask.path["id"]
    memory = ask.call("get", id=uid).memory
    if memory is None:
        raise NotFound(f"there is no memory {uid[:60]}", field="id")
    form = {**dict.fromkeys(_EDIT, ""), **ask.form}
    if not ask.form:
        form |= {"text": memory.text, "title": memory.title or "", "revision": str(memory.revision)}
    problem = None
    if ask.form and "preview" not in form and form.get("revision") == str(memory.revision):
        try:
            return _saved(ask, uid, form)
        except EverloreError as error:
            problem = error  # what was written stays in the form
    conflict = form.get("revision") != str(memory.revision)
    values = {
        "memory": memory,
        "form": form,
        "conflict": conflict,
        "preview": "preview" in form,
        "problem": problem,
        "longest": _LONGEST,
    }
    return Shown("edit.html", values, status=explain(problem)[0] if problem else 409 if conflict else 200)


def _saved(ask: Ask, uid: str, form: Mapping[str, str]) -> Moved:
    changed = ask.call_exactly(
        "revise", id=uid, text=form["text"], title=form["title"], valid_from=form["valid_from"] or None, valid_until=form["valid_until"] or None,
        reason=form["reason"] or None,
    )  # fmt: skip
    return Moved(f"/m/{uid}", f"Saved as revision {changed.revision}", changed.operation)


def new(ask: Ask) -> Shown | Moved:
    """Keep something new, and say what became of it."""
    if not ask.form:
        form = {
            **dict.fromkeys(_NEW, ""),
            "kind": "fact",
            **{name: ask.query[name] for name in _NEW if name in ask.query},
        }
        return Shown("new.html", {"form": form, "error": None, **_CHOICES})
    form = {**dict.fromkeys(_NEW, ""), **ask.form}
    tags = [tag for tag in (part.strip() for part in form.get("tags", "").split(",")) if tag]
    try:
        kept = ask.call(
            "remember", text=form.get("text"), title=form.get("title"), kind=form.get("kind"), namespace=form.get("namespace"),
            tags=tags or None, valid_from=form.get("valid_from"), visibility=form.get("visibility"),
        )  # fmt: skip
    except EverloreError as error:  # what was written stays in the form
        return Shown("new.html", {"form": form, "error": error, **_CHOICES}, status=explain(error)[0])
    return Moved(f"/m/{kept.id}", f"{kept.outcome.capitalize()}: {kept.why}", kept.operation or "")


def act(ask: Ask) -> Moved:
    """Do one of the things that a button of the page says."""
    uid, form = ask.path["id"], ask.form
    action = _ACTIONS.get(form.get("do", ""))
    if action is None:
        raise InvalidInput(f"there is nothing called {form.get('do', '')[:40]!r} to do", field="do")
    said, operation = action(ask, uid)
    return Moved(f"/m/{uid}", said, operation)


def _archive(ask: Ask, uid: str) -> tuple[str, str]:
    return "Archived: agents are not told it any more", ask.call(
        "forget", id=uid, reason=ask.form.get("reason")
    ).operation


def _restore(ask: Ask, uid: str) -> tuple[str, str]:
    done = ask.call("restore", id=uid, revision=ask.form.get("revision"), reason=ask.form.get("reason"))
    return "Restored", done.operation


def _pin(ask: Ask, uid: str) -> tuple[str, str]:
    return "Pinned: it does not fade", ask.call("set", id=uid, pinned="true").operation


def _unpin(ask: Ask, uid: str) -> tuple[str, str]:
    return "No longer pinned", ask.call("set", id=uid, unpinned="true").operation


def _supersede(ask: Ask, uid: str) -> tuple[str, str]:
    """Have another memory take its place: one that is named, or one that is written here."""
    by = ask.form.get("by", "").strip()
    if text := ask.form.get("text", "").strip():
        namespace = ask.call("get", id=uid).memory.namespace
        by = ask.call("remember", text=text, namespace=namespace, kind=ask.form.get("kind")).id
    if text and ask.form.get("by", "").strip():
        raise InvalidInput("by: write what is true now, or name the memory that says it, not both", field="by")
    if not by:
        raise InvalidInput("by: say what is true now, or the id of the memory that says it", field="by")
    by = by.rsplit("/", 1)[-1]
    if by == uid:
        return "That says the same as this one, so nothing was replaced", ""
    return "Superseded", ask.call("supersede", id=uid, by=by, reason=ask.form.get("reason")).operation


def _set(ask: Ask, uid: str) -> tuple[str, str]:
    """Change what is kept beside the text; only what differs from what the form was opened with."""
    form = ask.form
    fields: dict[str, Any] = {
        name: form[name]
        for name in (
            "kind",
            "layer",
            "tier",
            "importance",
            "namespace",
            "visibility",
            "valid_from",
            "valid_until",
            "expires",
        )
        if name in form and form[name] != form.get(f"was-{name}", "")
    }
    if form.get("tags", "") != form.get("was-tags", ""):
        fields["tags"] = [tag for tag in (part.strip() for part in form["tags"].split(",")) if tag]
    if not fields:
        return "Nothing was changed", ""
    return "Changed", ask.call_exactly("set", id=uid, **fields).operation


def _feedback(ask: Ask, uid: str) -> tuple[str, str]:
    verdict = ask.form.get("verdict", "")
    ask.call("feedback", id=uid, verdict=verdict, note=ask.form.get("note"))
    return f"Noted as {verdict}", ""


def _purge(ask: Ask, uid: str) -> tuple[str, str]:
    if ask.form.get("confirm", "").strip().lower() != "purge":
        raise InvalidInput("confirm: type the word purge, since nothing brings the text back", field="confirm")
    ask.call("purge", ids=[uid], with_turns=ask.form.get("with_turns"), reason=ask.form.get("reason"))
    return "Its text is gone for good", ""


_ACTIONS = {
    "archive": _archive, "restore": _restore, "pin": _pin, "unpin": _unpin, "supersede": _supersede, "set": _set,
    "feedback": _feedback, "purge": _purge,
}  # fmt: skip


def go(ask: Ask) -> Moved | Shown:
    """Lead to the page that a `[[name]]` means, or say that there is none yet."""
    name, namespace = ask.query.get("name", ""), ask.query.get("from", "")
    try:
        return Moved(f"/m/{ask.call('read-page', name=name, namespace=namespace).page.id}")
    except EverloreError as error:
        return Shown("nopage.html", {"name": name, "namespace": namespace, "error": error}, status=404)
