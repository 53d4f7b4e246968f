"""The clients: what each calls its events, what it sends with them, and what it lets us answer. One module each.

A `Client` reads a delivery into events and turns a block of context into the exact output of the client's contract. Nothing
it is given makes it raise: a payload that makes no sense gives no events. Modules are loaded when they are asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from everlore.sessions.clients.client import Client

MODULES = {
    "claude-code": "claude_code", "codex": "codex", "gemini-cli": "gemini_cli", "antigravity": "antigravity", "cursor": "cursor",
    "opencode": "opencode", "openclaw": "openclaw", "omp": "pi", "pi": "pi", "copilot": "copilot", "vscode": "vscode",
    "devin": "devin", "cline": "cline", "kimi": "claude_code", "qwen": "gemini_cli", "droid": "claude_code", "grok": "claude_code",
    "kiro": "claude_code",
}  # fmt: skip
"""Which module speaks for which client."""

ALIASES = {
    "claude": "claude-code", "claude_code": "claude-code", "gemini": "gemini-cli", "agy": "antigravity", "cursor-cli": "cursor",
    "open-code": "opencode", "copilot-cli": "copilot", "windsurf": "devin", "kimi-code": "kimi", "qwen-code": "qwen",
}  # fmt: skip


def host(name: str, environ: Mapping[str, str]) -> str:
    """Return the client that really runs a hook: some run the hooks that were installed for another."""
    name = ALIASES.get(name.lower(), name.lower())
    if name != "claude-code":
        return name
    for variable, client in (
        ("CURSOR_VERSION", "cursor"), ("CURSOR_PROJECT_DIR", "cursor"), ("GEMINI_SESSION_ID", "gemini-cli"),
        ("DEVIN_PROJECT_DIR", "devin"), ("GROK_SESSION_ID", "grok"),
    ):  # fmt: skip
        if environ.get(variable) and not environ.get("CLAUDE_CODE_SESSION_ID"):
            return client
    return name


_loaded: dict[str, Client] = {}


def named(name: str) -> Client:
    """Return a client by its name; one that nobody knows is taken to speak as most do."""
    if name not in _loaded:
        from importlib import import_module

        _loaded[name] = import_module(f"{__name__}.{MODULES.get(name, 'claude_code')}").client(name)
    return _loaded[name]


def client_of(name: str, environ: Mapping[str, str]) -> Client:
    """Return the client that really sent a delivery."""
    return named(host(name, environ)[:40])
