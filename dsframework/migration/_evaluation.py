"""Evaluators and the names of metrics."""

from __future__ import annotations

from functools import partial

from dsframework.migration._classes import class_name, is_own, known_class
from dsframework.migration._draft import Draft
from dsframework.spec import metric_names_of, near_miss

__all__ = ["evaluators", "metric_name"]

_SUFFIX = "Evaluator"
_TASK = "regression"


def metric_name(text: str) -> tuple[str | None, str]:
    """Return our name of a metric such as ``MAPE``, or None and the reason why there is none.

    >>> metric_name("MAPE")
    ('mape', '')
    """
    known = metric_names_of(_TASK)
    name = text.lower()
    if name in known:
        return name, ""
    close = near_miss(name, known)
    return None, f"there is no metric {text!r} here" + (f"; {close} has a name like it" if close else "")


def evaluators(draft: Draft) -> None:
    """Take the evaluators over as metrics, in their order.

    Raises
    ------
    SpecError
        When the name of one is nearly that of another.
    """
    found: list[str] = []
    more = tuple(f"{name.upper()}{_SUFFIX}" for name in metric_names_of(_TASK))
    for block in draft.old.root.blocks("evaluators"):
        path = class_name(block)
        leaf = None if is_own(path) else known_class(block, "evaluators", more=more)
        used = block.switch("use", default=True)
        name = None if leaf is None else metric_name(leaf.removesuffix(_SUFFIX))[0]
        draft.leftovers(block, ("metrics",))
        if name is None:
            text = f"there is no metric for {path!r} here"
            if is_own(path):
                text = f"an own evaluator ({path}); another package adds a metric by an entry point of the group jupyterlab_tsml.metrics"
            block.tell("not taken over" if used else "not used", "class", text, ("metrics",))
        elif used:
            found += [name] if name not in found else []
        else:
            draft.switched_off(block, "metrics", partial(str, name))
    if found:
        draft.document["metrics"] = found
