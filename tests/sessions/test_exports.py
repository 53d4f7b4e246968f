"""What other programs export: which branch, who spoke and when, and that no zip file does harm."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.core.errors import InvalidInput
from everlore.sessions.readers import FORMATS, detect, exports
from everlore.sessions.records import BadLine, MemoryRecord, Record, TurnRecord

SECONDS = 1_772_442_000  # 2026-03-02T09:00:00Z
TIME = SECONDS * 1000


def read(path: Path, form: str | None = None) -> list[Record]:
    return list(FORMATS[form or detect(path)](path))


def said(path: Path, form: str | None = None) -> list[str]:
    return [record.text for record in read(path, form) if isinstance(record, TurnRecord)]


def zipped(path: Path, files: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, (str, bytes)) else json.dumps(content))
    return path


def unpacked(path: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def node(parent: str | None, role: str, text: str, **more: Any) -> dict[str, Any]:
    content = more.pop("content", {"content_type": "text", "parts": [text]})
    message = {"author": {"role": role}, "create_time": SECONDS, "content": content, "recipient": "all", "metadata": {}}
    return {"parent": parent, "children": [], "message": message | more}


def tree(identity: str, current: str | None, **nodes: dict[str, Any]) -> dict[str, Any]:
    mapping = {"root": {"parent": None, "children": [], "message": None}} | nodes
    for name, each in mapping.items():
        each["id"] = name
        if each["message"]:
            each["message"].setdefault("id", name)
        if each["parent"] in mapping:
            mapping[each["parent"]]["children"].append(name)
    return {
        "title": "x",
        "create_time": SECONDS - 5,
        "conversation_id": identity,
        "current_node": current,
        "mapping": mapping,
    }


def test_of_a_chatgpt_conversation_the_branch_that_was_seen_last_is_read(tmp_path: Path):
    talk = tree(
        "c1", "a2",
        s=node("root", "system", ""), q1=node("s", "user", "Which queue?"), a1=node("q1", "assistant", "The first."),
        q2=node("s", "user", "Which queue do we use?", create_time=SECONDS + 60.5), a2=node("q2", "assistant", "The second.", create_time=None),
    )  # fmt: skip
    path = zipped(tmp_path / "export.zip", {"conversations.json": [talk], "chat.html": "<p>", "user.json": {}})
    assert detect(path) == "chatgpt"
    assert read(path) == [
        TurnRecord("c1", "q2", "user", "user", TIME + 60_500, "Which queue do we use?"),
        TurnRecord("c1", "a2", "ChatGPT", "assistant", TIME + 60_500, "The second."),
    ]


def test_what_chatgpt_hides_thinks_or_tells_a_tool_was_not_said(tmp_path: Path):
    talk = tree(
        "c1", "last",
        hidden=node("root", "user", "context", metadata={"is_visually_hidden_from_conversation": True}),
        q=node("hidden", "user", "", content={"content_type": "multimodal_text", "parts": [{"asset_pointer": "file-1"}, "What is this?"]},
               metadata={"attachments": [{"name": "board.png"}]}),
        thought=node("q", "assistant", "", content={"content_type": "thoughts", "thoughts": [{"content": "hm"}]}),
        search=node("thought", "assistant", "search('board')", recipient="web.run"),
        gone=node("search", "assistant", "no", weight=0),
        tool=node("gone", "tool", "found it", author={"role": "tool", "name": "web.run"}),
        last=node("tool", "assistant", "A board\ue200cite\ue202turn0\ue201 of \ud83d tasks\0."),
    )  # fmt: skip
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([talk]))
    assert [(r.speaker, r.text, r.caption) for r in read(path) if isinstance(r, TurnRecord)] == [
        ("user", "What is this?", "board.png"),
        ("web.run", "found it", None),
        ("ChatGPT", "A board of \ufffd tasks.", None),
    ]


def test_chatgpt_shards_are_read_in_order_and_a_circle_ends(tmp_path: Path):
    circle = tree("c2", "b", a=node("b", "user", "one"), b=node("a", "user", "two"))
    unknown = tree(
        "c3", None, old=node("root", "user", "old"), new=node("root", "user", "new", create_time=SECONDS + 1)
    )
    files = {
        "conversations-010.json": [unknown],
        "conversations-002.json": [circle],
        "conversations-002.json.index": "x",
    }
    assert said(unpacked(tmp_path / "export", files)) == ["one", "two", "new"]
    assert said(zipped(tmp_path / "e.zip", {f"export/{name}": content for name, content in files.items()})) == [
        "one",
        "two",
        "new",
    ]


def test_a_conversation_that_cannot_be_read_is_named_and_the_others_come_in(tmp_path: Path, app: App):
    good = tree("good", "q", q=node("root", "user", "hello"))
    path = zipped(
        tmp_path / "e.zip",
        {"conversations.json": [good, {"id": "bad", "mapping": 3}, "x", good | {"conversation_id": "more"}]},
    )
    with pytest.raises(InvalidInput, match="element 2"):
        app.call("import", {"path": str(path)})
    imported = app.call("import", {"path": str(path), "on_error": "skip"})
    assert (imported.format, imported.sessions, imported.turns, len(imported.skipped)) == ("chatgpt", 2, 2, 2)
    assert app.call("import", {"path": str(path), "on_error": "skip"}).unchanged == 2


def message(identity: str, sender: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "uuid": identity,
        "text": text,
        "content": [],
        "sender": sender,
        "created_at": "2026-03-02T09:00:00.000000Z",
        "attachments": [],
        "files": [],
    } | more


CLAUDE = {
    "conversations.json": [{
        "uuid": "c1", "name": "Queue", "created_at": "2026-03-02T09:00:00Z", "account": {"uuid": "me"},
        "chat_messages": [
            message("m1", "human", "old", content=[{"type": "text", "text": "Read this."}], files=[{"file_name": "plan.pdf"}],
                    attachments=[{"file_name": "paste.txt", "extracted_content": "The plan: use Redis."}]),
            message("m2", "assistant", "", content=[{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Read."}, {"type": "tool_use"},
                                                    {"type": "text", "text": "Done."}]),
            message("m3", "human", "Thanks."),
            message("m4", "assistant", ""),
        ],
    }],
    "projects.json": [
        {"uuid": "p1", "name": "Shop", "description": "Our shop", "prompt_template": "Answer briefly.", "created_at": "2026-03-02T09:00:00Z",
         "docs": [{"uuid": "d1", "filename": "style.md", "content": "Two spaces.", "created_at": "2026-03-02T09:00:00Z"}]},
        {"uuid": "p2", "name": "How to use Claude", "is_starter_project": True, "docs": [{"filename": "x", "content": "y"}]},
    ],
    "memories.json": [{"conversations_memory": "**Work**: Ana runs the shop.", "project_memories": {"p1": "Redis is the queue."}, "account_uuid": "me"}],
    "users.json": [],
}  # fmt: skip


@pytest.mark.parametrize("shape", ["zip", "directory", "projects apart"])
def test_conversations_projects_and_memories_of_claude_are_read(tmp_path: Path, shape: str):
    files = dict(CLAUDE)
    if shape == "projects apart":
        projects = files.pop("projects.json")
        files |= {f"projects/{project['uuid']}.json": project for project in projects}
    path = unpacked(tmp_path / "export", files) if shape == "directory" else zipped(tmp_path / "e.zip", files)
    assert detect(path) == "claude-ai"
    assert read(path) == [
        TurnRecord("c1", "m1", "user", "user", TIME, "Read this.", "plan.pdf"),
        TurnRecord("c1", "m1/1", "user", "user", TIME, "The plan: use Redis.", "paste.txt"),
        TurnRecord("c1", "m2", "Claude", "assistant", TIME, "Read.\n\nDone."),
        TurnRecord("c1", "m3", "user", "user", TIME, "Thanks."),
        MemoryRecord("Our shop\n\nAnswer briefly.", "Shop", "page", ("Shop",), TIME, None),
        MemoryRecord("Two spaces.", "style.md", "page", ("Shop",), TIME, None),
        MemoryRecord("**Work**: Ana runs the shop.", "What Claude remembers", "page", (), None, None),
        MemoryRecord("Redis is the queue.", "What Claude remembers of Shop", "page", ("Shop",), None, None),
    ]


@pytest.mark.parametrize(("name", "count"), [("conversations.json", 4), ("projects.json", 2), ("memories.json", 2)])
def test_one_file_of_claudes_export_is_read_by_itself(tmp_path: Path, app: App, name: str, count: int):
    path = unpacked(tmp_path, {name: CLAUDE[name]}) / name
    imported = app.call("import", {"path": str(path)})
    assert (imported.format, imported.turns + imported.memories) == ("claude-ai", count)


def slack(text: str, user: str = "U1", at: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": user, "text": text, "ts": f"{SECONDS + at}.000200"} | more


THREAD = f"{SECONDS + 2}.000200"
SLACK = {
    "users.json": [{"id": "U1", "name": "ana", "profile": {"display_name": "Ana", "real_name": "Ana Lopez"}}, {"id": "U2", "name": "ben", "profile": {}}],
    "channels.json": [{"id": "C1", "name": "general"}, {"id": "C2", "name": "empty"}],
    "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
    "general/2026-03-02.json": [
        slack("<@U1> has joined", subtype="channel_join"),
        slack("Ask <@U2> in <#C2> or <#C3|help>, see <https://x.test/a|the page> &amp; <https://x.test/b> <!here> a &lt; b", at=1),
        slack("Redis or Postgres?", at=2, thread_ts=THREAD, reply_count=1),
        slack("Postgres.", "U2", at=3, thread_ts=THREAD, parent_user_id="U1"),
        slack("", "U2", at=4, files=[{"name": "a.png", "title": "The board"}]),
        {"type": "message", "subtype": "bot_message", "username": "CI", "text": "", "attachments": [{"fallback": "Build 7 failed"}], "ts": f"{SECONDS + 5}.0"},
        slack("gone", at=6, hidden=True),
    ],
    "general/2026-03-03.json": [slack("Thanks.", at=86_400, thread_ts=THREAD), slack("Morning.", "U9", at=86_401, user_profile={"display_name": "Cem"})],
    "D1/2026-03-02.json": [slack("Between us.")],
    "integrations/2026-03-02.json": [slack("no conversation")],
    "integration_logs.json": [{"user_id": "U1"}],
}  # fmt: skip


@pytest.mark.parametrize("packed", [True, False])
def test_slack_days_and_threads_are_sessions_of_named_people(tmp_path: Path, packed: bool):
    path = zipped(tmp_path / "e.zip", SLACK) if packed else unpacked(tmp_path / "export", SLACK)
    assert detect(path) == "slack"
    turns = [record for record in read(path) if isinstance(record, TurnRecord)]
    day, thread = "general/C1/2026-03-02", f"general/C1/{THREAD}"
    assert [(turn.session, turn.speaker, turn.text, turn.caption) for turn in turns] == [
        (
            day,
            "Ana",
            "Ask @ben in #empty or #help, see the page (https://x.test/a) & https://x.test/b @here a < b",
            None,
        ),
        (thread, "Ana", "Redis or Postgres?", None),
        (thread, "ben", "Postgres.", None),
        (day, "ben", "", "The board"),
        (day, "CI", "Build 7 failed", None),
        (thread, "Ana", "Thanks.", None),
        ("general/C1/2026-03-03", "Cem", "Morning.", None),
        ("D1/2026-03-02", "Ana", "Between us.", None),
    ]
    assert (turns[0].id, turns[0].time, turns[0].role) == (f"{SECONDS + 1}.000200", TIME + 1000, None)


def log(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def heard(path: Path) -> list[tuple[str, int | None, str]]:
    records = read(path, "chatlog")
    assert all(isinstance(record, TurnRecord) for record in records), records
    return [
        (r.speaker, None if r.time is None else (r.time - TIME) // 1000, r.text)
        for r in records
        if isinstance(r, TurnRecord)
    ]


LOGS = {
    "dated": "[2026-03-02 09:00] Ana: Which queue?\nThe fast one?\n[2026-03-02 09:01:30] Ben: Redis: it is fast.\n",
    "iso": "2026-03-02T09:00:00Z Ana: Which queue?\nThe fast one?\n2026-03-02T11:01:30+02:00 Ben: Redis: it is fast.\n",
    "whatsapp": "02/03/2026, 09:00 - Messages are end-to-end encrypted.\n02/03/2026, 09:00 - Ana: Which queue?\nThe fast one?\n"
                "02/03/2026, 09:01 - Ben: <Media omitted>\n13/02/2026, 09:01 - Ana left\n02/03/2026, 09:01:30 - Ben: Redis: it is fast.\n",
    "whatsapp on a telephone": "\u200e[02.03.26, 09:00:00] Ana: Which queue?\r\nThe fast one?\r\n[02.03.26, 09:01:30] Ben: Redis: it is fast.\r\n",
    "whatsapp in america": "3/2/26, 9:00\u202fAM - Ana: Which queue?\nThe fast one?\n3/2/26, 9:01:30 AM - Ben: Redis: it is fast.\n",
    "irc": "--- Log opened Mon Mar 02 08:59:00 2026\n09:00 <@ana> Which queue?\nThe fast one?\n09:01 -!- cem has joined\n09:01:30 <+Ben> Redis: it is fast.\n",
    "weechat": "2026-03-02 09:00:00\tAna\tWhich queue?\nThe fast one?\n2026-03-02 09:01:30\t@Ben\tRedis: it is fast.\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LOGS)
def test_lines_with_a_time_are_turns_and_the_others_go_on(tmp_path: Path, name: str):
    path = log(tmp_path / "talk.txt", LOGS[name])
    assert detect(path) == "chatlog"
    found = [(speaker.lower(), time, text) for speaker, time, text in heard(path)]
    assert found == [("ana", 0, "Which queue?\nThe fast one?"), ("ben", 90, "Redis: it is fast.")]


def test_a_log_without_times_is_one_session(tmp_path: Path):
    path = log(tmp_path / "talk.txt", "Ana: Which queue?\nBen: Redis.\nNote: it is fast\nAna: Good.\n")
    assert heard(path) == [
        ("Ana", None, "Which queue?"),
        ("Ben", None, "Redis.\nNote: it is fast"),
        ("Ana", None, "Good."),
    ]
    assert detect(path) == "chatlog"
    angled = log(tmp_path / "irc.log", "<ana> Which queue?\n<ben> Redis.\n")
    assert [turn.session for turn in read(angled) if isinstance(turn, TurnRecord)] == ["irc", "irc"]


MARKED = {
    "headings": "# Queue\n\nExported.\n\n## User\n\nWhich queue?\n\n## Assistant\n\n```md\n## User\nno\n```\nRedis.\n",
    "bold": "**User:** Which queue?\n\n---\n\n**Assistant:**\n```md\n## User\nno\n```\nRedis.\n\n---\n",
    "cursor": "_**User**_\n\nWhich queue?\n\n---\n\n_**Cursor**_\n\n```md\n## User\nno\n```\nRedis.\n",
    "pictures": "### 🧑 You (2026-03-02 09:00)\nWhich queue?\n### 🤖 ChatGPT (2026-03-02 09:01)\n```md\n## User\nno\n```\nRedis.\n",
}  # fmt: skip


@pytest.mark.parametrize("name", MARKED)
def test_a_transcript_in_markdown_is_a_conversation_and_no_page(tmp_path: Path, name: str):
    path = log(tmp_path / "talk.md", MARKED[name])
    assert detect(path) == "chatlog"
    turns = [record for record in read(path) if isinstance(record, TurnRecord)]
    assert [(turn.role, turn.text) for turn in turns] == [
        ("user", "Which queue?"),
        ("assistant", "```md\n## User\nno\n```\nRedis."),
    ]
    assert turns[0].time == (TIME if name == "pictures" else None)


@pytest.mark.parametrize(
    "text", ["# Users\n\n## User\n\nHas a name.\n\n## Role\n\nIs one.\n", "**Note:** read it\n", "Ana: hello\n"]
)
def test_a_page_is_no_transcript(tmp_path: Path, text: str):
    assert detect(log(tmp_path / "page.md", text)) == "markdown"


@pytest.mark.parametrize(
    "text", ["2026-03-02 09:00:00,123 INFO main: started\n" * 9, "name: x\nversion: 2\n", "Some words.\nMore words.\n"]
)
def test_what_a_program_logs_is_no_chat(tmp_path: Path, text: str):
    with pytest.raises(InvalidInput, match="cannot tell"):
        detect(log(tmp_path / "x.log", text))


def test_a_log_that_has_grown_or_lost_its_beginning_is_known_again(tmp_path: Path, app: App):
    lines = [f"[2026-03-0{2 + n // 4} 09:0{n}] {'Ana' if n % 2 else 'Ben'}: message {n}\n" for n in range(9)]
    path = log(tmp_path / "talk.txt", "".join(lines[:6]))
    assert (first := app.call("import", {"path": str(path)})).turns == 6
    assert first.sessions == 2
    log(path, "".join(lines[2:]) + lines[8])
    again = app.call("import", {"path": str(path)})
    assert (again.turns, again.unchanged) == (4, 4), "three new lines, and one that was written twice"


def test_a_zip_file_of_one_chat_is_named_after_itself(tmp_path: Path):
    path = zipped(
        tmp_path / "WhatsApp Chat - Ana.zip", {"_chat.txt": LOGS["whatsapp on a telephone"], "1.jpg": b"\xff"}
    )
    assert detect(path) == "chatlog"
    assert {turn.session for turn in read(path) if isinstance(turn, TurnRecord)} == {"WhatsApp Chat - Ana/2026-03-02"}


def test_a_turn_that_is_too_long_is_named_by_its_line(tmp_path: Path):
    path = log(tmp_path / "talk.txt", "<ana> a\n<ben> " + "x" * 4_000_001 + "\n<ana> b\n")
    found = read(path, "chatlog")
    assert [record.where for record in found if isinstance(record, BadLine)] == ["talk.txt, line 2"]
    assert len(found) == 3


def bomb(path: Path) -> Path:
    return zipped(path, {"conversations.json": b"[" + b" " * 70_000_000 + b"]"})


def climbing(path: Path) -> Path:
    return zipped(path, {"conversations.json": [], "../../etc/cron.d/x": "x"})


def halved(path: Path) -> Path:
    zipped(path, {"conversations.json": []})
    path.write_bytes(path.read_bytes()[:-30])
    return path


def encrypted(path: Path) -> Path:
    zipped(path, {"conversations.json": []})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "why"),
    [(bomb, "inside"), (climbing, "outside of itself"), (halved, "no whole zip"), (encrypted, "encrypted")],
)
def test_a_zip_file_that_could_do_harm_is_refused(tmp_path: Path, app: App, make: Any, why: str):
    path = make(tmp_path / "e.zip")
    with pytest.raises(InvalidInput, match=why) as refused:
        app.call("import", {"path": str(path), "format": "chatgpt"})
    assert refused.value.field == "path"
    with pytest.raises(InvalidInput, match=why):
        app.call("import", {"path": str(path)})


def test_a_damaged_entry_is_an_error_of_that_file(tmp_path: Path):
    path = zipped(tmp_path / "e.zip", {"conversations.json": [tree("c", "q", q=node("root", "user", "hello " * 99))]})
    data = bytearray(path.read_bytes())
    at = data.index(b"conversations.json") + 40
    data[at : at + 8] = bytes(8)
    path.write_bytes(data)
    (bad,) = (record for record in read(path, "chatgpt") if isinstance(record, BadLine))
    assert bad.where == "conversations.json"


def test_a_zip_file_of_something_else_is_unclear(tmp_path: Path):
    with pytest.raises(InvalidInput, match="cannot tell"):
        detect(zipped(tmp_path / "e.zip", {"word/document.xml": "<w>"}))


@pytest.mark.parametrize("form", ["chatgpt", "claude-ai", "slack", "chatlog"])
def test_an_empty_directory_is_refused(tmp_path: Path, form: str):
    with pytest.raises(InvalidInput, match=r"holds no (conv|chan|log)"):
        read(tmp_path, form)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[",
        "[1",
        "[1 2]",
        '[{"id": "x"',
        '["\\ud800',
        "[1,]",
        "{",
        "nul",
        "[" * 100_000,
        "\ufeff[1",
        "[" + "9" * 5000 + "]",
    ],
)
@pytest.mark.parametrize("form", ["chatgpt", "claude-ai"])
def test_what_is_no_json_is_named(tmp_path: Path, form: str, content: str):
    records = read(log(tmp_path / "conversations.json", content), form)
    assert records
    assert all(isinstance(record, BadLine) and record.error.field for record in records)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=20,
)  # fmt: skip


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@given(document=JSON, indent=st.sampled_from([None, 2]), piece=st.integers(1, 40))
def test_a_list_is_read_element_by_element_wherever_the_pieces_end(
    scratch: Path, document: Any, indent: int | None, piece: int
):
    path = scratch / "x.json"
    path.write_text(json.dumps(document, indent=indent, ensure_ascii=False), "utf-8")
    before, exports._PIECE = exports._PIECE, piece
    try:
        with exports.opened(path) as files:
            found = list(files.elements("x.json"))
    finally:
        exports._PIECE = before
    assert found == (document if isinstance(document, list) else [document])


FIELDS = ["id", "conversation_id", "current_node", "mapping", "message", "author", "role", "content", "parts", "text", "metadata", "parent", "create_time",
          "uuid", "chat_messages", "sender", "created_at", "attachments", "extracted_content", "docs", "conversations_memory", "project_memories",
          "ts", "thread_ts", "type", "subtype", "user", "user_profile", "files", "name"]  # fmt: skip
DOCUMENTS = st.recursive(
    st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(["user", "human", "q", "message"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner | JSON, max_size=6), max_leaves=12,
)  # fmt: skip


@given(document=st.lists(DOCUMENTS | JSON, max_size=3) | DOCUMENTS)
def test_no_export_trips_over_any_json(scratch: Path, document: Any):
    directory = unpacked(scratch / "any", dict.fromkeys(
        ["conversations.json", "projects.json", "memories.json", "channels.json", "users.json", "c/2026-03-02.json"], document
    ))  # fmt: skip
    for form in ("chatgpt", "claude-ai", "slack"):
        try:
            records = read(directory, form)
        except InvalidInput as error:
            assert error.field
            continue
        for record in records:
            if isinstance(record, BadLine):
                assert record.error.field
            else:
                record.text.encode()


@given(text=st.text(st.sampled_from("ab:<>*#[]0123456789-/., \n\tAP`~é\0")) | st.text())
def test_no_log_trips_over_any_text(scratch: Path, text: str):
    for record in read(log(scratch / "any.txt", re.sub("[\ud800-\udfff]", "", text)), "chatlog"):
        assert record.error.field if isinstance(record, BadLine) else record.text
