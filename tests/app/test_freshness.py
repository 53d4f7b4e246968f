"""Whether the code that a memory speaks of is as it was: anchored in the background, looked at on request, told by every read."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from clocks import Clock
from everlore.app.app import App
from everlore.app.caller import Caller
from everlore.app.open import open_app
from everlore.app.telling.prompt import at_prompt
from everlore.app.telling.start import at_start
from everlore.app.worker import drain
from everlore.core.config import Config
from everlore.core.errors import Denied
from everlore.store import namespaces
from repositories import SHOP, Repo

PRICES = SHOP["src/shop/prices.py"]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = Repo(tmp_path / "shop")
    repo.commit("feat: sell tea", SHOP)
    return repo


@pytest.fixture
def uid(app: App, repo: Repo) -> str:
    """A memory about one function, anchored."""
    made = app.call(
        "remember",
        {"text": "`price_of` in src/shop/prices.py gives the price of tea before tax", "cwd": str(repo.root)},
    )
    drain(app)
    return str(made.id)


def look(app: App, **more: Any) -> Any:
    return app.call("freshness", more)


def mark(app: App, uid: str) -> str | None:
    found: str | None = app.call("get", {"id": uid}).memory.freshness
    return found


def test_a_memory_is_anchored_by_a_job_and_is_fresh(app: App, repo: Repo):
    made = app.call("remember", {"text": "`price_of` in src/shop/prices.py knows the price", "cwd": str(repo.root)})
    assert mark(app, made.id) is None, "remember waits for no file"
    assert app.call("status", {}).jobs == {"anchor": 1, "embed": 1, "mirror": 1}
    drain(app)
    assert mark(app, made.id) == f"fresh, of {repo.git('rev-parse', 'HEAD')[:7]}"
    assert app.call("status", {}).jobs == {}


def test_a_memory_that_names_no_code_has_no_mark(app: App, repo: Repo):
    made = app.call("remember", {"text": "The captain prefers tea at noon", "cwd": str(repo.root)})
    drain(app)
    assert mark(app, made.id) is None


def test_another_change_in_the_file_leaves_it_fresh(app: App, repo: Repo, uid: str):
    repo.commit("feat: larger rebates", {"src/shop/prices.py": PRICES.replace("return 1", "return 2")})
    assert (look(app).fresh, look(app).drifted) == (1, 0)


def test_a_drifted_memory_names_the_commit_everywhere(app: App, repo: Repo, uid: str):
    repo.commit("feat: larger rebates", {"src/shop/prices.py": PRICES.replace("return 1", "return 2")})
    guilty = repo.commit("fix: tea costs four", {"src/shop/prices.py": PRICES.replace("return 3", "return 4")})
    repo.commit(
        "feat: no rebates",
        {"src/shop/prices.py": PRICES.replace("return 3", "return 4").replace("return 1", "return 0")},
    )
    told = f"drifted since {guilty[:7]} (src/shop/prices.py price_of)"
    answer = look(app)
    assert [(each.id, each.state, each.mark) for each in answer.memories] == [(uid, "drifted", told)]
    assert mark(app, uid) == told
    assert [memory.freshness for memory in app.call("list", {}).memories] == [told]
    assert [
        item.freshness for item in app.call("recall", {"query": "What gives the price of tea before tax?"}).items
    ] == [told]
    repo.git("revert", "--no-edit", "HEAD~1..HEAD")
    repo.git("revert", "--no-edit", guilty)
    assert look(app).fresh == 1


def test_a_change_that_is_not_committed_is_told_as_such(app: App, repo: Repo, uid: str):
    repo.put({"src/shop/prices.py": PRICES.replace("return 3", "return 4")})
    assert look(app).memories[0].mark == "drifted by what is not committed (src/shop/prices.py price_of)"


def test_a_file_that_moved_is_followed(app: App, repo: Repo, uid: str):
    repo.git("mv", "src/shop/prices.py", "src/shop/costs.py")
    repo.commit("refactor: call them costs")
    repo.git("mv", "src/shop/costs.py", "src/costs.py")
    repo.commit("refactor: move them up")
    assert look(app).fresh == 1
    guilty = repo.commit("fix: tea costs four", {"src/costs.py": PRICES.replace("return 3", "return 4")})
    assert look(app).memories[0].mark == f"drifted since {guilty[:7]} (src/costs.py price_of)"


def test_what_is_no_more_there_is_gone(app: App, repo: Repo, uid: str):
    guilty = repo.commit("refactor: name it", {"src/shop/prices.py": PRICES.replace("price_of", "cost_of")})
    assert look(app).memories[0].mark == f"gone since {guilty[:7]} (src/shop/prices.py price_of)"
    (repo.root / "src/shop/prices.py").unlink()
    repo.commit("refactor: drop prices")
    assert look(app).gone == 1


def test_recall_opens_no_file_and_needs_no_repository(app: App, repo: Repo, uid: str):
    repo.commit("fix: tea costs four", {"src/shop/prices.py": PRICES.replace("return 3", "return 4")})
    told = look(app).memories[0].mark
    shutil.rmtree(repo.root)
    assert [
        item.freshness for item in app.call("recall", {"query": "What gives the price of tea before tax?"}).items
    ] == [told]
    assert look(app).memories[0].mark == told, "a directory that is away says nothing of its code"


def test_revising_anchors_anew_and_so_does_saying_that_it_holds(app: App, repo: Repo, uid: str):
    repo.put({"src/shop/prices.py": PRICES.replace("return 3", "return 4")})
    assert look(app).drifted == 1
    assert look(app, accept=[uid]).fresh == 1
    repo.put({"src/shop/prices.py": PRICES.replace("return 3", "return 5")})
    assert look(app).drifted == 1
    app.call("revise", {"id": uid, "text": "`price_of` in src/shop/prices.py gives five"})
    assert mark(app, uid) is None, "what was found belongs to the text before"
    drain(app)
    assert (mark(app, uid) or "").startswith("fresh")


def test_drifted_memories_are_kept_back_where_the_settings_say_so(app: App, repo: Repo, uid: str):
    question = {"query": "What gives the price of tea before tax?"}
    repo.put({"src/shop/prices.py": PRICES.replace("return 3", "return 4")})
    look(app)
    assert len(app.call("recall", question).items) == 1
    careful = Config(app.config.home, withhold_drifted=True, start_daemon=False)
    with open_app(careful, clock=Clock()) as other:
        answer = other.call("recall", question)
        assert (answer.items, answer.drifted) == ([], [uid])
        repo.put({"src/shop/prices.py": PRICES})
        look(other)
        assert len(other.call("recall", question).items) == 1


def test_agents_are_told_what_has_drifted_or_not_told_it_at_all(app: App, repo: Repo, uid: str):
    rule = app.call(
        "remember",
        {"text": "Rebates follow `rebate` in src/shop/prices.py", "kind": "convention", "cwd": str(repo.root)},
    )
    drain(app)
    repo.put({"src/shop/prices.py": PRICES.replace("return 3", "return 4").replace("return 1", "return 2")})
    look(app)
    with app.read() as unit:
        node = namespaces.require(unit, "personal/shop")

        def told(*, withhold: bool) -> list[str]:
            prompt = at_prompt(
                unit,
                "What gives the price of tea before tax?",
                node,
                app.clock(),
                session=None,
                told=(),
                withhold=withhold,
            )
            start = at_start(unit, node, None, app.clock(), withhold=withhold)
            return [block.render("personal/shop", app.clock()) or "" for block in (prompt, start)]

        mark = "drifted by what is not committed (src/shop/prices.py"
        assert [mark in text for text in told(withhold=False)] == [True, True]
        prompt, start = told(withhold=True)
        assert uid not in prompt
        assert f"convention · id {rule.id}" not in start


def test_who_may_not_revise_may_not_say_that_it_holds(app: App, repo: Repo, uid: str):
    app.call("policy-set", {"effect": "revise", "decision": "deny", "who": "origin:agent"})
    with pytest.raises(Denied):
        app.call("freshness", {"accept": [uid]}, Caller("robin", "mcp"))


def test_purging_leaves_no_word_of_what_a_memory_spoke_of(app: App, repo: Repo, uid: str):
    look(app)
    app.call("policy-set", {"effect": "purge", "decision": "allow", "who": "origin:person"})
    app.call("purge", {"ids": [uid]})
    assert app.call("verify", {}).ok
    assert b"price_of" not in b"".join(path.read_bytes() for path in app.config.home.rglob("*") if path.is_file())


def test_each_sees_only_the_memories_it_may_see(app: App, repo: Repo, uid: str):
    app.call("agent-register", {"name": "robin", "place": "other/place"})
    repo.put({"src/shop/prices.py": PRICES.replace("return 3", "return 4")})
    answer = app.call("freshness", {}, Caller("robin", "mcp"))
    assert (answer.memories, answer.drifted) == ([], 0)
    assert look(app).drifted == 1


def test_memories_below_a_project_belong_to_it_and_others_do_not(app: App, repo: Repo, uid: str):
    below = app.call("remember", {"text": "README.md tells what the shop is", "namespace": "personal/shop/docs"})
    other = app.call("remember", {"text": "README.md tells what the inn is", "namespace": "personal/inn"})
    drain(app)
    assert (mark(app, below.id) or "").startswith("fresh")
    assert mark(app, other.id) is None


def test_a_bootstrapped_page_drifts_only_with_the_lines_it_cites(app: App, repo: Repo):
    app.call("bootstrap", {"path": str(repo.root)})
    assert look(app, namespace="personal/shop").drifted == 0
    repo.commit(
        "feat: print", {"src/shop/receipts.py": "# A new first line.\n" + SHOP["src/shop/receipts.py"] + "\nx = 1\n"}
    )
    assert look(app).drifted == 0, "a line that moved is the same line"
    guilty = repo.commit(
        "docs: say it better", {"src/shop/receipts.py": SHOP["src/shop/receipts.py"].replace("no printer", "no ship")}
    )
    titles = {each.title: each.mark for each in look(app).memories}
    assert titles == {"shop: src/shop/": f"drifted since {guilty[:7]} (src/shop/receipts.py)"}
