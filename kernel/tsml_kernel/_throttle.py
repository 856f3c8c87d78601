"""At most so many calls a second, and the last value always arrives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Throttle"]

Value = TypeVar("Value")


class Throttle(Generic[Value]):
    """Hand values on, at most once an interval; of those that come faster, the newest.

    Parameters
    ----------
    send
        What takes a value; called from the caller's thread or from a timer's, never twice at a time.
    interval
        Seconds between two calls.
    """

    def __init__(self, send: Callable[[Value], None], interval: float = 0.25) -> None:
        self._send = send
        self._interval = interval
        self._lock = threading.RLock()
        self._waiting: list[Value] = []
        self._timer: threading.Timer | None = None
        self._sent_at = -float("inf")

    def push(self, value: Value) -> None:
        """Send now, or when the interval is over."""
        with self._lock:
            left = self._sent_at + self._interval - time.monotonic()
            self._waiting = [value]
            if left <= 0:
                self._flush()
            elif self._timer is None:
                self._timer = threading.Timer(left, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Send what waits, now."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            value = self._waiting.pop()
            self._sent_at = time.monotonic()
            self._send(value)
