"""``%tsml status``: how far a study is, or the newest studies."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from tsml_kernel._line import LineParser, count

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "status"
SUMMARY = "Follow a study in a live panel, or list the newest studies."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml status", SUMMARY)
    line.add_argument("study", nargs="?", help="the id of the study")
    line.add_argument("--limit", type=count, default=10, help="how many studies to list (10)")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> Any:
    """Show the panel of one study, or return the list of the newest; raises `NotFoundError` for an unknown one."""
    from dsframework.study import list_studies, study_status

    given = parser().read(words)
    if given.study is None:
        from tsml_kernel._display import StudyList

        return StudyList(list_studies(limit=given.limit))
    from tsml_kernel._follow import follow

    follow(study_status(given.study))
    return None
