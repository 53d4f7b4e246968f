"""What clients are told: the exact output for every client and event, with a context and without, and nothing where none is due."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.sessions.clients import MODULES, named
from everlore.sessions.clients.client import FENCE_END, fitted
from everlore.sessions.clients.silent import READING, SILENT, SPEAKING, answers_alone
from everlore.surfaces.hooks.run import silence

TOLD = '<everlore-memory project="x">\nAna: \u201cuse uv\u201d\n</everlore-memory>'
QUOTED = '<everlore-memory project=\\"x\\">\\nAna: \u201cuse uv\u201d\\n</everlore-memory>'


def specific(event: str) -> str:
    return f'{{"hookSpecificOutput": {{"hookEventName": "{event}", "additionalContext": "{QUOTED}"}}}}'


EPHEMERAL = f'{{"injectSteps": [{{"ephemeralMessage": "{QUOTED}"}}]}}'
ADDITIONAL = f'{{"additionalContext": "{QUOTED}"}}'
CURSOR_START = f'{{"additional_context": "{QUOTED}"}}'
CURSOR_PROMPT = f'{{"continue": true, "additional_context": "{QUOTED}", "additionalContext": "{QUOTED}"}}'
CLINE = f'{{"cancel": false, "contextModification": "{QUOTED}", "context": "{QUOTED}"}}'
START, PROMPT = specific("SessionStart"), specific("UserPromptSubmit")
CLAUDE = [
    ("SessionStart", "", START), ("session-start", "", START), ("UserPromptSubmit", "", PROMPT), ("user-prompt-submit", "", PROMPT),
]  # fmt: skip
ANSWERS: dict[str, list[tuple[str, str, str]]] = {
    "claude-code": CLAUDE, "codex": CLAUDE, "devin": CLAUDE, "droid": CLAUDE, "kimi": CLAUDE[2:], "vscode": CLAUDE[:2],
    "gemini-cli": [
        ("SessionStart", "{}", START), ("session-start", "{}", START), ("BeforeAgent", "{}", specific("BeforeAgent")),
        ("before-agent", "{}", specific("BeforeAgent")),
    ],
    "qwen": [("SessionStart", "{}", START), ("UserPromptSubmit", "{}", PROMPT), ("BeforeAgent", "{}", specific("BeforeAgent"))],
    "antigravity": [("PreInvocation", "{}", EPHEMERAL), ("pre-invocation", "{}", EPHEMERAL), ("SessionStart", "{}", EPHEMERAL)],
    "cursor": [
        ("sessionStart", "", CURSOR_START), ("session-start", "", CURSOR_START),
        ("beforeSubmitPrompt", '{"continue": true}', CURSOR_PROMPT), ("before-submit-prompt", '{"continue": true}', CURSOR_PROMPT),
    ],
    "copilot": [("sessionStart", "", ADDITIONAL), ("SessionStart", "", ADDITIONAL), ("session-start", "", ADDITIONAL)],
    "opencode": [(event, "", TOLD) for event in ("session.start", "chat.message", "session.compacted")],
    "omp": [("session_start", "", TOLD), ("before_agent_start", "", TOLD)],
    "pi": [("session_start", "", TOLD), ("before_agent_start", "", TOLD)],
    "openclaw": [("before_prompt_build", "", TOLD)],
    "cline": [(event, '{"cancel": false}', CLINE) for event in ("TaskStart", "UserPromptSubmit", "agent_start", "prompt_submit")],
}  # fmt: skip
QUIET = [
    ("claude-code", "PostToolUse", ""), ("claude-code", "Stop", ""), ("claude-code", "PreCompact", ""), ("claude-code", "SessionEnd", ""),
    ("codex", "Stop", ""), ("codex", "PreToolUse", ""), ("gemini-cli", "AfterTool", "{}"), ("gemini-cli", "SessionEnd", "{}"),
    ("antigravity", "PostToolUse", "{}"), ("antigravity", "PreToolUse", '{"decision": "allow"}'), ("antigravity", "Stop", "{}"),
    ("cursor", "postToolUse", ""), ("cursor", "stop", ""), ("cursor", "UserPromptSubmit", ""), ("copilot", "userPromptSubmitted", ""),
    ("copilot", "UserPromptSubmit", ""), ("copilot", "agentStop", ""), ("vscode", "UserPromptSubmit", ""), ("devin", "pre_user_prompt", ""),
    ("opencode", "tool.execute.after", ""), ("openclaw", "agent_end", ""), ("openclaw", "session_start", ""), ("pi", "tool_result", ""),
    ("cline", "PostToolUse", '{"cancel": false}'), ("cline", "tool_result", '{"cancel": false}'), ("kimi", "SessionStart", ""),
    ("grok", "SessionStart", ""), ("kiro", "UserPromptSubmit", ""), ("nobody", "SessionStart", ""),
]  # fmt: skip
FIRST = {"invocationNum": 0, "initialNumSteps": 0}
CASES = [(client, *row) for client, rows in ANSWERS.items() for row in rows]


@pytest.mark.parametrize(("client", "event", "silent", "spoken"), CASES, ids=[f"{c}-{e}" for c, e, *_ in CASES])
def test_a_context_goes_out_in_the_exact_form_that_the_client_reads(
    client: str, event: str, silent: str, spoken: str
) -> None:
    assert named(client).answer(event, None) == named(client).answer(event, "") == silent
    assert named(client).answer(event, TOLD) == spoken
    assert named(client).speaks(event, FIRST) is not None


def test_every_event_at_which_a_client_may_be_told_something_is_in_the_list_above() -> None:
    assert {client: {event for event, *_ in rows} for client, rows in ANSWERS.items()} == SPEAKING


@pytest.mark.parametrize(
    ("client", "event"), [(client, event) for client, events in READING.items() for event in sorted(events)]
)
def test_what_is_known_about_a_file_goes_out_where_the_contract_has_a_place_for_it(client: str, event: str) -> None:
    assert named(client).speaks(event, FIRST) == "read"
    said = json.loads(named(client).answer(event, TOLD))["hookSpecificOutput"]
    assert said["additionalContext"] == TOLD
    assert said["hookEventName"] in {"PreToolUse", "PostToolUse", "AfterTool"}
    assert not answers_alone(client, event), "no store is opened for it"


@pytest.mark.parametrize(("client", "event", "silent"), QUIET)
def test_nothing_is_told_where_the_contract_has_no_place_for_it(client: str, event: str, silent: str) -> None:
    assert named(client).speaks(event, FIRST) == ("read" if event in READING.get(client, ()) else None)
    assert named(client).answer(event, None) == silence(client, event) == silent
    assert not answers_alone(client, event)


@given(st.sampled_from([*MODULES, "nobody"]), st.text(max_size=12) | st.sampled_from([row[1] for row in CASES]))
def test_what_a_hook_prints_by_itself_is_what_the_client_says_for_nothing(client: str, event: str) -> None:
    quiet = named(client).answer(event, None)
    assert quiet == silence(client, event)
    assert not quiet or isinstance(json.loads(quiet), dict)
    assert set(SILENT) <= set(MODULES)
    if event not in SPEAKING.get(client, ()):
        assert named(client).speaks(event, FIRST) is None


@pytest.mark.parametrize(("client", "event", "payload", "moment"), [
    ("claude-code", "SessionStart", {"source": "startup"}, "start"), ("claude-code", "SessionStart", {"source": "compact"}, "compacted"),
    ("codex", "SessionStart", {"source": "compact"}, "compacted"), ("claude-code", "UserPromptSubmit", {"source": "compact"}, "prompt"),
    ("gemini-cli", "BeforeAgent", {}, "prompt"), ("cursor", "beforeSubmitPrompt", {}, "prompt"), ("opencode", "session.compacted", {}, "compacted"),
    ("antigravity", "PreInvocation", {"invocationNum": 0}, "start"), ("antigravity", "PreInvocation", {"invocationNum": 1}, "start"),
    ("antigravity", "PreInvocation", {"invocationNum": 2}, None), ("antigravity", "PreInvocation", {}, None),
    ("antigravity", "PreInvocation", {"invocationNum": 1, "initialNumSteps": 7}, None), ("antigravity", "SessionStart", {}, "start"),
    ("openclaw", "before_prompt_build", {}, "prompt"), ("cline", "TaskStart", {}, "start"), ("pi", "before_agent_start", {}, "prompt"),
])  # fmt: skip
def test_the_moment_of_a_session_is_told_by_the_event_and_its_source(
    client: str, event: str, payload: dict[str, Any], moment: str | None
) -> None:
    assert named(client).speaks(event, payload) == moment


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in texts(each)]


@pytest.mark.parametrize(("client", "event"), [(client, event) for client, event, *_ in CASES])
def test_a_context_over_the_cap_is_cut_at_the_end_of_a_line_and_closed(client: str, event: str) -> None:
    lines = [f"{number}: {'words of a memory ' * 3}" for number in range(400)]
    output = named(client).answer(event, "\n".join(["<everlore-memory>", *lines, FENCE_END]))
    given_out = [text for text in texts(json.loads(output) if output[0] == "{" else output) if FENCE_END in text]
    assert given_out
    for text in given_out:
        head, *kept, end = text.split("\n")
        assert (head, end) == ("<everlore-memory>", FENCE_END)
        assert kept == lines[: len(kept)]
        assert named(client).cap - 100 < len(text) <= named(client).cap


@given(st.lists(st.text(alphabet="ab ü\U0001f600", max_size=30), max_size=30), st.integers(40, 400))
def test_what_is_fitted_is_never_longer_than_the_cap_and_always_closed(lines: list[str], cap: int) -> None:
    context = "\n".join(["<everlore-memory>", *lines, FENCE_END])
    cut = fitted(context, cap)
    assert len(cut) <= cap
    assert cut == context if len(context) <= cap else cut.endswith(f"\n{FENCE_END}")
    assert set(cut.split("\n")) <= {"<everlore-memory>", FENCE_END, *lines}


def test_a_line_longer_than_the_cap_leaves_only_the_fence() -> None:
    assert fitted(f"<everlore-memory>\n{'x' * 500}\n{FENCE_END}", 100) == f"<everlore-memory>\n{FENCE_END}"
