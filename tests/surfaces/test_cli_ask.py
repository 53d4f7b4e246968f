"""`lore ask` on real servers of this machine: what goes out, what is printed and kept, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from commanding import LORE, Lore
from models.speaking import CACHED, MODELS, RECEIVED, SENT, Speaker, fail, speaking, stream
from serving import serving

WHERE = ("--namespace", "acme/web")
QUESTION = "Which port does the message broker listen on?"
every_provider = pytest.mark.parametrize("provider", MODELS)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    Lore(home)("remember", "The message broker listens on port 1884", *WHERE)
    return home


def asking(home: Path, speaker: Speaker, **more: str) -> Lore:
    given = {"PROVIDER": speaker.provider, "MODEL": MODELS[speaker.provider], "URL": speaker.url, "KEY_ENV": "SPEAKER_KEY", "TIMEOUT": "5"}  # fmt: skip
    environ = {f"EVERLORE_LLM_{name}": value for name, value in given.items()}
    return Lore(home, **{"SPEAKER_KEY": "k", **environ, **more})


def sent(speaker: Speaker, number: int = -1) -> list[tuple[str, str]]:
    messages = json.loads(speaker.requests[number].body)["messages"]
    return [(each["role"], each["content"] if isinstance(each["content"], str) else each["content"][0]["text"]) for each in messages]  # fmt: skip


def turns(lore: Lore) -> list[dict[str, Any]]:
    """What was kept of exchanges, the newest session first."""
    return list(lore.json("sessions", "--client", "lore")["sessions"])


@every_provider
def test_an_answer_streams_to_standard_output_and_the_exchange_is_kept(home: Path, provider: str):
    with speaking(provider, stream("On port ", "1884.")) as speaker:
        lore = asking(home, speaker)
        ended = lore("ask", *QUESTION.split(), *WHERE)
        assert (ended.status, ended.out, ended.err) == (0, "On port 1884.\n", "")
        [(role, prompt)] = sent(speaker)
    assert role == "user" and prompt.endswith(f"</everlore-memory>\n\n{QUESTION}")
    assert "> The message broker listens on port 1884" in prompt
    [session] = turns(lore)
    assert (session["turns"], session["about"], session["namespace"]) == (2, QUESTION, "acme/web")
    found = lore.json("transcripts-search", "port of the message broker", *WHERE)["items"]
    assert {item["text"] for item in found} >= {QUESTION}
    assert not any("everlore-memory" in item["text"] for item in found)


@every_provider
def test_a_dry_run_shows_what_goes_out_byte_for_byte_needs_no_key_and_sends_nothing(home: Path, provider: str):
    prompt = f"  {QUESTION}\n\tä <b>\n"
    with speaking(provider, stream("ok")) as speaker:
        lore = asking(home, speaker)
        keyless = asking(home, speaker, SPEAKER_KEY="")
        shown = keyless.process("ask", "--dry-run", prompt, *WHERE)
        assert shown.returncode == 0 and not speaker.asked and not turns(keyless)
        said = keyless.json("ask", "--dry-run", prompt, *WHERE)
        assert keyless("ask", prompt, *WHERE).status == 7
        lore("ask", prompt, *WHERE)
        assert sent(speaker)[-1][1].encode() == shown.stdout
    told = shown.stderr.decode()
    assert f"would go to: {provider} {MODELS[provider]}" in told and "remembered: 1 remembered" in told
    free = provider in ("ollama", "compatible")
    assert ("$0.000000\n" in told) is free and ("(genai-prices " in told) is not free
    assert said["prompt"].encode() == shown.stdout and said["messages"] == [{"role": "user", "text": said["prompt"]}]
    assert said["cost"]["output_tokens_at_most"] == 4096 and said["cost"]["input_tokens_estimated"] > 20
    assert (said["cost"]["input_money"] > 0) is not free


def test_a_price_that_is_not_known_is_said_to_be_unknown(home: Path):
    lore = Lore(home)
    ended = lore("ask", "--dry-run", QUESTION, *WHERE)
    assert ended.status == 0 and ended.out.endswith(QUESTION)
    assert "nobody: no language model is set" in ended.err and ended.err.count("cost unknown") == 2
    ended = lore("ask", "--dry-run", "-p", "openai", "-m", "nonesuch", QUESTION, *WHERE)
    assert "would go to: openai nonesuch" in ended.err and ended.err.count("cost unknown") == 2
    assert lore.json("ask", "--dry-run", QUESTION, *WHERE)["cost"]["input_money"] is None


def test_a_dry_run_is_not_counted_as_told(home: Path):
    with speaking("ollama", stream("ok")) as speaker:
        lore = asking(home, speaker)
        for _ in range(2):
            assert lore.json("ask", "--dry-run", "--session", "s", QUESTION, *WHERE)["items"]
        assert lore.json("ask", "--session", "s", QUESTION, *WHERE)["items"]


def test_as_json_it_is_the_whole_answer(home: Path):
    with speaking("openai", stream("On ", "1884.")) as speaker:
        lore = asking(home, speaker)
        said = lore.json("ask", QUESTION, *WHERE, "--platform", "terminal")
        assert sent(speaker)[0][1] == said["prompt"]
    assert (said["answer"], said["outcome"], said["provider"], said["model"]) == (
        "On 1884.",
        "ok",
        "openai",
        "gpt-4o-mini",
    )
    assert said["usage"] == {"input": SENT, "cached": CACHED, "cache_written": 0, "output": RECEIVED}
    assert said["money"] == pytest.approx(((SENT - CACHED) * 0.15 + CACHED * 0.075 + RECEIVED * 0.6) / 1e6, abs=1e-6)
    assert said["prices"].startswith("genai-prices ") and said["injection"] and len(said["items"]) == 1
    assert said["captured"]["session"] == said["session"] == turns(lore)[0]["session"]


def test_what_is_typed_and_what_is_piped_are_one_prompt(home: Path):
    with speaking("compatible", *[stream("ok")] * 3) as speaker:
        lore = asking(home, speaker)
        lore("ask", "--no-memory", "explain", "this:", "-", *WHERE, stdin=b"a\ntraceback\n")
        lore("ask", "--no-memory", *WHERE, stdin=b"only piped\n")
        lore("ask", "--no-memory", "-", "and then", *WHERE, stdin=b"first")
        assert [sent(speaker, n)[0][1] for n in range(3)] == [
            "explain this:\n\na\ntraceback",
            "only piped",
            "first\n\nand then",
        ]
    assert lore("ask", asks=True).status == 2
    assert lore("ask", "  ").status == 2 and lore("ask", stdin=b"\n").status == 2


def test_a_conversation_goes_on_with_what_was_said_in_it(home: Path):
    with speaking("anthropic", *[stream(f"answer {n}") for n in range(5)]) as speaker:
        lore = asking(home, speaker)
        lore("ask", QUESTION, *WHERE)
        lore("ask", "--continue", QUESTION + " Really?", *WHERE)
        roles = [role for role, _ in sent(speaker)]
        texts = [text for _, text in sent(speaker)]
        assert roles == ["user", "assistant", "user"] and texts[:2] == [QUESTION, "answer 0"]
        # What was told with the first prompt is not sent again, so it is told with this one; what was said is not.
        assert "port 1884" in texts[2] and texts[2].count(QUESTION) == 1
        assert [session["turns"] for session in turns(lore)] == [4]
        dry = lore.json("ask", "--dry-run", "-c", "more", *WHERE)
        assert [each["role"] for each in dry["messages"]] == ["user", "assistant"] * 2 + ["user"]
        lore("ask", "--session", "mine", "hello there", *WHERE)
        lore("ask", "--session", "mine", "and again", *WHERE)
        assert [text for _, text in sent(speaker)] == ["hello there", "answer 2", "and again"]
    ended = Lore(home.parent / "other")("ask", "-p", "ollama", "-m", "m", "--continue", "hello")
    assert ended.status == 3 and "no conversation here to go on with" in ended.err


def test_without_memory_or_capture_there_is_neither(home: Path):
    with speaking("ollama", stream("ok"), stream("ok")) as speaker:
        lore = asking(home, speaker)
        said = lore.json("ask", "--no-memory", "--no-capture", QUESTION, *WHERE)
        assert sent(speaker) == [("user", QUESTION)] and not turns(lore)
        assert (said["items"], said["injection"], said["captured"]) == ([], None, None)


def test_another_provider_on_the_command_line_is_not_asked_at_the_address_of_the_one_that_is_set(home: Path):
    with speaking("compatible") as speaker:
        lore = asking(home, speaker, ANTHROPIC_API_KEY="")
        ended = lore("ask", "-p", "claude", "-m", "claude-haiku-4-5", QUESTION)
        assert ended.status == 7 and not speaker.asked
        assert ended.err == "error: the key of anthropic is not set\nhint: set the variable ANTHROPIC_API_KEY\n"
        ended = lore("ask", "-p", "claude", QUESTION)
        assert ended.status == 2 and "llm_model is not set" in ended.err


def test_nobody_to_ask_is_an_error_that_says_what_to_set(home: Path):
    ended = Lore(home)("ask", QUESTION)
    assert ended.status == 4 and "no language model is set" in ended.err and "`lore setup`" in ended.err
    assert ended.out == ""


def test_a_failure_is_one_line_and_nothing_is_kept(home: Path):
    with speaking("openai", fail(401)) as speaker:
        lore = asking(home, speaker, SPEAKER_KEY="very-secret")
        ended = lore("ask", QUESTION, *WHERE)
    assert ended.status == 7 and "key refused" in ended.err and "very-secret" not in ended.err and not turns(lore)


def test_an_answer_that_broke_off_is_kept_as_such(home: Path):
    with speaking("gemini", stream("It listens on ", then="cut"), stream("half", finish="length")) as speaker:
        lore = asking(home, speaker)
        ended = lore("ask", QUESTION, *WHERE)
        assert (ended.status, ended.out) == (7, "It listens on \n") and "unreachable" in ended.err
        ended = lore("ask", "How long is it?", *WHERE)
        assert (ended.status, ended.out) == (0, "half\n") and "cut short" in ended.err
    details = _details(home)
    assert [detail["tags"] for detail in details] == [["unreachable"]] * 2 + [["truncated"]] * 2


def _details(home: Path) -> list[dict[str, Any]]:
    """Return what is known beside each turn that was kept."""
    from everlore.app.open import open_app
    from everlore.core.config import load

    with open_app(load(home, environ={})) as app, app.read() as unit:
        return [json.loads(row[12]) for row in unit.rows("turns_all")]


def test_a_budget_holds_and_the_breaker_opens(home: Path):
    with speaking("compatible", stream("ok"), *[fail(400)] * 5) as speaker:
        lore = asking(home, speaker)
        poor = asking(home, speaker, EVERLORE_LLM_TOKENS_PER_DAY="5000")
        assert poor("ask", QUESTION, *WHERE).status == 0
        ended = asking(home, speaker, EVERLORE_LLM_TOKENS_PER_DAY="4300")("ask", QUESTION, *WHERE)
        assert ended.status == 7 and "the budget of the day is 4,300 tokens, 230 are used" in ended.err
        assert len(speaker.asked) == 1
        for _ in range(5):
            lore("ask", QUESTION, *WHERE)
        assert len(speaker.asked) == 6
        ended = lore("ask", QUESTION, *WHERE)
        assert len(speaker.asked) == 6


def test_through_a_server_it_is_the_same(home: Path):
    with serving(home), speaking("ollama", stream("On 1884.")) as speaker:
        lore = asking(home, speaker)
        said = lore.json("ask", QUESTION, *WHERE)
        assert "port 1884" in said["prompt"] and said["captured"]["turns"] == 2


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_word_to_stop_ends_it_cleanly_and_keeps_what_came(home: Path, number: int, status: int):
    with speaking("openai", stream("It listens ", "on", then="hang")) as speaker:
        lore = asking(home, speaker, EVERLORE_LLM_TIMEOUT="30")
        process = subprocess.Popen(
            [*LORE, "ask", QUESTION, *WHERE],
            env=lore.environ, cwd=home.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.read(len(b"It listens on")) == b"It listens on"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (status, b"\n", b"")
    assert [detail["tags"] for detail in _details(home)] == [["interrupted"]] * 2
    assert turns(lore)[0]["turns"] == 2


def test_a_reader_that_has_gone_ends_it_quietly(home: Path):
    with speaking("ollama", stream("one\n", "two\n", then="hang")) as speaker:
        lore = asking(home, speaker, EVERLORE_LLM_TIMEOUT="30")
        read, write = os.pipe()
        os.close(read)
        began = time.monotonic()
        ended = lore.process("ask", QUESTION, *WHERE, stdout=write, capture_output=False, stderr=subprocess.PIPE)
        os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b"") and time.monotonic() - began < 25


def test_control_characters_of_a_model_do_not_reach_a_terminal(home: Path):
    with speaking("ollama", *[stream("\x1b]0;owned\x07 ok", "\x1b[2J")] * 2) as speaker:
        lore = asking(home, speaker)
        assert "\x1b]" not in lore("ask", QUESTION, *WHERE, terminal=True).out
        assert lore("ask", QUESTION, *WHERE).out == "\x1b]0;owned\x07 ok\x1b[2J\n"


def test_on_a_terminal_what_it_cost_is_said_beside_it(home: Path):
    with speaking("openai", stream("On 1884.")) as speaker:
        ended = asking(home, speaker)("ask", QUESTION, *WHERE, terminal=True)
    assert "1 remembered, about " in ended.err and f"{SENT} tokens in, {RECEIVED} out · $0.0000" in ended.err
    assert "genai-prices " in ended.err
