"""Transcripts that are files of lines: what each client's say, and that it is the same however the file is cut."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from everlore.core.errors import InvalidInput
from everlore.core.shorten import given as length_before
from everlore.sessions.records import SPOKEN, Event
from everlore.sessions.transcripts import SOURCES, Chunk, source, source_of

DATA = Path(__file__).parents[2] / "data" / "transcripts"
LINES = sorted(path.name for path in DATA.iterdir() if path.suffix == ".jsonl")
SHOP = "/home/ana/src/shop"


def client_of(name: str) -> str:
    return next(client for client in sorted(SOURCES, key=len, reverse=True) if name.startswith(client))


def chunks(path: Path, client: str, position: int = 0, state: dict[str, Any] | None = None) -> list[Chunk]:
    return list(SOURCES[client].read(path, position, state or {}))


def events(name: str, path: Path | None = None) -> list[Event]:
    return [event for chunk in chunks(path or DATA / name, client_of(name)) for event in chunk.events]


def story(found: list[Event]) -> list[tuple[str, str]]:
    return [(event.kind, event.text or str(event.detail.get("summary") or event.detail)) for event in found]


def written(path: Path, *entries: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in entries))
    return path


def claude(number: int, text: str, **more: Any) -> dict[str, Any]:
    message = {"role": "user", "content": text}
    return {"type": "user", "uuid": f"u{number}", "sessionId": "s1", "message": message, **more}


def test_claude_code_says_what_people_and_agents_said_and_what_tools_did() -> None:
    found = events("claude-code-work.jsonl")
    main = [event for event in found if event.parent is None]
    assert story(main) == [
        ("prompt", "Mend the export"),
        ("answer", "I look at the test first."),
        ("tool_failure", "FAILED test_batches"),
        ("tool_result", "The file has been updated."),
        ("prompt", "Also bump the version"),
        ("tool_result", '{"status": "error", "items": [1, 2]}'),
        ("answer", "I look at the test first."),
        ("prompt", "No, keep the version"),
        ("compaction", "This session is being continued. Goal: mend the export."),
        ("answer", "Done \ufffd for now"),
    ]
    assert {event.session for event in main} == {"5f0d1c1e-0000-4000-8000-000000000001"}
    assert {(event.cwd, event.branch) for event in main[:-1]} == {(SHOP, "export")}


def test_a_claude_code_result_has_what_its_call_was_given() -> None:
    details = {event.key: event.detail for event in events("claude-code-work.jsonl")}
    assert details["result:t1"] == {
        "tool": "Bash",
        "command": "pytest -q tests/test_export.py",
        "call": "t1",
        "exit": 1,
    }
    assert details["result:t2"] == {"tool": "Edit", "paths": [f"{SHOP}/export.py"], "writes": True, "call": "t2"}
    assert details["result:t3"]["todos"] == [{"content": "bump the version", "status": "in_progress"}]


def test_only_the_first_text_of_a_claude_code_prompt_has_its_key() -> None:
    keys = [event.key for event in events("claude-code-work.jsonl") if event.kind == "prompt" and not event.parent]
    assert keys == ["prompt:p1", "uuid:u8", "uuid:u14"]


def test_a_line_that_stands_twice_has_one_key() -> None:
    keys = [event.key for event in events("claude-code-work.jsonl") if event.text == "I look at the test first."]
    assert keys == ["uuid:u3", "uuid:u3"]


def test_a_sidechain_and_its_file_are_one_session_below_their_parent(tmp_path: Path) -> None:
    agent = tmp_path / "agent-a7.jsonl"
    agent.write_bytes((DATA / "claude-code-agent.jsonl").read_bytes())
    inside = [event for event in events("claude-code-work.jsonl") if event.parent]
    beside = events("claude-code", agent)
    parent = "5f0d1c1e-0000-4000-8000-000000000001"
    assert {(event.session, event.parent) for event in [*inside, *beside]} == {(f"{parent}/a7", parent)}
    assert story(beside) == [
        ("prompt", "Look for callers"),
        ("tool_result", "web.py\njobs.py"),
        ("answer", "Two callers."),
    ]


def test_codex_says_a_prompt_once_and_instructions_never() -> None:
    found = events("codex-older.jsonl")
    assert story(found) == [
        ("prompt", "Mend the export"),
        ("tool_failure", "1 failed\n"),
        ("tool_result", "Success. Updated the following files:\nM export.py"),
        ("tool_result", "Plan updated"),
        ("answer", "The export is mended."),
        ("compaction", "Goal: mend the export. Done."),
        ("prompt", "Mend the export"),
        ("tool_result", '{"name": "shop", "status": "error"}'),
    ]
    assert [event.cwd for event in found][-3:] == [SHOP, f"{SHOP}/web", f"{SHOP}/web"]
    assert {event.branch for event in found} == {"export"}


def test_codex_tells_commands_files_and_plans() -> None:
    details = {event.key: event.detail for event in events("codex-older.jsonl")}
    assert (details["result:c1"]["command"], details["result:c1"]["exit"]) == ("pytest -q", 1)
    assert (details["result:c2"]["paths"], details["result:c2"]["writes"]) == (["export.py", "batch.py"], True)
    assert details["result:c3"]["todos"] == [{"content": "run the tests", "status": "in_progress"}]


def test_a_recorded_codex_rollout_tells_one_turn() -> None:
    found = events("codex.jsonl")
    assert [event.kind for event in found] == ["prompt", "tool_failure", "answer"]
    assert found[0].key == "turn:01a2197c-c8bf-7403-9ada-af0611d10c3d:prompt"
    assert (found[1].text, found[1].detail["exit"]) == ("boom\n", 3)


@pytest.mark.parametrize("frames", [1, 3])
def test_a_compressed_rollout_says_the_same_under_the_same_keys(tmp_path: Path, frames: int) -> None:
    whole = (DATA / "codex.jsonl").read_bytes()
    size = len(whole) // frames + 1
    packed = tmp_path / "rollout-2026-11-26T20-12-17-01a2197c-c8a3-7ce0-bc77-5838f926cfc3.jsonl.zst"
    pieces = (whole[at : at + size] for at in range(0, len(whole), size))
    packed.write_bytes(b"".join(zstandard.ZstdCompressor().compress(piece) for piece in pieces))
    assert events("codex", packed) == events("codex.jsonl")
    first, *_ = chunks(packed, "codex")
    assert first.position == len(whole)
    assert chunks(packed, "codex", first.position, first.state) == []


def test_a_compressed_rollout_that_is_torn_is_an_error_of_that_file(tmp_path: Path) -> None:
    packed = tmp_path / "rollout-x.jsonl.zst"
    packed.write_bytes(zstandard.ZstdCompressor().compress((DATA / "codex.jsonl").read_bytes()) + b"\xff" * 400)
    with pytest.raises(InvalidInput, match="cannot be decompressed"):
        chunks(packed, "codex")


def test_gemini_cli_says_what_was_rewound_and_the_summary_of_what_was_compressed() -> None:
    found = list({event.key: event for event in events("gemini-cli-changes.jsonl")}.values())
    assert story(found) == [
        ("prompt", "Mend the export"),
        ("answer", "I try."),
        ("tool_result", "1 passed"),
        ("prompt", "And now the wrong thing"),
        ("prompt", "And now the right thing"),
        ("compaction", "<state_snapshot>goal: mend the export</state_snapshot>"),
    ]


def test_a_gemini_cli_chat_belongs_to_the_directory_beside_it(tmp_path: Path) -> None:
    chat = tmp_path / ".gemini" / "tmp" / "shop" / "chats" / "session-2026-11-26T20-13-a3cb7428.jsonl"
    chat.parent.mkdir(parents=True)
    chat.write_bytes((DATA / "gemini-cli.jsonl").read_bytes())
    (chat.parents[1] / ".project_root").write_text(f"{SHOP}\n")
    below = chat.parent / "parent-session" / "child.jsonl"
    written(below, {"sessionId": "child", "projectHash": "x"}, {"id": "m", "type": "user", "content": "Look"})
    assert {event.cwd for event in events("gemini-cli", chat)} == {SHOP}
    assert [(event.session, event.parent, event.cwd) for event in events("gemini-cli", below)] == [
        ("child", "parent-session", SHOP)
    ]


def test_pi_says_all_branches_and_not_what_extensions_put_in() -> None:
    found = events("pi.jsonl")
    assert story(found) == [
        ("prompt", "Mend the export"),
        ("answer", "I run it."),
        ("tool_failure", "1 failed"),
        ("answer", "On another branch."),
        ("tool_result", "clean"),
        ("compaction", "Goal: mend the export"),
    ]
    assert found[2].detail == {"tool": "bash", "command": "pytest", "call": "k1"}
    assert found[4].detail == {"tool": "bash", "command": "git status", "exit": 0}
    assert {(event.session, event.cwd) for event in found} == {("pi-1", SHOP)}


@pytest.mark.parametrize("client", ["omp", "openclaw"])
def test_what_is_made_from_pi_is_read_alike_under_its_own_name(client: str) -> None:
    found = [event for chunk in chunks(DATA / "pi.jsonl", client) for event in chunk.events]
    assert {event.client for event in found} == {client}
    assert story(found) == story(events("pi.jsonl"))


def test_copilot_says_what_came_of_calls() -> None:
    found = events("copilot.jsonl")
    assert story(found) == [("prompt", "Mend the export"), ("tool_failure", "1 failed"), ("answer", "It fails.")]
    assert found[1].detail["command"] == "pytest"
    assert {(event.session, event.cwd, event.branch) for event in found} == {("cop-1", SHOP, "export")}


def test_cursor_says_prompts_answers_and_calls() -> None:
    found = events("cursor.jsonl")
    assert [(event.kind, event.text) for event in found] == [
        ("prompt", "Mend the export"), ("answer", "I run it."), ("tool_call", ""), ("tool_call", ""), ("prompt", "Mend the export"),
    ]  # fmt: skip
    assert found[3].detail == {"tool": "Write", "paths": [f"{SHOP}/export.py"], "writes": True}
    assert len({event.key for event in found}) == len(found)


def test_antigravity_says_requests_without_what_is_put_around_them() -> None:
    assert story(events("antigravity.jsonl")) == [("prompt", "Mend the export"), ("answer", "It is mended.")]


@pytest.mark.parametrize("name", LINES)
def test_nothing_that_was_put_in_comes_out(name: str) -> None:
    put_in = ("everlore-memory", "system-reminder", "hook_context", "environment_context", "AGENTS.md", "METADATA")
    assert [event.text for event in events(name) if any(each in event.text for each in put_in)] == []


PUT_IN = (
    '<everlore-memory project="x" date="2026-11-26">\nWe keep leases in a heap.\n</everlore-memory>\n\n{}',
    "{}\n<system-reminder>\nThe list of things to do is empty.\n</system-reminder>",
    "{}\n\n<everlore-memory>\ncut in the mid",
)


@pytest.mark.parametrize(("name", "around"), [
    (name, around) for name in LINES for around in PUT_IN
    if (name, around) != ("gemini-cli.jsonl", PUT_IN[2])  # there a second part follows, with a block that has an end
])  # fmt: skip
def test_what_is_put_around_a_prompt_changes_nothing_of_it(tmp_path: Path, name: str, around: str) -> None:
    plain = events(name)
    whole, path = (DATA / name).read_text(), tmp_path / name
    for prompt in {event.text for event in plain if event.kind == "prompt"}:
        bare = json.dumps(prompt, ensure_ascii=False)[1:-1]
        assert bare in whole
        more = json.dumps(around.format(prompt), ensure_ascii=False)[1:-1]
        whole = re.sub(rf'{re.escape(bare)}(?="|\\n</)', lambda _, more=more: more, whole)
    path.write_text(whole)
    assert whole != (DATA / name).read_text()
    assert story(events(name, path)) == story(plain)


@pytest.mark.parametrize("name", LINES)
def test_a_file_is_known_by_its_beginning(name: str) -> None:
    found = source_of(DATA / name)
    assert found is not None
    assert found.client == client_of(name)


def read_in_pieces(path: Path, whole: bytes, client: str, cuts: list[int]) -> Iterator[Event]:
    position, state = 0, dict[str, Any]()
    for cut in [*sorted(cuts), len(whole)]:
        path.write_bytes(whole[:cut])
        for chunk in SOURCES[client].read(path, position, state):
            yield from chunk.events
            position, state = chunk.position, json.loads(json.dumps(chunk.state))


@pytest.mark.parametrize("name", LINES)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_grows_is_read_as_one_that_is_whole(tmp_path: Path, name: str, data: st.DataObject) -> None:
    whole, client = (DATA / name).read_bytes(), client_of(name)
    path = tmp_path / name
    path.write_bytes(whole)
    at_once = [event for chunk in chunks(path, client) for event in chunk.events]
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=6))
    assert list(read_in_pieces(path, whole, client, cuts)) == at_once


@pytest.mark.parametrize("name", LINES)
def test_cutting_at_any_byte_changes_nothing(tmp_path: Path, name: str) -> None:
    whole, client = (DATA / name).read_bytes(), client_of(name)
    path = tmp_path / name
    path.write_bytes(whole)
    at_once = [event for chunk in chunks(path, client) for event in chunk.events]
    for cut in range(0, len(whole), 7):
        assert list(read_in_pieces(path, whole, client, [cut])) == at_once, cut


def test_a_half_written_line_waits(tmp_path: Path) -> None:
    path = written(tmp_path / "s.jsonl", claude(1, "Mend the export"))
    whole = path.stat().st_size
    with path.open("a") as file:
        file.write('{"type": "user", "uuid": "u2", "sessionId": "s1", "message": {"role": "us')
    (chunk,) = chunks(path, "claude-code")
    assert (chunk.position, chunk.bad, len(chunk.events)) == (whole, 0, 1)


def test_what_cannot_be_read_is_counted_and_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "s.jsonl", "nonsense", "[1]", "", "[" * 5_000, claude(1, "Mend the export"), '"text"')
    (chunk,) = chunks(path, "claude-code")
    assert ([event.text for event in chunk.events], chunk.bad) == (["Mend the export"], 4)


@pytest.mark.parametrize("client", sorted(set(SOURCES) - {"cline", "opencode"}))
@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(sorted(SPOKEN)),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "type",
                            "message",
                            "payload",
                            "content",
                            "role",
                            "id",
                            "sessionId",
                            "$set",
                            "data",
                            "toolCalls",
                            "source",
                        ]
                    ),
                    inner | st.sampled_from(["user", "assistant", "message", "response_item", "event_msg", "gemini"]),
                    max_size=5,
                )
            ),
            max_leaves=12,
        ),
        max_size=6,
    )
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_is_too_strange(tmp_path: Path, client: str, entries: list[Any]) -> None:
    path = written(tmp_path / "strange.jsonl", *entries)
    found = chunks(path, client)
    assert not found or found[-1].position == path.stat().st_size


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (rb"cut \ud83d here", "cut \ufffd here"),
        (rb"cut \udE00", "cut \ufffd"),
        (rb"whole \ud83d\ude00", "whole \U0001f600"),
        (rb"a path C:\\ud83d", r"a path C:\ud83d"),
        (b"byte \xff of another encoding", "byte \ufffd of another encoding"),
    ],
)
def test_a_character_cut_in_half_costs_no_line(tmp_path: Path, broken: bytes, mended: str) -> None:
    path = written(tmp_path / "s.jsonl", claude(1, "HERE"))
    path.write_bytes(path.read_bytes().replace(b"HERE", broken))
    (chunk,) = chunks(path, "claude-code")
    assert ([event.text for event in chunk.events], chunk.bad) == ([mended], 0)


def test_what_a_crash_left_before_a_line_costs_no_line(tmp_path: Path) -> None:
    path = written(tmp_path / "s.jsonl", claude(1, "Mend the export"))
    path.write_bytes(b"\0" * 512 + path.read_bytes())
    (chunk,) = chunks(path, "claude-code")
    assert [event.text for event in chunk.events] == ["Mend the export"]


def test_a_line_that_is_too_long_is_counted_and_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LONGEST_LINE", 1_000)
    path = written(tmp_path / "s.jsonl", claude(1, "before"), claude(2, "x" * 5_000), claude(3, "after"))
    (chunk,) = chunks(path, "claude-code")
    assert ([event.text for event in chunk.events], chunk.bad) == (["before", "after"], 1)
    assert chunk.position == path.stat().st_size


def test_a_long_output_is_cut_and_says_how_long_it_was(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "cat big"}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "x" * 200_000}
    path = written(
        tmp_path / "s.jsonl",
        {**claude(1, ""), "type": "assistant", "message": {"role": "assistant", "content": [call]}},
        {**claude(2, ""), "message": {"role": "user", "content": [result]}},
    )
    (chunk,) = chunks(path, "claude-code")
    assert len(chunk.events[0].text) < 17_000
    assert length_before(chunk.events[0].text) == 200_000


def test_a_large_file_comes_in_pieces_each_with_where_to_go_on(tmp_path: Path) -> None:
    path = written(tmp_path / "s.jsonl", *(claude(number, f"Prompt {number}") for number in range(2_500)))
    found = chunks(path, "claude-code")
    assert [len(chunk.events) for chunk in found] == [1_000, 1_000, 500]
    rest = chunks(path, "claude-code", found[0].position, found[0].state)
    assert [event for chunk in rest for event in chunk.events] == [
        event for chunk in found[1:] for event in chunk.events
    ]


def test_a_call_without_a_result_is_not_remembered_for_ever(tmp_path: Path) -> None:
    call = {"type": "tool_use", "name": "Bash", "input": {"command": "sleep"}}
    entries = (
        {**claude(n, ""), "type": "assistant", "message": {"role": "assistant", "content": [{**call, "id": f"t{n}"}]}}
        for n in range(500)
    )
    (chunk,) = chunks(written(tmp_path / "s.jsonl", *entries), "claude-code")
    assert list(chunk.state["calls"])[:1] == ["t300"]
    assert len(chunk.state["calls"]) == source.MOST_CALLS


@pytest.mark.parametrize("name", LINES)
def test_from_the_end_only_what_comes_later_is_read(tmp_path: Path, name: str) -> None:
    whole, client = (DATA / name).read_bytes(), client_of(name)
    half = whole.index(b"\n", len(whole) // 2) + 1
    path = tmp_path / name
    path.write_bytes(whole[:half] + b'{"half')
    position, state = SOURCES[client].end(path)
    assert position == half
    path.write_bytes(whole)
    later = [event for chunk in chunks(path, client, position, json.loads(json.dumps(state))) for event in chunk.events]
    at_once = [event for chunk in chunks(path, client) for event in chunk.events]
    assert later
    assert [(event.session, event.text) for event in later] == [(e.session, e.text) for e in at_once[-len(later) :]]


PLACES = {
    "claude-code": ".claude/projects/-home-ana/s1/subagents/agent-a7.jsonl",
    "codex": ".codex/sessions/2026/11/26/rollout-2026-11-26T20-12-17-x.jsonl.zst",
    "gemini-cli": ".gemini/tmp/shop/chats/session-x.json",
    "opencode": ".local/share/opencode/opencode.db",
    "pi": ".pi/agent/sessions/--home-ana--/x.jsonl",
    "omp": ".omp/agent/sessions/-home-ana/x.jsonl",
    "openclaw": ".openclaw/agents/main/sessions/x.jsonl",
    "cursor": ".cursor/projects/home-ana/agent-transcripts/x/x.jsonl",
    "antigravity": ".gemini/antigravity/brain/x/.system_generated/logs/transcript.jsonl",
    "copilot": ".copilot/session-state/x/events.jsonl",
    "cline": ".cline/data/sessions/x/x.messages.json",
}


def test_every_client_has_a_place() -> None:
    assert set(PLACES) == set(SOURCES)


@pytest.mark.parametrize("client", PLACES)
def test_a_file_is_found_and_known_by_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: str) -> None:
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_DATA_HOME", "OPENCLAW_STATE_DIR", "PI_CODING_AGENT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    path = written(tmp_path / PLACES[client])
    assert list(SOURCES[client].files({}, tmp_path)) == [path]
    found = source_of(path)
    assert found is not None
    assert found.client == client


@pytest.mark.parametrize(
    ("client", "variable", "below"),
    [
        ("claude-code", "CLAUDE_CONFIG_DIR", "projects/p/s.jsonl"),
        ("codex", "CODEX_HOME", "sessions/2026/11/26/rollout-x.jsonl"),
        ("opencode", "XDG_DATA_HOME", "opencode/opencode.db"),
        ("openclaw", "OPENCLAW_STATE_DIR", "agents/main/sessions/x.jsonl"),
        ("omp", "PI_CODING_AGENT_DIR", "sessions/p/x.jsonl"),
        ("gemini-cli", "GEMINI_CLI_HOME", ".gemini/tmp/shop/chats/session-x.jsonl"),
    ],
)
def test_a_directory_that_was_moved_is_followed(tmp_path: Path, client: str, variable: str, below: str) -> None:
    path = written(tmp_path / "elsewhere" / below)
    assert list(SOURCES[client].files({variable: str(tmp_path / "elsewhere")}, tmp_path / "home")) == [path]


def test_a_cursor_project_is_found_by_the_name_of_its_directory(tmp_path: Path) -> None:
    project = tmp_path / "my.src" / "web-shop"
    project.mkdir(parents=True)
    (tmp_path / "my").mkdir()
    slug = "".join(letter if letter.isalnum() else "-" for letter in str(project)).strip("-")
    path = tmp_path / ".cursor" / "projects" / slug / "agent-transcripts" / "c1" / "c1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes((DATA / "cursor.jsonl").read_bytes())
    assert {(event.session, event.cwd) for event in events("cursor", path)} == {("c1", str(project))}


def test_what_is_no_transcript_is_nobodys(tmp_path: Path) -> None:
    assert source_of(written(tmp_path / "notes.jsonl", {"text": "hello"})) is None
    assert source_of(tmp_path / "missing.jsonl") is None
