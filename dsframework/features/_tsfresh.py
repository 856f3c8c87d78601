"""The feature ``tsfresh``: statistics of tsfresh's calculators over the last rows of an entity."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from dsframework.errors import FeatureError, MissingDependencyError, one_line
from dsframework.features._base import FeatureColumn, Floats
from dsframework.features._view import View
from dsframework.spec import TsfreshArguments, near_miss

__all__ = ["tsfresh_columns"]

_LIBRARY = "tsfresh"
_SETTINGS = {"minimal": "MinimalFCParameters", "efficient": "EfficientFCParameters"}

Settings = Mapping[str, Sequence[Mapping[str, Any]]]


def tsfresh_columns(arguments: TsfreshArguments) -> list[FeatureColumn]:
    """Statistics over the last rows, the row's own included. Names ``<column>_<calculator>__<parameters>_<window>``.

    Calculators of a list of one's own come in the order of their names, however the document is written.
    The calculators are called directly, window by window, without tsfresh's frames and processes. Those that look at an index of times have
    no place in a window of rows. A window with a missing value has no statistics, and a statistic that is not a finite number is missing.

    Raises
    ------
    MissingDependencyError
        When tsfresh is not installed.
    FeatureError
        When there is no such calculator, or it does not take its parameters.
    """
    chosen = arguments.calculators or arguments.settings
    key = chosen if isinstance(chosen, str) else json.dumps(chosen, sort_keys=True)
    return [
        FeatureColumn(
            f"{column}_{statistic}_{window}",
            (("columns", column),),
            window - 1,
            of_panel=partial(_column, name=column, window=window, key=key, place=place),
        )
        for column in arguments.columns
        for window in arguments.windows
        for place, statistic in enumerate(_names(key, window))
    ]


def _column(view: View, values: Floats, *, name: str, window: int, key: str, place: int) -> Floats:
    made = (_LIBRARY, name, window, key)
    if made not in view.made:
        view.made[made] = _table(view, view.order.ordered(values), window, key)
    return view.order.restored(view.made[made][:, place])


def _table(view: View, values: Floats, window: int, key: str) -> Floats:
    """The statistics of every window that lies within an entity, shape (rows, statistics), in the order of entity and time."""
    names, settings = _names(key, window), _settings(key)
    found = np.full((len(values), len(names)), np.nan)
    room = np.empty(window)  # the same place in memory for every window, so that its sums have the same bits wherever it lies
    for begin, end in pairwise(view.order.starts.tolist()):
        for row in range(begin + window - 1, end):
            room[:] = values[row - window + 1 : row + 1]
            if not np.isnan(room).any():
                of = dict(_statistics(room, settings))
                found[row] = [of.get(name, np.nan) for name in names]
    return found


@lru_cache(maxsize=64)
def _names(key: str, window: int) -> tuple[str, ...]:
    """What the statistics are called: parameters and calculators that give several decide, and the values do not."""
    names = [name for name, _ in _statistics(np.sin(np.arange(window, dtype=np.float64)), _settings(key))]
    return tuple(dict.fromkeys(names))


def _statistics(window: Floats, settings: Settings) -> Iterator[tuple[str, float]]:
    """Each statistic of one window by its name."""
    library = _module("tsfresh.feature_extraction.feature_calculators")
    for name, parameters in settings.items():
        calculator = getattr(library, name)
        given: Any = _module("pandas").Series(window) if getattr(calculator, "input", None) == "pd.Series" else window
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # of what is not defined for a window, which becomes a missing value
                if calculator.fctype == "combiner":
                    several = list(calculator(given, param=list(parameters)))
                else:
                    several = [(_written(one), calculator(given, **one)) for one in parameters or [{}]]
        except Exception as error:  # foreign code, which may raise anything
            raise FeatureError(
                f"{name} raised {type(error).__name__}: {one_line(error, 150)}",
                field="calculators",
                mend="look at its parameters in tsfresh's list of features, or use a longer window",
            ) from error
        for label, value in several:
            yield f"{name}__{label}".removesuffix("__").replace('"', ""), float(value)


def _written(parameters: Mapping[str, Any]) -> str:
    """Parameters as tsfresh writes them into names."""
    return "__".join(f"{name}_{value}" for name, value in sorted(parameters.items()))


@lru_cache(maxsize=64)
def _settings(key: str) -> Settings:
    library = _module("tsfresh.feature_extraction.feature_calculators")
    if key in _SETTINGS:
        listed = getattr(_module("tsfresh.feature_extraction.settings"), _SETTINGS[key])()
        return {name: parameters or [] for name, parameters in listed.items() if not hasattr(getattr(library, name), "index_type")}
    chosen: Settings = json.loads(key)
    known = [name for name, value in vars(library).items() if hasattr(value, "fctype") and not hasattr(value, "index_type")]
    for name, parameters in chosen.items():
        if name not in known:
            close = near_miss(name, known)
            mend = f"did you mean {close}?" if close else "see tsfresh's list of features"
            raise FeatureError("no such calculator of tsfresh", field="calculators", value=name, mend=mend)
        if getattr(library, name).fctype == "combiner" and not parameters:
            raise FeatureError(f"{name} needs parameters", field="calculators", mend=f"write {name}: [{{...}}], one for each column")
    return chosen


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == _LIBRARY:
            raise MissingDependencyError(_LIBRARY, "tsfresh") from error
        raise
