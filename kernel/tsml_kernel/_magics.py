"""``%tsml`` and ``%%tsml``: they find the command, hand over, and show what comes back."""

from __future__ import annotations

import shlex
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class

from tsml_kernel._commands import COMMANDS, run
from tsml_kernel._errors import MagicError
from tsml_kernel._line import did_you_mean

__all__ = ["TsmlMagics"]


@magics_class
class TsmlMagics(Magics):
    """Describe, run, compare and schedule time-series experiments."""

    @line_cell_magic
    def tsml(self, line: str, cell: str | None = None) -> Any:
        """Run an experiment with ``%%tsml``, or one of the commands that ``%tsml help`` lists."""
        words = _split(line)
        shell = self.shell
        assert shell is not None
        if cell is not None:
            return run.execute(shell, words, cell)
        if not words:
            return COMMANDS["help"].execute(shell, [])
        name, *rest = words
        command = COMMANDS.get(name)
        if command is None:
            raise MagicError(f"there is no %tsml {name}{did_you_mean(name, COMMANDS)}", mend="%tsml help lists the commands")
        return command.execute(shell, rest)


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise MagicError(f"the line can't be read: {error}", value=line) from error
