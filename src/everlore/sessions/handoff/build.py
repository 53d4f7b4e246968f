"""From the turns of a session to what it has to hand over. Pure: the same turns give the same handoff.

Every line is words of the turn that it cites, shortened at most; what we add is counts. What an agent merely offered is not
taken for a decision unless the person's next words accept it, and of values that changed within the session the newest counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from everlore.sessions.boilerplate import said
from everlore.sessions.handoff import phrases
from everlore.sessions.handoff.commands import Run, error_lines, output, runs, still_failing
from everlore.sessions.handoff.turns import Facts, Git, Handoff, Line, Said

_MOST_FILES = 12
_MOST_DECISIONS = 14
_SWITCH = re.compile(r"\bgit (?:switch|checkout)\s+(?:-[cbCB]\s+)?([\w./-]+)")
_COMMIT = re.compile(r"\bgit commit\b")
_PUSH = re.compile(r"\bgit push\b")
_HASHED = re.compile(r"^(?:\[[^\]]*\b([0-9a-f]{7,12})\]\s.+|([0-9a-f]{7,12})\s+\S.*)$", re.MULTILINE)
_STATUS = re.compile(r"^(?:[ MADRCU?!]{2}) \S.*$", re.MULTILINE)


def build(turns: Sequence[Said], facts: Facts, git: Git | None = None) -> Handoff | None:
    """Return what a session has to hand over; None for one in which nothing was asked or nothing was done.

    A single question and its answer are nothing done.
    """
    spoken = [turn for turn in turns if turn.role in {"user", "assistant"} and said(turn.text)]
    asked = [turn for turn in spoken if turn.role == "user"]
    real = [turn for turn in asked if phrases.is_real(said(turn.text))]
    if not real and any(turn.role == "tool" for turn in turns):
        real = asked  # all that was said is "go on", and work was done: what it went on with is in what it took up
    if not real or len(turns) == len(asked) or (len(real) == 1 and len(turns) == len(spoken)):
        return None
    run = runs(turns)
    last_said = next((turn for turn in reversed(spoken) if turn.role == "assistant"), None)
    return Handoff(
        facts=facts,
        last_asked=_whole(real[-1:], 420) if real[-1] is not real[0] else (),
        failing=tuple(_failing(run)),
        todo=tuple(_todo(turns, spoken, last_said)),
        questions=tuple(_questions(spoken)),
        last_said=_whole([last_said] if last_said else [], 640),
        goal=tuple(_goal(real)),
        files=tuple(_files(turns, facts)),
        tree=tuple(_tree(turns, run, facts, git)),
        decided=tuple(_decided(spoken, {turn.position for turn in (real[-1], last_said) if turn})),
        commands=tuple(_commands(run)),
    )


def short(text: str, limit: int) -> str:
    """Return a text on one line, its end cut with an ellipsis where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _whole(turns: Iterable[Said], limit: int) -> tuple[Line, ...]:
    return tuple(Line(short(said(turn.text), limit), turn.position) for turn in turns)


def _goal(real: Sequence[Said]) -> Iterator[Line]:
    yield Line(short(said(real[0].text), 320), real[0].position)
    changed = [turn for turn in real[1:-1] if phrases.turns_to(said(turn.text))]
    for turn in changed[-2:]:
        yield Line(short(said(turn.text), 200), turn.position)


def _failing(run: Sequence[Run]) -> Iterator[Line]:
    for each in still_failing(run)[:3]:
        code = each.turn.detail.get("exit")
        yield Line(
            short(each.command, 240), each.turn.position, f"exit {code}" if isinstance(code, int) and code else "failed"
        )
        for line in error_lines(each):
            yield Line(short(line, 220), each.turn.position)


def _todo(turns: Sequence[Said], spoken: Sequence[Said], last_said: Said | None) -> Iterator[Line]:
    """Yield the open items of the newest list, then what the agent's last words but one say is left."""
    listed = next((turn for turn in reversed(turns) if isinstance(turn.detail.get("todos"), list)), None)
    if listed is not None:
        order = {"in_progress": 0, "pending": 1}
        items = [item for item in listed.detail["todos"] if item.get("status") in order]
        for item in sorted(items, key=lambda item: order[item["status"]]):
            yield Line(short(item["content"], 220), listed.position, item["status"].replace("_", " "))
    agent = [turn for turn in spoken if turn.role == "assistant" and turn is not last_said][-2:]
    for turn in reversed(agent):
        for sentence in phrases.sentences(said(turn.text)):
            if phrases.leaves(sentence):
                yield Line(short(sentence, 220), turn.position)


def _questions(spoken: Sequence[Said]) -> Iterator[Line]:
    """Yield questions that nobody answered: those of the last to speak, and of a person who got no reply."""
    if not spoken:
        return
    last = spoken[-1]
    for sentence in phrases.sentences(said(last.text)):
        if sentence.endswith("?"):
            yield Line(short(sentence, 240), last.position)


