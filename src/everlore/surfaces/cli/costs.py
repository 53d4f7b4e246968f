"""What memory cost and saved, for a person: tokens and money, the formula, and what is not known."""

from __future__ import annotations

from everlore.surfaces.cli.phrases import count, line
from everlore.surfaces.cli.terminal import clean, date, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from everlore.surfaces.cli.terminal import Page

    Json = dict[str, Any]

_HEAD = ("saved", "history", "told", "tools", "ingested", "money", "used", "occasions")


def _stats(answer: Json, page: Page) -> str:
    total = answer["total"]
    if not total["injections"] and not total["tools"] and not answer["ingestion"]:
        return f"nothing was told since {date(answer['since'])}"
    fresh = total["injected"] - total["repeated"]
    sums = [
        _tokens(total["history"]),
        f"- {fresh:,} told",
        f"- {total['tools']:,} tools",
        f"- {_tokens(total['ingestion'])} ingestion",
    ]
    money = " - ".join(_money(total[name]) for name in ("history_money", "injected_money", "ingestion_money"))
    facts = [
        (
            "since",
            f"{date(answer['since'])}, {count(total['injections'], 'occasion')}, silent at {total['withheld']:,} of them",
        ),
        ("saved tokens", f"{_tokens(total['saved'])} = {' '.join(sums)}"),
        ("saved money", f"{_money(total['saved_money'])} = {money}"),
        ("sent again", f"{total['repeated']:,} tokens as the prefix of conversations" if total["repeated"] else ""),
        ("counted", _counted(total)),
        ("used", _used(total)),
        ("latency", f"p50 {answer['p50']:.1f} ms, p95 {answer['p95']:.1f} ms" if answer["p50"] is not None else ""),
        ("prices", ", ".join(answer["prices"]) or "unknown"),
    ]
    blocks = [page.facts(facts)]
    for title, name in (("told by", "operations"), ("provider and model", "providers"), ("namespace", "namespaces")):
        if answer[name]:
            blocks.append(_table(title, answer[name], page))
    if answer["ingestion"]:
        rows = [
            (f"{each['sent'] + each['received']:,}", _money(each["money"]), each["unpriced"] or "", each["requests"], each["purpose"])
            for each in answer["ingestion"]
        ]  # fmt: skip
        blocks.append(page.table(("tokens", "money", "unpriced", "requests", "ingestion for"), rows))
    blocks.append("\n".join(page.paint(clean(each), "dim") for each in answer["formula"]))
    if answer["unknown"]:
        blocks.append("\n".join(page.paint(f"unknown: {one_line(each)}", "yellow") for each in answer["unknown"]))
    return "\n\n".join(blocks)


def _over(answer: Json, page: Page) -> str:
    if not answer["rows"]:
        return f"nothing was told since {date(answer['since'])}"
    formula = "\n".join(page.paint(clean(each), "dim") for each in answer["formula"])
    return f"{_table('', answer['rows'], page)}\n\n{formula}"


def _table(title: str, rows: list[Json], page: Page) -> str:
    return page.table((*_HEAD, title or "of"), [
        (_tokens(row["saved"]), _tokens(row["history"]), f"{row['injected']:,}", f"{row['tools']:,}", _tokens(row["ingestion"]),
         _money(row["saved_money"]), _share(row), row["injections"], row["key"] or "unknown") for row in rows
    ])  # fmt: skip


def _logs(answer: Json, page: Page) -> str:
    if not answer["entries"]:
        return "nothing was told"
    blocks = [_entry(entry, page) for entry in answer["entries"]]
    if answer["next"]:
        blocks.append(page.paint(f"more: --before {answer['next']}", "dim"))
    return "\n\n".join(blocks)


def _entry(entry: Json, page: Page) -> str:
    who = line(entry["namespace"], entry["client"], entry["model"])
    sums = line(
        f"{entry['tokens']:,} tokens", f"history {_tokens(entry['history'])}", f"{entry['milliseconds']:.1f} ms"
    )
    lines = [
        f"{page.paint(date(entry['at']), 'cyan')} {entry['surface']} {entry['operation']} · {who}",
        page.indented("silent" if entry["withheld"] else sums),
    ]
    if entry["input"] is not None:
        told = f"input {entry['input']:,}, of that cached {_tokens(entry['cached'])}, output {_tokens(entry['output'])}"
        lines.append(page.indented(told))
    lines += [
        page.indented(line(f"[{item['id']}]", item["role"], item["why"], f"{item['tokens']:,} tokens", item["used"]))
        for item in entry["items"]
    ]
    lines.append(page.paint(page.indented(f"[{entry['id']}]"), "dim"))
    return "\n".join(lines)


def _why(answer: Json, page: Page) -> str:
    if not answer["told"]:
        return f"{answer['kind']} {answer['id']} was told to nobody"
    used = ", ".join(f"{how} {number}" for how, number in answer["used"].items()) or "no sign of it"
    verdicts = ", ".join(f"{verdict} {number}" for verdict, number in answer["feedback"].items())
    facts = page.facts([
        ("told", f"{count(answer['told'], 'time')}, from {date(answer['first'])} to {date(answer['last'])}"), ("used", used),
        ("feedback", verdicts),
    ])  # fmt: skip
    rows = [
        (date(each["at"]), f"{each['surface']} {each['operation']}", each["role"] or "", each["why"], each["used"] or "", each["namespace"] or "")
        for each in answer["occasions"]
    ]  # fmt: skip
    return f"{facts}\n\n{page.table(('when', 'by', 'role', 'why', 'used', 'namespace'), rows)}"


def _explained(answer: Json, page: Page) -> str:
    head = f"would tell {answer['tokens']:,} tokens" if answer["block"] else "would tell nothing"
    lines = [f"{page.paint(head, 'bold')}, confidence {answer['confidence']:.2f}"]
    for each in answer["candidates"]:
        parts = ", ".join(f"{name} {value:.3g}" for name, value in each["parts"].items())
        verdict = page.paint("told", "green") if each["told"] else page.paint("not told", "yellow")
        lines += [
            f"\n{verdict} [{each['id']}] {each['kind']}: {one_line(each['why'])}", page.indented(each["text"]),
            page.paint(page.indented(f"score {each['score']:.3f} ({parts}), {each['covered']:.0%} of the prompt"), "dim"),
        ]  # fmt: skip
    lines += [f"\ntold beside: {one_line(other)}" for other in answer["others"]]
    return "\n".join(lines)


def _counted(total: Json) -> str:
    if not total["counted"]:
        return ""
    cached, output = _tokens(total["cached"]), _tokens(total["output"])
    return f"by providers, in {count(total['counted'], 'request')}: input {total['input']:,}, of that cached {cached}, output {output}"


def _used(total: Json) -> str:
    if not total["items"]:
        return ""
    how = f"cited {total['cited']}, echoed {total['echoed']}, feedback {total['feedback']}"
    return f"{_share(total)} of {count(total['heard'], 'item')} whose answers are kept ({how}); {total['items']:,} items in all"


def _share(row: Json) -> str:
    used = row["cited"] + row["echoed"] + row["feedback"]
    return f"{used / row['heard']:.0%}" if row["heard"] else "unknown"


def _tokens(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _money(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{'-' if value < 0 else ''}${abs(value):.{4 if abs(value) >= 0.01 or not value else 6}f}"


RENDERERS: dict[str, Callable[[Json, Page], str]] = {
    "stats": _stats, "stats-timeline": _over, "stats-providers": _over, "stats-logs": _logs, "why": _why, "context-explain": _explained,
}  # fmt: skip
