"""The life of a memory, through the application: in, on top, aside, back, and undone."""

from collections.abc import Callable
from typing import Any

import pytest

from everlore.app.app import App
from everlore.core.errors import Conflict, InvalidInput, NotFound

State = dict[str, Any]


def keep(app: App, text: str, **more: object) -> Any:
    return app.call("remember", {"text": text, **more})


def state(app: App) -> State:
    """Return everything about memories that an operation may change, as a person can see it."""
    found: State = {}
    for name in ("active", "superseded", "archived", "held"):
        for memory in app.call("list", {"state": name, "limit": 1000}).memories:
            chain = app.call("history", {"id": memory.id}).revisions
            links = app.call("get", {"id": memory.id}).links
            found[memory.id] = (name, memory.text, memory.title, memory.valid_from, memory.valid_until, memory.revision,
                                [(r.number, r.text, r.valid_until, r.recorded_until) for r in chain if r.recorded_until != r.recorded],
                                sorted((link.kind, link.source, link.target) for link in links))  # fmt: skip
    return found


def found(app: App, query: str, **more: object) -> list[str]:
    return [item.text for item in app.call("recall", {"query": query, **more}).items]


def whole(app: App) -> None:
    verified = app.call("verify", {})
    assert verified.ok, verified.problems


def test_a_new_statement_is_kept(app: App):
    kept = keep(app, "Redis listens on port 6380")
    assert (kept.outcome, kept.revision, kept.other) == ("kept", 1, None)
    assert found(app, "redis port") == ["Redis listens on port 6380"]
    whole(app)


@pytest.mark.parametrize(
    "again", ["Redis listens on port 6380", "redis listens on port 6380.", "Redis listens on the port 6380"]
)
def test_a_repeat_is_merged_and_nothing_is_written(app: App, again: str):
    first = keep(app, "Redis listens on port 6380")
    before = app.call("status", {})
    merged = keep(app, again)
    assert (merged.outcome, merged.id, merged.operation) == ("merged", first.id, None)
    after = app.call("status", {})
    assert (after.journal, after.memories, after.passages) == (before.journal, before.memories, before.passages)


def test_a_repeat_is_found_among_a_thousand_alike(app: App):
    for number in range(150):
        assert keep(app, f"The timeout of service alpha-{number} is 30 seconds").outcome == "kept"
    assert keep(app, "the timeout of the service alpha-3 is 30 seconds").outcome == "merged"
    assert keep(app, "The timeout of service alpha-5 is 45 seconds").outcome == "superseded"
    assert keep(app, "The timeout of service alpha-900 is 30 seconds").outcome == "kept"
    assert app.call("list", {"state": "superseded"}).memories[0].text == "The timeout of service alpha-5 is 30 seconds"


def test_words_whose_stem_has_a_stem_of_its_own_still_find_their_repeat(app: App):
    keep(app, "Anna agreed to freed agencies")
    assert keep(app, "Anna agreed to the freed agencies").outcome == "merged"


def test_a_changed_value_supersedes_and_the_old_stays_with_a_link(app: App):
    old = keep(app, "Redis listens on port 6380")
    new = keep(app, "Redis listens on port 6390")
    assert (new.outcome, new.other) == ("superseded", old.id)
    assert found(app, "redis port", kinds=["memory"]) == ["Redis listens on port 6390"]
    before = app.call("get", {"id": old.id})
    assert before.memory.state == "superseded"
    assert before.memory.valid_until is not None
    assert [(link.kind, link.source, link.target) for link in before.links] == [("supersedes", new.id, old.id)]
    whole(app)


def test_what_is_true_later_supersedes_only_from_then_on(app: App):
    old = keep(app, "The plan costs 10 euros", valid_from="2026-01-01")
    keep(app, "The plan costs 12 euros", valid_from="2026-02-01")
    assert app.call("get", {"id": old.id}).memory.valid_until == "2026-02-01T00:00:00Z"


def test_a_value_from_before_does_not_supersede_the_present_one(app: App):
    now = keep(app, "The plan costs 12 euros", valid_from="2026-02-01")
    old = keep(app, "The plan costs 10 euros", valid_from="2026-01-01")
    assert (old.outcome, old.other) == ("kept", now.id)
    assert app.call("get", {"id": now.id}).memory.state == "active"


