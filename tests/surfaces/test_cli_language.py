"""A language model at the command line: what is printed of answers, runs and status, and what the doctor names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commanding import Lore
from models.speaking import fail, speaking

WHERE = ("--namespace", "acme/web")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    Lore(home)("remember", "The gateway listens on port 8443.", *WHERE)
    return home


def asking(home: Path, url: str, **more: str) -> Lore:
    given = {
        "PROVIDER": "compatible", "MODEL": "some/model", "URL": url, "KEY_ENV": "SPEAKER_KEY", "TIMEOUT": "5", **more,
    }  # fmt: skip
    return Lore(home, SPEAKER_KEY="k", **{f"EVERLORE_LLM_{name}": value for name, value in given.items()})


def test_an_answer_is_printed_with_its_sources_and_a_run_with_what_it_cost(home: Path):
    sentences = [
        {"text": "It listens on port 8443.", "sources": ["S1"]},
        {"text": "It listens on port 80.", "sources": ["S1"]},
    ]
    with speaking("compatible", {"sentences": sentences}, {"tags": [], "links": []}) as speaker:
        lore = asking(home, speaker.url)
        said = lore("answer", "Which port does the gateway listen on?", *WHERE)
        assert said.out.startswith("It listens on port 8443. [") and "by compatible some/model, 230 tokens" in said.out
        assert "left out a sentence: the number 80 is not in what it cites" in said.err
        assert lore("answer", "Who plays the bassoon?", *WHERE).out.strip() == "nothing known"
        would = lore("refine", *WHERE, "--dry-run")
        assert "1 request" in would.out and len(speaker.asked) == 1
        assert "1 request, 230 tokens, $0.0000" in lore("refine", *WHERE).out
        assert "0 requests, 0 tokens" in lore("refine", *WHERE).out
        status = lore("status").out
    assert (
        "compatible some/model: last ok at " in status
        and "2 requests, 460 tokens, $0.0000, 199,540 tokens left" in status
    )


def test_a_failure_is_an_error_with_its_name(home: Path):
    with speaking("compatible", fail(401)) as speaker:
        lore = asking(home, speaker.url)
        ended = lore("refine", *WHERE, "--json")
        assert ended.status == 7 and json.loads(ended.err)["outcome"] == "key refused"
        assert "last key refused at" in lore("status").out
    ended = Lore(home)("refine")
    assert ended.status == 4 and "no language model is set" in ended.err


def test_the_doctor_names_a_missing_key_and_the_breaker_and_asks_nobody(home: Path):
    def finding(lore: Lore) -> dict[str, str]:
        found = json.loads(lore("doctor", "--no-proof", "--json").out)["findings"]
        return next((each for each in found if each["area"] == "language model"), {})

    assert finding(Lore(home)) == {}
    with speaking("compatible", *[fail(400)] * 5) as speaker:
        lore = asking(home, speaker.url)
        assert finding(lore)["state"] == "ok" and not speaker.asked
        assert "SPEAKER_KEY" not in finding(lore)["said"]
        keyless = asking(home, speaker.url, KEY_ENV="NO_SUCH_KEY")
        assert finding(keyless)["state"] == "degraded" and "NO_SUCH_KEY" in finding(keyless)["fix"]
        for _ in range(5):
            lore("answer", "Which port does the gateway listen on?", *WHERE)
        assert "the breaker is open" in finding(lore)["said"]
