"""Folds as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold

__all__ = ["draw", "draw_line"]

_SIGNS = {"train": "T", "test": "X", "embargo": "e", "purge": "p"}
"""In the order in which a later one hides an earlier one where several steps share a column."""
_NUMBERS = "123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def draw(folds: Sequence[Fold], axis: TimeAxis, *, width: int = 72) -> str:
    """Return a picture of folds: T is learned from, X tested, p purged, e embargoed; then for each path which fold predicts what.

    Parameters
    ----------
    folds, axis
        The folds, and the axis that they cut.
    width
        The most columns that the axis takes; the first 61 folds have a sign of their own in a path, the others ``*``.
    """
    rows = []
    for fold in folds:
        kinds = (("train", fold.train), ("test", fold.test), ("embargo", fold.embargoed), ("purge", fold.purged))
        spans = [(_SIGNS[kind], span.start, span.stop) for kind, spans in kinds for span in spans]
        rows.append((str(fold.number), draw_line(spans, axis.n_steps, width)))
    for path in sorted({path for fold in folds for path in fold.paths}):
        spans = [
            (_NUMBERS[fold.number - 1] if fold.number <= len(_NUMBERS) else "*", span.start, span.stop)
            for fold in folds
            for span, own in zip(fold.test, fold.paths, strict=bool(fold.paths))
            if own == path
        ]
        rows.append((f"path {path}", draw_line(spans, axis.n_steps, width)))
    margin = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name:<{margin}}  {line}".rstrip() for name, line in rows)


def draw_line(spans: Sequence[tuple[str, int, int]], n_steps: int, width: int) -> str:
    """Return one line: each span's sign from its first step to its last, a later span over an earlier one.

    >>> draw_line([("T", 0, 6), ("X", 8, 10)], 10, 72), draw_line([("T", 0, 6), ("X", 8, 10)], 10, 5)
    ('TTTTTT  XX', 'TTT X')
    """
    columns = min(n_steps, width)
    line = [" "] * columns
    for sign, start, stop in spans:
        first, last = start * columns // n_steps, (stop - 1) * columns // n_steps
        line[first : last + 1] = sign * (last + 1 - first)
    return "".join(line)
