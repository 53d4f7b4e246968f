"""From the turns of a session to what it has to hand over. Pure: the same turns give the same handoff.

Every line is words of the turn that it cites, shortened at most; what we add is counts. What an agent merely offered is not
taken for a decision unless the person's next words accept it, and of values that changed within the session the newest counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from everlore.sessions.boilerplate import said
from everlore.sessions.handoff import phrases
from everlore.sessions.handoff.commands import Run, error_lines, output, runs, still_failing
from everlore.sessions.handoff.turns import Facts, Git, Handoff, Line, Said

_MOST_FILES = 12
_MOST_DECISIONS = 14
_MOST_RUNNING = 3
_MOST_HEARD = 400
"""How many of what people said last are held against each other."""
_SWITCH = re.compile(r"\bgit (?:switch|checkout)\s+(?:-[cbCB]\s+)?([\w./-]+)")
_MADE = re.compile(r"Task #(\S+) created|\"task\":\s*\{\s*\"id\":\s*\"(\w+)")
_COMMIT = re.compile(r"\bgit commit\b")
_PUSH = re.compile(r"\bgit push\b")
_HASHED = re.compile(
    r"^(?:\[[^\]]*\b([0-9a-f]{7,12})\]\s.+|([0-9a-f]{7,12})\s+\S.*|(?=\w*[a-f])(?=\w*\d)[0-9a-f]{7,40})$", re.MULTILINE
)
_MOVED = re.compile(r"\bmv\s+(?:-\w+\s+)*([\w./@-]+)\s+([\w./@-]+)(?=\s*(?:$|&&|;))", re.MULTILINE)
_STATUS = re.compile(r"^(?:[ MADRCU?!]{2}) \S.*$", re.MULTILINE)


def build(turns: Sequence[Said], facts: Facts, git: Git | None = None, running: Sequence[str] = ()) -> Handoff | None:
    """Return what a session has to hand over; None for one in which nothing was asked or nothing was done.

    A single question and its answer are nothing done. `running` has the commands that the client's own record has no result of.
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
        failing=(*_cut_off(turns, running), *_failing(run)),
        todo=tuple(_todo(turns, spoken, run, last_said)),
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


def _cut_off(turns: Sequence[Said], running: Sequence[str]) -> Iterator[Line]:
    """Yield the commands that were running when the session stopped: nothing came of them, and nobody said anything since.

    Of a client that does not tell what comes of calls nothing is known.
    """
    ran = [turn for turn in turns if turn.role == "tool" and isinstance(turn.detail.get("command"), str)]
    ended = {turn.detail["command"] for turn in ran if turn.event != "tool_call"}
    told = _told(turns)
    open_calls = [
        turn for turn in ran if turn.event == "tool_call"
        and (turn.detail["call"] not in told if turn.detail.get("call") else turn.detail["command"] not in ended)
    ]  # fmt: skip
    spoke = max((turn.position for turn in turns if turn.role in {"user", "assistant"}), default=-1)
    known = {turn.detail["command"] for turn in open_calls}
    for command in reversed(running[-_MOST_RUNNING:]):
        if command not in known:
            yield Line(short(command, 240), None, "was running at the end, no result", "the client's record")
    if len(open_calls) <= len(ended):
        for turn in reversed(open_calls):
            if turn.position > spoke:
                yield Line(short(turn.detail["command"], 240), turn.position, "was running at the end, no result")


def _told(turns: Iterable[Said]) -> set[object]:
    """Return the calls of which it is known what came of them."""
    return {turn.detail.get("call") for turn in turns if turn.event in {"tool_result", "tool_failure"}} - {None}


def _failing(run: Sequence[Run]) -> Iterator[Line]:
    for each in islice(still_failing(run), 3):
        code = each.turn.detail.get("exit")
        yield Line(
            short(each.command, 240), each.turn.position, f"exit {code}" if isinstance(code, int) and code else "failed"
        )
        for line in error_lines(each):
            yield Line(short(line, 220), each.turn.position)


def _todo(turns: Sequence[Said], spoken: Sequence[Said], run: Sequence[Run], last_said: Said | None) -> Iterator[Line]:
    """Yield the open items of the newest list, then what the agent's last words but one say is left.

    Left out are what it proposed and was not told to do, and what was said before a change after which tests passed.
    """
    listed = next((turn for turn in reversed(turns) if isinstance(turn.detail.get("todos"), list)), None)
    items = [(listed.position, item) for item in listed.detail["todos"]] if listed is not None else _tasks(turns)
    order = {"in_progress": 0, "pending": 1}
    open_ = [(position, item) for position, item in items if item.get("status") in order]
    for position, item in sorted(open_, key=lambda each: order[each[1]["status"]]):
        yield Line(short(item["content"], 220), position, item["status"].replace("_", " "))
    passed = max((each.turn.position for each in run if each.tests and not each.failed), default=-1)
    mended = max((turn.position for turn in turns if turn.detail.get("writes") and turn.position < passed), default=-1)
    agent = [turn for turn in spoken if turn.role == "assistant" and turn is not last_said][-2:]
    for turn in reversed(agent):
        reply = next((each for each in spoken if each.position > turn.position), None)
        refused = reply is not None and reply.role == "user" and not phrases.accepts(said(reply.text))
        for sentence in phrases.sentences(said(turn.text)) if turn.position > mended else ():
            if phrases.leaves(sentence) and not (refused and phrases.proposes(sentence)):
                yield Line(short(sentence, 220), turn.position)


