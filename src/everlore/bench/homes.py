"""Temporary homes: a store for one measurement, gone when it ends, with the user's settings and models but not the data."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import msgspec

from everlore.app.app import App
from everlore.core.clock import Clock, system, to_iso
from everlore.core.config import Config
from everlore.core.errors import ModelUnavailable
from everlore.sessions.records import TurnRecord

NAMESPACE = "bench"


@contextmanager
def temporary_home(user: App, *, model: bool = False, under: str | None = None) -> Iterator[Config]:
    """Yield the configuration of an empty home below `under`; raise `ModelUnavailable` if there is no model to use."""
    if model and user.embedder is None:
        raise ModelUnavailable(
            "no embedding model is installed", hint="`lore model pull` installs one; without --model none is needed"
        )
    with TemporaryDirectory(prefix="everlore-bench-", dir=under) as name:
        home = Path(name)
        if model and user.config.models.is_dir():
            _share(user.config.models, home / "models")
        kept = replace(user.config, home=home, namespace=NAMESPACE, token="", recipe="default")
        yield kept if model else replace(kept, model="none")


@contextmanager
def open_store(config: Config, clock: Clock = system) -> Iterator[App]:
    """Yield the application on a home; no worker runs, so nothing happens that was not asked for."""
    with App(config, clock=clock) as app:
        yield app


def write_turns(turns: Iterable[TurnRecord], file: BinaryIO) -> None:
    """Write turns in the conversation format, so that they come in the way a user's do."""
    for turn in turns:
        line = {
            "session": turn.session,
            "id": turn.id,
            "speaker": turn.speaker,
            "role": turn.role,
            "time": to_iso(turn.time),
            "text": turn.text,
            "caption": turn.caption,
        }
        file.write(msgspec.json.encode(line) + b"\n")


def _share(models: Path, place: Path) -> None:
    try:
        place.symlink_to(models, target_is_directory=True)
    except OSError:  # Windows asks for a privilege
        shutil.copytree(models, place)
