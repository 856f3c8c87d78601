"""Operations that compiled kernels know, and how a list of them becomes a program for `tsml_features`.

An `Operation` says how a column is computed from others. It may stand on another operation, whose column then has no name and is made once
however many stand on it.

A window of ``length`` rows is defined where at least ``least`` of them are there and have a value; by default all. With fewer, the first
rows of an entity and gaps have figures too, of the values that are there. Row i of a window with a ``stride`` reads rows i, i - stride,
i - 2 * stride and so on. In a ``mean`` with a ``decay`` q below 1 the weights fall as 1, q, q * q, ...

=====================  =====================================================================================================
kind                   column
=====================  =====================================================================================================
lag                    the value `length` rows earlier
change, log_change     relative to the value `length` rows earlier, or the logarithm of the ratio
high_low               (high - low) / close, of the inputs high, low, close
parkinson              ln(high / low) ** 2 / (4 ln 2), of high, low
garman_klass           ln(high / low) ** 2 / 2 - (2 ln 2 - 1) ln(close / open) ** 2, of high, low, close, open
rogers_satchell        ln(high / close) ln(high / open) + ln(low / close) ln(low / open), of high, low, close, open
squared_change         the square of the logarithmic change since the row before
sum, mean              over a window; `root` takes the square root of it
min, max, count        over a window; a count does not ask for values
std, zscore            over a window, divided by n - 1 (with a decay, by what makes the variance unbiased); a zscore is
                       (newest value - mean) / std, 0 where all values are equal
skew, kurt             over a window, without bias (the kurtosis of a normal distribution is 0)
quantile               over a window, between the two nearest values; `share` is between 0 and 1
rank, cross_zscore,    among all entities at the same time, the last without the row's own; only for a column of scope ``time``
cross_mean, others_mean
=====================  =====================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

__all__ = ["Operation", "Program"]

_MOST_WINDOWS = 32
_LAG, _CHANGE, _LOG_CHANGE, _SPREAD, _SUMS, _EXTREMES, _MOMENTS, _COUNTS, _QUANTILES = range(1, 10)
_ROWS = {"lag": _LAG, "change": _CHANGE, "log_change": _LOG_CHANGE}
_SPREADS = {"high_low": 0, "parkinson": 1, "garman_klass": 2, "rogers_satchell": 3, "squared_change": 4}
_PLACES = {"high_low": (0, 1, 2), "parkinson": (0, 1), "squared_change": (2,)}
_FIGURES = {"std": 0, "zscore": 1, "skew": 2, "kurt": 3}


@dataclass(frozen=True)
class Operation:
    """See the module's text."""

    kind: str
    length: int = 1
    least: int | None = None
    stride: int = 1
    decay: float = 1.0
    share: float = 0.5
    root: bool = False
    of: Operation | None = None

    @property
    def needed(self) -> int:
        """How many values a window needs."""
        return self.length if self.least is None else self.least

    @property
    def reach(self) -> int:
        """How many rows before a row it reads."""
        return (self.of.reach if self.of else 0) + self._back(self.length)

    @property
    def warm_up(self) -> int:
        """How many rows an entity must have before a row that has a figure."""
        return (self.of.warm_up if self.of else 0) + self._back(self.needed)

    def _back(self, rows: int) -> int:
        if self.kind in _ROWS:
            return self.length
        return int(self.kind == "squared_change") if self.kind in _SPREADS else (rows - 1) * self.stride

    @property
    def partial(self) -> bool:
        """Whether a window may lack values."""
        return self.needed < self.length


@dataclass(frozen=True)
class _Node:
    """An operation on registers."""

    operation: Operation
    sources: tuple[int, ...]
    register: int