def _tasks(turns: Sequence[Said]) -> list[tuple[int, dict[str, str]]]:
    """Return what was made to do one by one, as it stands after all changes, with the turns that named it last."""
    found: dict[str, tuple[int, dict[str, str]]] = {}
    told = _told(turns)
    for turn in turns:
        task = turn.detail.get("task")
        if not isinstance(task, dict) or turn.event == "tool_failure":
            continue
        if turn.event == "tool_call" and turn.detail.get("call") in told:
            continue
        made = _MADE.search(turn.text)
        number = task.get("id") or (made[1] or made[2] if made else str(len(found) + 1))
        position, before = found.get(number, (turn.position, {}))
        if "content" in task or before:
            found[number] = (turn.position if "content" in task else position, {**before, **task})
    return list(found.values())


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
    found = changed(turns, facts)
    for path in sorted(found, key=lambda path: -found[path][1])[:_MOST_FILES]:
        count, last = found[path]
        yield Line(path, last, f"{count} edits" if count > 1 else "1 edit")


def changed(turns: Sequence[Said], facts: Facts) -> dict[str, tuple[int, int]]:
    """Return the files that were changed, under the names they were moved to: how often, and where last."""
    found: dict[str, tuple[int, int]] = {}
    told = _told(turns)
    for turn in turns:
        if turn.role != "tool" or turn.event == "tool_failure":
            continue
        if turn.event == "tool_call" and turn.detail.get("call") in told:
            continue
        for path in turn.detail.get("paths", ()) if turn.detail.get("writes") else ():
            if name := " ".join(_relative(path, facts.cwd).split()):
                found[name] = (found.get(name, (0, 0))[0] + 1, turn.position)
        for old, new in _MOVED.findall(str(turn.detail.get("command", ""))):
            if _relative(old, facts.cwd) in found:
                count, _ = found.pop(_relative(old, facts.cwd))
                found[_relative(new, facts.cwd)] = (count, turn.position)
    return found


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
            yield Line("nothing uncommitted", None, "")
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
    paths = changed([turn for turn in turns if turn.position > since], facts)
    if paths:
        newest = sorted(paths, key=lambda path: -paths[path][1])
        what = "changed after that commit" if committed else "changed, and no commit in this session: uncommitted"
        yield Line(short(", ".join(newest), 300), paths[newest[0]][1], what)


def _decided(spoken: Sequence[Said], shown: set[int]) -> Iterator[Line]:
    """Yield what people decided, the newest first, and what they accepted, then what else they said.

    Of a sentence one of whose values was replaced only the other parts are left.
    """
    found: list[tuple[int, Line]] = []
    heard: list[tuple[int, str]] = []
    for number, turn in enumerate(spoken):
        if turn.role != "user":
            continue
        words = said(turn.text)
        before = spoken[number - 1] if number and spoken[number - 1].role == "assistant" else None
        if before is not None and before.position not in shown and phrases.accepts(words):
            found += [
                (number, Line(short(each, 260), before.position, "accepted")) for each in _proposal(said(before.text))
            ]
        parts = phrases.statements(words)
        heard += [(number, each) for each in parts]
        if number and turn.position not in shown and phrases.is_real(words):
            found += [
                (number, Line(short(each, 220), turn.position, "" if phrases.directs(each) else "said"))
                for each in parts
            ]
    newer, kept = list[phrases.About](), list[Line]()
    rest = [(number, phrases.about(each)) for number, each in heard[-_MOST_HEARD:]]
    for number, line in reversed(found[-_MOST_HEARD:]):
        while rest and rest[-1][0] > number:
            newer.append(rest.pop()[1])
        kept += [replace(line, quote=part) for part in _standing(line.quote, newer) if phrases.states(part)]
    yield from sorted(kept, key=lambda line: line.note == "said")[:_MOST_DECISIONS]


def _standing(sentence: str, newer: Sequence[phrases.About]) -> list[str]:
    """Return the parts of a sentence that stand: all of it, or those beside the one that something newer replaces."""
    if _stands(sentence, newer):
        return [sentence]
    parts = phrases.clauses(sentence)
    left = [part for part in parts if _stands(part, newer)]
    return left if len(left) < len(parts) else []


def _stands(sentence: str, newer: Sequence[phrases.About]) -> bool:
    older = phrases.about(sentence)
    return not any(phrases.replaces(each, older) for each in newer)


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
