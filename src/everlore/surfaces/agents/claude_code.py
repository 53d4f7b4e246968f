"""Claude Code: hooks in settings.json, the MCP server in .claude.json, instructions in CLAUDE.md.

Where the plugin that ships with us is switched on, hooks and server are the plugin's, and settings hold none of ours: an event
must not be told twice.
"""

from __future__ import annotations

from pathlib import Path

from everlore.core.errors import InvalidInput
from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Without
from everlore.surfaces.agents.jsonc import Document
from everlore.surfaces.agents.wiring import Agent, Context, Target, read

EVENTS = {
    "SessionStart": ("startup|resume|clear|compact|fork", 10), "UserPromptSubmit": (None, 5), "PostToolUse": ("*", 5),
    "PostToolUseFailure": ("*", 5), "PreCompact": ("*", 5), "Stop": (None, 5), "SubagentStart": ("*", 5), "SubagentStop": ("*", 5),
    "SessionEnd": (None, 5),
}  # fmt: skip
"""What is hooked, each waited for: a headless run ends with its last event and kills what is in the background."""
PLUGIN = Path(__file__).parent / "plugins" / "claude"
"""The marketplace with our plugin: hooks, server, skills and commands."""


def _targets(context: Context) -> list[Target]:
    root = context.root or context.under("CLAUDE_CONFIG_DIR", ".claude")
    settings = root / ".claude" / "settings.json" if context.root else root / "settings.json"
    state = root / ".mcp.json" if context.root else _state(context)
    hooks = shared.hooks(settings, shared.nested(context, "claude-code", EVENTS))
    server = shared.mcp(state, shared.server(context, type="stdio"))
    if any(map(_has_plugin, {settings, context.under("CLAUDE_CONFIG_DIR", ".claude") / "settings.json"})):
        hooks, server = (Target(each.path, tuple(map(Without, each.edits)), each.part) for each in (hooks, server))
    return [hooks, server, shared.told(root / "CLAUDE.md")]


def _skill(context: Context) -> Path | None:
    """Return where the skill goes, nowhere where our plugin brings it."""
    user = context.under("CLAUDE_CONFIG_DIR", ".claude")
    root = context.root / ".claude" if context.root else user
    plugged = any(map(_has_plugin, {root / "settings.json", user / "settings.json"}))
    return None if plugged else shared.skill(root / "skills")


def _state(context: Context) -> Path:
    moved = context.environ.get("CLAUDE_CONFIG_DIR")
    return context.under("CLAUDE_CONFIG_DIR") / ".claude.json" if moved else context.home / ".claude.json"


def _has_plugin(settings: Path) -> bool:
    try:
        enabled = Document(read(settings)[1]).get("enabledPlugins")
    except (OSError, InvalidInput):
        return False
    return isinstance(enabled, dict) and any(name.split("@")[0] == shared.NAME and on for name, on in enabled.items())


def _present(context: Context) -> bool:
    return context.under("CLAUDE_CONFIG_DIR", ".claude").is_dir() or shared.on_path(context, "claude")


AGENT = Agent(
    "claude-code", "Claude Code", _present, _targets,
    after=f"Running sessions take the MCP server up when they start anew. For slash commands and skills add the plugin instead:\n"
    f"  claude plugin marketplace add {PLUGIN} && claude plugin install everlore@everlore && lore install claude-code --apply",
    skill=_skill,
)  # fmt: skip
