"""What one session leaves for the next, made from its turns by rules alone: `build`, then `render`; `check` proves it."""

from everlore.sessions.handoff.build import build
from everlore.sessions.handoff.render import LIMIT, as_json, check, render, taken_up
from everlore.sessions.handoff.turns import Facts, Git, Handoff, Line, Said

__all__ = ["LIMIT", "Facts", "Git", "Handoff", "Line", "Said", "as_json", "build", "check", "render", "taken_up"]
