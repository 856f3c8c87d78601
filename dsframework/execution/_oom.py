"""Whether the kernel ended a worker because memory ran out, or somebody else did."""

from __future__ import annotations

import signal
from pathlib import Path

from dsframework.execution._dispatch import Loss
from dsframework.execution._machine import memory

__all__ = ["OutOfMemory"]

_PLACES = ("/sys/fs/cgroup/memory.events", "/proc/vmstat")


class OutOfMemory:
    """Remembers how often the kernel has ended a process for want of memory."""

    def __init__(self) -> None:
        self._known = _kills()

    def judge(self, code: int, peak: int) -> Loss:
        """Return why a worker is gone: out of memory is tried once more with no other task beside it.

        Parameters
        ----------
        code
            Its exit code, or the negative number of the signal.
        peak
            The most bytes that it ever held.
        """
        now = _kills()
        ran_out, self._known = code == -signal.SIGKILL and now > self._known, now
        if ran_out:
            return Loss(f"out of memory: {self._figures(peak)} when the kernel ended it, also when it ran alone", attempts=2, alone=True)
        if code < 0:
            return Loss(f"its worker was ended by {_name(-code)}")
        return Loss(f"its worker ended itself with exit code {code}")

    @staticmethod
    def _figures(peak: int) -> str:
        total, _ = memory()
        return f"its worker held {peak / 1e9:.3g} GB" + (f" of {total / 1e9:.3g} GB" if total else "")


def _kills() -> int:
    return max((_count(place) for place in _PLACES), default=0)


def _count(place: str) -> int:
    try:
        lines = Path(place).read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