@pytest.mark.parametrize(("first", "second"), [("Deploy on Fridays", "Do not deploy on Fridays"), ("Worker 1 is slow", "Worker 2 is slow"),
                                               ("Anna owns billing", "Bob owns billing"), ("Use ruff", "Use ruff and mypy")])  # fmt: skip
def test_another_statement_is_kept_beside(app: App, first: str, second: str):
    keep(app, first)
    assert keep(app, second).outcome == "kept"
    assert app.call("list", {}).total == 2


def test_the_same_text_under_another_title_or_in_another_namespace_is_another_memory(app: App):
    texts = [{"title": "Alpha"}, {"title": "Beta"}, {"namespace": "acme/web"}, {"namespace": "acme"}]
    assert [keep(app, "To be written", **more).outcome for more in texts] == ["kept"] * 4


def test_a_revision_goes_on_top_and_ends_the_one_below(app: App):
    kept = keep(app, "Releases happen on Tuesday", title="Releases")
    app.call("revise", {"id": kept.id, "text": "Releases happen on Thursday", "valid_from": "2026-03-10"})
    chain = app.call("history", {"id": kept.id}).revisions
    assert [(r.number, r.title, r.valid_from, r.valid_until) for r in chain] == [
        (1, "Releases", None, "2026-03-10T00:00:00Z"),
        (2, "Releases", "2026-03-10T00:00:00Z", None),
    ]
    whole(app)


def test_a_revision_that_says_the_same_is_refused(app: App):
    kept = keep(app, "Releases happen on Tuesday")
    with pytest.raises(Conflict) as refused:
        app.call("revise", {"id": kept.id, "text": "Releases happen on Tuesday."})
    assert refused.value.field == "text"


@pytest.mark.parametrize("operation", ["remember", "revise"])
def test_nothing_ends_before_it_begins(app: App, operation: str):
    payload = {"text": "The office is in Oslo", "valid_from": "2026-03-02", "valid_until": "2026-03-01"}
    if operation == "revise":
        payload["id"] = keep(app, "The office is in Bergen").id
    with pytest.raises(InvalidInput) as refused:
        app.call(operation, payload)
    assert refused.value.field == "valid_until"


def test_a_day_begins_at_its_first_instant_and_ends_at_its_last(app: App):
    kept = app.call(
        "get", {"id": keep(app, "The fair is on", valid_from="2026-03-02", valid_until="2026-03-04").id}
    ).memory
    assert (kept.valid_from, kept.valid_until) == ("2026-03-02T00:00:00Z", "2026-03-04T23:59:59.999Z")


def test_what_is_forgotten_is_not_recalled_and_comes_back(app: App):
    kept = keep(app, "The mascot is a heron")
    assert app.call("forget", {"id": kept.id}).state == "archived"
    assert found(app, "mascot heron") == []
    assert app.call("get", {"id": kept.id}).memory.text == "The mascot is a heron"
    assert app.call("restore", {"id": kept.id}).state == "active"
    assert found(app, "mascot heron") == ["The mascot is a heron"]
    whole(app)


def test_an_earlier_revision_comes_back_on_top(app: App):
    kept = keep(app, "Tabs", title="Indent")
    app.call("revise", {"id": kept.id, "text": "Spaces", "title": "Indentation"})
    assert app.call("restore", {"id": kept.id, "revision": 1}).revision == 3
    head = app.call("get", {"id": kept.id}).memory
    assert (head.text, head.title, head.revision) == ("Tabs", "Indent", 3)
    assert [r.text for r in app.call("history", {"id": kept.id}).revisions] == ["Tabs", "Spaces", "Tabs"]
    whole(app)


def test_a_revision_of_an_archived_memory_can_be_put_back(app: App):
    kept = keep(app, "Tabs")
    app.call("revise", {"id": kept.id, "text": "Spaces"})
    app.call("forget", {"id": kept.id})
    restored = app.call("restore", {"id": kept.id, "revision": 1})
    assert (restored.state, restored.revision) == ("active", 3)
    assert app.call("get", {"id": kept.id}).memory.text == "Tabs"


