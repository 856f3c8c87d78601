"""``%tsml stop``: ask a study to stop."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from dsframework.records import StudyStatus
from tsml_kernel._line import LineParser

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "stop"
SUMMARY = "Ask a study to stop; its finished trials are kept."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml stop", SUMMARY)
    line.add_argument("study", help="the id of the study")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> StudyStatus:
    """Ask for the stop and return the study's status; raises `NotFoundError` for an unknown study."""
    from dsframework.study import stop_study

    return stop_study(parser().read(words).study)
