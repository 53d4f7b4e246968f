"""What the proxy tells, when, and where; what it keeps; and that it never stands in the way."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from everlore.core.errors import StoreBusy
from surfaces.proxy.relaying import CHAT, GEMINI, KEY, MESSAGES, RESPONSES, Bench, bench, injected

FACT = "The tide broker of the lighthouse listens on port 18830."
QUESTION = "Which port does the tide broker of the lighthouse listen on?"
LATER = "Tell me the port of the tide broker"
OTHER = "The tide broker keeps its certificates below /etc/tides."
SECOND = "And where does the tide broker keep its certificates"


def learnt(proxied: Bench, question: str = QUESTION, fact: str = FACT) -> None:
    proxied.converse(CHAT, [("user", question)], fact)


def test_what_was_told_stays_where_it_was_told(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        learnt(proxied, "Where are the certificates of the tide broker?", OTHER)
        said = [("user", LATER)]
        first = proxied.converse(CHAT, said, "18830")
        said += [("assistant", "18830"), ("user", SECOND)]
        second = proxied.converse(CHAT, said, "/etc/tides")
        said += [("assistant", "/etc/tides"), ("user", "thanks")]
        third = proxied.converse(CHAT, said, "welcome")
        every = proxied.rows("SELECT tokens, repeated FROM ledger ORDER BY id")
        rows = every[2:]
        total, sessions = injected(proxied.server.asked), proxied.rows("SELECT count(*) FROM session")
    assert "<everlore-memory" in first["messages"][1]["content"]
    assert second["messages"][:2] == first["messages"], "the prefix that the provider may have cached has changed"
    assert third["messages"][:4] == second["messages"][:4]
    assert third["messages"][-1]["content"] == "thanks"
    ids = [
        word
        for body in (second["messages"][1], second["messages"][3])
        for word in body["content"].split()
        if len(word) == 21
    ]
    assert len(ids) == len(set(ids)), "something was told twice"
    assert rows[0][1] == 0 and rows[1][1] == rows[0][0] and rows[2] == (rows[1][0], rows[1][0])
    assert sum(tokens for tokens, _ in every) == total
    assert sessions == [(3,)]


def test_blocks_survive_that_a_client_moves_its_cache_mark(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        marked = [{"type": "text", "text": LATER, "cache_control": {"type": "ephemeral"}}]
        reminder = {"type": "text", "text": "<system-reminder>Today is Friday</system-reminder>"}
        proxied.upstream.data = MESSAGES.whole("18830")
        messages: list[object] = [{"role": "user", "content": [reminder, *marked]}]
        body = {"model": "claude-x", "system": [{"type": "text", "text": "nonce 1"}], "messages": messages}
        proxied.send(MESSAGES.path, body)
        proxied.settle()
        first = json.loads(proxied.server.asked[-1].body)["messages"][0]["content"]
        body["system"] = [{"type": "text", "text": "nonce 2"}]
        body["messages"] = [
            {"role": "user", "content": LATER}, {"role": "assistant", "content": [{"type": "text", "text": "18830"}]},
            {"role": "user", "content": "thank you"},
        ]  # fmt: skip
        proxied.send(MESSAGES.path, body)
        second = json.loads(proxied.server.asked[-1].body)["messages"][0]["content"]
    assert first[0] == reminder and first[1]["cache_control"] == {"type": "ephemeral"}
    assert first[1]["text"] == second and second.endswith(f"\n\n{LATER}")


def test_results_of_tools_are_no_prompt_and_an_answer_in_steps_is_kept_once(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        step = {
            "type": "message", "model": "claude-x", "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1},
            "content": [{"type": "text", "text": "I look."}, {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}],
        }  # fmt: skip
        messages: list[object] = [{"role": "user", "content": LATER}]
        body = {"model": "claude-x", "messages": messages, "tools": [{"name": "Bash"}]}
        proxied.upstream.data = json.dumps(step).encode()
        proxied.send(MESSAGES.path, body)
        proxied.settle()
        assert len(proxied.turns()) == 2, "an answer was kept before it had ended"
        first = json.loads(proxied.server.asked[-1].body)["messages"]
        result = {"type": "tool_result", "tool_use_id": "t1", "content": "the tide broker: port 18830"}
        messages += [{"role": "assistant", "content": step["content"]}, {"role": "user", "content": [result]}]
        proxied.upstream.data = MESSAGES.whole("It is 18830.")
        proxied.send(MESSAGES.path, body)
        proxied.settle()
        second = json.loads(proxied.server.asked[-1].body)["messages"]
        stored = proxied.turns()[2:]
        rows = proxied.rows("SELECT tokens, repeated, input FROM ledger ORDER BY id DESC LIMIT 2")
    assert "<everlore-memory" in first[0]["content"] and second[:1] == first
    assert second[1:] == messages[1:]
    assert stored == [("user", LATER), ("assistant", "I look.\n\nIt is 18830.")]
    assert rows == [(rows[1][0], rows[1][0], 90), (rows[1][0], 0, 1)]


def test_a_request_sent_again_is_told_again_and_one_that_begins_alike_is_another(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        proxied.upstream.status = 500
        proxied.send(CHAT.path, CHAT.body([("user", LATER)]))
        failed = json.loads(proxied.server.asked[-1].body)
        proxied.upstream.status = 200
        again = proxied.converse(CHAT, [("user", LATER)], "18830")
        rows = proxied.rows("SELECT tokens, repeated FROM ledger")[1:]
        learnt(proxied, "Where are the certificates of the tide broker?", OTHER)
        other = proxied.converse(CHAT, [("user", LATER)], "18830 still")
        sessions = proxied.rows("SELECT count(DISTINCT id) FROM session")
    assert failed == again and len(rows) == 1 and rows[0][0] > 0 == rows[0][1]
    assert "<everlore-memory" in CHAT.prompt(other)
    assert sessions == [(4,)]


def test_a_client_may_say_which_conversation_and_project_it_is(tmp_path: Path) -> None:
    mine, theirs = {"Everlore-Project": "acme/tides"}, {"Everlore-Project": "acme/other"}
    with bench(tmp_path / "home", proxy_namespace="acme/none") as proxied:
        proxied.converse(CHAT, [("user", QUESTION)], FACT, mine)
        elsewhere = proxied.converse(CHAT, [("user", LATER)], "I do not know", theirs)
        here = proxied.converse(CHAT, [("user", LATER)], "18830", {**mine, "Everlore-Session": "s-1"})
        once_more = proxied.converse(CHAT, [("user", LATER)], "18830!", {**mine, "Everlore-Session": "s-1"})
        nowhere = proxied.converse(CHAT, [("user", "hm")], "so?")
        places = proxied.rows(
            "SELECT s.external, n.path FROM session s JOIN namespace n ON n.id = s.namespace ORDER BY s.id"
        )
    assert CHAT.prompt(elsewhere) == LATER and CHAT.prompt(nowhere) == "hm"
    assert "<everlore-memory" in CHAT.prompt(here)
    assert CHAT.prompt(once_more) == CHAT.prompt(here), "the same request gets the same"
    assert [path for _, path in places] == ["acme/tides", "acme/other", "acme/tides", "acme/none"]
    assert places[2][0] == "s-1"


def test_what_hooks_tell_the_proxy_does_not_tell_again(tmp_path: Path) -> None:
    told = (
        f'<system-reminder>\n<everlore-memory project="x">\n> {FACT}\n</everlore-memory>\n</system-reminder>\n{LATER}'
    )
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        body = proxied.converse(CHAT, [("user", told)], "18830")
        assert CHAT.prompt(body) == told and len(proxied.turns()) == 2
        assert proxied.rows("SELECT outcome FROM ledger ORDER BY id DESC LIMIT 1") == [("hooks",)]


def test_what_clients_ask_for_themselves_is_neither_told_nor_kept(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        said = [("user", "Generate a title for this conversation:\n"), ("user", LATER)]
        body = proxied.converse(CHAT, said, "Port of the broker")
        assert body == CHAT.body(said) and len(proxied.turns()) == 2
        assert proxied.rows("SELECT tokens, outcome, input FROM ledger ORDER BY id DESC LIMIT 1") == [(0, "aside", 90)]


def test_a_store_that_is_no_store_does_not_stop_a_request(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "everlore.db").write_bytes(b"nothing that was ever a store" * 500)
    body = json.dumps(CHAT.body([("user", LATER)])).encode()
    with bench(home) as proxied:
        proxied.upstream.data = CHAT.whole("18830")
        status, _, data = proxied.send(CHAT.path, body)
        assert (status, data) == (200, proxied.upstream.data)
        assert proxied.server.asked[-1].body == body


def test_a_memory_that_takes_too_long_does_not_stop_a_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps(CHAT.body([("user", LATER)])).encode()
    held = threading.Event()
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        memory = proxied.proxy.memory
        ask = memory._context
        monkeypatch.setattr(memory, "_patience", 0.05)
        monkeypatch.setattr(memory, "_context", lambda *given: (held.wait(20), ask(*given))[1])
        proxied.upstream.data = CHAT.whole("18830")
        for _ in range(12):  # more than there are threads
            assert proxied.send(CHAT.path, body)[0] == 200
            assert proxied.server.asked[-1].body == body
        held.set()
        proxied.sent += 11
        proxied.settle()
        time.sleep(0.2)
        monkeypatch.undo()
        rows = proxied.rows("SELECT DISTINCT tokens, withheld FROM ledger")
        again = proxied.converse(CHAT, [("user", LATER)], "18830")
    assert rows == [(0, 1)], "what was not sent was counted as told"
    assert "<everlore-memory" in CHAT.prompt(again)


def test_a_store_that_is_being_written_to_delays_nobody_and_loses_nothing(tmp_path: Path) -> None:
    import apsw

    with bench(tmp_path / "home", busy_timeout_ms=50) as proxied:
        learnt(proxied)
        connection = apsw.Connection(str(proxied.proxy.memory.app.config.database))
        connection.execute("BEGIN IMMEDIATE")
        proxied.upstream.data = CHAT.whole("18830")
        proxied.send(CHAT.path, CHAT.body([("user", LATER)]))
        assert "<everlore-memory" in proxied.server.asked[-1].body.decode()
        assert not proxied.proxy.recorder.settle(2, 0.3)
        connection.execute("ROLLBACK")
        proxied.settle()
        assert proxied.turns()[2:] == [("user", LATER), ("assistant", "18830")]
        assert len(proxied.rows("SELECT uid FROM ledger")) == 2


def test_what_waits_is_written_when_the_proxy_ends(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        for number in range(20):
            proxied.upstream.data = CHAT.whole(f"answer {number}")
            proxied.send(CHAT.path, CHAT.body([("user", f"question {number}")]))
    assert len(proxied.turns()) == 40


def test_secrets_are_taken_out_of_what_is_kept(tmp_path: Path) -> None:
    secret = "AKIA" + "QWERTYUIOPASDFGH"
    with bench(tmp_path / "home") as proxied:
        proxied.converse(CHAT, [("user", f"Does {secret} look like a key to you?")], f"Yes, {secret} does.")
        stored = proxied.turns()
    assert len(stored) == 2 and secret not in str(stored)
    assert not [p for p in (tmp_path / "home").rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]


@pytest.mark.parametrize(
    ("dialect", "body", "text"),
    [
        (RESPONSES, {"model": "g", "input": LATER}, lambda b: b["input"]),
        (CHAT, {"model": "g", "messages": [{"role": "user", "content": [{"type": "text", "text": LATER}, {"type": "input_audio"}]}]},
         lambda b: b["messages"][0]["content"][0]["text"]),
        (GEMINI, {"contents": [{"parts": [{"inlineData": {"data": "x"}}, {"text": LATER}]}]}, lambda b: b["contents"][0]["parts"][1]["text"]),
        (MESSAGES, {"model": "c", "messages": [{"role": "user", "content": LATER}, {"role": "assistant", "content": "{"}]},
         lambda b: b["messages"][0]["content"]),
    ],
    ids=["input as a string", "parts", "no role", "an answer begun"],
)  # fmt: skip
def test_every_way_to_write_a_prompt_is_read(tmp_path: Path, dialect, body, text) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        proxied.upstream.data = dialect.whole("18830")
        proxied.send(dialect.path, body)
        sent = json.loads(proxied.server.asked[-1].body)
    assert text(sent).startswith("<everlore-memory ") and text(sent).endswith(f"\n\n{LATER}")


def test_the_ledger_has_every_request_with_memory_and_every_token(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        for dialect in (CHAT, RESPONSES, MESSAGES, GEMINI):
            said = [("user", LATER)]
            proxied.converse(dialect, said, "18830")
            proxied.converse(dialect, [*said, ("assistant", "18830"), ("user", "thanks")], "welcome")
        proxied.converse(CHAT, [("user", LATER)], "18830", {"Everlore-Memory": "off"})
        row = proxied.rows("SELECT count(*), sum(tokens), sum(input), sum(output), sum(withheld) FROM ledger")[0]
        items = proxied.rows("SELECT count(*) FROM ledger_item")[0][0]
    assert row == (9, injected(proxied.server.asked), 810, 63, 1)
    assert row[1] > 0 and items > 0


def test_busy_is_not_the_end_of_an_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with bench(tmp_path / "home") as proxied:
        app, failing = proxied.proxy.memory.app, [True]
        call = app.call

        def busy(name, *given):
            if name == "capture" and failing:
                failing.pop()
                raise StoreBusy("another process writes")
            return call(name, *given)

        monkeypatch.setattr(app, "call", busy)
        proxied.converse(CHAT, [("user", QUESTION)], FACT)
        assert proxied.turns() == [("user", QUESTION), ("assistant", FACT)] and not failing


def test_the_key_of_the_client_tells_conversations_apart(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        proxied.converse(CHAT, [("user", LATER)], "18830")
        said = [("user", LATER), ("assistant", "18830"), ("user", "thanks")]
        other = proxied.converse(CHAT, said, "welcome", {"Authorization": "Bearer of-somebody-else"})
        mine = proxied.converse(CHAT, said, "welcome", {"Authorization": f"Bearer {KEY}"})
    assert "<everlore-memory" not in json.dumps(other) and "<everlore-memory" in json.dumps(mine)


def test_a_model_that_is_no_text_stops_no_other_exchange_from_being_kept(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        proxied.send(CHAT.path, b'{"model": "\\ud800", "messages": [{"role": "user", "content": "hello there"}]}')
        learnt(proxied)
        proxied.settle()
        assert ("assistant", FACT) in proxied.turns()


def test_the_same_prompt_of_a_named_conversation_is_told_the_same_again(tmp_path: Path) -> None:
    ours = {"Everlore-Session": "again"}
    with bench(tmp_path / "home") as proxied:
        learnt(proxied)
        first = proxied.converse(CHAT, [("user", LATER)], "18830", ours)
        again = proxied.converse(CHAT, [("user", LATER)], "18830", ours)
    assert "<everlore-memory" in first["messages"][-1]["content"]
    assert again["messages"][-1] == first["messages"][-1]


def test_no_name_that_a_client_gives_itself_carries_a_secret(tmp_path: Path) -> None:
    key = "ghp_R2yq9UoX4kMnLw7VbTz1CsEdGhJ5KaPfQ3mB"
    with bench(tmp_path / "home") as proxied:
        proxied.converse(CHAT, [("user", QUESTION)], FACT, {"User-Agent": f"{key}/1"})
        home = proxied.proxy.memory.app.config.home
        assert not [p for p in home.rglob("*") if p.is_file() and key.lower().encode() in p.read_bytes().lower()]


def test_a_project_that_is_none_is_written_nowhere(tmp_path: Path) -> None:
    with bench(tmp_path / "home") as proxied:
        proxied.converse(CHAT, [("user", QUESTION)], FACT, {"Everlore-Project": "../../etc"})
        assert proxied.rows("SELECT namespace FROM ledger") == [(None,)]
