"""An application on a home nobody has used: what `lore bench` is called on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from everlore.app.app import App
from everlore.core.config import Config


@pytest.fixture
def user(tmp_path: Path) -> Iterator[App]:
    with App(Config(tmp_path / "home", model="none")) as app:
        yield app
        assert not app.config.database.exists(), "the bench must not touch the user's store"
