"""People edit, move and delete pages while an agent writes and the server is killed: nothing is lost and nothing comes twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from everlore.app.open import open_app
from everlore.bench.speed import write_memories
from everlore.bench.vault import storm
from everlore.core.config import Config
from everlore.vault import tree
from everlore.vault.page import parse

SYNC = """
from everlore.app.open import open_app
from everlore.core.config import load
with open_app(load()) as app:
    while True:
        app.call("vault-sync", {"all": True})
"""


def test_random_edits_beside_an_agent(config: Config) -> None:
    with open_app(config) as app:
        for _ in write_memories(app, 300):
            pass
        app.call("vault-sync", {})
    report = storm(config, 120)
    assert report["edits"] > 40
    assert report["agent"] > 10
    assert (report["texts lost"], report["deletions lost"], report["ids twice"], report["problems"]) == (0, 0, 0, 0)
    assert report["verify"] == "clean"


def test_a_vault_whose_writer_is_killed_loses_nothing(config: Config) -> None:
    with open_app(config) as app:
        for _ in write_memories(app, 60):
            pass
        app.call("vault-sync", {})
        root = config.vault_root
        texts = {}
        for round_ in range(6):
            process = subprocess.Popen(
                [sys.executable, "-c", SYNC],
                env={**os.environ, "EVERLORE_HOME": str(config.home)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(0.5)
            for number, path in enumerate(sorted(tree.scan(root))[round_ * 5 : round_ * 5 + 5]):
                data = tree.read(root, path)
                text = f"Round {round_} wrote number {number}."
                texts[text] = parse(data).fields["id"]
                tree.write(root, path, data.split(b"\n---\n")[0] + f"\n---\n\n{text}\n".encode())
                app.call("remember", {"text": f"The agent noted {round_} and {number}.", "namespace": "acme/web"})
            time.sleep(0.02 * round_)
            process.send_signal(signal.SIGKILL)
            process.wait()
        Path(root / ".git" / "index.lock").unlink(missing_ok=True)
        app.call("vault-sync", {})
        for text, uid in texts.items():
            assert app.call("get", {"id": uid}).memory.text == text
        ids = [parse(tree.read(root, path)).fields["id"] for path in tree.scan(root)]
        assert len(ids) == len(set(ids)) == app.call("vault", {}).pages
        assert not [path for path in root.rglob("*.part") if ".git" not in path.parts]
        assert app.call("verify", {}).ok
