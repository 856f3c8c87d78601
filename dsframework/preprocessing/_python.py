"""The step ``python``: any class with ``fit`` and ``transform``, by its import path."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from dsframework.errors import DataError, one_line
from dsframework.own_code import OwnCode, import_own, own_code
from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import chosen_columns
from dsframework.spec import Component, PythonStepArguments, near_miss

__all__ = ["PythonStep", "own_steps", "own_steps_code"]

_FIELD = "preprocessing.python"


def own_steps(components: Sequence[Component]) -> list[str]:
    """Return the import paths of the classes that the steps name."""
    return [component.arguments.class_ for component in components if isinstance(component.arguments, PythonStepArguments)]


def own_steps_code(components: Sequence[Component]) -> OwnCode:
    """Return the modules that these classes are made of, and the distributions that those import."""
    codes = [own_code(_find(path)) for path in own_steps(components)]
    modules = sorted({module for code in codes for module in code.modules})
    return OwnCode(modules, sorted({name for code in codes for name in code.distributions}))


class PythonStep:
    """Replace columns by what an own class makes of them; the other columns come first.

    The class is made with the arguments, gets ``fit(X)`` (``fit(X, y)`` where it has a `y`), with missing values as NaN, and
    then ``transform(X)`` for any rows. A row's result may depend on that row and on what was learned, and on no other row: one training
    row is transformed by itself to see that. A parameter `random_state` that is not given is 0.

    Parameters
    ----------
    class_
        Import path of the class; modules of the current folder are found as well.
    arguments
        Of its constructor.
    columns
        Names of columns, or patterns such as ``volume_*``; all by default.

    Attributes
    ----------
    chosen_, others_
        Positions of the columns that are replaced, and of those that stay.
    step_
        The fitted object.
    filled_
        Whether missing values of the training rows were filled.
    names_out_
        The columns after it: those that ``get_feature_names_out`` tells, else the same ones, else ``<class>_1`` and so on.
    """

    name = "python"
    changes_columns = True

    def __init__(self, class_: str, *, arguments: Mapping[str, Any] | None = None, columns: Sequence[str] | None = None) -> None:
        self.path = class_
        self.arguments = arguments
        self.columns = columns

    @property
    def fills_nulls(self) -> bool:
        """Whether it has filled what was missing in training."""
        return getattr(self, "filled_", False)

    @property
    def takes_target(self) -> bool:
        """Whether its `fit` has a parameter `y`."""
        return self._y is not None

    @property
    def needs_target(self) -> bool:
        """Whether that parameter has no default."""
        return self._y is not None and self._y.default is inspect.Parameter.empty

    @property
    def _y(self) -> inspect.Parameter | None:
        return inspect.signature(_find(self.path).fit).parameters.get("y")  # type: ignore[attr-defined]

    def fit(self, x: Floats, names: Sequence[str], *, y: Floats | None = None) -> Self:
        """Make the object and fit it on training rows.

        Raises
        ------
        DataError
            When the class raises, gives another shape or no numbers, or looks at other rows than the one that it transforms.
        """
        self.chosen_ = chosen_columns(self.columns, names, field=f"{_FIELD}.columns")
        self.others_ = np.setdiff1d(np.arange(len(names)), self.chosen_)
        part = np.array(x[:, self.chosen_], dtype=np.float64)
        self.step_ = self._made()
        self._call("fit", np.array(part), *([] if y is None else [np.array(y)]))
        made = self._transformed(part)
        alone = self._transformed(part[-1:])
        if alone.shape[1] != made.shape[1] or not np.allclose(alone, made[-1:], rtol=1e-6, atol=1e-9, equal_nan=True):
            raise DataError(
                f"{self.path} gives a row other values when it is alone, so it looks at other rows than that one",
                field=_FIELD,
                mend="learn in fit, and use only what was learned in transform",
            )
        self.filled_ = bool(np.isnan(part).any() and not np.isnan(made).any())
        own = [names[place] for place in self.chosen_]
        self.names_out_ = (*(names[place] for place in self.others_), *self._names(own, made.shape[1]))
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the other columns and, behind them, what the class gives."""
        made = self._transformed(np.array(x[:, self.chosen_], dtype=np.float64))
        expected = len(self.names_out_) - len(self.others_)
        if made.shape[1] != expected:
            raise DataError(f"{self.path} gave {made.shape[1]} columns, and {expected} for the training rows", field=_FIELD)
        return np.column_stack([x[:, self.others_], made])

    def _made(self) -> Any:
        kind, given = _find(self.path), dict(self.arguments or {})
        if "random_state" in inspect.signature(kind).parameters:
            given.setdefault("random_state", 0)
        try:
            return kind(**given)
        except Exception as error:  # foreign code may raise anything
            raise DataError(f"{self.path}: {type(error).__name__}: {one_line(error, 200)}", field=f"{_FIELD}.arguments") from error

    def _call(self, method: str, *values: Floats) -> Any:
        try:
            return getattr(self.step_, method)(*values)
        except Exception as error:  # foreign code may raise anything
            raise DataError(f"{self.path} raised {type(error).__name__}: {one_line(error, 200)}", field=_FIELD) from error

    def _transformed(self, part: Floats) -> Floats:
        given = self._call("transform", np.array(part))
        try:
            made = np.asarray(given.toarray() if hasattr(given, "toarray") else given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"{self.path} gave what are no numbers: {one_line(error, 100)}", field=_FIELD) from error
        if made.ndim != 2 or len(made) != len(part):
            text = f"{self.path} gave shape {made.shape} for {len(part)} rows"
            raise DataError(text, field=_FIELD, mend="give an array of shape (rows, columns), one row a row")
        whole = ~np.isnan(part).any(axis=1)
        if not np.isfinite(made[whole]).all():
            raise DataError(f"{self.path} gave missing or infinite values for rows without a missing one", field=_FIELD)
        return made

    def _names(self, own: list[str], n: int) -> list[str]:
        tell = getattr(self.step_, "get_feature_names_out", None)
        told: list[str] = []
        if callable(tell):
            try:
                told = [str(name) for name in tell(np.asarray(own, dtype=object))]
            except Exception as error:  # foreign code may raise anything
                raise DataError(f"{self.path} raised {type(error).__name__}: {one_line(error, 200)}", field=_FIELD) from error
        if len(told) == n and len(set(told)) == n:
            return told
        return own if n == len(own) else [f"{self.path.rpartition('.')[2].lower()}_{number}" for number in range(1, n + 1)]


def _find(path: str) -> type:
    """Return the class of an import path.

    Raises
    ------
    DataError
        When it is not there, can't be imported, is no class or lacks a method.
    """
    module_name, _, name = path.rpartition(".")
    found = getattr(import_own(module_name, path, error=DataError, field=f"{_FIELD}.class"), name, None)
    if found is None:
        close = near_miss(name, [one for one, value in vars(sys.modules[module_name]).items() if inspect.isclass(value)])
        mend = f"did you mean {module_name}.{close}?" if close else "look at the spelling"
        raise DataError(f"the module {module_name!r} has no class {name!r}", field=f"{_FIELD}.class", mend=mend)
    if not inspect.isclass(found):
        raise DataError(f"{path!r} is a {type(found).__name__}, not a class", field=f"{_FIELD}.class", mend="name the class itself")
    for method in ("fit", "transform"):
        if not callable(getattr(found, method, None)):
            raise DataError(f"{path!r} has no method {method}", field=f"{_FIELD}.class", mend="give the class fit(X) and transform(X)")
    return found
