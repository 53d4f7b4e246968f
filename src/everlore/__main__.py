"""The entry of `lore` and of `python -m everlore`.

Five things are answered before the command line is loaded: the version, `lore mcp`, whose client waits for the first
reply while everything else here would be read from disk, `lore hook`, for which an agent waits at each of its steps, what a
shell asks while somebody types, and `lore wrap`, which mostly turns into another command.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from everlore import __version__

        sys.stdout.write(f"lore {__version__}\n")
        return
    if arguments[:1] == ["mcp"] and not {"-h", "--help"}.intersection(arguments):
        from everlore.surfaces.mcp.front import main as front

        sys.exit(front(arguments[1:]))
    if arguments[:1] == ["hook"] and not {"-h", "--help"}.intersection(arguments):
        from everlore.surfaces.hooks.run import main as hook

        sys.exit(hook(arguments[1:]))
    if arguments[:1] == ["__complete"]:
        from everlore.surfaces.shells.complete import answer

        sys.stdout.write(answer(arguments[1:]))
        return
    if arguments[:1] == ["wrap"] and arguments[1:2] and not arguments[1].startswith("-"):
        from everlore.surfaces.shells.run import main as wrap

        sys.exit(wrap(arguments[1:]))
    from everlore.surfaces.cli.main import run

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
