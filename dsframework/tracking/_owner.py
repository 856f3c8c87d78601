"""Who runs a study: a process of a machine, told so that no other process is taken for it.

The tag ``tsml.owner`` is ``machine:pid@start``. A machine is its name, the number of its boot and the namespace of its process numbers:
containers of one name have different processes. A process number that was given again has another start. An owner on another machine is
told by its sign of life alone, the tag ``tsml.heartbeat``.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

__all__ = ["machine", "owner_is_alive", "owner_is_here", "owner_of", "signal_owner"]

_HEARTBEAT_SECONDS = 60.0


@cache
def machine() -> str:
    """Return a name of the place in which process numbers mean what they mean here."""
    name = socket.gethostname()
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        return f"{name}/{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    return name


def owner_of(pid: int) -> str:
    """Return the tag of a process of this machine."""
    return f"{machine()}:{_process(pid)}"


def owner_is_here(tags: Mapping[str, str]) -> bool:
    """Tell whether the owner is a process of this machine, living or not."""
    return tags.get("tsml.owner", "").rpartition(":")[0] == machine()


def owner_is_alive(tags: Mapping[str, str]) -> bool:
    """Tell whether the process that runs a study still lives, as far as can be known from here."""
    place, _, process = tags.get("tsml.owner", "").rpartition(":")
    if not place:
        return False
    if place == machine():
        return bool(process) and process == _process(int(process.partition("@")[0]))
    return time.time() - float(tags.get("tsml.heartbeat") or 0) < _HEARTBEAT_SECONDS


def signal_owner(tags: Mapping[str, str], number: signal.Signals) -> bool:
    """Send a signal to the owner, where it is provably still the process that it was; returns whether it was sent."""
    if sys.platform != "linux" or not owner_is_here(tags) or not owner_is_alive(tags):
        return False
    try:
        handle = os.pidfd_open(int(tags["tsml.owner"].rpartition(":")[2].partition("@")[0]))
    except ProcessLookupError:
        return False
    try:
        if not owner_is_alive(tags):  # the number was given again before the handle was had
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def _process(pid: int) -> str:
    """``pid@start``: a number that was given again to another process is not the same process. ``pid`` alone where nothing tells."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else f"{pid}@{fields[19]}"
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return str(pid)
