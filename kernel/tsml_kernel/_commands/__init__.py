"""The commands of ``%tsml``, one a file; each has `NAME`, `SUMMARY`, `parser()` and `execute(shell, words)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from IPython.core.interactiveshell import InteractiveShell

from tsml_kernel._commands import attach, compare, help, logs, reproduce, run, runs, schedule, status, stop
from tsml_kernel._line import LineParser

__all__ = ["COMMANDS", "Command", "run"]


class Command(Protocol):
    """What a module of this package offers."""

    NAME: str
    SUMMARY: str

    @property
    def parser(self) -> Callable[[], LineParser]:
        """Return the parser of the command's line."""
        ...

    @property
    def execute(self) -> Callable[[InteractiveShell, list[str]], Any]:
        """Do it, and return what the cell shows."""
        ...


COMMANDS: dict[str, Command] = {module.NAME: module for module in (runs, compare, schedule, status, attach, logs, stop, reproduce, help)}
