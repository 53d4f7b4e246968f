"""What a text speaks of in a repository, and what makes it another place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.refine.anchors import anchors, definition, digest, holds, is_there
from everlore.refine.repository import Repository
from repositories import SHOP, Repo


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repo = Repo(tmp_path_factory.mktemp("made") / "shop")
    repo.put({**SHOP, "web/main.py": "x = 1\n"})
    return Repository(repo.root)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`price_of` in src/shop/prices.py rounds up", [("src/shop/prices.py", "@price_of")]),
        (
            "shop/prices.py holds `TAX` and `rebate()`",
            [("src/shop/prices.py", "@TAX"), ("src/shop/prices.py", "@rebate")],
        ),
        ("`Receipt.total` of receipts.py counts twice", [("src/shop/receipts.py", "@Receipt.total")]),
        ("The rules are in ./AGENTS.md, see there.", [("AGENTS.md", "")]),
        ("prices.py and `unknown_name` are fine", [("src/shop/prices.py", "")]),
        ("main.py is one of two, so nobody knows", []),
        ("`price_of` without a file, and http://x.example/prices.html", []),
        (
            "Prices are kept for a day [docs/guides/pay.md#pay; README.md:3]",
            [("docs/guides/pay.md", "#pay"), ("README.md", ":3")],
        ),
        ("nothing/that.is here, nor ../secret.py", []),
    ],
)
def test_what_a_text_speaks_of(shop: Repository, text: str, found: list[tuple[str, str]]):
    assert [(each.path, each.spot) for each in anchors(text, shop, shop.files())] == found


DEFINED = {
    "python": (
        "@app.get\nasync def sell(tea,\n    price):\n    if tea:\n\n        return 1\n    return 2\n\nx = 1\n",
        "sell",
        ["async def sell(tea,", "    return 2"],
    ),
    "constant": ("LIMITS = {\n  1: 2,\n}\nother = 1\n", "LIMITS", ["LIMITS = {", "}"]),
    "javascript": (
        "export async function sell(tea) {\n  if (tea) { return '}'; }\n}\nlet y = 1;\n",
        "sell",
        ["export async function sell(tea) {", "}"],
    ),
    "arrow": ("const sell = (tea) => {\n  return 1;\n};\n\nconst z = 2;\n", "sell", ["const sell = (tea) => {", "};"]),
    "typescript": (
        "export interface Tea {\n  name: string;\n}\nexport type X = Tea;\n",
        "Tea",
        ["export interface Tea {", "}"],
    ),
    "go": (
        "func (s *Shop) Sell(tea string) error {\n\treturn nil\n}\n\nfunc Other() {}\n",
        "Sell",
        ["func (s *Shop) Sell(tea string) error {", "}"],
    ),
    "rust": (
        "pub(crate) fn sell<T>(tea: T) -> u8\nwhere\n    T: Tea,\n{\n    1\n}\nstruct A;\n",
        "sell",
        ["pub(crate) fn sell<T>(tea: T) -> u8", "}"],
    ),
    "java": (
        "class Shop {\n  public static int sell(String tea) {\n    return 1;\n  }\n  int other() { return sell(null); }\n}\n",
        "sell",
        ["  public static int sell(String tea) {", "  }"],
    ),
    "member": (
        "class A:\n    def run(self):\n        return 1\n\nclass B:\n    def run(self):\n        return 2\n",
        "B.run",
        ["    def run(self):", "        return 2"],
    ),
    "ruby": ("module Shop\n  def sell(tea)\n    1\n  end\nend\n", "sell", ["  def sell(tea)", "  end"]),
}


@pytest.mark.parametrize(("text", "name", "ends"), DEFINED.values(), ids=DEFINED)
def test_the_block_that_defines_a_symbol(text: str, name: str, ends: list[str]):
    block = definition(text, name)
    assert block is not None
    assert [block[0], block[-1]] == ends


def test_a_symbol_changes_only_with_its_block():
    text = SHOP["src/shop/prices.py"]
    was = digest(text, "@price_of")
    assert was is not None
    assert holds("# a new first line\n" + text.replace("return 1", "return 2"), "@price_of", was)
    changed = text.replace("return 3", "return 4")
    assert not holds(changed, "@price_of", was)
    assert is_there(changed, "@price_of")
    assert not is_there(text.replace("price_of", "cost_of"), "@price_of")


def test_a_line_may_move_and_a_heading_may_grow():
    text = "# A\n\nFirst of all.\n\nMore.\n\n## B\n"
    line, heading = digest(text, ":3"), digest(text, "#a")
    assert line is not None
    assert heading is not None
    moved = "# Z\n\n" + text.replace("More.", "Much more.")
    assert holds(moved, ":3", line)
    assert holds(moved, "#a", heading)
    assert not holds(text.replace("First", "Last"), ":3", line)
    assert not holds(text.replace("First", "Last"), "#a", heading)


@given(
    st.text(st.sampled_from("ab(){}[]:;= \n\t'\"#/.d e f class"), max_size=300),
    st.sampled_from(["", ":1", ":2", "@a", "@b.a", "#a"]),
)
def test_what_stands_there_holds_until_it_changes(text: str, spot: str):
    was = digest(text, spot)
    if was is not None:
        assert holds(text, spot, was)
        assert holds(text + "\n" if spot else text, spot, was) or spot.startswith(("@", "#"))


def test_a_file_that_is_no_text_or_outside_is_not_spoken_of(tmp_path: Path):
    repo = Repo(tmp_path / "shop")
    (repo.root / "a.bin").write_bytes(b"\0\1\2")
    assert anchors("a.bin and ../x.py", Repository(repo.root), ["a.bin", "../x.py"]) == []
