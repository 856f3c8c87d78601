"""Where the driver of a study prints to."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from dsframework.tracking import machine

__all__ = ["LOG", "log_file", "log_tag", "own_log"]

LOG = "tsml.log"
_STDERR = Path("/proc/self/fd/2")


def log_tag(path: Path) -> str:
    """Return what is recorded of a log on this machine."""
    return f"{machine()}:{path}"


def own_log() -> str | None:
    """Return that of the file that this process prints to; None where it prints to a terminal, a pipe or nothing."""
    try:
        return log_tag(_STDERR.readlink()) if stat.S_ISREG(_STDERR.stat().st_mode) else None
    except OSError:
        return None


def log_file(tags: Mapping[str, str]) -> Path | None:
    """Return the file that a study's driver prints to, where it is on this machine."""
    place, _, path = tags.get(LOG, "").partition(":")
    return Path(path) if place == machine() and Path(path).is_file() else None
