"""Finding a study and taking it is one step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dsframework.tracking._client import home

__all__ = ["one_at_a_time"]


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep the other threads and processes of this machine out until the block ends; the system lifts the lock of one that dies.

    Without a lock where there is none to be had: on Windows, or when `home` can't be written.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    try:
        home().mkdir(parents=True, exist_ok=True)
        file = (home() / "studies.lock").open("w")
    except OSError:
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
