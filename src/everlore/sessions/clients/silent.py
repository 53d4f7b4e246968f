"""What a client is told when there is nothing to tell, and at which of its events it may be told something.

Nothing is imported here: a hook reads this before anything else.
"""

SILENT: dict[str, dict[str, str]] = {
    "gemini-cli": {"*": "{}"},
    "qwen": {"*": "{}"},
    "antigravity": {"*": "{}", "PreToolUse": '{"decision": "allow"}', "pre-tool-use": '{"decision": "allow"}'},
    "cursor": {"beforeSubmitPrompt": '{"continue": true}', "before-submit-prompt": '{"continue": true}'},
    "cline": {"*": '{"cancel": false}'},
}
"""Client, its event ("*" for the others), and the exact output; where a client is not listed it is told nothing."""

_CLAUDE = frozenset({"SessionStart", "UserPromptSubmit", "session-start", "user-prompt-submit"})

SPEAKING: dict[str, frozenset[str]] = {
    "claude-code": _CLAUDE,
    "codex": _CLAUDE,
    "devin": _CLAUDE,
    "droid": _CLAUDE,
    "kimi": frozenset({"UserPromptSubmit", "user-prompt-submit"}),
    "gemini-cli": frozenset({"SessionStart", "BeforeAgent", "session-start", "before-agent"}),
    "qwen": frozenset({"SessionStart", "UserPromptSubmit", "BeforeAgent"}),
    "antigravity": frozenset({"PreInvocation", "pre-invocation", "SessionStart"}),
    "cursor": frozenset({"sessionStart", "beforeSubmitPrompt", "session-start", "before-submit-prompt"}),
    "opencode": frozenset({"session.start", "chat.message", "session.compacted"}),
    "omp": frozenset({"session_start", "before_agent_start"}),
    "pi": frozenset({"session_start", "before_agent_start"}),
    "openclaw": frozenset({"before_prompt_build"}),
    "copilot": frozenset({"sessionStart", "SessionStart", "session-start"}),
    "vscode": frozenset({"SessionStart", "session-start"}),
    "cline": frozenset({"TaskStart", "UserPromptSubmit", "agent_start", "prompt_submit"}),
}
"""The events at which a client's contract lets us say something."""

_TOOLS = frozenset({"PreToolUse", "PostToolUse", "pre-tool-use", "post-tool-use"})

READING: dict[str, frozenset[str]] = {
    "claude-code": _TOOLS,
    "codex": _TOOLS,
    "vscode": _TOOLS,
    "gemini-cli": frozenset({"AfterTool", "after-tool"}),
}
"""The events of tools that a client's contract lets us add something to, which is done where the setting asks for it."""

_PROMPTS = frozenset({
    "UserPromptSubmit", "user-prompt-submit", "BeforeAgent", "before-agent", "beforeSubmitPrompt", "before-submit-prompt", "chat.message",
    "before_agent_start", "prompt_submit",
})  # fmt: skip


def answers_alone(client: str, event: str) -> bool:
    """Tell whether an event is answered where no server runs, which takes long: a start is, a prompt only without one."""
    speaking = SPEAKING.get(client, frozenset())
    return event in speaking and (event not in _PROMPTS or speaking <= _PROMPTS)
