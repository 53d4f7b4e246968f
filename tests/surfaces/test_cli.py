"""The command line on a store of its own: what goes to which stream, how it ends, and what bad input comes to."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commanding import LORE, Lore
from everlore import __version__
from everlore.app.open import open_app
from everlore.app.operations import BY_NAME
from everlore.core.config import load
from everlore.surfaces.cli import commands
from scenarios import SCENARIOS, Json, play
from serving import serving
from surfaces.test_mcp_scenarios import through_app

SAMPLE = Path(sys.modules["everlore.app"].__path__[0]) / "sample"


@pytest.fixture
def lore(tmp_path: Path) -> Lore:
    return Lore(tmp_path / "home")


def through_lore(lore: Lore) -> Any:
    """Run an operation as a command line; text that no command line can hold goes by standard input."""

    def call(operation: str, request: Json) -> Json:
        words, stdin = [operation], b""
        for field in commands.descriptions()[operation]["fields"]:
            value = request.get(field["name"])
            if value is None or value is False:
                continue
            if ("flag" not in field and len(str(value)) > 1000) or "\0" in str(value):
                words, stdin = [*words, "-"], str(value).encode()
            elif "flag" not in field:
                words += map(str, value if isinstance(value, list) else [value])
            elif field["type"] == "flag":
                words.append(field["flag"])
            else:
                for one in value if isinstance(value, list) else [value]:
                    words += [field["flag"], str(one)]
        ended = lore(*words, "--json", stdin=stdin)
        assert (ended.out == "") == (ended.status != 0), ended
        return ended.answer if ended.status == 0 else ended.error

    return call


@pytest.mark.parametrize("story", SCENARIOS)
def test_every_story_goes_as_in_the_application(story: str, lore: Lore, tmp_path: Path) -> None:
    with open_app(load(tmp_path / "app", environ={})) as app:
        expected = play(SCENARIOS[story], through_app(app))
    assert play(SCENARIOS[story], through_lore(lore)) == expected


@pytest.mark.parametrize("story", SCENARIOS)
def test_every_story_goes_the_same_way_through_a_server(story: str, lore: Lore, tmp_path: Path) -> None:
    with open_app(load(tmp_path / "app", environ={})) as app:
        expected = play(SCENARIOS[story], through_app(app))
    with serving(lore.home):
        assert play(SCENARIOS[story], through_lore(lore)) == expected


def test_an_answer_as_json_is_the_answer_of_the_operation(lore: Lore) -> None:
    kept = lore.json("remember", "The cache listens on port 6380", "--namespace", "acme/web", "--tag", "cache")
    assert kept["outcome"] == "kept"
    assert set(kept) == set(BY_NAME["remember"].answer.__struct_fields__)
    recalled = lore("recall", "which port has the cache", "--json")
    item = msgspec.json.decode(recalled.out, type=BY_NAME["recall"].answer).items[0]
    assert (item.id, item.kind, item.namespace) == (kept["id"], "memory", "acme/web")
    assert recalled.out.count("\n") == 1


def test_a_person_reads_date_source_and_what_was_superseded(lore: Lore) -> None:
    old = lore.json("remember", "The cache listens on port 6380")["id"]
    ended = lore("remember", "The cache listens on port 6390")
    assert ended.out.startswith(f"kept, superseding {old}: ")
    new = lore.json("recall", "cache port")["items"][0]
    ended = lore("recall", "cache port")
    assert ended.out.splitlines()[0] == f" 1. {new['time'][:16].replace('T', ' ')} · fact"
    assert f"[{new['id']} · revision 1 · personal]\n    supersedes {old}" in ended.out
    assert ended.err == ""


def test_recall_that_finds_nothing_says_so_beside_the_data(lore: Lore) -> None:
    lore.json("remember", "The printer is on the second floor")
    ended = lore("recall", "how are photosynthetic bacteria cultured")
    assert (ended.status, ended.out, ended.err) == (0, "", "nothing relevant is remembered\n")
    assert lore.json("recall", "how are photosynthetic bacteria cultured")["withheld"] is True
    small = lore("recall", "which floor is the printer on", "--budget", "1")
    assert (small.status, small.out) == (0, "")
    assert small.err == "what is relevant does not fit the budget; give a larger --budget\n"


def test_every_rendering_is_text_without_control_characters(lore: Lore, tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07 Rebase before merging \x1b[31m\x9b2J"
    kept = lore.json("remember", "-", "--title", "A \x1b[1m title", "--tag", "git", stdin=evil.encode())["id"]
    lore.json("revise", kept, "Rebase before merging\nand squash\x08\x08", "--valid-from", "2026-03-02")
    other, thing = (lore.json("entity-add", name, "--namespace", "acme")["entity"]["id"] for name in ("Other", evil))
    link = lore.json("graph-link", kept, thing, "--kind", "supports", "--evidence", evil)["links"][0]["id"]
    lore.json("graph-link", thing, other, "--weight", "0.5")
    node = lore.json("get", kept)["memory"]["namespace"]
    more = [
        lore.json("remember", f"The {name} of the harbour is painted green {evil}")["id"]
        for name in ("crane", "gate", "mast", "pier")
    ]
    lore.json("feedback", more[0], "wrong", "--note", evil)
    lore.json("feedback", more[1], "stale")
    asked = [each["id"] for each in lore.json("review")["proposals"]]
    rule = lore.json("policy-set", "link", "allow", "--who", "role:clerk", "--reason", evil)["rules"][0]["id"]
    project = tmp_path / "project"
    project.mkdir()
    (project / "README.md").write_text(f"# A project\n\nThis says what the project is, and {evil} too.\n")
    runs = [
        ("bootstrap", str(project), "--namespace", "acme"), ("freshness", "acme", "--all"),
        ("feedback", more[2], "helpful"), ("set", more[2], "--tag", evil[:20], "--layer", "0"), ("supersede", more[0], more[2]),
        ("merge", more[1], "--into", more[2]), ("consolidate", more[2], more[3], "--title", evil[:40]), ("review",), ("review-show", asked[0]),
        ("review-reject", asked[0]), ("policy",), ("policy-set", "link", "deny", "--who", "role:guest"), ("policy-drop", rule), ("curate",),
        ("agent-register", evil[:40]), ("agent-register", "robin"), ("agents",), ("agent-retire", "robin"),
        ("standard-set", evil[:40], kept, "--namespace", node), ("standards", "--namespace", node),
        ("standard-drop", evil[:40], "--namespace", node),
        ("get", kept), ("list",), ("history", kept), ("recall", "rebase", "--explain"), ("timeline",), ("journal",), ("pages",), ("status",),
        ("graph",), ("overview", "acme"), ("growth",), ("search", "rebase"),
        ("graph-neighbors", kept), ("graph-walk", kept), ("graph-path", kept, other), ("graph-timeline", kept), ("graph-audit",),
        ("graph-stats",), ("graph-link", kept, other, "--evidence", evil, "--kind", "related"), ("entity-merge", thing, other), ("entity-list",),
        ("entity-split", thing), ("graph-unlink", link), ("entity-add", evil, "--alias", "another", "--namespace", "acme"),
        ("check-duplicate", "Rebase before merging and squash"), ("export", str(tmp_path / "all.jsonl")),
        ("vault",), ("vault-sync",), ("vault-sync", "--dry-run"),
        ("rebuild",), ("verify",), ("embed",), ("backup", str(tmp_path / "b.db")), ("forget", kept), ("restore", kept), ("undo",),
        ("import", str(SAMPLE / "history.jsonl")), ("handoff-begin", evil, "--namespace", "acme"), ("handoff", "--namespace", "acme"),
        ("handoff-list", "--namespace", "acme"), ("handoff-accept", "--namespace", "acme"), ("sessions",), ("drain",), ("mine",), ("compile",),
        ("write-page", evil[:40], f"See [[Nowhere]] {evil}", "--namespace", "acme/web"), ("read-page", evil[:40], "--namespace", "acme/web"),
        ("delete-page", evil[:40], "--namespace", "acme/web", "--dry-run"), ("lint", "--days", "1"), ("reorg",),
        ("rename-project", "acme/web", "site"), ("move-project", "acme/site", "globex"), ("merge-workspace", "globex", "acme"),
        ("purge-project", "acme/site", "--dry-run"), ("session", "2026-09-07-claude-code-1"), ("purge-session", "2026-09-07-claude-code-1", "--dry-run"),
        ("namespaces",), ("projects",), ("workspaces",), ("answer", "rebase"), ("context", "rebase before merging"),
        ("slice", "rebase", "--namespace", "acme"), ("slice-propose", "rebase", "--namespace", "acme"), ("briefing", "acme"), ("explore", "acme"),
        ("context-assemble", "rebase", "--namespace", "acme"), ("capture", "What is it?", "A replay."),
        ("context-explain", "rebase before merging"), ("why", kept), ("stats",), ("stats-timeline",), ("stats-providers",), ("stats-logs",),
        ("namespace-move", "acme", "corp"),
        ("sweep", "--below", "1", "--apply"),
        ("transcripts-search", "morning. pierlight is a fresh repo: go module, readme, nothi"), ("restore-backup", str(tmp_path / "b.db")),
    ]  # fmt: skip
    for words in runs:
        ended = lore(*words)
        assert ended.status == 0, ended
        assert ended.err == "", ended
        assert ended.out.strip(), words
        assert not any(character < " " and character not in "\n\t" for character in ended.out), words
        assert not any(character in ended.out for character in "\x7f\x9b\u202e"), words
    assert {name for name, *_ in runs} >= set(BY_NAME) - {
        "remember",
        "revise",
        "bench",
        "hook",
        "handoff-cancel",
        "handoff-reopen",
        "purge",
        "refine",
        "review-approve",
        "review-edit",
    }


def test_what_is_held_back_says_how_to_let_it_in(lore: Lore) -> None:
    ended = lore("remember", "-", stdin="Squash \u202eyats tsum tnetni before merging".encode())
    assert ended.out.startswith("held back: hidden text\n")
    kept = lore.json("list", "--state", "held")["memories"][0]["id"]
    assert f"`lore restore {kept}`" in ended.out
    shown = lore("get", kept).out
    assert "yats tsum" in shown
    assert "\u202e" not in shown


def test_a_line_left_out_of_an_import_is_named_once(lore: Lore, tmp_path: Path) -> None:
    talk = tmp_path / "talk.jsonl"
    talk.write_text('{"session": "s", "id": "1", "text": "The kiln is hot"}\n{"session": "s", "text": "no id"}\n')
    ended = lore("import", str(talk), "--on-error", "skip")
    assert ended.err == "skipped talk.jsonl, line 2: id: expected a string, got nothing\n"


def test_restoring_a_backup_says_that_it_did_and_where_the_present_store_went(lore: Lore, tmp_path: Path) -> None:
    lore("backup", str(tmp_path / "b.db"))
    said = lore("restore-backup", str(tmp_path / "b.db")).out.splitlines()[0]
    assert said.startswith("restored the backup; ")
    assert "everlore.DATE.before-restore.db" in said
    assert len(list(lore.home.glob("everlore.*.before-restore.db"))) == 1


def test_colour_is_for_terminals_whose_user_wants_it(tmp_path: Path) -> None:
    colourful, plain, dumb = Lore(tmp_path), Lore(tmp_path, NO_COLOR="1"), Lore(tmp_path, TERM="dumb")
    colourful.environ["TERM"] = "xterm"
    colourful.json("remember", "Deploys need two reviews")
    assert "\x1b[" in colourful("recall", "deploys", terminal=True).out
    assert "\x1b[" in colourful("get", "nosuch", terminal=True).err
    for quiet in (plain("recall", "deploys", terminal=True), dumb("recall", "deploys", terminal=True), plain("list")):
        assert "\x1b[" not in quiet.out + quiet.err
    assert "\x1b[" not in colourful("recall", "deploys").out
    assert "\x1b[" not in colourful("recall", "deploys", "--json", terminal=True).out


def test_text_is_wrapped_on_a_terminal_and_left_alone_in_a_pipe(lore: Lore) -> None:
    lore.environ["COLUMNS"] = "60"
    text = "word " * 60 + "\n    indented " + "code " * 30
    kept = lore.json("remember", text)["id"]
    assert max(map(len, lore("get", kept, terminal=True).out.split("\n"))) <= 70  # colour codes are not columns
    assert max(map(len, lore("get", kept).out.split("\n"))) > 250


def test_a_long_list_says_how_to_go_on(lore: Lore) -> None:
    for word in ("heron", "otter", "badger"):
        lore.json("remember", f"The {word} is a wild animal")
    ended = lore("list", "--limit", "2")
    assert len(ended.out.splitlines()) == 3
    assert ended.err.startswith("2 of 3 shown; continue with --before ")
    rest = lore("list", "--limit", "2", "--before", ended.err.split()[-1])
    assert "heron" in rest.out


@pytest.mark.parametrize(
    ("words", "status", "code", "field"),
    [
        (("get", "nosuch"), 3, "not_found", "id"),
        (("undo", "nosuch"), 3, "not_found", "operation"),
        (("import", "/nonexistent/path"), 3, "not_found", "path"),
        (("recall", "x", "--limit", "0"), 2, "invalid_input", "limit"),
        (("recall", "x", "--limit", "many"), 2, "invalid_input", "limit"),
        (("remember", ""), 2, "invalid_input", "text"),
        (("remember", "x", "--namespace", "a/../b"), 2, "invalid_input", "namespace"),
        (("remember", "x", "--valid-from", "when pigs fly"), 2, "invalid_input", "valid_from"),
        (("remember", "x", "y"), 2, "invalid_input", ""),
        (("serve", "--host", "0.0.0.0"), 5, "denied", "token"),
        (("serve", "--port", "70000"), 2, "invalid_input", "port"),
    ],
)
def test_an_error_names_the_field_and_has_its_status(
    lore: Lore, words: tuple[str, ...], status: int, code: str, field: str
) -> None:
    ended = lore(*words)
    assert (ended.status, ended.out) == (status, "")
    assert ended.err.startswith("error: ")
    assert "Traceback" not in ended.err
    if words[0] != "serve":
        ended = lore(*words, "--json")
        assert (ended.status, ended.out) == (status, "")
        assert (ended.error["code"], ended.error.get("field", "")) == (code, field)


@pytest.mark.parametrize(
    ("stdin", "says"),
    [
        (b"bad \xff bytes", "not valid UTF-8"),
        (b"half a character \xe2\x82", "not valid UTF-8"),
        (b"a\x00b", "NUL"),
        (b"x" * 10_000_000, "longer than 1,000,000"),
        ("é".encode() * 1_000_001, "longer than 1,000,000"),
        (b"line\n" * 1_000_000, "longer than 1,000,000"),
        (b"", "text"),
        (b"\n", "text"),
    ],
)
def test_bad_text_on_standard_input_is_told_by_field(lore: Lore, stdin: bytes, says: str) -> None:
    ended = lore("remember", "-", "--json", stdin=stdin)
    assert (ended.status, ended.error["code"], ended.error["field"]) == (2, "invalid_input", "text")
    assert says in ended.error["error"]


def test_text_comes_by_standard_input(lore: Lore) -> None:
    kept = lore.json("remember", "-", stdin="Größe 三\nzwei\r\n".encode())
    assert lore.json("get", kept["id"])["memory"]["text"] == "Größe 三\nzwei"
    lore.json("revise", kept["id"], "-", stdin=b"another text")
    assert lore.json("recall", "-", stdin=b"another text?\n")["items"][0]["id"] == kept["id"]


def test_an_argument_that_is_not_unicode_is_told_by_field(lore: Lore) -> None:
    for words in (["remember", b"caf\xe9"], ["remember", "x", "--tag", b"\xff"]):
        ended = lore.process(*words, "--json")
        field = "text" if len(words) == 2 else "tags"
        assert ended.returncode == 2
        assert json.loads(ended.stderr)["field"] == field


def test_verify_that_finds_a_problem_fails(lore: Lore) -> None:
    lore.json("remember", "The cache listens on port 6380")
    assert lore("verify").status == 0
    import apsw

    connection = apsw.Connection(str(lore.home / "everlore.db"))
    connection.execute("DELETE FROM passage")
    connection.close()
    ended = lore("verify")
    assert ended.status == 1
    assert "problem" in ended.out
    assert "hint: " in ended.out
    assert lore("verify", "--json").answer["ok"] is False
    lore("rebuild")
    assert lore("verify").status == 0


def test_settings_of_this_shell_travel_to_a_server(tmp_path: Path) -> None:
    lore = Lore(tmp_path, EVERLORE_NAMESPACE="acme/web")
    with serving(tmp_path):
        assert lore.json("remember", "Deploys need two reviews")["namespace"] == "acme/web"
        lore.environ["EVERLORE_RECIPE"] = "no-such"
        assert lore("recall", "deploys", "--json").error["field"] == "recipe"


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    ended = Lore(tmp_path, EVERLORE_PORT="many")("status", "--json")
    assert (ended.status, ended.error["field"]) == (2, "port")


def test_the_version_is_told_in_each_way(lore: Lore) -> None:
    assert lore.process("--version").stdout.decode() == f"lore {__version__}\n"
    assert lore("-V").out == f"lore {__version__}\n"


def test_a_reader_that_goes_away_ends_the_command_quietly(lore: Lore) -> None:
    lore.json("remember", "x " * 200_000)
    read, write = os.pipe()
    os.close(read)
    for words in (["list"], ["--help"], ["recall", "x", "--json"]):
        ended = lore.process(*words, stdout=write, capture_output=False, stderr=subprocess.PIPE)
        assert (ended.returncode, ended.stderr) == (141, b""), words
    os.close(write)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_output_that_cannot_be_written_is_an_error(lore: Lore) -> None:
    lore.json("remember", "Deploys need two reviews")
    with Path("/dev/full").open("wb") as full:
        ended = lore.process("list", stdout=full, capture_output=False, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert ended.stderr == b"error: cannot write the output: No space left on device\n"


def test_an_interrupt_ends_the_command_quietly(lore: Lore) -> None:
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # where it is ignored, children would ignore it too
    read, write = os.pipe()
    process = subprocess.Popen([*LORE, "remember", "-"], env=lore.environ, stdin=read, stderr=subprocess.PIPE)
    assert process.stderr is not None
    os.close(read)
    try:
        os.write(write, b"x" * 1_000_000)  # more than a pipe holds: when this returns, the command is reading
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
        assert (process.returncode, process.stderr.read()) == (130, b"")
    finally:
        os.close(write)
        process.kill()
        process.wait()
        process.stderr.close()
        signal.signal(signal.SIGINT, before)


def test_an_unexpected_failure_is_one_sentence_unless_asked(lore: Lore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("everlore.surfaces.cli.call.perform", fail)
    ended = lore("status")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("error: unexpected ZeroDivisionError: division by zero\nhint: ")
    lore.environ["EVERLORE_DEBUG"] = "1"
    assert "Traceback" in lore("status").err


def test_long_work_shows_bars_on_a_terminal_only(lore: Lore, tmp_path: Path) -> None:
    turn = (
        '{{"session": "s", "id": "t{0}", "speaker": "Ann", "role": "user", "time": null, "text": "words number {0}"}}\n'
    )
    (tmp_path / "many.jsonl").write_text("".join(turn.format(number) for number in range(30_000)), "utf-8")
    words = ["import", str(tmp_path / "many.jsonl"), "--format", "conversation"]
    status, drawn = on_terminal([*LORE, *words], {**lore.environ, "TERM": "xterm"})
    assert status == 0
    assert "importing" in drawn
    assert lore.process(*words).stderr == b""


def test_nothing_is_asked_where_nobody_can_answer(lore: Lore) -> None:
    ended = lore.process("encrypt")
    assert ended.returncode == 2
    assert b"hint: set EVERLORE_PASSPHRASE" in ended.stderr


def test_a_passphrase_is_asked_on_a_terminal(lore: Lore) -> None:
    kept = lore.json("remember", "Deploys need two reviews")["id"]
    lore.environ["EVERLORE_PASSPHRASE"] = "correct horse"
    assert lore("encrypt").status == 0
    del lore.environ["EVERLORE_PASSPHRASE"]
    status, seen = on_terminal([*LORE, "get", kept], lore.environ, asked="Passphrase: ", reply="correct horse\n")
    assert status == 0
    assert "Deploys need two reviews" in seen
    assert "correct horse" not in seen


def on_terminal(words: list[str], environ: dict[str, str], asked: str = "", reply: str = "") -> tuple[int, str]:
    """Run a command on a terminal of its own, reply to what it asks; return its status and what was to be seen."""
    process, terminal = pty.fork()
    if process == 0:
        os.execve(words[0], words, environ)
    seen = b""
    try:
        while chunk := os.read(terminal, 4096):
            seen += chunk
            if asked and asked.encode() in seen:
                os.write(terminal, reply.encode())
                asked = ""
    except OSError:  # how a terminal says that nobody is left on the other side
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), seen.decode("utf-8", "replace")
