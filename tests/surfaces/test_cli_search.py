"""`lore search` at a terminal: as one types, without withholding."""

from __future__ import annotations

from pathlib import Path

from commanding import Lore


def test_the_last_word_may_be_unfinished(tmp_path: Path) -> None:
    lore = Lore(tmp_path / "home")
    for number in range(8):
        lore("remember", f"The gateway of region {number} listens on port 84{number}3", "--title", f"Gateway {number}")
    found = lore.json("search", "gatew", "--limit", "3")
    assert len(found["hits"]) == 3 and found["next"] == 3
    assert all(hit["title"][slice(*hit["title_marks"][0])] == "Gateway" for hit in found["hits"])
    more = lore.json("search", "gatew", "--limit", "10", "--offset", "3")
    assert len({hit["id"] for hit in (*found["hits"], *more["hits"])}) == 8 and more["next"] is None
    lines = lore("search", "gatew", "--limit", "1").out.splitlines()
    assert lines[0].endswith(found["hits"][0]["id"]) and "Gateway" in lines[1]


def test_nothing_found_is_said_beside_and_no_control_character_reaches_the_terminal(tmp_path: Path) -> None:
    lore = Lore(tmp_path / "home")
    lore("remember", "The printer is on the second floor\n\x1b[31m red")
    ended = lore("search", "photosynthetic bacteria")
    assert (ended.status, ended.out, ended.err) == (0, "", "no hits there\n")
    assert "\x1b" not in lore("search", "printer").out
    assert "printer" in lore("search").out, "without a word the newest are listed"
    assert lore("search", "x", "--namespace", "no such").err.startswith("error: ")
