"""What programs export, be it a zip file, a directory or one file: the files in it by name, and their JSON piece by piece.

A zip file is read where it is, and nothing of it is written to disk. One that is encrypted, names files outside of itself
or is far larger inside than outside is refused before any of it is read. Of a list only one element is in memory at a time.
"""

from __future__ import annotations

import codecs
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from everlore.core.errors import InvalidInput
from everlore.sessions.readers import fields
from everlore.sessions.records import BadLine, Record

MOST_FILES = 500_000
LARGEST = 128 * 1024 * 1024
"""The most characters of one element of a list, or of a document that is no list."""
_INFLATED, _SMALL = 200, 64 * 1024 * 1024
"""How many times as large as itself a zip file may be inside, once that is more than so many bytes."""
_PIECE = 1 << 20
_NEAR = 16
"""An error this near to the end of what was read may come from what was not."""
_SPACE = " \t\r\n"
_CANNOT_READ = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError)
"""What `zipfile` raises at data that is damaged, or packed in a way that it does not know."""
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Files:
    """The files of an export by their names, with `/` between the parts."""

    names: tuple[str, ...]
    opener: Callable[[str], IO[bytes]]

    def open(self, name: str) -> IO[bytes]:
        """Open a file to be read; raise `InvalidInput` when it cannot be."""
        try:
            return self.opener(name)
        except _CANNOT_READ as error:
            raise InvalidInput(f"{name} cannot be read: {error}", field="path") from None

    def head(self, name: str, size: int = 65_536) -> bytes:
        """Return how a file begins."""
        with self.open(name) as file:
            return _read(file, size, name)

    def called(self, *wanted: str) -> list[str]:
        """Return the files called so, wherever they lie, the topmost first."""
        found = [name for name in self.names if PurePosixPath(name).name in wanted]
        return sorted(found, key=lambda name: (name.count("/"), name))

    def elements(self, name: str) -> Iterator[Any]:
        """Yield the elements of a JSON list one by one, or the document that is no list; raise `InvalidInput`."""
        with self.open(name) as file:
            yield from _Elements(file, name)


@contextmanager
def opened(path: Path) -> Iterator[Files]:
    """Open an export; raise `InvalidInput` when it is a zip file that cannot be or is not to be read."""
    if path.is_dir():
        inside = {file.relative_to(path).as_posix(): file for file in sorted(path.rglob("*")) if file.is_file()}
        yield Files(tuple(inside), lambda name: inside[name].open("rb"))
    elif is_zip(path):
        try:
            archive = zipfile.ZipFile(path)
        except _CANNOT_READ as error:
            hint = "fetch it again; it may be only half of the file"
            raise InvalidInput(f"{path.name} is no whole zip file: {error}", field="path", hint=hint) from None
        with archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _admit(path, entries)
            yield Files(tuple(dict.fromkeys(entry.filename for entry in entries)), archive.open)
    else:
        yield Files((path.name,), lambda _: path.open("rb"))


def is_zip(path: Path) -> bool:
    """Tell whether a file begins as zip files do."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}


def _admit(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise InvalidInput(f"{path.name} holds {len(entries):,} files; the most is {MOST_FILES:,}", field="path")
    for entry in entries:
        name = entry.orig_filename.replace("\\", "/")
        if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
            raise InvalidInput(f"{path.name} names a file outside of itself: {name[:80]!r}", field="path")
        if entry.flag_bits & 1:
            raise InvalidInput(f"{path.name} is encrypted", field="path", hint="unpack it and import the directory")
    inside, outside = sum(entry.file_size for entry in entries), path.stat().st_size
    if inside > max(_SMALL, _INFLATED * outside):
        said = f"{path.name} is {outside:,} bytes outside and {inside:,} inside, which no export is"
        raise InvalidInput(said, field="path", hint="if you trust it, unpack it and import the directory")


def each(files: Files, name: str, take: Callable[[Any], Iterable[Record]]) -> Iterator[Record]:
    """Yield what `take` makes of each element of a file; a `BadLine` for one, or for the rest, that cannot be read."""
    try:
        for number, value in enumerate(files.elements(name), 1):
            yield from fields.whole(f"{name}, element {number}", take(value))
    except InvalidInput as error:
        yield BadLine(name, error)


def mended(value: object) -> str:
    """Return a text without what cannot be stored: NUL characters, and halves of characters; "" for no text."""
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value.replace("\0", "")
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "")


def _read(file: IO[bytes], size: int, name: str) -> bytes:
    try:
        return file.read(size)
    except _CANNOT_READ as error:
        raise InvalidInput(f"{name} cannot be unpacked: {error}", field="path") from None


class _Elements:
    """One JSON document on its way in: the text that has been read and is not yet used."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._ended = False

    def __iter__(self) -> Iterator[Any]:
        if self._next() != "[":
            yield self._value()
            return
        self._at += 1
        if self._next() == "]":
            return
        while True:
            yield self._value()
            follows = self._next()
            self._at += 1
            if follows == "]":
                return
            if follows != ",":
                raise self._wrong(f"expected a comma, got {follows!r}" if follows else "it ends within the list")

    def _next(self) -> str:
        """Return the next character that is no space; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(_PIECE):
                return ""

    def _value(self) -> Any:  # noqa: ANN401 - any JSON
        self._next()
        size = _PIECE
        while True:
            try:
                value, end = _decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                far = not error.msg.startswith("Unterminated") and error.pos < len(self._text) - _NEAR
                if far or not self._more(size):
                    raise self._wrong(str(error)) from None
            except (ValueError, RecursionError) as error:
                raise self._wrong(str(error)) from None
            else:
                length = end - self._at
                if end + 2 < len(self._text) or not self._more(size):  # `1e+` may be a number that goes on
                    self._at += length
                    return value
            size *= 2

    def _more(self, size: int) -> bool:
        """Read on; return whether there was more."""
        if self._ended:
            return False
        if len(self._text) - self._at > LARGEST:
            raise self._wrong(f"one element has more than {LARGEST:,} characters")
        piece = _read(self._file, size, self._name)
        self._ended = not piece
        try:
            text = self._decode.decode(piece, final=self._ended)
        except UnicodeDecodeError as error:
            raise self._wrong(f"not UTF-8: {error.reason}") from None
        self._text, self._at = self._text[self._at :] + text, 0
        return not self._ended

    def _wrong(self, said: str) -> InvalidInput:
        return InvalidInput(f"{self._name} is not valid JSON: {said[:200]}", field="path")
