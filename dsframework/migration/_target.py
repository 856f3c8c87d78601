"""Splitters: what is predicted, and which part of the time is the test."""

from __future__ import annotations

import re
from typing import Any

from dsframework.migration._classes import class_name, known_class
from dsframework.migration._draft import Draft
from dsframework.migration._old import Block, as_list

__all__ = ["HORIZON", "splitters", "targets"]

HORIZON = 1
"""The old framework predicted a row from the rows before it; here a row predicts the one after it. What is known is the same."""


def _used(draft: Draft) -> tuple[Block, list[Block]]:
    """The splitter that counts, and the others."""
    root = draft.old.root
    blocks = [block for block in root.blocks("splitters") if block.switch("use", default=True)]
    blocks.sort(key=lambda block: "columns_to_predict" not in block)
    if not blocks or "columns_to_predict" not in blocks[0]:
        text = "nothing says what is predicted; expected SplitXYTrainTest with columns_to_predict"
        raise (blocks[0].wrong(None, text) if blocks else root.wrong("splitters", text))
    return blocks[0], blocks[1:]


def target_columns(draft: Draft) -> list[str]:
    """Return the columns to predict under their old names; raises `SpecError` where there is none."""
    return [str(name) for name in as_list(_used(draft)[0].values.get("columns_to_predict"))]


def targets(draft: Draft) -> None:
    """Take the columns to predict over: one target, or a variant for each of several.

    Raises
    ------
    SpecError
        When nothing says what is predicted.
    """
    block, _ = _used(draft)
    draft.targets = list(dict.fromkeys(draft.column(name) for name in as_list(block.take("columns_to_predict"))))
    text = "a row's features predict the row after it; there they predicted the row itself, so that every lag is one less here"
    forms = {name: {"column": name, "horizon": HORIZON} for name in draft.targets}
    if len(forms) == 1:
        draft.document["target"] = forms[draft.targets[0]]
        block.tell("changed", "columns_to_predict", text, ("target",))
        return
    block.tell(
        "changed", "columns_to_predict", f"several columns are as many experiments, a variant for each; {text}", ("variants", "target")
    )
    draft.put(("variants", "target"), {_variant(name, position): form for position, (name, form) in enumerate(forms.items(), 1)})


def _variant(name: str, position: int) -> str:
    return name if re.fullmatch(r"[\w .-]{1,60}", name) else f"target_{position}"


def splitters(draft: Draft) -> None:
    """Take the shares of test and validation over.

    Raises
    ------
    SpecError
        When a size can't be read.
    """
    block, others = _used(draft)
    block.take("use")
    name = known_class(block, "splitters")
    if name is None:
        text = f"an own splitter ({class_name(block)}); the split here is by time, see the page on validation"
        block.tell("not taken over", "class", text, ("split",))
    size = _size(block, "test_size")
    if size is None:
        block.tell("guessed", None, "no test_size is given; the last 15 % of the time are the test here", ("split",))
    draft.put(("split", "test"), 0.15 if size is None else size)
    draft.validation = _size(block, "val_size")
    if block.switch("shuffle", default=False):
        block.tell(
            "not taken over", "shuffle", "rows stay in the order of time: shuffled, the future would stand in the training rows", ("split",)
        )
    draft.leftovers(block, ("split",))
    for other in others:
        other.tell("not taken over", None, "a second splitter; there is one split here", ("split",))
    for off in [item for item in draft.old.root.blocks("splitters") if not item.switch("use", default=True)]:
        off.tell("not used", None, "use: false", ("split",))


def _size(block: Block, key: str) -> Any:
    value = block.number(key)
    if value is None or value == 0:
        return None
    if value < 0 or (value > 1 and not float(value).is_integer()):
        raise block.wrong(key, f"expected a share such as 0.15 or a number of rows, got {value!r}")
    return int(value) if value >= 1 else float(value)
