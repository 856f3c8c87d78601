"""The static table: what a saved notebook shows without a kernel, on a code host or as a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from tsml_kernel._lines import Board, Line
from tsml_kernel._numbers import format_number, format_score

__all__ = ["board_html", "board_text", "grid_html"]

_CELL = "text-align:left;padding:2px 10px 2px 0;white-space:nowrap"
_WAITING = {"queued": "waiting"}


def board_html(board: Board, picture: str | None = None) -> str:
    """Return the board as an HTML table that needs no script and no style sheet.

    Parameters
    ----------
    board
        What to show.
    picture
        A PNG in base64, set under the table.
    """
    better = "greater is better" if board.greater_is_better else "smaller is better"
    head = ["", f"{board.metric}, folds ({better})", f"{board.metric}, final test", "best naive forecast", "trials", "parameters"]
    rows = [_row(line, line is board.best) for line in board.lines]
    title = f"<strong>{escape(board.title)}</strong> {escape(board.state)}"
    notes = "".join(f"<div>{escape(note)}</div>" for note in board.notes)
    image = (
        f'<img alt="{escape(board_text(board))}" src="data:image/png;base64,{picture}" style="width:700px;max-width:100%"/>'
        if picture
        else ""
    )
    return f'<div class="jp-TsmlStatic"><div>{title}</div>{grid_html(head, rows)}{notes}{image}</div>'


def grid_html(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of escaped texts; the first cell of a row is its header."""
    top = "".join(f'<th scope="col" style="{_CELL}">{escape(text)}</th>' for text in head)
    body = []
    for first, *rest in rows:
        cells = "".join(f'<td style="{_CELL}">{escape(text)}</td>' for text in rest)
        body.append(f'<tr><th scope="row" style="{_CELL}">{escape(first)}</th>{cells}</tr>')
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def board_text(board: Board) -> str:
    """Return the board in one line, with the first error where there is one."""
    best = board.best
    count = "1 experiment" if len(board.lines) == 1 else f"{len(board.lines)} experiments"
    found = f", best {best.label}: {board.metric} {format_score(best.score, best.std)}" if best else ""
    why = next((f"; {line.label}: {line.error}" for line in board.lines if line.error), "")
    return f"{board.title}: {board.state}, {count}{found}{why}" if board.status else f"{board.title}{found}"


def _row(line: Line, best: bool) -> list[str]:
    score = format_score(line.score, line.std) + (f" ({line.folds} folds)" if line.folds else "")
    if line.score is None:
        score = line.error or _WAITING.get(line.status, line.status)
    naive = f"{line.baseline[0]} {format_number(line.baseline[1])}" if line.baseline else ""
    if line.beats_baselines is False:
        naive = f"{naive} not beaten".strip()
    elif line.beats_baselines and not naive:
        naive = "beaten"
    params = ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, default=str)}" for name, value in line.params.items()
    )
    label = f"{'★ ' if best else ''}{line.label}{' (audit failed)' if line.audit == 'failed' else ''}"
    return [label, score, format_number(line.test), naive, line.trials, params]
