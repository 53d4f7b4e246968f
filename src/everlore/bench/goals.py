"""The goals Everlore is measured by, as data: what is wanted, where the figure is found, and how it was measured.

A goal looks at results as the bench writes them: `{"what", "report"}`. Where several fit, the one whose store is the
smallest that is large enough counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its interval, if it has one, and in what it was measured."""

    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """One row: the figure wanted is at least `target`, or at most when `most` is true; `unit` is put behind figures."""

    what: str
    target: float
    find: Callable[[Sequence[Result]], Figure | None]
    how: str
    most: bool = False
    unit: str = ""


def recall_result(results: Sequence[Result], dataset: str, model: bool) -> dict[str, Any] | None:
    """Return the report on a data set in the default recipe, the one with most questions."""
    found = [
        result["report"]
        for result in results
        if result["what"] == "recall"
        and (result["report"]["dataset"], bool(result["report"]["model"]), result["report"]["recipe"])
        == (dataset, model, "default")
    ]
    return max(found, key=lambda report: report["questions"], default=None)


def ops_result(results: Sequence[Result], what: str, least: int, model: bool = False) -> dict[str, Any] | None:
    """Return the report on the smallest store that holds at least so many memories, turns or passages."""
    found = [
        result["report"]
        for result in results
        if result["what"] == "ops" and bool(result["report"]["model"]) == model and result["report"][what] >= least
    ]
    return min(found, key=lambda report: report[what], default=None)


def _quality(dataset: str, model: bool, name: str) -> Callable[[Sequence[Result]], Figure | None]:
    def find(results: Sequence[Result]) -> Figure | None:
        report = recall_result(results, dataset, model)
        return _estimate(report["quality"][name], f"{report['questions']} questions") if report else None

    return find


def _estimate(row: dict[str, Any], note: str, name: str = "value") -> Figure | None:
    return Figure(row[name], row["low"], row["high"], note) if row.get(name) is not None else None


def _newest(dataset: str, model: bool) -> Callable[[Sequence[Result]], Figure | None]:
    def find(results: Sequence[Result]) -> Figure | None:
        report = recall_result(results, dataset, model)
        row = report["newest over stale"] if report else {}
        return (
            _estimate(row, f"{row['questions']} questions, neither found in {row['neither']}", "share") if row else None
        )

    return find


def _withheld(dataset: str, model: bool, group: str) -> Callable[[Sequence[Result]], Figure | None]:
    def find(results: Sequence[Result]) -> Figure | None:
        report = recall_result(results, dataset, model)
        row = report["abstention"][group] if report else {}
        return _estimate(row, f"{row['asked']} questions", "share") if row else None

    return find


def _lead(dataset: str, model: bool) -> Callable[[Sequence[Result]], Figure | None]:
    def find(results: Sequence[Result]) -> Figure | None:
        report = recall_result(results, dataset, model)
        arms = {
            name: row for name, row in (report or {}).get("arms", {}).items() if name in {"words", "pooled", "maxsim"}
        }
        if not arms:
            return None
        best = max(arms, key=lambda name: arms[name]["any@10"])
        row = arms[best]
        return Figure(
            row["lead any@10"],
            row["lead any@10 low"],
            row["lead any@10 high"],
            f"best arm: {best}, {row['any@10']:.3f}",
        )

    return find


def _timed(
    section: str, row: str, name: str, what: str, least: int, model: bool = False
) -> Callable[[Sequence[Result]], Figure | None]:
    def find(results: Sequence[Result]) -> Figure | None:
        report = ops_result(results, what, least, model)
        if report is None:
            return None
        found = report[section].get(row)
        return found and Figure(found[name], note=f"{report[what]:,} {what}, {found['ratio']:.3g} x floor")

    return find


def _sized(path: tuple[str, ...], what: str, least: int) -> Callable[[Sequence[Result]], Figure | None]:
    def find(results: Sequence[Result]) -> Figure | None:
        report = ops_result(results, what, least)
        if report is None:
            return None
        value: Any = report
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return None if value is None else Figure(value, note=f"{report[what]:,} {what}")

    return find


