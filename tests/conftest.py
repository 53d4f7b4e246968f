"""What all tests share: a home of their own, a clock they set, and an application on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from clocks import Clock
from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

settings.register_profile("everlore", deadline=None, print_blob=True)
settings.load_profile("everlore")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a developer's own settings and store out of the tests."""
    import os

    for name in [name for name in os.environ if name.startswith("EVERLORE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EVERLORE_HOME", str(tmp_path / "nowhere"))


@pytest.fixture
def clock() -> Clock:
    """The clock of `app`."""
    return Clock()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The configuration of `app`: a home that does not exist yet."""
    return Config(tmp_path / "home", durability="normal", start_daemon=False)


@pytest.fixture
def app(config: Config, clock: Clock) -> Iterator[App]:
    """The application on an empty store."""
    with open_app(config, clock=clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """What drives browsers: one for each process of the tests, for it cannot be started a second time beside itself."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver
