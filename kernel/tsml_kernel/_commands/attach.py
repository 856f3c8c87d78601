"""``%tsml attach``: a live panel of a study that runs elsewhere, or ran before the kernel was restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

from dsframework.errors import NotFoundError
from tsml_kernel._line import LineParser

if TYPE_CHECKING:
    from dsframework.study import StudyOutcome

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "attach"
SUMMARY = "Show the live panel of a study again, and give its outcome once it has ended; of the newest one by default."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml attach", SUMMARY)
    line.add_argument("study", nargs="?", help="the id of the study, or its beginning")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> StudyOutcome | None:
    """Show the panel of a study that runs, and return the outcome of one that has ended, as its own cell would have.

    Raises
    ------
    NotFoundError
        For an unknown study, or when there is none.
    """
    from dsframework.study import list_studies, study_outcome, study_status
    from tsml_kernel._follow import follow
    from tsml_kernel._live import ENDED

    study = parser().read(words).study
    found = [study_status(study)] if study else list_studies(limit=1)
    if not found:
        raise NotFoundError("no study is recorded yet", mend="run a %%tsml cell")
    follow(found[0])
    return study_outcome(found[0].study) if found[0].status in ENDED else None
