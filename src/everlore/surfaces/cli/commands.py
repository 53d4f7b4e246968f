"""Commands made from their descriptions in `commands.json`, one at a time, when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import click

from everlore.core.errors import InvalidInput
from everlore.surfaces.cli import operation

Field = dict[str, Any]

_BY_TYPE = {"text": "TEXT", "integer": "N", "number": "NUMBER"}
_METAVARS = {"budget": "TOKENS", "namespace": "NAMESPACE", "out": "FILE", "data": "PATH", "tags": "TAG", "id": "ID"}
_METAVARS |= dict.fromkeys(("valid_from", "valid_until", "as_of", "since", "until"), "WHEN")


@cache
def descriptions() -> dict[str, dict[str, Any]]:
    """Return the description of every operation's command, read once."""
    return operation.descriptions()


class Family(click.Group):
    """A group that shows its help when no command is named, and the nearest name when there is none such."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the group's own options, or print the help page if there is nothing at all."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` begin with; raise `InvalidInput` with the nearest name if there is none."""
        if (command := self.get_command(ctx, args[0])) is not None:
            return args[0], command, args[1:]
        if args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        near = get_close_matches(args[0], self.list_commands(ctx), 1)
        see = f"see `{ctx.command_path} --help`"
        hint = f"did you mean `{ctx.command_path} {near[0]}`? {see}" if near else see
        raise InvalidInput(f"there is no command {args[0]!r}", hint=hint, field="command")


def build(name: str) -> click.Command:
    """Return the command of an operation."""
    description = descriptions()[name]
    fields = description["fields"]
    help_text = f"{description['summary']}."
    if any(field["name"] in operation.FROM_STDIN for field in fields):
        help_text += " A single - reads the text from standard input."
    from_file = [field for field in fields if field["name"] == _FROM_FILE.get(name)]
    fields = [{**field, "required": False} if field in from_file else field for field in fields]

    def callback(as_json: bool, file: str | None = None, **given: Any) -> int:  # noqa: ANN401 - whatever click parsed
        for field in from_file:
            given[field["name"]] = _text(field, given[field["name"]], file)
        return operation.run(name, description, given, as_json=as_json)

    params = [*(_parameter(field) for field in fields), *(_file_option(field) for field in from_file), json_option()]
    return click.Command(name, params=params, callback=callback, help=help_text)


_FROM_FILE = {"capture": "response"}
"""The field of a command that may be read from a file, which no other surface needs."""


def _file_option(field: Field) -> click.Option:
    return click.Option(["--file"], metavar="FILE", help=f"Read {field['name'].upper()} from this file")


def _text(field: Field, given: str | None, file: str | None) -> str:
    """Return a text that was given, or that a file holds; raise `InvalidInput` where it is neither or both."""
    name = field["name"]
    if (given is None) == (file is None):
        said = f"{name} is missing" if given is None else f"{name} is given twice"
        raise InvalidInput(said, field=name, hint="give it as an argument, as - on standard input, or with --file")
    if given is not None:
        return given
    from pathlib import Path

    try:
        text = Path(str(file)).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not valid UTF-8"
        raise InvalidInput(f"{file} cannot be read: {why}", field="file", hint="name a text file") from None
    return text


def json_option() -> click.Option:
    """Return the option that every command has."""
    return click.Option(["--json", "as_json"], is_flag=True, help="Print the answer as one JSON object")


def _parameter(field: Field) -> click.Parameter:
    kind = _type(field)
    if "flag" not in field:
        required = field.get("required", False)
        shown = "|".join(field["choices"]) if "choices" in field else field["name"].upper()
        metavar = shown if required else f"[{shown}]"
        count = -1 if field.get("many") else 1
        return click.Argument([field["name"]], type=kind, required=required, metavar=metavar, nargs=count)
    if field["type"] == "flag":
        return click.Option([field["flag"], field["name"]], is_flag=True, help=field["help"])
    many = field.get("many", False)
    choices = f": {', '.join(field['choices'])}" if "choices" in field else ""
    return click.Option(
        [field["flag"], field["name"]],
        type=kind,
        multiple=many,
        metavar=_METAVARS.get(field["name"]) or _BY_TYPE.get(field["type"]) or field["flag"][2:].upper(),
        default=field.get("default"),
        show_default="default" in field,
        required=field.get("required", False),
        help=field["help"] + choices + ("; may be repeated" if many else ""),
    )


def _type(field: Field) -> click.ParamType[Any] | None:
    low, high = field.get("least"), field.get("most")
    made: dict[str, Callable[[], click.ParamType[Any]]] = {
        "choice": lambda: click.Choice(field["choices"]),
        "integer": lambda: click.IntRange(low, high),
        "number": lambda: click.FloatRange(low, high),
    }
    return made[field["type"]]() if field["type"] in made else None
