"""Large values that many processes read in place.

A value is pickled with its big buffers left out (protocol 5); those lie one after another in one block of shared memory. Whoever maps the
block gets arrays that are views of it: no copy, however many processes read. The block is a file without a name, so that it is gone when
the last process that has it open ends, however that process ends. Such arrays can't be written to.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import tempfile
from dataclasses import dataclass
from typing import Any

import cloudpickle
import numpy as np

__all__ = ["Block", "Packed", "pack", "unpack"]

_ALIGN = 64


@dataclass(frozen=True)
class Packed:
    """A value without its buffers, and where those lie.

    Attributes
    ----------
    body
        The pickle.
    buffers
        The buffers that it leaves out.
    """

    body: bytes
    buffers: tuple[pickle.PickleBuffer, ...]

    @property
    def size(self) -> int:
        """Bytes of all buffers."""
        return sum(buffer.raw().nbytes for buffer in self.buffers)


def pack(value: Any) -> Packed:
    """Pickle a value, its buffers aside; they are not copied."""
    buffers: list[pickle.PickleBuffer] = []
    body = io.BytesIO()
    _Pickler(body, protocol=5, buffer_callback=buffers.append).dump(value)
    return Packed(body.getvalue(), tuple(buffers))


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Leaves out the buffers of times as well, which NumPy gives no protocol for."""

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is np.ndarray and obj.dtype.kind in "mM" and obj.flags.c_contiguous:
            return _times, (obj.view(np.int64), obj.dtype.str)
        return super().reducer_override(obj)


def _times(numbers: np.ndarray[Any, np.dtype[np.int64]], kind: str) -> Any:
    return numbers.view(kind)


def unpack(body: bytes, buffers: Any) -> Any:
    """Return the value of a pickle and its buffers, which it will read in place."""
    return pickle.loads(body, buffers=buffers)  # noqa: S301  # between our own processes


class Block:
    """A packed value in shared memory.

    Parameters
    ----------
    descriptor
        The open file that holds the block.
    body
        The pickle without its buffers.
    places
        Offset and length of every buffer.
    """

    def __init__(self, descriptor: int, body: bytes, places: tuple[tuple[int, int], ...]) -> None:
        self.descriptor, self.body, self.places = descriptor, body, places

    @classmethod
    def of(cls, value: Any) -> Block:
        """Write a value to a new block; its buffers are copied once, here."""
        packed = pack(value)
        descriptor = _nameless_file()
        places, offset = [], 0
        with os.fdopen(os.dup(descriptor), "wb", buffering=0) as file:
            for buffer in packed.buffers:
                raw = buffer.raw()
                places.append((offset, raw.nbytes))
                _write(file, raw, offset)
                offset += -(-raw.nbytes // _ALIGN) * _ALIGN
            file.truncate(max(offset, 1))
        return cls(descriptor, packed.body, tuple(places))

    @property
    def size(self) -> int:
        """Bytes of the buffers."""
        return sum(length for _, length in self.places)

    def load(self) -> Any:
        """Return the value; its arrays are views of the block, and keep it."""
        if not self.size:
            return unpack(self.body, [b""] * len(self.places))
        memory = memoryview(mmap.mmap(self.descriptor, 0, access=mmap.ACCESS_READ))
        return unpack(self.body, [memory[offset : offset + length] for offset, length in self.places])

    def close(self) -> None:
        """Close the file; what was loaded stays usable."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def _nameless_file() -> int:
    """A file in memory: not below ``/dev/shm``, which a container makes as small as 64 MB."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("tsml", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _write(file: Any, raw: memoryview, offset: int) -> None:
    file.seek(offset)
    written = 0
    while written < raw.nbytes:  # one call writes at most 2 GiB
        written += file.write(raw[written:])
