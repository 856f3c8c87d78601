"""How the old framework searched and validated: ``training`` or ``train_params`` with ``search_cv`` and ``overfitting``."""

from __future__ import annotations

from typing import Any

from dsframework.migration._draft import Draft, fitting
from dsframework.migration._evaluation import metric_name
from dsframework.migration._old import Block
from dsframework.migration._parameters import QUIET
from dsframework.spec import is_distribution, near_miss

__all__ = ["settle_early_stopping", "settle_resources", "training"]

_HOW: dict[str, tuple[str, str | None]] = {
    "grid": ("grid", None),
    "random": ("random", None),
    "bayesian": ("tpe", "a Bayesian search as well, by a tree-structured Parzen estimator"),
    "bohb": ("tpe", "the same estimator as BOHB's"),
    "hyperopt": ("tpe", "the algorithm of hyperopt, as Optuna has it"),
}
_NO_SEARCH = ("none", "null", "off")
_VALIDATIONS = ("Simple", "Cross", "WalkForward")
_DEFAULT_FOLDS = 5
_STOPS_EARLY = ("xgboost", "lightgbm", "catboost", "hist_gradient_boosting", "mlp", "keras_mlp")
_LOSSES = {"RMSE": "mse", "MSE": "mse", "MAE": "mae", "HUBER": "huber", "POISSON": "poisson"}


def training(draft: Draft, block: Block) -> None:
    """Take everything but the models over; the models are in the draft already.

    Raises
    ------
    SpecError
        When a validation, a search or a number can't be read.
    """
    search = block.block("search_cv")
    _validation(draft, search)
    _search(draft, search)
    _metric(draft, search)
    _overfitting(draft, block, search)
    _loss(draft, block)
    for key in [key for key in block.left() if key in QUIET]:
        block.tell("no effect", key, "it is about what is printed", ("tuning",))
        block.take(key)
    draft.leftovers(search, ("tuning",))
    draft.leftovers(block, ("tuning",))


def _validation(draft: Draft, search: Block) -> None:
    kind = search.text("val_type") or "Simple"
    if kind not in _VALIDATIONS:
        raise search.wrong(
            "val_type", f"{kind!r} is not a validation, expected one of {', '.join(_VALIDATIONS)}", near_miss(kind, _VALIDATIONS)
        )
    place = ("split", "cv")
    if kind == "Simple":
        draft.put(place, {"method": "hold_out", **({"test_size": draft.validation} if draft.validation else {})})
        search.take("folds")
        if "folds" in search:
            search.tell("no effect", "folds", "a simple validation has one fold", place)
        if search.values or draft.validation is None:
            size = "val_size of the training rows" if draft.validation else "a fifth of the training rows"
            search.tell("guessed" if draft.validation is None else "changed", None, f"the validation is the last part, {size}", place)
        return
    folds = search.whole("folds")
    if folds is None:
        folds = _DEFAULT_FOLDS
        search.tell("guessed", "folds", f"the number of folds is not given; {_DEFAULT_FOLDS} stand here", place)
    if folds < 1 or (kind == "Cross" and folds < 2):
        raise search.wrong("folds", f"expected a number of folds >= {1 if kind == 'WalkForward' else 2}, got {folds}")
    if kind == "WalkForward":
        draft.put(place, {"method": "walk_forward", "folds": folds})
        return
    text = "cross-validation, without the training rows whose labels or features overlap the test part"
    search.tell("changed", "val_type", text, place)
    draft.put(place, {"method": "purged_k_fold", "folds": folds})


def _search(draft: Draft, search: Block) -> None:
    how = search.take("search_optimization")
    wanted = str(how).lower() if isinstance(how, str) else ("none" if how is False else None)
    if how is not None and wanted is None:
        raise search.wrong("search_optimization", f"expected one of {', '.join(_HOW)}, got {how!r}")
    tuned = search.switch("tuning_cv", default=True) and wanted not in _NO_SEARCH
    if not tuned:
        _without_choices(draft, search)
        search.take("n_trials")
        if wanted not in (None, *_NO_SEARCH):
            search.tell("no effect", "search_optimization", "tuning_cv is off", ("tuning",))
        if "n_trials" in search:
            search.tell("no effect", "n_trials", "there was no search", ("tuning",))
        return
    if wanted is None:
        wanted = "grid"
        if not _has_choices(draft):
            return
        search.tell("guessed", None, "no search_optimization is given; a grid stands here", ("tuning", "method"))
    if wanted not in _HOW:
        raise search.wrong("search_optimization", f"{how!r} is not a search, expected one of {', '.join(_HOW)}", near_miss(wanted, _HOW))
    method, near = _HOW[wanted]
    draft.put(("tuning", "method"), method)
    if near:
        near = _pruned_early(draft) if wanted == "bohb" else near
        search.tell(
            "changed",
            "search_optimization",
            f"{wanted} is {method} here: {near}; the points that are tried are others",
            ("tuning", "method"),
        )
    trials = search.whole("n_trials")
    if trials is None:
        return
    if method == "grid":
        search.tell("no effect", "n_trials", "a grid tries every combination", ("tuning", "method"))
    elif trials < 1:
        raise search.wrong("n_trials", f"expected a number of trials >= 1, got {trials}")
    else:
        draft.put(("tuning", "trials"), trials)


