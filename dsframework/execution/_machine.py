"""What this machine has, and how many fits it does at once."""

from __future__ import annotations

import os
from pathlib import Path

from dsframework.errors import ExecutorError
from dsframework.execution._pools import Placement, told
from dsframework.execution._threads import processors

__all__ = ["gpu_seats", "gpus_of_seat", "memory", "room_here", "visible_gpus"]

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
        room = min(room, gpu_seats(gpus, placement.gpus))
    if placement.memory and free is not None:
        room = min(room, free // placement.memory)
    return max(1, room)


def gpu_seats(gpus: int, each: float) -> int:
    """Return how many fits have room on some GPUs; a part of a GPU is of one, never of two."""
    return gpus * int(1 / each + 1e-9) if each < 1 else int(gpus / each)


def visible_gpus() -> list[str]:
    """Return the names of the GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` takes them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return [str(number) for number in range(_gpus())]
    return [name.strip() for name in named.split(",") if name.strip()][: _gpus()]


def gpus_of_seat(seat: int, each: float, gpus: list[str]) -> list[str]:
    """Return the GPUs that a worker is given.

    Parameters
    ----------
    seat
        Its number among the workers for such fits, from 0.
    each
        How many GPUs, or which part of one, a fit takes.
    gpus
        Those of this machine.

    Examples
    --------
    >>> [gpus_of_seat(seat, 1, ["0", "1"]) for seat in range(2)]
    [['0'], ['1']]
    >>> [gpus_of_seat(seat, 0.5, ["0", "1"]) for seat in range(4)]
    [['0'], ['1'], ['0'], ['1']]
    >>> gpus_of_seat(1, 2, ["0", "1", "2", "3"])
    ['2', '3']
    """
    if each < 1:
        return [gpus[seat % len(gpus)]]
    number = int(each)
    return gpus[seat * number : (seat + 1) * number]


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
