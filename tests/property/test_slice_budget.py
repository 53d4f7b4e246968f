"""A slice is within its budget: whatever is remembered, whatever is asked, in every format."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clocks import Clock
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.app.slicing.cut import cut
from everlore.app.slicing.picks import Pick
from everlore.app.slicing.slicing import fit
from everlore.app.slicing.text import HEADING, write
from everlore.core.config import Config
from everlore.core.tokens import estimate
from everlore.core.types import KINDS, Namespace
from everlore.recall.roles import SHARES, role_of

NODE = Namespace(1, "n1", "acme/web", (1,))
SHAPES = ("markdown", "json", "toon")
texts = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="ab 的\n\t,:-\"'{}[]#|_.`\\1😀", max_size=2_000),
    st.sampled_from(["x" * 3_000, "的" * 900, "a_b" * 500, "\n" * 700, "- - -\n" * 200, "1234567890 " * 200]),
)
typed = st.characters(codec="utf-8", exclude_characters="\0")
"""What a request may hold."""


@st.composite
def picks(draw: st.DrawFn) -> list[Pick]:
    kinds = draw(st.lists(st.sampled_from([*KINDS, "turn", "handoff", "resolved"]), max_size=40))
    return [
        Pick(
            f"01m{place:023d}", draw(st.one_of(st.none(), st.integers(1, 900))), kind, role_of(kind), draw(st.one_of(st.none(), texts)), draw(texts),
            draw(st.one_of(st.none(), st.integers(0, 2_000_000_000_000))), draw(st.sampled_from(["acme/web", "acme", "a/b/c/d/e/f/g/h" * 30])),
            draw(st.text(max_size=80)), "recalled", standing=kind != "resolved" and draw(st.booleans()), layer=draw(st.integers(0, 2)),
            caveats=tuple(draw(st.lists(st.text(max_size=60), max_size=2))), speaker=draw(st.text(max_size=20)),
        )
        for place, kind in enumerate(kinds)
    ]  # fmt: skip


@given(picks(), st.integers(50, 6_000), st.sampled_from(SHAPES), st.sampled_from(list(SHARES)))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_any_items_any_budget_any_format(some: list[Pick], budget: int, shape: str, task: Any):
    made = fit(some, NODE, 1_772_442_000_000, task, budget, shape)
    assert made.tokens == estimate(made.text) <= budget
    assert bool(made.text) == bool(made.picks)
    assert made.text == write(made.picks, "acme/web", "2026-03-02", shape)
    assert len({pick.id for pick in made.picks}) == len(made.picks)
    assert {pick.id for pick in made.picks} <= {pick.id for pick in some}
    flags = [pick.standing for pick in made.picks]
    assert flags == sorted(flags, reverse=True)  # what stands comes first


@given(picks(), st.integers(200, 3_000))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_what_stands_is_the_same_whatever_else_there_is(some: list[Pick], budget: int):
    stands = [pick for pick in some if pick.standing]

    def first(those: list[Pick]) -> list[Pick]:
        chosen = cut(those, SHARES[None], budget, lambda pick: estimate(pick.text) + 20, HEADING)
        return [pick for pick in chosen if pick.standing]

    assert first(some) == first(stands)


@pytest.fixture(scope="module")
def filled() -> Any:
    with (
        TemporaryDirectory() as under,
        open_app(Config(Path(under) / "home", durability="normal", start_daemon=False), clock=Clock()) as app,
    ):
        for number in range(60):
            words = f"The {'very ' * (number % 7)}cache {number} of store {number * 7} listens on port {6000 + number} in region {number % 5}"
            app.call(
                "remember",
                {"text": words * (1 + number % 3), "namespace": "acme/web", "kind": KINDS[number % len(KINDS)]},
            )
        yield app


@given(
    query=st.one_of(st.none(), st.text(typed, min_size=1, max_size=300), st.sampled_from(["which port has cache 7", "region 3", "的" * 50])),
    budget=st.integers(50, 5_000), shape=st.sampled_from(SHAPES), task=st.sampled_from([*SHARES]),
    files=st.lists(st.text(typed, min_size=1, max_size=60), max_size=4),
)  # fmt: skip
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_any_question_to_a_store(filled: App, query: str | None, budget: int, shape: str, task: Any, files: list[str]):
    request = {
        "query": query,
        "budget": budget,
        "format": shape,
        "task": task,
        "open_files": files,
        "namespace": "acme/web",
    }
    answer: Any = filled.call("slice", {name: value for name, value in request.items() if value is not None})
    assert answer.tokens == estimate(answer.text) <= budget
    for operation, more in (("briefing", {}), ("explore", {}), ("context-assemble", {"query": query or "cache"})):
        told: Any = filled.call(operation, {"namespace": "acme/web", "budget": budget, **more})
        assert told.tokens == estimate(told.text) <= budget, operation
