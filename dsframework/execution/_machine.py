"""What this machine has, and how many fits it does at once."""

from __future__ import annotations

import os
from pathlib import Path

from dsframework.errors import ExecutorError
from dsframework.execution._pools import Placement, told
from dsframework.execution._threads import processors

__all__ = ["memory", "room_here"]

_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def room_here(placement: Placement) -> int:
    """Return how many fits of a pool this machine does at once.

    Raises
    ------
    ExecutorError
        When it can't do a single one; the message says what there is.
    """
    if placement.resources:
        raise ExecutorError(
            f"pool {placement.pool!r} is of workers on Ray ({told(dict(placement.resources))} a fit)",
            field="resources.pool",
            value=placement.pool,
            mend="add --executor ray",
        )
    total, free = memory()
    gpus = _gpus() if placement.gpus else 0
    if placement.cpus > processors() or placement.gpus > gpus or (placement.memory or 0) > (total or float("inf")):
        has = {"CPU": processors(), "GPU": gpus, "memory": total or 0}
        raise ExecutorError(
            f"a fit asks for {placement}, this machine has {told(has)}" + (" and no GPU" if placement.gpus and not gpus else ""),
            field="resources",
            mend="ask for less, or use a cluster with --executor ray",
        )
    room = processors() // placement.cpus
    if placement.gpus:
        room = min(room, int(gpus / placement.gpus + 1e-9))
    if placement.memory and free is not None:
        room = min(room, free // placement.memory)
    return max(1, room)


def _gpus() -> int:
    from dsframework.models import gpu_count

    return gpu_count()


def memory() -> tuple[int | None, int | None]:
    """Return the bytes of memory that processes here may have, and how many of them are free; None where nobody tells."""
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return _whole(), None
    found = {line.partition(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
    total, free = found["MemTotal"], found.get("MemAvailable", found["MemFree"])
    limit = _number(_GROUP / "memory.max")
    if limit is not None and limit < total:
        total, free = limit, min(free, limit - _held())
    return total, max(0, free)


def _held() -> int:
    """Bytes that this group of processes holds and the kernel can't take back."""
    return max(0, (_number(_GROUP / "memory.current") or 0) - _files())


def _files() -> int:
    """Bytes of files that the kernel only remembers."""
    try:
        lines = (_GROUP / "memory.stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("inactive_file ", "active_file ")))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # "max" where there is no limit
        return None


def _whole() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
