"""What a worker of this machine says of itself in shared memory, which costs it a microsecond and asks nobody."""

from __future__ import annotations

import mmap
import os
import struct
import time
import zlib

from dsframework.progress import Curve, Snapshot

__all__ = ["SIZE", "Mark", "begun", "told"]

_BEGUN = struct.Struct("<QQ")
_TOLD = struct.Struct("<QQQI20d64s")
_SUM = struct.Struct("<I")
_TELL_SECONDS = 0.25
SIZE = _BEGUN.size + _SUM.size + _TOLD.size


class Mark:
    """The worker's side.

    Parameters
    ----------
    descriptor
        A file in memory of `SIZE` bytes.
    """

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, SIZE)
        self._begun = 0
        self._told = 0.0

    def begin(self) -> None:
        """A task begins."""
        self._begun += 1
        _BEGUN.pack_into(self._memory, 0, self._begun, time.monotonic_ns())

    def tell(self, curve: Curve) -> None:
        """Say how far the task is, at most four times a second."""
        now = time.monotonic()
        if now - self._told < _TELL_SECONDS:
            return
        self._told = now
        of, step, steps, values = curve.snapshot()
        padded = (*values, *(0.0,) * (20 - len(values)))
        body = _TOLD.pack(self._begun, max(0, step), steps or 0, len(values), *padded, of.encode()[:64])
        self._memory[_BEGUN.size :] = _SUM.pack(zlib.crc32(body)) + body


def begun(descriptor: int) -> tuple[int, float]:
    """Return how many tasks a worker has begun, and when the last, in seconds of the monotonic clock."""
    count, moment = _BEGUN.unpack(os.pread(descriptor, _BEGUN.size, 0))
    return count, moment / 1e9


def told(descriptor: int, count: int) -> Snapshot | None:
    """Return how far a worker is with the task that it began as its `count`-th; None where it has not said so, or says so just now."""
    written = os.pread(descriptor, SIZE - _BEGUN.size, _BEGUN.size)
    body = written[_SUM.size :]
    if _SUM.unpack_from(written)[0] != zlib.crc32(body):
        return None
    number, step, steps, n_values, *values, of = _TOLD.unpack(body)
    if number != count or not count:
        return None
    return Snapshot(of.rstrip(b"\0").decode("utf-8", "ignore"), step, steps or None, tuple(values[:n_values]))
