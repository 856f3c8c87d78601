"""``%tsml logs``: what a detached study has printed."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from tsml_kernel._line import LineParser, count

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "logs"
SUMMARY = "Show the last lines that a detached study has printed."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml logs", SUMMARY)
    line.add_argument("study", help="the id of the study, or its beginning")
    line.add_argument("--lines", type=count, default=200, help="how many at most (200)")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> None:
    """Print them; raises `NotFoundError` for an unknown study, or when its log is not here."""
    from dsframework.study import study_log

    given = parser().read(words)
    for text in study_log(given.study, given.lines).lines:
        print(text)
