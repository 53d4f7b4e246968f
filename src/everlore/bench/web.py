"""How fast pages are: as the server sends them, as Chromium paints them, and with many readers and writers at once.

The store has so many memories and turns, as many links, a fifth as many entries of the ledger, proposals and handoffs; the
server is a process of its own. `pages` are whole answers over one kept connection, compressed, each of several addresses in
turn, the first ones left out. `browser` is measured in the system's Chromium where Playwright is installed: the first
contentful paint, the bytes of a page with its scripts and styles in an empty cache, from the keystroke to the second frame
after its results stood in the page, the layout of a graph, and the frames while it is dragged. `load` is so many readers,
each asking for one page after the other, beside writers that keep something with each request, for a minute.
"""

from __future__ import annotations

import http.client
import shutil
import threading
import time
from contextlib import ExitStack
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from everlore.app.ledger.queue import Conversation, Injected, Injection
from everlore.app.proposals import propose
from everlore.bench import graph, machine, scores, workload
from everlore.bench.homes import open_store, temporary_home, write_turns
from everlore.bench.served import Served, serving
from everlore.bench.speed import write_memories
from everlore.core import ids

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from everlore.app import requests
    from everlore.app.app import App
    from everlore.app.caller import Caller
    from everlore.core.config import Config

ROUNDS = 60
READERS, WRITERS, LOAD_SECONDS = 50, 5, 60
TYPED = 12
"""Queries that are typed letter by letter."""

_DAY = 86_400_000
_PROJECT = workload.PROJECTS[3]
_FRAMES = """() => { window.frames_ = []; let last = performance.now();
  const step = (now) => { window.frames_.push(now - last); last = now; if (!window.stop_) requestAnimationFrame(step); }; requestAnimationFrame(step); }"""
_PAINTED = """() => { const box = document.getElementById("q"); window.times_ = []; let begun = 0;
  box.addEventListener("keydown", () => { begun = performance.now(); }, true);
  new MutationObserver(() => { const hits = document.getElementById("hits");
    if (begun && hits && hits.dataset.typed === box.value) { const at = begun; begun = 0;
      requestAnimationFrame(() => requestAnimationFrame(() => window.times_.push(performance.now() - at))); } })
    .observe(document.querySelector("main"), {childList: true, subtree: true}); }"""