def test_a_superseded_memory_that_is_restored_is_superseded_no_more(app: App):
    old = keep(app, "Redis listens on port 6380")
    new = keep(app, "Redis listens on port 6390")
    app.call("restore", {"id": old.id})
    memory = app.call("get", {"id": old.id})
    assert (memory.memory.state, memory.memory.valid_until, memory.links) == ("active", None, [])
    items = app.call("recall", {"query": "redis port", "kinds": ["memory"]}).items
    assert {item.id: item.supersedes for item in items} == {old.id: None, new.id: None}
    whole(app)


def test_what_cannot_happen_is_a_conflict(app: App):
    kept = keep(app, "The mascot is a heron")
    with pytest.raises(Conflict):
        app.call("restore", {"id": kept.id})
    app.call("forget", {"id": kept.id})
    for operation in ({"id": kept.id}, {"id": kept.id, "text": "The mascot is a crane"}):
        with pytest.raises(Conflict) as refused:
            app.call("revise" if "text" in operation else "forget", operation)
        assert refused.value.hint


@pytest.mark.parametrize("operation", ["get", "history", "forget", "restore"])
def test_an_unknown_id_is_not_found(app: App, operation: str):
    with pytest.raises(NotFound) as missing:
        app.call(operation, {"id": "nothing"})
    assert missing.value.field == "id"


def test_an_unknown_revision_is_not_found(app: App):
    with pytest.raises(NotFound) as missing:
        app.call("restore", {"id": keep(app, "Tabs").id, "revision": 7})
    assert missing.value.field == "revision"


OPERATIONS: dict[str, Callable[[App, str, str], Any]] = {
    "remember": lambda app, _a, _b: keep(app, "The harbour opens at six"),
    "remember that supersedes": lambda app, _a, _b: keep(app, "Redis listens on port 7000"),
    "revise": lambda app, a, _b: app.call("revise", {"id": a, "text": "Redis listens on a socket"}),
    "revise in time": lambda app, a, _b: app.call("revise", {"id": a, "text": "On 7001", "valid_from": "2025-01-01", "valid_until": "2027-01-01"}),
    "forget": lambda app, a, _b: app.call("forget", {"id": a}),
    "restore": lambda app, _a, b: app.call("restore", {"id": b}),
    "restore a revision": lambda app, a, _b: app.call("restore", {"id": a, "revision": 1}),
    "restore a superseded one": lambda app, _a, _b: app.call("restore", {"id": app.call("list", {"state": "superseded"}).memories[0].id}),
}  # fmt: skip


@pytest.fixture
def two(app: App) -> tuple[str, str]:
    """One memory with two revisions, one that it superseded, and one archived."""
    first = keep(app, "Redis listens on port 6380")
    del first
    second = keep(app, "Redis listens on port 6390").id
    app.call("revise", {"id": second, "text": "Redis listens on port 6400"})
    archived = keep(app, "The old mascot was a crane").id
    app.call("forget", {"id": archived})
    return second, archived


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_can_be_undone_and_done_again(app: App, two: tuple[str, str], name: str):
    before = state(app)
    operation = OPERATIONS[name](app, *two).operation
    after = state(app)
    assert after != before
    undone = app.call("undo", {"operation": operation})
    assert state(app) == before
    whole(app)
    app.call("undo", {"operation": undone.operation})
    assert state(app) == after
    whole(app)
    app.call("undo", {"operation": operation})
    assert state(app) == before
    whole(app)


def test_undo_without_a_name_goes_back_step_by_step(app: App, two: tuple[str, str]):
    states = [state(app)]
    for number in range(4):
        keep(app, f"Note {number} of the harbour master says {'abcdefgh'[number] * 6}")
        states.append(state(app))
    for expected in reversed(states[:-1]):
        app.call("undo", {})
        assert state(app) == expected
    whole(app)


def test_an_operation_is_undone_once(app: App):
    operation = keep(app, "The mascot is a heron").operation
    app.call("undo", {"operation": operation})
    with pytest.raises(Conflict) as refused:
        app.call("undo", {"operation": operation})
    assert refused.value.field == "operation"


def test_there_may_be_nothing_to_undo(app: App):
    with pytest.raises(NotFound):
        app.call("undo", {})
    with pytest.raises(NotFound) as missing:
        app.call("undo", {"operation": "nothing"})
    assert missing.value.field == "operation"


