"""The static picture: scores with their deviation over the folds, or forecasts over the actual values, as PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from dsframework.records import ForecastPanel
from tsml_kernel._lines import Board

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["forecast_png", "scores_png"]

_MOST_BARS = 20
_MOST_LINES = 6
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_INK = "#7a7a7a"
"""A grey that can be read on white and on black: the picture has no ground of its own, so that it fits either theme."""


def scores_png(board: Board) -> bytes | None:
    """Draw the scores of a board, the best at the top; nothing when no line has a score."""
    lines = [line for line in board.lines if line.score is not None][:_MOST_BARS]
    if not lines:
        return None
    figure = _figure(6.4, 0.9 + 0.32 * len(lines))
    axes = figure.add_subplot()
    places = range(len(lines))
    axes.errorbar(
        [line.score or 0.0 for line in lines],
        places,
        xerr=[line.std or 0.0 for line in lines],
        fmt="o",
        color=_COLOURS[0],
        capsize=3,
        label="folds, mean ± std",
    )
    tested = [(line.test, place) for place, line in zip(places, lines, strict=True) if line.test is not None]
    if tested:
        axes.scatter(
            [value for value, _ in tested],
            [place for _, place in tested],
            marker="D",
            color=_COLOURS[1],
            s=22,
            label="final test",
            zorder=3,
        )
    naive = [(line.baseline[1], place) for place, line in zip(places, lines, strict=True) if line.baseline]
    if naive:
        axes.scatter(
            [value for value, _ in naive], [place for _, place in naive], marker="|", color=_INK, s=120, label="best naive forecast"
        )
    axes.set_yticks(list(places), [line.label for line in lines])
    axes.invert_yaxis()
    axes.margins(y=0.5 / len(lines) + 0.05)
    axes.xaxis.set_major_formatter(_short)
    axes.set_xlabel(f"{board.metric} ({'greater' if board.greater_is_better else 'smaller'} is better)")
    return _png(figure, axes)


def forecast_png(panel: ForecastPanel) -> bytes | None:
    """Draw the forecasts of a panel over the actual values; nothing when it has no time."""
    import numpy as np
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    if not panel.times:
        return None
    figure = _figure(7.2, 3.0)
    axes = figure.add_subplot()
    times = np.array([text[:19] for text in panel.times], dtype="datetime64[s]")
    axes.plot(times, _floats(panel.actual), color=_INK, linewidth=1.6, label="actual")
    for forecast, colour in zip(panel.forecasts[:_MOST_LINES], _COLOURS, strict=False):
        axes.plot(times, _floats(forecast.values), color=colour, linewidth=1.0, label=forecast.label)
    what = "final test" if panel.part == "test" else "validation folds"
    axes.set_title(f"{panel.entity}, {what}" if panel.entity else what, fontsize=9, color=_INK)
    axes.set_ylabel(panel.unit)
    axes.yaxis.set_major_formatter(_short)
    places: Any = AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(places)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(places))  # type: ignore[no-untyped-call]
    return _png(figure, axes)


def _short(value: float, _: object = None) -> str:
    """Write a number of an axis.

    >>> [_short(x) for x in (0, 0.25, 950, 1500, 2e6, 2.5e9)]
    ['0', '0.25', '950', '1.5k', '2M', '2.5G']
    """
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.6g}{sign}"
    return f"{value:.6g}"


def _floats(values: list[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=144, layout="constrained", facecolor="none")


def _png(figure: Figure, axes: Any) -> bytes:
    axes.patch.set_visible(False)
    axes.grid(axis="both", color=_INK, alpha=0.25)
    axes.tick_params(labelsize=8, color=_INK, labelcolor=_INK)
    axes.xaxis.label.set(color=_INK, fontsize=9)
    axes.yaxis.label.set(color=_INK, fontsize=9)
    axes.xaxis.offsetText.set(color=_INK, fontsize=8)
    for side, spine in axes.spines.items():
        spine.set_visible(side not in ("top", "right"))
        spine.set_color(_INK)
    axes.legend(fontsize=8, frameon=False, labelcolor=_INK, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
