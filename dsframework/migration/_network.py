"""The old framework's network, whose layers were numbered arguments."""

from __future__ import annotations

import itertools
from typing import Any

from dsframework.migration._draft import fitting
from dsframework.migration._old import Block, as_list
from dsframework.migration._report import Place
from dsframework.spec import catalogue

__all__ = ["network"]

_MODEL = "keras_mlp"
_MOST_SHAPES = 200
_NEURONS = 32
_OF_THE_FIT = ("epochs", "batch_size", "learning_rate")
_OF_A_LAYER = ("activation", "dropout")


def network(block: Block, place: Place) -> Any:
    """Return a `DNNRegressor` as the model keras_mlp, or None where that is not available."""
    given, fit = block.block("init_params"), block.block("fit_params")
    if _MODEL not in catalogue.names("models"):
        block.tell("not taken over", None, f"there is no {_MODEL} here", place)
        return None
    found: dict[str, Any] = {}
    where: dict[str, tuple[Block, str]] = {}
    depths = sorted({value for value in as_list(given.take("hid_layers_num")) if _is_count(value)})
    depth = max(depths, default=0)
    if depths:
        found["hidden"], where["hidden"] = _shapes(given, depths, place), (given, "hid_layers_num")
    for what in _OF_A_LAYER:
        values = _of_layers(given, what, depth, place)
        if values:
            found[what], where[what] = values[0] if len(values) == 1 else values, (given, f"{what}_layer1")
    for source, names in ((given, list(given.left())), (fit, [name for name in _OF_THE_FIT if name in fit])):
        for name in names:
            found[name], where[name] = _single(source.take(name)), (source, name)
    if fit.take("shuffle") is not None:
        fit.tell("no effect", "shuffle", "the order of the rows within an epoch is that of the seed here", place)
    found = {key: value.lower() if isinstance(value, str) else value for key, value in found.items()}
    if found.get("activation") == "elu":
        found["activation"] = "silu"
        given.tell("changed", where["activation"][1], "elu is not here; silu is near", place)
    if found.get("optimizer") in ("adam", "adamw"):
        del found["optimizer"]
        given.tell("no effect", "optimizer", "it is AdamW here, without decay the same as Adam", place)
    kept, refused = fitting("models", _MODEL, found)
    for name, reason in refused.items():
        source, key = where[name]
        source.tell("not taken over", key, reason, place)
    return {_MODEL: kept} if kept else _MODEL


def _shapes(given: Block, depths: list[int], place: Place) -> Any:
    """The sizes of the hidden layers: one list, or a list of lists to choose from."""
    layers = range(1, max(depths) + 1)
    missing = [layer for layer in layers if f"neurons_num_layer{layer}" not in given]
    sizes = [as_list(given.take(f"neurons_num_layer{layer}", _NEURONS)) for layer in layers]
    shapes = [list(shape) for depth in depths for shape in itertools.islice(itertools.product(*sizes[:depth]), _MOST_SHAPES + 1)]
    if len(shapes) > _MOST_SHAPES:
        given.tell("not taken over", None, f"more than {_MOST_SHAPES} shapes of the layers; the first {_MOST_SHAPES} stand here", place)
    if missing:
        given.tell("guessed", "hid_layers_num", f"layer {missing[0]} has no size there; {_NEURONS} stands here", place)
    _beyond(given, "neurons_num", max(depths), place)
    return shapes[0] if len(shapes) == 1 else shapes[:_MOST_SHAPES]


def _of_layers(given: Block, what: str, depth: int, place: Place) -> list[Any]:
    """What is said for every layer there and for all of them here; that of the first layer counts."""
    layers = [as_list(given.take(f"{what}_layer{layer}")) for layer in range(1, depth + 1)]
    said = [values for values in layers if values]
    if any(values != said[0] for values in said):
        given.tell("changed", f"{what}_layer1", f"one {what} holds for all layers here: that of the first one", place)
    _beyond(given, what, depth, place)
    return said[0] if said else []


def _beyond(given: Block, what: str, depth: int, place: Place) -> None:
    for name in [name for name in given.left() if name.startswith(f"{what}_layer")]:
        given.take(name)
        given.tell("no effect", name, f"hid_layers_num is {depth}", place)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
