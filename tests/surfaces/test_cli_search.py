"""`lore search` is `recall` on one line each."""

from __future__ import annotations

import json
from pathlib import Path

from commanding import Lore


def test_each_line_is_an_item_of_recall(tmp_path: Path):
    lore = Lore(tmp_path / "home")
    for number in range(8):
        lore("remember", f"The gateway of region {number} listens on port 84{number}3", "--title", f"Gateway {number}")
    recalled = lore.json("recall", "which port has the gateway", "--limit", "5")
    ended = lore("search", "which", "port", "has", "the", "gateway")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert [line.split()[0] for line in lines] == [item["id"] for item in recalled["items"]]
    first = recalled["items"][0]
    assert lines[0] == f"{first['id']}  {first['time'][:10]}  fact  {first['title']}"
    assert len(lore("search", "-n", "2", "gateway port").out.splitlines()) == 2
    asked = lore("search", "-", "--json", stdin=b"which port has the gateway\n")
    assert json.loads(asked.out)["items"] == recalled["items"]


def test_what_is_not_remembered_is_said_beside_and_bad_input_is_named(tmp_path: Path):
    lore = Lore(tmp_path / "home")
    lore("remember", "The printer is on the second floor\n\x1b[31m red")
    assert lore("search", "photosynthetic bacteria").err == "nothing relevant is remembered\n"
    assert "\x1b" not in lore("search", "which floor is the printer on").out
    ended = lore("search", " ")
    assert ended.status == 2 and ended.err.startswith("error: there is nothing to look for")
    assert lore("search").status == 2
    ended = lore("search", "x", "--namespace", "no such")
    assert ended.status != 0 and ended.err.startswith("error: ")
