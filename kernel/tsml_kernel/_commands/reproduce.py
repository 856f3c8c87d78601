"""``%tsml reproduce``: a recorded run, once more."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from dsframework.records import Reproduction
from tsml_kernel._line import LineParser
from tsml_kernel._shell import data_frames

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "reproduce"
SUMMARY = "Run a recorded experiment again and say whether the result is the same."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml reproduce", SUMMARY)
    line.add_argument("run", metavar="RUN", help="the id of the run, or its beginning")
    line.add_argument("--executor", choices=("local", "ray", "threads"), default="local", help="where the fits run (local)")
    line.add_argument("--tolerance", type=float, default=1e-6, help="largest relative difference that counts as equal (1e-6)")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> Reproduction:
    """Run it again and return the verdict; raises `NotFoundError` for an unknown run."""
    from dsframework.study import reproduce

    given = parser().read(words)
    return reproduce(given.run, executor=given.executor, tolerance=given.tolerance, frames=data_frames(shell.user_ns))
