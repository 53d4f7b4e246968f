"""Codex: hooks and the MCP server in config.toml, instructions in AGENTS.md.

Codex warns of hooks in both config.toml and hooks.json, so ours go where there are some; it runs none before its user has
looked at them. `notify` needs no look, and tells of the end of a turn at least; it is one program's, and another's stays.
"""

from __future__ import annotations

from pathlib import Path

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Without
from everlore.surfaces.agents.toml import TomlHooks, TomlKey, TomlServer, parse
from everlore.surfaces.agents.wiring import Agent, Context, Target, read

EVENTS = {
    "SessionStart": ("startup|resume|clear|compact", 10), "UserPromptSubmit": (None, 5), "PostToolUse": (None, 5), "PreCompact": (None, 5),
    "SubagentStart": (None, 5), "SubagentStop": (None, 5), "Stop": (None, 5), "SessionEnd": (None, 3),
}  # fmt: skip
FILE = "hooks.json"


def _targets(context: Context) -> list[Target]:
    root = context.root / ".codex" if context.root else context.under("CODEX_HOME", ".codex")
    config, apart = root / "config.toml", root / FILE
    entry = shared.server(context, startup_timeout_sec=20, default_tools_approval_mode="approve")
    inline = TomlHooks("codex", shared.groups(context, "codex", EVENTS))
    nested = shared.nested(context, "codex", EVENTS)
    notify = TomlKey("notify", [*context.lore, "hook", "codex", "notify"])
    here = apart.exists() and not _has_hooks(config)
    found = [Target(config, (TomlServer(("mcp_servers", shared.NAME), entry),), "mcp")]
    found.append(shared.hooks(config, Without(inline) if here else inline, *([] if context.root else [notify])))
    if apart.exists():
        found.append(shared.hooks(apart, nested if here else Without(nested)))
    return [*found, shared.told((context.root or root) / "AGENTS.md")]


def _has_hooks(config: Path) -> bool:
    """Tell whether config.toml has hooks, beside the record of those that were reviewed."""
    try:
        hooks = parse(read(config)[1]).get("hooks")
    except (OSError, InvalidInput):
        return False
    return isinstance(hooks, dict) and bool(set(hooks) - {"state"})


def _present(context: Context) -> bool:
    return context.under("CODEX_HOME", ".codex").is_dir() or shared.on_path(context, "codex")


AGENT = Agent(
    "codex", "Codex", _present, _targets,
    after="Codex runs hooks only when you have trusted them: start `codex` and answer its question, or type /hooks.",
    skill=lambda context: shared.skill((context.root or context.home) / ".agents" / "skills"),
)  # fmt: skip
