"""The static half of an output: HTML table, PNG picture and plain text in one bundle."""

from __future__ import annotations

import base64

from dsframework.records import Comparison, StudyStatus
from tsml_kernel._lines import Board, board_of_comparison, board_of_status
from tsml_kernel._picture import forecast_png, scores_png
from tsml_kernel._table import board_html, board_text

__all__ = ["board_bundle", "comparison_bundle", "status_bundle"]


def board_bundle(board: Board, picture: bytes | None = None) -> dict[str, str]:
    """Return a MIME bundle of a board; the picture of its scores unless another is given."""
    image = picture or scores_png(board)
    encoded = base64.b64encode(image).decode() if image else None
    bundle = {"text/plain": board_text(board), "text/html": board_html(board, encoded)}
    return bundle | ({"image/png": encoded} if encoded else {})


def status_bundle(status: StudyStatus) -> dict[str, str]:
    """Return the MIME bundle of a study's status."""
    return board_bundle(board_of_status(status))


def comparison_bundle(comparison: Comparison) -> dict[str, str]:
    """Return the MIME bundle of a comparison, with its forecasts as the picture where it has some."""
    picture = forecast_png(comparison.forecast) if comparison.forecast else None
    return board_bundle(board_of_comparison(comparison), picture)
