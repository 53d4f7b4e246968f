import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everlore.core.errors import InvalidInput
from everlore.core.namespaces import parse
from everlore.sessions.place import MARKER, Place, locate, segment


def git(directory: Path, *arguments: str) -> None:
    quiet = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *quiet, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return (tmp_path / "home").resolve()


def repository(path: Path) -> Path:
    path.mkdir(parents=True)
    git(path, "init")
    git(path, "commit", "--allow-empty", "-m", "first")
    return path


def test_a_directory_is_its_own_project(home: Path):
    (home / "notes").mkdir()
    place = locate(home / "notes", home=home)
    assert place == Place(root=home / "notes", project="notes")


def test_home_and_root_are_no_projects(home: Path):
    assert locate(home, home=home) is None
    assert locate("/", home=home) is None
    assert locate("relative/path", home=home) is None


def test_a_subdirectory_of_a_repository_belongs_to_it(home: Path):
    root = repository(home / "web")
    (root / "src" / "deep").mkdir(parents=True)
    place = locate(root / "src" / "deep", home=home)
    assert place is not None
    assert (place.root, place.project, place.repository) == (root, "web", True)


def test_a_linked_worktree_belongs_to_the_main_one(home: Path):
    root = repository(home / "web")
    git(root, "worktree", "add", str(home / "elsewhere"), "-b", "other")
    place = locate(home / "elsewhere", home=home)
    assert place is not None
    assert (place.root, place.project) == (root, "web")


def test_a_repository_within_another_is_its_own_project(home: Path):
    root = repository(home / "web")
    inner = repository(root / "vendor" / "lib")
    place = locate(inner, home=home)
    assert place is not None
    assert place.root == inner


@pytest.mark.parametrize(
    "address",
    [
        "https://ana:not-for-us@git.example.org/acme/web.git",
        "git@git.example.org:acme/web.git",
        "ssh://git@git.example.org/acme/web",
    ],
)
def test_an_origin_is_the_same_however_it_is_spelled_and_holds_no_credentials(home: Path, address: str):
    root = repository(home / "web")
    git(root, "remote", "add", "origin", address)
    place = locate(root, home=home)
    assert place is not None
    assert place.identity == "git.example.org/acme/web"


def test_the_nearest_marker_decides(home: Path):
    root = repository(home / "mono")
    (root / "api").mkdir()
    (root / MARKER).write_text('workspace = "acme"\nproject = "mono"\n')
    (root / "api" / MARKER).write_text(
        'workspace = "acme"\nproject = "api"\ncapture = "talk"\nignore = ["*.env", "secrets/"]\n'
    )
    place = locate(root / "api", home=home)
    assert place is not None
    assert (place.root, place.workspace, place.project, place.named) == (root / "api", "acme", "api", True)
    assert place.capture == "talk"
    outer = locate(root, home=home)
    assert outer is not None
    assert outer.project == "mono"


def test_a_marker_without_a_project_names_the_workspace_of_the_repository_below(home: Path):
    root = repository(home / "acme" / "web")
    (home / "acme" / MARKER).write_text('workspace = "acme"\n')
    place = locate(root, home=home)
    assert place is not None
    assert (place.root, place.workspace, place.project, place.named) == (root, "acme", "web", False)


def test_the_strategy_directory_makes_a_part_of_a_repository_a_project(home: Path):
    root = repository(home / "mono")
    (root / "api").mkdir()
    (root / "api" / MARKER).write_text('strategy = "directory"\n')
    place = locate(root / "api", home=home)
    assert place is not None
    assert (place.root, place.project) == (root / "api", "api")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("workspace = ", "marker"),
        ('colour = "red"', "colour"),
        ('project = "a/b"', "project"),
        ("project = 3", "project"),
        ('capture = "some"', "capture"),
        ('strategy = "guess"', "strategy"),
        ('ignore = "x"', "ignore"),
        ("ignore = [1]", "ignore"),
    ],
)
def test_a_wrong_marker_is_told_where_somebody_reads_it_and_turns_capture_off(home: Path, text: str, field: str):
    (home / "web").mkdir()
    (home / "web" / MARKER).write_text(text)
    with pytest.raises(InvalidInput) as refused:
        locate(home / "web", home=home, strict=True)
    assert refused.value.field == field
    place = locate(home / "web", home=home)
    assert place is not None
    assert (place.project, place.capture) == ("web", "off")


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("prod.env", True),
        ("deep/down/prod.env", True),
        ("secrets/key.txt", True),
        ("src/secrets/key.txt", True),
        ("build/out/a.o", True),
        ("src/build/out/a.o", False),
        ("src/app.py", False),
        ("/home/ana/web/prod.env", True),
        ("/elsewhere/prod.env", False),
    ],
)
def test_globs_cover_names_anywhere_and_paths_from_the_root(path: str, ignored: bool):
    place = Place(Path("/home/ana/web"), "web", ignore=("*.env", "secrets/", "build/out"))
    assert place.ignores(path) is ignored


@given(st.text(max_size=80))
def test_any_directory_name_makes_a_segment(name: str):
    assert parse(segment(name)) == (segment(name),)