def _recall_goals() -> list[Goal]:
    wanted = (
        ("locomo", "LoCoMo", (("any@10", 0.845, 0.87), ("frac@10", 0.79, 0.81), ("mrr", 0.61, 0.65))),
        ("beam", "BEAM", (("any@10", 0.70, 0.80), ("frac@10", 0.535, 0.62))),
        ("coding", "coding sessions", (("any@10", 0.65, 0.85),)),
    )
    goals = []
    for dataset, title, measures in wanted:
        for model in (False, True):
            tier = "with the model" if model else "no model"
            how = f"lore bench recall --dataset {dataset}{' --model' if model else ''}"
            goals += [
                Goal(f"{title}, {name}, {tier}", (plain, semantic)[model], _quality(dataset, model, name), how)
                for name, plain, semantic in measures
            ]
            goals.append(
                Goal(
                    f"{title}: lead over the best single arm, any@10, {tier}",
                    0.0,
                    _lead(dataset, model),
                    f"{how} --arms",
                )
            )
    for dataset, title in (("coding", "coding sessions"), ("beam", "BEAM")):
        for model in (False, True):
            tier = "with the model" if model else "no model"
            how = f"lore bench recall --dataset {dataset}{' --model' if model else ''}"
            goals.append(
                Goal(f"{title}: newest value above every stale one, {tier}", 0.85, _newest(dataset, model), how)
            )
    return goals


def _abstention_goals() -> list[Goal]:
    goals = []
    for dataset, title in (("locomo", "LoCoMo"), ("beam", "BEAM"), ("coding", "coding sessions")):
        for model in (False, True):
            tier = "with the model" if model else "no model"
            how = f"lore bench recall --dataset {dataset}{' --model' if model else ''}"
            goals += [
                Goal(
                    f"{title}: withheld when asked of another's store, {tier}",
                    0.90,
                    _withheld(dataset, model, "of another store"),
                    how,
                ),
                Goal(
                    f"{title}: answerable but withheld, {tier}",
                    0.03,
                    _withheld(dataset, model, "answerable"),
                    how,
                    most=True,
                ),
            ]
    return goals


def _report(results: Sequence[Result], what: str, name: str = "") -> dict[str, Any] | None:
    """Return the report of a measurement of this kind, of several the one whose data has the name."""
    found = [r["report"] for r in results if r["what"] == what and (not name or r["report"].get("data") == name)]
    return found[-1] if found else None


def _at(
    what: str, *path: str, data: str = "", note: Callable[[dict[str, Any]], str] = lambda _: ""
) -> Callable[[Sequence[Result]], Figure | None]:
    def find(results: Sequence[Result]) -> Figure | None:
        report: Any = _report(results, what, data)
        value = report
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return None if value is None else Figure(value, note=note(report))

    return find


def _hook(state: str, event: str) -> Callable[[Sequence[Result]], Figure | None]:
    def find(results: Sequence[Result]) -> Figure | None:
        row = ((_report(results, "hooks") or {}).get(state) or {}).get(event)
        return (
            Figure(row["ratio p95"], note=f"p95 {row['p95_ms']:.0f} ms, floor {row['floor p95_ms']:.0f} ms")
            if row
            else None
        )

    return find


def _lesson_goals() -> list[Goal]:
    sets = (
        ("coding sessions", "coding-dev", "whole", " --data DIR"),
        ("our own sessions, held-out half", "labelled", "held-out", ""),
    )
    return [
        Goal(f"lessons by rule, {name}: {measure}", target, _at("lessons", "parts", part, measure, data=data), f"lore bench lessons{more}")
        for name, data, part, more in sets
        for measure, target in (("precision", 0.9), ("recall", 0.6))
    ]  # fmt: skip


