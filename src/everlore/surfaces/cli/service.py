"""The commands that run the program itself: `lore serve`, `proxy`, `mcp`, `up` and `down`."""

from __future__ import annotations

import json
import os

import click

from everlore import __version__
from everlore.core.errors import StoreUnavailable
from everlore.surfaces import daemon
from everlore.surfaces.cli.commands import json_option
from everlore.surfaces.cli.terminal import emit


@click.command(help="Serve this memory until stopped: pages at /web/, REST at /api/v1, MCP at /mcp, /health.")
@click.option("--host", help="The address to listen on; one beyond this machine needs a token  [default: 127.0.0.1]")
@click.option("--port", type=int, metavar="N", help="The port; 0 takes any free one  [default: 7411]")
@click.option("--token", help="Ask this bearer token of every client; EVERLORE_TOKEN keeps it off the command line")
@click.option("--require-token", is_flag=True, help="Ask a token of clients on this machine too; see `lore token`")
@click.option("--web-ui-dir", metavar="DIR", help="Serve a front end of your own from this directory at /")
@click.option("--base-path", metavar="PATH", help="Serve everything below this path, such as /memory")
@click.option("--cors-allow-origin", metavar="ORIGIN", multiple=True, help="Let scripts of this site use the API")
@click.option("--home", metavar="DIR", help="Whose memory to serve  [default: EVERLORE_HOME, or your own]")
@click.option("--quiet", is_flag=True, help="Print nothing, and take any free port if the configured one is taken")
def serve(
    host: str | None, port: int | None, token: str | None, home: str | None, quiet: bool,
    require_token: bool, web_ui_dir: str | None, base_path: str | None, cors_allow_origin: tuple[str, ...],
) -> None:  # fmt: skip
    """Run the server in this process."""
    from dataclasses import replace

    from everlore.core.config import load
    from everlore.surfaces.cli.keys import ask_if_needed
    from everlore.surfaces.http.serve import serve as run

    if home is not None:
        os.environ["EVERLORE_HOME"] = home
    config = load()
    config = replace(
        config, require_token=require_token or config.require_token, web_ui_dir=web_ui_dir or config.web_ui_dir,
        base_path=base_path or config.base_path, cors_allow_origin=" ".join(cors_allow_origin) or config.cors_allow_origin,
    )  # fmt: skip
    ask_if_needed(config)
    run(config, host, port, token, quiet)


@click.command(
    help="Give memory to any program that speaks to a model: point its base URL at this proxy. What it asks goes to its "
    "provider with its own key, with what is remembered put before the newest prompt."
)
@click.option("--port", type=int, metavar="N", help="The port on 127.0.0.1; 0 takes any free one  [default: 7412]")
@click.option("--upstream", metavar="URL", help="Send every request there, instead of to the provider its path is of")
@click.option("--home", metavar="DIR", help="Whose memory to use  [default: EVERLORE_HOME, or your own]")
def proxy(port: int | None, upstream: str | None, home: str | None) -> None:
    """Run the proxy in this process."""
    from everlore.core.config import load
    from everlore.surfaces.cli.keys import ask_if_needed
    from everlore.surfaces.proxy.serve import serve as run

    if home is not None:
        os.environ["EVERLORE_HOME"] = home
    config = load()
    ask_if_needed(config)
    run(config, port, upstream)


@click.command(help="Speak MCP over standard input and output. An agent starts this; `lore install` sets it up.")
@click.option(
    "--profile", type=click.Choice(["default", "full"]), default="default", show_default=True, help="The tools"
)
def mcp(profile: str) -> int:
    """Run the stdio front in this process; `everlore.__main__` comes here only for the help page."""
    from everlore.surfaces.mcp.front import main

    return main(["--profile", profile])


@click.command(params=[json_option()], help="Start the server of this home in the background, if none runs yet.")
def up(as_json: bool) -> None:
    """Make sure that a server of this version runs; where the home has a service, it is the one to start it."""
    from everlore.core.config import load
    from everlore.surfaces.cli import autostart
    from everlore.surfaces.cli.keys import ask_if_needed

    home = daemon.home_directory()
    ask_if_needed(load())
    owner = autostart.owner(home)
    try:
        if (found := daemon.find(home)) is not None and found.version != __version__:
            daemon.stop(home)
            found = None
        if found is None and owner is not None:
            found = autostart.start(home)
        found = found or daemon.ensure(home)
    except OSError as error:
        hint = "`lore serve` runs it in the foreground, where you can watch it"
        raise StoreUnavailable(str(error), hint=hint) from error
    said = {"home": home, "url": found.url, "pid": found.pid, "version": found.version, "service": owner}
    emit(json.dumps(said) if as_json else f"{home} is served at {found.url} (process {found.pid})")


@click.command(params=[json_option()], help="Stop the server of this home.")
def down(as_json: bool) -> None:
    """Stop the server, if one runs; a service manager takes its end for what it is and starts no other."""
    from everlore.surfaces.cli import autostart

    home = daemon.home_directory()
    try:
        stopped = daemon.stop(home)
    except OSError as error:
        raise StoreUnavailable(str(error), hint=f"look at {os.path.join(home, 'logs', 'daemon.log')}") from error  # noqa: PTH118
    owner = autostart.owner(home)
    said = "the server has stopped" if stopped else "no server was running"
    if owner is not None:
        said += f"; {owner} starts it again when you log in"
    emit(json.dumps({"home": home, "stopped": stopped, "service": owner}) if as_json else said)
