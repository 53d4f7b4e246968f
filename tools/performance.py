"""Measure everything that PERFORMANCE.md tells, then write it: python tools/performance.py DATA [--model] [--sizes N,N] [--only WORD]

DATA is a directory of data sets: locomo*.json, beam*/, coding*/ and longmemeval*.json, whichever are there. Each measurement
runs in a process of its own and leaves one small file in docs/performance. --model measures with the embedding model of
EVERLORE_HOME beside without; --only runs those whose name holds the word; --page only writes the page anew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "performance"
PATTERNS = {"locomo": "locomo*.json", "longmemeval": "longmemeval*.json", "beam": "beam*", "coding": "coding*"}


def planned(data: Path | None, model: bool, sizes: list[int]) -> dict[str, list[str]]:
    """Return the arguments of `lore bench` for each result, by the name of its file."""
    plan: dict[str, list[str]] = {}
    tiers = [("", []), *([("-model", ["--model"])] if model else [])]
    sets = [("conversation", None)] + [
        (name, path) for name, p in PATTERNS.items() if data for path in sorted(data.glob(p))
    ]
    for tier, flags in tiers:
        for name, path in sets:
            where = ["--data", str(path)] if path else []
            if path and name != "longmemeval":
                plan[f"speak-{path.stem}{tier}"] = ["speak", "--dataset", name, *where, *flags]
            plan[f"recall-{path.stem if path else 'sample'}{tier}"] = [
                "recall",
                "--dataset",
                name,
                *where,
                "--arms",
                *flags,
            ]
    plan |= {
        "hooks": ["hooks", "--questions", "100"],
        "mining": ["mining", "--size", "1000"],
        "redaction": ["redaction"],
        "injection": ["injection"],
        "admission": ["admission"],
        "harm": ["harm"],
        "graph": ["graph", "--size", "100000"],
        "curate": ["curate", "--size", "10000"],
        "vault": ["vault", "--size", "10000"],
        "bootstrap": ["bootstrap", "--size", "5000"],
        "proxy": ["proxy", "--size", "10000"],
        "web": ["web", "--size", "100000"],
    }
    for what in ("handoff", "lessons"):
        plan[what] = [what]
        coding = sorted(data.glob("coding*")) if data else []
        plan |= {f"{what}-{path.stem}": [what, "--data", str(path)] for path in coding}
    for size in sizes:
        plan[f"ops-{size}"] = ["ops", "--size", str(size)]
        if model and size == 50_000:
            plan[f"ops-{size}-model"] = ["ops", "--size", str(size), "--model"]
    return plan


def run(name: str, arguments: list[str]) -> bool:
    """Run one measurement and keep its result; return whether it succeeded."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "everlore", "bench", *arguments, "--json"], stdout=subprocess.PIPE, check=False
    )
    print(
        f"{name}: {'done' if done.returncode == 0 else 'failed'} after {time.monotonic() - started:.0f} s",
        file=sys.stderr,
        flush=True,
    )
    if done.returncode:
        return False
    answer = json.loads(done.stdout)
    kept = {"what": answer["what"], "report": answer["report"]}
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--model", action="store_true")
    parser.add_argument("--sizes", default="10000,50000,100000,500000", help="stores to time operations on")
    parser.add_argument("--only", default="")
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    plan = {} if given.page else planned(given.data, given.model, [int(size) for size in given.sizes.split(",")])
    failed = [name for name, arguments in plan.items() if given.only in name and not run(name, arguments)]
    page = subprocess.run(
        [sys.executable, "-m", "everlore.bench.report", str(RESULTS)], stdout=subprocess.PIPE, check=True
    )
    (ROOT / "PERFORMANCE.md").write_bytes(page.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