def _proxy_goals() -> list[Goal]:
    def on(report: dict[str, Any]) -> str:
        told = f"{report['told']} of {report['overhead']['n']} told something"
        parts = report["memory"]["p95_ms"], report["memory off"]["overhead"]["p95_ms"]
        return f"{report['size']:,} memories, {told}; recall {parts[0]:.1f} ms, with memory off {parts[1]:.1f} ms"

    how = "lore bench proxy"
    return [
        Goal("proxy, first byte beside a direct call, p95", 25, _at("proxy", "overhead", "p95_ms", note=on), how, True, " ms"),
        Goal("proxy, streamed answers that were not relayed byte for byte", 0, _at("proxy", "different"), how, True),
    ]  # fmt: skip


def _session_goals() -> list[Goal]:
    hooks = "lore bench hooks"
    states = ("server up", "no server", "store locked, server up", "store locked, no server", "store corrupt")
    goals = [
        Goal(f"hook, p95 over an idle interpreter's, {event} event, {state}", 3, _hook(state, event), hooks, True, " x")
        for state in states
        for event in ("tool", "prompt")
    ]
    start, mining, handoff = ("session start",), "lore bench mining --size 1000", "lore bench handoff"
    injection = "lore bench injection"
    return [
        *goals,
        Goal("session start through the hook, p95, 100,000 memories, server up", 60, _at("hooks", *start, "server up", "p95_ms"), hooks, True, " ms"),
        Goal("session start through the hook, p95, 100,000 memories, no server", 250, _at("hooks", *start, "no server", "p95_ms"), hooks, True, " ms"),
        Goal("events lost over 20 kills of the server", 0, _at("hooks", "kills", "lost", note=lambda r: f"{r['kills']['events']} events"), hooks, True),
        Goal("events stored twice over 20 kills of the server", 0, _at("hooks", "kills", "doubled"), hooks, True),
        Goal("mining of transcripts", 20, _at("mining", "MB/s", note=lambda r: f"{r['megabytes']:,.0f} MB"), mining, unit=" MB/s"),
        Goal("mining, private memory in the last third over the first", 1.2, _memory_growth, mining, True, " x"),
        Goal("handoffs, coding sessions: what has to be named", 1.0, _at("handoff", "named", data="coding-dev"), f"{handoff} --data DIR"),
        Goal("handoffs, coding sessions: lines made up", 0, _at("handoff", "invented", data="coding-dev"), f"{handoff} --data DIR", True),
        Goal("handoffs, coding sessions: what must not be in them", 0, _at("handoff", "wrong", data="coding-dev"), f"{handoff} --data DIR", True),
        Goal("handoffs, ten sessions of our own: what has to be named", 1.0, _at("handoff", "named", data="handoffs"), handoff),
        Goal("handoffs, ten sessions of our own: lines made up", 0, _at("handoff", "invented", data="handoffs"), handoff, True),
        *_lesson_goals(),
        *_proxy_goals(),
        Goal("attempts to steer caught, held-out half", 0.9, _at("injection", "held-out", "caught share", note=_unseen), injection),
        Goal("attempts to steer caught, texts later than the rules", 0.9, _at("injection", "later", "caught share"), injection),
        Goal("benign texts held, held-out half", 0.01, _at("injection", "held-out", "held share", note=_unseen), injection, True),
        *_admission_goals(),
        Goal("redaction, slowest text", 1, _at("redaction", "slowest MB/s"), "lore bench redaction", unit=" MB/s"),
    ]  # fmt: skip


