"""``%tsml compare``: several runs beside each other."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from tsml_kernel._errors import MagicError
from tsml_kernel._line import LineParser, count

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "compare"
SUMMARY = "Compare runs: table, parallel coordinates, forecasts over the actual values."
_MORE = """\
Such as
  %tsml compare 3fa1b2 77c0de            runs by the beginning of their ids
  %tsml compare {result.study}           every experiment of a study
  %tsml compare "metrics.mae < 1e6"      by the mean over the folds; metrics.test_mae is the final test
  %tsml compare "params.model = 'ridge' and metrics.mae < 1e6\""""


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml compare", SUMMARY, _MORE)
    line.add_argument("runs", nargs="+", metavar="RUN", help="ids of runs, or of a study; or one MLflow filter")
    line.add_argument("--entity", default=None, help="the series whose forecasts are shown first")
    line.add_argument("--part", choices=("test", "cv"), default="test", help="forecasts of the final test (test) or of the folds (cv)")
    line.add_argument("--limit", type=count, default=50, help="how many runs a filter may find (50)")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> None:
    """Show the comparison panel, with a static table and picture beside it.

    Raises
    ------
    MagicError
        When a filter finds nothing.
    NotFoundError
        When there is no such run.
    """
    from dsframework.tracking import compare_runs
    from tsml_kernel._compare import ComparisonWidget

    given = parser().read(words)
    ids = _ids(given.runs, given.limit)
    comparison = compare_runs(ids, entity=given.entity, part=given.part)
    ComparisonWidget.of(comparison).show()


def _ids(words: list[str], limit: int) -> list[str]:
    """Turn a filter or study ids into run ids; anything else is a run id already."""
    from dsframework.tracking import search_runs

    if (len(words) == 1 and any(sign in words[0] for sign in "<>=")) or (
        len(words) > 1 and words[1] in ("<", ">", "=", "!=", "<=", ">=", "LIKE")
    ):
        found = [run.run_id for run in search_runs(filter=" ".join(words), limit=limit).runs]
        if not found:
            raise MagicError(
                "no run fits the filter", value=" ".join(words), mend="%tsml runs lists what there is, %tsml help compare shows filters"
            )
        return found
    ids: list[str] = []
    for word in words:
        ids += _experiments_of(word) or [word]
    return list(dict.fromkeys(ids))


def _experiments_of(study: str) -> list[str]:
    """Return the runs of a study's experiments, or nothing when it is not a study."""
    from dsframework.errors import NotFoundError
    from dsframework.study import study_status

    try:
        status = study_status(study)
    except NotFoundError:
        return []
    return [line.run_id for line in status.experiments if line.run_id]
