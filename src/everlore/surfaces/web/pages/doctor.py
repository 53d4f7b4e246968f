"""Doctor and settings: whether memory works here, how it is set up, and who may use it. Nothing is changed here."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from everlore.core.config import Config
from everlore.surfaces.web.asking import Ask, Shown

_SECRET = frozenset({"token"})
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def doctor(ask: Ask) -> Shown:
    """Show the page; what takes a while comes after it."""
    return Shown("doctor.html", {"findings": None, "word": ""})


def findings(ask: Ask) -> Shown:
    """Say what is well and what is not, and what mends it."""
    from everlore.surfaces.doctor.examination import examine
    from everlore.surfaces.doctor.machine import Machine
    from everlore.surfaces.doctor.report import overall

    found = examine(Machine(ask.app, None), without=("project", "proof"))
    values = {"findings": found, "word": overall(found)}
    return Shown("doctor.html", values, parts=("findings",))


def settings(ask: Ask) -> Shown:
    """Show the settings in force, who may use the server, and the rules."""
    from everlore.surfaces.http.tokens import Tokens
    from everlore.surfaces.settings import MEANINGS

    config, defaults = ask.app.config, Config(ask.app.config.home)
    rows: list[dict[str, Any]] = []
    for each in fields(Config):
        if each.name == "home":
            continue
        value, default = getattr(config, each.name), getattr(defaults, each.name)
        shown = ("set" if value else "") if each.name in _SECRET else _said(value)
        rows.append(
            {"name": each.name, "value": shown, "own": value != default, "means": _LINK.sub(r"\1", MEANINGS[each.name])}
        )
    policy = ask.call("policy")
    values = {
        "home": str(config.home), "settings": rows, "tokens": Tokens(config.home).all(), "rules": policy.rules, "defaults": policy.defaults,
        "agents": ask.call("agents").agents,
    }  # fmt: skip
    return Shown("settings.html", values)


def _said(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
