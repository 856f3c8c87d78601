"""The names of the old framework's classes, old and new ones, and where an own class stands among them."""

from __future__ import annotations

from collections.abc import Iterable

from dsframework.migration._old import Block
from dsframework.spec import near_miss

__all__ = ["OLD_CLASSES", "class_name", "is_own", "known_class"]

_PACKAGE = "dsframework"
OLD_CLASSES: dict[str, tuple[str, ...]] = {
    "datafeeds": ("CSVDatafeed", "OneTickBarsDatafeed", "EquitiesOneTickData", "ODBCDatafeed"),
    "features": ("CalcLags", "AddLags", "SelectColumns"),
    "splitters": ("SplitXYTrainTest",),
    "preprocessors": ("LimitOutliers", "IntradayAveraging", "MinMaxScaler"),
    "models": (
        "XGBRegressor",
        "CatBoostRegressor",
        "DNNRegressor",
        "DecisionTreeRegressor",
        "RandomForestRegressor",
        "CascadeForestRegressor",
    ),
    "evaluators": ("R2Evaluator", "MAEEvaluator", "RMSEEvaluator", "MAPEEvaluator"),
}
"""What its public examples use, by stage."""


def class_name(block: Block) -> str:
    """Return the class of a component as it is written; raises `SpecError` where it is missing."""
    name = block.text("class")
    if not name:
        raise block.wrong(None, "'class' is missing, such as dsframework.impl.CalcLags")
    return name


def is_own(path: str) -> bool:
    """Whether a class is one of the user's, or of another library: it has a path, and not into the old framework.

    >>> is_own("my_code.Feed"), is_own("dsframework.impl.models.XGBRegressor"), is_own("XGBRegressor")
    (True, False, False)
    """
    return "." in path and not path.startswith(f"{_PACKAGE}.")


def known_class(block: Block, stage: str, *, more: Iterable[str] = ()) -> str | None:
    """Return the name of one of the old framework's classes, or None for a class that nothing is known of.

    Parameters
    ----------
    block
        The component.
    stage
        As in `OLD_CLASSES`.
    more
        Names that are understood beside those of the examples.

    Raises
    ------
    SpecError
        When the name is nearly that of a class, or of another stage: it was misspelt, or stands in the wrong place.
    """
    path = class_name(block)
    leaf = path.rpartition(".")[2]
    names = (*OLD_CLASSES[stage], *more)
    if leaf in names or is_own(path):
        return leaf if leaf in names else None
    elsewhere = next((other for other, known in OLD_CLASSES.items() if leaf in known), None)
    if elsewhere is not None:
        raise block.wrong("class", f"{leaf!r} is one of the {elsewhere}, not of the {stage}")
    hint = near_miss(leaf, names)
    if hint is not None and block.switch("use", default=True):
        raise block.wrong("class", f"{leaf!r} is not a class of the old framework's {stage} that is known", hint)
    return None
