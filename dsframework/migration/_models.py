"""Models: which are used, and what their arguments are called here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from dsframework.migration._classes import OLD_CLASSES, class_name, is_own, known_class
from dsframework.migration._draft import Draft, fitting
from dsframework.migration._network import network
from dsframework.migration._old import Block, as_list, as_switch
from dsframework.migration._parameters import GPU, MODELS, QUIET, SEEDS, THREADS, OldModel
from dsframework.migration._report import Place
from dsframework.spec import catalogue, near_miss

__all__ = ["models"]

_LIBRARIES = ("catboost", "lightgbm", "sklearn", "xgboost")
_CASCADE = "deepforest.CascadeForestRegressor"
_MORE = tuple(name for name in MODELS if name not in OLD_CLASSES["models"])


def models(draft: Draft, training: Block) -> None:
    """Take the models over: those of ``training.models`` that ``training.use`` names, or the list of the class dialect.

    Raises
    ------
    SpecError
        When ``use`` names none of them, a class is misspelt, or no model is left.
    """
    root = draft.old.root
    for block, reason in (*_of_training(training), *_of_list(root)):
        if reason is not None:
            draft.switched_off(block, "models", partial(_model, draft, block), reason)
            continue
        component = _model(draft, block)
        if component is not None:
            draft.add("models", component)
    if not draft.document.get("models"):
        raise root.wrong("training" if "training" in root else "models", "no model is left that can be taken over; switch one on")


def _of_training(training: Block) -> Iterator[tuple[Block, str | None]]:
    """The models of the YAML dialect, each with the reason why it is not used, or None."""
    listed = training.block("models")
    used = [str(name) for name in as_list(training.take("use")) if as_switch(name) is None]
    names = list(listed.values) or used
    for name in used:
        if name not in names:
            raise training.wrong("use", f"{name!r} is not one of the models below", near_miss(name, names))
    if names and not used:
        training.tell("guessed", "models", "'use' names no model, so all of them stand here as experiments beside each other", ("models",))
    for name in names:
        given = listed.take(name, {})
        if not isinstance(given, dict):
            raise listed.wrong(name, "expected settings, such as {init_params: {max_depth: [2, 3]}}")
        path = (*listed.path, name) if name in listed.values else (*training.path, "use")
        block = Block({"class": name, **given}, path, training.document)
        yield block, f"training.use names {', '.join(used)}" if used and name not in used else None


def _of_list(root: Block) -> Iterator[tuple[Block, str | None]]:
    """The models of the class dialect, all of which are used but for those that are switched off."""
    for block in root.blocks("models"):
        yield block, None if block.switch("use", default=True) else "use: false"


def _model(draft: Draft, block: Block) -> Any:
    """Return one model as it is written here, or None where it has no counterpart."""
    place = draft.next_place("models")
    path = block.text("model_class") or class_name(block)
    block.take("class"), block.take("use")
    known = _of_library(path) if is_own(path) else MODELS.get(known_class(block, "models", more=_MORE) or "")
    leaf = path.rpartition(".")[2]
    if known is not None:
        component = _ours(draft, block, known, place)
    elif is_own(path):
        component = _own(block, path, place)
    elif leaf == "DNNRegressor":
        component = network(block, place)
    elif leaf == "CascadeForestRegressor":
        text = "no cascade of forests here; it stands as a class of the library deepforest, which has to be installed; extra_trees is near"
        block.tell("changed", None, text, place)
        component = _python(block, _CASCADE, place)
    else:
        block.tell("not taken over", None, f"{path!r} is not a class that is known, and has no counterpart here", place)
        return None
    _fit_arguments(draft, block, place)
    draft.leftovers(block, place)
    return component


def _of_library(path: str) -> OldModel | None:
    """One of our models, for a class of a library that we have it from."""
    leaf = path.rpartition(".")[2]
    if path.partition(".")[0] not in _LIBRARIES:
        return None
    name = catalogue.canonical("models", leaf)
    return MODELS.get(leaf) or (OldModel(name, path) if name != leaf else None)


def _ours(draft: Draft, block: Block, old: OldModel, place: Place) -> Any:
    if old.name not in catalogue.names("models"):
        return _python(block, old.path, place)
    given = block.block("init_params")
    arguments, names = _arguments(draft, given, old, place)
    kept, refused = fitting("models", old.name, arguments)
    for key, reason in refused.items():
        if all(value in old.holds.get(names[key], ()) for value in as_list(arguments[key])) and names[key] in old.holds:
            given.tell("no effect", names[key], f"{arguments[key]!r} holds here anyhow", place)
        else:
            given.tell("not taken over", names[key], f"{reason}; the model python takes every argument of {old.path}", place)
    return {old.name: kept} if kept else old.name


def _arguments(draft: Draft, given: Block, old: OldModel, place: Place) -> tuple[dict[str, Any], dict[str, str]]:
    """The arguments under our names, and their names there; what is about the fit and not the model goes to the draft."""
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    for name in given.values:
        values = list({repr(value): value for value in as_list(given.take(name))}.values())  # a choice given twice is one
        ours = old.renamed.get(name, name)
        if not values:
            continue
        if name in QUIET:
            given.tell("no effect", name, "it is about what is printed or written", place)
        elif name in THREADS:
            _threads(draft, given, name, values)
        elif name in SEEDS:
            _seed(draft, given, name, values, place)
        elif name in GPU and any(value in GPU[name] for value in values):
            draft.gpu = draft.gpu or draft.is_used
            given.tell("changed", name, "the kind of worker is said once, as resources.pool", ("resources",))
        elif ours in found:
            given.tell("not taken over", name, f"it is another name of {names[ours]!r}, which is given as well", place)
        else:
            if ours != name:
                given.tell("changed", name, f"it is called {ours!r} here", place)
            found[ours], names[ours] = values[0] if len(values) == 1 else values, name
    return found, names


def _threads(draft: Draft, given: Block, name: str, values: list[Any]) -> None:
    counts = [value for value in values if isinstance(value, int) and not isinstance(value, bool) and value > 0]
    text = "the threads of a fit are said once for all models, as resources.cpus"
    if len(counts) < len(values):
        text = "all processors; here a fit has as many threads as resources.cpus says, one by default"
    given.tell("changed", name, text, ("resources",))
    if counts and draft.is_used:
        draft.threads = max(draft.threads or 1, *counts)


def _seed(draft: Draft, given: Block, name: str, values: list[Any], place: Place) -> None:
    (value, *more) = values
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    if not usable or more or draft.seed not in (None, value):
        given.tell("not taken over", name, "one seed holds for all models here; write tuning.seed, a whole number", place)
        return
    given.tell("changed", name, "one seed holds for all models", ("tuning", "seed"))
    draft.seed = value if draft.is_used else draft.seed


def _own(block: Block, path: str, place: Place) -> Any:
    """An own class, which has to have scikit-learn's interface here."""
    module, _, name = path.rpartition(".")
    if module in ("__main__", "builtins"):
        path = f"my_models.{name}"
        text = f"a class of a notebook can't be loaded elsewhere; put it into my_models.py beside it, as {path}"
        block.tell("changed", "class", text, place)
    text = "an own class stands on its own here: it needs fit(X, y) and predict(X), and no base class of the framework's"
    block.tell("changed", "class", text, place)
    return _python(block, path, place)


def _python(block: Block, path: str, place: Place) -> Any:
    given = block.block("init_params")
    arguments = {name: _single(given.take(name)) for name in given.values if given.values[name] not in (None, [])}
    kept, refused = fitting("models", "python", {"class": path, **({"arguments": arguments} if arguments else {})})
    for key, reason in refused.items():
        block.tell("not taken over", "init_params" if key == "arguments" else "class", reason, place)
    return {"python": kept} if "class" in kept else None


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _fit_arguments(draft: Draft, block: Block, place: Place) -> None:
    given = block.block("fit_params")
    rounds = given.whole("early_stopping_rounds")
    if rounds is not None and draft.is_used:
        draft.rounds = rounds
        given.tell("changed", "early_stopping_rounds", "early stopping is said once", ("tuning", "early_stopping"))
    for name in [name for name in given.left() if name in QUIET]:
        given.take(name)
        given.tell("no effect", name, "it is about what is printed or written", place)
    draft.leftovers(given, place)
