"""A store whose file goes away under it: what cannot be kept is not acknowledged."""

from pathlib import Path

import pytest

from everlore.app.app import App
from everlore.app.open import open_app
from everlore.core.config import Config
from everlore.core.errors import StoreUnavailable


@pytest.mark.skipif("os.name == 'nt'", reason="an open file cannot be removed there")
@pytest.mark.parametrize("replaced", [False, True])
def test_a_write_to_a_file_that_is_gone_is_refused(tmp_path: Path, replaced: bool):
    config = Config(tmp_path / "home", durability="normal")
    with open_app(config) as app:
        app.call("remember", {"text": "The ferry leaves at nine"})
        config.database.rename(tmp_path / "aside.db")
        if replaced:
            with App(Config(tmp_path / "other", durability="normal")) as other:
                other.call("remember", {"text": "Another store"})
            (tmp_path / "other" / "everlore.db").rename(config.database)
        with pytest.raises(StoreUnavailable, match="removed or replaced"):
            app.call("remember", {"text": "The harbour closes at ten"})
        assert app.call("list", {}).total == 1
