"""Answers of a language model for a person, and how that is doing."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import count, short
from everlore.surfaces.cli.terminal import clean, date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from everlore.surfaces.cli.terminal import Page

    Json = dict[str, Any]


def facts(status: Json) -> Iterator[tuple[str, str]]:
    """Yield what `status` says of the language model, a fact a line."""
    last = (
        f"last {status['last_outcome']} at {date(status['last_time'])}" if status["last_outcome"] else "not asked yet"
    )
    yield "language model", f"{status['provider']} {status['model']}: {status['problem'] or last}"
    left = [f"{status['tokens_left']:,} tokens left"] if status["tokens_left"] is not None else []
    left += [f"${status['money_left']:.4f} left"] if status["money_left"] is not None else []
    spent = (
        f"{count(status['requests_today'], 'request')}, {status['tokens_today']:,} tokens, ${status['money_today']:.4f}"
    )
    unknown = f" and {status['unpriced_today']} of unknown price" if status["unpriced_today"] else ""
    yield "spent today", ", ".join([spent + unknown, *left])
    if status["breaker"] != "closed":
        yield "breaker", status["breaker"]
    if status["given_up"]:
        yield "given up", short(status["given_up"])
    if status["refused"]:
        yield "refused last", short(status["refused"])


def notes(name: str, answer: Json) -> list[str]:
    """Return what is to be said beside an answer."""
    said = []
    if name == "answer":
        said += [f"left out a sentence: {why}" for why in answer["refused"]]
    if name == "refine" and answer["stopped"]:
        said.append(f"ended early: {answer['stopped']}; what is left waits for the next run")
    return said


def _answer(answer: Json, page: Page) -> str:
    if not answer["known"]:
        return "nothing known"
    lines = [
        f"{one_line(each['text'])} {page.paint('[' + ', '.join(each['sources']) + ']', 'dim')}"
        for each in answer["sentences"]
    ]
    by = f"by {answer['model']}, {answer['tokens']:,} tokens" if answer["model"] else "the lines that were found"
    return "\n".join([*lines, page.paint(by, "dim")])


def _refine(answer: Json, page: Page) -> str:
    money = "unknown cost" if answer["money"] is None else f"${answer['money']:.4f}"
    rows = [
        ("asked", f"{answer['model']}: {count(answer['requests'], 'request')}, {answer['tokens']:,} tokens, {money}")
    ]
    rows += [(name, short(answer[name])) for name in ("read", "proposed", "refused", "failed") if answer[name]]
    if answer["waiting"]:
        rows.append(("left", f"at least {answer['waiting']:,}"))
    return page.facts(rows)


def _context(answer: Json, page: Page) -> str:
    return clean(answer["block"]) if answer["block"] else page.paint(answer["reason"], "dim")


def _captured(answer: Json, page: Page) -> str:
    known = f", {answer['known']} known" if answer["known"] else ""
    ignored = f", {answer['ignored']} not to be kept" if answer["ignored"] else ""
    found = "".join(
        f"\nremoved before storing: {each['count']} x {one_line(each['kind'])}" for each in answer["findings"]
    )
    return f"kept {count(answer['turns'], 'turn')}{known}{ignored} of session {one_line(answer['session'])}{found}"


RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "answer": _answer, "refine": _refine, "context": _context, "capture": _captured,
}  # fmt: skip
