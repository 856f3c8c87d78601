"""How numbers and durations are written for people; `src/compare/format.ts` follows the same rules."""

from __future__ import annotations

import math

__all__ = ["format_duration", "format_number", "format_score"]


def format_number(value: float | None) -> str:
    """Write a number with four significant digits, whole from 10,000 on, and a dash for nothing.

    >>> [format_number(x) for x in (1234567.8, 123.456, 0.012345, 0, None)]
    ['1,234,568', '123.5', '0.01235', '0', '–']
    """
    if value is None or math.isnan(value):
        return "–"
    size = abs(value)
    if size == 0 or math.isinf(value):
        return f"{value:g}"
    if size >= 1e15 or size < 1e-4:
        return f"{value:.3e}"
    if size >= 1e4:
        return f"{value:,.0f}"
    digits = max(0, 3 - math.floor(math.log10(size)))
    return f"{value:,.{digits}f}"


def format_score(mean: float | None, std: float | None) -> str:
    """Write a score and its deviation over the folds.

    >>> format_score(0.5231, 0.0123)
    '0.5231 ± 0.01230'
    """
    return format_number(mean) if mean is None or std is None else f"{format_number(mean)} ± {format_number(std)}"


def format_duration(seconds: float | None) -> str:
    """Write a duration as people say it.

    >>> [format_duration(s) for s in (0.42, 8.04, 75, 3700, None)]
    ['0.4 s', '8 s', '1 min 15 s', '1 h 1 min', '–']
    """
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
