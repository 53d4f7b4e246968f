"""Bad input through the one door: whatever comes, the answer is an error that names the field, and nothing is kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everlore.app.app import App
from everlore.app.open import open_app
from everlore.app.operations import BY_NAME, OPERATIONS
from everlore.app.parse import decode_json
from everlore.app.requests import MAX_TEXT
from everlore.core.config import Config
from everlore.core.errors import CODES, EverloreError, InvalidInput, NotFound

HUGE = "x" * 10_000_000
GOOD = {"remember": {"text": "hello there"}, "recall": {"query": "hello"}, "get": {"id": "x"}, "history": {"id": "x"}, "revise": {"id": "x", "text": "y"},
        "forget": {"id": "x"}, "restore": {"id": "x"}, "check-duplicate": {"text": "x"}, "import": {"path": "x"}, "export": {"path": "x"},
        "backup": {"path": "x"}, "restore-backup": {"path": "x"}, "bench": {"what": "recall"}}  # fmt: skip
MAY_BE_EMPTY = {"response", "reason", "source", "before", "data", "recipe", "out"}
TAKEN_AWAY = {
    ("set", "expires"),
    ("set", "valid_from"),
    ("set", "valid_until"),
    ("revise", "title"),
    ("search", "query"),
}
"""What an empty text takes away."""


def text_fields() -> list[tuple[str, str]]:
    """Return (operation, field) of every field that takes a text of any words."""
    every = [(operation, field) for operation in OPERATIONS for field in msgspec.structs.fields(operation.request)]
    return [(operation.name, field.encode_name) for operation, field in every if takes_text(field.type)]


def takes_text(kind: Any) -> bool:
    return any(isinstance(each, msgspec.inspect.StrType) for each in kinds_of(msgspec.inspect.type_info(kind)))


def kinds_of(shape: Any) -> list[Any]:
    if isinstance(shape, msgspec.inspect.Metadata):
        return kinds_of(shape.type)
    return (
        [kind for inner in shape.types for kind in kinds_of(inner)]
        if isinstance(shape, msgspec.inspect.UnionType)
        else [shape]
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with open_app(Config(tmp_path_factory.mktemp("bad") / "home", durability="normal")) as app:
        app.call("remember", {"text": "Redis listens on port 6380"})
        yield app


@pytest.fixture
def nothing_kept(shared: App) -> Iterator[None]:
    before = shared.call("status", {})
    yield
    after = shared.call("status", {})
    assert (after.journal, after.memories, after.turns, after.namespaces) == (
        before.journal,
        before.memories,
        before.turns,
        before.namespaces,
    )


def refusal(app: App, name: str, payload: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        app.call(name, payload)
    error = refused.value
    assert len(error.message) < 1000, "an error says what is wrong, not all that was given"
    json.dumps(error.as_dict(), ensure_ascii=False).encode("utf-8")
    return error


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize(
    ("operation", "field"), [pair for pair in text_fields() if pair[1] not in MAY_BE_EMPTY and pair not in TAKEN_AWAY]
)
def test_an_empty_text_is_refused_by_name(shared: App, operation: str, field: str):
    assert refusal(shared, operation, {**GOOD.get(operation, {}), field: ""}).field == field


NO_TEXTS = {"nul": "a\x00b", "surrogate": "\ud800", "half a pair": "a\udfffb", "10 MB": HUGE, "whole": 7, "broken": 1.5, "truth": True,
            "list": ["a"], "object": {"a": "b"}, "bytes": b"bytes"}  # fmt: skip


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize(("operation", "field"), text_fields())
def test_a_text_that_is_none_is_refused_by_name(shared: App, operation: str, field: str):
    for name, value in NO_TEXTS.items():
        error = refusal(shared, operation, {**GOOD.get(operation, {}), field: value})
        assert error.field == field, name
        assert field in error.message, name


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize(
    ("operation", "field"),
    [("remember", "text"), ("remember", "title"), ("revise", "text"), ("check-duplicate", "text")],
)
@pytest.mark.parametrize("blank", [" ", "\n\t ", "\u2003\u00a0"])
def test_a_blank_text_is_refused(shared: App, operation: str, field: str, blank: str):
    assert refusal(shared, operation, {**GOOD[operation], field: blank}).field == field


WRONG: list[tuple[str, str, Any]] = [
    ("remember", "kind", "poem"),
    ("remember", "kind", None),
    ("remember", "tags", "ci"),
    ("remember", "tags[1]", ["ci", 7]),
    ("remember", "tags[0]", [""]),
    ("remember", "tags[0]", ["x" * 65]),
    ("remember", "tags", ["x"] * 33),
    ("remember", "tags[0]", ["a\x00"]),
    ("remember", "importance", 1.01),
    ("remember", "importance", -0.1),
    ("remember", "importance", float("nan")),
    ("remember", "importance", float("inf")),
    ("remember", "importance", "0.5"),
    ("remember", "layer", 4),
    ("remember", "layer", 1.0001),
    ("remember", "layer", True),
    ("remember", "layer", 10**30),
    ("remember", "tier", "eternal"),
    ("remember", "pinned", "yes"),
    ("remember", "pinned", 1),
    ("remember", "title", "x" * 301),
    ("remember", "text", "x" * (MAX_TEXT + 1)),
    ("remember", "valid_from", "soonish"),
    ("remember", "valid_from", "2026-02-30"),
    ("remember", "valid_from", "0001-01-01T00:00:00+14:00"),
    ("remember", "valid_from", "9999-12-31T23:59:59-14:00"),
    ("remember", "valid_until", "99999-01-01"),
    ("remember", "reason", "x" * 1001),
    ("recall", "query", "x" * 10_001),
    ("recall", "limit", 0),
    ("recall", "limit", 201),
    ("recall", "limit", "10"),
    ("recall", "budget", 0),
    ("recall", "kinds[0]", ["poem"]),
    ("recall", "as_of", "when pigs fly"),
    ("recall", "recipe", "stew"),
    ("recall", "explain", None),
    ("list", "state", "asleep"),
    ("list", "limit", 1001),
    ("restore", "revision", 0),
    ("timeline", "since", "1772442000"),
    ("import", "format", "docx"),
    ("import", "on_error", "ignore"),
]


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize(("operation", "field", "value"), WRONG, ids=[f"{w[0]}-{w[1]}-{str(w[2])[:20]}" for w in WRONG])
def test_a_wrong_value_is_refused_by_name(shared: App, operation: str, field: str, value: Any):
    error = refusal(shared, operation, {**GOOD.get(operation, {}), field.partition("[")[0]: value})
    assert error.field == field


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize(
    "path",
    [
        "..",
        "a/../b",
        "a/..",
        "../etc",
        "a//b",
        "/",
        "a/b/c/d/e/f/g/h/i",
        "a b",
        "-a",
        "_a",
        ".a",
        "a/" + "x" * 65,
        "a\\b",
        "a:b",
        "été!",
        "\n",
        "%",
    ],
)
@pytest.mark.parametrize("operation", ["remember", "recall", "list", "timeline", "check-duplicate", "export"])
def test_a_namespace_that_is_none_is_refused(shared: App, operation: str, path: str):
    assert refusal(shared, operation, {**GOOD.get(operation, {}), "namespace": path}).field == "namespace"


def test_an_import_into_a_namespace_that_is_none_is_refused(app: App, tmp_path: Path):
    (tmp_path / "x.jsonl").write_text('{"session": "s", "id": "1", "speaker": "A", "text": "x"}')
    assert refusal(app, "import", {"path": str(tmp_path / "x.jsonl"), "namespace": "a/../b"}).field == "namespace"
    assert app.call("status", {}).journal == 0


def test_a_namespace_that_is_not_there_lists_those_that_are(app: App):
    app.call("remember", {"text": "hello", "namespace": "acme/web"})
    with pytest.raises(NotFound) as missing:
        app.call("recall", {"query": "hello", "namespace": "acme/wep"})
    assert missing.value.field == "namespace"
    assert "acme/web" in missing.value.hint


@pytest.mark.parametrize("path", ["Acme/Web", "ACME/WEB", "acme/web"])
def test_upper_and_lower_case_name_the_same_namespace(app: App, path: str):
    app.call("remember", {"text": "hello", "namespace": "acme/web"})
    assert app.call("remember", {"text": "hello", "namespace": path}).outcome == "merged"
    assert app.call("list", {"namespace": path}).total == 1


def test_case_makes_no_difference_in_any_script(app: App):
    for path in ("Ärger/Ölfeld", "ärger/ölfeld", "ΑΘΗΝΑ", "αθηνα"):
        app.call("remember", {"text": "hello", "namespace": path})
    assert app.call("status", {}).namespaces == 3


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize("operation", [operation.name for operation in OPERATIONS])
def test_an_unknown_parameter_is_refused_and_those_there_are_are_listed(shared: App, operation: str):
    error = refusal(shared, operation, {**GOOD.get(operation, {}), "limits": 3})
    assert error.field == "limits"
    assert error.hint.startswith("fields are: ")


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize(("operation", "field"), [(name, field) for name, payload in GOOD.items() for field in payload])
def test_a_missing_parameter_is_named(shared: App, operation: str, field: str):
    payload = {name: value for name, value in GOOD[operation].items() if name != field}
    assert refusal(shared, operation, payload).field == field


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize("payload", [None, [], "text", 7, True, b"{}", [{"text": "x"}], {1: 2}, {"text": "x", 3: 4}, {"\ud800": "x"}, {"a\x00": 1},
                                     {"text": {"a": [[["\ud800"]]]}}, {None: None}])  # fmt: skip
def test_a_payload_of_another_shape_is_refused(shared: App, payload: Any):
    assert refusal(shared, "remember", payload).field


@pytest.mark.usefixtures("nothing_kept")
def test_a_payload_nested_without_end_is_refused(shared: App):
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert refusal(shared, "remember", {"text": deep}).field
    wide: dict[str, Any] = {}
    wide["text"] = wide
    assert refusal(shared, "remember", wide).field


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b"[" * 100_000,
        b'{"text": "\\ud800"}',
        b'{"text": NaN}',
        b'{"text": 1e999999}',
        b"{}{}",
    ],
)
def test_a_body_that_is_no_object_is_refused(body: bytes):
    with pytest.raises(InvalidInput) as refused:
        decode_json(BY_NAME["remember"].request, body)
    assert refused.value.field


def test_an_unknown_operation_lists_those_there_are(app: App):
    error = refusal(app, "remeber", {})
    assert (error.field, "remember" in error.hint) == ("operation", True)


@pytest.mark.parametrize(
    "path", ["/no/such/file.jsonl", "x" * 4096, "x" * 300, "~nobody-of-that-name/x", "/proc/self/mem/x"]
)
@pytest.mark.parametrize("operation", ["import", "export", "backup", "restore-backup"])
def test_a_path_that_cannot_be_is_refused(app: App, operation: str, path: str):
    with pytest.raises(EverloreError) as refused:
        app.call(operation, {"path": path})
    assert refused.value.field == "path"
    assert refused.value.code in CODES


@pytest.mark.parametrize(
    "form", ["auto", "conversation", "locomo", "beam", "longmemeval", "coding", "markdown", "everlore"]
)
def test_a_directory_or_a_device_is_no_file_to_import(app: App, tmp_path: Path, form: str):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", Path("/dev/null")):
        with pytest.raises(EverloreError) as refused:
            app.call("import", {"path": str(path), "format": form})
        assert refused.value.field, path


@pytest.mark.timeout(100)
def test_a_million_lines_with_one_wrong_at_the_end_change_nothing(app: App, tmp_path: Path):
    path = tmp_path / "x.jsonl"
    line = '{"session": "s", "id": "1", "speaker": "A", "text": "x"}\n'
    path.write_text(line * 999_999 + '{"session": "s"}\n')
    error = refusal(app, "import", {"path": str(path)})
    assert (error.field, "line 1000000" in error.message) == ("id", True)
    assert app.call("status", {}).turns == 0


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)
STRANGE = st.sampled_from([
    '"', "'; DROP TABLE memory; --", "NEAR(a b)", "a* OR b", "scope : n1", "\U0001f6a2\ufe0f", "שלום \u202e", "{}", "%s", "$(rm)", "\\", "../..",
    "last week", "2026-03-02", "fact", "1", "acme/web", "x" * 700, "\u0000", "\ud83d", "ﷺ" * 20, "a\u0301",
])  # fmt: skip
LITERALS = sorted(
    {
        str(word)
        for operation in OPERATIONS
        for field in msgspec.structs.fields(operation.request)
        for word in get_args(field.type)
    }
)
PATHS = {"import", "export", "backup", "restore-backup", "bench"}


@settings(max_examples=200)
@given(data=st.data(), name=st.sampled_from([o.name for o in OPERATIONS if o.name not in PATHS]))
def test_whatever_comes_only_our_own_errors_come_back(shared: App, data: st.DataObject, name: str):
    fields = BY_NAME[name].request.__struct_fields__
    values = (
        ANY
        | STRANGE
        | st.sampled_from([*LITERALS, "active", "long"])
        | st.lists(STRANGE, max_size=2)
        | st.integers(-2, 300)
        | st.floats(0, 1)
    )
    payload = data.draw(
        st.dictionaries(st.sampled_from(fields) if fields else st.just("x"), values, max_size=len(fields))
    )
    required = {field.encode_name for field in msgspec.structs.fields(BY_NAME[name].request) if field.required}
    for missing in required - payload.keys():
        payload[missing] = data.draw(STRANGE)
    try:
        answer = shared.call(name, payload)
    except EverloreError as error:
        assert error.code in CODES
        assert error.message
        json.dumps(error.as_dict(), ensure_ascii=False).encode("utf-8")
    else:
        msgspec.json.encode(answer)


def test_the_store_is_whole_after_all_that(shared: App):
    for strange in ('"; DROP TABLE memory; --', "NEAR(a b) * ^ : {x}", "\U0001f6a2 שלום ﷺ"):
        text = f"{strange} stands here"  # the calls before may have kept the bare text, which a repeat would join
        shared.call("remember", {"text": text, "title": text, "tags": [text], "reason": text, "source": text})
        assert text in [memory.text for memory in shared.call("list", {"tag": text}).memories]
    assert shared.call("verify", {}).ok
