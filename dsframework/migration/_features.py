"""Features: lags, selected columns and own classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from dsframework.migration._classes import class_name, is_own, known_class
from dsframework.migration._draft import Draft
from dsframework.migration._old import Block, as_list
from dsframework.migration._target import HORIZON
from dsframework.spec import catalogue

__all__ = ["features", "grouping_column"]

_LAGS = ("CalcLags", "AddLags")
_SUFFIX = "_lag_"
_CALENDAR = (
    (re.compile(r"(.*_)?(hhmm|time_?of_?day)"), ["hour", "minute"]),
    (re.compile(r"(.*_)?hour"), ["hour"]),
    (re.compile(r"(.*_)?minute"), ["minute"]),
    (re.compile(r"(.*_)?(day_?of_?week|week_?day|dow)"), ["day_of_week"]),
    (re.compile(r"(.*_)?month"), ["month"]),
)
"""Columns that were made by hand of the row's time, by their usual names."""


@dataclass(frozen=True)
class _Lag:
    """One lag that a block made: an input already, or only made for `SelectColumns` to choose."""

    column: str
    period: int
    is_input: bool


def grouping_column(draft: Draft) -> str | None:
    """Return the column whose values tell series apart, by the features that are used."""
    root = draft.old.root
    names = [block.text("column_with_groups") for block in root.blocks("features") if block.switch("use", default=True)]
    return next((name for name in names if name), None)


def features(draft: Draft) -> None:
    """Take the features over.

    Raises
    ------
    SpecError
        When a class is misspelt, a period is no whole number, or no feature is left.
    """
    root = draft.old.root
    made: dict[str, _Lag] = {}
    wanted: list[Block] = []
    for block in root.blocks("features"):
        used = block.switch("use", default=True)
        name = known_class(block, "features")
        if name == "SelectColumns":
            wanted.append(block)
        elif name is None:
            _own(draft, block, used=used)
        elif used:
            draft.add_each("features", [_lags(draft, block, made)])
        else:
            draft.switched_off(block, "features", partial(_lags, draft, block, {}))
    chosen: set[str] = set()
    for block in wanted:
        if block.switch("use", default=True):
            chosen |= set(map(str, as_list(block.values.get("columns"))))
            draft.add_each("features", _selected(draft, block, made))
        else:
            draft.switched_off(block, "features", partial(_off_selection, draft, block, made))
    for column in [column for column, lag in made.items() if not lag.is_input and column not in chosen]:
        root.tell("no effect", "features", f"{column} was made but is no input (use_as_inputs: false)", ("features",))
    if not draft.document.get("features"):
        raise root.wrong("features", "no feature is left that can be taken over; name at least one, such as dsframework.impl.CalcLags")


def _lags(draft: Draft, block: Block, made: dict[str, _Lag]) -> Any:
    """The component of a block of lags, or None where it makes no input; what it makes is added to `made`."""
    place = draft.next_place("features")
    columns = [str(name) for name in as_list(block.take("columns"))]
    suffix = block.text("suffix") or _SUFFIX
    group = block.text("column_with_groups")
    is_input = block.switch("use_as_inputs", default=True)
    if group and group != draft.entity:
        block.tell("not taken over", "column_with_groups", f"another block has {draft.entity!r}; there is one entity column here", place)
    if not columns:
        columns = draft.targets
        block.tell("guessed", None, f"no columns are named; the lags are those of {', '.join(columns)} here", place)
    periods = [_period(block, value) for value in as_list(block.take("periods"))]
    if not periods:
        block.tell("no effect", "periods", "lags without periods made no feature there, without a word", place)
    draft.leftovers(block, place)
    past = [period for period in periods if _is_past(draft, block, columns, period)]
    for column in columns:
        made |= {f"{column}{suffix}{period}": _Lag(draft.column(column), period, is_input) for period in past}
    if not past or not is_input:
        return None
    draft.features |= {name: _name(lag) for name, lag in made.items() if lag.is_input}
    block.tell("changed", "periods", f"lag N there is lag N-{HORIZON} here, and 0 is the newest value that is known", place)
    return {"lag": {"columns": list(dict.fromkeys(map(draft.column, columns))), "periods": list(dict.fromkeys(map(_ours, past)))}}


