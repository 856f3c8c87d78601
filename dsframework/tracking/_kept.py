"""Fits whose trial is not recorded yet, on disk, so that a driver that dies repeats none that was done.

One file a study, to which fits are appended; what is cut off at its end by a crash is dropped. A trial that is recorded needs its fits no
longer: once those fill most of the file, it is written anew without them. The file is removed with the end of the study, and after a month.
"""

from __future__ import annotations

import pickle
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

__all__ = ["KeptFits"]

_HEAD = struct.Struct("<HQI")
_MUCH = 16 << 20
_OLD_SECONDS = 30 * 86400.0


@dataclass(frozen=True)
class _Place:
    """Where the pickle of a fit lies in the file."""

    start: int
    length: int
    check: int


class KeptFits:
    """The fits of one study; one thread of one process uses them.

    Parameters
    ----------
    path
        The file, which is made.
    anew
        Forget what an earlier process kept.
    """

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_old(path.parent)
        self._path = path
        self._places: dict[str, dict[str, _Place]] = {}
        self._dead = 0
        self._file: IO[bytes] | None = path.open("w+b" if anew or not path.exists() else "r+b", buffering=0)
        self._end = 0
        for key, part, place in _records(self._file):
            self._note(key, part, place)
        self._file.truncate(self._end)

    def keep(self, key: str, part: str, outcome: Any) -> None:
        """Keep what a fit gave, under the key of its trial and the fit's own; one that can't be kept will be repeated."""
        if self._file is None:
            return
        try:
            body = pickle.dumps(outcome, protocol=5)
        except Exception:  # noqa: BLE001  # a model of a user's own may hold anything
            return
        name = f"{key}/{part}".encode()
        check = zlib.crc32(body)
        try:
            self._file.seek(self._end)
            self._file.write(_HEAD.pack(len(name), len(body), check) + name + body)
        except OSError:  # the disk is full: the study goes on, and a restart repeats more
            self._give_up()
            return
        self._note(key, part, _Place(self._end + _HEAD.size + len(name), len(body), check))
        if self._dead > _MUCH and self._dead > 3 * (self._end - self._dead):
            self._write_anew()

    def of(self, key: str) -> dict[str, Any]:
        """Return what is kept of a trial, by the fits' own keys."""
        found = {}
        for part, place in self._places.get(key, {}).items():
            with suppress(Exception):  # torn by a crash of the machine, or of a class that is no longer there
                body = self._read(place)
                if zlib.crc32(body) == place.check:
                    found[part] = pickle.loads(body)  # noqa: S301  # our own file
        return found

    def forget(self, key: str) -> None:
        """The trial is recorded."""
        self._dead += sum(place.length for place in self._places.pop(key, {}).values())

    def close(self, *, remove: bool) -> None:
        """Close the file, and remove it with the study's end."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if remove or not self._places:
            self._path.unlink(missing_ok=True)

    def _note(self, key: str, part: str, place: _Place) -> None:
        old = self._places.setdefault(key, {}).get(part)
        self._dead += old.length if old else 0
        self._places[key][part] = place
        self._end = place.start + place.length

    def _read(self, place: _Place) -> bytes:
        assert self._file is not None
        self._file.seek(place.start)
        return self._file.read(place.length)

    def _give_up(self) -> None:
        assert self._file is not None
        with suppress(OSError):
            self._file.truncate(self._end)
        self._file.close()
        self._file = None

    def _write_anew(self) -> None:
        """Write a file without the fits of recorded trials, and put it in place; the old one stays where there is no room for another."""
        fresh = self._path.with_suffix(".part")
        kept = {(key, part): self._read(place) for key, parts in self._places.items() for part, place in parts.items()}
        bodies = [(f"{key}/{part}".encode(), body) for (key, part), body in kept.items()]
        assert self._file is not None
        try:
            with fresh.open("wb") as file:
                file.writelines(_HEAD.pack(len(name), len(body), zlib.crc32(body)) + name + body for name, body in bodies)
            written = fresh.open("r+b", buffering=0)
            fresh.rename(self._path)
        except OSError:
            with suppress(OSError):
                fresh.unlink()
            self._dead = 0
            return
        self._file.close()
        self._file = written
        self._places, self._dead, self._end = {}, 0, 0
        for (key, part), (name, body) in zip(kept, bodies, strict=True):
            self._note(key, part, _Place(self._end + _HEAD.size + len(name), len(body), zlib.crc32(body)))


def _records(file: IO[bytes]) -> Iterator[tuple[str, str, _Place]]:
    """The fits of a file, up to the first that is not whole."""
    size = file.seek(0, 2)
    start = 0
    while start + _HEAD.size <= size:
        file.seek(start)
        n_name, n_body, check = _HEAD.unpack(file.read(_HEAD.size))
        name = file.read(n_name)
        start += _HEAD.size + n_name
        if start + n_body > size:
            return
        key, _, part = name.decode("utf-8", "replace").rpartition("/")
        yield key, part, _Place(start, n_body, check)
        start += n_body


def _remove_old(folder: Path) -> None:
    for path in folder.glob("*.fits"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _OLD_SECONDS:
                path.unlink()
