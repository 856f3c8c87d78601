"""Whose fits they are."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass

from dsframework.spec import Priority

__all__ = ["Owner", "user_name"]


@dataclass(frozen=True)
class Owner:
    """Whose study, and how it stands beside others of the same workers."""

    user: str = "unknown"
    priority: Priority = "normal"


def user_name() -> str:
    """Return who works here: the hub's name for the user, or the operating system's."""
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