def _files(turns: Sequence[Said], facts: Facts) -> Iterator[Line]:
    """Yield the files that were changed, the last changed first, with how often; read ones are only counted."""
    edits: dict[str, int] = {}
    last: dict[str, int] = {}
    for turn in turns:
        if turn.role != "tool" or not turn.detail.get("writes") or turn.event == "tool_failure":
            continue
        for path in turn.detail.get("paths", ()):
            edits[path] = edits.get(path, 0) + 1
            last[path] = turn.position
    for path in sorted(edits, key=lambda path: -last[path])[:_MOST_FILES]:
        count = edits[path]
        yield Line(_relative(path, facts.cwd), last[path], f"{count} edits" if count > 1 else "1 edit")


def _relative(path: str, cwd: str | None) -> str:
    root = f"{cwd.rstrip('/')}/" if cwd else ""
    return path.removeprefix(root) if root else path


def _tree(turns: Sequence[Said], run: Sequence[Run], facts: Facts, git: Git | None) -> Iterator[Line]:
    """Yield what is known of the work tree: from git itself where it was asked, and from what the session saw."""
    if git is not None:
        yield Line(git.branch or "(no branch)", None, "branch")
        if git.uncommitted:
            yield Line(
                short(", ".join(git.uncommitted), 400),
                None,
                f"uncommitted{': ' + git.diffstat if git.diffstat else ''}",
            )
        else:
            yield Line("nothing", None, "uncommitted")
        if git.unpushed:
            yield Line(f"{git.unpushed}", None, "commits not pushed")
    elif facts.branch or any(_SWITCH.search(each.command) for each in run):
        switched = next((each for each in reversed(run) if _SWITCH.search(each.command) and not each.failed), None)
        name = _SWITCH.search(switched.command)[1] if switched else facts.branch  # type: ignore[index]
        yield Line(name or "", switched.turn.position if switched else None, "branch")
    committed = next((each for each in reversed(run) if _COMMIT.search(each.command) and not each.failed), None)
    if committed is not None:
        yield Line(short(committed.command, 260), committed.turn.position, "committed")
        shown = _HASHED.search(output(committed))
        if shown:
            yield Line(short(shown[0], 140), committed.turn.position)
        for status in _STATUS.findall(output(committed))[:8]:
            yield Line(status, committed.turn.position, "status after it")
    if git is None:
        yield from _uncommitted(turns, committed, facts)


def _uncommitted(turns: Sequence[Said], committed: Run | None, facts: Facts) -> Iterator[Line]:
    since = committed.turn.position if committed else -1
    paths: dict[str, int] = {}
    for turn in turns:
        if turn.position > since and turn.detail.get("writes") and turn.event != "tool_failure":
            paths |= {_relative(path, facts.cwd): turn.position for path in turn.detail.get("paths", ())}
    if paths:
        what = "changed after that commit" if committed else "changed, and no commit in this session: uncommitted"
        yield Line(short(", ".join(paths), 300), max(paths.values()), what)


def _decided(spoken: Sequence[Said], shown: set[int]) -> Iterator[Line]:
    """Yield what people decided, the newest first, and what they accepted; a value that was replaced is left out."""
    found: list[Line] = []
    for number, turn in enumerate(spoken):
        if turn.role != "user":
            continue
        words = said(turn.text)
        before = spoken[number - 1] if number and spoken[number - 1].role == "assistant" else None
        if before is not None and before.position not in shown and phrases.accepts(words):
            found += [Line(short(each, 260), before.position, "accepted") for each in _proposal(said(before.text))]
        if number == 0 or turn.position in shown:
            continue
        found += [Line(short(each, 220), turn.position) for each in phrases.sentences(words) if phrases.directs(each)]
    kept: list[Line] = []
    for line in reversed(found):
        if not any(phrases.replaces(newer.quote, line.quote) for newer in kept):
            kept.append(line)
    yield from kept[:_MOST_DECISIONS]


def _proposal(text: str) -> list[str]:
    """Return the sentence of a text that proposes something, none when there is no such."""
    candidates = [sentence for sentence in phrases.sentences(text) if not sentence.endswith("?")]
    return [each for each in candidates if phrases.proposes(each)][:1]


def _commands(run: Sequence[Run]) -> Iterator[Line]:
    """Yield what was run more than once or last, with its last outcome."""
    times: dict[str, int] = {}
    last: dict[str, Run] = {}
    for each in run:
        times[each.command] = times.get(each.command, 0) + 1
        last[each.command] = each
    ordered = sorted(last, key=lambda command: (-(times[command] > 1), -last[command].turn.position))
    for command in ordered[:5]:
        each = last[command]
        outcome = "failed" if each.failed else "ok"
        yield Line(
            short(command, 140),
            each.turn.position,
            f"{times[command]}x, last {outcome}" if times[command] > 1 else outcome,
        )
