"""The first session of the README, run: each command in turn in one new home, its output compared line by line.

Ids, times and durations differ from run to run. An id of the README stands for the one that came in its place.
"""

import os
import re
import subprocess
import sys

from docs.pages import ROOT, blocks

README = ROOT / "README.md"
_ID = re.compile(r"\b(?=[a-z]*\d)[0-9a-z]{20,26}\b")
_VARYING = [(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "WHEN"), (re.compile(r"in \d+\.\d s"), "in N s")]


def steps():
    """Yield each command with the output that the README shows for it."""
    for block in blocks(README, "console"):
        command, output = "", []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, output
                command, output = line[2:], []
            elif line.startswith("> "):
                command += "\n" + line[2:]
            else:
                output.append(line)
        yield command, output


def plain(lines):
    lines = [line.rstrip() for line in lines]
    for pattern, word in [(_ID, "ID"), *_VARYING]:
        lines = [pattern.sub(word, line) for line in lines]
    return lines


def test_the_first_session_goes_as_the_readme_says(tmp_path):
    lore = tmp_path / "bin" / "lore"
    lore.parent.mkdir()
    lore.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m everlore "$@"\n')
    lore.chmod(0o700)
    mine = {name: value for name, value in os.environ.items() if not name.startswith("EVERLORE_")}
    path = os.pathsep.join([str(lore.parent), os.environ["PATH"]])
    env = {**mine, "PATH": path, "EVERLORE_HOME": str(tmp_path / "home"), "EVERLORE_MODEL": "none", "NO_COLOR": "1"}
    names, shown, said = {}, [], []

    for command, expected in steps():
        typed = _ID.sub(lambda found: names[found.group()], command)
        done = subprocess.run(
            ["sh", "-c", typed],
            cwd=tmp_path,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output = done.stdout.splitlines()
        shown += [command, *plain(expected)]
        said += [command, *plain(output)]
        there = _ID.findall("\n".join(expected))
        came = _ID.findall("\n".join(output))
        for word, actual in zip(there, came, strict=False):
            assert names.setdefault(word, actual) == actual, f"{command}: {word} stood for {names[word]} before"

    assert said == shown
    assert sum(line.startswith("lore ") for line in shown) >= 8


def test_the_readme_stays_short():
    assert len(README.read_text("utf-8").splitlines()) < 180
