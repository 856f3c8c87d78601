"""What an SQL expression is made of, as polars reads it: a tree of nodes, of which only those are allowed that see the row itself or, in a
window that says so, rows before it.

A node that is not known is refused, and with it whatever a later polars may add.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dsframework.errors import FeatureError, one_line
from dsframework.features._operations import Operation

__all__ = ["Query", "Window", "read_query"]

_FUNCTIONS = {
    *("Abs", "Ceil", "Floor", "Sign", "Exp", "Log", "Log1p", "Round", "Truncate", "Atan2", "Coalesce", "FillNull", "MaxHorizontal"),
    *("MinHorizontal", "Pow", "Trigonometry"),
    *("Boolean.IsNull", "Boolean.IsNotNull", "Boolean.IsIn", "Boolean.Not", "Boolean.IsNan", "Boolean.IsFinite"),
    *("Sql.ToFloat", "Sql.Binary", "Sql.Round", "Sql.IsIn"),
}
_FRAMES = {"Sum": "sum", "Mean": "mean", "Min": "min", "Max": "max"}
_MOST_ROWS = 1_000_000
_AHEAD = "it reads later rows"
_ALL = "it reads all rows, the later ones too"
_REFUSED = {
    "Agg": _ALL,
    "Len": _ALL,
    "Sort": _ALL,
    "SortBy": _ALL,
    "Filter": _ALL,
    "Gather": _ALL,
    "Rank": _ALL,
    "SubPlan": "it reads another table",
}
_WINDOW = "LAG(x, n), or SUM, AVG, MIN, MAX or COUNT(x) over ROWS BETWEEN n PRECEDING AND CURRENT ROW"


@dataclass(frozen=True)
class Query:
    """An expression without its windows, which are columns of their own.

    Attributes
    ----------
    text
        The expression as polars' JSON; a window in it is a column named as in `windows`.
    columns
        The columns of the data that it and its windows read.
    windows
        The windows by name.
    """

    text: str
    columns: tuple[str, ...]
    windows: dict[str, Window] = field(default_factory=dict)

    @property
    def lookback(self) -> int:
        """How many rows before a row it reads."""
        return max((window.operation.reach + window.inner.lookback for window in self.windows.values()), default=0)

    def expression(self) -> pl.Expr:
        """Return it as polars computes it."""
        return pl.Expr.deserialize(io.BytesIO(self.text.encode()), format="json")

    def all_windows(self) -> Iterator[Window]:
        """Yield its windows and those within them."""
        for window in self.windows.values():
            yield window
            yield from window.inner.all_windows()


@dataclass(frozen=True)
class Window:
    """An operation over rows before.

    Attributes
    ----------
    operation
        What is computed.
    inner
        Of what.
    part, order
        The columns named behind PARTITION BY, empty where there is none, and ORDER BY.
    """

    operation: Operation
    inner: Query
    part: str
    order: str


def read_query(text: str, place: str) -> Query:
    """Read an expression; raises `FeatureError` where it is no SQL or may look at other rows than those before."""
    try:
        tree = json.loads(pl.sql_expr(text).meta.serialize(format="json"))
    except pl.exceptions.PolarsError as error:
        raise FeatureError(f"it is no SQL expression: {one_line(error, 160)}", field=place, value=text) from error
    query = _Reader(text, place).query(tree)
    if not query.columns:
        raise FeatureError("it reads no column", field=place, value=text, mend="name a column, or leave it out")
    return query


class _Reader:
    """Walks through the nodes of an expression."""

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place = text, place

    def query(self, tree: Any) -> Query:
        """Return a tree as a query."""
        windows: dict[str, Window] = {}
        columns: dict[str, None] = {}
        made = self._node(tree, windows, columns)
        for window in windows.values():
            columns.update(dict.fromkeys(window.inner.columns))
        return Query(json.dumps(made), tuple(columns), windows)

    def _node(self, node: Any, windows: dict[str, Window], columns: dict[str, None]) -> Any:
        """Return a node without its windows."""
        kind, rest = _parted(node)
        if kind == "Column" and isinstance(rest, str):
            columns[rest] = None
            return node
        if kind == "Literal":
            return node
        if kind == "Over":
            name = f"window {len(windows)} of {self.place}"
            windows[name] = self._window(rest)
            return {"Column": name}
        parts = {"BinaryExpr": ("left", "right"), "Ternary": ("predicate", "truthy", "falsy"), "Cast": ("expr",)}.get(kind)
        if kind == "Function" and _function(rest["function"]) in _FUNCTIONS:
            return {kind: {**rest, "input": [self._node(one, windows, columns) for one in rest["input"]]}}
        if parts is None or not isinstance(rest, dict):
            raise self._refused(_name(node))
        return {kind: {**rest, **{part: self._node(rest[part], windows, columns) for part in parts}}}

    def _window(self, over: dict[str, Any]) -> Window:
        function = over["function"]
        what, rest = _parted(function)
        kind = _function(rest["function"]) if what == "Function" else ""
        operation = None
        if kind == "Shift":
            operation = self._lag(rest["input"][1])
        elif kind.startswith("RollingExpr"):
            operation = self._frame(rest["function"]["RollingExpr"])
        if operation is None:
            raise FeatureError("this window may read later rows", field=self.place, value=self.text, mend=f"use {_WINDOW}")
        return Window(operation, self.query(rest["input"][0]), self._part(over["partition_by"]), self._order(over["order_by"]))

    def _lag(self, periods: Any) -> Operation:
        number = periods.get("Literal", {}).get("Dyn", {}).get("Int") if isinstance(periods, dict) else None
        if not isinstance(number, int):
            raise FeatureError("LAG needs a whole number of rows", field=self.place, value=self.text, mend="write LAG(x, 5)")
        if number < 0:
            raise FeatureError(_AHEAD, field=self.place, value=self.text, mend=f"use {_WINDOW}")
        return Operation("lag", self._short(number))

    def _frame(self, rolling: dict[str, Any]) -> Operation | None:
        options = rolling["options"]
        kind = _FRAMES.get(rolling["function"]) if isinstance(rolling["function"], str) else None
        if kind is None or options["center"] or options["weights"] is not None:
            return None
        return Operation(kind, self._short(int(options["window_size"])), max(1, int(options["min_periods"])))

    def _short(self, rows: int) -> int:
        if rows > _MOST_ROWS:
            raise FeatureError(f"{rows} rows are too many", field=self.place, value=self.text, mend=f"use at most {_MOST_ROWS}")
        return rows

    def _part(self, by: list[Any]) -> str:
        if all(isinstance(one, dict) and "Literal" in one for one in by):
            return ""
        return self._key(by, "PARTITION BY")

    def _order(self, by: Any) -> str:
        if by is None:
            raise FeatureError("a window without ORDER BY reads all rows", field=self.place, value=self.text, mend=f"use {_WINDOW}")
        if by[1]["descending"]:
            raise FeatureError("ORDER BY … DESC: " + _AHEAD, field=self.place, value=self.text, mend="order by the time, ascending")
        return self._key(by[:1], "ORDER BY")

    def _key(self, by: list[Any], clause: str) -> str:
        if len(by) != 1 or not isinstance(by[0], dict) or not isinstance(by[0].get("Column"), str):
            raise FeatureError(f"{clause} takes one column here", field=self.place, value=self.text, mend="name the column alone")
        return str(by[0]["Column"])

    def _refused(self, name: str) -> FeatureError:
        reason = _REFUSED.get(name.partition(".")[0], "it does more than compute with the values of a row")
        text = f"{name} is not allowed: {reason}"
        return FeatureError(text, field=self.place, value=self.text, mend=f"for rows before this one use {_WINDOW}")


def _parted(node: Any) -> tuple[str, Any]:
    """The name of a node, and what is in it."""
    if isinstance(node, dict) and len(node) == 1:
        return next(iter(node.items()))
    return str(node), None


def _function(function: Any) -> str:
    """The name of a function; of its kind and its name where it has both."""
    if isinstance(function, str):
        return function
    kind, rest = next(iter(function.items()))
    if kind in ("Boolean", "Sql"):
        return f"{kind}.{rest if isinstance(rest, str) else next(iter(rest))}"
    return str(kind)


def _name(node: Any) -> str:
    if isinstance(node, dict) and node:
        kind, rest = next(iter(node.items()))
        if kind == "Function":
            return _function(rest["function"])
        inner = next(iter(rest), "") if isinstance(rest, dict) else ""
        return f"{kind}.{inner}" if kind == "Agg" else str(kind)
    return str(node)
