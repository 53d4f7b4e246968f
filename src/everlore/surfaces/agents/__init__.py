"""Wiring: which files of which client make it capture its sessions and ask us. One module each, in the order of `AGENTS`."""

from everlore.surfaces.agents import (
    antigravity,
    claude_code,
    codex,
    copilot,
    cursor,
    gemini_cli,
    openclaw,
    opencode,
    others,
    pi,
)
from everlore.surfaces.agents.program import lore_command
from everlore.surfaces.agents.wiring import Agent, Change, Context, Wiring

AGENTS: dict[str, Agent] = {
    agent.name: agent
    for agent in (
        claude_code.AGENT, codex.AGENT, gemini_cli.AGENT, antigravity.AGENT, cursor.AGENT, opencode.AGENT, openclaw.AGENT, pi.OMP, pi.PI,
        copilot.COPILOT, copilot.VSCODE, others.CLAUDE_DESKTOP, others.ZED, others.CLINE, others.DEVIN,
    )
}  # fmt: skip

__all__ = ["AGENTS", "Agent", "Change", "Context", "Wiring", "lore_command"]
