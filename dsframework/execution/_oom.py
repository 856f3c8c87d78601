"""Whether the kernel ended a worker because memory ran out, or somebody else did."""

from __future__ import annotations

import signal
from pathlib import Path

from dsframework.execution._dispatch import Loss

__all__ = ["OutOfMemory"]

_PLACES = ("/sys/fs/cgroup/memory.events", "/proc/vmstat")


class OutOfMemory:
    """Remembers how often the kernel has ended a process for want of memory."""

    def __init__(self) -> None:
        self._known = _kills()

    def judge(self, code: int) -> Loss:
        """Return why a worker with that exit code is gone: out of memory is tried once more with no other task beside it."""
        now = _kills()
        ran_out, self._known = code == -signal.SIGKILL and now > self._known, now
        if ran_out:
            return Loss("out of memory: the kernel ended its worker, also when it ran alone", attempts=2, alone=True)
        if code < 0:
            return Loss(f"its worker was ended by {_name(-code)}")
        return Loss(f"its worker ended itself with exit code {code}")


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