_WEIGHT = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .filter((each) => !each.name.includes("/events")).reduce((sum, each) => sum + each.encodedBodySize, 0)"""


def measure(app: App, caller: Caller, request: requests.Bench) -> dict[str, Any]:
    """Build a store of `request.size` memories, measure the pages on it, and return the report."""
    with temporary_home(app, model=request.model) as config:
        caller.progress("building", 0, 3)
        (config.home / "config.toml").write_text(
            'vault = "off"\n', "utf-8"
        )  # pages of so many memories are written once, not now
        shown = _build(config, request.size)
        with serving(config) as served:
            caller.progress("pages", 1, 3)
            pages = {name: _timed(served, paths, request.questions or ROUNDS) for name, paths in shown.items()}
            caller.progress("browser", 2, 3)
            browser = _browser(served, shown)
            caller.progress("load", 3, 3)
            load = _load(served, [path for name, paths in shown.items() if "data" not in name for path in paths[:4]])
    return {"size": request.size, "machine": machine.describe(), "pages": pages, "browser": browser, "load": load}


def _build(config: Config, size: int) -> dict[str, list[str]]:
    """Fill the store; return the addresses of each page."""
    random = Random(5)
    with open_store(config) as app:
        files = {project: config.home / f"{project.replace('/', '-')}.jsonl" for project in workload.PROJECTS}
        with ExitStack() as stack:
            opened = {project: stack.enter_context(file.open("wb")) for project, file in files.items()}
            for project, turn in workload.turns(size):
                write_turns([turn], opened[project])
        for project, file in files.items():
            app.call("import", {"path": str(file), "format": "conversation", "namespace": project})
            file.unlink()
        graph.build(app, size)
        uids = [uid for rows in write_memories(app, size) for uid, *_ in rows]
        now = app.clock()
        for number in range(size // 5):
            told = tuple(Injected(uid, 1, 40, "fact", "matches", True) for uid in random.sample(uids, 6))
            app.uses.add(Injection(
                ids.fresh(now), now - random.randrange(90 * _DAY), "hooks", "prompt", workload.PROJECTS[number % 10], told, 240, 5.0, withheld=False,
                conversation=Conversation("claude-code", f"session-{number % 1500:06d}"),
            ))  # fmt: skip
            if number % 5_000 == 4_999:
                app.uses.flush(app.store)
        with app.write() as unit:
            for uid in uids[: size : max(1, size // 300)]:
                row = unit.one("memory_by_uid", uid=uid)
                assert row is not None
                propose(
                    unit, now, effect="archive", operation="forget", payload={"id": uid}, namespace=row[2], targets=[uid], reason="looks stale",
                    origin="curator", actor="curator", confidence=0.5,
                )  # fmt: skip
        for project in workload.PROJECTS:
            app.call("handoff-begin", {"namespace": project, "text": f"Finish the migration of {project}."})
        app.store.optimize()
        sessions = [each.id for each in app.call("sessions", {"limit": 20}).sessions]  # type: ignore[attr-defined]
    memories = random.sample(uids, 20)
    project = quote(_PROJECT, safe="")
    return {
        "home": ["/"], "projects": ["/projects"], "project": [f"/p/{quote(each, safe='')}" for each in workload.PROJECTS],
        "memory": [f"/m/{uid}" for uid in memories], "edit": [f"/m/{uid}/edit" for uid in memories], "search": ["/search"],
        "search, typed": [f"/search?q={quote(text[:14])}" for text in workload.questions(20)], "sessions": ["/sessions"],
        "session": [f"/s/{uid}" for uid in sessions], "handoffs": ["/handoffs"], "graph": [f"/graph?namespace={project}"],
        "graph, 2,000 nodes as data": ["/graph/data?limit=2000"], "timeline": ["/timeline", f"/timeline?namespace={project}"],
        "review": ["/review"], "costs": ["/costs"], "costs, day by day": ["/costs/days"], "costs, log": ["/costs/log"], "journal": ["/journal"],
        "settings": ["/settings"], "doctor": ["/doctor"],
    }  # fmt: skip


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, int]:
    connection.request("GET", f"/web{path}", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    return answer.status, len(answer.read())


def _timed(served: Served, paths: list[str], rounds: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection(served.host, served.port, timeout=60)
    taken, most = [], 0
    for number in range(rounds + len(paths)):
        begun = time.perf_counter()
        status, size = _get(connection, paths[number % len(paths)])
        assert status == 200, paths[number % len(paths)]
        if number >= len(paths):
            taken.append((time.perf_counter() - begun) * 1000)
        most = max(most, size)
    connection.close()
    return scores.spread(taken) | {"bytes": most}


def _load(served: Served, paths: list[str]) -> dict[str, Any]:
    """Let readers and writers at the server for a minute."""
    taken: list[float] = []
    wrote: list[float] = []
    errors: list[str] = []
    until = time.monotonic() + LOAD_SECONDS

    def read(number: int) -> None:
        connection = http.client.HTTPConnection(served.host, served.port, timeout=60)
        own = Random(number)
        while time.monotonic() < until:
            begun = time.perf_counter()
            try:
                status, _ = _get(connection, own.choice(paths))
                if status != 200:
                    errors.append(str(status))
            except OSError as error:
                errors.append(str(error))
                connection.close()
            taken.append((time.perf_counter() - begun) * 1000)
            time.sleep(own.uniform(1.0, 3.0))  # a person looks at a page before the next
        connection.close()

    def write(number: int) -> None:
        connection = http.client.HTTPConnection(served.host, served.port, timeout=60)
        turn = 0
        while time.monotonic() < until:
            turn += 1
            body = f'{{"text": "Writer {number} notes that crate {turn} holds {turn * 7 + number} parts.", "namespace": "acme/load"}}'
            begun = time.perf_counter()
            try:
                connection.request("POST", "/api/v1/remember", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    errors.append(str(answer.status))
            except OSError as error:
                errors.append(str(error))
                connection.close()
            wrote.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.2)
        connection.close()

    threads = [threading.Thread(target=read, args=(n,)) for n in range(READERS)]
    threads += [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "readers": READERS, "writers": WRITERS, "seconds": LOAD_SECONDS, "errors": len(errors), "pages": scores.spread(taken) | {"n": len(taken)},
        "writes": scores.spread(wrote) | {"n": len(wrote)},
    }  # fmt: skip


def _browser(served: Served, shown: dict[str, list[str]]) -> dict[str, Any] | None:
    """Measure what Chromium makes of the pages; None where there is no Chromium or no Playwright."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    base = f"http://{served.host}:{served.port}/web"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        found: dict[str, Any] = {"version": browser.version, "first contentful paint": {}, "bytes": {}}
        for name, paths in shown.items():
            if "data" in name:
                continue
            paints = []
            for number in range(5):
                window = browser.new_context(viewport={"width": 1280, "height": 860})
                page = window.new_page()
                page.goto(f"{base}{paths[number % len(paths)]}", wait_until="load")
                paints.append(_paint(page))
                if number == 0:
                    page.wait_for_timeout(800)
                    found["bytes"][name] = page.evaluate(_WEIGHT)
                window.close()
            found["first contentful paint"][name] = scores.spread(paints)
        window = browser.new_context(viewport={"width": 1280, "height": 860})
        page = window.new_page()
        found["keystroke to painted result"] = _typing(page, base)
        found["graph"] = _dragging(page, f"{base}/graph?limit=2000")
        browser.close()
    return found