@dataclass
class Program:
    """Operations on registers; the first registers are the inputs, in the order in which they were asked for."""

    inputs: list[str]
    nodes: dict[tuple[Operation, tuple[int, ...]], _Node] = field(default_factory=dict)
    constants: list[float] = field(default_factory=list)

    @property
    def n_registers(self) -> int:
        """How many registers there are."""
        return len(self.inputs) + len(self.nodes)

    def add(self, operation: Operation, sources: Sequence[int]) -> int:
        """Return the register with the result of an operation on others."""
        if operation.of is not None:
            sources = (self.add(operation.of, sources),)
            operation = replace(operation, of=None)
        key = (operation, tuple(sources))
        if key not in self.nodes:
            self.nodes[key] = _Node(operation, key[1], self.n_registers)
        return self.nodes[key].register

    def words(self) -> list[int]:
        """Return the program's text: operations that share their steps as one, each after what it reads."""
        self.constants.clear()
        words: list[int] = []
        for group in self._groups():
            for start in range(0, len(group), _MOST_WINDOWS):
                code, rest = self._operation(group[start : start + _MOST_WINDOWS])
                words += [code, len(rest), *rest]
        return words

    def most_room(self) -> list[tuple[int, int]]:
        """Return length and stride of the windows that quantiles are taken of."""
        return [(node.operation.length, node.operation.stride) for node in self.nodes.values() if node.operation.kind == "quantile"]

    def _groups(self) -> Iterator[list[_Node]]:
        """Yield the nodes by depth, those that go together in one group."""
        depth = dict.fromkeys(range(len(self.inputs)), 0)
        groups: dict[tuple[object, ...], list[_Node]] = {}
        for node in self.nodes.values():
            level = depth[node.register] = 1 + max(depth[source] for source in node.sources)
            groups.setdefault((level, *_together(node)), []).append(node)
        for _, nodes in sorted(groups.items(), key=lambda item: item[0][0]):  # type: ignore[arg-type, return-value]
            yield nodes

    def _constant(self, value: float) -> int:
        if value not in self.constants:
            self.constants.append(value)
        return self.constants.index(value)

    def _operation(self, nodes: Sequence[_Node]) -> tuple[int, list[int]]:
        operation, source = nodes[0].operation, nodes[0].sources[0]
        kind = operation.kind
        if kind in _ROWS:
            return _ROWS[kind], [source, nodes[0].register, operation.length]
        if kind in _SPREADS:
            prices = [-1, -1, -1, -1]
            for place, register in zip(_PLACES.get(kind, (0, 1, 2, 3)), nodes[0].sources, strict=True):
                prices[place] = register
            return _SPREAD, [_SPREADS[kind], nodes[0].register, *prices]
        head = [source, operation.stride]
        if kind == "quantile":
            shares = [number for node in nodes for number in (self._constant(node.operation.share), node.register)]
            return _QUANTILES, [*head, operation.length, operation.needed, len(nodes), *shares]
        if kind in ("min", "max", "count"):
            windows = [number for node in nodes for number in (node.operation.length, node.operation.needed, node.register)]
            code = _COUNTS if kind == "count" else _EXTREMES
            return code, [*head, *([] if kind == "count" else [kind == "min"]), len(nodes), *windows]
        head += [self._constant(operation.decay), operation.partial]
        if kind in ("sum", "mean"):
            return _SUMS, [*head, *_windows(nodes, {"sum": 0, "mean": 1}, root=True)]
        order = 4 if any(node.operation.kind in ("skew", "kurt") for node in nodes) else 2
        return _MOMENTS, [*head, order, *_windows(nodes, _FIGURES, root=False)]


def _together(node: _Node) -> tuple[object, ...]:
    """What nodes have in common that are computed in one go."""
    operation = node.operation
    kind = operation.kind
    if kind in _ROWS or kind in _SPREADS:
        return ("alone", node.register)
    if kind == "quantile":
        return (kind, node.sources, operation.stride, operation.length, operation.needed)
    if kind in ("min", "max", "count"):
        return (kind, node.sources, operation.stride)
    family = "sums" if kind in ("sum", "mean") else ("shapes" if kind in ("skew", "kurt") else "moments")
    return (family, node.sources, operation.stride, operation.decay, operation.partial)


def _windows(nodes: Sequence[_Node], places: dict[str, int], *, root: bool) -> list[int]:
    """Return how many windows there are, and of each its length, the values it needs, where its results go, and whether to take a root."""
    found: dict[tuple[int, int, bool], list[int]] = {}
    for node in nodes:
        operation = node.operation
        registers = found.setdefault((operation.length, operation.needed, operation.root), [-1] * len(places))
        registers[places[operation.kind]] = node.register
    listed = [[length, needed, *registers, *([taken] if root else [])] for (length, needed, taken), registers in found.items()]
    return [len(found), *(int(number) for window in listed for number in window)]
