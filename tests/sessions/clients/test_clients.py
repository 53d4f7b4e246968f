"""What clients deliver, read into events: deliveries as real clients made them, deliveries as their documents have them, and any JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.sessions.clients import MODULES, client_of, host, named
from everlore.sessions.records import EVENT_KINDS, Event

DATA = Path(__file__).parents[2] / "data"
CWD, SHOP = "/home/ana", "/home/ana/src/shop"
AT = 1_795_723_989_560  # 2026-11-26T20:13:09.560Z
ISO = "2026-11-26T20:13:09.560Z"
_PLAIN = {
    "text": "",
    "key": "",
    "cwd": CWD,
    "at": None,
    "branch": None,
    "parent": None,
    "transcript": None,
    "detail": {},
}


def told(event: Event, common: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the kind of an event and what it says beyond what is common."""
    return event.kind, {name: value for name in _PLAIN if (value := getattr(event, name)) != common[name]}


def read(client: str, event: str, payload: Any) -> list[Event]:
    return named(client).read(event, payload, {}, CWD)


CLAUDE, CODEX, GEMINI = (
    "568dad60-7645-485d-aa61-39caf2199d81", "01a2197c-c8a3-7ce0-bc77-5838f926cfc3", "a3cb7428-482d-4616-be00-81dd60bb3832",
)  # fmt: skip
TURN = "turn:01a2197c-c8bf-7403-9ada-af0611d10c3d"
ROLLOUT = f"/home/ana/.codex/sessions/2026/11/26/rollout-2026-11-26T20-12-17-{CODEX}.jsonl"
SCRIPT = {"model": "script"}
RECORDED: dict[str, tuple[str, str, list[tuple[str, str, dict[str, Any]]]]] = {
    "claude-code": (CLAUDE, f"/home/ana/.claude/projects/-home-ana-src-shop/{CLAUDE}.jsonl", [
        ("session_start", "SessionStart", {"detail": {"source": "startup"}}),
        ("prompt", "UserPromptSubmit", {"text": "Mend the nightly export", "key": "prompt:7be8bbe6-6014-404e-a5be-d92bfd7d1a35"}),
        ("tool_failure", "PostToolUseFailure", {"text": "boom", "key": "result:toolu_1", "detail": {
            "tool": "Bash", "command": "echo boom; exit 3", "call": "toolu_1", "exit": 3, "duration": 28}}),
        ("tool_result", "PostToolUse", {"key": "result:toolu_2", "detail": {
            "tool": "Write", "paths": [f"{SHOP}/a.txt"], "writes": True, "call": "toolu_2", "duration": 9}}),
        ("answer", "Stop", {"text": "The export is mended."}),
        ("turn_end", "Stop", {}),
        ("session_end", "SessionEnd", {"detail": {"reason": "other"}}),
    ]),
    "codex": (CODEX, ROLLOUT, [
        ("session_start", "SessionStart", {"detail": {**SCRIPT, "source": "startup"}}),
        ("prompt", "UserPromptSubmit", {"text": "Mend the nightly export", "key": f"{TURN}:prompt", "detail": SCRIPT}),
        ("tool_result", "PostToolUse", {"text": "boom\n", "key": "result:call_1", "detail": {
            **SCRIPT, "tool": "Bash", "command": "false; echo boom; exit 3", "call": "call_1"}}),
        ("answer", "Stop", {"text": "The export is mended.", "key": f"{TURN}:answer", "detail": SCRIPT}),
        ("turn_end", "Stop", {"detail": SCRIPT}),
        ("session_end", "SessionEnd", {"detail": {"reason": "other"}}),
    ]),
    "gemini-cli": (GEMINI, "/home/ana/.gemini/tmp/shop/chats/session-2026-11-26T20-13-a3cb7428.jsonl", [
        ("session_start", "SessionStart", {"at": AT, "detail": {"source": "startup"}}),
        ("prompt", "BeforeAgent", {"at": AT + 13, "text": "Mend the nightly export"}),
        ("other", "PreCompress", {"at": AT + 20, "detail": {"trigger": "auto"}}),
        ("tool_failure", "AfterTool", {"at": AT + 150, "text": "boom", "detail": {
            "tool": "run_shell_command", "command": "echo boom; exit 3", "exit": 3}}),
        ("tool_result", "AfterTool", {"at": AT + 216,
            "text": f"Successfully created and wrote to new file: {SHOP}/a.txt. Here is the updated code:\nhi",
            "detail": {"tool": "write_file", "paths": [f"{SHOP}/a.txt"], "writes": True}}),
        ("tool_result", "AfterTool", {"at": AT + 265,
            "text": "Successfully updated the todo list. The current list is now:\n1. [in_progress] mend the export",
            "detail": {"tool": "write_todos", "todos": [{"content": "mend the export", "status": "in_progress"}]}}),
        ("answer", "AfterAgent", {"at": AT + 305, "text": "Done."}),
        ("turn_end", "AfterAgent", {"at": AT + 305}),
        ("session_end", "SessionEnd", {"at": AT + 319, "detail": {"reason": "exit"}}),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("client", RECORDED)
def test_what_a_real_client_delivered_is_read_exactly(client: str) -> None:
    session, transcript, expected = RECORDED[client]
    lines = [json.loads(line) for line in (DATA / "hooks" / f"{client}.jsonl").read_text().splitlines()]
    found = [event for line in lines for event in read(client, line["event"], line["payload"])]
    assert {(event.client, event.session) for event in found} == {(client, session)}
    common = {**_PLAIN, "cwd": SHOP, "transcript": transcript}
    assert [(kind, event.name, more) for event in found for kind, more in [told(event, common)]] == expected


CURSOR = {"conversation_id": "c1", "generation_id": "g1", "cursor_version": "3.20.17", "workspace_roots": [SHOP], "user_email": None,
          "transcript_path": None}  # fmt: skip
OPENCODE = {"sessionID": "c1", "directory": SHOP}
PI = {"session": "c1", "cwd": SHOP}
CLAW = {"sessionId": "c1", "cwd": SHOP}
CAMEL = {"sessionId": "c1", "timestamp": AT, "cwd": SHOP}
SNAKE = {"session_id": "c1", "timestamp": ISO, "cwd": SHOP}
VSCODE = {"sessionId": "c1", "timestamp": ISO, "cwd": SHOP, "transcript_path": "/t"}
CASCADE = {"trajectory_id": "c1", "execution_id": "e1", "timestamp": ISO}
DEVIN = {"session_id": "c1", "prompt_id": "p1"}
CLINE = {"clineVersion": "4.1.17", "timestamp": str(AT), "taskId": "c1", "workspaceRoots": [SHOP], "userId": "u"}
AGY = {"conversationId": "c1", "workspacePaths": [SHOP], "artifactDirectoryPath": "/a"}
QUOTED = '"Mend it"'
MESSAGES = [
    {"role": "user", "content": "Mend it"},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Mended."}]},
    {"role": "toolResult", "content": [{"type": "text", "text": "ok"}]},
]
IN, NOW = {"cwd": SHOP}, {"cwd": SHOP, "at": AT}
MADE = {"tool": "Shell", "command": "make"}
FAILED = {"tool": "bash", "command": "make"}
DOCUMENTED: list[tuple[str, str, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    ("cursor", "sessionStart", {**CURSOR, "session_id": "c1", "model": "m1", "is_background_agent": False},
     [("session_start", {**IN, "detail": {"model": "m1"}})]),
    ("cursor", "beforeSubmitPrompt", {**CURSOR, "prompt": "Mend it", "attachments": []},
     [("prompt", {**IN, "text": "Mend it", "key": "generation:g1:prompt"})]),
    ("cursor", "postToolUse", {**CURSOR, "tool_name": "Shell", "tool_input": {"command": "make"}, "tool_use_id": "t1", "duration": 12.5,
                               "tool_output": '{"exitCode": 2, "stdout": "boom"}'},
     [("tool_failure", {**IN, "text": "boom", "key": "result:t1", "detail": {**MADE, "call": "t1", "exit": 2, "duration": 12}})]),
    ("cursor", "afterShellExecution", {**CURSOR, "command": "make", "output": "ok"}, [("tool_result", {**IN, "text": "ok", "detail": MADE})]),
    ("cursor", "afterMCPExecution", {**CURSOR, "tool_name": "find", "tool_input": '{"q": "x"}',
                                     "result_json": '{"content": [{"type": "text", "text": "two"}]}'},
     [("tool_result", {**IN, "text": "two", "detail": {"tool": "find", "input": "q: x"}})]),
    ("cursor", "afterFileEdit", {**CURSOR, "file_path": f"{SHOP}/a.py", "edits": [{"old_string": "a", "new_string": "b"}]},
     [("tool_result", {**IN, "detail": {"tool": "Edit", "paths": [f"{SHOP}/a.py"], "writes": True}})]),
    ("cursor", "afterAgentResponse", {**CURSOR, "text": "Mended."}, [("answer", {**IN, "text": "Mended."})]),
    ("cursor", "preCompact", {**CURSOR, "trigger": "auto"}, [("compaction", {**IN, "detail": {"trigger": "auto"}})]),
    ("cursor", "stop", {**CURSOR, "status": "completed", "loop_count": 0}, [("turn_end", IN)]),
    ("cursor", "sessionEnd", {**CURSOR, "reason": "user_close", "duration_ms": 9}, [("session_end", {**IN, "detail": {"reason": "user_close"}})]),
    ("antigravity", "PostToolUse", {**AGY, "toolCall": {"name": "run_command", "args": {"CommandLine": "make"}}, "stepIdx": 4, "error": "boom"},
     [("tool_failure", {**IN, "text": "boom", "key": "step:4", "detail": {"tool": "run_command", "command": "make"}})]),
    ("antigravity", "PreInvocation", {**AGY, "invocationNum": 0, "transcriptPath": "/nowhere.jsonl"},
     [("other", {**IN, "transcript": "/nowhere.jsonl"})]),
    ("antigravity", "Stop", {**AGY, "executionNum": 1, "terminationReason": "done", "fullyIdle": True}, [("turn_end", IN)]),
    ("opencode", "session.start", {**OPENCODE, "source": "startup"}, [("session_start", {**IN, "detail": {"source": "startup"}})]),
    ("opencode", "chat.message", {**OPENCODE, "messageID": "m1", "text": QUOTED},
     [("prompt", {**IN, "text": "Mend it", "key": "message:m1"})]),
    ("opencode", "chat.message", {**OPENCODE, "messageID": "m1", "text": 'Say "a" and "b"'},
     [("prompt", {**IN, "text": 'Say "a" and "b"', "key": "message:m1"})]),
    ("opencode", "tool.execute.after", {**OPENCODE, "tool": "bash", "callID": "t1", "args": {"command": "make"}, "output": "boom",
                                        "tool_response": {"output": "boom", "exit": 2}},
     [("tool_failure", {**IN, "text": "boom", "key": "result:t1", "detail": {**FAILED, "call": "t1", "exit": 2}})]),
    ("opencode", "tool.execute.after", {**OPENCODE, "tool": "read", "callID": "t2", "args": {"filePath": "a.py"}, "error": "no file"},
     [("tool_failure", {**IN, "text": "no file", "key": "result:t2", "detail": {"tool": "read", "paths": ["a.py"], "call": "t2"}})]),
    ("opencode", "message", {**OPENCODE, "messageID": "m2", "text": "Mended."}, [("answer", {**IN, "text": "Mended.", "key": "message:m2"})]),
    ("opencode", "session.idle", {**OPENCODE, "parentID": "c0"}, [("turn_end", {**IN, "parent": "c0"})]),
    ("opencode", "session.compacted", OPENCODE, [("compaction", IN)]),
    ("opencode", "session.deleted", OPENCODE, [("session_end", IN)]),
    ("openclaw", "before_prompt_build", {**CLAW, "prompt": "Mend it"}, [("prompt", {**IN, "text": "Mend it"})]),
    ("openclaw", "after_tool_call", {**CLAW, "toolName": "exec", "parameters": {"command": "make"}, "result": None, "error": "boom"},
     [("tool_failure", {**IN, "text": "boom", "detail": {"tool": "exec", "command": "make"}})]),
    ("openclaw", "agent_end", {**CLAW, "messages": MESSAGES}, [("answer", {**IN, "text": "Mended."}), ("turn_end", IN)]),
    ("openclaw", "before_compaction", CLAW, [("compaction", IN)]),
    *((client, event, payload, expected) for client in ("omp", "pi") for event, payload, expected in [
        ("session_start", {**PI, "source": "startup"}, [("session_start", {**IN, "detail": {"source": "startup"}})]),
        ("before_agent_start", {**PI, "prompt": "Mend it"}, [("prompt", {**IN, "text": "Mend it"})]),
        ("tool_result", {**PI, "tool": "bash", "call_id": "t1", "input": {"command": "make"}, "output": "boom", "isError": True},
         [("tool_failure", {**IN, "text": "boom", "key": "result:t1", "detail": {**FAILED, "call": "t1"}})]),
        ("agent_end", {**PI, "messages": MESSAGES}, [("answer", {**IN, "text": "Mended."}), ("turn_end", IN)]),
        ("session_before_compact", PI, [("compaction", IN)]),
        ("session_shutdown", PI, [("session_end", IN)]),
    ]),
    ("copilot", "sessionStart", {**CAMEL, "source": "new", "initialPrompt": "Mend it"}, [("session_start", {**NOW, "detail": {"source": "new"}})]),
    ("copilot", "userPromptSubmitted", {**CAMEL, "prompt": "Mend it"}, [("prompt", {**NOW, "text": "Mend it"})]),
    ("copilot", "postToolUse", {**CAMEL, "toolName": "bash", "toolArgs": {"command": "make"},
                                "toolResult": {"resultType": "failure", "textResultForLlm": "boom"}},
     [("tool_failure", {**NOW, "text": "boom", "detail": FAILED})]),
    ("copilot", "agentStop", {**CAMEL, "transcriptPath": "/t", "stopReason": "end_turn"}, [("turn_end", {**NOW, "transcript": "/t"})]),
    ("copilot", "subagentStart", {**CAMEL, "agentName": "looker"}, [("subagent_start", {**NOW, "detail": {"agent": "looker"}})]),
    ("copilot", "preCompact", {**CAMEL, "trigger": "auto", "customInstructions": ""}, [("compaction", {**NOW, "detail": {"trigger": "auto"}})]),
    ("copilot", "sessionEnd", {**CAMEL, "reason": "user_exit"}, [("session_end", {**NOW, "detail": {"reason": "user_exit"}})]),
    ("copilot", "SessionStart", {**SNAKE, "source": "resume"}, [("session_start", {**NOW, "detail": {"source": "resume"}})]),
    ("copilot", "UserPromptSubmit", {**SNAKE, "prompt": "Mend it"}, [("prompt", {**NOW, "text": "Mend it"})]),
    ("copilot", "PostToolUse", {**SNAKE, "tool_name": "bash", "tool_input": {"command": "make"},
                                "tool_result": {"result_type": "failure", "text_result_for_llm": "boom"}},
     [("tool_failure", {**NOW, "text": "boom", "detail": FAILED})]),
    ("copilot", "Stop", {**SNAKE, "transcript_path": "/t", "stop_reason": "end_turn"}, [("turn_end", {**NOW, "transcript": "/t"})]),
    ("vscode", "SessionStart", {**VSCODE, "source": "new"}, [("session_start", {**NOW, "transcript": "/t", "detail": {"source": "new"}})]),
    ("vscode", "UserPromptSubmit", {**VSCODE, "prompt": "Mend it"}, [("prompt", {**NOW, "transcript": "/t", "text": "Mend it"})]),
    ("vscode", "PostToolUse", {**VSCODE, "tool_name": "replace_string_in_file", "tool_input": {"filePath": "a.py"}, "tool_use_id": "t1",
                               "tool_response": "ok"},
     [("tool_result", {**NOW, "transcript": "/t", "text": "ok", "key": "result:t1",
                       "detail": {"tool": "replace_string_in_file", "paths": ["a.py"], "writes": True, "call": "t1"}})]),
    ("vscode", "Stop", VSCODE, [("turn_end", {**NOW, "transcript": "/t"})]),
    ("devin", "UserPromptSubmit", {**DEVIN, "prompt": "Mend it"}, [("prompt", {"text": "Mend it", "key": "prompt:p1"})]),
    ("devin", "PostToolUse", {**DEVIN, "tool_name": "exec", "tool_input": {"command": "make"}, "tool_use_id": "t1",
                              "tool_response": {"success": False, "output": "", "error": "boom"}},
     [("tool_failure", {"text": "boom", "key": "result:t1", "detail": {"tool": "exec", "command": "make", "call": "t1"}})]),
    ("devin", "Stop", {**DEVIN, "last_assistant_message": "Mended."}, [("answer", {"text": "Mended."}), ("turn_end", {})]),
    ("devin", "PostCompaction", DEVIN, [("compaction", {})]),
    ("devin", "pre_user_prompt", {**CASCADE, "tool_info": {"user_prompt": "Mend it"}}, [("prompt", {"at": AT, "text": "Mend it"})]),
    ("devin", "post_write_code", {**CASCADE, "tool_info": {"file_path": "a.py", "edits": []}},
     [("tool_result", {"at": AT, "detail": {"tool": "Edit", "paths": ["a.py"], "writes": True}})]),
    ("devin", "post_run_command", {**CASCADE, "tool_info": {"command_line": "make"}}, [("tool_result", {"at": AT, "detail": MADE})]),
    ("devin", "post_mcp_tool_use", {**CASCADE, "tool_info": {"mcp_tool_name": "find", "mcp_tool_arguments": {"q": "x"}, "mcp_result": "two"}},
     [("tool_result", {"at": AT, "text": "two", "detail": {"tool": "find", "input": "q: x"}})]),
    ("devin", "post_cascade_response", {**CASCADE, "tool_info": {"response": "Mended."}}, [("answer", {"at": AT, "text": "Mended."})]),
    ("cline", "TaskStart", {**CLINE, "taskStart": {"taskMetadata": {"initialTask": "Mend it"}}},
     [("session_start", NOW), ("prompt", {**NOW, "text": "Mend it"})]),
    ("cline", "UserPromptSubmit", {**CLINE, "userPromptSubmit": {"prompt": "And test it"}}, [("prompt", {**NOW, "text": "And test it"})]),
    ("cline", "PostToolUse", {**CLINE, "postToolUse": {"toolName": "execute_command", "parameters": {"command": "make"}, "result": "boom",
                                                       "success": False, "executionTimeMs": 12}},
     [("tool_failure", {**NOW, "text": "boom", "detail": {"tool": "execute_command", "command": "make", "duration": 12}})]),
    ("cline", "tool_result", {**CLINE, "tool_result": {"name": "bash", "input": {"command": "make"}, "output": "ok", "error": None, "durationMs": 3}},
     [("tool_result", {**NOW, "text": "ok", "detail": {**FAILED, "duration": 3}})]),
    ("cline", "prompt_submit", {**CLINE, "prompt_submit": {"prompt": "Mend it"}}, [("prompt", {**NOW, "text": "Mend it"})]),
    ("cline", "agent_end", CLINE, [("turn_end", NOW)]),
    ("cline", "session_shutdown", CLINE, [("session_end", NOW)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("client", "event", "payload", "expected"), DOCUMENTED, ids=[f"{c}-{e}" for c, e, *_ in DOCUMENTED]
)
def test_what_a_clients_documents_say_it_sends_is_read_exactly(
    client: str, event: str, payload: dict[str, Any], expected: list[tuple[str, dict[str, Any]]]
) -> None:
    found = read(client, event, payload)
    assert [told(each, _PLAIN) for each in found] == expected
    assert {(each.client, each.session, each.name) for each in found} == {(client, "c1", event)}


def test_antigravity_reads_what_was_said_at_the_end_of_its_transcript(tmp_path: Path) -> None:
    lines = [
        {"source": "USER_EXPLICIT", "content": "<USER_REQUEST>Mend it</USER_REQUEST>", "created_at": ISO},
        {"source": "MODEL", "content": "Mended.", "created_at": ISO},
    ]
    path = tmp_path / "transcript.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + "half a li")
    payload = {**AGY, "invocationNum": 0, "transcriptPath": str(path)}
    common = {**_PLAIN, "cwd": SHOP, "transcript": str(path)}
    assert [told(e, common) for e in read("antigravity", "PreInvocation", payload)] == [
        ("prompt", {"text": "Mend it", "at": AT})
    ]
    assert [told(e, common) for e in read("antigravity", "Stop", payload)] == [
        ("answer", {"text": "Mended.", "at": AT}),
        ("turn_end", {}),
    ]
    for nothing in (str(tmp_path), "/dev/zero", "\0", "", 5):
        assert [e.kind for e in read("antigravity", "Stop", {**payload, "transcriptPath": nothing})] == ["turn_end"]


def test_a_subagent_is_a_session_of_its_own_below_its_parent() -> None:
    inside = {"session_id": "s", "agent_id": "a", "agent_type": "looker", "last_assistant_message": "Two places."}
    start, *rest = [*read("claude-code", "SubagentStart", inside), *read("claude-code", "SubagentStop", inside)]
    assert (start.session, start.kind, start.detail) == ("s", "subagent_start", {"agent": "looker"})
    assert [(e.session, e.parent, e.kind, e.text) for e in rest] == [
        ("s", None, "subagent_end", ""), ("s/a", "s", "answer", "Two places."),
    ]  # fmt: skip


INJECTED = '<everlore-memory project="x" date="2026-11-26">\nhistory\n</everlore-memory>'
SAYING = [
    (client, event, payload)
    for client, event, payload, expected in DOCUMENTED
    if any(kind in {"prompt", "answer"} for kind, _ in expected) and payload.get("text") != QUOTED
]


def swap(value: Any, text: str, other: str) -> Any:
    return json.loads(json.dumps(value).replace(json.dumps(text)[1:-1], json.dumps(other)[1:-1]))


@pytest.mark.parametrize(("client", "event", "payload"), SAYING, ids=[f"{c}-{e}" for c, e, _ in SAYING])
@pytest.mark.parametrize(
    "put", [INJECTED, f"<hook_context>{INJECTED}</hook_context>", "<system-reminder>be brief</system-reminder>"]
)
def test_what_was_put_into_a_session_never_comes_out_as_said(
    client: str, event: str, payload: dict[str, Any], put: str
) -> None:
    (said,) = [each.text for each in read(client, event, payload) if each.text]
    for around in (f"{put}\n\n{said}", f"{said}\n{put}"):
        assert [each.text for each in read(client, event, swap(payload, said, around)) if each.text] == [said]
    assert not [each.text for each in read(client, event, swap(payload, said, put)) if each.text]


@pytest.mark.parametrize(("name", "environ", "expected"), [
    ("claude-code", {}, "claude-code"), ("Claude", {}, "claude-code"), ("gemini", {}, "gemini-cli"), ("windsurf", {}, "devin"),
    ("agy", {}, "antigravity"), ("claude-code", {"CURSOR_VERSION": "3"}, "cursor"), ("claude-code", {"CURSOR_PROJECT_DIR": "/x"}, "cursor"),
    ("claude-code", {"GEMINI_SESSION_ID": "s"}, "gemini-cli"), ("claude-code", {"DEVIN_PROJECT_DIR": "/x"}, "devin"),
    ("claude-code", {"GROK_SESSION_ID": "s"}, "grok"), ("claude-code", {"CURSOR_VERSION": ""}, "claude-code"),
    ("claude-code", {"CURSOR_VERSION": "3", "CLAUDE_CODE_SESSION_ID": "s"}, "claude-code"), ("codex", {"CURSOR_VERSION": "3"}, "codex"),
    ("nobody", {}, "nobody"), ("n" * 99, {}, "n" * 40),
])  # fmt: skip
def test_the_client_that_really_runs_a_hook_is_known_by_its_environment(
    name: str, environ: dict[str, str], expected: str
) -> None:
    assert client_of(name, environ).name == expected
    assert host(name, environ)[:40] == expected


FIELDS = sorted({name for _, _, payload, _ in DOCUMENTED for name in payload} | {
    "tool_response", "exit_code", "stdout", "metadata", "file", "content", "command", "paths", "todos", "duration_ms", "agent_id", "text",
    "input-messages", "last_assistant_message", "invocationNum", "initialNumSteps", "prompt_response", "source", "type", "role",
})  # fmt: skip
ODD = st.sampled_from(["{", '{"exit": 1e999}', "/dev/zero", "<everlore-memory>", ISO, "9" * 13, "\ud800"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=12) | ODD,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=6), inner, max_size=6)
    ),
    max_leaves=24,
)
EVENTS = sorted(
    {(client, event) for client in MODULES for event in named(client).events} | {(c, e) for c, e, *_ in DOCUMENTED}
)


@given(st.sampled_from(EVENTS), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8), st.booleans())
def test_no_payload_makes_a_client_raise(where: tuple[str, str], payload: dict[str, Any], with_session: bool) -> None:
    client, event = where
    if with_session:
        payload["session_id"] = "s1"
    for each in read(client, event, payload):
        assert each.session and each.kind in EVENT_KINDS and isinstance(each.text, str) and isinstance(each.key, str)
        assert "<everlore-memory" not in each.text or each.kind.startswith("tool")
        assert each.at is None or isinstance(each.at, int)
    assert named(client).speaks(event, payload) in {None, "start", "prompt", "compacted"}


def repr_of(number: Any) -> str:
    return str(number)[:8]


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), True, 10**400, "9" * 400], ids=repr_of)
def test_a_number_that_is_none_takes_nothing_else_with_it(number: Any) -> None:
    payload = {"session_id": "s", "tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_response": "ok", "duration_ms": number,
               "timestamp": number}  # fmt: skip
    assert [(e.kind, e.text, e.at) for e in read("claude-code", "PostToolUse", payload)] == [
        ("tool_result", "ok", None)
    ]


@pytest.mark.parametrize(
    "payload", [{}, {"session_id": ""}, {"session_id": None}, {"session_id": []}, {"prompt": "Mend it"}]
)
def test_a_delivery_that_names_no_session_says_nothing(payload: dict[str, Any]) -> None:
    assert [read(client, event, payload) for client, event in EVENTS] == [[]] * len(EVENTS)