def _paint(page: Page) -> float:
    script = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"
    for _ in range(40):
        at = float(page.evaluate(script))
        if at >= 0:
            return at
        page.wait_for_timeout(25)
    return float("nan")


def _typing(page: Page, base: str) -> dict[str, Any]:
    page.goto(f"{base}/search")
    page.evaluate(_PAINTED)
    for text in workload.questions(TYPED):
        page.locator("#q").fill("")
        page.wait_for_timeout(250)
        page.locator("#q").press_sequentially(text[:18], delay=180)
        page.wait_for_timeout(250)
    taken: list[float] = page.evaluate("() => window.times_")
    return scores.spread(taken) | {"n": len(taken)}


def _dragging(page: Page, address: str) -> dict[str, Any]:
    page.goto(address)
    page.locator("#graph[data-ready]").wait_for(timeout=60_000)
    laid: float = page.evaluate("() => performance.getEntriesByName('graph-layout')[0].duration")
    box = page.locator("#graph").bounding_box()
    assert box is not None
    x, y = box["x"] + 12, box["y"] + 12
    page.wait_for_timeout(500)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 4, y + 2)
    page.wait_for_timeout(200)
    page.evaluate(_FRAMES)
    for step in range(60):
        page.mouse.move(x + 4 + step * 5, y + 2 + step * 3)
        page.wait_for_timeout(16)
    page.evaluate("() => { window.stop_ = true; }")
    page.mouse.up()
    frames: list[float] = page.evaluate("() => window.frames_.slice(1)")
    nodes: str = page.locator("#graph-said").inner_text()
    return {
        "drawn": nodes,
        "layout ms": round(laid, 1),
        "frames": len(frames),
        "longest frame ms": round(max(frames), 1),
        "over 50 ms": sum(frame > 50 for frame in frames),
    }
