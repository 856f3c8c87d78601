"""``%tsml help``: what there is, or the options of one command."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from tsml_kernel._errors import MagicError
from tsml_kernel._line import LineParser, did_you_mean

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "help"
SUMMARY = "Say what there is, or what one command takes."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml help", SUMMARY)
    line.add_argument("command", nargs="?", help="the command to explain")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> None:
    """Print the commands, or the options of one.

    Raises
    ------
    MagicError
        When there is no such command.
    """
    from tsml_kernel._commands import COMMANDS, run

    name = parser().read(words).command
    if name is None:
        print(_overview())
    elif name in ("run", "%%tsml"):
        print(run.parser().format_help())
    elif name in COMMANDS:
        print(COMMANDS[name].parser().format_help())
    else:
        raise MagicError(f"there is no %tsml {name}{did_you_mean(name, COMMANDS)}", mend="%tsml help lists the commands")


def _overview() -> str:
    from tsml_kernel._commands import COMMANDS, run

    lines = [f"  {'%%tsml':<16} {run.SUMMARY}"]
    lines += [f"  {'%tsml ' + name:<16} {command.SUMMARY}" for name, command in COMMANDS.items()]
    more = [
        "%tsml help COMMAND explains one; %tsml help run explains %%tsml, and how a data frame of the notebook is handed over.",
        "In a cell, Tab completes keys and names, and Shift-Tab explains the one under the cursor.",
    ]
    return "\n".join(["Time-series experiments:", "", *lines, "", *more])