def _speaking_goals() -> list[Goal]:
    def unseen(report: dict[str, Any]) -> str:
        row = report["held-out"]
        return f"held-out half, {row['told']} lines told in {row['cases']} cases; with{'' if report['model'] else 'out'} the model"

    def asked(report: dict[str, Any]) -> str:
        return f"{report['questions']} questions"

    def said(dataset: str, model: bool, *path: str) -> Callable[[Sequence[Result]], Figure | None]:
        def find(results: Sequence[Result]) -> Figure | None:
            reports = [r["report"] for r in results if r["what"] == "speak"]
            row: Any = next((r for r in reports if (r["dataset"], r["model"]) == (dataset, model)), None)
            note = asked(row) if row else ""
            for name in path:
                row = (row or {}).get(name)
            if isinstance(row, dict):
                return _estimate(row, note)
            return None if row is None else Figure(row, note=note)

        return find

    goals = [
        Goal("harm suite, wrong lines of all told", 0.02, _at("harm", "held-out", "wrong share", "value", note=unseen), "lore bench harm", True),
        Goal("harm suite, helpful lines kept", 0.90, _at("harm", "held-out", "kept share", "value", note=unseen), "lore bench harm"),
    ]  # fmt: skip
    for dataset, title in (("coding", "coding sessions"), ("locomo", "LoCoMo"), ("beam", "BEAM")):
        for model in (False, True):
            tier = "with the model" if model else "no model"
            how = f"lore bench speak --dataset {dataset} --data DIR{' --model' if model else ''}"
            goals += [
                Goal(f"told at prompts, {title}: precision, {tier}", 0.60, said(dataset, model, "precision"), how),
                Goal(f"told at prompts, {title}: recall, {tier}", 0.70, said(dataset, model, "recall"), how),
                Goal(f"told at prompts, {title}: silent at another's, {tier}", 0.95, said(dataset, model, "silent", "of another store"), how),
            ]  # fmt: skip
        goals.append(
            Goal(
                f"a session of 1,000 turns, {title}: tokens of it over tokens told", 20, said(dataset, False, "long session", "times fewer"),
                f"lore bench speak --dataset {dataset} --data DIR", unit=" x",
            )
        )  # fmt: skip
    return goals


def _unseen(report: dict[str, Any]) -> str:
    row = report["held-out"]
    return f"{row['attacks']} attempts, {row['benign']} benign texts"


def _admission_goals() -> list[Goal]:
    def on(report: dict[str, Any]) -> str:
        late = report["halves"]["late"]
        return f"{report['pairs']} pairs; of {late['pairs']} written last {late['repeats caught']:.2f}"

    def contrary(report: dict[str, Any]) -> str:
        late = report["contradictions by half"]["late"]
        return f"{report['contradictions']['pairs']} pairs; written last {late['precision']:.2f} / {late['recall']:.2f}"

    how = "lore bench admission"
    return [
        Goal("admission, labelled pairs: wrong merges", 0, _at("admission", "wrong merges", note=on), how, True),
        Goal("admission, labelled pairs: wrongly superseded", 0, _at("admission", "wrong values", note=on), how, True),
        Goal("admission, labelled pairs: repeats caught", 0.95, _at("admission", "repeats caught", note=on), how),
        Goal("contradictions, precision, no model", 0.95, _at("admission", "contradictions", "precision", note=contrary), how),
        Goal("contradictions, recall, no model", 0.70, _at("admission", "contradictions", "recall", note=contrary), how),
    ]  # fmt: skip


def _memory_growth(results: Sequence[Result]) -> Figure | None:
    memory = (_report(results, "mining") or {}).get("memory mb")
    if not memory or not memory["first third"]:
        return None
    return Figure(round(memory["last third"] / memory["first third"], 2), note=f"{memory['peak']:.0f} MB at most")


def _links(report: dict[str, Any]) -> str:
    return f"{report['links']:,} links among {report['nodes']:,} nodes"


def _planted(report: dict[str, Any]) -> str:
    return f"{report['memories']:,} memories; undo gives {'all' if report['undo']['as before'] else 'not all'} back"


def _untouched(report: dict[str, Any]) -> str:
    again = report["second run"]
    return f"{again['read']} read, {again['changed'] + again['proposed']} changed or proposed"


def _booted(report: dict[str, Any]) -> str:
    return (
        f"{report['commits']:,} commits, {report['files']:,} files, {report['pages and memories']} pages and memories"
    )


