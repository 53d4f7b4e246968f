"""The command group `lore`: which commands there are and how their help reads.

A command is loaded when it is called; the help page needs only the one-line summaries below.
"""

from __future__ import annotations

from importlib import import_module

import click

from everlore import __version__
from everlore.core.errors import EverloreError, InvalidInput
from everlore.surfaces.cli import commands

_CLI = "everlore.surfaces.cli."
EXTRA: dict[str, tuple[str, str]] = {
    "ask": (_CLI + "ask:ask", "Ask a language model, with what is remembered of the question before it"),
    "setup": (_CLI + "setup:setup", "Ask what a first run needs to know, and set it; again at any time"),
    "completions": (_CLI + "shells:completions", "Print or install what completes commands in bash, zsh, fish"),
    "shell-init": (_CLI + "shells:shell_init", "Print functions that give one-shot model commands memory, if you want"),
    "wrap": (_CLI + "shells:wrap", "Run a model's command with memory, if it is one shot; else as it is"),
    "serve": (_CLI + "service:serve", "Serve this memory over HTTP and MCP until stopped"),
    "proxy": (_CLI + "service:proxy", "Give memory to any program that speaks to a model, by its base URL"),
    "mcp": (_CLI + "service:mcp", "Speak MCP over standard input and output, for an agent to start"),
    "up": (_CLI + "service:up", "Start the server in the background, so that commands answer at once"),
    "down": (_CLI + "service:down", "Stop the server in the background"),
    "token": (_CLI + "tokens:token", "Make, list and revoke the tokens that let a program or a browser extension in"),
    "logs": (_CLI + "logs:logs", "Print what the server in the background has logged"),
    "service": (_CLI + "autostart:service", "Have the system keep the server running: install, uninstall, status"),
    "doctor": (
        "everlore.surfaces.doctor.command:doctor",
        "Say whether memory works here, and how to mend what does not",
    ),
    "install": (_CLI + "agents:install", "Wire your agents: hooks, MCP server, instructions; shows the changes first"),
    "uninstall": (_CLI + "agents:uninstall", "Take out of agents' files what install put in"),
    "install-instructions": (
        _CLI + "agents:install_instructions",
        "Tell your agents which tool answers what, in CLAUDE.md, AGENTS.md, GEMINI.md and skills",
    ),
    "model": (_CLI + "library:model", "Manage the embedding models: add, pull, list, use, remove"),
    "encrypt": (_CLI + "keys:encrypt", "Encrypt the store"),
    "decrypt": (_CLI + "keys:decrypt", "Take the encryption of the store away"),
    "rekey": (_CLI + "keys:rekey", "Encrypt the store with another key"),
    "demo": (_CLI + "demo:demo", "Show what Everlore does, on a sample project"),
}
"""The commands that are no operations: where each is and what it says of itself."""

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Remember and recall", ("remember", "recall", "search", "get", "list", "check-duplicate")),
    ("Know what matters now", ("slice", "slice-propose", "briefing", "explore", "context-assemble")),
    ("Change and look back", ("revise", "history", "timeline", "forget", "restore", "undo")),
    (
        "Life of memories",
        (
            "set",
            "supersede",
            "merge",
            "feedback",
            "compile",
            "curate",
            "sweep",
            "purge",
            "purge-session",
            "purge-project",
        ),
    ),
    (
        "Pages and projects",
        (
            "vault",
            "write-page",
            "read-page",
            "delete-page",
            "lint",
            "reorg",
            "rename-project",
            "move-project",
            "merge-workspace",
        ),
    ),
    ("Speak to models", ("ask", "context", "context-explain", "capture", "wrap", "shell-init")),
    ("What it costs and saves", ("stats", "stats-timeline", "stats-providers", "stats-logs", "why")),
    ("Look around", ("projects", "workspaces", "overview", "growth", "pages", "session", "journal", "namespaces")),
    ("Decide and govern", ("review", "policy", "agents", "standards")),
    ("In and out", ("bootstrap", "import", "export", "backup", "restore-backup")),
    ("Begin", ("setup", "completions")),
    (
        "Serve agents",
        (
            "install",
            "install-instructions",
            "uninstall",
            "serve",
            "token",
            "proxy",
            "mcp",
            "up",
            "down",
            "logs",
            "service",
        ),
    ),
    (
        "Look after the store",
        (
            "doctor",
            "status",
            "freshness",
            "verify",
            "rebuild",
            "embed",
            "encrypt",
            "decrypt",
            "rekey",
            "model",
            "bench",
        ),
    ),
)


class Lore(commands.Family):
    """The group; its commands are loaded one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name."""
        return [*commands.descriptions(), *EXTRA]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, loading only what it needs."""
        if cmd_name in EXTRA:
            module, _, attribute = EXTRA[cmd_name][0].partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return commands.build(cmd_name) if cmd_name in commands.descriptions() else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in sections; one that is in no section comes last."""
        summaries = {name: said["summary"] for name, said in commands.descriptions().items()}
        summaries |= {name: summary for name, (_, summary) in EXTRA.items()}
        for title, names in SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(name, summaries.pop(name)) for name in names])
        with formatter.section("More"):
            formatter.write_dl(list(summaries.items()))


def invoke(arguments: list[str]) -> int:
    """Run the command that `arguments` spell, return the exit status; raise `EverloreError` or `KeyboardInterrupt`."""
    try:
        with lore.make_context("lore", list(arguments)) as context:
            result = lore.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        raise _complaint(error) from None
    return result if isinstance(result, int) else 0


def _complaint(error: click.ClickException) -> EverloreError:
    """Return the parser's complaint as one of our errors: lower case, no full stop, with its field and a hint."""
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(error, "ctx", None)
    hint = f"see `{context.command_path} --help`" if context else ""
    field = ""
    if isinstance(error, click.NoSuchOption):
        message, field = f"there is no option {error.option_name}", error.option_name.lstrip("-")
        if near := list(error.possibilities or [])[:1]:
            hint = f"did you mean `{near[0]}`? {hint}"
    elif isinstance(error, click.BadParameter) and error.param is not None:
        field = error.param.name or ""
    return InvalidInput(message, hint=hint, field=field)


def _print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"lore {__version__}")
        context.exit()


lore = Lore(
    "lore",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="One memory for every AI agent you use: local, dated, cited, with no model required.",
    epilog="The store lies in $EVERLORE_HOME, or in your platform's data directory. Every command has its own --help.",
    params=[
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version",
        )
    ],
)
