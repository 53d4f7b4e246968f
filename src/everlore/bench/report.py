"""`python -m everlore.bench.report RESULTS > PERFORMANCE.md`: the page on performance, made from result files alone.

RESULTS is a directory of `*.json` as `lore bench ... --json` prints them, one measurement each, and may hold a `notes.md`,
whose text goes under what fell short. Nothing on the page is typed in by hand but that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from everlore.bench.goals import GOALS, Figure, Goal, Result
from everlore.core.errors import InvalidInput, NotFound

_HEAD = """# Performance

This page is generated from the measurements in `docs/performance` by `python -m everlore.bench.report docs/performance`.
Quality figures are means over questions that have an answer, with 95 % bootstrap intervals over questions; a withheld
answer counts as an empty list. Times are milliseconds of wall clock on a machine that does other things as well, so each
stands beside its floor (plain SQLite on the same rows, the server's `/health`, or an interpreter that does nothing), timed
in turn with it: the ratio travels between machines, the time does not. The data sets are development halves: figures on
conversations that nobody tuned on are a little lower.
"""
_AGAIN = """`make environment`, then `.venv/bin/python tools/performance.py DATA --model` measures everything and writes this page; DATA is a
directory with any of `locomo*.json`, `beam*/`, `coding*/` and `longmemeval*.json`, in the shapes in which these sets are
published. Without `--model` no embedding model is needed, and `--only WORD` measures part of it. One measurement by
itself is the command beside its goal, with `--data PATH`; `lore bench recall` alone uses the sample project.
"""
_RECALL = ("any@1", "any@5", "any@10", "frac@10", "mrr", "ndcg@10", "session any@5")


def read_results(directory: Path) -> list[Result]:
    """Return every result in a directory, by name of file; raise `NotFound` or `InvalidInput`."""
    if not directory.is_dir():
        raise NotFound(f"{directory} is not a directory", hint="name the directory of result files")
    results = []
    for file in sorted(directory.glob("*.json")):
        try:
            result = json.loads(file.read_text("utf-8"))
            results.append({"what": result["what"], "report": result["report"], "name": file.stem})
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(f"{file.name} is not a result of the bench: {error}") from error
    return results


def page(results: Sequence[Result], notes: str = "") -> str:
    """Return the whole page as Markdown."""
    parts = [_HEAD, "## Goals", _goals(results)]
    if notes.strip():
        parts += ["## What fell short, and why", notes.strip()]
    recall = [result["report"] for result in results if result["what"] == "recall"]
    if recall:
        parts += ["## Recall", _recall(recall), *(_recall_details(report) for report in recall)]
    ops = sorted(
        (r["report"] for r in results if r["what"] == "ops"), key=lambda report: (report["size"], bool(report["model"]))
    )
    if hooks := [result["report"] for result in results if result["what"] == "hooks"]:
        parts += ["## Hooks", *map(_hooks, hooks)]
    if web := [result["report"] for result in results if result["what"] == "web"]:
        parts += ["## Pages", *map(_web, web)]
    if proxy := [result["report"] for result in results if result["what"] == "proxy"]:
        parts += ["## Proxy", *map(_proxy, proxy)]
    if mining := [result["report"] for result in results if result["what"] == "mining"]:
        parts += ["## Transcripts", *map(_mining, mining)]
    if redaction := [result["report"] for result in results if result["what"] == "redaction"]:
        parts += ["## Redaction", *map(_redaction, redaction)]
    if injection := [result["report"] for result in results if result["what"] == "injection"]:
        parts += ["## Attempts to steer", *map(_injection, injection)]
    if admission := [result["report"] for result in results if result["what"] == "admission"]:
        parts += ["## Admission", *map(_admission, admission)]
    speak = [result["report"] for result in results if result["what"] == "speak"]
    harm = [result["report"] for result in results if result["what"] == "harm"]
    if speak or harm:
        parts += ["## When it speaks", *map(_harm, harm), *([_speak(speak)] if speak else [])]
    if ops:
        parts += ["## Speed", *(_ops(report) for report in ops)]
    parts += ["## Where it was measured", _machines(results), "## How to measure it again", _AGAIN]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _harm(report: dict[str, Any]) -> str:
    rows = []
    for half in ("tune", "held-out"):
        for kind, row in {"all": report[half], **report[half]["kinds"]}.items():
            wrong, kept = row["wrong share"], row["kept share"]
            rows.append([
                half, kind, row["cases"], row["told"], row["wrong"], _share_of(wrong), f"{row['kept']} of {row['helpful']}", _share_of(kept),
            ])  # fmt: skip
    tier = "with the model" if report["model"] else "no model"
    head = ("half", "class", "cases", "lines told", "wrong", "wrong share", "helpful kept", "kept share")
    return f"Cases of harm ({tier}): each has a store of its own.\n\n{_table(head, rows)}"


def _speak(reports: Sequence[dict[str, Any]]) -> str:
    rows = []
    for report in reports:
        row, tier = report["silent"]["of another store"], "model" if report["model"] else "no model"
        rows.append([
            f"{report['data']} ({tier})", report["questions"], _share_of(report["precision"]), _share_of(report["precision, gold alone"]),
            _share_of(report["recall"]), _share_of(report["recall, gold turns"]), _share_of(row), report["tokens a prompt"], _long(report["long session"]),
        ])  # fmt: skip
    head = (
        "data",
        "questions",
        "precision",
        "gold alone",
        "recall",
        "gold turns told",
        "silent at another's",
        "tokens a prompt",
        "one long session: told / recall at the same k",
    )
    return _table(head, rows)


def _long(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    gold, recalled = row["gold told"]["value"], row["gold in recall at the same k"]["value"]
    return f"{row['turns']:,} turns, {row['times fewer']} x fewer, gold {gold} / {recalled}"


def _share_of(row: dict[str, Any]) -> str:
    return "" if row["value"] is None else _ranged(row["value"], row["low"], row["high"])


def _goals(results: Sequence[Result]) -> str:
    rows = [(goal, goal.find(results)) for goal in GOALS]
    return _table(
        ("goal", "wanted", "measured", "95 % interval", "met", "on", "how"),
        ((goal.what, _wanted(goal), *_measured(goal, figure), f"`{goal.how}`") for goal, figure in rows),
    )


def _wanted(goal: Goal) -> str:
    return f"{'at most' if goal.most else 'at least'} {_number(goal.target)}{goal.unit}"


def _measured(goal: Goal, figure: Figure | None) -> tuple[str, str, str, str]:
    if figure is None:
        return "not measured", "", "", ""
    met = figure.value <= goal.target if goal.most else figure.value >= goal.target
    interval = f"{_number(figure.low)} to {_number(figure.high)}" if figure.low is not None else ""
    return f"{_number(figure.value)}{goal.unit}", interval, "yes" if met else "**no**", figure.note


def _title(report: dict[str, Any]) -> str:
    recipe = "" if report["recipe"] == "default" else f", recipe {report['recipe']}"
    return f"{report['data']} ({report['model'] or 'no model'}{recipe})"


def _recall(reports: Sequence[dict[str, Any]]) -> str:
    rows = []
    for report in reports:
        quality, speed = report["quality"], report["speed"]
        rows.append([
            _title(report), report["questions"], *(_number(quality[name]["value"]) for name in _RECALL),
            f"{speed['recall']['p50_ms']:.1f} / {speed['recall']['p95_ms']:.1f}", f"{speed['import turns/s']:,}",
            speed.get("embed passages/s", ""), speed["peak memory mb"],
        ])  # fmt: skip
    head = ("data", "questions", *_RECALL, "p50 / p95 ms", "import turns/s", "embed passages/s", "peak MB")
    return _table(head, rows)


def _recall_details(report: dict[str, Any]) -> str:
    parts = [f"### {_title(report)}"]
    categories = report["categories"]
    parts.append(_table(
        ("category", "questions", "any@10", "frac@10", "mrr"),
        ([name, row["n"], *(_ranged(row[m], row[f"{m} low"], row[f"{m} high"]) for m in ("any@10", "frac@10", "mrr"))]
         for name, row in categories.items()),
    ))  # fmt: skip
    newest = report["newest over stale"]
    if newest["questions"]:
        parts.append(
            f"Of {newest['questions']} questions whose value changed, the newest stood above every older one in {newest['newest first']}, "
            f"an older one above it in {newest['stale first']}, and neither was in the first twenty in {newest['neither']}."
        )
    asked = {name: row for name, row in report["abstention"].items() if row["asked"]}
    parts.append(_table(
        ("questions", "asked", "withheld", "share"),
        ([name, row["asked"], row["withheld"], _ranged(row["share"], row["low"], row["high"])] for name, row in asked.items()),
    ))  # fmt: skip
    if report.get("arms"):
        parts.append(_table(
            ("arm", "any@10", "frac@10", "mrr", "lead of the recipe, any@10", "lead, mrr"),
            ([name, *(_number(row[m]) for m in ("any@10", "frac@10", "mrr")), *(_lead(row, m) for m in ("any@10", "mrr"))]
             for name, row in report["arms"].items()),
        ))  # fmt: skip
    return "\n\n".join(parts)


def _lead(row: dict[str, Any], measure: str) -> str:
    name = f"lead {measure}"
    return _ranged(row[name], row[f"{name} low"], row[f"{name} high"]) if name in row else ""


def _ops(report: dict[str, Any]) -> str:
    head = (
        f"### {report['memories']:,} memories and {report['turns']:,} turns in {report['passages']:,} passages"
        f" ({report['model'] or 'no model'})"
    )
    rows = []
    for section, title in (("operations", "in process"), ("http", "over HTTP"), ("command line", "as a process")):
        for name, row in report.get(section, {}).items():
            rows.append([
                f"{name}, {title}", row["n"], *(f"{row[key]:.2f}" for key in ("p50_ms", "p95_ms", "p99_ms")),
                f"{row['processor p95_ms']:.2f}" if "processor p95_ms" in row else "", f"{row['floor p50_ms']:.3f}", f"{row['ratio']:.3g}",
            ])  # fmt: skip
    table = _table(
        ("operation", "times", "p50 ms", "p95 ms", "p99 ms", "processor p95 ms", "floor p50 ms", "ratio"), rows
    )
    size, rate, idle = report["bytes"], report["import"], report["idle daemon"]
    text = (
        f"Import: {rate['turns/s']:,} turns/s (plain SQLite {rate['floor turns/s']:,}). Store over text: {size['turns']['ratio']} for turns alone, "
        f"{size['all']['ratio']} with memories. Server: {_memory(idle['started'])} when started, {_memory(idle['after use'])} after use."
    )
    return "\n\n".join((head, table, text))


def _hooks(report: dict[str, Any]) -> str:
    rows = []
    for state, events in report.items():
        for event, row in events.items() if isinstance(events, dict) else ():
            if isinstance(row, dict) and "ratio p95" in row:
                rows.append([
                    f"{state}, {event}", row["n"], *(f"{row[key]:.1f}" for key in ("p50_ms", "p95_ms", "floor p50_ms", "floor p95_ms")),
                    f"{row['ratio p95']:.3g}", row["bad"],
                ])  # fmt: skip
    table = _table(("call", "times", "p50 ms", "p95 ms", "floor p50 ms", "floor p95 ms", "ratio p95", "bad"), rows)
    kills, left = report["kills"], report["left behind"]
    text = (
        f"Each call is a process of its own. {kills['kills']} kills of the server under {kills['events/s']} events/s: {kills['lost']} of "
        f"{kills['events']:,} events lost, {kills['doubled']} stored twice. Left behind: {left['processes']} processes, {left['servers']} servers, "
        f"{left['locks']} locks."
    )
    return "\n\n".join((table, text))


def _web(report: dict[str, Any]) -> str:
    browser = report["browser"] or {"first contentful paint": {}, "bytes": {}}
    paints, weights = browser["first contentful paint"], browser["bytes"]
    rows = [
        [name, *(f"{row[key]:.1f}" for key in ("p50_ms", "p95_ms")), f"{row['bytes'] / 1000:.1f}",
         f"{paints[name]['p95_ms']:.0f}" if name in paints else "", f"{weights[name] / 1000:.0f}" if name in weights else ""]
        for name, row in report["pages"].items()
    ]  # fmt: skip
    table = _table(
        ("page", "server p50 ms", "p95 ms", "kB of it, compressed", "first paint p95 ms", "kB with all it needs"), rows
    )
    load = report["load"]
    told = (
        f"{load['readers']} readers, each with one to three seconds between pages, and {load['writers']} writers for {load['seconds']} s: "
        f"{load['errors']} errors, "
        f"{load['pages']['n']:,} pages p95 {load['pages']['p95_ms']:.0f} ms, {load['writes']['n']:,} writes p95 {load['writes']['p95_ms']:.0f} ms."
    )
    if report["browser"]:
        typed, drawn = browser["keystroke to painted result"], browser["graph"]
        told += (
            f" From a keystroke to its painted result: p50 {typed['p50_ms']:.0f} ms, p95 {typed['p95_ms']:.0f} ms of {typed['n']}. "
            f"Graph of {drawn['drawn']}: laid out and handed to be drawn in {drawn['layout ms']:.0f} ms; {drawn['frames']} frames while dragged, "
            f"the longest {drawn['longest frame ms']:.0f} ms, {drawn['over 50 ms']} over 50 ms."
        )
    return f"On {report['size']:,} memories, as many turns and links, and {report['size'] // 5:,} entries of the ledger.\n\n{table}\n\n{told}"


def _proxy(report: dict[str, Any]) -> str:
    rows = [
        [f"{name}, {way}", row[way]["n"], *(f"{row[way][key]:.2f}" for key in ("p50_ms", "p95_ms", "p99_ms")), row["told"], row["different"]]
        for name, row in (("memory on", report), ("memory off", report["memory off"]))
        for way in ("direct", "proxied", "overhead")
    ]  # fmt: skip
    table = _table(("first byte", "times", "p50 ms", "p95 ms", "p99 ms", "told", "not identical"), rows)
    waited = ", ".join(f"{report['memory'][key]:.1f} ms {key[:3]}" for key in ("p50_ms", "p95_ms"))
    return f"On {report['size']:,} memories{', with a model' if report['model'] else ''}. Waiting for recall: {waited}.\n\n{table}"


def _mining(report: dict[str, Any]) -> str:
    memory, again = report["memory mb"], report["again"]
    return (
        f"{report['megabytes']:,.0f} MB in {report['files']:,} made-up transcripts: {report['MB/s']} MB/s, {report['turns/s']:,} turns/s, a store of "
        f"{report['bytes'] / 1e6:,.0f} MB. Private memory: at most {memory['peak']:.0f} MB, {memory['first third']:.0f} in the first third and "
        f"{memory['last third']:.0f} in the last. The same again: {again['ms']} ms, {again['ms a file']} ms a file."
    )


def _redaction(report: dict[str, Any]) -> str:
    named = ("recall", "recall of tokens", "recall beside a name", "precision", "false alarms")
    table = _table(
        ("detector", *named),
        (
            [name, *(f"{row[key]:.3g}" for key in named)]
            for name, row in {"everlore": report, **report["others"]}.items()
        ),
    )
    speed = ", ".join(f"{name} {value:g}" for name, value in report["MB/s"].items())
    cold, slowest = report["cold"], min(report["hostile"].items(), key=lambda each: each[1]["MB/s"])
    text = (
        f"{report['planted']:,} planted secrets, {report['innocent']} look-alikes. MB/s: {speed}; the slowest of the texts made to be slow is "
        f"{slowest[0]!r} with {slowest[1]['MB/s']:g}, and four times the text takes at most {report['most growth']:g} times as long. A cold process "
        f"that redacts 5 kB takes {cold['p50_ms']:.1f} ms, one that only imports JSON {cold['floor p50_ms']:.1f}."
    )
    return "\n\n".join((table, text))


def _injection(report: dict[str, Any]) -> str:
    rows = []
    for name, row in {"everlore": report, **report["others"]}.items():
        for half in ("dev", "held-out", "later"):
            found = row[half]
            rows.append([
                name, half, f"{found['caught']} of {found['attacks']}", _number(found["caught share"]),
                f"{found['held']} of {found['benign']}", _number(found["held share"]),
            ])  # fmt: skip
    table = _table(("scanner", "half", "attempts caught", "share", "benign held", "share"), rows)
    kinds = _table(
        ("kind of attempt", "caught, dev", "caught, held-out"),
        (
            [
                kind,
                *(
                    " of ".join(map(str, report["caught by kind"][half].get(kind, (0, 0))))
                    for half in ("dev", "held-out")
                ),
            ]
            for kind in report["caught by kind"]["dev"]
        ),
    )
    speed = ", ".join(f"{name} {value:g}" for name, value in report["seconds/MB"].items())
    text = (
        f"Rules were made on the dev half alone; the later texts were written when they were finished. "
        f"A text of 300 characters takes {report['ms an item']:g} ms. Seconds a megabyte: {speed}; "
        f"four times a text made to be slow takes at most {report['most growth']:g} times as long."
    )
    return "\n\n".join((table, kinds, text))


def _admission(report: dict[str, Any]) -> str:
    confusion = _table(
        ("label", "the same", "another value", "another statement"),
        ([label.replace("_", " "), *row.values()] for label, row in report["confusion"].items()),
    )
    named = ("pairs", "wrong merges", "wrong values", "repeats caught", "paraphrases caught", "updates superseding")
    halves = _table(
        ("half", *named), ([half, *(_number(row[key]) for key in named)] for half, row in report["halves"].items())
    )
    found = ("pairs", "contrary", "precision", "recall")
    contrary = _table(
        ("contradictions", *found),
        ([half, *(_number(row[key]) for key in found)] for half, row in report["contradictions by half"].items()),
    )
    text = f"{report['microseconds a pair']} microseconds a comparison."
    return "\n\n".join((confusion, halves, contrary, text))


def _memory(row: dict[str, float]) -> str:
    return (
        f"{row['resident_mb']:.0f} MB ({row['private_mb']:.0f} without pages of files)" if row else "memory not known"
    )


def _machines(results: Sequence[Result]) -> str:
    names = ("cores", "memory_gb", "system", "python", "sqlite", "everlore")
    seen: dict[tuple[str, ...], list[str]] = {}
    for result in results:
        if machine := result["report"].get("machine"):
            seen.setdefault(tuple(str(machine.get(name)) for name in names), []).append(
                f"{result['name']} ({machine.get('load')})"
            )
    head = (
        "cores",
        "memory GB",
        "system",
        "Python",
        "SQLite",
        "Everlore",
        "measurements (load of the machine at their end)",
    )
    return _table(head, ([*machine, ", ".join(files)] for machine, files in seen.items()))


def _ranged(value: float | None, low: float | None, high: float | None) -> str:
    return "" if value is None else f"{_number(value)} [{_number(low)}, {_number(high)}]"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 2 and value != round(value) else f"{value:.3g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines])


def main(arguments: Sequence[str]) -> int:
    """Print the page for the directory named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m everlore.bench.report RESULTS\n")
        return 2
    directory = Path(arguments[0])
    try:
        results = read_results(directory)
    except (InvalidInput, NotFound) as error:
        sys.stderr.write(f"error: {error.message}\n")
        return 1
    notes = directory / "notes.md"
    sys.stdout.write(page(results, notes.read_text("utf-8") if notes.exists() else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
