"""What a tool call did, whatever the client calls its tools and their inputs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.sessions.tools import LONGEST_COMMAND, LONGEST_INPUT, tool_detail

PATCH = (
    "*** Begin Patch\n*** Update File: a.py\n@@\n-1\n+2\n*** Add File: b.py\n+3\n*** Delete File: c.py\n*** End Patch"
)


@pytest.mark.parametrize(
    ("tool", "given_", "command"),
    [
        ("Bash", {"command": "pytest -q", "description": "Run the tests"}, "pytest -q"),
        ("shell", {"command": ["bash", "-lc", "pytest -q"], "workdir": "/x"}, "pytest -q"),
        ("local_shell_call", {"type": "exec", "command": ["pytest", "-q"]}, "pytest -q"),
        ("exec_command", '{"cmd": "pytest -q"}', "pytest -q"),
        ("run_shell_command", {"command": "pytest -q"}, "pytest -q"),
        ("Shell", {"command": "pytest -q", "working_directory": "/x"}, "pytest -q"),
        ("run_command", {"CommandLine": "pytest -q", "Cwd": "/x"}, "pytest -q"),
        ("bash", "pytest -q", "pytest -q"),
    ],
)
def test_a_command_is_found_under_every_name(tool: str, given_: Any, command: str) -> None:
    assert tool_detail(tool, given_) == {"tool": tool, "command": command}


@pytest.mark.parametrize(
    ("tool", "given_", "paths", "writes"),
    [
        ("Read", {"file_path": "/x/a.py"}, ["/x/a.py"], False),
        ("Edit", {"file_path": "/x/a.py", "old_string": "1", "new_string": "2"}, ["/x/a.py"], True),
        ("MultiEdit", {"file_path": "/x/a.py", "edits": []}, ["/x/a.py"], True),
        ("Write", {"file_path": "/x/a.py", "content": "1"}, ["/x/a.py"], True),
        ("NotebookEdit", {"notebook_path": "/x/a.ipynb"}, ["/x/a.ipynb"], True),
        ("Grep", {"pattern": "x", "path": "/x"}, ["/x"], False),
        ("write_file", {"file_path": "/x/a.py", "content": "1"}, ["/x/a.py"], True),
        ("replace", {"file_path": "/x/a.py"}, ["/x/a.py"], True),
        ("search_replace", {"file_path": "/x/a.py"}, ["/x/a.py"], True),
        ("read_file", {"absolute_path": "/x/a.py"}, ["/x/a.py"], False),
        ("edit_file", {"target_file": "a.py", "code_edit": "1"}, ["a.py"], True),
        ("str_replace_based_edit_tool", {"command": "view", "path": "/x/a.py"}, ["/x/a.py"], False),
        ("str_replace_based_edit_tool", {"command": "create", "path": "/x/a.py"}, ["/x/a.py"], True),
        ("edit", {"filePath": "/x/a.py"}, ["/x/a.py"], True),
        ("apply_patch", PATCH, ["a.py", "b.py", "c.py"], True),
        ("apply_patch", {"input": PATCH}, ["a.py", "b.py", "c.py"], True),
        ("shell", {"command": ["apply_patch", PATCH]}, ["a.py", "b.py", "c.py"], True),
        ("view_file", {"AbsolutePath": "/x/a.py"}, ["/x/a.py"], False),
        ("mcp__files__write_file", {"path": "file:///x/a.py"}, ["/x/a.py"], True),
    ],
)  # fmt: skip
def test_files_are_found_under_every_name_and_whether_they_were_changed(
    tool: str, given_: Any, paths: list[str], writes: bool
) -> None:
    assert tool_detail(tool, given_) == {"tool": tool, "paths": paths, **({"writes": True} if writes else {})}


@pytest.mark.parametrize(
    ("tool", "given_"),
    [
        ("TodoWrite", {"todos": [{"content": "a", "status": "in_progress", "activeForm": "doing a"}, {"content": "b", "status": "completed"}]}),
        ("update_plan", {"plan": [{"step": "a", "status": "in_progress"}, {"step": "b", "status": "completed"}]}),
        ("update_plan", json.dumps({"plan": [{"step": "a", "status": "in_progress"}, {"step": "b", "status": "completed"}]})),
        ("todowrite", {"todos": [{"id": "1", "content": "a", "status": "in_progress"}, {"id": "2", "content": "b", "status": "cancelled"}]}),
        ("write_todos", {"todos": [{"description": "a", "status": "in_progress"}, {"description": "b", "status": "completed"}]}),
        ("manage_todo_list", {"todoList": [{"title": "a", "status": "in-progress"}, {"title": "b", "status": "completed"}]}),
    ],
)  # fmt: skip
def test_things_to_do_are_the_same_in_every_client(tool: str, given_: Any) -> None:
    todos = [{"content": "a", "status": "in_progress"}, {"content": "b", "status": "completed"}]
    assert tool_detail(tool, given_) == {"tool": tool, "todos": todos}


@pytest.mark.parametrize(
    ("tool", "given_", "task"),
    [
        (
            "TaskCreate",
            {"subject": "a", "description": "b", "activeForm": "doing a"},
            {"content": "a", "status": "pending"},
        ),
        ("TaskUpdate", {"taskId": "2", "status": "in_progress"}, {"id": "2", "status": "in_progress"}),
        ("TaskUpdate", {"taskId": 2, "subject": "c"}, {"id": "2", "content": "c"}),
        ("TaskUpdate", {"taskId": "1", "status": "deleted"}, {"id": "1", "status": "completed"}),
        ("TaskCreate", {"subject": ["x"], "status": {}}, {"status": "pending"}),
    ],
)
def test_one_thing_to_do_is_read(tool: str, given_: dict[str, Any], task: dict[str, str]):
    assert tool_detail(tool, given_) == {"tool": tool, "task": task}


def test_any_other_input_is_kept_short() -> None:
    assert tool_detail("WebSearch", {"query": "sqlite wal"}) == {"tool": "WebSearch", "input": "query: sqlite wal"}
    assert len(tool_detail("WebFetch", {"prompt": "x" * 9_000})["input"]) < LONGEST_INPUT + 100
    assert len(tool_detail("Bash", {"command": "x" * 90_000})["command"]) < LONGEST_COMMAND + 100


@given(
    st.sampled_from(["Bash", "Edit", "TodoWrite", "apply_patch", "other", "mcp__a__write"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["command", "file_path", "todos", "plan", "input", "paths", "cmd", "content"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    ),
)
def test_no_input_is_too_strange(tool: str, given_: Any) -> None:
    assert json.dumps(tool_detail(tool, given_))
