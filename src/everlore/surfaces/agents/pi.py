"""Pi and OMP: one extension, and for OMP the MCP server; Pi has no MCP of its own."""

from __future__ import annotations

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Own
from everlore.surfaces.agents.opencode import plugin
from everlore.surfaces.agents.wiring import Agent, Context, Target


def _pi(context: Context) -> list[Target]:
    project = context.project if context.scope == "project" else None
    root = project / ".pi" if project else context.home / ".pi" / "agent"
    return [shared.hooks(root / "extensions" / "everlore.ts", Own(plugin(context, "pi.ts")))]


def _omp(context: Context) -> list[Target]:
    project = context.project if context.scope == "project" else None
    root = project / ".omp" if project else context.under("PI_CODING_AGENT_DIR", ".omp", "agent")
    extension = plugin(context, "pi.ts").replace('const CLIENT = "pi"', 'const CLIENT = "omp"')
    return [
        shared.hooks(root / "extensions" / "everlore.ts", Own(extension)),
        shared.mcp(root / "mcp.json", shared.server(context, type="stdio", enabled=True, timeout=30_000)),
    ]


PI = Agent("pi", "Pi", lambda context: (context.home / ".pi").is_dir() or shared.on_path(context, "pi"), _pi)
OMP = Agent("omp", "OMP", lambda context: (context.home / ".omp").is_dir() or shared.on_path(context, "omp"), _omp)