def _ours(period: int) -> int:
    return max(period - HORIZON, 0)


def _name(lag: _Lag) -> str:
    return f"{lag.column}_lag_{_ours(lag.period)}"


def _period(block: Block, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
        raise block.wrong("periods", f"expected whole numbers, got {value!r}")
    return int(value)


def _is_past(draft: Draft, block: Block, columns: list[str], period: int) -> bool:
    """Whether a lag looks back; lag 0 of another column than the target becomes the newest value that is known."""
    if period > 0:
        return True
    place = draft.next_place("features")
    answers = [column for column in columns if draft.column(column) in draft.targets]
    if period < 0:
        block.tell("not taken over", "periods", f"lag {period} reads the future", place)
    elif answers:
        block.tell("not taken over", "periods", f"lag 0 of {answers[0]!r} is the very value that is predicted", place)
    else:
        text = "lag 0 is of the row that is predicted, and not known before; the newest value that is known stands here"
        block.tell("changed", "periods", text, place)
        return True
    return False


def _selected(draft: Draft, block: Block, made: dict[str, _Lag]) -> list[Any]:
    """The components of what a `SelectColumns` chooses: one a column."""
    columns = [str(name) for name in as_list(block.take("columns"))]
    draft.leftovers(block, ("features",))
    if not columns:
        block.tell("no effect", "columns", "no column is selected", ("features",))
    periods: dict[str, list[int]] = {}
    fields: list[str] = []
    for column in columns:
        calendar = _calendar(column)
        if calendar and column not in made:
            text = f"{column} is taken to be made of the time by hand; the feature calendar gives {' and '.join(calendar)}"
            block.tell("guessed", "columns", text, draft.next_place("features"))
            fields += [field for field in calendar if field not in fields]
            continue
        lag = made.get(column) or _Lag(draft.column(column), 0, is_input=False)
        if lag.is_input:
            block.tell("no effect", "columns", f"{column} is an input already", ("features",))
            continue
        if column not in made:
            _tell_raw(draft, block, column, lag.column)
        draft.features |= {column: _name(lag)} if draft.is_used else {}
        periods.setdefault(lag.column, []).append(_ours(lag.period))
    lags = [{"lag": {"columns": [name], "periods": list(dict.fromkeys(shifts))}} for name, shifts in periods.items()]
    return [*([{"calendar": fields}] if fields else []), *lags]


def _calendar(column: str) -> list[str]:
    return next((fields for pattern, fields in _CALENDAR if pattern.fullmatch(column.lower())), [])


def _off_selection(draft: Draft, block: Block, made: dict[str, _Lag]) -> Any:
    """What a `SelectColumns` that is switched off would choose: its components, for as many lines of comment."""
    return _selected(draft, block, made) or None


def _tell_raw(draft: Draft, block: Block, column: str, name: str) -> None:
    place = draft.next_place("features")
    if name in draft.targets:
        text = f"{column} of the row that is predicted is the answer itself; its newest value that is known stands here"
    else:
        text = f"{column} was read from the row that is predicted; its newest value that is known stands here, and it has to be in the data"
    block.tell("changed", "columns", text, place)


def _own(draft: Draft, block: Block, *, used: bool) -> None:
    path = class_name(block)
    text = f"{path!r} is not a class that is known; sql and python are features of your own here"
    if is_own(path):
        text = f"an own class ({path}): its code reads frames of the old framework and needs your hand"
        text += "; as a function of a frame it becomes the feature python" if "python" in catalogue.names("features") else ""
    block.tell("not taken over" if used else "not used", "class", text, draft.next_place("features"))
