"""Preprocessors, which the old framework fitted before the folds were cut, and undid on predictions."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import ValidationError

from dsframework.migration._classes import class_name, is_own, known_class
from dsframework.migration._draft import Draft, Whole, fitting
from dsframework.migration._old import Block, as_list
from dsframework.migration._report import Place
from dsframework.migration._write import flow
from dsframework.spec import TargetSpec, catalogue

__all__ = ["preprocessors"]

_SCALERS = {"MinMaxScaler": "min_max_scale", "StandardScaler": "standard_scale", "RobustScaler": "robust_scale"}
_MORE = ("StandardScaler", "RobustScaler")
_STAGE = "preprocessing"
_PROFILE = "slot_profile"


def preprocessors(draft: Draft) -> None:
    """Take the preprocessors over, in their order.

    Raises
    ------
    SpecError
        When a class is misspelt or a number can't be read.
    """
    for block in draft.old.root.blocks("preprocessors"):
        name = known_class(block, "preprocessors", more=_MORE)
        if not block.switch("use", default=True):
            draft.switched_off(block, _STAGE, partial(_step, draft, block, name))
            continue
        draft.add_each(_STAGE, [_step(draft, block, name)])


def _step(draft: Draft, block: Block, name: str | None) -> Any:
    """One preprocessor as it is written here, or None."""
    if name == "LimitOutliers":
        component = _limit_outliers(draft, block)
    elif name == "IntradayAveraging":
        component = _intraday_averaging(draft, block)
    elif name in _SCALERS:
        component = _scaler(draft, block, _SCALERS[name])
    else:
        component = None
        _own(block, _place(draft))
    draft.leftovers(block, _place(draft))
    return component


def _place(draft: Draft) -> Place:
    return draft.next_place(_STAGE)


def _limit_outliers(draft: Draft, block: Block) -> Any:
    n_std = block.number("std_num")
    if n_std is not None and n_std <= 0:
        raise block.wrong("std_num", f"expected a number > 0, got {n_std}")
    arguments: dict[str, Any] = {} if n_std is None else {"n_std": float(n_std)}
    own = _feature_columns(draft, block)
    targets = _target_columns(draft, block)
    if not own and targets:
        own = [name for name in draft.features.values() if any(name.startswith(f"{column}_") for column in targets)]
        text = "there the target was clipped; here the features that are made of it are, and the target keeps every value"
        block.tell("changed", "target_columns", text, _place(draft))
    block.tell("changed", None, "the limits are learned in the training rows of every fold, not before the folds are cut", _place(draft))
    return _component(draft, block, "clip_outliers", arguments, own)


def _intraday_averaging(draft: Draft, block: Block) -> Any:
    days = block.whole("window_days")
    if days is not None and days < 1:
        raise block.wrong("window_days", f"expected a number of days >= 1, got {days}")
    arguments: dict[str, Any] = {"how": "subtract", **({} if days is None else {"days": days})}
    time = block.text("datetime_column")
    if time and time != draft.document["data"].get("time"):
        block.tell("changed", "datetime_column", "the time of day is that of data.time", _place(draft))
    if block.take("bins") is not None:
        block.tell("changed", "bins", "every time of day that the data has is a slot of its own", _place(draft))
    own = _feature_columns(draft, block)
    targets = _target_columns(draft, block)
    if targets and not draft.is_used and not own:
        return Whole(f"target: {flow({'column': targets[0], 'transform': {_PROFILE: arguments}})}")
    if targets and draft.is_used:
        _target_profile(draft, block, arguments)
    return _component(draft, block, _PROFILE, arguments, own) if own or not targets else None


def _target_profile(draft: Draft, block: Block, arguments: dict[str, Any]) -> None:
    """The target less its usual value at the time of day, where the target here can be learned on that scale."""
    forms = [draft.document["target"]] if "target" in draft.document else draft.document["variants"]["target"].values()
    place: Place = ("target",) if "target" in draft.document else ("variants", "target")
    scale = next((scale for scale in ({_PROFILE: arguments}, _PROFILE) if _is_scale(scale)), None)
    if scale is None:
        block.tell("not taken over", "target_columns", f"the target can't be learned as a {_PROFILE} here", place)
        return
    for form in forms:
        form["transform"] = scale
    text = "the average of every time of day is learned in the training rows of every fold, and added again to predictions"
    block.tell("changed", "target_columns", text, place)


def _is_scale(scale: Any) -> bool:
    try:
        TargetSpec.model_validate({"column": "volume", "transform": scale})
    except ValidationError:
        return False
    return True


def _scaler(draft: Draft, block: Block, name: str) -> Any:
    arguments: dict[str, Any] = {}
    bounds = as_list(block.take("feature_range"))
    if name == "min_max_scale" and len(bounds) == 2 and bounds != [0, 1]:
        arguments = {"low": bounds[0], "high": bounds[1]}
    own = _feature_columns(draft, block)
    _target_columns(draft, block)
    block.tell("changed", None, "the scale is learned in the training rows of every fold; the target keeps its unit", _place(draft))
    return _component(draft, block, name, arguments, own)


def _component(draft: Draft, block: Block, name: str, arguments: dict[str, Any], columns: list[str]) -> Any:
    if name not in catalogue.names(_STAGE):
        block.tell("not taken over", "class", f"there is no {name} here", _place(draft))
        return None
    kept, refused = fitting(_STAGE, name, {**arguments, **({"columns": columns} if columns else {})})
    for key, reason in refused.items():
        block.tell("not taken over", key if key in block.values else None, reason, _place(draft))
    return {name: kept} if kept else name


def _feature_columns(draft: Draft, block: Block) -> list[str]:
    """The columns of features, under the names that they have here."""
    given = [*as_list(block.take("features_columns")), *as_list(block.take("feature_columns")), *as_list(block.take("columns"))]
    return list(dict.fromkeys(draft.features.get(str(name), draft.column(name)) for name in given))


def _target_columns(draft: Draft, block: Block) -> list[str]:
    """Those of the target columns that are predicted."""
    return [name for name in map(draft.column, as_list(block.take("target_columns"))) if name in draft.targets]


def _own(block: Block, place: Place) -> None:
    path = class_name(block)
    text = f"{path!r} is not a class that is known, and has no counterpart here"
    if is_own(path):
        text = f"an own class ({path}): its code reads frames of the old framework and needs your hand"
        text += "; with fit and transform it becomes the step python" if "python" in catalogue.names(_STAGE) else ""
    block.tell("not taken over", "class", text, place)