@pytest.mark.parametrize("later", ["forget", "revise", "supersede"])
def test_an_undo_on_which_something_later_stands_is_a_conflict_and_changes_nothing(app: App, later: str):
    kept = keep(app, "Redis listens on port 6380")
    revised = app.call("revise", {"id": kept.id, "text": "Redis listens on port 6385"})
    if later == "forget":
        app.call("forget", {"id": kept.id})
        stale = kept.operation
    elif later == "revise":
        app.call("revise", {"id": kept.id, "text": "Redis listens on port 6386"})
        stale = revised.operation
    else:
        keep(app, "Redis listens on port 6390")
        stale = kept.operation
    before, entries = state(app), app.call("status", {}).journal
    with pytest.raises(Conflict) as refused:
        app.call("undo", {"operation": stale})
    assert refused.value.hint
    assert (state(app), app.call("status", {}).journal) == (before, entries)
    whole(app)


def test_an_undone_revision_was_never_said(app: App):
    kept = keep(app, "Tabs are for indentation")
    app.call("revise", {"id": kept.id, "text": "Spaces are for indentation"})
    app.call("undo", {})
    assert found(app, "spaces indentation", as_of="now") == ["Tabs are for indentation"]
    assert "Spaces are for indentation" not in [event.text for event in app.call("timeline", {}).events]
    app.call("revise", {"id": kept.id, "text": "Both are for indentation"})
    assert [r.number for r in app.call("history", {"id": kept.id}).revisions] == [1, 2, 3]
    assert app.call("get", {"id": kept.id}).memory.text == "Both are for indentation"
    whole(app)


def test_a_memory_that_was_undone_comes_back_with_restore(app: App):
    kept = keep(app, "The mascot is a heron")
    app.call("undo", {})
    assert app.call("list", {}).total == 0
    app.call("restore", {"id": kept.id})
    assert found(app, "mascot") == ["The mascot is a heron"]
    whole(app)


def test_every_change_says_who_made_it_when_and_why(app: App):
    keep(app, "The mascot is a heron", reason="the vote of March")
    event = app.call("timeline", {}).events[-1]
    assert (event.what, event.kind, event.text) == ("remember", "operation", "the vote of March")


def test_a_thing_remembered_keeps_all_it_was_given(app: App):
    given = {"text": "  Deploys need two reviews\n\n- from owners \U0001f6a2 ", "title": "Deploys", "kind": "convention", "namespace": "Acme/Web",
             "tags": ["deploy", "été"], "importance": 0.9, "layer": 1, "tier": "mid", "pinned": True, "source": "t1"}  # fmt: skip
    memory = app.call("get", {"id": app.call("remember", given).id}).memory
    assert {name: getattr(memory, name) for name in given} == given


def test_pages_of_a_list_hold_every_memory_once_and_the_newest_first(app: App):
    kept = [
        keep(app, f"Note {'abcdefghijk'[number] * 6} of the harbour", namespace=["a", "a/b", "c"][number % 3]).id
        for number in range(11)
    ]
    seen: list[str] = []
    before = None
    while True:
        page = app.call("list", {"limit": 3, "namespace": "a"} | ({"before": before} if before else {}))
        seen += [memory.id for memory in page.memories]
        assert page.total == 8
        before = page.next
        if before is None:
            break
    assert seen == [uid for number, uid in reversed(list(enumerate(kept))) if number % 3 != 2]


def test_a_list_shows_one_kind_one_tag_and_one_state(app: App):
    keep(app, "Use tabs", kind="convention", tags=["style", "code"])
    keep(app, "Use ruff", kind="convention", tags=["code"])
    gone = keep(app, "Use black", kind="decision", tags=["code"])
    app.call("forget", {"id": gone.id})
    shown = {str(where): [memory.text for memory in app.call("list", where).memories]
             for where in ({"kind": "convention"}, {"tag": "style"}, {"state": "archived"}, {"tag": "sty"}, {"kind": "decision"})}  # fmt: skip
    assert list(shown.values()) == [["Use ruff", "Use tabs"], ["Use tabs"], ["Use black"], [], []]
