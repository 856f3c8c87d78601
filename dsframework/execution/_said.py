"""The last that a fit printed, and where it raised."""

from __future__ import annotations

import io
import sys
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Said", "last_lines", "listening", "raised_at"]

_LOG_LINES = 20
_LINE_SIGNS = 300
_KEPT_SIGNS = 16_384
_TRACE_LINES = 12


class Said:
    """The last of what was written to the streams that were given out."""

    def __init__(self) -> None:
        self._parts: deque[str] = deque()
        self._size = 0

    def clear(self) -> None:
        """Forget everything."""
        self._parts.clear()
        self._size = 0

    def add(self, text: str) -> None:
        """Remember a text."""
        text = text[-_KEPT_SIGNS:]
        self._parts.append(text)
        self._size += len(text)
        while self._size - len(self._parts[0]) >= _KEPT_SIGNS:
            self._size -= len(self._parts.popleft())

    def before(self, log: str) -> str:
        """Return the last lines that were printed, above those of a log."""
        below = log.splitlines()
        return "\n".join([*last_lines("".join(self._parts), _LOG_LINES - len(below)), *below])


def raised_at(error: BaseException | None) -> str:
    """Return the last lines of an error's traceback; nothing where no code but our own and Python's import was on the way to it."""
    if error is None or all(_is_ours(frame) for frame, _ in traceback.walk_tb(error.__traceback__)):
        return ""
    return "\n".join(last_lines("".join(traceback.format_exception(error)), _TRACE_LINES))


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in ("dsframework", "importlib", "_frozen_importlib")


def last_lines(text: str, number: int = _LOG_LINES) -> list[str]:
    """Return the last lines of a text, none of them long."""
    lines = text.strip().splitlines()
    return [line.rstrip()[:_LINE_SIGNS] for line in lines[max(0, len(lines) - number) :]]


class _Heard(io.TextIOBase):
    """A stream that hands on what is written, and has it remembered."""

    def __init__(self, stream: Any, said: Said) -> None:
        super().__init__()
        self._stream, self._said = stream, said

    def write(self, text: str) -> int:
        self._said.add(text)
        written: int = self._stream.write(text)
        return written

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        number: int = self._stream.fileno()
        return number

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return str(self._stream.encoding)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def listening() -> Iterator[Said]:
    """Remember what this process prints; what it prints goes where it went before."""
    said = Said()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_Heard(stream, said) for stream in before)
    try:
        yield said
    finally:
        sys.stdout, sys.stderr = before