def _cited(report: dict[str, Any]) -> str:
    return f"{report['sources']:,} sources"


_OPS = "lore bench ops --size N"
GOALS: tuple[Goal, ...] = (
    *_recall_goals(),
    *_abstention_goals(),
    *_session_goals(),
    *_speaking_goals(),
    Goal("recall over HTTP, p95, 100,000 passages", 20, _timed("http", "recall", "p95_ms", "passages", 100_000), _OPS, True, " ms"),
    Goal("recall over HTTP, p95, 1,000,000 passages", 80, _timed("http", "recall", "p95_ms", "passages", 1_000_000), _OPS, True, " ms"),
    Goal("the same with the model, 100,000 passages", 30, _timed("http", "recall", "p95_ms", "passages", 100_000, True), f"{_OPS} --model", True, " ms"),
    Goal("remember, p95, 100,000 memories", 5, _timed("operations", "remember", "p95_ms", "memories", 100_000), _OPS, True, " ms"),
    Goal("slice, p95, 100,000 memories", 40, _timed("operations", "slice", "p95_ms", "memories", 100_000), _OPS, True, " ms"),
    Goal("check-duplicate, p95, 100,000 memories", 15, _timed("operations", "check-duplicate", "p95_ms", "memories", 100_000), _OPS, True, " ms"),
    Goal("taxonomy of 10,000 namespaces, p95, 100,000 memories", 15, _timed("operations", "taxonomy", "p95_ms", "memories", 100_000), _OPS, True, " ms"),
    Goal("bulk import", 10_000, _sized(("import", "turns/s"), "turns", 10_000), _OPS, unit=" turns/s"),
    Goal("lore recall as a process, server up, p50", 150, _timed("command line", "lore recall", "p50_ms", "turns", 10_000), _OPS, True, " ms"),
    Goal("store over text, 100,000 turns", 4, _sized(("bytes", "turns", "ratio"), "turns", 100_000), _OPS, True, " x"),
    *(
        Goal(f"{what}, p95, 100,000 links", most, _at("graph", "operations", row, "p95_ms", note=_links), "lore bench graph --size 100000", True, " ms")
        for what, row, most in (("graph walk to depth 3", "walk depth 3", 15), ("graph timeline", "timeline", 10))
    ),
    Goal("curate, 10,000 memories", 20, _at("curate", "seconds", note=_planted), "lore bench curate", True, " s"),
    Goal("curate again, nothing changed", 1, _at("curate", "second run", "seconds", note=_untouched), "lore bench curate", True, " s"),
    *(
        Goal(f"vault of 10,000 pages: {what}", most, _at("vault", *path), "lore bench vault", True, unit)
        for what, most, path, unit in (
            ("first rendering", 30, ("first rendering", "seconds"), " s"),
            ("looked through, nothing changed", 2, ("nothing changed", "seconds"), " s"),
            ("an edit until it is recalled, slowest of ten", 1, ("an edit until it is recalled", "slowest seconds"), " s"),
            ("texts lost by 1,000 random edits, moves and deletions beside an agent that writes", 0, ("random edits", "texts lost"), ""),
        )
    ),
    Goal("bootstrap, 5,000 commits", 60, _at("bootstrap", "process seconds", note=_booted), "lore bench bootstrap --size 5000", True, " s"),
    Goal("memory of that, at most", 300, _at("bootstrap", "peak MB"), "lore bench bootstrap --size 5000", True, " MB"),
    Goal("sources of its pages that resolve", 1, _at("bootstrap", "resolved", note=_cited), "lore bench bootstrap --size 5000"),
    Goal("bootstrap again, nothing changed", 0, _at("bootstrap", "second run", "written"), "lore bench bootstrap --size 5000", True, " written"),
    Goal("idle server, 10,000 memories", 80, _sized(("idle daemon", "after use", "resident_mb"), "memories", 10_000), _OPS, True, " MB"),
)  # fmt: skip
