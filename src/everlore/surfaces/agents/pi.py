"""Pi and OMP: one extension, and for OMP the MCP server; Pi has no MCP of its own."""

from __future__ import annotations

from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Own
from everlore.surfaces.agents.wiring import Agent, Context, Target


def _pi(context: Context) -> list[Target]:
    if not context.root and context.environ.get("PI_CODING_AGENT_DIR") and _has_omp(context):
        return []  # the directory is then OMP's too, and the extension would tell everything twice
    root = context.root / ".pi" if context.root else context.under("PI_CODING_AGENT_DIR", ".pi", "agent")
    return [shared.hooks(root / "extensions" / "everlore.ts", Own(shared.plugin(context, "pi.ts")))]


def _omp(context: Context) -> list[Target]:
    root = context.root / ".omp" if context.root else context.under("PI_CODING_AGENT_DIR", ".omp", "agent")
    extension = shared.plugin(context, "pi.ts").replace('const CLIENT = "pi"', 'const CLIENT = "omp"')
    return [
        shared.hooks(root / "extensions" / "everlore.ts", Own(extension)),
        shared.mcp(root / "mcp.json", shared.server(context, type="stdio", enabled=True, timeout=30_000)),
    ]


def _has_omp(context: Context) -> bool:
    return (context.home / ".omp").is_dir() or shared.on_path(context, "omp")


PI = Agent("pi", "Pi", lambda context: (context.home / ".pi").is_dir() or shared.on_path(context, "pi"), _pi)
OMP = Agent("omp", "OMP", _has_omp, _omp)
