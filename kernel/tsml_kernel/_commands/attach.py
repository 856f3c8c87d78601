"""``%tsml attach``: a live panel of a study that runs elsewhere, or ran before the kernel was restarted."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from dsframework.errors import NotFoundError
from tsml_kernel._line import LineParser

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "attach"
SUMMARY = "Show the live panel of a study again; of the newest one by default."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml attach", SUMMARY)
    line.add_argument("study", nargs="?", help="the id of the study, or its beginning")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> None:
    """Show the panel; raises `NotFoundError` for an unknown study, or when there is none."""
    from dsframework.study import list_studies, study_status
    from tsml_kernel._follow import follow

    study = parser().read(words).study
    found = [study_status(study)] if study else list_studies(limit=1)
    if not found:
        raise NotFoundError("no study is recorded yet", mend="run a %%tsml cell")
    follow(found[0])
