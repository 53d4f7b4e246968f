"""OpenClaw: a plugin in a directory of its own, switched on in openclaw.json beside the MCP server."""

from __future__ import annotations

import json

from everlore import __version__
from everlore.surfaces.agents import shared
from everlore.surfaces.agents.edits import Member, Own
from everlore.surfaces.agents.wiring import Agent, Context, Target

_MANIFEST = {
    "id": shared.NAME, "name": "Everlore", "description": "Memory across sessions and agents", "activation": {"onCapabilities": ["hook"]},
    "configSchema": {"type": "object", "properties": {}, "additionalProperties": False},
}  # fmt: skip
_PACKAGE = {
    "name": "everlore-openclaw", "version": __version__, "private": True, "type": "module", "openclaw": {"extensions": ["./index.js"]},
}  # fmt: skip


def _targets(context: Context) -> list[Target]:
    root = context.under("OPENCLAW_STATE_DIR", ".openclaw")
    place = root / "extensions" / shared.NAME
    entry = {"enabled": True, "hooks": {"allowConversationAccess": True}}  # without which it keeps `agent_end` from us
    settings = root / "openclaw.json"
    return [
        shared.hooks(place / "package.json", Own(json.dumps(_PACKAGE, indent=2) + "\n")),
        shared.hooks(place / "openclaw.plugin.json", Own(json.dumps(_MANIFEST, indent=2) + "\n")),
        shared.hooks(place / "index.js", Own(shared.plugin(context, "openclaw.js"))),
        shared.hooks(settings, Member(("plugins", "entries", shared.NAME), entry)),
        shared.mcp(settings, shared.server(context), "mcp", "servers"),
    ]


AGENT = Agent(
    "openclaw", "OpenClaw",
    lambda context: context.under("OPENCLAW_STATE_DIR", ".openclaw").is_dir() or shared.on_path(context, "openclaw"), _targets,
    after="Restart the OpenClaw gateway, so that it loads the plugin.",
)  # fmt: skip