def _pruned_early(draft: Draft) -> str:
    """End bad trials early where there are folds to tell by; returns what becomes of BOHB."""
    if not _has_choices(draft) or draft.document["split"]["cv"].get("folds", 1) < 2:
        return "the same estimator as BOHB's; with one fold no trial ends early"
    draft.put(("tuning", "pruning"), "asha")
    return "the same estimator as BOHB's, and bad trials end after their first folds"


def _has_choices(draft: Draft) -> bool:
    return any(_is_choice(key, value) for _, values in _arguments(draft) for key, value in values.items())


def _arguments(draft: Draft) -> list[tuple[int, dict[str, Any]]]:
    """The arguments of every model that has some, by its position; those of an own class are its own."""
    found = []
    for position, component in enumerate(draft.document.get("models", [])):
        if isinstance(component, dict):
            ((name, values),) = component.items()
            found.append((position, values.get("arguments", {}) if name == "python" else values))
    return found


def _is_choice(key: str, value: Any) -> bool:
    """Whether an argument has several values; a list of sizes of layers is one."""
    if is_distribution(value):
        return True
    return isinstance(value, list) and len(value) > 1 and (key != "hidden" or isinstance(value[0], list))


def _without_choices(draft: Draft, search: Block) -> None:
    """No search: the first choice of every argument stands, and the others are told."""
    for position, values in _arguments(draft):
        for key, value in values.items():
            if _is_choice(key, value) and isinstance(value, list):
                values[key] = value[0]
                text = f"there was no search, and {key} has several values; the first one stands here"
                search.tell("guessed", None, text, ("models", position))


def _metric(draft: Draft, search: Block) -> None:
    given = search.text("eval_metric")
    if given is None:
        return
    name, problem = metric_name(given)
    if name is None:
        search.tell("not taken over", "eval_metric", problem, ("tuning",))
    else:
        draft.put(("tuning", "metric"), name)


def _overfitting(draft: Draft, block: Block, search: Block) -> None:
    over = block.block("overfitting")
    rounds = over.whole("early_stopping_rounds")
    in_search = search.switch("early_stopping", default=bool(rounds))
    place = ("tuning",)
    if rounds is not None and rounds < 0:
        raise over.wrong("early_stopping_rounds", f"expected a number of rounds >= 0, got {rounds}")
    if rounds == 0:
        over.tell("no effect", "early_stopping_rounds", "0 is no early stopping", place)
    if rounds:
        draft.rounds = rounds
    if not over.switch("use_best_model", default=True) and rounds:
        over.tell("changed", "use_best_model", "the model is always that of the best round here", place)
    if rounds and not in_search:
        search.tell("changed", "early_stopping", "early stopping holds in the search as in the last fit here", place)
    if in_search and not draft.rounds:
        search.tell(
            "not taken over", "early_stopping", "nothing says after how many rounds; write tuning.early_stopping: {rounds: 30}", place
        )
    watched = over.text("eval_metric")
    if watched and draft.rounds and watched.upper() != "RMSE":
        over.tell("changed", "eval_metric", "early stopping watches what the model learns by here", place)
    elif watched:
        over.tell("no effect", "eval_metric", "it is what early stopping watches here, or there is none", place)
    draft.leftovers(over, place)


def _loss(draft: Draft, block: Block) -> None:
    """What the models learn by, which is said of each model here."""
    given = block.text("loss")
    if given is None:
        return
    loss = _LOSSES.get(given.upper())
    if loss == "mse":
        block.tell("no effect", "loss", "the squared error is what the models learn by anyhow", ("models",))
        return
    models = draft.document["models"]
    for position, component in enumerate(models):
        name, values = next(iter(component.items())) if isinstance(component, dict) else (component, {})
        kept, refused = fitting("models", name, {**values, "loss": loss or given.lower()})
        if "loss" in refused:
            block.tell("not taken over", "loss", f"{name} does not learn by {given} here", ("models", position))
        else:
            models[position] = {name: kept}
            block.tell("changed", "loss", "the loss is said of every model", ("models", position))


def settle_early_stopping(draft: Draft, block: Block) -> None:
    """Write early stopping where a model can stop early; elsewhere it would do nothing."""
    if not draft.rounds:
        return
    names = [next(iter(component)) if isinstance(component, dict) else component for component in draft.document["models"]]
    if any(name in _STOPS_EARLY for name in names):
        share = {"validation": draft.validation} if isinstance(draft.validation, float) and draft.validation < 0.9 else {}
        draft.put(("tuning", "early_stopping"), {"rounds": draft.rounds, **share})
    else:
        block.tell("no effect", None, "early stopping: none of the models that are used is grown in rounds", ("tuning",))


def settle_resources(draft: Draft) -> None:
    """Write what the models' arguments said about threads, seed and GPU."""
    if draft.seed is not None:
        draft.put(("tuning", "seed"), draft.seed)
    if draft.threads and draft.threads > 1:
        draft.put(("resources", "cpus"), draft.threads)
    if draft.gpu:
        draft.put(("resources", "pool"), "gpu")
        draft.put(("resources", "gpus"), 1)
